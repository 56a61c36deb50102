"""Who may do what: people, their roles, how they sign in, what they may see."""
