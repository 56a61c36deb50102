"""Whether an index that is made anew from the stored bytes says the same."""

from __future__ import annotations

from typing import Any, Protocol, overload

from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.capture.service import Capture
from archiver.records import digests


class Captured(Protocol):
    """An archive into which something was captured."""

    archive: Archive
    capture: Capture


class Emptied(Captured, Protocol):
    """One whose index can be thrown away."""

    def empty_index(self) -> None: ...


@overload
def check_rebuilt(house: Captured) -> None: ...
@overload
def check_rebuilt(house: Emptied, *, anew: bool) -> None: ...
def check_rebuilt(house: Any, *, anew: bool = False) -> None:
    """Everything that was captured is read again, and says the same. ``anew``: into an empty index, not in place."""
    house.capture.flush(all=True)
    with house.archive.database.read() as connection:
        before = digests.digests(connection)
    if anew:
        house.empty_index()
    assert rebuild(house.archive).damaged == []
    with house.archive.database.read() as connection:
        assert digests.differences(before, digests.digests(connection)) == []
