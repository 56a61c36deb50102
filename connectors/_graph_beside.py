"""What a direct look on Meta's platforms is made beside: comments of other people. Pure.

Meta says the same of what is deleted, of what a token may not read, and of what an app may list but not ask for by its
id. So that something is listed vouches for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors._beside import apart
from connectors._graph_asks import number_of
from connectors.contract import RecordKind, RecordRef


def of_others(known: Iterable[RecordRef], account: str) -> list[str]:
    """Ids of some comments under posts of the account that it did not write itself."""
    said = (ref for ref in known if ref.kind is RecordKind.COMMENT and ref.thread is not None)
    return [number_of(ref) for ref in apart(ref for ref in said if ref.author != account)]
