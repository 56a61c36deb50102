"""One archive that has lived a little, for all tests that copy it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archiver.accounts import service as accounts
from archiver.accounts.models import Account, Handle
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence import service as evidence
from archiver.operations import snapshots
from archiver.operations.snapshots import Snapshot
from archiver.records import digests
from archiver.records.digests import CONTENT, TableDigest
from archiver.records.stored import table
from archiver.release import choosing
from archiver.search.models import SearchStatement
from archiver.settings import Settings
from tests.capture.house import NEW, WATCH, House

TOKEN = "tok-of-the-city-canary-5f0a1b"
ALL = (*CONTENT, table(Account), table(Handle), table(SearchStatement))


@dataclass
class Lived:
    """An archive that was copied into its store, and lived on."""

    house: House
    first: Snapshot
    newest: Snapshot
    digests: dict[str, TableDigest]
    paused: str
    opened: list[Archive] = field(default_factory=list)

    def elsewhere(self, home: Path, **given: Any) -> Archive:
        """A new machine with a copy of the store and of the keys."""
        old = self.house.home / "archive"
        if not home.exists():
            shutil.copytree(old / "store", home / "store")
            shutil.copytree(old / "keys", home / "keys")
        settings = self.house.archive.settings.model_copy(
            update={"home": home, "store_url": (home / "store").as_uri(), "key_file": home / "keys" / "tokens.key",
                    "database_url": f"sqlite:///{home / 'index.sqlite3'}", **given}
        )  # fmt: skip
        assert isinstance(settings, Settings)
        archive = Archive.open(settings, kind="practice", clock=SetClock(self.house.clock.now()), empty_index=True)
        self.opened.append(archive)
        return archive


def digests_of(archive: Archive) -> dict[str, TableDigest]:
    with archive.database.read() as connection:
        return digests.digests(connection, ALL)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    house = House(tmp_path_factory.mktemp("lived"), settings={"snapshot_keep": 2})
    office, feed, works = house.office(TOKEN), house.feed(), house.mastodon(house.cast.works)
    for account in (office, feed, works):
        house.run(account)
    first = snapshots.make(house.archive)
    house.later(hours=1)
    accounts.pause(house.archive, works, "moved")
    house.run(feed, NEW)
    choosing.by_query(house.archive, "kind:profile OR kind:post OR library")
    newest = snapshots.make(house.archive)
    house.later(hours=1)
    house.run(feed, NEW)
    accounts.pause(house.archive, feed, "by mistake")
    accounts.resume(house.archive, feed)
    said = house.city.say(house.cast.city, "The snowplough comes at six.")
    house.later(hours=1)
    house.run(office, NEW)
    house.city.edit(said, "The snowplough comes at seven.")
    house.later(hours=1)
    house.run(office, WATCH)
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    made = Lived(house, first, newest, digests_of(house.archive), works)
    yield made
    house.close()


@pytest.fixture
def new_machine(lived: Lived, tmp_path: Path) -> Iterator[Callable[..., Archive]]:
    yield lambda **given: lived.elsewhere(tmp_path / "elsewhere", **given)
    for one in lived.opened:
        one.close()
    lived.opened.clear()
