"""Somebody who brings exports into the archive of a practice city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archiver.capture.models import Coverage, Gap
from archiver.imports.importing import Importing, Outcome, Wanted
from archiver.practice.script import month
from archiver.records import digests, import_views, service
from archiver.records.digests import TableDigest
from archiver.records.import_models import Import, ImportedFile, ImportedVersion, ImportEnd
from archiver.records.models import Medium, Occurrence, Record, RecordState, Version
from archiver.records.stored import table
from archiver.records.views import RecordView
from archiver.viewing import Viewer
from tests.capture.house import House
from tests.imports import builders
from tests.x.place import place

CAPTURED = [table(one) for one in (Record, Occurrence, Version, RecordState, Medium, Coverage, Gap)]
IMPORTED = [table(one) for one in (Import, ImportEnd, ImportedFile, ImportedVersion)]


@dataclass
class Desk:
    house: House
    folder: Path
    account: str

    @classmethod
    def on_x(cls, house: House, folder: Path) -> Desk:
        return cls(house, folder, place(house).account)

    @classmethod
    def on_mastodon(cls, house: House, folder: Path) -> Desk:
        """The city's main account, after some lively days that nobody captured yet."""
        for _ in month(
            house.city, house.cast, house.seed, days=5, posts=14, comments=30, edits=6, deletions=2, hides=0
        ):
            pass
        return cls(house, folder, house.office())

    @property
    def row(self) -> Any:
        """The account as the register has it."""
        return self.house.capture.account(self.account)

    def wanted(self, path: Path, **more: Any) -> Wanted:
        given = {"source": "Parks communications office", "reason": "request 26-114", "by": "J. Clerk"} | more
        return Wanted(path, self.account, **given)

    def bring(self, path: Path, *, dry_run: bool = False, **more: Any) -> Outcome:
        return Importing(self.house.capture, self.wanted(path, **more)).carry_out(dry_run=dry_run)

    def x_archive(self, *tweets: Any, name: str = "twitter.zip", **more: Any) -> Path:
        """The account's own archive from X."""
        files = builders.x_files(self.row.platform_id, self.row.handle, tweets, **more)
        return builders.zipped(self.folder / name, files)

    def digests(self, tables: Sequence[Any]) -> Mapping[str, TableDigest]:
        with self.house.archive.database.read() as connection:
            return digests.digests(connection, tables)

    def mastodon_archive(self) -> Path:
        """An archive of the account with two statuses that were never captured, one of them private."""
        row = self.row
        user = row.handle.partition("@")[0]
        only_us = builders.note(row.service, user, "990012", "Only for us", to=f"{row.service}/users/{user}/followers")
        items = [builders.note(row.service, user, "990011", "Only in the export"), only_us]
        files = builders.mastodon_files(row.service, user, items, number=row.platform_id)
        return builders.zipped(self.folder / "archive.zip", files)

    def rows(self, model: Any) -> list[Any]:
        with self.house.archive.database.read() as connection:
            return list(connection.execute(select(table(model))))

    def record(self, key: str) -> RecordView:
        from archiver import ids

        with self.house.archive.database.read() as connection:
            return service.record(connection, ids.record_id(self.account, key))

    def search(self, query: str, viewer: Viewer = Viewer.EVERYTHING) -> list[Any]:
        archive = self.house.archive
        with archive.database.read() as connection:
            return list(archive.search.search(connection, query, viewer=viewer).hits)

    def imports(self) -> list[import_views.ImportView]:
        with self.house.archive.database.read() as connection:
            return import_views.imports(connection)
