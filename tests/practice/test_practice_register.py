"""The register that the practice city begins with: once, clearly made up, and never in a real archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.accounts import service as accounts
from archiver.accounts.register import custody, service
from archiver.accounts.register.statements import Register
from archiver.archive import Archive
from archiver.errors import WrongStore
from archiver.operations import board
from archiver.operations.board_rules import Colour
from archiver.settings import Settings
from archiver.work import practice_register
from archiver.work.practice import AUTHORITY
from tests.capture.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def register(house: House) -> Register:
    with house.archive.database.read() as connection:
        return service.read(connection, service.today(house.archive))


def test_a_newcomer_sees_register_and_board_as_they_would_be(house: House) -> None:
    house.office(), house.mastodon(house.cast.works), house.feed()
    with house.archive.database.read() as connection:
        known = accounts.list_accounts(connection)
    assert practice_register.fill(house.archive, AUTHORITY, known)
    made = register(house)
    assert {says.name.partition(":")[0] for says in made.authorities.values()} == {"Practice"}
    assert all("practice" in says.person.lower() for says in made.custodianships.values())
    assert all(
        (says.owner_mail or "@practice.invalid").endswith("@practice.invalid") for says in made.listings.values()
    )
    assert all(custody.of_account(made, one).custodians for one, says in made.listings.items() if says.account)
    assert not practice_register.fill(house.archive, AUTHORITY, known), "once"
    assert len(register(house).statements) == len(made.statements)
    with house.archive.database.read() as connection:
        shown = board.board(house.archive, connection)
    said = {one.entry.name: " ".join(reason.said for reason in one.reasons) for one in shown.rows}
    lapsed = [name for name, words in said.items() if "attestation has lapsed" in words]
    left = [name for name, words in said.items() if "its owner has left" in words]
    assert (len(lapsed), len(left), len(said)) == (1, 1, 5)
    assert {one.colour for one in shown.rows} >= {Colour.GREEN, Colour.AMBER}


def test_nothing_made_up_is_entered_into_a_real_register(tmp_path: Path) -> None:
    with (
        Archive.open(Settings(home=tmp_path / "home", disk_reserve_percent=0)) as real,
        pytest.raises(WrongStore, match="made up"),
    ):
        practice_register.fill(real, AUTHORITY, [])
