"""What an archive's index says of a practice city, for whoever holds it against what happened there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.models import Coverage, Exchange, Gap, Run
from archiver.capture.service import RunResult
from archiver.practice.city import City
from archiver.practice.server import PracticeServer
from archiver.records.models import Medium, Record, RecordState, Version
from archiver.records.stored import table
from connectors.contract import SweepKind


class Observed:
    """A city, its server, and an archive of it that is open."""

    city: City
    server: PracticeServer
    archive: Archive
    looks: list[tuple[datetime, str, SweepKind]]
    """When which account was looked at, and how. Looks that may have been broken off are none at all of it (not
    *full*)."""

    # What the index says.

    def rows(self, model: type[Any], *conditions: Any) -> list[Any]:
        one: Table = table(model)
        with self.archive.database.read() as connection:
            return list(connection.execute(select(one).where(*conditions).order_by(*one.primary_key)))

    def records(self) -> dict[str, Any]:
        return {row.key: row for row in self.rows(Record)}

    def _record(self, key: str) -> str:
        """Id of one, without all others being read for it."""
        (*_, row) = self.rows(Record, Record.key == key)
        return str(row.id)

    def versions(self, key: str) -> list[Any]:
        found = self.rows(Version, Version.record_id == self._record(key))
        return sorted(found, key=lambda row: int(row.number))

    def rows_of_versions(self) -> list[Any]:
        return self.rows(Version)

    def states(self, key: str) -> list[Any]:
        return self.rows(RecordState, RecordState.record_id == self._record(key))

    def exchanges(self, purpose: str | None = None) -> list[Any]:
        rows = self.rows(Exchange)
        found = [row for row in rows if purpose is None or row.purpose == purpose]
        numbers = {row.id: row.number for row in self.runs()}
        return sorted(found, key=lambda row: (numbers[row.run_id], row.ordinal))

    def runs(self) -> list[Any]:
        return sorted(self.rows(Run), key=lambda row: (row.account_id, row.number))

    def gaps(self, *, open_only: bool = False) -> list[Any]:
        return [row for row in self.rows(Gap) if not open_only or row.closed_at is None]

    def coverage(self, run: RunResult) -> dict[str, Any]:
        return {row.listing: row for row in self.rows(Coverage, Coverage.run_id == run.run_id)}

    def media(self) -> list[Any]:
        return self.rows(Medium)

    def account_state(self, account: str) -> str:
        with self.archive.database.read() as connection:
            return accounts.get(connection, account).state
