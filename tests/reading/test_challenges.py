"""Challenges to the accuracy of a record (Wis. Stat. 19.70): who may decide them, who sees them, how they travel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from archiver import ids
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.challenges import service
from archiver.challenges.models import ChallengeStatement
from archiver.challenges.rules import LONGEST, OUTCOMES, complaint
from archiver.cli import show
from archiver.errors import NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.models import Event
from archiver.evidence.register_facts import shaped
from archiver.operations.act_keys import renew_key
from archiver.people.acting import of_machine, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role, usual
from archiver.records import digests
from archiver.records.stored import table
from archiver.release import wanted
from archiver.release.bundle import export
from archiver.release.certified import certified
from archiver.release.choosing import by_ids
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import START, House, houses
from tests.moderation import written
from tests.people.scene import account_of
from tests.signed_in import cookies, person

HOSTILE = "</dd></main><script>alert(1)</script> \u202egnp.exe"


def record_of(office: str, access: str) -> str:
    """The id of a record that :func:`records` writes."""
    return ids.record_id(account_of(office), access)


@pytest.fixture
def records(offices: Archive) -> Archive:
    """With records of each office that have ids such as real ones have."""
    with offices.database.write() as connection:
        for office in ("police", "library"):
            for access in ("public", "private"):
                written.record(connection, office, access, access=access)
    return offices


def says(**other: Any) -> Any:
    given: dict[str, Any] = {
        "account": account_of("police"), "record": record_of("police", "public"), "received_on": "2026-11-02",
        "individual": "Robin Doe", "authorized": None, "disputed": "I was not there.", "outcome": "open",
        "decided_on": None, "decided_by": None, "correction": None, "reasons": None, "statement_on": None,
        "statement": None,
    }  # fmt: skip
    return shaped(ChallengeSays, given | other)


DENIED: dict[str, Any] = {"outcome": "denied", "decided_on": "2026-11-10", "reasons": "Nothing shows it."}
FILED: dict[str, Any] = DENIED | {"statement_on": "2026-11-12", "statement": f"I disagree. {HOSTILE}"}


@pytest.mark.parametrize(
    ("other", "fine"),
    [
        ({}, True),
        (DENIED, True),
        (FILED, True),
        ({"outcome": "corrected", "decided_on": "2026-11-02", "correction": "It was another."}, True),
        ({"outcome": "corrected", "decided_on": "2026-11-02"}, False),
        ({"outcome": "denied"}, False),
        ({"decided_on": "2026-11-02"}, False),
        ({"statement_on": "2026-11-12", "statement": "Too early."}, False),
        (DENIED | {"statement": "On no day."}, False),
        (DENIED | {"decided_on": "2026-11-01"}, False),
        ({"received_on": "2026-12-01"}, False),
        ({"individual": " "}, False),
        ({"disputed": "x" * (LONGEST + 1)}, False),
        ({"outcome": "forgotten"}, False),
    ],
)
def test_what_can_be_said_of_a_challenge(other: dict[str, Any], fine: bool) -> None:
    assert (complaint(says(**other), "2026-11-30") is None) == fine
    assert set(OUTCOMES) == {"open", "corrected", "denied"}


def _events(archive: Archive) -> int:
    with archive.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(Event)).scalar_one())


@pytest.mark.law("R71")
def test_who_may_decides_and_nobody_else(records: Archive) -> None:
    def custodian(role: Role, office: str = "police", access: Any = None) -> Any:
        who = person(records, role, scope=AUTHORITY, scope_id=office, access=access or usual(role))
        return of_person(who.id)

    refused = {role: custodian(role) for role in (Role.CUSTODIAN, Role.REVIEWER, Role.COMMUNICATIONS)}
    others = custodian(Role.LEGAL_CUSTODIAN, "library")
    public = custodian(Role.LEGAL_CUSTODIAN, access=[Access.PUBLIC])
    may = custodian(Role.LEGAL_CUSTODIAN_DEPUTY)
    before = _events(records)
    for actor in refused.values():
        with pytest.raises(Refused):
            service.state(records, actor, says())
    for actor, said in ((others, says()), (public, says(record=record_of("police", "private"))),
                        (may, says(account=account_of("library"))), (may, says(record="rc_" + "a" * 32))):  # fmt: skip
        with pytest.raises(NotFound):
            service.state(records, actor, said)
    with pytest.raises(UsageError):
        service.state(records, may, says(outcome="denied"))
    assert _events(records) == before, "nothing was kept"
    known = service.state(records, may, says())
    assert _events(records) == before + 2, "the act and what it was"
    service.state(records, may, says(**DENIED), known)
    assert service.state(records, may, says(**DENIED), known) == known
    service.state(records, of_machine(), says(**FILED), known)
    with pytest.raises(NotFound):
        service.state(records, may, says(**FILED), "ch_none")
    with records.database.read() as connection:
        (one,) = service.of_record(connection, record_of("police", "public"))
        assert (one.says, one.statements, one.decided) == (says(**FILED), 3, True)
        assert service.of_record(connection, record_of("library", "public")) == []
    with pytest.raises(UsageError, match="why"):
        service.state(records, may, says(**FILED), known, void=True, why=" ")
    service.state(records, may, says(**FILED), known, void=True, why="another record")
    with records.database.read() as connection:
        assert service.of_record(connection, record_of("police", "public")) == []
        assert connection.execute(select(func.count()).select_from(ChallengeStatement)).scalar_one() == 4


def test_of_two_who_decide_at_once_the_second_is_told(records: Archive) -> None:
    actor, other = (of_person(person(records, Role.LEGAL_CUSTODIAN, name=name).id) for name in ("Jo", "Sam"))
    record = record_of("police", "public")
    known = service.state(records, actor, says())

    def last() -> service.ChallengeView:
        with records.database.read() as connection:
            (one,) = service.of_record(connection, record)
            return one

    read = last().act_id
    service.state(records, other, says(**DENIED), known, after=read)
    before = _events(records)
    corrected = says(outcome="corrected", decided_on="2026-11-10", correction="It was another.")
    with pytest.raises(SaidMeanwhile) as refused:
        service.state(records, actor, corrected, known, after=read)
    assert refused.value.fields == ("outcome", "decided_on", "reasons")
    with pytest.raises(SaidMeanwhile) as refused:
        service.state(records, actor, corrected, known, void=True, why="mistaken", after=read)
    assert (_events(records), last().says) == (before, says(**DENIED)), "nothing was kept"
    with pytest.raises(SaidMeanwhile) as refused:
        service.state(records, actor, corrected, known, after="at_of_another_record")
    assert refused.value.fields == ()
    service.state(records, actor, corrected, known, after=last().act_id)
    assert last().says == corrected


def test_the_form_of_the_second_shows_what_was_said_meanwhile(records: Archive) -> None:
    record, app = record_of("police", "public"), create_app(Site(records))
    held = [cookies(records, person(records, Role.LEGAL_CUSTODIAN, name=name)) for name in ("Jo", "Sam")]
    known = service.state(records, of_machine(), says())
    where, here = f"/records/{record}/challenges/{known}", {"Sec-Fetch-Site": "same-origin"}

    def read(browser: TestClient) -> str:
        text: str = browser.get(where).text
        return text.split('name="after" value="')[1].split('"')[0]

    fields = {name: value for name, value in says().model_dump().items() if value}
    with (
        TestClient(app, base_url="http://127.0.0.1", cookies=held[0]) as first,
        TestClient(app, base_url="http://127.0.0.1", cookies=held[1]) as second,
    ):
        both = read(first), read(second)
        first.post(where, headers=here, data=fields | DENIED | {"reasons": HOSTILE, "after": both[0]})
        mine = fields | {"disputed": "Mine, typed for an hour.", "after": both[1]}
        page = second.post(where, headers=here, data=mine)
        assert page.status_code == 400
        for words in ("What <bdi>Jo</bdi> changed", "Mine, typed for an hour.", "&lt;script&gt;", "Nothing was kept"):
            assert words in page.text
        assert "<script>alert" not in page.text
        again = page.text.split('name="after" value="')[1].split('"')[0]
        page = second.post(where, headers=here, data=mine | {"after": again})
        assert page.status_code == 200, "said again with theirs before the eyes, it counts"
        assert "Mine, typed for an hour." in page.text


def test_it_is_entered_decided_and_shown_on_the_pages(records: Archive) -> None:
    record = record_of("police", "public")
    held = cookies(records, person(records, Role.LEGAL_CUSTODIAN))
    reader = cookies(records, person(records, Role.REVIEWER, access=[Access.PUBLIC]))
    app, here = create_app(Site(records)), {"Sec-Fetch-Site": "same-origin"}
    fields = {name: value for name, value in says(individual=HOSTILE).model_dump().items() if value}
    with TestClient(app, base_url="http://127.0.0.1", cookies=held) as browser:
        assert "Enter a challenge" in browser.get(f"/records/{record}").text
        assert browser.get(f"/records/{record}/challenges/new").status_code == 200
        wrong = browser.post(f"/records/{record}/challenges", headers=here, data=fields | {"outcome": "denied"})
        assert (wrong.status_code, "Nothing was kept" in wrong.text) == (400, True)
        page = browser.post(f"/records/{record}/challenges", headers=here, data=fields)
        assert "challenged, not decided yet" in page.text
        link = next(one for one in page.text.split('"') if f"/records/{record}/challenges/ch_" in one)
        assert "I was not there." in browser.get(link).text
        page = browser.post(link, headers=here, data=fields | FILED)
        for text in (page.text, browser.get(link).text):
            assert "<script>alert" not in text
            assert "\u202e" not in text
        assert "Statement of the individual" in page.text
        assert browser.get(f"/records/{record}?at=2026-11-30T05:59").text.count("I disagree") == 0, "not known then"
    with TestClient(app, base_url="http://127.0.0.1", cookies=reader) as browser:
        page = browser.get(f"/records/{record}")
        assert "I disagree" in page.text
        assert "/challenges/" not in page.text
        (told,) = browser.get(f"/api/v1/records/{record}").json()["challenges"]
        assert (told["outcome"], told["statement"]) == ("denied", FILED["statement"])
        for answer in (browser.get(link), browser.post(link, headers=here, data=fields)):
            assert answer.status_code == 403


def test_the_longest_texts_that_may_be_entered_fit_the_form(records: Archive) -> None:
    """Also in a language of which every letter takes nine bytes on the way."""
    record, longest = record_of("police", "public"), "ꖃ" * LONGEST
    app, here = create_app(Site(records)), {"Sec-Fetch-Site": "same-origin"}
    fields = {name: value for name, value in says(disputed=longest, **FILED).model_dump().items() if value}
    fields |= {"reasons": longest, "statement": longest, "individual": "𖬌" * 2000, "decided_by": "𖬌" * 2000}
    held = cookies(records, person(records, Role.LEGAL_CUSTODIAN))
    with TestClient(app, base_url="http://127.0.0.1", cookies=held) as browser:
        page = browser.post(f"/records/{record}/challenges", headers=here, data=fields)
        assert (page.status_code, page.text.count(longest)) == (200, 3)
        too_long = browser.post(
            f"/records/{record}/challenges", headers=here, data=fields | {"statement": longest + "ꖃ"}
        )
        assert (too_long.status_code, longest in too_long.text) == (400, True), "what was typed is there still"
        link = next(one for one in page.text.split('"') if f"/records/{record}/challenges/ch_" in one)
        refused = browser.post(link, headers=here, data={"step": "void"})
        assert (refused.status_code, "say why" in refused.text.lower()) == (400, True)
        page = browser.post(link, headers=here, data={"step": "void", "why": "It is about another record."})
        assert longest not in page.text


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with houses(tmp_path) as make:
        yield make()


def _challenged(house: House) -> str:
    post = house.city.say(house.cast.city, "Robin was there.", at=START)
    house.run(account := house.office())
    record: str = house.records()[f"status/{post}"].id
    about = {"account": account, "record": record, "received_on": "2026-03-01"}
    days = {"decided_on": "2026-03-02", "statement_on": "2026-03-02"}
    known = service.state(house.archive, of_machine(), says(**about))
    service.state(house.archive, of_machine(), says(**about | FILED | days), known)
    service.state(house.archive, of_machine(), says(**about, individual="Not decided"))
    return record


@pytest.mark.law("R41")
def test_the_store_alone_gives_it_back_also_said_anew_under_another_key(house: House) -> None:
    record = _challenged(house)

    def kept() -> Any:
        with house.archive.database.read() as connection:
            found = service.of_record(connection, record)
            return digests.digests(connection, (table(ChallengeStatement),)), found

    before, shown = kept()
    assert before["challenge_statement"].rows == 3
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, kept()[0]) == [], "in place"
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, kept()[0]) == [], "into an empty index"
    house.archive.acts.key_file.path.unlink()
    renew_key(house.archive, lost=True)
    house.empty_index()
    rebuild(house.archive)
    assert kept()[1] == shown


def test_the_command_that_shows_a_record_shows_what_was_said_about_it(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with house.archive.database.read() as connection:
        found = service.of_record(connection, _challenged(house))
    show.print_challenges(house.archive, found)
    told = capsys.readouterr().out
    assert "Statement of the individual, filed 2026-03-02:" in told
    assert "I disagree." in told
    assert "\u202e" not in told
    assert "not decided yet" in told


def test_what_was_decided_travels_with_the_record(house: House, tmp_path: Path) -> None:
    record = _challenged(house)
    made = export(house.archive, by_ids([record]), tmp_path / "bundle")
    (reading,) = [json.loads(one.read_text()) for one in (made.folder / "data").rglob("record.json")]
    (one,) = reading["challenges"]
    assert (one["statement"], one["individual"]) == (FILED["statement"], "Robin Doe")
    assert "19.70" in one["note"]
    assert json.loads((made.folder / "data/manifest.json").read_text())["format"] == "records-evidence/3"
    assert certified(house.archive, made.folder).challenged == 1
    other = house.records()
    plain = next(one.id for one in other.values() if one.id != record) if len(other) > 1 else None
    if plain is not None:
        made = export(house.archive, by_ids([plain]), tmp_path / "plain")
        assert json.loads((made.folder / "data/manifest.json").read_text())["format"] == "records-evidence/1"
    with house.archive.database.read() as connection:
        assert "challenges" not in wanted.reading(wanted.read(connection, record))
