"""Saying it on the pages: for one, for several together with a preview, and never of what is not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.clock import SetClock, to_text
from archiver.moderation import service
from archiver.people.acting import of_machine
from archiver.people.roles import Access, Role
from archiver.web import moderation as pages
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.moderation.saying import says
from tests.moderation.written import record
from tests.people.scene import NOW, account_of
from tests.signed_in import cookies, person

_FORM = {"stage": "done", "done": "hidden", "actor": "staff", "ground": "spam", "matter": "M-17",
         "actor_name": "Kim Staff", "words": "<script>alert(1)</script>"}  # fmt: skip


@pytest.fixture
def custodian(offices: Archive) -> Iterator[TestClient]:
    who = person(offices, Role.CUSTODIAN, name="Jo")
    with _client(offices, cookies(offices, who)) as client:
        yield client


def _client(archive: Archive, held: dict[str, str]) -> TestClient:
    return TestClient(
        create_app(Site(archive)),
        base_url="http://127.0.0.1",
        cookies=held,
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )


def _gone(archive: Archive, office: str, *keys: str, access: str = "public") -> list[str]:
    with archive.database.write() as connection:
        states = [("visible", NOW), ("not_returned", NOW + timedelta(hours=2))]
        return [record(connection, office, key, states, text=f"words {key}", access=access) for key in keys]


def _ticked(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'name="of" value="([^"]+)"', page)]


@pytest.mark.law("R16")
def test_several_are_explained_together_after_a_preview(offices: Archive, custodian: TestClient) -> None:
    _gone(offices, "police", "c/1", "c/2")
    _gone(offices, "library", "c/3")
    listed = custodian.get("/changes?unexplained=yes").text
    of = [one for one in _ticked(listed) if "rc_police_" not in one and "rc_library_" not in one]
    assert len(of) == 3
    form = custodian.get("/moderation/new", params={"of": of}).text
    assert [f"words c/{one}" in form for one in (1, 2, 3)] == [True] * 3
    previewed = custodian.post("/moderation", data={**_FORM, "of": of})
    assert previewed.status_code == 200
    assert "Is this right?" in previewed.text
    assert "2 records" in previewed.text, "a statement for each account"
    assert "<script>" not in previewed.text
    assert custodian.get("/moderation").text.count("<section") == 0, "nothing is kept yet"
    again = custodian.post("/moderation", data={**_FORM, "of": of, "step": "edit"}).text
    assert 'value="M-17"' in again
    steered = custodian.post("/moderation", data={**_FORM, "words": "\u200fאב\u200e\u200b", "of": of}).text
    assert 'name="words" value="&#x200f;אב&#x200e;&#x200b;"' in steered, "what is kept next is what was typed"
    kept = custodian.post("/moderation", data={**_FORM, "of": of, "step": "keep"})
    assert (kept.status_code, kept.headers["location"]) == (303, "/moderation")
    assert custodian.get("/moderation").text.count("<section") == 2
    left = [one for one in _ticked(custodian.get("/changes?unexplained=yes").text) if one in of]
    assert left == []
    programs = custodian.get("/api/v1/changes?limit=200").json()["items"]
    mine = [one for one in programs if any(said["matter"] == "M-17" for said in one["statements"])]
    assert [one["unexplained"] for one in mine] == [False] * 3


def test_one_is_said_corrected_and_taken_back(offices: Archive, custodian: TestClient) -> None:
    (made,) = _gone(offices, "police", "c/1")
    of = f"{made},state,{to_text(NOW + timedelta(hours=2))}"
    kept = custodian.post("/moderation", data={**_FORM, "of": of, "step": "keep"})
    page = kept.headers["location"]
    assert "Kim Staff" in custodian.get(page).text
    assert "M-17" in custodian.get(f"/records/{made}").text
    wrong = custodian.post(page, data={**_FORM, "appeal_on": "yesterday", "step": "keep"})
    assert wrong.status_code == 400
    assert "Nothing was kept" in wrong.text
    assert 'value="yesterday"' in wrong.text, "what was typed is still there"
    corrected = custodian.post(
        page, data={**_FORM, **_read(custodian, page), "ground": "malware", "why": "looked again", "step": "keep"}
    )
    assert corrected.status_code == 303
    assert "What was said before" in custodian.get(page).text
    custodian.post(page, data={**_FORM, **_read(custodian, page), "why": "another one", "step": "void"})
    assert "entered by mistake" in custodian.get(page).text
    assert custodian.get("/moderation").text.count("<section") == 0
    taken_back = custodian.get(page).text
    assert "Keep this instead" not in taken_back
    refused = custodian.post(page, data={**_FORM, "words": "after all", "step": "keep"})
    assert (refused.status_code, "state it anew" in refused.text, "after all" in refused.text) == (400, True, True)
    # What stands there leads on to a new one, about the same change.
    again = {**_FORM, **dict(re.findall(r'name="(of)" value="([^"]+)"', taken_back)), "step": "keep"}
    assert again["of"] == of
    anew = custodian.post("/moderation", data=again)
    assert anew.headers["location"] not in ("/moderation", page)
    assert custodian.get("/moderation").text.count("<section") == 1


def _read(client: TestClient, page: str) -> dict[str, str]:
    """What was read when a correction is begun."""
    (after,) = re.findall(r'name="after" value="([^"]+)"', client.get(page).text)
    return {"after": after}


@pytest.mark.law("R16")
def test_who_corrects_what_somebody_corrected_meanwhile_is_shown_the_change_and_keeps_what_they_typed(
    offices: Archive, custodian: TestClient
) -> None:
    (made,) = _gone(offices, "police", "c/1")
    page = custodian.post("/moderation", data={**_FORM, "of": f"{made},state,", "step": "keep"}).headers["location"]
    read = _read(custodian, page)
    with _client(offices, cookies(offices, person(offices, Role.CUSTODIAN, name="Quick"))) as quick:
        theirs = quick.post(page, data={**_FORM, **read, "matter": "M-18 <b>", "step": "keep"})
        assert theirs.status_code == 303
    late = custodian.post(page, data={**_FORM, **read, "words": "typed for long", "step": "keep"})
    assert late.status_code == 400
    assert all(one in late.text for one in ("Quick", "M-17", "M-18 &lt;b&gt;", "typed for long", "Nothing was kept"))
    for step in ("keep", "void"):
        assert custodian.post(page, data={**_FORM, **read, "step": step, "words": "x"}).status_code == 400
    assert custodian.post(page, data={**_FORM, "step": "keep", "words": "x"}).status_code == 400, "of nothing read"
    assert "M-18" in custodian.get(page).text
    again = custodian.post(page, data={**_FORM, **_read(custodian, page), "words": "typed for long", "step": "keep"})
    assert again.status_code == 303


@pytest.mark.law("R4", "R16", "R71")
def test_nothing_is_said_or_shown_of_what_somebody_does_not_see(offices: Archive, custodian: TestClient) -> None:
    (public,) = _gone(offices, "police", "c/1")
    (private,) = _gone(offices, "police", "c/2", access="private")
    (library,) = _gone(offices, "library", "c/3")
    for made in (public, private, library):
        custodian.post("/moderation", data={**_FORM, "of": f"{made},state,", "step": "keep"})
    pages = re.findall(r'href="(/moderation/mo_\w+)"', custodian.get("/moderation").text)
    who = person(offices, Role.COMMUNICATIONS, access=[Access.PUBLIC], scope="authority", scope_id="police")
    with _client(offices, cookies(offices, who)) as client:
        listed = client.get("/moderation").text
        assert listed.count("<section") == 1
        for word in ("Kim Staff", "M-17", "alert(1)"):
            assert word not in listed + client.get(f"/records/{public}").text
        assert sorted(client.get(page).status_code for page in pages) == [200, 404, 404]
        for made in (private, library):
            form = {**_FORM, "of": f"{made},state,", "step": "keep"}
            assert client.get(f"/moderation/new?of={made},state,").status_code == 404
            assert client.post("/moderation", data=form).status_code == 404
        for of in ("rc_none,state,", "rubbish", f"{public},state,yesterday", f"{public},words,"):
            assert client.get("/moderation/new", params={"of": of}).status_code in (400, 404), of
        (shown,) = [page for page in pages if client.get(page).status_code == 200]
        refused = client.post(shown, data={**_FORM, "step": "void"})
        assert refused.status_code == 400
        assert "not open to you" in refused.text
    with _client(offices, cookies(offices, person(offices, Role.REVIEWER))) as client:
        assert client.get("/changes").status_code == 200
        assert _ticked(client.get("/changes").text) == [], "whoever only reads is offered nothing"
        assert client.post("/moderation", data={**_FORM, "of": f"{public},state,", "step": "keep"}).status_code == 403


def test_new_since_i_looked_is_mine_alone(offices: Archive, custodian: TestClient, hands: SetClock) -> None:
    _gone(offices, "police", "c/1")
    assert "never said that you had looked" in custodian.get("/changes").text
    until = re.search(r'name="until" value="([^"]+)"', custodian.get("/changes").text)
    assert until is not None
    assert custodian.post("/changes/seen", data={"until": until[1]}).status_code == 303
    assert "Nothing has changed since you last looked" in custodian.get("/changes?new=yes").text
    assert custodian.post("/changes/seen", data={"until": "rubbish"}).status_code == 400
    hands.advance(timedelta(minutes=20))
    with offices.database.write() as connection:
        seen = hands.now() - timedelta(minutes=5)
        record(connection, "police", "c/9", [("visible", NOW), ("not_returned", seen)], text="freshly gone")
    fresh = custodian.get("/changes?new=yes").text
    assert "freshly gone" in fresh
    assert "words c/1" not in fresh
    with _client(offices, cookies(offices, person(offices, Role.CUSTODIAN))) as other:
        assert "never said that you had looked" in other.get("/changes").text


@pytest.mark.law("R22")
def test_what_was_not_seen_is_found_behind_any_number_of_what_was(
    offices: Archive, custodian: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Announced removals that nobody saw yet are looked for in all that was said, not on one page of it."""
    monkeypatch.setattr(pages, "_PAGE", 1)
    account = account_of("police")
    with offices.database.write() as connection:
        still = record(connection, "police", "c/9", [("visible", NOW)], text="words")
    service.state(offices, of_machine(), [says(account, still, stage="announced", matter="M-older")])
    for number, gone in enumerate(_gone(offices, "police", "c/1", "c/2", "c/3")):
        seen = says(account, gone, seen=NOW + timedelta(hours=3), matter=f"M-seen-{number}")
        service.state(offices, of_machine(), [seen])
    service.state(offices, of_machine(), [says(account, still, stage="announced", matter="M-newer")])
    first = custodian.get("/moderation?unseen=yes").text
    assert "M-newer" in first
    (older,) = re.findall(r'href="(/moderation\?[^"]*before=[^"]*)"', first)
    second = custodian.get(unescape(older)).text
    assert "M-older" in second
    assert "M-seen" not in first + second
    assert "Earlier statements" not in second
