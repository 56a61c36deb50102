"""From the page of a hit to the one before and after it in its search, for whoever sees them; and back to the list."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from archiver.archive import Archive
from archiver.desk import marks, saved
from archiver.people.acting import of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.records.models import Record
from archiver.records.stored import table
from archiver.search.index import SearchTooSlow
from archiver.search.source import read_documents
from archiver.web import beside_hits, search
from tests.desk.test_search_page import client_of
from tests.moderation.written import record
from tests.people.scene import NOW
from tests.signed_in import cookies, person


def _write(archive: Archive, office: str, key: str, hours: int, text: str = "fireworks", access: str = "public") -> str:
    with archive.database.write() as connection:
        made = record(connection, office, key, text=text, access=access)
        at = NOW - timedelta(hours=hours)
        connection.execute(update(table(Record)).where(table(Record).c.id == made).values(created_at=at))
        archive.search.put(connection, list(read_documents(connection, [made])))
    return made


def _ways(page: str) -> dict[str, str]:
    nav = page.partition('id="hits-beside"')[2].partition("</nav>")[0]
    return {words: html.unescape(at) for at, words in re.findall(r'href="([^"]+)"[^>]*>([^<]+)</a>', nav)}


def _hits(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<h2 class="byline"><a href="(/records/([^"?]+)[^"]*)"', page)
    return [(one, html.unescape(at)) for at, one in found]


def _walk(client: TestClient, at: str, words: str) -> list[str]:
    seen = []
    while True:
        page = client.get(at)
        assert page.status_code == 200
        seen.append(at.partition("?")[0].rpartition("/")[2])
        if words not in (ways := _ways(page.text)):
            return seen
        at = ways[words]


@pytest.mark.law("R4")
@pytest.mark.parametrize("order", ["newest", "relevance"])
def test_every_hit_leads_to_its_neighbours_and_back_and_nothing_that_is_closed_is_one(
    offices: Archive, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    for module in (search, beside_hits):
        monkeypatch.setattr(module, "PAGE", 3)
    monkeypatch.setattr(beside_hits, "_HALF", 1)
    mine = [_write(offices, "police", f"p/{n}", n, "fireworks " * (n % 2 + 1)) for n in range(8)]
    for n in range(8):
        _write(offices, "library", f"l/{n}", n)
        _write(offices, "police", f"private {n}", n, access="private")
    who = person(offices, Role.CUSTODIAN, access={Access.PUBLIC}, scope=AUTHORITY, scope_id="police")
    with client_of(offices, cookies(offices, who)) as client:
        listed = [_hits(client.get(at := f"/search?q=fireworks&order={order}").text)]
        while more := re.findall(r'href="([^"]+)" rel="next">Next page', client.get(at).text):
            listed.append(_hits(client.get(at := html.unescape(more[0])).text))
        every = [one for page in listed for one, _ in page]
        assert sorted(every) == sorted(mine)
        assert _walk(client, listed[0][0][1], "Next hit") == every
        assert _walk(client, listed[-1][-1][1], "Previous hit") == every[::-1]
        later = _write(offices, "police", "later", -1, "fireworks")  # (what comes meanwhile moves nothing)
        for one, at in (hit for page in listed for hit in page):
            back = _ways(client.get(at).text)["Back to this hit of the search"]
            assert back.endswith(f"#hit-{one}")
            assert one in [name for name, _ in _hits(client.get(back).text)]
        walked = _walk(client, listed[0][0][1], "Next hit")
        assert [one for one in walked if one != later] == every


def test_of_a_search_that_is_slow_or_does_not_find_it_only_the_way_back_is_shown(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (_write(offices, "police", name, 1) for name in ("one", "other"))
    who = person(offices, Role.CUSTODIAN)
    with client_of(offices, cookies(offices, who)) as client:

        def ways(found: str) -> list[str]:
            answer = client.get(f"/records/{one}?found={quote(found)}")
            assert answer.status_code == 200
            return [*_ways(answer.text)]

        assert len(ways("q=fireworks&order=newest")) == 2
        back = ["Back to this hit of the search"]
        for found in ("q=nothing", "q=fireworks&after=n9.x&order=sideways&tag=none", "q=" + "x" * 900, "order=newest"):
            assert ways(found)[:1] == back
        assert ways("q=nothing") == back
        assert ways("x=y") == []
        marks.tag(offices, of_person(who.id), [one], "loud")
        assert ways("q=&tag=loud") == back, "the other has no such tag"
        marks.tag(offices, of_person(who.id), [other], "loud")
        assert len(ways("q=&tag=loud")) == 2
        kept = saved.save(offices, of_person(who.id), "Loud", "fireworks")
        assert ways(f"q=fireworks&saved={kept}")[0] == "Back to what is new in the saved search"
        assert len(ways(f"q=fireworks&saved={kept}")) == 2

        def slow(*_: object, **__: object) -> None:
            raise SearchTooSlow("too long")

        monkeypatch.setattr(type(offices.search), "beside", slow)
        assert ways("q=fireworks") == back
