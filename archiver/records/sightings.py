"""One record in one stored answer, on its way into the index, and what its row says after it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from archiver import ids
from archiver.database import key_text, safe_text
from archiver.records.contents import Content, plain
from archiver.records.versions import Arrival, Occurrence
from connectors.contract import AccessClass, Ask, SeenRecord

Row = dict[str, Any]
Again = tuple[datetime, bool]
"""When an answer that was not stored again repeated what is, and whether everybody could have got it."""
_Time = TypeVar("_Time", datetime, datetime | None)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A stored exchange, as it reached the index."""

    id: str
    run_id: str
    run_number: int
    """Of the run it arrived with: the adopting run's, for an adopted segment."""
    ordinal: int
    received_at: datetime
    ask: Ask
    late: bool = False
    """It may have waited (:attr:`archiver.records.versions.Occurrence.late`)."""


class Sighting:
    """One record at one place of one stored answer."""

    __slots__ = (
        *("again", "arrival", "arrived", "as_of", "carries"),
        *("content", "named", "position", "public", "record_id", "seen"),
    )

    def __init__(
        self, record_id: str, arrived: Arrived, position: int, seen: SeenRecord, carries: str | None = None
    ) -> None:
        self.record_id = record_id
        self.arrived = arrived
        self.position = position
        self.seen = seen
        self.carries = carries
        self.public = arrived.ask.access is AccessClass.PUBLIC
        self.again: list[Again] = []
        """When unchanged answers of the same batch already repeated it."""
        self.named: list[Again] = []
        """When such that did not show its words only named it."""
        self.arrival: Arrival = (arrived.run_number, arrived.ordinal, arrived.id, position)
        self.content: Content = plain(seen.content)
        self.as_of = instant(seen.as_of)

    @property
    def text(self) -> str:
        return safe_text(self.seen.text)

    @property
    def last_seen_at(self) -> datetime | None:
        return latest(self.again)

    @property
    def seen_in_public_at(self) -> datetime | None:
        """The same of answers that everybody could have got."""
        return latest_in_public(self.again)

    @property
    def seen_until(self) -> datetime:
        """The last sight of what it shows."""
        return either(max, self.arrived.received_at, latest(self.again)) if self.again else self.arrived.received_at

    @property
    def there_until(self) -> datetime:
        """The last sight of its record."""
        return max((self.seen_until, *(at for at, _ in self.named))) if self.named else self.seen_until

    @property
    def public_first_at(self) -> datetime | None:
        """When everybody could see it; None: they could not."""
        return self.arrived.received_at if self.public else None

    @property
    def public_until(self) -> datetime | None:
        """The last time everybody could see what it shows."""
        if not self.public:
            return None
        received_at = self.arrived.received_at
        return either(max, received_at, latest_in_public(self.again)) if self.again else received_at

    @property
    def there_in_public_until(self) -> datetime | None:
        """The last time everybody could see that its record is there."""
        until = self.public_until
        if until is None or not self.named:
            return until
        return either(max, until, latest_in_public(self.named))

    def occurrence(self) -> Occurrence:
        return Occurrence(
            exchange_id=self.arrived.id,
            position=self.position,
            run_number=self.arrived.run_number,
            ordinal=self.arrived.ordinal,
            observed_at=self.arrived.received_at,
            as_of=self.as_of,
            retrospective=self.seen.retrospective,
            scheme=self.arrived.ask.scheme,
            content=self.content,
            text=self.text,
            last_seen_at=self.last_seen_at,
            seen_in_public_at=self.seen_in_public_at,
            public=self.public,
            late=self.arrived.late,
            carries=self.carries,
        )

    def row(self, version_id: str, partial: Row | None) -> Row:
        """The occurrence's row."""
        return {
            "exchange_id": self.arrived.id,
            "position": self.position,
            "record_id": self.record_id,
            "place": safe_text(self.seen.place),
            "observed_at": self.arrived.received_at,
            "as_of": self.as_of,
            "retrospective": self.seen.retrospective,
            "last_seen_at": self.last_seen_at,
            "seen_in_public_at": self.seen_in_public_at,
            "arrival": self.arrived.run_number,
            "ordinal": self.arrived.ordinal,
            "scheme": self.arrived.ask.scheme,
            "state": self.seen.state.value,
            "version_id": version_id,
            "partial": partial,
        }


def either(chosen: Callable[[datetime, datetime], datetime], one: _Time, other: datetime | None) -> _Time:
    """The earlier or the later of two times, or the one that there is."""
    if one is None or other is None:
        return one or other  # type: ignore[return-value]  # (none only where the first may be none)
    return chosen(one, other)


