"""The city as a newcomer starts it, and the big office for measuring."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiver.clock import SetClock
from archiver.practice import acts
from archiver.practice.big import BigOffice, big_office, id_of, text_of
from archiver.practice.cast import populate
from archiver.practice.city import City
from archiver.practice.clock import RunningClock
from archiver.practice.journal import UnreadableJournal
from archiver.practice.messages import Request
from archiver.practice.run import RunningPractice, start_practice
from archiver.practice.script import live
from archiver.practice.truth import Truth
from tests.effort import bounded

from . import keys
from .client import Client
from .conftest import START


def until(running: RunningPractice, count: int) -> None:
    end = time.monotonic() + 120
    while len(running.city.journal) < count and time.monotonic() < end:
        time.sleep(0.01)
    assert len(running.city.journal) >= count


def test_a_newcomer_gets_three_accounts_with_a_past_and_life_goes_on() -> None:
    running = start_practice(speed=100)
    try:
        client = Client(running.server)
        assert [account.platform for account in running.accounts] == ["mastodon", "mastodon", "feed"]
        assert [client.get(account.url).status for account in running.accounts] == [200, 200, 200]
        found = client.get("/api/v1/accounts/lookup?acct=larkmere_works").json
        assert found["statuses_count"] > 3
        before = len(running.city.journal)
        until(running, before + 16)
        happened = running.city.journal[before:]
        assert any(isinstance(act, acts.Delete) and act.by == "page" for act in happened)
        assert any(isinstance(act, acts.Edit) for act in happened)
    finally:
        running.stop()


def test_stopping_ends_every_thread_and_may_be_repeated() -> None:
    before = set(threading.enumerate())
    running = start_practice()
    running.stop()
    running.stop()
    assert set(threading.enumerate()) <= before


def test_speeds_that_make_no_sense_are_refused() -> None:
    for speed in (0, -1):
        with pytest.raises(ValueError, match="speed"):
            start_practice(speed=speed)
    with pytest.raises(ValueError, match="backwards"):
        RunningClock(START, -1)


def test_a_city_with_a_journal_goes_on_after_a_restart_where_it_stood(tmp_path: Path) -> None:
    journal = tmp_path / "city.jsonl"
    first = start_practice(speed=200, journal=journal)
    until(first, 150)
    first.stop()
    again = start_practice(speed=0.001, journal=journal)
    again.stop()
    assert again.city.journal == first.city.journal
    assert again.city.posts == first.city.posts
    assert again.cast == first.cast


def test_a_journal_cut_off_by_a_crash_loses_its_last_line_only(tmp_path: Path) -> None:
    journal = tmp_path / "city.jsonl"
    first = start_practice(speed=0.001, journal=journal)
    first.stop()
    journal.write_bytes(journal.read_bytes()[:-5])
    again = start_practice(speed=0.001, journal=journal)
    again.stop()
    assert again.city.journal == first.city.journal[:-1]


@pytest.mark.parametrize("content", [b"nonsense\n", b'{"act":"Hide","at":"2026-03-01T08:00:00Z","id":1,"by":"page"}\n'])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    journal = tmp_path / "city.jsonl"
    journal.write_bytes(content)
    with pytest.raises(UnreadableJournal, match="delete it to begin"):
        start_practice(journal=journal)
    assert journal.read_bytes() == content


def test_a_clock_runs_at_its_speed_and_can_be_set() -> None:
    started = time.monotonic()
    clock = RunningClock(START, 1000)
    time.sleep(0.05)
    passed = clock.now() - START
    assert timedelta(seconds=50) <= passed <= timedelta(seconds=1000 * (time.monotonic() - started))
    later = datetime(2027, 1, 1, tzinfo=UTC)
    clock.set(later)
    assert later <= clock.now() <= later + timedelta(seconds=1000 * (time.monotonic() - started))
    still = RunningClock(START, 0)
    assert still.now() == still.now() == START


def test_a_long_life_stays_small() -> None:
    clock = SetClock(START)
    city = City(clock)
    for seconds in live(city, populate(city), limit=3000):
        clock.advance(timedelta(seconds=seconds))
    assert len(city.journal) == 3000
    assert len(Truth(city.journal).said()) < 3000


# The big office.


def test_the_big_office_lists_every_status_once_newest_first() -> None:
    with big_office(1003) as server:
        client = Client(server)
        account = client.get("/api/v1/accounts/lookup?acct=larkmere").json
        assert account["statuses_count"] == 1003
        statuses = [s for page in client.pages(f"/api/v1/accounts/{account['id']}/statuses?limit=40") for s in page]
        assert [int(status["id"]) for status in statuses] == [id_of(number) for number in range(1002, -1, -1)]
        assert all(list(status) == keys.STATUS_ANYBODY for status in statuses[:40])
        assert len({status["content"] for status in statuses}) == 1003
        assert all(status["account"]["id"] == account["id"] for status in statuses)


def test_a_status_of_the_big_office_is_the_same_asked_for_alone() -> None:
    with big_office(500) as server:
        client = Client(server)
        number = id_of(123)
        single = client.get(f"/api/v1/statuses/{number}")
        assert text_of(123).split(".")[0] in single.json["content"]
        assert single.json["created_at"] == "2020-01-02T04:30:00.861Z"
        listed = client.get(f"{_list(client)}?max_id={number + 1}&limit=1").json
        assert listed == [single.json]
        assert client.get(f"/api/v1/statuses/{number}/context").json == {"ancestors": [], "descendants": []}
        history = client.get(f"/api/v1/statuses/{number}/history").json
        assert [list(version) for version in history] == [keys.EDIT]
        missing = [number + 1, id_of(500), id_of(0) - 1, 7]
        assert [client.get(f"/api/v1/statuses/{other}").status for other in missing] == [404] * 4


def _list(client: Client) -> str:
    account = client.get("/api/v1/accounts/lookup?acct=larkmere").json
    return f"/api/v1/accounts/{account['id']}/statuses"


def test_statuses_of_the_big_office_have_a_lifelike_size_and_times_that_rise() -> None:
    office = BigOffice(200_000, "http://practice.example")
    sizes = [len(office.status(number)) for number in range(0, 200_000, 9_999)]
    assert all(2200 <= size <= 2800 for size in sizes)
    times = [json.loads(office.status(number))["created_at"] for number in range(0, 200_000, 9_999)]
    assert times == sorted(times)


def test_an_empty_big_office_has_an_empty_list() -> None:
    with big_office(0) as server:
        client = Client(server)
        assert client.get(_list(client)).json == []


def test_the_big_office_takes_no_memory_for_its_records() -> None:
    code = (
        "import sys\n"
        "from archiver.practice.big import BigOffice\n"
        "from archiver.practice.messages import Request\n"
        "office = BigOffice(2_000_000, 'http://x')\n"
        "person = office.person\n"
        "for step in range(200):\n"
        "    target = f'/api/v1/accounts/{person}/statuses?limit=40&max_id={10**18 - step}'\n"
        "    assert len(office.answer(Request('GET', target)).body) > 60_000\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(result.stdout) < 80_000, "kilobytes"


def test_pages_of_the_big_office_take_little_work() -> None:
    office = BigOffice(200_000, "http://x")
    target = f"/api/v1/accounts/{office.person}/statuses?limit=40&max_id="
    with bounded(200):
        for step in range(150):
            assert office.answer(Request("GET", f"{target}{id_of(199_000 - step * 40)}")) is not None


def test_the_big_office_runs_as_a_program_of_its_own() -> None:
    command = [sys.executable, "-m", "archiver.practice.big", "--records", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/@larkmere")
        process.terminate()
