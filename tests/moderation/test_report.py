"""Numbers of moderation: they add up, mean what is laid down, and count nothing that somebody does not see."""

from __future__ import annotations

import codecs
import csv
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.moderation import service
from archiver.moderation.words import grounds
from archiver.operations import moderation_report
from archiver.operations.moderation_report import Line, Report
from archiver.people.acting import of_machine
from archiver.people.roles import Access, Role
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from connectors.contract import State
from tests.moderation.saying import says
from tests.moderation.written import record
from tests.people.scene import NOW, account_of
from tests.signed_in import cookies, person


def _filled(archive: Archive) -> None:
    account, made = account_of("police"), []
    ends = [State.NOT_RETURNED] * 5 + [State.DELETED_BY_AUTHOR, State.HIDDEN_BY_PAGE]
    with archive.database.write() as connection:
        for number, end in enumerate(ends):
            states = [("visible", NOW), (end.value, NOW + timedelta(hours=number + 1))]
            made.append(record(connection, "police", f"c/{number}", states))
        record(
            connection,
            "police",
            "c/p",
            [("visible", NOW), ("not_returned", NOW + timedelta(hours=9))],
            access="private",
        )
        record(connection, "library", "c/l", [("visible", NOW), ("not_returned", NOW + timedelta(hours=1))])
    later = NOW + timedelta(days=1)
    appeal = {"appeal_on": "2026-03-02", "outcome": "reversed", "decided_on": "2026-03-03"}
    spam = says(account, *made[:3], seen=later, actor="staff", ground="spam", **appeal)
    service.state(archive, of_machine(), [spam, says(account, made[3], seen=later, actor="filter")])


def _report(archive: Archive, viewer: Viewer = Viewer.EVERYTHING, **chosen: object) -> moderation_report.Report:
    listed = grounds(archive.settings.moderation_grounds)
    given = {"since": NOW, "until": None, "account_ids": [account_of("police")], **chosen}
    with archive.database.read() as connection:
        return moderation_report.report(connection, viewer, None, listed, **given)  # type: ignore[arg-type]


@pytest.mark.law("R16")
def test_what_is_counted_adds_up_and_means_what_is_laid_down(offices: Archive) -> None:
    _filled(offices)
    public = Viewer(None, frozenset({"public"}), messages=False)
    made = _report(offices, public)
    assert {one.code: one.count for one in made.by_ground} == {
        "spam": 3, "no_ground": 1, "platform_says": 1, "unexplained": 2,
    }  # fmt: skip
    assert {one.code: one.count for one in made.by_actor} == {
        "staff": 3, "filter": 1, "platform_says": 1, "unexplained": 2,
    }  # fmt: skip
    spam = made.by_ground[0]
    assert (spam.median, spam.appealed, spam.outcomes) == (timedelta(hours=2), 1, {"reversed": 1}), (
        "one act, one appeal"
    )
    for lines in (made.by_ground, made.by_actor):
        assert sum(one.count for one in lines) == made.total == 7
        assert abs(sum(one.share for one in lines) - 1) < 1e-9
    hours = {"since": NOW + timedelta(hours=2), "until": NOW + timedelta(hours=4)}
    assert _report(offices, public, **hours).total == 2, "the first moment counts, the last does not"
    assert _report(offices, Viewer.NOTHING).total == 0
    nothing = _report(offices, since=NOW + timedelta(days=9))
    assert (nothing.total, nothing.by_ground, nothing.unexplained) == (0, (), 0)


@pytest.mark.law("R16", "R71")
def test_the_page_and_its_file_count_what_is_seen_and_nothing_else(offices: Archive) -> None:
    _filled(offices)
    who = person(offices, Role.COMMUNICATIONS, access=[Access.PUBLIC], scope="authority", scope_id="police")
    with TestClient(create_app(Site(offices)), base_url="http://127.0.0.1", cookies=cookies(offices, who)) as client:
        page = client.get("/moderation/report?since=2026-03-01T12:30").text
        sheet = client.get("/moderation/report.csv").content
        assert sheet.startswith(codecs.BOM_UTF8), "a spreadsheet takes it for what it is"
        lines = list(csv.DictReader(sheet.decode("utf-8-sig").splitlines()))
        assert "Advertising" in page
        assert client.get(f"/moderation/report?account={account_of('library')}").status_code == 404
        assert client.get("/moderation/report?authority=library").text.count("<tr>") == 0
        assert client.get("/moderation/report?since=rubbish").status_code == 400
    shown = {one["code"]: one["changes"] for one in lines if one["table"] == "ground"}
    assert shown == {"spam": "3", "no_ground": "1", "platform_says": "1", "unexplained": "2"}


@pytest.mark.parametrize("word", ["=1+1", "\uff1d1+1", "'=1+1", "@a", "-1", "\ta"])
def test_no_word_of_a_ground_is_calculated(word: str) -> None:
    line = Line("own", word, 1, 1.0, None, 0, {})
    (_, told) = csv.reader(moderation_report.as_csv(Report(1, (line,), ())).decode("utf-8-sig").splitlines())
    assert told[2] == f"'{word}"


def test_what_is_too_much_is_not_counted_in_part(offices: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    _filled(offices)
    monkeypatch.setattr(moderation_report, "MOST", 3)
    with TestClient(
        create_app(Site(offices)),
        base_url="http://127.0.0.1",
        cookies=cookies(offices, person(offices, Role.CUSTODIAN)),
    ) as client:
        page = client.get("/moderation/report")
        assert page.status_code == 400
        assert "choose a shorter time" in page.text
