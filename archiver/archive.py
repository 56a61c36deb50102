"""One archive, opened: its settings, clock, index, store, identity, connectors and tokens. Real and practice archives
never share any of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from sqlalchemy import Connection, exists, insert, select

from archiver import ids, logs, migrate
from archiver.accounts import acts as register_acts
from archiver.accounts.credentials import Vault
from archiver.accounts.models import Account
from archiver.accounts.platforms import Platforms, load_platforms
from archiver.clock import Clock, SystemClock, to_text
from archiver.database import Database, Lock
from archiver.errors import IntegrityError, MissingKey, NotFound, SettingsError, Unreachable, WrongStore
from archiver.evidence import log
from archiver.evidence.acts import Acts
from archiver.evidence.deltas import require_current
from archiver.evidence.log import NewEvent
from archiver.evidence.log_keys import LogKeys
from archiver.evidence.models import ActFile
from archiver.evidence.models import Archive as ArchiveRow
from archiver.evidence.signed_log import SignedLog
from archiver.records import import_acts
from archiver.records.import_models import Import
from archiver.records.models import RebuildProgress
from archiver.sealing import KeyFile
from archiver.search import acts as search_acts
from archiver.search.index import SearchIndex
from archiver.search.models import SearchStatement
from archiver.search.opening import open_index
from archiver.settings import Settings
from archiver.storage.identity import KEY, Identity, read_identity, write_identity
from archiver.storage.opening import store_of
from archiver.storage.protocol import ObjectStore
from connectors.contract import Connector

Kind = Literal["real", "practice"]
_log = logs.get(__name__)
#: Of the store; `archive.json` and the first event of the log say so.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Archive:
    """What every part of the service is handed. Safe to share between threads."""

    settings: Settings
    clock: Clock
    database: Database
    store: ObjectStore
    identity: Identity
    platforms: Platforms
    vault: Vault
    search: SearchIndex

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        create: bool = True,
        kind: Kind = "real",
        empty_index: bool = False,
        clock: Clock | None = None,
    ) -> Self:
        """Open the archive that ``settings`` name.

        Args:
            create: begin a new archive where there is none.
            kind: which kind is expected; the other is refused.
            empty_index: accept an empty index beside a filled store, as a rebuild does; no new archive is begun.

        Raises:
            NotFound: there is none, and ``create`` is false; or none in the store, and the index may be empty.
            WrongStore: index or store belong to something else, to the other kind, or to a newer version.
            SettingsError, Unreachable: a setting, folder, database or store cannot be used.
        """
        database = Database(settings.database_url, settings.zone)
        try:
            if not create:
                _require_archive(database, settings)
            _make_home(settings.home)
            clock = clock or SystemClock()
            store = store_of(settings)
            found = read_identity(store)
            _check_kind(found, kind, store.name)
            if empty_index:
                _require_stored(found, store.name)
            migrate.upgrade(database)
            with database.read() as connection:
                known = _known(connection)
            if known is None:
                with database.write(Lock.TABLES) as connection:
                    known = _known(connection) or _begin(
                        connection, store, settings, kind, clock, empty_index, database.place
                    )
            # Looked at again where it was not there: another process may have begun the archive meanwhile.
            _check_agreement(known, found or read_identity(store), store.name, settings)
        except BaseException:
            database.close()
            raise
        vault = Vault(settings.key_file, database)
        search = open_index(database.dialect, settings.time_zone, clock)
        archive = cls(settings, clock, database, store, known, load_platforms(), vault, search)
        archive._catch_up()
        return archive

    def connector(self, platform: str) -> Connector:
        """See :meth:`archiver.accounts.platforms.Platforms.connector`."""
        return self.platforms.connector(platform)

    @property
    def signed_log(self) -> SignedLog:
        """The event log as what is signed and proven."""
        keys = LogKeys(self.settings.log_key_file, self.identity.log_origin)
        days = 0 if self.practice else self.settings.log_lock_days
        return SignedLog(self.database, self.store, self.clock, self.identity.id, keys, days)

    @property
    def acts(self) -> Acts:
        """Records acts whose facts are in the database only."""
        return Acts(KeyFile(self.settings.act_key_file), self.identity.id, _is_half)

    def has_untold(self, connection: Connection) -> bool:
        """Whether there is something that only the database knows and no act tells of."""
        columns = (Account.id, SearchStatement.id, Import.id)
        queries = (select(one).where(~exists().where(ActFile.subject_id == one)).limit(1) for one in columns)
        return any(connection.execute(query).first() is not None for query in queries)

    def _catch_up(self) -> None:
        """Record what was done before this version wrote acts. A rebuild that is not done says nothing yet; and where
        acts could not be read, the register holds guesses in their place, which must never become acts."""
        with self.database.read() as connection:
            if _is_half(connection) or _has_lost_acts(connection) or not self.has_untold(connection):
                return
        try:
            require_current(self.database, self.store)  # entries in a database that was set back would fork the log
            self.database.act(self._record_untold, Lock.TABLES)
        except (MissingKey, SettingsError, IntegrityError, OSError, ValueError) as error:
            _log.error("acts.not_recorded", reason=str(error))  # the doctor says so too; reading must go on

    def _record_untold(self, connection: Connection) -> None:
        for record_all in (register_acts.record_all, search_acts.record_all, import_acts.record_all):
            record_all(connection, self.acts, self.clock.now())

    @property
    def practice(self) -> bool:
        """Whether everything in here is made up."""
        return self.identity.kind == "practice"

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_half(connection: Connection) -> bool:
    return connection.execute(select(RebuildProgress.account_id).limit(1)).first() is not None


def _has_lost_acts(connection: Connection) -> bool:
    return connection.execute(select(ActFile.number).where(ActFile.kind.is_(None)).limit(1)).first() is not None


def _require_archive(database: Database, settings: Settings) -> None:
    """Whoever only reads begins nothing."""
    if not migrate.is_begun(database):
        place = settings.home if database.dialect == "sqlite" else f"the database {database.place}"
        raise NotFound(
            f"there is no archive in {place} yet: `archiver account add URL` or `archiver serve` begins one,"
            " ARCHIVER_HOME names another folder, and `archiver index rebuild` reads the index anew from a store"
        )


def _require_stored(found: Identity | None, place: str) -> None:
    if found is None:
        raise NotFound(f"there is no archive in {place}: does ARCHIVER_STORE_URL name the store that is meant?")


def stored_archive(settings: Settings, kind: Kind) -> tuple[ObjectStore, Identity]:
    """The store that the settings name and whose it is, without a database; nothing is made.

    Raises:
        NotFound: there is no archive in it.
        WrongStore: it belongs to something else, or to the other kind.
        SettingsError, Unreachable: it cannot be used.
    """
    store = store_of(settings)
    found = read_identity(store)
    _check_kind(found, kind, store.name)
    _require_stored(found, store.name)
    assert found is not None
    return store, found


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unreachable(f"cannot use {home} as ARCHIVER_HOME: {error.strerror or error}") from None


def _check_kind(found: Identity | None, kind: Kind, place: str) -> None:
    if found is not None and found.kind != kind:
        kinds = {"real": "a real archive", "practice": "a practice archive"}
        raise WrongStore(f"{place} belongs to {kinds[found.kind]}, not to {kinds[kind]}; the two never mix")


def _known(connection: Connection) -> Identity | None:
    """The identity the index holds."""
    row = connection.execute(select(ArchiveRow)).mappings().one_or_none()
    if row is not None and row["moved_at"] is not None:
        raise WrongStore(
            f"the index was moved out of this database on {to_text(row['moved_at'])}: let ARCHIVER_DATABASE_URL name"
            " the one it was moved to, or an empty one for `archiver index rebuild`"
        )
    return None if row is None else Identity(row["id"], row["kind"], row["log_origin"], row["created_at"])


def _begin(
    connection: Connection,
    store: ObjectStore,
    settings: Settings,
    kind: Kind,
    clock: Clock,
    empty_index: bool,
    place: str,
) -> Identity:
    """The identity of a new index: the store's, or a new one. Runs under the index's write lock and writes the store
    first, so that a crash in between leaves a store that names itself and holds nothing else."""
    found = read_identity(store)
    filled = found is not None and _is_filled(store)
    if filled and not empty_index:
        raise WrongStore(
            f"the index {place} is empty, but {store.name} holds an archive:"
            " run `archiver index rebuild` to read the index anew, or name the right database"
        )
    archive_id = ids.new_id("av")
    origin = settings.log_origin or f"records-archiver/{archive_id}"
    identity = found or Identity(archive_id, kind, origin, clock.now())
    write_identity(store, identity)
    connection.execute(
        insert(ArchiveRow).values(
            id=identity.id, kind=identity.kind, log_origin=identity.log_origin, created_at=identity.created_at
        )
    )
    if not filled:
        facts = {"kind": identity.kind, "format": FORMAT}
        log.append(connection, [NewEvent("archive.created", "archive", identity.id, facts)], clock.now())
    return identity


def _check_agreement(known: Identity, found: Identity | None, store: str, settings: Settings) -> None:
    if found is None:
        raise WrongStore(f"{store} is empty, but the index belongs to archive {known.id}: is its disk mounted?")
    if known != found:
        raise WrongStore(
            f"{store} belongs to archive {found.id}, the index to {known.id}: name a pair that belongs together"
        )
    if settings.log_origin not in ("", known.log_origin):
        raise SettingsError(f"ARCHIVER_LOG_ORIGIN cannot change: the log of this archive is named {known.log_origin}")


def _is_filled(store: ObjectStore) -> bool:
    return any(stored.key != KEY for stored, _ in zip(store.list(), range(2), strict=False))
