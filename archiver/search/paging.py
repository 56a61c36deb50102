"""Pages of hits: what to look for, in which steps, and where one page ends and the next begins. On every database."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from archiver.search import meaning
from archiver.search.conditions import Among, Condition, Never, all_of, negation
from archiver.search.index import BadCursor, Order, as_seen, edited
from archiver.search.tree import Query
from archiver.viewing import Viewer

_CURSOR = re.compile(r"([nr])(\d)\.(-?\d{1,19})", re.ASCII)
#: How an engine writes down what answers a condition.
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Plan(Generic[S]):
    """What to look for, and in which steps to show it."""

    order: Order
    condition: Condition
    """What is true of every hit."""
    whole: S
    """The same, as the engine writes it."""
    steps: tuple[S, ...]
    """No record is in two of them; together they are the whole."""
    edited: Condition
    """What is true of those hits that were edited, as far as the viewer sees it."""


def whole(query: Query, viewer: Viewer) -> Condition:
    """What is true of every hit."""
    return _shown(meaning.condition(query.root), query, viewer)


def _shown(asked: Condition, query: Query, viewer: Viewer) -> Condition:
    """What is true of every record that the viewer is shown of those that answer ``asked``."""
    seen = as_seen(asked, viewer)
    return seen if query.within is None else all_of([seen, Among(query.within) if query.within else Never()])


def plan(query: Query, viewer: Viewer, order: Order, select: Callable[[Condition], S]) -> Plan[S]:
    """The plan of a search; ``select`` is the engine's way of writing a condition."""
    condition = whole(query, viewer)
    everything = select(condition)
    if order is Order.NEWEST:
        return Plan(order, condition, everything, (everything,), edited(viewer))
    before = negation(Never())
    steps: list[S] = []
    for tier in meaning.tiers(query.root):
        steps.append(select(_shown(all_of([tier, before]), query, viewer)))
        before = negation(tier)
    return Plan(order, condition, everything, tuple(steps), edited(viewer))


def place(plan: Plan[Any], after: str | None) -> tuple[int, int | None]:
    """Step and id to continue from.

    Raises:
        BadCursor: it is no place in this plan.
    """
    if after is None:
        return 0, None
    found = _CURSOR.fullmatch(after)
    is_ours = found is not None and found[1] == plan.order[0] and int(found[2]) < len(plan.steps)
    if found is None or not is_ours or abs(int(found[3])) >= 2**63:
        raise BadCursor("this page does not belong to this search; start again from its first page")
    return int(found[2]), int(found[3])


def name(order: Order, step: int, row_id: int) -> str:
    """The place after this row, to be understood by :func:`place`."""
    return f"{order[0]}{step}.{row_id}"
