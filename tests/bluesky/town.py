"""A city office and its public on Bluesky's own servers, and an archive that captures the office."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select, update

from archiver.accounts import service as accounts
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.models import Coverage, Exchange, Gap, Watch
from archiver.capture.service import Capture, RunResult
from archiver.records.models import Medium, Record, RecordState, Version
from archiver.records.stored import table
from archiver.settings import Settings
from connectors.contract import SweepKind
from tests.servers.bluesky import Network
from tests.servers.bluesky.people import Person

NEW, WATCH, FULL = SweepKind.NEW, SweepKind.WATCH, SweepKind.FULL


@dataclass
class Town:
    network: Network
    home: Path
    office: Person = field(init=False)
    archive: Archive = field(init=False)
    capture: Capture = field(init=False)
    account: str = field(init=False)

    def __post_init__(self) -> None:
        self.office = self.person("city")
        self.network.settle()
        self.open()
        self.account = accounts.add(self.archive, self.url, "bluesky").account.id
        with self.archive.database.write() as connection:
            directory = {"directory": self.network.directory}
            connection.execute(update(Account).values(settings=directory))

    @property
    def url(self) -> str:
        return f"{self.network.appview}/profile/{self.office.handle}"

    def person(self, name: str) -> Person:
        return Person(self.network, name).join()

    def open(self, *, empty_index: bool = False) -> None:
        settings = Settings(
            home=self.home,
            trusted_origins=self.network.origins,
            request_pause_seconds=0.0,
            disk_reserve_percent=0.0,
        )
        self.archive = Archive.open(settings, kind="practice", empty_index=empty_index)
        self.capture = Capture(self.archive)

    def empty_index(self) -> None:
        """Throw the index away and open the archive again beside its store."""
        self.close()
        for path in self.home.glob("index.sqlite3*"):
            path.unlink()
        self.open(empty_index=True)

    def close(self) -> None:
        self.capture.close()
        self.archive.close()

    def run(self, sweep: SweepKind = FULL) -> RunResult:
        """Capture the office, once the service shows what was written."""
        self.network.settle()
        with self.archive.database.write() as connection:  # every thread is due
            connection.execute(update(Watch).values(due_at=self.archive.clock.now()))
        return self.capture.run(self.account, sweep, trigger="person")

    # What the index says.

    def rows(self, model: type[Any], *conditions: Any) -> list[Any]:
        one: Table = table(model)
        with self.archive.database.read() as connection:
            return list(connection.execute(select(one).where(*conditions).order_by(*one.primary_key)))

    def records(self) -> dict[str, Any]:
        return {row.key: row for row in self.rows(Record)}

    def texts(self, post: dict[str, Any]) -> list[str]:
        """What was said there, version by version."""
        found = self.rows(Version, Version.record_id == self.records()[post["uri"]].id)
        return [row.text for row in sorted(found, key=lambda row: int(row.number))]

    def states(self, post: dict[str, Any]) -> list[str]:
        record = self.records()[post["uri"]].id
        found = self.rows(RecordState, RecordState.record_id == record)
        return [row.state for row in sorted(found, key=lambda row: int(row.number))] or [
            self.records()[post["uri"]].state
        ]

    def exchanges(self, purpose: str) -> list[Any]:
        return self.rows(Exchange, Exchange.purpose == purpose)

    def media(self) -> list[Any]:
        return self.rows(Medium)

    def coverage(self, run: RunResult) -> dict[str, Any]:
        return {row.listing: row for row in self.rows(Coverage, Coverage.run_id == run.run_id)}

    def gaps(self) -> list[Any]:
        return [row for row in self.rows(Gap) if row.closed_at is None]

    def state(self) -> str:
        with self.archive.database.read() as connection:
            return accounts.get(connection, self.account).state
