"""What a direct look on Meta's platforms is made beside: others of the same kind that the archive knows, asked for in
the same way, by their ids. Pure.

Meta says the same of what is deleted, of what a token may not read, and of what an app may list but not ask for by its
id. So that something is listed vouches for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from connectors._graph_asks import number_of
from connectors.contract import Ask, RecordKind, RecordRef

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


def of_others(known: Iterable[RecordRef], account: str) -> list[str]:
    """Ids of some comments under posts of the account that it did not write itself."""
    said = (ref for ref in known if ref.kind is RecordKind.COMMENT and ref.thread is not None)
    return [number_of(ref) for ref in apart(ref for ref in said if ref.author != account)]