def latest(again: Sequence[Again]) -> datetime | None:
    """The last time of these."""
    return max(at for at, _ in again) if again else None


def latest_in_public(again: Sequence[Again]) -> datetime | None:
    """The same of answers that everybody could have got."""
    return max((at for at, public in again if public), default=None) if again else None


def instant(at: datetime | None) -> datetime | None:
    """A platform's time as UTC, or None where it is none that can be kept: without a zone, or beyond the years 1000 to
    9999. Strangers write these."""
    if at is None or at.tzinfo is None:
        return None
    try:
        utc = at.astimezone(UTC)
    except OverflowError:
        return None
    return utc if utc.year >= 1000 else None


def described(account_id: str, sighting: Sighting) -> Row:
    """What a sighting says of its record: columns of the record's row, None where it says nothing."""
    seen, ask = sighting.seen, sighting.arrived.ask
    author = seen.author
    return {
        "kind": seen.kind.value,
        "access": ask.access.value,
        "thread_id": None if seen.thread is None else ids.record_id(account_id, seen.thread),
        "parent_id": None if seen.parent is None else ids.record_id(account_id, seen.parent),
        "author_id": key_text(author.id) if author and author.id is not None else None,
        "author_name": safe_text(author.name) if author else None,
        "author_handle": _text(author.handle) if author else None,
        "url": _text(seen.url),
        "word": _text(seen.word),
        "created_at": instant(seen.created_at),
        "counts": dict(seen.counts) or None,
    }


_NOTHING_COUNTED: Row = dict.fromkeys(("counted", "counted_deep", "counted_at", "read_at", "read_whole", "differs"))


def first_row(account_id: str, sighting: Sighting) -> Row:
    """The row of a record that this sighting makes known; state and version columns are still to come."""
    row = described(account_id, sighting)
    row["thread_id"] = row["thread_id"] or sighting.record_id
    row["counts"] = row["counts"] or {}
    return row | {
        "id": sighting.record_id,
        "account_id": account_id,
        "key": safe_text(sighting.seen.key),
        "listing": _listing(sighting),
        **_NOTHING_COUNTED,
        "first_seen_at": sighting.arrived.received_at,
        "last_seen_at": sighting.there_until,
        "public_first_at": sighting.public_first_at,
        "public_last_at": sighting.there_in_public_until,
        "exchange_id": sighting.arrived.id,
        "position": sighting.position,
    }


def _listing(sighting: Sighting) -> str | None:
    name = sighting.arrived.ask.listing
    return None if name is None else key_text(name)


_AUTHOR = ("author_id", "author_name", "author_handle")


def fold(row: Row, account_id: str, sighting: Sighting, *, latest: bool) -> None:
    """Bring a record's row up to date with one more sighting. ``latest``: it arrived after all others.

    What the platform gives now replaces what it gave before; what it leaves out stays as it was. A version out of its
    history, or an answer that arrives late, only fills what is empty. What was seen in public once is public, whatever
    else shows it.
    """
    news = described(account_id, sighting)
    if AccessClass.PUBLIC.value in (row["access"], news["access"]):
        row["access"] = news["access"] = AccessClass.PUBLIC.value
    if latest and not sighting.seen.retrospective:
        if sighting.seen.author is not None:
            row.update({name: news[name] for name in _AUTHOR})
        row.update({name: value for name, value in news.items() if value is not None})
    else:
        _fill(row, news)
    row["listing"] = row["listing"] or _listing(sighting)
    row["first_seen_at"] = min(row["first_seen_at"], sighting.arrived.received_at)
    row["last_seen_at"] = max(row["last_seen_at"], sighting.there_until)
    row["public_first_at"] = either(min, row["public_first_at"], sighting.public_first_at)
    row["public_last_at"] = either(max, row["public_last_at"], sighting.there_in_public_until)
    if latest:
        row["exchange_id"], row["position"] = sighting.arrived.id, sighting.position


def _fill(row: Row, news: Row) -> None:
    if row["thread_id"] == row["id"] and news["thread_id"] is not None:
        row["thread_id"] = news["thread_id"]
    author_known = row["author_name"] is not None
    for name, value in news.items():
        if row[name] in (None, {}) and value is not None and not (author_known and name in _AUTHOR):
            row[name] = value


def _text(text: str | None) -> str | None:
    return None if text is None else safe_text(text)
