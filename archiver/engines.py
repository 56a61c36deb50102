"""Engines: what is set on every connection to SQLite and PostgreSQL, so that an acknowledged commit is a safe one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from archiver.errors import Unreachable, WrongStore

#: PostgreSQL's first version that is supported.
OLDEST = 15
#: Seconds that a statement waits for a lock somebody else holds, on both databases.
_LOCK_SECONDS = 30
#: Seconds after which PostgreSQL ends a transaction in which nothing happens: that of a process that was paused.
_IDLE_SECONDS = 900
#: The same for one that only reads: it keeps nobody waiting, and reads the whole store beside it when it verifies.
_READING_SECONDS = 12 * 3600
#: After how long without a sign of life, seconds, either side asks the other for one, how often, and how long it waits.
#: Otherwise a machine that vanished from the network would keep its locks, or be waited for, for hours.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_DRIVER = "postgresql+psycopg"
_ON_CONNECT = f"""
    SELECT set_config(name, value, false) FROM (VALUES
        ('synchronous_commit',
            CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END),
        ('lock_timeout', '{_LOCK_SECONDS}s'),
        ('idle_in_transaction_session_timeout', '{_IDLE_SECONDS}s'),
        ('tcp_keepalives_idle', '{_KEEPALIVE["keepalives_idle"]}'),
        ('tcp_keepalives_interval', '{_KEEPALIVE["keepalives_interval"]}'),
        ('tcp_keepalives_count', '{_KEEPALIVE["keepalives_count"]}'),
        ('TimeZone', 'UTC'),
        ('standard_conforming_strings', 'on')
    ) AS setting (name, value)
"""  # noqa: S608 - our own numbers


def normal_url(url: str) -> URL:
    """The URL with its driver named: ``postgresql://`` is taken as psycopg 3."""
    parsed = make_url(url)
    return parsed.set(drivername=_DRIVER) if parsed.drivername == "postgresql" else parsed


def place_of(url: URL) -> str:
    """Where a database is, for people: a path, or host and name; neither user nor password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "this machine"
    port = f":{url.port}" if url.port else ""
    return f"{url.database} on {host}{port}"


def make_engine(url: URL) -> Engine:
    """The engine for a URL. Nothing is connected yet. Values never stand in the text of an error."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _LOCK_SECONDS, "check_same_thread": False})
        _prepare_sqlite(engine)
        return engine
    waits = {"connect_timeout": 10, "tcp_user_timeout": 60_000, **_KEEPALIVE}
    # Autocommit means that psycopg opens no transaction by itself, in which another would only be a savepoint.
    engine = create_engine(
        url,
        connect_args={
            "autocommit": True,
            "application_name": "records-archiver",
            **{name: value for name, value in waits.items() if name not in url.query},
        },
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,
    )
    _prepare_postgresql(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; _on_begin does
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a commit that was acknowledged survives a power cut
            "foreign_keys=ON",
            f"busy_timeout={_LOCK_SECONDS * 1000}",
            "cache_size=-32768",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.execute(_ON_CONNECT)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # Not READ WRITE: where the server says that nothing may be written, nothing is.
        wanted = "REPEATABLE READ" if _is_still(connection) else "READ COMMITTED"
        if not _writes(connection):
            wanted += f" READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '{_READING_SECONDS}s'"
        connection.exec_driver_sql(f"BEGIN ISOLATION LEVEL {wanted}")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("archiver_write", False))


def _is_still(connection: Connection) -> bool:
    """Whether it sees one moment only, whatever others commit meanwhile."""
    return bool(connection.get_execution_options().get("archiver_still", not _writes(connection)))


def require_usable(connection: Connection, place: str) -> None:
    """Refuse a PostgreSQL that cannot hold an archive.

    Raises:
        Unreachable: it is too old.
        WrongStore: the database's encoding cannot hold every text.
    """
    if connection.dialect.name != "postgresql":
        return
    number, encoding = connection.exec_driver_sql(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
    ).one()
    if number < OLDEST * 10_000:
        raise Unreachable(
            f"the database server is PostgreSQL {number // 10_000}; version {OLDEST} or later is needed: upgrade it"
        )
    if encoding != "UTF8":
        raise WrongStore(
            f"the database {place} has the encoding {encoding[:40]}: create one with ENCODING 'UTF8' and name that"
        )
