"""Pages of a list that are counted from its beginning: what is deleted meanwhile moves everything behind it forward,
and it would be passed over. So each page repeats the last entries of the one before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.contract import Ask, JSONValue
from connectors.values import Unreadable

OVERLAP = 2
"""Entries that a page repeats of the one before."""


@dataclass(frozen=True, slots=True)
class Onward:
    """How a list goes on after a page."""

    start: int | None
    """Where the next page begins; None where this was the last."""
    tail: list[str]
    """Its last entries, which the next page has to repeat."""
    torn: bool
    """It does not join the page before: something moved further than pages overlap."""
    head: str | None = None
    """Its first entry: a page that has the same is the same page again."""

    @property
    def context(self) -> dict[str, JSONValue]:
        """What the question for the next page has to know."""
        return {"tail": self.tail, "head": self.head}


def onward(ask: Ask, names: Sequence[str], start: int, following: int | None, circle: str) -> Onward:
    """How a list goes on.

    Args:
        names: what the entries of this page are called; empty for one that has no name.
        start: where this page begins.
        following: where the next one does; None where this was the last.

    Raises:
        Unreadable: it gives the same page again, in the words of ``circle``.
    """
    before = tail_of(ask)
    if len(names) > OVERLAP and start and names[0] == ask.context.get("head"):
        raise Unreadable(circle)
    torn = bool(before) and not set(before) & set(names)
    # (after a page that the next one does not reach back into, nothing is known that it should repeat)
    repeats = following is not None and following < start + len(names)
    tail = [one for one in names[-OVERLAP:] if one] if repeats else []
    return Onward(following, tail, torn, names[0] if names else None)


def tail_of(ask: Ask) -> list[str]:
    """The last entries of the page before, which this one has to repeat."""
    tail = ask.context.get("tail")
    return [one for one in tail if isinstance(one, str)] if isinstance(tail, list | tuple) else []
