"""An account that a contractor runs for the City is one of the City's: listed with who runs it, captured and in its
authority's custody like any other (law R9)."""

from __future__ import annotations

import csv
import io

import pypdfium2
import pytest

from archiver.accounts import service as accounts
from archiver.accounts.register.loading import load
from archiver.archive import Archive
from archiver.operations.master_list import MasterList, master_list, rows
from archiver.operations.master_list_files import written
from tests.capture.house import House
from tests.register.town import CLERK, Town

AGENCY = "Bright & Loud <Agency> LLC"


def _made(archive: Archive) -> MasterList:
    with archive.database.read() as connection:
        return master_list(archive, connection)


@pytest.mark.law("R9")
def test_what_a_contractor_runs_is_captured_and_in_custody_like_any_other_account(house: House) -> None:
    town, url = Town(house.archive), house.server.mastodon.account_url(house.cast.city)
    mayor = town.authority("mayor", kind="elected")
    town.person(mayor, "Ada", "holder")
    listing = town.listing(url=url, authority=mayor, operated_by=AGENCY)
    house.city.say(house.cast.city, "Written by the agency.")
    account = house.office()
    assert house.run(account).outcome == "complete"
    assert any("Written by the agency." in one.text for one in house.rows_of_versions())
    with house.archive.database.read() as connection:
        assert accounts.get(connection, account).authority == "mayor", "whose it is does not follow who runs it"
    made = _made(house.archive)
    (row,) = rows(made)
    assert (row["id"], row["operated_by"], row["captured"], row["custodian"]) == (listing, AGENCY, "yes", "Ada")
    printed = pypdfium2.PdfDocument(written(house.archive, made, "pdf"))
    text = " ".join(page.get_textpage().get_text_range() for page in printed)
    assert f"operated by: {AGENCY}" in " ".join(text.replace("\u200b", "").split())


@pytest.mark.law("R9")
def test_who_runs_an_account_is_loaded_with_the_city_s_list_and_comes_back_with_it(archive: Archive) -> None:
    head = "Address,Authority,Operated by\r\n"
    told = load(archive, f"{head}https://a.example/1,Mayor,{AGENCY}\r\nhttps://a.example/2,Mayor,\r\n".encode(), CLERK)
    assert told.wrong == []
    assert [one.operated_by for one in Town(archive).register.listings.values()] == [AGENCY, None]
    exported = written(archive, _made(archive), "csv")
    lines = list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig"))))
    assert [one["Operated by"] for one in lines] == [AGENCY, ""]
    assert load(archive, exported, CLERK).count("same") == 2
