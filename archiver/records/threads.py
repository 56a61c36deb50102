"""The order in which a thread is shown: every record under the one it answers, oldest first. Pure.

Strangers choose what answers what, so nothing is taken on trust: parents may be missing (then their place is shown
empty), may form circles (then the circle is cut at its oldest record), or chains may be thousands deep (then they are
shown no deeper than a bound, in the same order).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a thread."""

    id: str
    parent_id: str | None
    at: datetime
    """When it was written, or first seen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the thread as shown."""

    id: str
    depth: int
    """0 for the first record and for what answers nothing."""
    missing: bool
    """Known only because others answer it: never captured, or not to be seen by this viewer."""


def arrange(root_id: str, members: Iterable[Member], deepest: int) -> list[Line]:
    """The lines of a thread. Each member has exactly one; each missing parent one."""
    known = {member.id: member for member in members}
    answers: dict[str | None, list[str]] = {}
    for member in sorted(known.values(), key=lambda one: (one.at, one.id)):
        parent = None if member.id == root_id else member.parent_id or root_id
        answers.setdefault(parent, []).append(member.id)
    absent = [parent for parent in answers if parent is not None and parent not in known]
    lines: list[Line] = []
    shown: set[str] = set()
    for first in (root_id, *absent, *_oldest(known)):
        if first in known or first in answers:
            _show(first, answers, known, deepest, lines, shown)
    return lines


def window(lines: Sequence[Line], wanted: str, most: int, start: int | None = None) -> tuple[int, int]:
    """First line of a part of a thread, and the first after it: the part from line ``start`` on; without it, the part
    of the whole, cut into parts of ``most`` lines, in which ``wanted`` stands."""
    if start is None:
        index = next((number for number, line in enumerate(lines) if line.id == wanted), 0)
        start = index - index % most
    start = max(0, min(start, len(lines) - 1))
    return start, min(start + most, len(lines))


def above(lines: Sequence[Line], start: int) -> list[Line]:
    """What the first line of a part answers, and what that answers, from the top: lines that stand before the part."""
    found: list[Line] = []
    depth = lines[start].depth if start < len(lines) else 0
    for line in reversed(lines[:start]):
        if depth == 0:
            break
        if line.depth < depth:
            found.append(line)
            depth = line.depth
    return found[::-1]


def _oldest(known: Mapping[str, Member]) -> list[str]:
    """What is left when no chain of parents leads to it: circles."""
    return [member.id for member in sorted(known.values(), key=lambda one: (one.at, one.id))]


def _show(
    first: str,
    answers: Mapping[str | None, list[str]],
    known: Mapping[str, Member],
    deepest: int,
    lines: list[Line],
    shown: set[str],
) -> None:
    waiting = [(first, 0)]
    while waiting:
        one, depth = waiting.pop()
        if one in shown:
            continue
        shown.add(one)
        lines.append(Line(one, min(depth, deepest), one not in known))
        waiting.extend((answer, depth + 1) for answer in reversed(answers.get(one, ())))
