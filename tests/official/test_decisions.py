"""Whether one record, or one account, is official: decided by its legal custodian with the reason, told to whoever sees
it, undone by a later decision alone, and given back by the store alone (law R8, R20)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from archiver import ids
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.clock import SetClock
from archiver.errors import NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence.models import Event
from archiver.evidence.official_facts import OfficialSays
from archiver.evidence.register_facts import shaped
from archiver.official import service
from archiver.official.models import OfficialDecision
from archiver.official.rules import FINDINGS, LONGEST, QUESTIONS, Finding, complaint
from archiver.operations.act_keys import renew_key
from archiver.people import service as people
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role, usual
from archiver.records import digests
from archiver.records.models import Record
from archiver.records.stored import table
from archiver.search.source import read_documents
from archiver.viewing import Viewer
from tests.capture.house import House
from tests.desk.test_search_page import client_of
from tests.moderation import written
from tests.people.scene import account_of
from tests.signed_in import cookies, person

HOSTILE = "</dd></main><script>alert(1)</script> \u202egnp.exe"
OFFICES = ("police", "library")


def record_of(office: str, key: str) -> str:
    return ids.record_id(account_of(office), key)


@pytest.fixture
def records(offices: Archive) -> Archive:
    """With records of each office that have ids such as real ones have, in the index of the search."""
    with offices.database.write() as connection:
        made = [
            written.record(connection, office, key, access=access, text="fireworks", kind="post")
            for office in OFFICES
            for key, access in (("public", "public"), ("other", "public"), ("private", "private"))
        ]
        offices.search.put(connection, list(read_documents(connection, made)))
    return offices


def says(**other: Any) -> Any:
    given = dict.fromkeys(QUESTIONS) | {
        "account": account_of("police"), "record": record_of("police", "public"), "finding": "personal",
        "authority": None, "reason": "A birthday.", "decided_on": "2026-02-10", "decided_by": "Jo Custodian",
    }  # fmt: skip
    return shaped(OfficialSays, given | other)


@pytest.mark.parametrize(
    ("other", "fine"),
    [
        ({}, True),
        ({"finding": "official", "evidence": True, "need": False, "authority": "The mayor speaks on snow."}, True),
        ({"finding": "undecided"}, True),
        ({"finding": "secret"}, False),
        ({"reason": " "}, False),
        ({"decided_by": ""}, False),
        ({"reason": "x" * (LONGEST + 1)}, False),
        ({"authority": "x" * (LONGEST + 1)}, False),
        ({"decided_on": "2026-12-01"}, False),
    ],
)
def test_what_can_be_decided(other: dict[str, Any], fine: bool) -> None:
    assert (complaint(says(**other), "2026-11-30") is None) == fine
    assert set(FINDINGS) == {one.value for one in Finding}


def _events(archive: Archive) -> int:
    with archive.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(Event)).scalar_one())


@pytest.mark.law("R8", "R71")
def test_the_legal_custodian_decides_and_nobody_else(records: Archive) -> None:
    def somebody(role: Role, office: str = "police", access: Any = None) -> Any:
        who = person(records, role, scope=AUTHORITY, scope_id=office, access=access or usual(role))
        return of_person(who.id)

    refused = (Role.CUSTODIAN, Role.RECORDS_OFFICER, Role.REVIEWER, Role.COMMUNICATIONS, Role.CITY_ATTORNEY)
    others, deputy = [somebody(role) for role in refused], somebody(Role.LEGAL_CUSTODIAN_DEPUTY)
    theirs, public = somebody(Role.LEGAL_CUSTODIAN, "library"), somebody(Role.LEGAL_CUSTODIAN, access=[Access.PUBLIC])
    mine = somebody(Role.LEGAL_CUSTODIAN)
    before = _events(records)
    for actor in others:
        for record in (record_of("police", "public"), None):
            with pytest.raises(Refused):
                service.decide(records, actor, says(record=record), after=None)
    for actor, said in ((theirs, says()), (theirs, says(record=None)),
                        (public, says(record=record_of("police", "private"))),
                        (mine, says(account=account_of("library"))), (mine, says(record="rc_" + "a" * 32)),
                        (mine, says(record=None, account=ids.account_id("facebook", "x", "none")))):  # fmt: skip
        with pytest.raises(NotFound):
            service.decide(records, actor, said, after=None)
    with pytest.raises(UsageError):
        service.decide(records, mine, says(reason=""), after=None)
    with pytest.raises(UsageError, match="taken back"):
        service.decide(records, mine, says(finding="undecided"), after=None)
    assert _events(records) == before, "nothing was kept"
    service.decide(records, deputy, says(), after=None)
    assert _events(records) == before + 2, "the act and what it was"


@pytest.mark.law("R8", "R61")
def test_of_an_account_that_is_kept_for_library_patrons_nobody_else_decides_or_is_told(records: Archive) -> None:
    account = account_of("library")
    about = says(account=account, record=None)
    service.decide(records, of_machine(), about, after=None)
    people.reserve(records, SERVICE, account, [Access.LIBRARY_PATRON])
    legal = person(records, Role.LEGAL_CUSTODIAN, access=usual(Role.LEGAL_CUSTODIAN))
    open_to = person(records, Role.LEGAL_CUSTODIAN, access=frozenset(Access))
    with pytest.raises((Refused, NotFound)):
        service.decide(records, of_person(legal.id), says(account=account, record=None, finding="official"), after=None)
    for who, told in ((legal, False), (open_to, True)):
        with client_of(records, cookies(records, who)) as client:
            assert bool(client.get("/api/v1/official").json()["items"]) == told
            assert ("A birthday." in client.get(f"/accounts/{account}").text) == told
            assert client.get(f"/accounts/{account}/official").status_code == (200 if told else 404)


@pytest.mark.law("R8", "R20")
def test_a_later_decision_undoes_an_earlier_one_which_stays(records: Archive, hands: SetClock) -> None:
    record, actor = record_of("police", "public"), of_machine()

    def stands() -> tuple[str | None, list[str]]:
        with records.database.read() as connection:
            known = service.of_record(connection, record)
            one = service.standing(known)
            return None if one is None else one.says.finding, [each.says.finding for each in known]

    def last() -> str:
        with records.database.read() as connection:
            return service.of_record(connection, record)[-1].act_id

    service.decide(records, actor, says(), after=None)
    first, then = last(), hands.now()
    assert stands() == ("personal", ["personal"])
    assert service.decide(records, actor, says(), after=first), "the same again is no other decision"
    hands.at = then.replace(year=then.year + 1)
    service.decide(records, actor, says(finding="official", reason="It announces a closure."), after=first)
    for after in (first, None):
        with pytest.raises(SaidMeanwhile):
            service.decide(records, actor, says(finding="campaign"), after=after)
    service.decide(records, actor, says(finding="undecided", reason="Asked of the attorney."), after=last())
    assert stands() == (None, ["personal", "official", "undecided"])
    with records.database.read() as connection:
        assert [one.says.finding for one in service.of_record(connection, record, as_of=then)] == ["personal"]
        kept = connection.execute(select(table(Record).c.id).where(table(Record).c.id == record)).scalar_one()
    assert kept == record, "what was captured stays"


@pytest.mark.law("R4", "R8", "R20")
def test_it_is_told_with_the_record_and_found_by_and_to_nobody_else(records: Archive) -> None:
    record, other, private = (record_of("police", one) for one in ("public", "other", "private"))
    legal = person(records, Role.LEGAL_CUSTODIAN, name="Jo Legal", scope=AUTHORITY, scope_id="police")
    with client_of(records, cookies(records, legal)) as client:
        form = client.get(f"/records/{record}/official").text
        assert 'value="Jo Legal"' in form
        assert 'value="undecided"' not in form, "there is nothing to take back"
        sent = {"finding": "personal", "reason": HOSTILE, "evidence": "no", "need": "yes", "decided_on": "2026-02-10",
                "decided_by": "Jo Legal", "after": ""}  # fmt: skip
        assert client.post(f"/records/{record}/official", data=sent | {"reason": ""}).status_code == 400
        assert client.post(f"/records/{record}/official", data=sent).status_code == 303
        late = client.post(f"/records/{record}/official", data=sent | {"finding": "official"})
        assert (late.status_code, "meanwhile" in late.text or "anew" in late.text) == (400, True)
        for about, finding in ((f"records/{private}", "campaign"), (f"accounts/{account_of('police')}", "official")):
            assert client.post(f"/{about}/official", data=sent | {"finding": finding}).status_code == 303
        page = client.get(f"/records/{record}").text
        assert "personal, not official" in page
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "Of the account as a whole" in client.get(f"/records/{other}").text
        assert "decided" in client.get(f"/accounts/{account_of('police')}").text
        (told,) = client.get(f"/api/v1/records/{record}").json()["official"]
        assert (told["finding"], told["evidence"], told["only_here"], told["need"]) == ("personal", False, None, True)
        narrowed = client.get("/search?q=fireworks&official=personal").text
        assert re.findall(r'id="hit-(rc_\w+)"', narrowed) == [record]
        assert re.findall(r'id="hit-(rc_\w+)"', client.get("/search?official=campaign").text) == [private]
        assert "1 value" in client.get("/search/values?q=fireworks&official=personal&facet=account").text
        assert [*_decided(client.get("/search?q=fireworks").text).values()] == ["1", "1"]
        assert len(client.get("/api/v1/official").json()["items"]) == 3
        assert client.get("/official?finding=campaign").text.count("record of") == 1
    for who, seen in (
        (person(records, Role.CUSTODIAN, access=[Access.PUBLIC], scope=AUTHORITY, scope_id="police"), 2),
        (person(records, Role.CUSTODIAN, scope=AUTHORITY, scope_id="library"), 0),
    ):
        with client_of(records, cookies(records, who)) as client:
            assert len(client.get("/api/v1/official").json()["items"]) == seen
            assert 'id="hit-' not in client.get("/search?official=campaign").text
            assert len(_decided(client.get("/search?q=fireworks").text)) == (1 if seen else 0)
            assert client.get(f"/records/{private}").status_code == 404
            assert client.get(f"/records/{record}/official").status_code == 403
            assert ("personal, not official" in client.get(f"/records/{record}").text) == bool(seen)


def _decided(page: str) -> dict[str, str]:
    part = page.partition("Decided by hand")[2].partition("</ul>")[0]
    return dict(re.findall(r'official=(\w+)">.*?</a> <span class="soft">(\d+)<', part))


@pytest.mark.law("R41")
def test_the_store_alone_gives_every_decision_back_also_said_anew_under_another_key(house: House) -> None:
    house.city.say(house.cast.city, "Happy birthday, Sam.")
    account = house.office()
    house.run(account)
    house.capture.flush(all=True)
    record = next(one.id for one in house.records().values() if one.kind == "post")
    today = house.clock.now().date().isoformat()
    for about in (record, None):
        said = says(account=account, record=about, decided_on=today)
        service.decide(house.archive, of_machine(), said, after=None)

    def kept() -> Any:
        with house.archive.database.read() as connection:
            found = [*service.of_record(connection, record), *service.of_account(connection, account)]
            assert len(service.listed(connection, Viewer.EVERYTHING)) == 2
            return digests.digests(connection, (table(OfficialDecision),)), found

    before, shown = kept()
    assert before["official_decision"].rows == 2
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, kept()[0]) == []
    house.archive.acts.key_file.path.unlink()
    renew_key(house.archive, lost=True)
    house.empty_index()
    rebuild(house.archive)
    assert kept()[1] == shown
