"""The search page: what narrows it says what is there for whoever asks, and each click asks what it says."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from archiver import logs
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.desk import marks
from archiver.errors import Busy
from archiver.people.acting import of_person
from archiver.people.permission import DEPARTMENT
from archiver.people.roles import Access, Role
from archiver.records.models import Record
from archiver.records.stored import table
from archiver.search.facets import Facets, by_month, of_hits
from archiver.search.index import SearchTooSlow
from archiver.search.source import read_documents
from archiver.web import search_facets, search_values
from archiver.web.app import create_app
from archiver.web.search_facets import Narrowing
from archiver.web.search_months import histogram
from archiver.web.site import Site
from tests.moderation.written import record
from tests.people.scene import CANARIES, NOW, departments, record_of
from tests.signed_in import cookies, person


def client_of(archive: Archive, held: dict[str, str]) -> TestClient:
    return TestClient(
        create_app(Site(archive)),
        base_url="http://127.0.0.1",
        cookies=held,
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )


@pytest.fixture
def town(offices: Archive, hands: SetClock) -> dict[str, str]:
    """Records of two departments over some months; the ids of the departments."""
    hands.at = NOW
    made = departments(offices)
    later = NOW + timedelta(hours=2)
    with offices.database.write() as connection:
        known = []
        for office in ("police", "library"):
            known.append(record(connection, office, "plain", text="fireworks at the lake", kind="post"))
            known.append(record(connection, office, "edited", versions=(NOW, later), text="fireworks"))
            states = [("visible", NOW), ("hidden_by_page", later)]
            known.append(record(connection, office, "hidden", states, text="fireworks"))
            known.append(record(connection, office, "gone", [("not_returned", later)], text="fireworks"))
        rows = table(Record)
        january = datetime(2026, 1, 15, 12, tzinfo=UTC)
        connection.execute(update(rows).where(rows.c.key == "plain").values(created_at=january))
        offices.search.put(connection, list(read_documents(connection, known)))
    return made


def _groups(page: str) -> dict[str, dict[str, tuple[int, str]]]:
    """Facet → its values by their words: how many, and the address."""
    section = page.partition('<section class="facets"')[2].partition("</section>")[0]
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for title, listed in re.findall(r"<h3>(.*?)</h3>\s*<ul>(.*?)</ul>", section, re.S):
        choices = re.findall(r'<a href="([^"]+)">(.*?)</a> <span class="soft">([\d,]+)</span>', listed)
        found[title] = {
            re.sub("<.*?>", "", words): (int(count.replace(",", "")), html.unescape(address))
            for address, words, count in choices
        }
    return found


def _total(page: str) -> str:
    found = re.search(r'<p role="status"><strong>([\d,+]+)</strong>', page)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("town")
def test_every_facet_narrows_to_as_many_as_it_says(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get("/search", params={"q": "fireworks OR nothing"}).text
        groups = _groups(page)
        assert _total(page) == "8"
        counts = {title: {words: one[0] for words, one in values.items()} for title, values in groups.items()}
        assert counts == {
            "What became of it": {
                "edited": 2,
                "hidden by the page": 2,
                "no longer returned by the platform": 2,
                "visible when last seen": 4,
            },
            "Account": {"The library": 4, "The police": 4},
            "Department": {"The library department": 4, "The police department": 4},
            "Kind": {"comment": 6, "post": 2},
        }
        for title, values in groups.items():
            for words, (count, address) in values.items():
                narrowed = client.get(address).text
                assert _total(narrowed) == str(count), (title, words)
                assert 'aria-label="Narrowed by"' in narrowed
        narrowed = client.get(groups["Kind"]["post"][1]).text
        (wider,) = re.findall(r'<ul class="narrowed".*?href="([^"]+)"', narrowed, re.S)
        assert _total(client.get(html.unescape(wider)).text) == "8"


@pytest.mark.usefixtures("town")
def test_each_month_narrows_and_stands_in_a_table(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get("/search", params={"q": "fireworks"}).text
        figure = page.partition('<figure class="months">')[2].partition("</figure>")[0]
        assert re.findall(r"<title>(.*?)</title>", figure) == ["2026-01: 2", "2026-03: 6"]
        rows = re.findall(r'<th scope="row"><a href="([^"]+)">(.*?)</a></th><td class="count">(\d+)</td>', figure)
        assert [(name, count) for _, name, count in rows] == [("2026-03", "6"), ("2026-01", "2")]
        for address, _, count in rows:
            narrowed = client.get(html.unescape(address)).text
            assert _total(narrowed) == count
            assert '<figure class="months">' not in narrowed, "one month is nothing to draw"


@pytest.mark.law("R4")
def test_facets_count_what_the_reader_may_see_and_name_nothing_else(offices: Archive, town: dict[str, str]) -> None:
    own = {"scope": DEPARTMENT, "scope_id": town["police"]}
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC}, **own)
    with client_of(offices, cookies(offices, jo)) as client:
        pages = [
            client.get("/search", params={"q": query, "counts": counts}).text
            for query in ("fireworks", '-"nothing"', "kind:message OR fireworks", "department:library OR fireworks")
            for counts in ("some", "all")
        ]
        assert [_total(page) for page in pages] == ["4", "4", "5", "5", "4", "4", "4", "4"]
        for page in pages:
            narrowed = page.partition('<figure class="months">')[2]
            assert "ibrary" not in re.sub(r'(href|value)="[^"]*"', "", narrowed)
            assert not any(word in page for word in CANARIES["library"].values())
            assert "message" not in _groups(page).get("Kind", {})


def test_all_are_counted_where_the_first_answer_counts_some(
    offices: Archive, town: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert town
    monkeypatch.setattr("archiver.search.base.COUNT_LIMIT", 5)
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    with client_of(offices, cookies(offices, jo)) as client:
        some = client.get("/search", params={"q": "fireworks"}).text
        assert "counted over the newest 5" in some
        address = re.search(r'href="(/search\?[^"]*counts=all[^"]*)"', some)
        assert address is not None
        every = client.get(html.unescape(address[1])).text
        assert _total(every) == "8"
        assert _groups(every)["Kind"]["comment"][0] == 6
        assert "Count all of them" not in every


def _facets(moments: list[datetime]) -> Facets:
    return of_hits({("a", "b", "c"): 1}, by_month([int(at.timestamp()) for at in moments], UTC), 0, exact=True)  # type: ignore[arg-type]


def test_many_years_are_drawn_by_year_and_more_not_at_all() -> None:
    narrowing = Narrowing(None, str)
    assert histogram(_facets([NOW]), narrowing) is None
    assert histogram(_facets([]), narrowing) is None
    few = histogram(_facets([NOW - timedelta(days=31 * 40), NOW, NOW]), narrowing)
    assert few is not None
    assert (few.each, few.bars[0].name, few.bars[-1].name, few.bars[-1].count) == ("month", "2022-10", "2026-03", 2)
    assert [one.name for one in few.filled] == ["2026-03", "2022-10"]
    assert all(one.y >= 0 and one.y + one.height == 50 for one in few.bars)
    many = histogram(_facets([datetime(1969, 12, 31, tzinfo=UTC), NOW]), narrowing)
    assert many is not None
    assert (many.each, len(many.bars)) == ("year", 58)
    assert histogram(_facets([datetime(2, 1, 1, tzinfo=UTC), NOW]), narrowing) is None


@pytest.mark.law("R69")
def test_paper_says_what_was_searched_for_and_which_part_of_it_this_is(offices: Archive) -> None:
    """Not that it is everything where a tag narrows it; and never the tag."""
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    marks.tag(offices, of_person(jo.id), [record_of("police", "public")], "canarytag")
    with client_of(offices, cookies(offices, jo)) as client:
        pages = [client.get("/search", params=asked).text for asked in ({"q": "-nothing"}, {"tag": "canarytag"})]
        later = client.get("/search", params={"q": "-nothing", "after": f"n0.{2**62}"}).text
        found = re.search(r'href="(/records/[^"]*)"', pages[1])
        assert found is not None
        record_page = client.get(html.unescape(found[1])).text
    every, tagged, rest = (re.sub("<.*?>", "", one.partition('<p class="printed">')[2].partition("</p>")[0])
                           for one in (*pages, later))  # fmt: skip
    assert "chosen by hand" not in every
    assert "pages before" not in every
    assert tagged.startswith("Searched for: everything, among records that were chosen by hand. 1 of 1 ")
    assert "canarytag" not in tagged
    assert rest.endswith("newest first, without those of the pages before.")
    way = record_page.partition('id="hits-beside"')[2].partition("</nav>")[0]
    assert "tag=canarytag" in way
    marks_of = record_page.partition('<section class="screen" aria-labelledby="marks">')[2].partition("</section>")[0]
    printed = record_page.replace(way, "").replace(marks_of, "")
    assert "tag=canarytag" in marks_of
    assert "tag=canarytag" not in printed, "no way through pages is on paper, and no tag"


@pytest.mark.usefixtures("town")
@pytest.mark.law("R69")
def test_what_was_not_understood_is_said_wherever_it_is_searched_for(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    asked = "fireworks OR before:2026-11-31 OR department:nobody"
    notes = [
        "“before:” wants a year, month, day or minute; “2026-11-31” is none, so it was searched for as words",
        "no department or authority that you may see is called “nobody”",
    ]
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get("/search", params={"q": asked}).text
        typed = client.get("/search/completions", params={"q": asked}).json()
        program = client.get("/api/v1/search", params={"q": asked}).json()
        plain = client.get("/search", params={"q": "fireworks"}).text
        client.post("/search/select", data={"query": asked, "selection": "mine", "do": "all"})
        kept = client.get("/selections").text
        (address,) = set(re.findall(r'href="(/selections/[^"/]+)"', kept))
        kept = client.get(address).text
    shown = html.unescape(page.partition('id="not-understood"')[2].partition("</div>")[0])
    for note in notes:
        assert f"<bdi>{note[0].upper()}{note[1:]}</bdi>" in shown
        assert note in html.unescape(kept)
    assert typed["not_understood"] == program["not_understood"] == notes
    assert "not-understood" not in plain


@pytest.mark.usefixtures("town")
def test_an_empty_box_that_is_sent_finds_everything_and_one_too_long_is_kept(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    long = "water " * 400
    with client_of(offices, cookies(offices, jo)) as client:
        opened, sent = client.get("/search").text, client.get("/search", params={"q": ""}).text
        everything = client.get("/api/v1/search", params={"q": ""}).json()
        refused = client.get("/search", params={"q": long})
    assert 'id="hits"' not in opened
    assert _total(sent) == str(everything["total"])
    assert "Read as: everything." in re.sub("<.*?>", "", sent)
    assert "Save this search" not in sent, "what has no words is not saved"
    assert refused.status_code == 400
    assert "at most 2,000 characters, since it stands in an address; this one has 2,400." in refused.text
    assert f'value="{long}"' in refused.text
    assert 'id="hits"' not in refused.text


def test_a_search_that_takes_too_long_says_what_would_narrow_it(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object, **__: object) -> NoReturn:
        raise SearchTooSlow("this search took longer than 5 seconds; narrow it by a date")

    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    monkeypatch.setattr(offices.search, "search", slow)
    monkeypatch.setattr(offices.search, "listing", slow)
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get("/search", params={"q": "a"})
        frozen = client.post("/search/select", data={"query": "a", "selection": "mine", "do": "all"})
    assert [page.status_code, frozen.status_code] == [503, 503]
    assert '<p role="alert">This search took longer than 5 seconds; narrow it by a date.</p>' in page.text
    assert "This search took longer than 5 seconds; narrow it by a date." in frozen.text


def test_whoever_has_to_wait_for_others_is_told_so_and_it_is_no_failure(
    offices: Archive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def busy(*_: object, **__: object) -> NoReturn:
        raise Busy("several films are being handed out just now: try again in a moment")

    logs.set_up("debug")
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    monkeypatch.setattr(offices.search, "search", busy)
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get("/search", params={"q": "a"})
    assert page.status_code == 503
    assert "Several films are being handed out just now: try again in a moment." in page.text
    assert "page.unavailable" not in "".join(capsys.readouterr())


@pytest.mark.law("R4")
def test_every_value_of_a_facet_is_reached_and_counted_for_the_same_eyes(
    offices: Archive, town: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_facets, "MOST", 1)
    monkeypatch.setattr(search_values, "_EACH", 1)
    everywhere = person(offices, Role.CUSTODIAN, name="Sam", access={Access.PUBLIC})
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC}, scope=DEPARTMENT, scope_id=town["police"])

    def values(page: str) -> list[tuple[str, str, str]]:
        found = re.findall(r'<th scope="row"><a href="([^"]+)">(.*?)</a></th><td class="count">(\d+)</td>', page)
        return [(re.sub("<.*?>", "", words), count, html.unescape(address)) for address, words, count in found]

    with client_of(offices, cookies(offices, everywhere)) as client:
        page = client.get("/search", params={"q": "fireworks"}).text
        more = dict(re.findall(r'href="(/search/values\?[^"]+)">and (\d+) more', page))
        (account,) = [html.unescape(one) for one in more if "facet=account" in one]
        assert sorted(more.values()) == ["1", "1", "1", "3"], "accounts, departments, kinds, states"
        first = client.get(account).text
        assert "2 values" in first
        assert "all 8 records are counted" in first
        (after,) = re.findall(r'href="([^"]+)" rel="next">Next page', first)
        second = client.get(html.unescape(after)).text
        listed = [*values(first), *values(second)]
        assert [one[:2] for one in listed] == [("The library", "4"), ("The police", "4")]
        assert [_total(client.get(address).text) for _, _, address in listed] == ["4", "4"]
        assert [one[0] for one in values(client.get(f"{account}&like=POL").text)] == ["The police"]
        assert "called so" in client.get(f"{account}&like=%3Cb%3E").text
        assert "begin at the first" in client.get(f"{account}&start=9").text
        assert client.get("/search/values?facet=record_id&q=x").status_code == 400
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get(account).text
        assert [one[:2] for one in values(page)] == [("The police", "4")]
        assert "ibrary" not in re.sub(r'(href|value)="[^"]*"', "", page)


@pytest.mark.usefixtures("town")
def test_values_that_were_counted_over_some_hits_say_so(offices: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    jo, index = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC}), type(offices.search)
    counted = index.facets

    def few(self: object, connection: object, query: object, *, viewer: object, limit: int | None = 3) -> Facets:
        return counted(self, connection, query, viewer=viewer, limit=limit)  # type: ignore[arg-type]

    monkeypatch.setattr(index, "facets", few)
    with client_of(offices, cookies(offices, jo)) as client:
        some = client.get("/search/values?q=fireworks&facet=kind").text
        assert "counted over the newest 3 records only" in some
        (all_of,) = re.findall(r'href="([^"]+counts=all)"', some)
        assert "all 8 records are counted" in client.get(html.unescape(all_of)).text
