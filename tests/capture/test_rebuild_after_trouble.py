"""A rebuild gives the same rows also after a month in which much went wrong and runs were committed in pieces."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from archiver.capture.rebuild import rebuild
from archiver.practice import faults
from archiver.practice.script import month
from archiver.records import digests
from tests.capture.house import FULL, NEW, WATCH, House

TOKEN = "tok-of-the-city-7d1f0a"
_TROUBLE: dict[str, list[faults.Alter]] = {
    r"/context": [faults.server_error(500), faults.cut_body(80), faults.html_page(200), faults.cut_list(0)],
    r"/statuses\?": [faults.server_error(503), faults.cut_list(3), faults.repeating_cursor, faults.wrong_length(9)],
    r"/history": [faults.html_page(200), faults.server_error(500)],
    r"/notifications": [faults.expired_token, faults.not_found],
    r"/accounts/\d+$": [faults.not_found, faults.html_page(502)],
    r"/system/": [faults.not_found, faults.server_error(503), faults.cut_body(10)],
    "": [faults.not_found, faults.changed_avatars(), faults.unknown_field("new_field")],
}


def _digests(house: House) -> dict[str, digests.TableDigest]:
    with house.archive.database.read() as connection:
        return digests.digests(connection)


def troubled_month(house: House, seed: int) -> None:
    """A month of looks, before most of which something is broken, and at its end some on a good day."""
    draw = random.Random(f"trouble {seed}")
    accounts = [house.office(TOKEN), house.mastodon(house.cast.works), house.feed()]
    due = house.clock.now() + timedelta(days=1)
    for step in month(house.city, house.cast, seed):
        if step.at < due:
            continue
        due = step.at + timedelta(days=2)
        for account in accounts:
            where = draw.choice(list(_TROUBLE))
            house.server.faults.add(draw.choice(_TROUBLE[where]), where, after=draw.randrange(4), times=None)
            house.run(account, draw.choice((NEW, WATCH, FULL)))
            house.server.faults.clear()
        house.later(minutes=3)
        house.clock.at = max(step.at, house.clock.at)
    for sweep in (NEW, WATCH, FULL, FULL):
        house.later(hours=1)
        house.run(accounts[0], sweep)


@pytest.mark.parametrize("seed", [21, pytest.param(22, marks=pytest.mark.long)])
def test_a_month_of_trouble_is_made_up_for_and_rebuilt_to_the_same_rows(
    new_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("archiver.capture.under_way._BATCH_EXCHANGES", 3)
    house = new_house(seed=seed)
    troubled_month(house, seed)
    house.capture.flush(all=True)
    assert {run.outcome for run in house.runs()} >= {"complete", "partial", "failed"}
    before = _digests(house)
    assert before["gap"].rows
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, _digests(house)) == []
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, _digests(house)) == []
