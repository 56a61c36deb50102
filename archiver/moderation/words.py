"""Codes of statements on moderation, and their words. Codes stand in acts, and are final."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Whether it was done."""

    DONE = "done"
    ANNOUNCED = "announced"


class Done(StrEnum):
    """What is done."""

    HIDDEN = "hidden"
    DELETED = "deleted"
    EDITED = "edited"
    RESTRICTED = "restricted"
    BLOCKED = "blocked"
    WORD_FILTER = "word_filter"
    HELD = "held"
    RESTORED = "restored"
    OTHER = "other"


class By(StrEnum):
    """Who does it."""

    STAFF = "staff"
    FILTER = "filter"
    PLATFORM = "platform"
    AUTHOR = "author"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What came of an appeal."""

    UPHELD = "upheld"
    REVERSED = "reversed"
    IN_PART = "in_part"
    WITHDRAWN = "withdrawn"


STAGES: Final[Mapping[str, str]] = {Stage.DONE: "it was done", Stage.ANNOUNCED: "it is about to be done"}
DONE: Final[Mapping[str, str]] = {
    Done.HIDDEN: "hidden",
    Done.DELETED: "deleted or removed",
    Done.EDITED: "edited",
    Done.RESTRICTED: "its author restricted",
    Done.BLOCKED: "its author blocked or banned",
    Done.WORD_FILTER: "caught by a word filter",
    Done.HELD: "held for review",
    Done.RESTORED: "shown again",
    Done.OTHER: "something else",
}
ACTORS: Final[Mapping[str, str]] = {
    By.STAFF: "somebody of the city's staff",
    By.FILTER: "a filter that the city set up",
    By.PLATFORM: "the platform",
    By.AUTHOR: "its author",
    By.UNKNOWN: "not known",
}
OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.UPHELD: "upheld: it stays as it is",
    Outcome.REVERSED: "reversed",
    Outcome.IN_PART: "reversed in part",
    Outcome.WITHDRAWN: "withdrawn",
}


def grounds(configured: tuple[str, ...]) -> dict[str, str]:
    """The city's list: code → words, from lines ``code=words``."""
    return dict(one.split("=", 1) for one in configured)
