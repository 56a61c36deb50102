"""Stores tried out by the service itself: when it starts and weekly; nothing is captured on one that overwrites."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.evidence.models import Event
from archiver.operations import doctor, health
from archiver.operations.probe_record import at_start, is_due, last_probe, state
from archiver.storage.protocol import Overwrites
from archiver.work.service import Work
from archiver.work.storage import StoreCare
from tests.capture.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path / "house")
    yield one
    one.close()


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system on which a link takes the place of what is there."""
    monkeypatch.setattr(os, "link", lambda source, target: Path(shutil.copy(source, f"{source}-2")).replace(target))


def trials(house: House) -> int:
    return len(house.rows(Event, Event.type == "storage.probed"))


def test_a_start_tries_the_store_out_once_a_week_and_says_how_old_that_is(house: House) -> None:
    assert state(house.archive).said == "was not tried out yet"
    assert is_due(house.archive)
    assert at_start(house.archive).said.startswith("was tried out today: nothing is overwritten")
    house.later(days=3)
    assert at_start(house.archive).said.startswith("was tried out 3 days ago")
    assert trials(house) == 1
    assert not StoreCare(house.archive).try_out()
    house.later(days=5)
    assert StoreCare(house.archive).try_out()
    assert not is_due(house.archive)
    assert trials(house) == 2
    assert state(house.archive).sound


def test_nothing_is_captured_into_a_store_that_overwrites_and_everybody_is_told(
    house: House, careless: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.office()
    asked = len(house.server.log)
    with pytest.raises(Overwrites, match="lets stored objects be overwritten") as caught:
        house.run(account)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 9
    assert len(house.server.log) == asked, "nothing was asked"
    told = at_start(house.archive)
    assert not told.sound
    assert told.said == "was tried out today: stored objects can be overwritten, so nothing is captured"
    known = last_probe(house.archive)
    assert known is not None
    assert known.overwrites
    finding = doctor._trial(house.archive)
    assert not finding.ok
    assert finding.remedy
    assert not doctor._store(house.archive).ok
    found = health.check(house.archive, Work(house.archive, house.capture))
    assert not found.ok
    assert "overwritten" in found.checks["store"]
    monkeypatch.undo()
    house.run(account)
    assert at_start(house.archive).sound, "it is tried again at once"


def test_a_store_that_was_found_good_is_tried_again_after_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.capture.write_once.require()
    monkeypatch.setattr(type(house.archive.store), "overwrites", lambda _: True)
    house.capture.write_once.require()
    house.later(hours=25)
    with pytest.raises(Overwrites):
        house.capture.write_once.require()
