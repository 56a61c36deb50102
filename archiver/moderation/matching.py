"""Which change of a record a statement is about. Pure; :mod:`archiver.moderation.conditions` says the same in SQL, and
a test holds them against each other.

A statement names the change that was in effect when somebody looked at it, by time: what is learnt later may move where
a change begins, but not what held then. One that names none (an announcement, an act that nobody has seen yet) counts
for the first change from its beginning on that fits what is done; until there is one, it stands as *not seen*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archiver.moderation.words import Done
from connectors.contract import State

#: Tracks of changes of a record.
STATE: Final = "state"
EDITED: Final = "edited"

_GONE: Final = frozenset(
    {State.NOT_RETURNED, State.DELETED_BY_AUTHOR, State.DELETED_BY_PAGE, State.REMOVED_BY_PLATFORM}
)
_HIDDEN: Final = frozenset({State.HIDDEN_BY_PAGE, State.RESTRICTED, State.HELD_FOR_REVIEW, State.SPAM})
#: Which new states fit what was done. Hidden things are no longer returned on many platforms.
FITS: Final[Mapping[str, frozenset[State]]] = {
    "away": _HIDDEN | _GONE,
    "gone": _GONE,
    "back": frozenset({State.VISIBLE}),
    "text": frozenset(),
}
#: New states that somebody has to explain: not where the platform says itself that the author or it did it.
TO_EXPLAIN: Final = (_HIDDEN | _GONE) - {State.DELETED_BY_AUTHOR, State.REMOVED_BY_PLATFORM}


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a record: of its state (``state`` says to what) or of its words (None)."""

    at: datetime
    state: State | None

    @property
    def track(self) -> str:
        return EDITED if self.state is None else STATE


@dataclass(frozen=True, slots=True)
class Item:
    """What a statement says of one record."""

    track: str
    seen: datetime | None
    begins: datetime
    fits: str


def fits_of(done: str) -> str:
    """Which changes fit what was done."""
    return {Done.DELETED.value: "gone", Done.RESTORED.value: "back", Done.EDITED.value: "text"}.get(done, "away")


def track_of(done: str) -> str:
    """On which track of a record such a change is."""
    return EDITED if done == Done.EDITED else STATE


def meant(item: Item, changes: Iterable[Changed]) -> Changed | None:
    """The change that a statement is about, of all changes of its record; None: it was not seen (yet)."""
    mine = sorted((one for one in changes if one.track == item.track), key=lambda one: one.at)
    if item.seen is not None:
        return next((one for one in reversed(mine) if one.at <= item.seen), None)
    return next((one for one in mine if one.at >= item.begins and _fits(item, one)), None)


def unexplained(changes: Sequence[Changed], items: Iterable[Item]) -> list[Changed]:
    """Changes that somebody has to explain and no statement is about."""
    told = [meant(item, changes) for item in items]
    return [one for one in changes if one.state in TO_EXPLAIN and one not in told]


def _fits(item: Item, change: Changed) -> bool:
    return change.state is None if item.track == EDITED else change.state in FITS[item.fits]
