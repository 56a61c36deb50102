"""The words of the screen for what the archive stores as codes. A code without words is shown as it is."""

from __future__ import annotations

import re
from functools import cache

from archiver.accounts.platforms import load_platforms
from archiver.capture.deposits import DEPOSIT
from archiver.capture.outcomes import RunOutcome
from archiver.capture.standing import IMPORT
from archiver.operations import quota
from archiver.operations.account_words import ACCOUNT_STATES
from archiver.records.changes import Kind
from archiver.records.unseen import KNOWN_FROM_IMPORT
from connectors.contract import State, SweepKind

__all__ = [
    "ACCOUNT_STATES",
    "ACTIONS",
    "CHANGES",
    "CONNECTIONS",
    "OUTCOMES",
    "QUOTAS",
    "STATES",
    "SWEEPS",
    "TRIGGERS",
    "plain",
    "platform",
]

#: Code → (words, tone). A tone is a colour and never the only sign.
OUTCOMES: dict[str | None, tuple[str, str]] = {
    RunOutcome.COMPLETE.value: ("something new", "good"),
    RunOutcome.UNCHANGED.value: ("nothing new", "good"),
    RunOutcome.SUSPICIOUS.value: ("suspicious: a list came back empty", "bad"),
    RunOutcome.PARTIAL.value: ("partly done, there is a gap", "warn"),
    RunOutcome.FAILED.value: ("failed", "bad"),
    RunOutcome.INTERRUPTED.value: ("interrupted, goes on with the next run", "warn"),
    None: ("under way", "quiet"),
}

STATES: dict[str, tuple[str, str]] = {
    State.VISIBLE.value: ("visible when last seen", "good"),
    State.NOT_RETURNED.value: ("no longer returned by the platform", "bad"),
    State.HIDDEN_BY_PAGE.value: ("hidden by the page", "warn"),
    State.HELD_FOR_REVIEW.value: ("held for review by the platform", "warn"),
    State.SPAM.value: ("marked as spam", "warn"),
    State.RESTRICTED.value: ("restricted", "warn"),
    State.DELETED_BY_AUTHOR.value: ("deleted by its author", "bad"),
    State.DELETED_BY_PAGE.value: ("deleted by the page", "bad"),
    State.REMOVED_BY_PLATFORM.value: ("removed by the platform", "bad"),
    KNOWN_FROM_IMPORT: ("brought by import, not captured", "warn"),
}

CONNECTIONS: dict[str, tuple[str, str]] = {
    "none": ("not connected", "quiet"),
    "connected": ("connected", "good"),
    "expiring": ("consent ends soon", "warn"),
    "sign_in_needed": ("needs sign-in", "bad"),
    "revoked": ("consent taken back", "bad"),
    "permission_lost": ("permission lost", "bad"),
    "withdrawn": ("the platform withdrew access", "bad"),
}

QUOTAS: dict[str, tuple[str, str]] = {
    quota.LASTS: ("lasts", "good"),
    quota.SLOWER: ("slower sweeps chosen", "warn"),
    quota.RUNS_OUT: ("does not last", "warn"),
    quota.EMPTY: ("used up", "bad"),
    quota.UNKNOWN: ("limit not known", "quiet"),
}

SWEEPS: dict[str, str] = {
    SweepKind.NEW.value: "new records",
    SweepKind.WATCH.value: "recent threads",
    SweepKind.FULL.value: "everything",
    DEPOSIT: "nothing: files were deposited by hand",
    IMPORT: "nothing was asked: an export was brought",
}

CHANGES: dict[str, str] = {
    Kind.EDITED.value: "edited",
    Kind.HIDDEN.value: "hidden or held",
    Kind.GONE.value: "deleted or no longer returned",
    Kind.BACK.value: "visible again",
}


#: Why a run was begun.
TRIGGERS: dict[str, str] = {
    "schedule": "on schedule",
    "person": "by hand",
    "recovery": "to recover what was interrupted",
    "adoption": "for stored answers that the index did not know",
}

#: What was decided of a record or an account (:class:`archiver.official.rules.Finding`).
DECIDED: dict[str, str] = {
    "official": "official",
    "personal": "personal, not official",
    "campaign": "of a campaign, not official",
}

#: What somebody did, as the access log tells it; by action (:class:`archiver.people.actions.Action`).
ACTIONS: dict[str, str] = {
    "records.view": "records",
    "records.search": "search",
    "capture.view": "register and capture",
    "evidence.view": "the signed log",
    "platforms.view": "set-up of platforms",
    "search.keep": "saved searches and selections",
    "search.freeze": "freezing a search",
    "records.release": "handing records out",
    "records.mark": "tags and notes",
    "accounts.change": "changing how an account is captured",
    "register.change": "changing the register",
    "exceptions.decide": "deciding an exception",
    "holds.lift_litigation": "lifting a litigation hold",
    "moderation.state": "saying what was moderated",
    "challenges.decide": "deciding a challenge",
    "official.decide": "deciding whether something is official",
    "capture.ask": "asking whether something is captured",
    "deposits.make": "depositing a file by hand",
    "platforms.change": "storing the city's application at a platform",
    "people.view": "people and roles",
    "people.change": "changing people and roles",
    "access_log.view": "who looked at what",
    "command": "a command on the machine",
}

_SPELT = {"cio": "CIO"}


@cache
def _titles() -> dict[str, str]:
    return {code: connector.title for code, connector in load_platforms().connectors.items()}


def platform(code: str) -> str:
    """A platform as its connector calls it: ``youtube`` → ``YouTube``."""
    return _titles().get(code) or plain(code)


def plain(code: str) -> str:
    """A stored code as words: ``held_for_review`` → ``held for review``; what is short for words in capitals."""
    return _SPELT.get(code) or code.replace("_", " ")


#: The end of a message that names a command which lists what there is.
_LISTS = re.compile(r"; (?:`archiver [^`]*`(?:, | and )?)+ (?:shows?|lists?|has|says) [^;`]*$")


def without_lists(message: str) -> str:
    """What went wrong, for a page: without the command that lists what there is, which few who read pages have."""
    return _LISTS.sub("", message)
