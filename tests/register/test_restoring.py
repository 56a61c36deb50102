"""The store alone gives the register back: the same rows, the same ids, into an empty index and in place."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.models import Account, Handle
from archiver.accounts.register import service
from archiver.accounts.register.models import RegisterDocument, RegisterStatement
from archiver.accounts.register.statements import Thing
from archiver.capture.rebuild import rebuild
from archiver.evidence import service as evidence
from archiver.operations.act_keys import renew_key
from archiver.records import digests
from archiver.records.digests import CONTENT, TableDigest
from archiver.records.stored import table
from tests.capture.house import House
from tests.register.town import CLERK, Town

ALL = (*CONTENT, table(Account), table(Handle), table(RegisterStatement), table(RegisterDocument))
#: Of an act that says anew what an earlier one said.
ANEW = {"register_statement": ("act_id", "number"), "register_document": ("act_id",)}


def _digests(house: House) -> dict[str, TableDigest]:
    with house.archive.database.read() as connection:
        return digests.digests(connection, ALL)


def _content(house: House) -> dict[str, TableDigest]:
    with house.archive.database.read() as connection:
        return digests.digests(connection, (table(RegisterDocument),), ANEW)


def _lived_in(house: House) -> tuple[Town, str]:
    """A register with corrections, a document, and an account that changed hands and was stopped."""
    town = Town(house.archive)
    mayor, library = town.authority("mayor", kind="elected"), town.authority("library")
    town.authority("library", name="Public Library", correct=True)
    letter = service.keep_document(house.archive, CLERK, "letter.pdf", "application/pdf", b"%PDF signed")
    town.person(mayor, "Ada", "holder", since="2024-04-16", documents=[letter])
    url = house.server.mastodon.account_url(house.cast.city)
    by = accounts.By(("person", "pe_jo"), "jo", "asked for — by the mayor")
    account = accounts.add(house.archive, url, "mastodon", by=by).account.id
    listing = town.listing(url=url, account=account, authority=mayor)
    house.run(account)
    house.later(hours=1)
    town.change(listing, authority=library, capacity="campaign", note="“quoted” — \u202eturned\nand on")
    town.authority("board", appointed_by=mayor, attached_to=library)
    town.person(ids.authority_id("board"), "Bo", designated_by=library, trained_on="2025-12-01")
    town.authority("bureau", until="2025-12-31", merged_into=library)
    town.say(Thing.EXEMPTION, listing=listing, rule="series", reason="later", approver="CIO")
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    return town, account


@pytest.mark.law("R12", "R15", "R41")
def test_a_rebuild_gives_the_same_register(house: House) -> None:
    _, account = _lived_in(house)
    before, states = _digests(house), house.rows(Account)
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, _digests(house)) == [], "in place"
    house.empty_index()
    report = rebuild(house.archive)
    assert (report.damaged, report.remarks) == ([], [])
    assert digests.differences(before, _digests(house)) == []
    assert house.rows(Account) == states
    assert house.account_state(account) == "paused"
    (row,) = house.rows(Account)
    assert row.authority == "library"
    assert (row.added_by, row.added_user, row.added_why) == ("pe_jo", "jo", "asked for — by the mayor")


def test_rows_that_were_lost_come_back_and_no_row_comes_twice(house: House) -> None:
    _lived_in(house)
    before = _digests(house)
    with house.archive.database.write() as connection:
        connection.execute(delete(RegisterStatement).where(RegisterStatement.thing == "custodianship"))
        connection.execute(delete(RegisterDocument))
    rebuild(house.archive)
    assert digests.differences(before, _digests(house)) == []


def test_a_lost_key_is_replaced_and_the_register_is_said_anew(house: House) -> None:
    town, _ = _lived_in(house)
    house.archive.settings.act_key_file.unlink()
    before = [(one.id, one.effective, one.by, one.entered_at, one.says) for one in town.register.statements]
    content = _content(house)
    assert renew_key(house.archive, lost=True) == len(before) + 1 + 1, "statements, a document and an account"
    evidence.sign(house.archive.signed_log)
    now = _digests(house)
    house.empty_index()
    report = rebuild(house.archive)
    assert report.damaged == []
    assert digests.differences(now, _digests(house)) == []
    after = [
        (one.id, one.effective, one.by, one.entered_at, one.says) for one in Town(house.archive).register.statements
    ]
    assert after == before, "who said what when is as it was"
    assert _content(house) == content
