"""Storing pictures when the store is away, or the process ends: no record is touched, and they are there later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from archiver import faults
from archiver.operations.verify import verify
from archiver.records.models import Picture
from archiver.storage.protocol import StoreUnavailable
from tests.capture.house import NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.pictures.drawing import PlainDrawer


@dataclass
class Away:
    """A committer whose store is away when pictures are put."""

    inner: Any

    def put(self, *_: Any) -> Any:
        raise StoreUnavailable("the store is away")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_what_could_not_be_stored_is_finished_by_the_next_run(house: House, drawer: PlainDrawer) -> None:
    office = house.office()
    house.city.say(house.cast.city, "The bridge opens on Monday.")
    there = house.capture.drawing.aside.committer
    house.capture.drawing.aside.committer = Away(there)  # type: ignore[assignment]
    assert house.run(office).outcome == "complete"
    assert house.rows(Picture) == []
    house.capture.drawing.aside.committer = there
    pages = len(drawer.pages)
    house.run(office, NEW)
    assert house.rows(Picture)
    assert len(drawer.pages) == pages  # what was sealed is put, not drawn again
    assert verify(house.archive).ok
    check_rebuilt(house)


@pytest.mark.parametrize("point", ["batch.stored", "batch.segments_closed", "batch.choice_written", "commit.written"])
def test_a_process_that_ends_while_it_stores_loses_no_record(
    new_house: Callable[..., House], drawer: PlainDrawer, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    house = new_house()
    office = house.office()
    house.city.say(house.cast.city, "The bridge opens on Monday.")

    class Ends(BaseException):
        pass

    def end(name: str) -> None:
        if name == point and drawer.pages:
            raise Ends

    for module in ("batch", "committer"):
        monkeypatch.setattr(f"archiver.capture.{module}.crash_point", end)
    with pytest.raises(Ends):
        house.run(office)
    monkeypatch.undo()
    assert faults.crash_point is not end
    records = house.records()
    house.run(office, NEW)
    house.run(office)
    assert house.rows(Picture)
    assert house.records().keys() == records.keys()
    assert verify(house.archive).ok
    check_rebuilt(house)
