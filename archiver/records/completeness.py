"""The platform's own count of what is under a record against what the archive has of it, and where they differ, why, as
far as it can be said (law R63). Pure.

The two numbers are never simply compared. First what the archive has and the platform's number leaves out is taken
apart: what is no longer returned, what is hidden, held or spam, what not everybody sees. What is left should be what
the platform counts. Where it is fewer, the platform may count what it does not return; that is said only where the list
was read to its end after the number was told, and only where the platform is known to do so. Where it is more, some may
have been written since the number was told. Whatever remains is not explained, and is shown as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from connectors.contract import Counted, Extent


class Why(StrEnum):
    """What a part of a difference is."""

    NOT_RETURNED = "not_returned"
    """The archive has it, and the platform returns it no longer."""
    HIDDEN = "hidden"
    HELD = "held"
    SPAM = "spam"
    PRIVATE = "private"
    """Not everybody sees it."""
    SINCE = "since"
    """First seen after the number was told."""
    WITHHELD = "withheld"
    """Counted, and not returned though its list was read to its end."""
    BEYOND = "beyond"
    """Counted, and further away than the platform's list reaches."""


Side = Literal["archive", "platform"]
#: Who has more because of it.
SIDES: Mapping[Why, Side] = {
    Why.NOT_RETURNED: "archive",
    Why.HIDDEN: "archive",
    Why.HELD: "archive",
    Why.SPAM: "archive",
    Why.PRIVATE: "archive",
    Why.SINCE: "archive",
    Why.WITHHELD: "platform",
    Why.BEYOND: "platform",
}


class Verdict(StrEnum):
    EQUAL = "equal"
    FEWER = "fewer"
    """The archive has fewer than the platform says."""
    MORE = "more"
    """The archive has more than the platform says."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known under one record. Every number is at least 0."""

    number: int
    """The platform's."""
    number_at: datetime
    """When it was told."""
    read_at: datetime | None
    """When the list of what is under it was last read to its end; None: never."""
    read_whole: bool
    """That list was everything the platform has."""
    standing: int
    """Records that the number should count, first seen before it was told or at that time."""
    since: int
    """The same, first seen afterwards."""
    not_returned: int = 0
    hidden: int = 0
    held: int = 0
    spam: int = 0
    private: int = 0

    @property
    def archived(self) -> int:
        """All that the archive has, whatever became of it."""
        return self.standing + self.since + sum(count for _, count in self.apart)

    @property
    def apart(self) -> tuple[tuple[Why, int], ...]:
        """What the archive has and the number leaves out."""
        return (
            (Why.NOT_RETURNED, self.not_returned),
            (Why.HIDDEN, self.hidden),
            (Why.HELD, self.held),
            (Why.SPAM, self.spam),
            (Why.PRIVATE, self.private),
        )

    @property
    def is_read(self) -> bool:
        """Whether the list was read to its end when the number was told, or afterwards."""
        return self.read_at is not None and self.read_at >= self.number_at


@dataclass(frozen=True, slots=True)
class Explained:
    """A difference taken apart. ``platform - archived`` is the sum of the parts on the platform's side and ``missing``,
    less the sum of those on the archive's side and ``surplus``."""

    platform: int
    archived: int
    parts: Mapping[Why, int]
    """Each more than 0."""
    missing: int
    """Counted by the platform, not in the archive, and nothing explains it."""
    surplus: int
    """In the archive, not counted by the platform, and nothing explains it."""
    is_read: bool
    """The list was read to its end since the number was told."""

    @property
    def verdict(self) -> Verdict:
        if self.platform == self.archived:
            return Verdict.EQUAL
        return Verdict.FEWER if self.archived < self.platform else Verdict.MORE

    @property
    def unexplained(self) -> int:
        return self.missing + self.surplus

    @property
    def state(self) -> Literal["complete", "explained", "unexplained"]:
        """``complete``: both have the same, and nothing had to be explained."""
        if self.unexplained:
            return "unexplained"
        return "explained" if self.parts else "complete"


def explain(facts: Facts, counted: Counted) -> Explained:
    """Take the difference apart. ``counted``: what the platform says that its number is."""
    parts = {why: count for why, count in facts.apart if count}
    short = facts.number - facts.standing - facts.since
    missing, surplus = max(short, 0), max(-short, 0)
    since = min(surplus, facts.since)
    if since:
        parts[Why.SINCE] = since
    why = _why_missing(facts, counted)
    if missing and why is not None:
        parts[why], missing = missing, 0
    return Explained(facts.number, facts.archived, parts, missing, surplus - since, facts.is_read)


def _why_missing(facts: Facts, counted: Counted) -> Why | None:
    """Why the platform counts what the archive does not have, where that can be said."""
    if not facts.is_read:
        return None
    if not facts.read_whole:
        return Why.BEYOND
    return Why.WITHHELD if counted.withheld is not None else None


def together(several: Iterable[Explained]) -> Explained:
    """Several differences as one: those of a thread, where the platform counts post by post."""
    each = list(several)
    parts = {why: total for why in Why if (total := sum(one.parts.get(why, 0) for one in each))}
    return Explained(
        platform=sum(one.platform for one in each),
        archived=sum(one.archived for one in each),
        parts=parts,
        missing=sum(one.missing for one in each),
        surplus=sum(one.surplus for one in each),
        is_read=all(one.is_read for one in each),
    )


_WORDS: Mapping[Why, str] = {
    Why.NOT_RETURNED: "the archive saw that the platform no longer returns",
    Why.HIDDEN: "hidden, which the platform does not count",
    Why.HELD: "held for review, which the platform does not count",
    Why.SPAM: "taken for spam, which the platform does not count",
    Why.PRIVATE: "not for everybody to see, which the platform does not count",
    Why.SINCE: "first seen after the platform told its number",
    Why.BEYOND: "counted by the platform further back than its list reaches",
}


def sentences(explained: Explained, counted: Counted) -> list[str]:
    """Every part in plain words, each to stand by itself: ``3 the archive saw that the platform no longer returns``."""
    told = [f"{count:,} {_words(why, counted, explained)}" for why, count in explained.parts.items()]
    if explained.missing:
        after = (
            "although the list was read to its end"
            if explained.is_read
            else f"and {_whole(counted)} was not read to its end since the number was told"
        )
        told.append(f"{explained.missing:,} counted by the platform and not in the archive, {after}: not explained")
    if explained.surplus:
        told.append(f"{explained.surplus:,} in the archive that the platform does not count: not explained")
    return told


def _whole(counted: Counted) -> str:
    return "its list" if counted.of is Extent.ACCOUNT else "the thread"


def _words(why: Why, counted: Counted, explained: Explained) -> str:
    if why is not Why.WITHHELD:
        return _WORDS[why]
    among = "among those it no longer returns, or " if Why.NOT_RETURNED in explained.parts else ""
    return f"counted by the platform that it does not return to us, perhaps {among}{counted.withheld}"
