"""Why something was not looked at, in words, and what to do about it (law R63)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Cause(StrEnum):
    """Why something was not looked at. All but the last four are the problem kinds of the connector contract."""

    SIGN_IN_EXPIRED = "sign_in_expired"
    REVOKED = "revoked"
    PERMISSION = "permission"
    GONE = "gone"
    RATE = "rate"
    TRANSIENT = "transient"
    CONTRACT = "contract"
    DEACTIVATED = "deactivated"
    TAKEN_DOWN = "taken_down"
    WITHDRAWN = "withdrawn"
    BEYOND = "beyond"
    UNSUPPORTED = "unsupported"
    INTERRUPTED = "interrupted"
    NOT_RUNNING = "not_running"
    WINDOW = "window"
    OTHER = "other"


REMEDIES: Mapping[Cause, str] = {
    Cause.SIGN_IN_EXPIRED: "Sign in to the account again.",
    Cause.REVOKED: "Ask whoever runs the account to connect it again: they took it back, or changed the password.",
    Cause.PERMISSION: "Ask whoever runs the account to allow this part to be read.",
    Cause.GONE: "Check whether the account still exists, or has moved to another address.",
    Cause.RATE: "Nothing: the next run goes on. If it stays, look less often or ask for a larger allowance.",
    Cause.TRANSIENT: "Nothing: the next run tries again. If it stays, check the network and the platform.",
    Cause.CONTRACT: "The platform answers in a way that is not known. Update the archiver; the bytes are kept.",
    Cause.DEACTIVATED: "Ask whoever runs the account to switch it on again, or pause it here.",
    Cause.TAKEN_DOWN: "Ask whoever runs the account to take it up with the platform. What was captured before is kept.",
    Cause.WITHDRAWN: "Look into the platform's developer console: it no longer lets the city's application ask.",
    Cause.BEYOND: "Deposit it by hand, month after month (`archiver deposit`): it is too long to be taken in.",
    Cause.UNSUPPORTED: "This server does not offer it. Keep these records in another way, or note that there are none.",
    Cause.INTERRUPTED: "Nothing: the next run covers it.",
    Cause.NOT_RUNNING: "Check why the archiver did not run.",
    Cause.WINDOW: "Look more often, and ask whoever runs the account for what fell out of the platform's list.",
    Cause.OTHER: "See the reason in the run.",
}
WORDS: Mapping[Cause, str] = {
    Cause.SIGN_IN_EXPIRED: "the sign-in has run out",
    Cause.REVOKED: "the owner's consent was taken back",
    Cause.PERMISSION: "the platform does not let this part be read",
    Cause.GONE: "the platform says that it is not there",
    Cause.RATE: "the platform asked for a pause",
    Cause.TRANSIENT: "the platform did not answer, or had trouble",
    Cause.CONTRACT: "the platform answered in a way that is not known",
    Cause.DEACTIVATED: "the account is switched off",
    Cause.TAKEN_DOWN: "the platform took the account down",
    Cause.WITHDRAWN: "the platform no longer lets the city's application ask",
    Cause.BEYOND: "it is longer than the archiver takes in",
    Cause.UNSUPPORTED: "this server does not offer it",
    Cause.INTERRUPTED: "the run was interrupted",
    Cause.NOT_RUNNING: "the archiver did not run",
    Cause.WINDOW: "it fell out of the platform's list between two looks",
    Cause.OTHER: "another reason",
}
"""Causes as people read them."""


def in_words(reason: str | None) -> str:
    """A stored reason (a cause, optionally a colon and words) as people read it: the words of the cause, and what
    was said beside it."""
    word, _, more = (reason or "").partition(":")
    cause = Cause.__members__.get(word.strip().upper())
    if cause is None:
        return reason or WORDS[Cause.OTHER]
    return f"{WORDS[cause]}: {more.strip()}" if more.strip() else WORDS[cause]


OUT_OF_REACH = (
    "Ask whoever runs the account for the platform's own download of it, and bring that in (`archiver import`)."
)
"""What to do about what lies before the first capture."""
