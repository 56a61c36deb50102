"""Saved searches: saved, theirs alone, what is new in them, taken off the list, given back by the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.clock import SetClock
from archiver.desk import news as told
from archiver.desk import saved
from archiver.desk.models import SavedSearch
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence import service as evidence
from archiver.operations.act_keys import renew_key
from archiver.people.acting import of_machine, of_person
from archiver.people.roles import Access, Role
from archiver.records import digests
from archiver.records.stored import table
from archiver.search.source import read_documents
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import House
from tests.moderation.written import record
from tests.people.scene import NOW
from tests.signed_in import cookies, person


def _new(archive: Archive, query: str, viewer: Viewer, since: object = NOW) -> dict[str, str]:
    with archive.database.read() as connection:
        known = told.touched(connection, viewer, NOW - timedelta(days=1))
        found = told.news(connection, archive.search, query, viewer, since, known)  # type: ignore[arg-type]
        assert found.exact
        return {one.record_id: one.what for one in found.touches}


def _written(archive: Archive) -> dict[str, str]:
    """A new record, an edited and a hidden one of each office, all with the word *fireworks*; and one without."""
    later = NOW + timedelta(hours=2)
    made = {}
    with archive.database.write() as connection:
        for office in ("police", "library"):
            made[f"{office} old"] = record(connection, office, "old", text="fireworks at the lake")
            made[f"{office} edited"] = record(connection, office, "edited", versions=(NOW, later), text="fireworks")
            states = [("visible", NOW), ("hidden_by_page", later)]
            made[f"{office} hidden"] = record(connection, office, "hidden", states, text="fireworks")
            made[f"{office} private"] = record(
                connection, office, "private", [*states], text="fireworks", access="private"
            )
            made[f"{office} other"] = record(connection, office, "other", states, text="potholes")
        archive.search.put(connection, list(read_documents(connection, list(made.values()))))
    return made


def test_what_is_new_answers_the_search_and_is_shown_to_whoever_asks(offices: Archive, hands: SetClock) -> None:
    hands.at = NOW - timedelta(hours=1)
    made, since = _written(offices), NOW + timedelta(hours=1)
    everything = _new(offices, "firework", Viewer.EVERYTHING, since)
    named = {name: everything.get(one) for name, one in made.items()}
    assert named == {
        **{f"{office} {name}": None for office in ("police", "library") for name in ("old", "other")},
        **{f"{office} edited": "edited" for office in ("police", "library")},
        **{f"{office} {name}": "state" for office in ("police", "library") for name in ("hidden", "private")},
    }
    before = _new(offices, "firework", Viewer.EVERYTHING, NOW - timedelta(hours=1))
    assert before.keys() == {one for name, one in made.items() if not name.endswith("other")}
    assert before[made["police edited"]] == "known", "it was new, whatever became of it"
    who = person(offices, Role.COMMUNICATIONS, access=[Access.PUBLIC], scope="authority", scope_id="police")
    hands.at = NOW - timedelta(hours=1)
    saved.save(offices, of_person(who.id), "Noise", "firework")
    hands.at = NOW + timedelta(hours=4)
    with _client(offices, cookies(offices, who)) as client:
        assert "3 new" in client.get("/saved").text, "what is public, of their office"


def saved_of(archive: Archive, person_id: str) -> list[saved.Saved]:
    with archive.database.read() as connection:
        return saved.listed(connection, person_id)


@pytest.mark.parametrize("query", ["firework", "-firework", "state:hidden OR edited", "account:nobody", "!!!", ""])
def test_one_by_one_or_by_the_index_the_same_is_new(
    offices: Archive, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _written(offices)
    for viewer in (Viewer.EVERYTHING, Viewer.NOTHING, Viewer(access=frozenset({"public"}), messages=False)):
        monkeypatch.setattr(told, "ONE_BY_ONE", 1000)
        one_by_one = _new(offices, query, viewer, NOW - timedelta(hours=1))
        monkeypatch.setattr(told, "ONE_BY_ONE", 0)
        assert _new(offices, query, viewer, NOW - timedelta(hours=1)) == one_by_one
        if viewer is Viewer.NOTHING:
            assert one_by_one == {}


def test_more_than_is_looked_at_is_said(offices: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    _written(offices)
    monkeypatch.setattr(told, "MOST", 2)
    with offices.database.read() as connection:
        assert not told.touched(connection, Viewer.EVERYTHING, NOW - timedelta(days=1)).whole


def _client(archive: Archive, held: dict[str, str]) -> TestClient:
    return TestClient(
        create_app(Site(archive)),
        base_url="http://127.0.0.1",
        cookies=held,
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )


@pytest.mark.law("R71")
def test_it_is_its_owners_alone(offices: Archive, hands: SetClock) -> None:
    hands.at = NOW - timedelta(hours=1)
    jo, other = person(offices, Role.CUSTODIAN, name="Jo"), person(offices, Role.CUSTODIAN, name="Other")
    nobody = person(offices, Role.CIO, name="No reader")
    hands.at = NOW - timedelta(hours=1)
    with _client(offices, cookies(offices, jo)) as client:
        assert "Nothing is saved yet" in client.get("/saved").text
        assert client.post("/saved", data={"name": " Loud  <b>nights</b> ", "query": "firework"}).status_code == 303
        (one,) = saved_of(offices, jo.id)
        assert one.name == "Loud <b>nights</b>"
    hands.at = NOW + timedelta(hours=4)
    made = _written(offices)
    with _client(offices, cookies(offices, jo)) as client:
        listed, page = client.get("/saved").text, client.get(f"/saved/{one.id}").text
        assert "8 new" in listed
        assert "<b>nights" not in listed + page
        assert made["police hidden"] in page
        assert made["police other"] not in page
    with _client(offices, cookies(offices, other)) as client:
        assert "nights" not in client.get("/saved").text
        for method, address in (("GET", ""), ("POST", "/seen"), ("POST", "/remove")):
            sent = {"until": "2026-03-01T18:30:00.000000Z"} if method == "POST" else None
            assert client.request(method, f"/saved/{one.id}{address}", data=sent).status_code == 404
    for refused in (of_machine(), of_person(nobody.id)):
        with pytest.raises(Refused):
            saved.save(offices, refused, "Mine", "words")
    with pytest.raises(NotFound):
        saved.remove(offices, of_person(other.id), one.id)
    assert saved_of(offices, jo.id) == [one]


def test_seen_is_no_longer_new(house: House) -> None:
    account, archive = house.office(), house.archive
    house.city.say(house.cast.city, "Fireworks at the lake.")
    house.run(account)
    jo = person(archive, Role.CUSTODIAN, name="Jo")
    house.later(hours=1)
    saved_id = saved.save(archive, of_person(jo.id), "Noise", "firework")
    with _client(archive, cookies(archive, jo)) as client:
        assert "nothing new" in client.get("/saved").text, "it was there when the search was saved"
        house.later(minutes=5)
        house.city.say(house.cast.city, "More fireworks.")
        house.run(account)
        for again in ("archived at that very moment", "rather twice than never"):
            assert "1 new" in client.get("/saved").text, again
            page = client.get(f"/saved/{saved_id}").text
            assert "More fireworks" in page
            until = page.partition('name="until" value="')[2].partition('"')[0]
            assert client.post(f"/saved/{saved_id}/seen", data={"until": until}).status_code == 303
        house.later(minutes=5)
        page = client.get(f"/saved/{saved_id}").text
        until = page.partition('name="until" value="')[2].partition('"')[0]
        client.post(f"/saved/{saved_id}/seen", data={"until": until})
        assert "nothing new" in client.get("/saved").text
        assert client.post(f"/saved/{saved_id}/seen", data={"until": "yesterday"}).status_code == 400
        assert client.post("/saved", data={"name": "noise", "query": "x"}).status_code == 400
        assert client.post(f"/saved/{saved_id}/remove").status_code == 303
        assert client.get(f"/saved/{saved_id}").status_code == 404
    saved.save(archive, of_person(jo.id), "Noise", "again under the same name")


@pytest.mark.parametrize(("name", "query"), [("", "x"), ("n" * 101, "x"), ("n", " "), ("n", "x" * 2001)])
def test_what_cannot_be_saved_is_said(offices: Archive, name: str, query: str) -> None:
    jo = of_person(person(offices, Role.CUSTODIAN).id)
    with pytest.raises(UsageError):
        saved.save(offices, jo, name, query)


def test_nobody_keeps_too_many(offices: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 1)
    jo = of_person(person(offices, Role.CUSTODIAN).id)
    saved.save(offices, jo, "one", "x")
    with pytest.raises(UsageError, match="1 searches"):
        saved.save(offices, jo, "two", "x")


@pytest.mark.parametrize("lost", [False, True])
def test_the_store_alone_gives_them_back(house: House, lost: bool) -> None:
    account = house.office()
    house.city.say(house.cast.city, "Fireworks at the lake.")
    house.run(account)
    jo = of_person(person(house.archive, Role.CUSTODIAN, name="Jo").id)
    kept, gone = (saved.save(house.archive, jo, name, "firework\x00 \u202e") for name in ("Kept", "Gone"))
    house.later(hours=1)
    saved.remove(house.archive, jo, gone)
    if lost:
        house.archive.acts.key_file.path.unlink()
        renew_key(house.archive, lost=True)
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)

    def rows() -> dict[str, digests.TableDigest]:
        with house.archive.database.read() as connection:
            return digests.digests(connection, [table(SavedSearch)])

    before, listed = rows(), saved_of(house.archive, str(jo.person_id))
    assert before["saved_search"].rows == 2
    rebuild(house.archive)
    assert digests.differences(before, rows()) == [], "in place"
    house.empty_index()
    rebuild(house.archive)
    assert digests.differences(before, rows()) == [], "into an empty index"
    assert [one.id for one in saved_of(house.archive, str(jo.person_id))] == [kept]
    assert saved_of(house.archive, str(jo.person_id)) == listed
