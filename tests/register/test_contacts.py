"""Where the owner of an account is written to: said, taken away with its owner, and read from acts of before."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.register import acts, contacts, service
from archiver.accounts.register.columns import COLUMNS
from archiver.accounts.register.loading import load
from archiver.accounts.register.statements import SORTS, Thing
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.errors import UsageError
from archiver.evidence import act_types, register_facts
from archiver.evidence import service as evidence
from archiver.evidence.act_types import KINDS, ActKind, Kind, check_facts
from archiver.evidence.acts import NewAct
from archiver.operations.act_keys import renew_key
from archiver.operations.master_list import master_list
from archiver.operations.master_list_files import written
from archiver.records import digests
from tests.capture.house import House
from tests.register.test_restoring import ALL
from tests.register.town import CLERK, Town, says

ADA = "ada.brown@city.example"


def _list(**cells: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(cells))
    writer.writeheader()
    writer.writerow(cells)
    return out.getvalue().encode()


@pytest.mark.law("R12")
def test_a_list_says_where_an_owner_is_written_to_and_loads_again_unchanged(archive: Archive) -> None:
    town = Town(archive)
    cells = {"Address": "https://a.example/1", "Owner": "Ada Brown", "Owner mail": ADA}
    assert load(archive, _list(**cells), CLERK).count("new") == 1
    (one,) = town.register.listings.values()
    assert one.owner_mail == ADA
    with archive.database.read() as connection:
        made = master_list(archive, connection)
    exported = written(archive, made, "csv")
    assert ADA in exported.decode("utf-8-sig")
    assert load(archive, exported, CLERK).count("same") == 1
    assert ADA.encode() not in written(archive, made, "pdf")


@pytest.mark.parametrize(
    "said",
    ["ada", "ada@", "@city.example", "a b@city.example", "ada@city.example\nBcc: x@evil.example", "ada@city", "<a@b.c>",
     '"a"@city.example', "ada@-city.example", "ada..b@city.example", "ädä@city.example", "a@b.c, d@e.f",
     f"{'a' * 65}@city.example", f"a@{'b.' * 130}example", "a@city.example\u202e", "ada@city.example\x07"],
)  # fmt: skip
def test_what_is_no_mail_address_is_told_by_line_and_column(archive: Archive, said: str) -> None:
    told = load(archive, _list(**{"Address": "https://a.example/1", "Owner mail": said}), CLERK)
    (wrong,) = told.wrong
    assert (wrong.line, wrong.column) == (2, "Owner mail")
    assert not Town(archive).register.listings
    with pytest.raises(UsageError, match=r"name@city\.example"):
        service.shape(Thing.LISTING, says(Thing.LISTING, url="https://a.example/1").model_dump() | {"owner_mail": said})


@given(st.text(max_size=80))
def test_no_address_that_is_taken_says_anything_else_in_a_header(said: str) -> None:
    if contacts.wrong_mail(said) is None:
        assert said.isascii()
        assert said.count("@") == 1
        assert not set(said) & set(' \t\r\n<>(),;:"[]\\')


@pytest.mark.law("R11")
def test_an_address_goes_with_the_owner_whose_it_was(archive: Archive) -> None:
    town = Town(archive)
    cells = {"Address": "https://a.example/1", "Owner": "Ada Brown", "Owner mail": ADA}
    load(archive, _list(**cells), CLERK)
    load(archive, _list(**{**cells, "Owner mail": "", "Note": "an empty cell says nothing"}), CLERK)
    assert next(iter(town.register.listings.values())).owner_mail == ADA
    load(archive, _list(**{**cells, "Owner": "Bo Green", "Owner mail": ""}), CLERK)
    (one,) = town.register.listings.values()
    assert (one.owner, one.owner_mail) == ("Bo Green", None)


def test_nobody_is_written_to_who_has_left() -> None:
    one = says(Thing.LISTING, url="https://a.example/1", owner_mail=ADA, owner_until="2026-03-01")
    assert contacts.writes_to(one, "2026-03-01") == ADA, "the last day counts"
    assert contacts.writes_to(one, "2026-03-02") is None
    assert contacts.writes_to(None, "2026-03-02") is None


def _said_before(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A listing as the version before wrote it."""
    first = register_facts.FirstListingSays
    told = says(Thing.LISTING, url="https://a.example/1", owner="Ada Brown").model_dump()
    facts = {"effective": "0001-01-01", "by": "Jo", "why": None, "void": False, "entered": None,
             "says": {name: told[name] for name in first.model_fields}}  # fmt: skip
    listing, archive = service.new_id(Thing.LISTING), house.archive
    with monkeypatch.context() as before, archive.database.write() as connection:
        kinds = {**act_types.KINDS, ActKind.LISTING_STATED: Kind("listing", 1, register_facts.FirstListingStated)}
        before.setattr("archiver.evidence.act_types.KINDS", kinds)
        before.setattr("archiver.evidence.acts.KINDS", kinds)
        now = archive.clock.now()
        acts.apply(connection, archive.acts.record(connection, NewAct(ActKind.LISTING_STATED, listing, facts), now))
    return listing


