"""What the archive says of a house's account, for tests."""

from __future__ import annotations

from archiver import ids
from archiver.operations import completeness
from archiver.operations.completeness import Difference, Shares
from connectors.contract import Counted
from tests.capture.house import House


def declared(house: House, platform: str) -> tuple[Counted, ...]:
    return house.archive.connector(platform).capabilities.counted


def thread(house: House, account: str, platform: str, key: str) -> Difference:
    """The thread whose first record has this key."""
    with house.archive.database.read() as connection:
        told = declared(house, platform)
        found = completeness.of_thread(connection, account, ids.record_id(account, key), told)
    assert found is not None
    return found


def own(house: House, account: str, platform: str) -> Difference:
    with house.archive.database.read() as connection:
        found = completeness.of_account(connection, account, declared(house, platform))
    assert found is not None
    return found


def shares(house: House, account: str, platform: str) -> Shares:
    with house.archive.database.read() as connection:
        return completeness.shares(connection, account, declared(house, platform))


def differing(house: House, account: str, platform: str, **given: object) -> list[tuple[int, Difference]]:
    with house.archive.database.read() as connection:
        told = declared(house, platform)
        return completeness.differing(connection, account, told, **given)  # type: ignore[arg-type]
