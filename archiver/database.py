"""The index database: connections, transactions, locks, and the column types that mean the same on SQLite and
PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from enum import IntEnum
from hashlib import sha256
from typing import Any, Final, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

from archiver import clock, compact
from archiver.database_failures import may_be_repeated
from archiver.engines import make_engine, normal_url, place_of

_T = TypeVar("_T")
_SURROGATE = re.compile("[\ud800-\udfff]")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
#: Whole numbers up to 2^63: sizes, offsets and positions outgrow PostgreSQL's ``integer``.
Whole: Final = BigInteger().with_variant(Integer, "sqlite")
#: The longest text, bytes of UTF-8, in a column that is part of an index. PostgreSQL takes 2,704 bytes a row in all.
KEY_BYTES: Final = 1000
_ATTEMPTS = 20


_encode_json = compact.encoding(sort_keys=True)


def _to_text_or_none(at: datetime | None) -> str | None:
    return None if at is None else clock.repeated_text(at)


def _encode_json_or_none(value: Any) -> str | None:
    return None if value is None else _encode_json(value)


class Instant(TypeDecorator[datetime]):
    """A UTC time with microseconds. SQLite keeps the text form of :func:`archiver.clock.to_text`, which sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        # The same as below in one call for a value, since a batch has tens of thousands.
        return _to_text_or_none if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return _to_text_or_none(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return clock.repeated_from_text(value) if isinstance(value, str) else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value kept as text exactly as written: lone surrogates and NUL stay escaped, numbers keep their form."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _encode_json_or_none if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return _encode_json_or_none(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Characters(TypeDecorator[str]):
    """Text that is compared and sorted by its code points, as SQLite and Python do; PostgreSQL would ask the locale.
    There, a text it cannot hold is made one it can (:func:`safe_text`), also where rows are looked for by it."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else String(collation="C"))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return None if dialect.name == "sqlite" else _safe_or_none

    @property
    def python_type(self) -> type[str]:
        return str


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Characters, int: Whole}  # noqa: RUF012 - as SQLAlchemy documents it


def safe_text(text: str) -> str:
    """Text that every database can hold: NUL becomes U+2400, a lone surrogate U+FFFD. The stored exchange keeps the
    original; this is for columns that people search and read."""
    if "\0" in text:
        text = text.replace("\0", "\u2400")
    return text if text.isascii() or not _has_surrogate(text) else _SURROGATE.sub("\ufffd", text)


def _safe_or_none(text: str | None) -> str | None:
    return None if text is None else safe_text(text)


def key_text(text: str) -> str:
    """Safe text for a column that is part of an index: what is longer than :data:`KEY_BYTES` keeps its beginning and
    has its SHA-256 in place of the rest, so that it still differs from every other. The same on every database."""
    safe = safe_text(text)
    if len(safe) * 4 <= KEY_BYTES:
        return safe
    encoded = safe.encode()
    if len(encoded) <= KEY_BYTES:
        return safe
    digest = sha256(encoded).hexdigest()
    return encoded[: KEY_BYTES - len(digest) - 3].decode(errors="ignore") + "…" + digest


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def among(connection: Connection, column: ColumnElement[str], ids: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column has one of many ids. SQLite gets them as one parameter: SQLAlchemy prepares each value of a list
    for itself, which takes longer than the query."""
    if connection.dialect.name != "sqlite":
        return column.in_(ids)
    listed = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(listed.c.value))


class Lock(IntEnum):
    """What at most one transaction does at a time. On SQLite whoever writes is alone anyway."""

    TABLES = 1
    """Making tables, and beginning an archive in them."""
    REBUILD = 2
    """Beginning or ending a rebuild; whoever gives a lease holds it together with others that do."""
    SEQUENCER = 3
    """Giving positions in the event log."""
    AGAIN = 4
    """Trying once more what ended in a deadlock."""
    CHAIN = 5
    """Adding to the chain of one subject's events."""
    SIGNING = 6
    """Noting where signing, time-stamps and the heartbeat stand."""
    ACTS = 7
    """Giving the next number to an act."""
    LINKS = 8
    """Making a link for an account's owner: of two at a time neither would end the other's."""


#: First half of the keys of our advisory locks, so that they are not those of another program in the same database.
_OURS = 0x61726368
# In the order of the keys, not of the ids: two that take several chains must never wait for each other.
_TAKE_CHAINS = text(
    "SELECT pg_advisory_xact_lock(:lock, key) FROM"
    " (SELECT DISTINCT hashtext(id) AS key FROM unnest(CAST(:ids AS text[])) AS id ORDER BY key) AS chains"
)


def take(connection: Connection, lock: Lock, *, shared: bool = False) -> None:
    """Hold a lock until the transaction ends, waiting for whoever holds it."""
    if connection.dialect.name == "postgresql":
        kind = "_shared" if shared else ""
        connection.execute(text(f"SELECT pg_advisory_xact_lock{kind}({_OURS}, {int(lock)})"))


def take_chains(connection: Connection, subjects: Collection[str]) -> None:
    """Hold the chains of these subjects until the transaction ends: who appends to one must see what is last in it."""
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE_CHAINS, {"lock": _OURS + int(Lock.CHAIN), "ids": list(subjects)})


class Database:
    """The engine of one index and the only way to get a connection.

    Every driver is told to begin nothing by itself: a transaction begins where :meth:`write`, :meth:`act` or
    :meth:`read` begins it, never inside another that the driver opened unasked and that nobody would commit.
    """

    def __init__(self, url: str, zone: tzinfo = UTC) -> None:
        """``zone``: the city's, for queries that ask what holds today (:func:`archiver.people.permission.city_day`)."""
        self.url = normal_url(url)
        self.engine = make_engine(self.url)
        self.engine.update_execution_options(city_zone=zone)

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @property
    def place(self) -> str:
        """Where it is, for people: never with user or password."""
        return place_of(self.url)

    @contextmanager
    def write(self, *locks: Lock, still: bool = False) -> Iterator[Connection]:
        """One transaction that may write, and holds ``locks`` from its beginning. ``still``: it sees one moment, as
        :meth:`read` does; for what is written about what was read, not for changes to it, and not with locks.

        On SQLite it takes the write lock at once (``BEGIN IMMEDIATE``), so that it never fails half-way for want of
        it. On PostgreSQL others write at the same time (READ COMMITTED): what must not change in between has to be
        locked, and it can end in a deadlock, which :meth:`act` gets over.

        Raises:
            DBAPIError: the database failed. Where that was in the commit, whether it happened is not known.
        """
        options = {"archiver_write": True, "archiver_still": still}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            for lock in locks:
                take(connection, lock)
            yield connection

    def act(self, act: Callable[[Connection], _T], *locks: Lock) -> _T:
        """Do something in one transaction of :meth:`write`, and again from its beginning, a few times at most, where
        the database gave it up for the sake of others (deadlock, serialization). Those who try again do so one by one,
        so that they do not meet again. ``act`` changes nothing but the database."""
        for attempt in range(_ATTEMPTS):
            try:
                with self.write(*((Lock.AGAIN,) if attempt else ()), *locks) as connection:
                    return act(connection)
            except DBAPIError as error:
                if attempt == _ATTEMPTS - 1 or not may_be_repeated(error):
                    raise
        raise AssertionError("unreachable")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads: a consistent view (REPEATABLE READ on PostgreSQL)."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()
