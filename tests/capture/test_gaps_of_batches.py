"""What a run covered counts for gaps, whichever of its batches told of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archiver.capture import under_way
from archiver.practice.acts import Wording
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt

TOKEN = "tok-of-the-city-in-batches"


@pytest.mark.law("R63")
def test_files_that_begin_another_batch_leave_no_gap_behind_that_never_closes(
    new_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = new_house(seed=2)
    account = house.office(TOKEN)
    for number in range(3):
        if number == 1:
            monkeypatch.setattr(under_way, "_BATCH_EXCHANGES", 1)  # (every file then ends a batch)
        pictures = tuple(house.city.picture(f"{number} {one}") for one in range(3))
        house.city.say(house.cast.city, Wording("As seen today", media=pictures))
        house.run(account, FULL)
        house.later(days=1)
    monkeypatch.undo()
    for _ in range(2):
        house.run(account, FULL)
        house.later(days=1)
    assert not house.gaps(open_only=True)
    check_rebuilt(house, anew=True)
