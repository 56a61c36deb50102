"""Pictures of an account's own posts: which versions have none yet, and those that are there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from archiver.accounts.models import Account
from archiver.capture.models import Exchange, Segment
from archiver.errors import NotFound
from archiver.records import as_all_saw
from archiver.records.as_all_saw import Homes
from archiver.records.seeing import allowed, only_public
from archiver.records.stored import OCCURRENCE, PICTURE, RECORD, VERSION, in_public, table
from archiver.records.views import EVERYTHING, PictureView
from archiver.viewing import Viewer
from connectors.contract import AccessClass, RecordKind

_ACCOUNT, _EXCHANGE, _SEGMENT = table(Account), table(Exchange), table(Segment)
_OWN = (RecordKind.POST.value, RecordKind.STORY.value)
_FEEDS = ("feed",)
"""Platforms on which every entry is the account's own, whoever it names as its author."""


@dataclass(frozen=True, slots=True)
class Undrawn:
    """A version of which there is no picture."""

    record_id: str
    version_id: str
    exchange_id: str
    position: int
    access: AccessClass
    """Class of the answer that it is drawn from: whoever may see that may see the picture, and nobody else."""


def undrawn(connection: Connection, account_id: str, most: int, passed_over: Collection[str] = ()) -> list[Undrawn]:
    """Versions of the account's own posts that were seen and have no picture, those seen last first; but for those that
    are ``passed_over``, by id. Of a public post they are drawn from what everybody could see, for everybody; of one
    that is kept as private (be it that it was only ever read signed in) from that, for whoever sees it."""
    # (a picture of what was private, drawn before everybody saw it, is none for everybody)
    of_version = exists(_drawn())
    for_everybody = exists(_drawn().where(in_public(PICTURE.c.exchange_id)))
    wanted = or_(
        and_(RECORD.c.access == AccessClass.PUBLIC.value, _seen_in(AccessClass.PUBLIC), ~for_everybody),
        and_(RECORD.c.access == AccessClass.PRIVATE.value, _seen_in(AccessClass.PRIVATE), ~of_version),
    )
    query = (
        select(VERSION.c.id, RECORD.c.access)
        .join(RECORD, RECORD.c.id == VERSION.c.record_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id)
        .where(
            RECORD.c.account_id == account_id,
            RECORD.c.kind.in_(_OWN),
            wanted,
            or_(RECORD.c.author_id == _ACCOUNT.c.platform_id, _ACCOUNT.c.platform.in_(_FEEDS)),
            VERSION.c.first_seen_at.is_not(None),
        )
        .order_by(VERSION.c.first_seen_at.desc(), VERSION.c.id)
        .limit(most + len(passed_over))
    )
    found = [row for row in connection.execute(query) if row.id not in passed_over][:most]
    return [_latest(connection, row.id, AccessClass(row.access)) for row in found]


def _drawn() -> Select[Any]:
    """Pictures of a version."""
    of = and_(OCCURRENCE.c.exchange_id == PICTURE.c.drawn_from, OCCURRENCE.c.position == PICTURE.c.position)
    query = select(PICTURE.c.exchange_id).join(OCCURRENCE, of)
    return query.where(PICTURE.c.record_id == RECORD.c.id, OCCURRENCE.c.version_id == VERSION.c.id)


def _seen_in(access: AccessClass) -> ColumnElement[bool]:
    """Whether one answer of a class says all that a version says."""
    mine = and_(OCCURRENCE.c.record_id == RECORD.c.id, OCCURRENCE.c.version_id == VERSION.c.id)
    return exists(_whole(access).where(mine))


def _whole(access: AccessClass) -> Select[Any]:
    """Sights, in answers of a class, of all that their version says. What a version says only by several answers
    together is in no picture."""
    return (
        select(OCCURRENCE.c.record_id, OCCURRENCE.c.version_id, OCCURRENCE.c.exchange_id, OCCURRENCE.c.position)
        .join(_EXCHANGE, _EXCHANGE.c.id == OCCURRENCE.c.exchange_id)
        .join(_SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id)
        .where(
            OCCURRENCE.c.partial.is_(None),
            OCCURRENCE.c.retrospective.is_(False),
            _SEGMENT.c.access == access.value,
        )
    )


