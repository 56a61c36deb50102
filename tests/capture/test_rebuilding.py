"""The index made anew from the store alone: the same rows, the same ids, whatever the reader has learnt since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import pytest
from sqlalchemy import select

from archiver.capture.deposits import said
from archiver.capture.models import Segment
from archiver.capture.rebuild import rebuild
from archiver.records import digests
from archiver.records.models import RebuildProgress
from connectors.contract import Answer, Ask, Reading, RecordKind, SeenRecord
from connectors.mastodon import Mastodon
from tests.capture.house import FULL, NEW, WATCH, House
from tests.imports.desk import Desk
from tests.pictures.drawing import PlainDrawer


def _lived_in(house: House) -> str:
    """A few days with news, an edit back and forth, a deletion, quiet polls."""
    account = house.office("city-token-canary-0123456789")
    house.feed()
    city = house.city
    first = city.say(house.cast.city, "The library closes at five.")
    city.say(house.cast.city, f"Books: {house.server.short_links.shorten('https://books.example.gov/')}")
    house.run_due()
    for text in ("The library closes at six.", "The library closes at five."):
        house.later(hours=1)
        city.edit(first, text)
        house.run(account, WATCH)
    gone = city.say(house.cast.residents[0], "This will not stay.", answering=first)
    house.later(hours=1)
    house.run_due()
    city.delete(gone)
    for hours in (3, 24, 30, 200):
        house.later(hours=hours)
        house.run_due()
    brought = house.home / "settings.csv"
    brought.write_bytes(b"blocked,nobody")
    told = said("moderation", by="Ann", on=house.clock.now().date(), reason="R17", source="export")
    house.capture.deposit(account, [brought], told)
    for _ in range(3):
        house.later(minutes=6)
        house.run(account, NEW)
    house.run(account, FULL)
    house.capture.flush(all=True)
    return account


def _digests(house: House) -> dict[str, digests.TableDigest]:
    with house.archive.database.read() as connection:
        return digests.digests(connection)


@pytest.mark.law("R41")
def test_a_rebuild_in_place_and_into_an_empty_index_gives_the_same_rows(new_house: Callable[..., House]) -> None:
    house = new_house(settings={"pictures": True, "link_services": ("127.0.0.1/s/",)})
    house.capture.drawing.drawers = PlainDrawer()
    desk = Desk(house, house.home, _lived_in(house))
    desk.bring(desk.mastodon_archive())
    before = _digests(house)
    assert all(one.rows for name, one in before.items() if name != "gap")
    report = rebuild(house.archive)
    assert report.damaged == []
    assert digests.differences(before, _digests(house)) == []
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, _digests(house)) == []


def test_a_segment_that_is_gone_is_named_and_the_rest_is_there(house: House) -> None:
    _lived_in(house)
    gone, *left = house.segments()
    gone.unlink()
    house.empty_index()
    report = rebuild(house.archive)
    name = gone.name.rpartition("-")[0]
    assert report.damaged == [f"the log names the segment {name}, which is not in the store"]
    assert report.segments == len(left)


def test_a_rebuilt_archive_goes_on_capturing_where_it_was(house: House) -> None:
    account = _lived_in(house)
    number = house.runs()[-1].number
    house.empty_index()
    rebuild(house.archive)
    house.city.say(house.cast.city, "After the rebuild.")
    house.later(hours=1)
    result = house.run(account, NEW)
    assert result.outcome == "complete"
    assert max(run.number for run in house.runs()) > number
    assert any("After the rebuild" in version.text for version in house.rows_of_versions())


def test_a_rebuild_that_was_stopped_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _lived_in(house)
    before = _digests(house)
    calls = 0
    put = type(house.archive.search).put

    def failing(self: object, *given: object, **named: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        put(self, *given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(house.archive.search), "put", failing)
        with pytest.raises(KeyboardInterrupt):
            rebuild(house.archive)
    with house.archive.database.read() as connection:
        assert connection.execute(select(RebuildProgress.account_id)).first() is not None
        assert connection.execute(select(Segment.id)).first() is not None
    rebuild(house.archive)
    assert digests.differences(before, _digests(house)) == []


class Newer(Mastodon):
    """The same reader a year later: it sees one more record in every list, and projects in another scheme."""

    version: ClassVar[str] = "99"
    scheme: ClassVar[int] = 2

    def read(self, ask: Ask, answer: Answer) -> Reading:
        reading = super().read(ask, answer)
        more = SeenRecord(
            key="footnote/1", kind=RecordKind.POST, place="/footnote", content={"text": "new"}, text="new"
        )
        records = tuple(self._as(ask, record) for record in reading.records)
        return replace(reading, records=(more, *records) if records else ())

    @staticmethod
    def _as(ask: Ask, record: SeenRecord) -> SeenRecord:
        return record if ask.scheme == 1 else replace(record, content={"everything": dict(record.content)})


def test_a_reader_that_got_newer_gives_the_same_rows_and_ids(
    new_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = new_house()
    _lived_in(house)
    before = _digests(house)
    newer = {**house.archive.platforms.connectors, "mastodon": Newer()}
    platforms = replace(house.archive.platforms, connectors=newer)
    archive = replace(house.archive, platforms=platforms)
    assert rebuild(archive).damaged == []
    assert digests.differences(before, _digests(house)) == []
