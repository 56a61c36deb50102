"""What is known of acts of moderation: who hid or removed what, on which ground, and what came of it (law R16, R22)."""
