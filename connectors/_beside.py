"""What a direct look is made beside: others that the archive knows, asked for in the same way, by their ids. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from connectors.contract import Ask, RecordRef

MOST = 4
"""One after the other, where what was asked for before has gone too."""


def in_order(asks: Sequence[Ask]) -> Ask | None:
    """The first as a control, each with the next one as its own. None: there are none."""
    control: Ask | None = None
    for ask in reversed(asks):
        control = replace(ask, control=control)
    return control


def apart(refs: Iterable[RecordRef]) -> list[RecordRef]:
    """Some of these, first those that have neither thread nor author in common with one before them: what goes together
    goes at once."""
    first: list[RecordRef] = []
    more: list[RecordRef] = []
    threads: set[str | None] = set()
    authors: set[str | None] = {None}
    for ref in refs:
        same = ref.thread in threads or (ref.author in authors and ref.author is not None)
        (more if same else first).append(ref)
        threads.add(ref.thread)
        authors.add(ref.author)
    return [*first, *more][:MOST]
