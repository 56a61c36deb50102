"""Depositing on the command line, killed at every step, and being reminded of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from archiver.accounts import service as accounts
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.deposits import said
from archiver.capture.models import Deposit, Run
from archiver.clock import SetClock
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.operations import deposits_due
from archiver.operations.verify import verify
from archiver.records.digests import digests
from archiver.records.models import RebuildProgress
from archiver.settings import Settings
from connectors.contract import Answer, Ask
from tests import backends
from tests.cli.conftest import CommandLine, clean_settings
from tests.forking import run_command

__all__ = ["clean_settings"]
POINTS = (
    *("deposit.copied:2", "deposit.spooled", "deposit.spooled:2", "batch.stored", "batch.segments_closed"),
    *("batch.choice_written", "commit.put", "commit.begun", "commit.written", "commit.done", "batch.clearing"),
)
QUIET = "nextdoor"
"""A platform that shows its moderation settings to no program."""


def registered(archive: Archive) -> str:
    """An account, as a server says it is that is not there."""
    page = {"id": "1", "username": "city", "acct": "city", "display_name": "City", "url": "https://city.example/@city"}

    def fetch(ask: Ask) -> Answer:
        headers = (("Content-Type", "application/json"),)
        return Answer(200, headers, json.dumps(page).encode(), archive.clock.now(), ask.url)

    return accounts.add(archive, "https://city.example/@city", "mastodon", fetch=fetch).account.id


@pytest.fixture
def home(tmp_path: Path) -> Path:
    if backends.is_production():
        pytest.skip("it is copied with its index: tried on the embedded one")
    with Archive.open(Settings(home=tmp_path / "home", disk_reserve_percent=0)) as archive:
        registered(archive)
    return tmp_path / "home"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], home: Path) -> CommandLine:
    return CommandLine(capsys)


def arguments(*files: Path, about: str = "moderation") -> list[str]:
    said = ["--about", about, "--by", "Ann", "--reason", "R17", "--source", "screenshot", "--date", "2026-03-01"]
    return ["deposit", *map(str, files), "--account", "city", *said]


def test_a_deposit_is_made_shown_listed_and_handed_out(command: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "set\x1b[2Jtings.svg"
    file.write_text("<svg onload='alert(1)'/>")
    made = command(*arguments(file), "--json").json["deposits"][0]
    assert made["new"]
    again = command(*arguments(file))
    assert (again.code, "there already" in again.out, "\x1b" in again.out) == (0, True, False)
    listed = command("deposits", "list")
    assert made["exchange"] in listed.out
    assert "\x1b" not in listed.out
    shown = command("deposits", "show", made["exchange"]).out
    assert all(
        text in shown for text in ("deposited by hand, not captured by the archiver", "Ann", "R17", "screenshot")
    )
    copy = tmp_path / "copy"
    assert command("deposits", "get", made["exchange"], "--to", str(copy)).code == 0
    assert copy.read_bytes() == file.read_bytes()
    assert command("deposits", "get", made["exchange"], "--to", str(copy)).code == 2
    assert command("deposits", "show", "ex_none").code == 3
    assert command(*arguments(tmp_path / "gone")).code == 2
    assert command(*arguments(file), "--date", "yesterday").code == 2
    assert command("verify").code == 0


@pytest.mark.parametrize("points", [(*POINTS[:2], *POINTS[5:9:3]), pytest.param(POINTS, marks=pytest.mark.long)])
def test_a_deposit_killed_at_any_step_is_there_whole_or_not_at_all(
    home: Path, tmp_path: Path, points: tuple[str, ...]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"1" * 100_000)
    second.write_bytes(b"2" * 50)
    for point in points:
        place = tmp_path / point.replace(":", "-")
        shutil.copytree(home, place)
        assert run_command(arguments(first, second), place, point) == -9, point
        assert run_command(arguments(first, second), place, "") == 0, point
        with Archive.open(Settings(home=place, disk_reserve_percent=0)) as archive:
            with archive.database.read() as connection:
                sizes = connection.execute(select(Deposit.size).order_by(Deposit.size)).scalars().all()
                made = connection.execute(select(Event.id).where(Event.type == "deposit.made")).all()
                runs = connection.execute(select(Run.outcome, Run.trigger, Run.counts)).all()
                assert digests(connection)["deposit"].rows == 2
            assert (sizes, len(made)) == ([50, 100_000], 2), point
            assert {run.trigger for run in runs} == {"deposit"}
            assert all(run.counts["stored"] == run.counts["deposited"] for run in runs)
            assert not any("asked" in run.counts for run in runs), "nobody was asked for anything"
            assert [run.outcome for run in runs if run.outcome != "complete"] == (
                ["interrupted"] if point == "deposit.spooled" else []
            ), point
            assert verify(archive).findings == [], point
        assert not any((place / "spool").glob("*/rn_*")), point


# Being reminded.

CITY = ZoneInfo("America/Chicago")
DAYS = st.dates(date(2020, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(1, 3660))
def test_the_next_deposit_is_due_so_many_days_after_the_day_that_the_last_one_shows(last: date, days: int) -> None:
    at = deposits_due.due_at(last, datetime(2019, 1, 1, tzinfo=UTC), days, CITY)
    assert at.astimezone(CITY).date() == last + timedelta(days=days + 1)
    assert (at.hour, at.minute) == (0, 0)


@pytest.mark.parametrize(
    ("state", "told", "days", "expected"),
    [
        ("active", None, 31, True),
        ("sign_in_needed", None, 31, True),
        ("active", "who is blocked", 31, False),
        ("active", None, 0, False),
        *((state, None, 31, False) for state in ("paused", "closed", "gone", "taken_down", "deactivated")),
    ],
)
def test_of_whom_deposits_are_expected(state: str, told: str | None, days: int, expected: bool) -> None:
    assert deposits_due.is_expected(state, told, days) is expected
    some = deposits_due.is_expected(state, "who is blocked", days, left="words")
    assert some is (expected or told is not None), "where a part is captured, the rest is brought all the same"


@pytest.mark.law("R17")
def test_somebody_is_reminded_once_a_month_until_it_is_deposited(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    settings = Settings(home=tmp_path / "home", disk_reserve_percent=0, time_zone="UTC")
    with Archive.open(settings, clock=clock) as archive:
        account = registered(archive)
        with archive.database.write() as connection:
            connection.execute(update(Account).values(platform=QUIET))

        def reminders() -> int:
            query = select(Event.id).where(Event.type == EventType.DEPOSIT_DUE.value)
            with archive.database.read() as connection:
                return len(connection.execute(query).all())

        def late() -> list[deposits_due.DueDeposit]:
            with archive.database.read() as connection:
                return deposits_due.overdue(connection, archive)

        assert deposits_due.remind(archive) == 0
        clock.advance(timedelta(days=31))
        (due,) = late()
        assert "were never deposited" in due.said
        assert f"deposit FILE --account {account} --about moderation" in due.command
        assert [deposits_due.remind(archive) for _ in range(3)] == [1, 0, 0]
        clock.advance(timedelta(days=5))
        assert (deposits_due.remind(archive), reminders()) == (0, 1)
        accounts.pause(archive, account, "moved")
        assert late() == []
        accounts.resume(archive, account)
        _deposit(archive, account, tmp_path, date(2026, 4, 6))
        assert late() == []
        _deposit(archive, account, tmp_path, date(9999, 12, 31))  # by a clock that went wrong
        clock.advance(timedelta(days=31))
        assert late() == []
        clock.advance(timedelta(days=1))
        (due,) = late()
        assert "last deposited as of 2026-04-06" in due.said
        with archive.database.write() as connection:
            connection.execute(insert(RebuildProgress).values(account_id="", number=0, part=0))
        assert deposits_due.remind(archive) == 0, "an index that is not whole knows no deposits"
        with archive.database.write() as connection:
            connection.execute(delete(RebuildProgress))
        assert (deposits_due.remind(archive), deposits_due.remind(archive), reminders()) == (1, 0, 2)
        elsewhere = settings.model_copy(update={"time_zone": "America/Chicago"})
        with Archive.open(elsewhere, clock=SetClock(archive.clock.now() + timedelta(hours=6))) as other:
            with other.database.read() as connection:
                assert len(deposits_due.overdue(connection, other)) == 1
            assert deposits_due.remind(other) == 0, "another time zone is no other deposit"
        accounts.pause(archive, account, "moved")
        assert (late(), deposits_due.remind(archive)) == ([], 0)


@pytest.mark.law("R17")
def test_where_settings_are_shown_to_the_owner_alone_others_have_to_bring_them(tmp_path: Path) -> None:
    clock = SetClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    with Archive.open(Settings(home=tmp_path / "home", disk_reserve_percent=0), clock=clock) as archive:
        registered(archive)
        clock.advance(timedelta(days=40))
        with archive.database.read() as connection:
            (due,) = deposits_due.overdue(connection, archive)
        assert due.said.endswith("only where the account is signed in, with leave to see them")


def _deposit(archive: Archive, account: str, folder: Path, day: date) -> None:
    from archiver.capture.service import Capture

    file = folder / "settings"
    file.write_bytes(b"nobody is blocked")
    capture = Capture(archive)
    capture.deposit(account, [file], said("moderation", by="Ann", on=day, reason="R17", source="screenshot"))
    capture.close()
