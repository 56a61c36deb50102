"""The desk's lists as CSV: whole, of what is seen, and safe to open."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.desk import marks, saved, selections
from archiver.moderation import service as moderation
from archiver.people.acting import of_machine, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import PersonView
from archiver.search.source import read_documents
from archiver.web import list_files
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.moderation.saying import says
from tests.moderation.written import record
from tests.people.scene import CANARIES, NOW, account_of, record_of
from tests.signed_in import cookies, person


def client(archive: Archive, who: PersonView) -> TestClient:
    return TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", cookies=cookies(archive, who))


def rows(browser: TestClient, address: str) -> list[dict[str, str]]:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.law("R4", "R71")
def test_selections_tags_and_news_are_written_of_what_is_seen(
    offices: Archive, hands: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "_AT_ONCE", 2)
    narrow = person(offices, Role.CUSTODIAN, access=[Access.PUBLIC], scope=AUTHORITY, scope_id="police")
    wide = person(offices, Role.CUSTODIAN, access=[Access.PUBLIC, Access.PRIVATE, Access.MESSAGE])
    for who, seen in ((wide, 8), (narrow, 1)):
        actor = of_person(who.id)
        mine = selections.make(offices, actor, "=Mine()")
        selections.add_all(offices, actor, mine, "")
        marks.tag(offices, actor, [record_of("police", "public")], f"tag of {seen}")
        with client(offices, who) as browser:
            listed = rows(browser, f"/selections/{mine}/list.csv")
            assert len(listed) == seen
            tags = {one["tag"]: one["records"] for one in rows(browser, "/tags.csv")}
            assert tags[f"tag of {seen}"] == "1"
        closed = {CANARIES["library"]["public"], CANARIES["police"]["private"], CANARIES["police"]["edit"]}
        assert {word for word in closed if word in str(listed)} == (closed if who is wide else set())
        with client(offices, person(offices, *Role, name="Kim")) as other:
            assert other.get(f"/selections/{mine}/list.csv").status_code == 404
    search = saved.save(offices, of_person(narrow.id), "Everything", "larkspur OR bluebell")
    hands.advance(timedelta(minutes=1))
    with offices.database.write() as connection:
        for office in ("police", "library"):
            record(connection, office, "c/77", versions=(NOW, hands.now()), text="@larkspur, new bluebell")
        offices.search.put(connection, list(read_documents(connection)))
    with client(offices, narrow) as browser:
        (new,) = rows(browser, f"/saved/{search}/new.csv")
        assert (new["what"], new["account"], new["text"]) == ("edited", "The police", "'@larkspur, new bluebell")
    with client(offices, wide) as browser:
        assert browser.get(f"/saved/{search}/new.csv").status_code == 404


def test_every_statement_is_written_once_and_none_is_a_formula(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "_AT_ONCE", 2)
    account = account_of("police")
    with offices.database.write() as connection:
        made = [record(connection, "police", f"c/{n}", [("visible", NOW)], text="words") for n in range(5)]
    for number, one in enumerate(made):
        said = says(account, one, stage="announced", matter=f"\uff1dM({number})", words="a\u202eb")
        moderation.state(offices, of_machine(), [said])
    with client(offices, person(offices, Role.CUSTODIAN)) as browser:
        listed = rows(browser, "/moderation.csv")
        assert [one["matter"] for one in listed] == [f"'\uff1dM({number})" for number in (4, 3, 2, 1, 0)]
        assert {one["seen by the archive"] for one in listed} == {"no"}
        assert "\u202e" not in str(listed)
        assert len(rows(browser, f"/moderation.csv?account={account}&unseen=yes")) == 5
        assert browser.get("/moderation.csv?account=ac_none").status_code == 404
        appealed: dict[str, Any] = {"appeal_on": "2026-02-02"}
        decided: dict[str, Any] = appealed | {"decided_on": "2026-02-03", "outcome": "upheld"}
        for matter, more in (("waits", appealed), ("decided", decided)):
            moderation.state(offices, of_machine(), [says(account, made[0], matter=matter, **more)])
        for wanted, matters in (("any", ["decided", "waits"]), ("open", ["waits"])):
            assert [one["matter"] for one in rows(browser, f"/moderation.csv?appeal={wanted}")] == matters
            page = browser.get(f"/moderation?appeal={wanted}").text
            assert ("waits" in page, "decided<" in page) == (True, wanted == "any")
            assert f"appeal={wanted}" in page
    elsewhere = person(offices, Role.CUSTODIAN, scope=AUTHORITY, scope_id="library")
    with client(offices, elsewhere) as browser:
        assert rows(browser, "/moderation.csv") == []
