"""A small archive in a real database, into which tests put answers as a capture would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

import archiver.evidence.models  # noqa: F401 - every table is known before the schema is made
from archiver import ids
from archiver.accounts.models import Account
from archiver.capture.models import Exchange, Run, Segment
from archiver.database import Base, Database
from archiver.records.apply import Applied, Applier, Arrived
from archiver.records.digests import TableDigest, digests
from archiver.records.models import Record, RecordState, Version
from archiver.search.source import answered_by, read_documents
from connectors.contract import AccessClass, Ask, Author, MediaRef, Reading, RecordKind, SeenRecord, State, Stream

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNT = ids.account_id("test", "https://city.example", "1")


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def seen(
    key: str,
    text: str | None = "hello",
    *,
    content: dict[str, Any] | None = None,
    as_of: float | None = None,
    back: bool = False,
    kind: RecordKind = RecordKind.POST,
    media: Sequence[str] = (),
    **more: Any,
) -> SeenRecord:
    return SeenRecord(
        key=key,
        kind=kind,
        place=more.pop("place", "/0"),
        content={"text": text} if content is None else content,
        text=text or "",
        as_of=None if as_of is None else at(as_of),
        retrospective=back,
        media=tuple(MediaRef(name, f"https://files.example/{name}", "image") for name in media),
        **more,
    )


def comment(key: str, parent: str, thread: str | None, text: str = "a comment", **more: Any) -> SeenRecord:
    return seen(key, text, kind=RecordKind.COMMENT, parent=parent, thread=thread, **more)


def author(name: str, handle: str = "city") -> Author:
    return Author("1", name, handle)


@dataclass(frozen=True)
class Told:
    """One thing a capture tells, as a run would find it in storage again."""

    run: int
    ordinal: int
    hours: float
    records: tuple[SeenRecord, ...]
    ask: Ask
    adopted_by: int | None = None

    @property
    def id(self) -> str:
        return ids.exchange_id(f"rn_{self.run}", self.ordinal)

    @property
    def arrival(self) -> int:
        return self.run if self.adopted_by is None else self.adopted_by

    def arrived(self) -> Arrived:
        late = self.adopted_by is not None
        return Arrived(self.id, f"rn_{self.run}", self.arrival, self.ordinal, at(self.hours), self.ask, late=late)


def ask(listing: str | None = "statuses", scheme: int = 1, access: AccessClass = AccessClass.PUBLIC) -> Ask:
    return Ask("https://city.example/api", Stream.POSTS, "statuses", listing=listing, scheme=scheme, access=access)


def require_same_documents(connection: Connection, applied: Applied) -> None:
    """What is indexed of records as they were written just now is what is indexed of them as they are read back."""
    made, read = (
        ([*read_documents(connection, applied.changed, known)], answered_by(connection, applied.changed, known))
        for known in (applied.made, {})
    )
    assert made == read
    assert applied.made.keys() == set(applied.new_records)


def told(run: int, hours: float, *records: SeenRecord, ordinal: int = 0, asked: Ask | None = None) -> Told:
    return Told(run, ordinal, hours, records, ask() if asked is None else asked)


@dataclass
class City:
    """The database, and shortcuts to put things into it."""

    database: Database
    account: str = ACCOUNT
    _runs: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.database.engine)
        self.begin()

    def begin(self) -> None:
        """Empty it: one account, nothing captured."""
        self._runs.clear()
        with self.database.write() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                if table.name != "access_log":  # (which only grows)
                    connection.execute(delete(table))
            connection.execute(
                insert(Account).values(
                    id=self.account,
                    platform="test",
                    service="https://city.example",
                    platform_id="1",
                    handle="city",
                    name="City",
                    url="https://city.example/@city",
                    authority="council",
                    provisional=True,
                    state="active",
                    state_since=START,
                    settings={},
                    added_at=START,
                )
            )

    def apply(
        self,
        *exchanges: Told,
        same: Iterable[tuple[Told, Sequence[int], float]] = (),
        same_in_private: Iterable[tuple[Told, Sequence[int], float]] = (),
        named: Iterable[tuple[Told, Sequence[int], float]] = (),
        named_in_private: Iterable[tuple[Told, Sequence[int], float]] = (),
        concluded: Iterable[tuple[str, State, float, Sequence[str]]] = (),
        media: Iterable[tuple[str, str, dict[str, Any]]] = (),
        carried: dict[tuple[str, int], str] | None = None,
    ) -> Applied:
        """Commit one batch."""
        with self.database.write() as connection:
            applier = Applier(connection, self.account, carried)
            for one in exchanges:
                self._rows(connection, one)
                applier.exchange(one.arrived(), Reading(records=one.records))
            for reference, positions, hours in same:
                applier.same(reference.id, positions, at(hours), public=True)
            for reference, positions, hours in same_in_private:
                applier.same(reference.id, positions, at(hours), public=False)
            for reference, positions, hours in named:
                applier.named(reference.id, positions, at(hours), public=True)
            for reference, positions, hours in named_in_private:
                applier.named(reference.id, positions, at(hours), public=False)
            for key, state, hours, evidence in concluded:
                applier.concluded(key, state, at(hours), evidence, 1)
            for medium, became, more in media:
                applier.medium(medium, became, more.pop("reason", None), **more)
            applied = applier.flush()
            require_same_documents(connection, applied)
            return applied

    def _rows(self, connection: Any, one: Told) -> None:
        run = f"rn_{one.run}"
        if run not in self._runs:
            self._runs.add(run)
            connection.execute(
                insert(Run).values(
                    id=run,
                    account_id=self.account,
                    number=one.run,
                    sweep="new",
                    trigger="schedule",
                    started_at=at(one.run),
                    settings_hash="x",
                    connector_version="1",
                    counts={},
                    bookmark_before={},
                    bookmark_after={},
                    drift=[],
                )
            )
            connection.execute(
                insert(Segment).values(
                    id=f"sg_{one.run}",
                    key=f"segments/{one.run}",
                    sha256="0" * 64,
                    size=1000,
                    warc_records=5,
                    authority="council",
                    account_id=self.account,
                    access=one.ask.access.value,
                    month="2026-03",
                    closed_at=at(one.run),
                    state="archived",
                )
            )
        connection.execute(
            insert(Exchange).values(
                id=one.id,
                segment_id=f"sg_{one.run}",
                run_id=run,
                ordinal=one.ordinal,
                account_id=self.account,
                stream="posts",
                purpose="statuses",
                method="GET",
                uri=one.ask.url,
                status=200,
                received_at=at(one.hours),
                offset=100 * one.ordinal,
                length=90,
                facts_offset=0,
                facts_length=0,
                block_sha256="0" * 64,
                body_sha256="0" * 64,
                commitment="cra-tree/1:00",
                scheme=one.ask.scheme,
                reader="1",
                quarantine=[],
            )
        )

    def rows(self, model: Any) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            found = connection.execute(select(model.__table__).order_by(*model.__table__.primary_key))
            return [dict(row) for row in found.mappings()]

    def row(self, model: Any, **wanted: Any) -> dict[str, Any]:
        (found,) = [row for row in self.rows(model) if all(row[name] == value for name, value in wanted.items())]
        return found

    def record(self, key: str) -> dict[str, Any]:
        return self.row(Record, id=self.id(key))

    def versions(self, key: str) -> list[dict[str, Any]]:
        found = [row for row in self.rows(Version) if row["record_id"] == self.id(key)]
        return sorted(found, key=lambda row: int(row["number"]))

    def texts(self, key: str) -> list[str]:
        return [row["text"] for row in self.versions(key)]

    def states(self, key: str) -> list[tuple[str, datetime, datetime]]:
        found = [row for row in self.rows(RecordState) if row["record_id"] == self.id(key)]
        return [(row["state"], row["from_at"], row["last_at"]) for row in found]

    def id(self, key: str) -> str:
        return ids.record_id(self.account, key)

    def digests(self) -> dict[str, TableDigest]:
        with self.database.read() as connection:
            return digests(connection)