def _latest(connection: Connection, version_id: str, access: AccessClass) -> Undrawn:
    record_id = select(VERSION.c.record_id).where(VERSION.c.id == version_id).scalar_subquery()
    arrival = (OCCURRENCE.c.arrival, OCCURRENCE.c.ordinal, OCCURRENCE.c.exchange_id, OCCURRENCE.c.position)
    query = _whole(access).where(OCCURRENCE.c.record_id == record_id, OCCURRENCE.c.version_id == version_id)
    row = connection.execute(query.order_by(*(one.desc() for one in arrival)).limit(1)).one()
    return Undrawn(row.record_id, row.version_id, row.exchange_id, row.position, access)


def of_record(connection: Connection, record_id: str, *, public: bool = False) -> tuple[PictureView, ...]:
    """The pictures of a record, each with the version that it shows, as versions are counted now. ``public``: those of
    what everybody could see, counted as such a reader is shown versions."""
    columns = [PICTURE.c[name] for name in PictureView.__slots__ if name in PICTURE.c]
    query = (
        select(VERSION.c.number.label("version"), *columns)
        .join(
            OCCURRENCE,
            and_(OCCURRENCE.c.exchange_id == PICTURE.c.drawn_from, OCCURRENCE.c.position == PICTURE.c.position),
        )
        .join(VERSION, VERSION.c.id == OCCURRENCE.c.version_id)
        .where(PICTURE.c.record_id == record_id)
        .order_by(VERSION.c.number, PICTURE.c.drawn_at, PICTURE.c.exchange_id)
    )
    if not public:
        return tuple(PictureView(**row) for row in connection.execute(query).mappings())
    open_to_all = and_(in_public(PICTURE.c.drawn_from), in_public(PICTURE.c.exchange_id))
    rows = connection.execute(query.where(open_to_all)).mappings()
    found = tuple(PictureView(**row) for row in rows)
    mixed = as_all_saw.versions_of(connection, [record_id]) if found else {}
    if record_id not in mixed:
        return found
    numbers = Homes.of(mixed[record_id]).numbers
    numbered = (replace(one, version=numbers.get((one.drawn_from, one.position), 0)) for one in found)
    return tuple(sorted((one for one in numbered if one.version), key=lambda one: one.version))


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Where the bytes of a file or picture are."""

    key: str
    version_id: str | None
    offset: int
    length: int
    facts_offset: int
    facts_length: int
    access: str
    """Class of the segment."""


def place(connection: Connection, exchange_id: str) -> StoredAt | None:
    """Where an exchange is stored; None where it is no more."""
    names = ("offset", "length", "facts_offset", "facts_length")
    columns = [_SEGMENT.c.key, _SEGMENT.c.version_id, *(_EXCHANGE.c[name] for name in names), _SEGMENT.c.access]
    query = (
        select(*columns).join(_SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id).where(_EXCHANGE.c.id == exchange_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredAt(*row)


def picture(connection: Connection, exchange_id: str, viewer: Viewer = EVERYTHING) -> tuple[PictureView, StoredAt]:
    """One picture, and where its bytes are.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    query = select(RECORD.c.id, RECORD.c.account_id).join(PICTURE, RECORD.c.id == PICTURE.c.record_id)
    row = connection.execute(query.where(PICTURE.c.exchange_id == exchange_id, *allowed(viewer))).one_or_none()
    public = row is not None and only_public(viewer, row.account_id)
    shown = () if row is None else of_record(connection, row.id, public=public)
    found = [one for one in shown if one.exchange_id == exchange_id]
    stored = place(connection, exchange_id) if found else None
    if stored is None:
        raise NotFound(f"no picture {exchange_id}")
    return found[0], stored
