"""``archiver verify`` of a lived-in archive: in parts, within a time, and never a false alarm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.capture.rebuild import rebuild
from archiver.evidence import service
from archiver.evidence.models import Event
from archiver.operations.verify import VerifyReport, verify
from tests.capture.house import House


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.office("city-token-canary-0123456789")
    house.feed()
    for _ in range(4):
        house.run_due()
        house.city.say(house.cast.city, "The library closes at five.")
        house.later(hours=30)
    yield house
    house.close()


def of_type(house: House, name: str) -> list[dict[str, object]]:
    rows = house.rows(Event, Event.type == name)
    return [json.loads(row.body)["data"] for row in sorted(rows, key=lambda row: int(row.position))]


def spoil_all(house: House) -> int:
    """Change a byte of every segment."""
    paths = list(house.segments())
    for path in paths:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)
    return len(paths)


def test_every_part_is_read_within_as_many_days(lived_in: House) -> None:
    parts = 3
    read = []
    for _ in range(parts):
        report = verify(lived_in.archive, parts=parts)
        assert report.ok, report.as_json()
        read.append(report.read)
        lived_in.later(days=1)
    assert sum(read) == report.objects > parts
    told = of_type(lived_in, "fixity.sampled")
    assert [one["segments"] for one in told] == read
    assert sorted(one["part"] for one in told) == [0, 1, 2]  # type: ignore[type-var]
    assert {one["known"] for one in told} == {report.objects}
    assert of_type(lived_in, "fixity.passed") == []


def test_the_same_day_reads_the_same_part(lived_in: House) -> None:
    spoil_all(lived_in)
    first, again = verify(lived_in.archive, parts=3), verify(lived_in.archive, parts=3)
    assert [one.key for one in first.findings] == [one.key for one in again.findings]


def test_damage_anywhere_is_found_within_as_many_days(lived_in: House) -> None:
    count = spoil_all(lived_in)
    found: set[str] = set()
    for _ in range(3):
        found |= {one.key for one in verify(lived_in.archive, parts=3).findings}
        lived_in.later(days=1)
    assert len(found) == count


def test_what_is_gone_is_missed_on_every_day(lived_in: House) -> None:
    path = next(lived_in.segments())
    path.unlink()
    for _ in range(3):
        report = verify(lived_in.archive, parts=1000)
        assert list(report.words.values()) == ["missing"]
        lived_in.later(days=1)


def test_a_pass_with_a_limit_goes_on_where_the_last_one_stopped(lived_in: House) -> None:
    whole = verify(lived_in.archive).objects
    seen: list[str] = []
    reports: list[VerifyReport] = []
    for _ in range(whole):
        report = verify(lived_in.archive, lambda one: seen.append(one.key), max_seconds=0)
        assert report.ok
        reports.append(report)
    assert len(seen) == len(set(seen)) == whole, "one segment each time, another one each time"
    assert all(report.stopped_at for report in reports)
    last = verify(lived_in.archive, lambda one: seen.append(one.key), max_seconds=3600)
    assert (last.objects, last.stopped_at, last.whole) == (0, None, False), "the end was reached"
    assert len(of_type(lived_in, "fixity.passed")) == 1, "none of these passes read everything"
    assert verify(lived_in.archive, max_seconds=3600).objects == whole, "and it begins anew"


def test_a_limit_that_is_not_reached_reads_everything(lived_in: House) -> None:
    report = verify(lived_in.archive, max_seconds=3600)
    assert report.whole
    assert of_type(lived_in, "fixity.passed")[-1]["segments"] == report.objects


def test_a_waiting_run_record_is_no_false_alarm_and_a_rebuild_is_in_order(lived_in: House) -> None:
    lived_in.later(minutes=6)
    lived_in.run_due()
    service.sign(lived_in.archive.signed_log)
    assert verify(lived_in.archive).ok
    lived_in.capture.flush(all=True)
    rebuild(lived_in.archive)
    lived_in.later(minutes=1)
    service.sign(lived_in.archive.signed_log)
    report = verify(lived_in.archive)
    assert report.ok, report.as_json()
    lived_in.empty_index()
    rebuild(lived_in.archive)
    service.sign(lived_in.archive.signed_log)
    report = verify(lived_in.archive)
    assert report.ok, report.as_json()
    assert report.checkpoints > 1


def test_what_is_captured_and_signed_meanwhile_is_no_false_alarm(lived_in: House) -> None:
    """Verifying again and again while another thread captures and signs."""
    done = threading.Event()
    problems: list[object] = []

    def look() -> None:
        while not done.is_set():
            report = verify(lived_in.archive)
            if not report.ok:
                problems.append(report.as_json())

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(5):
        lived_in.city.say(lived_in.cast.city, "The pool opens at nine.")
        lived_in.clock.advance(timedelta(hours=1))
        lived_in.run_due()
        service.sign(lived_in.archive.signed_log)
    done.set()
    looking.join()
    assert problems == []
