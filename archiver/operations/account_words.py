"""States of accounts in words, for pages and commands."""

from __future__ import annotations

#: Code → (words, tone). A tone is a colour and never the only sign.
ACCOUNT_STATES: dict[str, tuple[str, str]] = {
    "active": ("on schedule", "good"),
    "paused": ("paused by a person", "warn"),
    "closed": ("closed", "quiet"),
    "deactivated": ("switched off on the platform", "bad"),
    "taken_down": ("taken down by the platform", "bad"),
    "sign_in_needed": ("needs sign-in", "bad"),
    "revoked": ("its owner took the consent back", "bad"),
    "no_permission": ("may no longer be read", "bad"),
    "withdrawn": ("the platform withdrew access", "bad"),
    "gone": ("not found on the platform", "bad"),
    "unreachable": ("does not answer", "bad"),
}
