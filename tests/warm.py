"""Does once, in the server that forks the processes of a town, what each of them would do again: read the connectors,
settle how tables are mapped, make statements into SQL. Importing it is enough."""

from __future__ import annotations

import gc
import tempfile
import threading
from pathlib import Path

from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.capture.service import Capture
from archiver.clock import SystemClock
from archiver.practice.city import City
from archiver.practice.server import PracticeServer
from archiver.settings import Settings
from connectors.contract import SweepKind
from tests.faults.presences import MastodonAndFeed


def _warm(folder: Path) -> None:
    """Capture a city into an archive, and rebuild its index."""
    city = City(SystemClock(), 1)
    with PracticeServer(city) as server:
        settings = Settings(
            home=folder,
            database_url=f"sqlite:///{folder / 'index.sqlite3'}",
            store_url="",
            trusted_origins=(server.base_url,),
            request_pause_seconds=0.0,
            disk_reserve_percent=0.0,
            time_zone="UTC",
        )
        with Archive.open(settings, kind="practice") as archive:
            _capture(archive, MastodonAndFeed(city, server, 1))
    (folder / "index.sqlite3").unlink()
    with Archive.open(settings, kind="practice", empty_index=True) as archive:
        rebuild(archive)


def _capture(archive: Archive, presence: MastodonAndFeed) -> None:
    accounts = presence.register(archive)
    presence.sign_in(archive, accounts)
    capture = Capture(archive)
    capture.recover()
    for account in accounts:
        capture.run(account, SweepKind.NEW, trigger="person")
    capture.close()


with tempfile.TemporaryDirectory() as _folder:
    _warm(Path(_folder))
assert threading.active_count() == 1, "nobody is left behind who would hold a lock while this process forks"
gc.collect()
gc.freeze()  # a collection in a forked process would copy all of this
