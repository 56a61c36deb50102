"""A term ends: from the freeze to the filed receipt, with a real city that is captured."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pypdfium2
import pytest

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.accounts.credentials import SECOND
from archiver.accounts.permission import Actor, NotPermitted
from archiver.accounts.register import custody, handover, service
from archiver.accounts.register.custody import Basis
from archiver.accounts.register.handover import Cause, Step
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.errors import NotFound, UsageError
from archiver.evidence import service as evidence
from archiver.operations import handover_page, handovers
from archiver.people.permission import AUTHORITY
from archiver.people.registering import actor_of
from archiver.people.roles import Role
from archiver.practice import faults
from tests.capture.house import FULL, House
from tests.register.office import Office
from tests.register.town import CLERK, Town
from tests.signed_in import person


@pytest.mark.law("R11")
def test_a_term_ends_from_freeze_to_filed_receipt(house: House) -> None:
    office = Office(house, token="of before")
    archive, town = house.archive, office.town
    handover_id = office.frozen()
    assert town.register.handovers[handover_id].listings == sorted([office.listing, office.page]), "not the campaign's"
    with pytest.raises(UsageError, match=f"a full sweep of {office.account}"):
        handovers.sweep(archive, CLERK, handover_id)
    office.sweep(handover_id)
    day = town.today
    with pytest.raises(UsageError, match="still read with what was granted before"):
        handovers.transfer(archive, CLERK, handover_id, day=day, incoming="Bo In", owner="Bo In")
    assert town.register.listings[office.listing].owner == "Ada Out", "nothing was changed by halves"
    house.server.mastodon.grant(house.cast.city, "of the successor")
    tokens.keep(archive, office.account, "of the successor")
    handovers.transfer(archive, CLERK, handover_id, day=day, incoming="Bo In", owner="Bo In", position="Mayor")
    register = town.register
    assert register.handovers[handover_id].tokens == {office.account: "replaced"}
    assert register.listings[office.listing].owner == "Bo In"
    assert custody.of_account(register, office.listing).names == "Bo In"
    assert custody.of_account(register.on(day - timedelta(days=1)), office.listing).names == "Ada Out"
    said, made = handovers.take_inventory(archive, CLERK, handover_id)
    _check_inventory(office, made.json, made.pdf, made.segments)
    with archive.database.read() as connection:
        assert said.inventory is not None
        assert service.document(connection, said.inventory).content == made.json
    signed = service.keep_document(archive, CLERK, "receipt.pdf", "application/pdf", b"%PDF signed by Bo In")
    handovers.receipt(archive, CLERK, handover_id, signed, "Bo In", day)
    with pytest.raises(UsageError, match="receipted already"):
        handovers.withdraw(archive, CLERK, handover_id, "too late")
    done = handovers.file(archive, CLERK, handover_id, "City Clerk", day)
    assert (done.step, done.filed_with, handover.next_step(done)) == ("filed", "City Clerk", None)
    assert [one.says.step for one in town.register.history(handover_id)] == [  # type: ignore[attr-defined]
        "begun", "frozen", "swept", "transferred", "inventoried", "receipted", "filed"]  # fmt: skip
    evidence.sign(archive.signed_log)
    before = town.register.statements
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert Town(house.archive).register.statements == before, "from the store alone"


def _check_inventory(office: Office, content: bytes, pdf: bytes, segments: bytes) -> None:
    told = json.loads(content)
    archive = office.house.archive
    objects = {one.key: one for one in archive.store.list("segments/")}
    lines = [line.partition("  ") for line in segments.decode().splitlines()]
    listed = {key: digest for digest, _, key in lines}
    assert set(listed) == set(objects)
    for key, digest in listed.items():
        with archive.store.open(key) as stream:
            assert sha256(stream.read()).hexdigest() == digest
    assert told["segments_sha256"] == sha256(segments).hexdigest()
    assert told["totals"]["segments"] == len(objects)
    assert told["totals"]["bytes"] == sum(one.size for one in objects.values())
    captured, page = sorted(told["accounts"], key=lambda one: one["account"] is None)
    assert captured["account"] == office.account
    assert captured["records"] == sum(captured["kinds"].values()) > 10
    assert (page["records"], page["last_sweep"]) == (0, None)
    (office.house.home / "inventory.pdf").write_bytes(pdf)
    text = " ".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(pdf))
    for words in (
        "Ada Out",
        "Bo In",
        "19.21(2)",
        f"{captured['records']:,}",
        "Receipt",
        sha256(content).hexdigest()[:16],
    ):
        assert words in text.replace("\r\n", ""), words


@pytest.mark.law("R11")
def test_an_account_that_cannot_be_looked_at_is_left_out_with_the_reason(house: House) -> None:
    office = Office(house)
    handover_id = office.frozen()
    house.server.faults.add(faults.not_found, r"/accounts/\d+(/|$)", times=None)
    with pytest.raises(UsageError, match="a full sweep"):
        office.sweep(handover_id)
    assert office.step(handover_id) == "frozen"
    with pytest.raises(UsageError, match="not in this hand-over"):
        handovers.sweep(house.archive, CLERK, handover_id, None, {"li_" + "a" * 32: "gone"})
    handovers.sweep(house.archive, CLERK, handover_id, None, {office.listing: "the platform took it down"})
    assert office.town.register.handovers[handover_id].left_out == {office.listing: "the platform took it down"}


@pytest.mark.law("R10", "R11")
def test_after_a_death_the_clerk_keeps_the_records_and_tokens_are_forgotten(house: House) -> None:
    office = Office(house, token="of the official")
    handover_id = office.frozen()
    office.sweep(handover_id)
    with pytest.raises(UsageError, match="say why"):
        handovers.transfer(
            house.archive, CLERK, handover_id, day=office.town.today, incoming=None, owner=None, keep=True
        )
    with pytest.raises(UsageError, match="begins or ends"):
        handovers.transfer(
            house.archive, CLERK, handover_id, day=office.town.today, incoming=None, owner=" ", forget=True
        )
    assert house.archive.vault.token(office.account) is not None, "what is refused forgets nothing"
    handovers.transfer(house.archive, CLERK, handover_id, day=office.town.today, incoming=None, owner=None, forget=True)
    register = office.town.register
    kept = custody.of_account(register, office.listing)
    assert (kept.basis, kept.names) == (Basis.CLERK, "Jo Clerk")
    assert register.handovers[handover_id].tokens == {office.account: "removed"}
    with pytest.raises(NotFound):
        accounts.forget_credential(house.archive, office.account, "read")


def test_steps_out_of_turn_and_a_second_hand_over_are_refused(house: House) -> None:
    office = Office(house)
    archive = house.archive
    handover_id = office.begin()
    with pytest.raises(UsageError, match="under way"):
        office.begin()
    day = date(2026, 3, 2)
    nobody = Actor("person", "")
    with pytest.raises(NotPermitted):
        handovers.transfer(archive, nobody, handover_id, day=day, incoming="B", owner="B", forget=True)
    for act in (
        lambda: office.sweep(handover_id),
        lambda: handovers.transfer(archive, CLERK, handover_id, day=day, incoming="B", owner="B"),
        lambda: handovers.take_inventory(archive, CLERK, handover_id),
        lambda: handovers.receipt(archive, CLERK, handover_id, "do_" + "a" * 32, "B", day),
        lambda: handovers.file(archive, CLERK, handover_id, "Clerk", day),
    ):
        with pytest.raises(UsageError, match="next it has to be frozen"):
            act()
    assert handovers.find(office.town.register, "mayor")[0] == handover_id
    handovers.withdraw(archive, CLERK, handover_id, "by mistake")
    assert office.step(handover_id) == Step.WITHDRAWN
    assert office.begin() != handover_id
    with pytest.raises(NotFound):
        handovers.find(office.town.register, "library")


def _transferred(town: Town, authority: str, outgoing: str, incoming: str | None, day: date) -> None:
    """A hand-over of an office whose one page nobody captures, up to the change of custody."""
    town.listing(url=f"https://a.example/{authority}", authority=authority, owner=outgoing)
    handover_id = handovers.begin(town.archive, CLERK, authority, Cause.VACANCY, outgoing, incoming)
    handovers.freeze(town.archive, CLERK, handover_id)
    handovers.sweep(town.archive, CLERK, handover_id)
    handovers.transfer(town.archive, CLERK, handover_id, day=day, incoming=incoming, owner=incoming)


def _roles(town: Town, authority: str, day: date) -> list[tuple[str, str]]:
    return sorted((one.role, one.person) for one in town.register.on(day).of_authority(authority))


@pytest.mark.law("R10", "R11")
@pytest.mark.parametrize("entered", [False, True])
def test_who_leaves_before_the_end_of_a_term_is_followed_by_the_successor_alone(town: Town, entered: bool) -> None:
    mayor, day = town.authority("mayor", kind="elected"), town.today
    town.person(mayor, "Ada Out", "holder", since="2024-04-16", until="2028-04-17")
    for role in ("designee", "legal_custodian", "deputy"):
        town.person(mayor, "Staff Of Ada", role)
    if entered:
        town.person(mayor, "Bo In", "holder", since=day.isoformat())
        town.person(mayor, "Staff Of Bo", "designee", since=day.isoformat())
    _transferred(town, mayor, "Ada Out", "Bo In", day)
    assert _roles(town, mayor, day) == [*([("designee", "Staff Of Bo")] if entered else []), ("holder", "Bo In")]
    assert len(_roles(town, mayor, day - timedelta(days=1))) == 4, "until the day before nothing changes"


@pytest.mark.law("R10", "R11")
def test_of_an_agency_the_roles_of_who_leaves_are_handed_over(town: Town) -> None:
    library, day = town.authority("library"), town.today
    town.person(library, "Ada Out", "highest_officer")
    town.person(library, "Ada Out", position="Records manager", trained_on="2025-03-01")
    town.person(library, "Stays", "deputy")
    _transferred(town, library, "Ada Out", "Bo In", day)
    expected = [("deputy", "Stays"), ("highest_officer", "Bo In"), ("legal_custodian", "Bo In")]
    assert _roles(town, library, day) == expected
    kept = custody.of_authority(town.register, library)
    assert [(one.position, one.trained_on) for one in kept.custodians] == [("Records manager", None)]
    with pytest.raises(UsageError, match="no role of 'Somebody'"):
        _transferred(town, town.authority("parks"), "Somebody", "Bo In", day)


@pytest.mark.law("R11")
def test_the_end_of_a_look_that_began_before_the_freeze_is_no_last_look(tmp_path: Path) -> None:
    with closing(House(tmp_path, settings={"run_requests": 3})) as house:
        for number in range(150):
            house.city.say(house.cast.city, f"Notice of before {number}.")
        office = Office(house)
        assert house.runs()[-1].outcome == "partial", "a look that has not come to its end"
        handover_id = office.frozen()
        _to_the_end(house, office.account)
        with pytest.raises(UsageError, match="a full sweep of"):
            handovers.sweep(house.archive, CLERK, handover_id)
        with house.archive.database.read() as connection:
            shown = handover_page.page(house.archive, connection, handover_id)
        assert [one.state for one in shown.lacking] == ["early"]
        _to_the_end(house, office.account)
        handovers.sweep(house.archive, CLERK, handover_id)
        assert office.step(handover_id) == "swept"


def _to_the_end(house: House, account: str) -> None:
    for _ in range(12):
        house.later(minutes=10)
        house.run(account, FULL)
        if house.runs()[-1].outcome != "partial":
            return
    raise AssertionError("it never comes to its end")


@pytest.mark.law("R10", "R11")
@pytest.mark.parametrize("void", [False, True])
def test_an_account_that_is_another_authority_s_since_is_not_handed_over(house: House, void: bool) -> None:
    office = Office(house, token="of before")
    archive, town = house.archive, office.town
    handover_id = office.frozen()
    office.sweep(handover_id)
    said = town.register.listings[office.listing]
    library = town.authority("library")
    town.state(
        Thing.LISTING, office.listing, said if void else said.model_copy(update={"authority": library}), void=void
    )
    custodian = _signed_in(archive, "mayor")
    handovers.transfer(archive, custodian, handover_id, day=town.today, incoming="Bo In", owner="Bo In", forget=True)
    assert archive.vault.token(office.account) is not None, "it is not theirs to forget"
    if not void:
        assert town.register.listings[office.listing].owner == "Ada Out"
    says, made = handovers.take_inventory(archive, custodian, handover_id)
    assert [one["listing"] for one in json.loads(made.json)["accounts"]] == [office.page]
    assert list(says.left_out) == [office.listing]


@pytest.mark.law("R11")
def test_an_account_that_is_listed_twice_is_counted_and_hashed_once(house: House) -> None:
    office = Office(house)
    office.town.listing("https://a.example/again", account=office.account, authority=office.mayor)
    handover_id = office.frozen()
    office.sweep(handover_id)
    handovers.transfer(house.archive, CLERK, handover_id, day=office.town.today, incoming="Bo In", owner="Bo In")
    _, made = handovers.take_inventory(house.archive, CLERK, handover_id)
    told, objects = json.loads(made.json), list(house.archive.store.list("segments/"))
    assert len(told["accounts"]) == 3
    assert (told["totals"]["segments"], made.segments.count(b"\n")) == (len(objects), len(objects))
    assert told["totals"]["bytes"] == sum(one.size for one in objects)


@pytest.mark.law("R11")
def test_what_was_given_since_the_freeze_is_not_forgotten(house: House) -> None:
    office = Office(house, token="of before")
    handover_id = office.frozen()
    office.sweep(handover_id)
    with house.archive.database.write() as connection:
        house.archive.vault.store(connection, office.account, SECOND, "of the successor", house.clock.now())
    done = handovers.transfer(
        house.archive, CLERK, handover_id, day=office.town.today, incoming="Bo In", owner="Bo In", forget=True
    )
    assert done.tokens == {office.account: "replaced"}
    assert house.archive.vault.token(office.account) is None
    assert house.archive.vault.token(office.account, SECOND) is not None


def _signed_in(archive: Archive, authority: str) -> Actor:
    """The legal custodian of one authority."""
    who = person(archive, Role.LEGAL_CUSTODIAN, scope=AUTHORITY, scope_id=authority)
    return actor_of(archive.clock, who)
