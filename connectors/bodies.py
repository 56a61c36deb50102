"""Bodies of answers, read without ever failing: what is not understood is said, and what stands beside it is read.
Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from connectors.contract import Answer, Problem, ProblemKind, Reading, SeenRecord
from connectors.values import Json, Unreadable, thing


def quarantined(reason: str, place: str = "") -> Reading:
    """An answer of which nothing is understood: its bytes are kept, and a person is told.

    Args:
        place: where in the body, as :attr:`connectors.contract.SeenRecord.place`; all of it, where none is given.
    """
    return Reading(quarantine=((place, reason),), problem=Problem(ProblemKind.CONTRACT, reason))


def read_object(answer: Answer, read: Callable[[Json], Reading]) -> Reading:
    """What ``read`` makes of a body that is a JSON object. A body that is something else, and one of which ``read``
    raises :class:`connectors.values.Unreadable`, is quarantined as a whole."""
    try:
        body = answer.json
    except ValueError:
        return quarantined("the answer is not JSON", f"bytes=0-{len(answer.body)}")
    try:
        return read(thing(body, "not an object"))
    except Unreadable as error:
        return quarantined(str(error))


def each(entries: Iterable[Json], place: str, make: Callable[[Json, str], SeenRecord]) -> Reading:
    """The records that ``make`` makes of the entries of a list; those that are unreadable are quarantined, each at its
    place.

    Args:
        place: JSON pointer of the list. ``make`` is given an entry and where it stands.
    """
    records: list[SeenRecord] = []
    unread: list[tuple[str, str]] = []
    for number, entry in enumerate(entries):
        try:
            records.append(make(entry, f"{place}/{number}"))
        except Unreadable as error:
            unread.append((f"{place}/{number}", str(error)))
    return Reading(records=tuple(records), quarantine=tuple(unread))