@pytest.mark.law("R12", "R41")
def test_what_the_first_version_said_is_read_and_comes_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    old = _said_before(house, monkeypatch)
    town = Town(house.archive)
    assert (town.register.listings[old].owner, town.register.listings[old].owner_mail) == ("Ada Brown", None)
    town.listing("https://a.example/2", owner="Bo", owner_mail=ADA)
    evidence.sign(house.archive.signed_log)
    for _ in range(2):
        with house.archive.database.read() as connection:
            before = digests.digests(connection, ALL)
        house.empty_index()
        assert rebuild(house.archive).damaged == []
        with house.archive.database.read() as connection:
            assert digests.differences(before, digests.digests(connection, ALL)) == []
        assert sorted(one.owner_mail or "" for one in town.register.listings.values()) == ["", ADA]
        house.archive.settings.act_key_file.unlink()  # then the same, said anew under another key
        assert renew_key(house.archive, lost=True) == 2
        evidence.sign(house.archive.signed_log)


def test_the_first_version_says_no_address_and_the_second_always_has_its_field() -> None:
    told = says(Thing.LISTING, url="https://a.example/1", owner_mail=ADA).model_dump()
    facts = {"effective": "0001-01-01", "by": "Jo", "why": None, "void": False, "entered": None, "says": told}
    check_facts(ActKind.LISTING_STATED, 2, "listing", facts)
    for version in (1, 3):
        with pytest.raises(ValueError, match=r"listing\.stated"):
            check_facts(ActKind.LISTING_STATED, version, "listing", facts)
    assert "owner_mail" in {one.key for one in COLUMNS} & set(SORTS[Thing.LISTING].says.model_fields)


@pytest.mark.law("R10", "R41", "R42")
@pytest.mark.parametrize(
    ("thing", "version", "earlier", "fields"),
    [
        (Thing.AUTHORITY, 1, register_facts.FirstAuthoritySays, {"short": "board", "name": "Board"}),
        (Thing.CUSTODIANSHIP, 1, register_facts.FirstCustodianshipSays, {"person": "Ada", "role": "deputy"}),
        (Thing.CUSTODIANSHIP, 2, register_facts.SecondCustodianshipSays, {"person": "Ada", "role": "deputy"}),
    ],
)
def test_what_was_said_before_a_field_was_there_says_nothing_of_it(
    thing: Thing, version: int, earlier: type[register_facts.Facts], fields: dict[str, str]
) -> None:
    if thing is Thing.CUSTODIANSHIP:
        fields = fields | {"authority": f"au_{'a' * 32}"}
    whole = says(thing, **fields).model_dump()
    told = {name: whole[name] for name in earlier.model_fields}
    facts = {"effective": "0001-01-01", "by": "Jo", "why": None, "void": False, "entered": None}
    newest = KINDS[SORTS[thing].kind].version
    check_facts(f"{thing.value}.stated", version, thing.value, facts | {"says": told})
    check_facts(f"{thing.value}.stated", newest, thing.value, facts | {"says": whole})
    with pytest.raises(ValueError, match="cannot say this"):
        check_facts(f"{thing.value}.stated", version, thing.value, facts | {"says": whole})
    assert SORTS[thing].says.model_validate(told) == says(thing, **fields)
