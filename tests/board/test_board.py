"""The board as it is made from an archive: of every account, in a bounded number of questions, on a small page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from sqlalchemy import event, insert

from archiver.accounts.models import Account
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Due, Gap, Run
from archiver.cli import board as command
from archiver.clock import SetClock
from archiver.operations import board, deposits_due, history, master_list
from archiver.operations.board import Row
from archiver.operations.board_rules import Colour
from archiver.operations.register_seen import ALL, Sight
from archiver.settings import Settings
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.board import PAGE
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.register.town import Town
from tests.signed_in import everything

LONG = "v6k2m4p7q9s3w5y8a1c2"
"""As long as real ids are."""
NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    settings = Settings(home=tmp_path / "home", web_port=0, disk_reserve_percent=0)
    with Archive.open(settings, clock=SetClock(NOW)) as opened:
        yield opened


def fill(archive: Archive, many: int, first: int = 0) -> None:
    """Accounts of which one in three fails, one is late and one is well, each with a month of runs."""
    accounts, runs, gaps, due = [], [], [], []
    for number in range(first, first + many):
        name, kind = f"ac_{number:04}{LONG}", ("failing", "late", "well")[number % 3]
        accounts.append(
            {"id": name, "platform": "mastodon", "service": "town.example", "platform_id": f"{number}",
             "handle": f"office{number}@town.example", "name": f"Office of Public Works {number}",
             "url": f"https://town.example/@office{number}", "authority": f"authority-{number % 40}",
             "provisional": False, "state": "revoked" if kind == "failing" else "active",
             "state_since": NOW - timedelta(days=60),
             "state_reason": None, "settings": {}, "added_at": NOW - timedelta(days=60)}
        )  # fmt: skip
        last = NOW - timedelta(minutes=3 if kind == "well" else 20)
        begun = [last, *(last - timedelta(days=day) for day in range(1, 30))]
        for place, at in enumerate(reversed(begun), start=1):
            runs.append(
                {"id": f"rn_{number:04}_{place}", "account_id": name, "number": place, "sweep": "new",
                 "trigger": "schedule", "started_at": at, "finished_at": at,
                 "outcome": "failed" if place == 7 else "unchanged", "reason": None, "settings_hash": "",
                 "connector_version": "1", "counts": {}, "bookmark_before": {}, "bookmark_after": {}, "drift": [],
                 "about": None}
            )  # fmt: skip
        due.append({"account_id": name, "sweep": "new", "due_at": NOW, "failures": 0})
        if kind == "failing":
            gaps.append(
                {"account_id": name, "stream": "posts", "opened_by": f"rn_{number:04}_7", "span_from": None,
                 "opened_at": NOW - timedelta(days=2), "cause": "other", "remedy": "See the run.", "closed_at": None,
                 "closed_by": None}
            )  # fmt: skip
    with archive.database.write() as connection:
        for model, rows in ((Account, accounts), (Run, runs), (Gap, gaps), (Due, due)):
            connection.execute(insert(model), rows)


def read(archive: Archive, known: board.Kept | None = None, sight: Sight = ALL) -> board.Board:
    with archive.database.read() as connection:
        return board.board(archive, connection, known, sight=sight)


def asked(archive: Archive, known: board.Kept) -> int:
    """How many statements one look takes."""
    with archive.database.read() as connection:
        statements: list[str] = []
        event.listen(connection.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        board.board(archive, connection, known)
        return len(statements)


def codes(row: Row) -> set[str]:
    return {one.code for one in row.reasons}


@pytest.mark.law("R12", "R63")
def test_every_account_of_archive_and_register_has_its_colour_and_reasons(archive: Archive) -> None:
    fill(archive, 3)
    town = Town(archive)
    clerk = town.authority("city-clerk")
    fields = {"authority": clerk, "url": "https://a.example/x"}
    waiting = {
        "facebook": "not_captured_platform",
        "tumblr": "not_captured_platform",
        "flickr": "not_captured_platform",
        "bluesky": "not_captured_nobody",
    }
    listed = {town.say(Thing.LISTING, None, platform=name, **fields): code for name, code in waiting.items()}
    campaign = town.say(Thing.LISTING, None, platform="x", capacity="campaign", **fields)
    decided = town.say(Thing.LISTING, None, platform="x", capture="none", not_captured="the library's", **fields)
    made = read(archive)
    rows = {one.id: one for one in made.rows}
    assert set(rows) == {f"ac_0000{LONG}", f"ac_0001{LONG}", f"ac_0002{LONG}", *listed, campaign, decided}
    assert {"revoked", "gap_unexplained", "register_overdue"} <= codes(rows[f"ac_0000{LONG}"])
    assert "behind" in codes(rows[f"ac_0001{LONG}"])
    assert not {"behind", "silent", "gap_unexplained"} & codes(rows[f"ac_0002{LONG}"])
    for name, code in listed.items():
        assert (code in codes(rows[name]), rows[name].colour) == (True, Colour.AMBER)
    assert (codes(rows[campaign]), rows[campaign].colour) == ({"not_captured_never"}, Colour.GREEN)
    assert "the library's" in rows[decided].reasons[0].said
    assert [one.colour for one in made.rows] == sorted((one.colour for one in made.rows), reverse=True)
    assert rows[f"ac_0002{LONG}"].last_good == NOW - timedelta(minutes=3)
    assert sum(day.good < day.runs for day in rows[f"ac_0002{LONG}"].days) == 1
    assert sum(day.gap for day in rows[f"ac_0000{LONG}"].days) == 3, "from two days ago to now"


def test_whoever_may_see_one_account_is_told_of_no_other(archive: Archive) -> None:
    fill(archive, 3)
    Town(archive).say(Thing.LISTING, None, platform="x", url="https://a.example/x")
    known = board.kept(archive)
    one_account = Sight(Viewer(frozenset({f"ac_0001{LONG}"})), frozenset())
    assert [one.id for one in read(archive, known, one_account).rows] == [f"ac_0001{LONG}"]
    assert len(read(archive, known).rows) == 4


def test_more_accounts_are_no_more_questions_and_days_that_are_over_are_asked_of_once(archive: Archive) -> None:
    fill(archive, 3)
    few = asked(archive, board.kept(archive))
    fill(archive, 30, first=3)
    known = board.kept(archive)
    assert asked(archive, known) == few
    assert asked(archive, known) < few - 20


def test_the_newest_runs_are_found_without_reading_all_of_them(archive: Archive) -> None:
    fill(archive, 3)
    with archive.database.read() as connection:
        statements: list[tuple[str, Any]] = []
        event.listen(connection.engine, "before_cursor_execute", lambda *told: statements.append((told[2], told[3])))
        history.last_runs(connection, NOW)
        master_list._last_captures(connection)
        for said, given in list(statements):
            plan = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {said}", given)
            assert "SCAN run" not in str(plan.fetchall())
    assert len(statements) == 4


def test_whether_lists_of_owners_were_seen_lately_is_known_without_reading_all_records(archive: Archive) -> None:
    fill(archive, 3)
    with archive.database.read() as connection:
        told: list[tuple[str, Any]] = []
        event.listen(connection.engine, "before_cursor_execute", lambda *said: told.append((said[2], said[3])))
        assert deposits_due._captured(connection, NOW) == frozenset()
        plan = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {told[0][0]}", told[0][1]).fetchall()
    assert "USING INDEX ix_record_settings" in str(plan)


def test_a_run_of_today_is_seen_where_days_are_kept(archive: Archive) -> None:
    fill(archive, 1)
    known = board.kept(archive)
    before = read(archive, known).rows[0].days
    with archive.database.write() as connection:
        row = connection.execute(Run.__table__.select().where(Run.number == 30)).one()._asdict()
        connection.execute(
            insert(Run), [row | {"id": "rn_new", "number": 31, "started_at": NOW - timedelta(minutes=1)}]
        )
    after = read(archive, known).rows[0].days
    assert (after[:-1], after[-1].runs) == (before[:-1], before[-1].runs + 1)
    assert read(archive).rows[0].days == after


@pytest.fixture
def client(archive: Archive) -> Iterator[httpx.Client]:
    fill(archive, 300)
    pages = PageServer(create_app(Site(archive)), bind(archive.settings))
    pages.start()
    with httpx.Client(base_url=pages.url.rstrip("/"), timeout=60, cookies=everything(archive)) as opened:
        yield opened
    pages.stop()


def test_the_page_of_300_accounts_is_small_paged_and_narrowed_by_links(client: httpx.Client) -> None:
    first = client.get("/accounts")
    assert len(first.content) < 100_000
    assert first.text.count("<tr class=") == PAGE
    assert 'href="/accounts?page=2" rel="next"' in first.text
    assert client.get("/accounts?page=7").text.count("<tr class=") == PAGE
    narrowed = client.get("/accounts?colour=amber&authority=authority-4").text
    assert "<tr class=" not in narrowed, "all are in no register for too long, so all are red"
    assert client.get("/accounts?colour=red&authority=authority-4").text.count("<tr class=") == 8
    assert "of 300 accounts" in first.text
    for wrong in ("colour=blue", "page=0", "page=x"):
        assert client.get(f"/accounts?{wrong}").status_code == 400
    assert "on this page" in client.get("/accounts?page=99").text


def test_accounts_are_found_by_name_and_stay_found(client: httpx.Client) -> None:
    def many(address: str) -> int:
        return client.get(f"/accounts?{address}").text.count("<tr class=")

    one = client.get("/accounts?name=WORKS+office17@").text
    assert one.count("<tr class=") == 1
    assert "1 of 300 accounts" in one
    assert 'value="WORKS office17@"' in one
    assert "/api/v1/board.csv?name=WORKS+office17%40" in one
    assert many("name=Public") == PAGE
    assert "name=Public&amp;page=2" in client.get("/accounts?name=Public").text
    assert many("name=office&authority=authority-4&colour=red") == 8
    assert 'name="authority" value="authority-4"' in client.get("/accounts?authority=authority-4").text
    nobody = client.get("/accounts?name=nobody&department=none").text
    assert "No such account" in nobody
    assert "0 of 300 accounts" in nobody
    assert many("name=%20") == PAGE, "nothing was typed"
    told = client.get("/api/v1/board?name=office17@&colour=red").json()["items"]
    assert [one["handle"] for one in told] == ["office17@town.example"]
    assert client.get("/api/v1/board.csv?name=office17@").text.count("\n") == 2
    assert client.get(f"/accounts?name={'x' * 201}").status_code == 400


def test_programs_are_told_the_same(client: httpx.Client) -> None:
    told = client.get("/api/v1/board?authority=authority-4").json()
    assert (told["colours"], len(told["items"])) == ({"red": 300, "amber": 0, "green": 0}, 8)
    one = told["items"][0]
    assert (one["colour"], len(one["days"])) == ("red", 30)
    assert {"code", "colour", "said", "at"} == set(one["reasons"][0])
    assert client.get("/api/v1/board").json()["next"] is not None


def test_the_command_ends_with_1_where_any_is_red(
    archive: Archive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr(command, "opened", lambda **_: nullcontext(archive))
    command.board(check=True)
    assert "No accounts yet" in capsys.readouterr().out
    fill(archive, 2)
    command.board()
    said = capsys.readouterr().out
    assert "gap unexplained in posts" in said
    assert "2 red" in said
    with pytest.raises(typer.Exit) as ended:
        command.board(check=True, json=True)
    assert ended.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["colours"]["red"] == 2
