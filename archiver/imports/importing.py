"""Bringing an export in: everything of it that is to be stored, in runs of the trigger ``import``.

First all of it is looked through; what is wrong with it is said, and nothing is stored. Then the act is recorded: who
brings what, and why. Then its files are stored in batches, each a run of its own with the account's lease held only
while it is written, so that captures go on in between. Last comes the list of all its files; with it the import is
whole. Whatever stops it, the same command goes on with what is not stored yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, select

from archiver import ids
from archiver.capture.failures import named_failures
from archiver.capture.models import Exchange
from archiver.capture.service import Capture
from archiver.capture.terms import account_ref
from archiver.database import safe_text
from archiver.errors import ArchiverError, OutOfSpace, UsageError
from archiver.evidence import log
from archiver.evidence.deltas import store_deltas
from archiver.evidence.log import NewEvent
from archiver.faults import crash_point
from archiver.imports.containers import open_container
from archiver.imports.foreign import Tally
from archiver.imports.making import BlockMaker
from archiver.imports.planning import Plan, Watch, make_plan
from archiver.imports.writing import BatchWriter
from archiver.records import import_acts, import_views
from archiver.records.import_models import Import, ImportedFile, ImportedVersion
from archiver.visible import one_line
from connectors.contract import AccountRef
from connectors.exports import fits
from connectors.exports.contract import Use

if TYPE_CHECKING:
    from archiver.archive import Archive

_LONGEST = 2_000
"""Longest text that says who or why, characters."""


class Stopped(ArchiverError):  # noqa: N818 - named as the cause
    """A person asked to end."""

    exit_code = 130


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person orders."""

    path: Path
    account_id: str
    source: str
    """Who gave it."""
    reason: str
    by: str
    """Who brings it."""
    kind: str | None = None
    confirmed: str | None = None
    """The handle of the account, typed by a person where the export names the account by nothing more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    import_id: str
    account_id: str
    format: str
    sha256: str
    made_at: datetime | None
    already: bool
    """It was there before; nothing was stored."""
    dry_run: bool
    files: int
    bytes: int
    left_out: dict[str, int]
    """How many files were not stored, by the reason."""
    records: int
    """Different records that it tells of; of a dry run 0."""
    only_imported: int
    """Of them, those of which nothing is captured."""
    not_understood: int
    """Places in stored files that could not be read."""
    not_read: tuple[str, ...] = ()
    """Files that are stored, and too large to be read."""
    notes: tuple[str, ...] = ()
    """What was checked of foreign WARC files and packages, and what was not."""


@dataclass(slots=True)
class Importing:
    """One import, from file to list."""

    capture: Capture
    wanted: Wanted
    watch: Watch = lambda *_: None
    stopped: Callable[[], bool] = lambda: False
    _account: Row[Any] = field(init=False)
    _reference: AccountRef = field(init=False)
    _plan: Plan = field(init=False)
    _id: str = field(init=False)

    def carry_out(self, *, dry_run: bool = False) -> Outcome:
        """Bring it in, or go on with it.

        Args:
            dry_run: only look through it and say what would be done.

        Raises:
            Unusable, UsageError: it is not what it has to be, or another account's; nothing was stored.
            Refused: the register lists it as a personal or a campaign account. What was the City's business on one is
                deposited file by file.
            OutOfSpace: there is no room for it; nothing was stored.
            Stopped, Busy, StoreUnavailable, DatabaseUnavailable: the same command goes on.
        """
        self._look()
        ended = self._ended()
        if dry_run or ended:
            return self._outcome(already=ended, dry_run=dry_run)
        with named_failures(self.capture.spool.folder):
            self._require_room()
            self.capture.write_once.require()
            self._begin()
            self._store()
            store_deltas(self._archive.database, self._archive.store)
        return self._outcome(already=False, dry_run=False)

    # What it is, and whose.

    @property
    def _archive(self) -> Archive:
        return self.capture.archive

    def _look(self) -> None:
        wanted, archive = self.wanted, self._archive
        for name, said in (("--source", wanted.source), ("--reason", wanted.reason), ("--by", wanted.by)):
            if not said.strip() or len(said) > _LONGEST:
                raise UsageError(f"{name} has to say something, in at most {_LONGEST:,} characters")
        self._account = self.capture.allowed(wanted.account_id)
        connector = archive.platforms.connector(self._account.platform)
        self._reference = account_ref(self._account, connector, authorised=False)
        container = open_container(wanted.path)
        self._plan = make_plan(container, wanted.kind, archive.settings.media_bytes, self.watch, self._check_stop)
        self._require_own()
        self._id = ids.import_id(self._account.id, self._plan.whole.sha256)
        self._name_as_before()

    def _name_as_before(self) -> None:
        """One file alone goes on under the name under which it was begun, whatever it is called by now."""
        plan = self._plan
        with self._archive.database.read() as connection:
            begun = import_views.find_import(connection, self._id)
        if begun is not None and [one.name for one in plan.files] == [plan.container.path.name]:
            self._plan = replace(plan, files=[replace(plan.files[0], name=begun.name)])

    def _require_own(self) -> None:
        export, identity, account = self._plan.export, self._plan.identity, self._account
        named = one_line(identity.handle, 80)
        if not fits(export, account.platform):
            raise UsageError(f"it is a {export.title}, and {account.handle} is an account of {account.platform}")
        own = export.is_of(identity, self._reference)
        if own is False:
            raise UsageError(f"it is the export of another account ({named}), not of {account.handle}")
        if own is None and (self.wanted.confirmed or "").casefold() != account.handle.casefold():
            if identity.doubt:
                raise UsageError(
                    f"{identity.doubt}. If somebody made sure that {named}'s belongs with {account.handle}, say"
                    f" --confirm-account {account.handle}"
                )
            if not named:
                raise UsageError(
                    "it does not say whose it is. If somebody made sure that it is of"
                    f" {account.handle}, say --confirm-account {account.handle}"
                )
            raise UsageError(
                f"it names the account only as {named}, and such a name may have been given to others since. If"
                f" somebody made sure that it is the export of {account.handle}, say --confirm-account {account.handle}"
            )

    def _ended(self) -> bool:
        with self._archive.database.read() as connection:
            found = import_views.find_import(connection, self._id)
        return found is not None and found.ended_at is not None

    def _require_room(self) -> None:
        """All of it has to find room, beside what always stays free: once in the spool for a moment, once in the
        store."""
        folder, reserve = self.capture.spool.folder, self._archive.settings.disk_reserve_percent / 100
        free, whole = self.capture.spool.free_bytes()
        needed = self._plan.bytes_stored + max((one.size for one in self._plan.stored), default=0)
        if free - needed < whole * reserve:
            raise OutOfSpace(
                f"it needs {needed / 2**20:,.0f} MiB, and the disk of {folder.parent} has not so much room beside what"
                " always stays free; nothing was stored"
            )

    def _check_stop(self) -> None:
        if self.stopped():
            raise Stopped("stopped; the same command goes on with what is not stored yet")

    # The act.

    def _begin(self) -> None:
        """Record who brings what and why, once: whoever goes on with it later adds nothing."""
        now = self._archive.clock.now()
        plan, wanted = self._plan, self.wanted
        row = {
            "id": self._id,
            "account_id": self._account.id,
            "format": plan.export.name,
            "name": safe_text(plan.whole.name),
            "sha256": plan.whole.sha256,
            "size": plan.whole.size,
            "source": safe_text(wanted.source.strip()),
            "reason": safe_text(wanted.reason.strip()),
            "brought_by": safe_text(wanted.by.strip()),
            "confirmed": None if wanted.confirmed is None else safe_text(wanted.confirmed),
            "made_at": plan.identity.made_at,
            "at": now,
        }

        def begin(connection: Connection) -> None:
            if connection.execute(select(Import.id).where(Import.id == self._id)).first() is not None:
                return
            connection.execute(insert(Import).values(**row))
            self._archive.acts.record(connection, import_acts.begun(row), now)
            facts = {"account": self._account.id, "format": plan.export.name}
            log.append(connection, [NewEvent("import.begun", "import", self._id, facts, "person", "operator")], now)

        self._archive.database.act(begin)
        crash_point("import.begun")

    # What is stored.

    def _store(self) -> None:
        writer = BatchWriter(
            self.capture, self._account, self._id, self._plan.export.version, self.watch, self._check_stop
        )
        maker = BlockMaker(
            self._plan, self._reference, self._id, self._archive.clock, writer.body_path, self.watch, self._check_stop
        )
        maker.known = self._stored_before()
        writer.store(maker.files())
        if ("", 0) not in self._stored_before():
            writer.store([maker.listed(self._counts(maker.tally))])

    def _stored_before(self) -> dict[tuple[str, int], str]:
        """What of it is stored: also what was stored in the name of a process that died."""
        self.capture.recovery.finish_own(self._account.id)
        with self._archive.database.read() as connection:
            return import_views.stored_blocks(connection, self._id)

    def _counts(self, tally: Tally) -> dict[str, Any]:
        plan = self._plan
        versions = select(func.count()).where(ImportedVersion.import_id == self._id)
        blocks_of = select(ImportedFile.exchange_id).where(ImportedFile.import_id == self._id)
        with self._archive.database.read() as connection:
            records = connection.execute(versions).scalar_one()
            wrong = connection.execute(select(Exchange.quarantine).where(Exchange.id.in_(blocks_of))).scalars()
            not_understood = sum(len(one or ()) for one in wrong)
        return {
            "files": len(plan.stored),
            "left_out": len(plan.files) - len(plan.stored),
            "why": plan.left_out,
            "records": int(records),
            "not_understood": not_understood,
        } | ({"foreign": tally.counts()} if tally != Tally() else {})

    # What came of it.

    def _outcome(self, *, already: bool, dry_run: bool) -> Outcome:
        plan = self._plan
        records = select(func.count(ImportedVersion.record_id.distinct())).where(ImportedVersion.import_id == self._id)
        only = records.where(import_views.not_captured())
        with self._archive.database.read() as connection:
            told, beside = (int(connection.execute(one).scalar_one()) for one in (records, only))
            found = import_views.find_import(connection, self._id)
        return Outcome(
            import_id=self._id,
            account_id=self._account.id,
            format=plan.export.name,
            sha256=plan.whole.sha256,
            made_at=plan.identity.made_at,
            already=already,
            dry_run=dry_run,
            files=len(plan.stored),
            bytes=plan.bytes_stored,
            left_out=plan.left_out,
            records=told,
            only_imported=beside,
            not_understood=int(found.counts.get("not_understood", 0)) if found is not None else 0,
            notes=() if found is None else tuple(_notes(plan, found.counts.get("foreign"))),
            not_read=tuple(one.name for one in plan.stored if one.planned.use is Use.KEPT and one.planned.why),
        )


def _notes(plan: Plan, foreign: Mapping[str, int] | None) -> Iterator[str]:
    """What was checked of foreign files, one sentence each without its end."""
    if foreign is not None:
        yield (
            f"WARC records kept: {foreign['kept']:,}; digests verified {foreign['verified']:,}, failed"
            f" {foreign['failed']:,}, not checked {foreign['not_checked']:,}"
        )
        if foreign["not_kept"]:
            yield f"requests and notes of the crawler, not kept: {foreign['not_kept']:,}"
        if foreign["too_large"]:
            yield f"WARC records too large to be kept: {foreign['too_large']:,}"
    if plan.package is not None:
        own = plan.package
        unchecked = f"not checked {len(own.not_checked):,}"
        yield f"files of the package verified {own.verified:,}, failed {len(own.failed):,}, {unchecked}"
        yield f"digest of the package: {own.digest.replace('_', ' ')}; its signature: {own.signature.replace('_', ' ')}"
