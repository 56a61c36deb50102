"""Examination of everything the archive stands on, each finding with its remedy. Changes nothing but a probe object
that it writes, tries to overwrite and removes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from archiver import migrate
from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.clock import to_text
from archiver.database import Database
from archiver.errors import ArchiverError, Unreachable
from archiver.evidence import acts
from archiver.mail import service as mail
from archiver.mail.lost import lost
from archiver.mail.trying import State
from archiver.operations import (
    connections,
    database_check,
    deposits_due,
    locks,
    log_state,
    master_list,
    page_roles,
    probe_record,
    proving_record,
    quota,
    snapshots,
)
from archiver.operations.doctor_machine import machine
from archiver.operations.finding import Finding, telling
from archiver.operations.pushing import left_lying
from archiver.settings import Settings
from archiver.storage.protocol import Conflict

__all__ = ["Finding", "examine"]

_PROBE = "probe"
_FIRST = "Nothing else can be looked at before this is right."


def examine(settings: Settings) -> list[Finding]:
    """Everything that can be looked at; what cannot be opened is a finding, not an error."""
    findings = machine(settings)
    try:
        if not _is_begun(settings):
            return [*findings, Finding("archive", True, f"none yet in {settings.home}", "Begin with `archiver serve`.")]
    except Unreachable as error:
        return [*findings, Finding("database", False, str(error), _FIRST)]
    findings.append(_migrations(settings))
    try:
        archive = Archive.open(settings, create=False)
    except ArchiverError as error:
        return [*findings, Finding("archive", False, str(error), _FIRST)]
    with archive:
        findings.append(Finding("archive", True, f"{archive.identity.kind}, {archive.identity.id}"))
        findings += [
            _database(archive),
            _search(archive),
            _store(archive),
            _trial(archive),
            _locks(archive),
            _keys(archive),
            _acts(archive),
            _snapshots(archive),
        ]
        findings += [_log(archive), *_stamps(archive)]
        findings += [
            *_connectors(archive),
            *_connections(archive),
            *_mail(archive),
            *_quotas(archive),
            *_deposits(archive),
            *_page_roles(archive),
        ]
        findings += [*_register(archive), *_deliveries(archive)]
    return findings


@contextmanager
def _database_of(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def _is_begun(settings: Settings) -> bool:
    with _database_of(settings) as database:
        return migrate.is_begun(database)


def _migrations(settings: Settings) -> Finding:
    try:
        with _database_of(settings) as database, database.read() as connection:
            revision = migrate.check(connection, database.place)
    except (ArchiverError, SQLAlchemyError) as error:
        said = str(error) if isinstance(error, ArchiverError) else f"cannot be read ({type(error).__name__})"
        return Finding("tables", False, said, "Use the version that wrote it, or restore the database.")
    if revision == migrate.head():
        return Finding("tables", True, f"schema {revision}")
    return Finding("tables", True, f"schema {revision}, {migrate.head()} is made at the next start")


def _database(archive: Archive) -> Finding:
    with telling("database", "Restore it from a copy, or run `archiver index rebuild`.") as tell:
        said = database_check.look(archive.database)
        if said.problem:
            return Finding("database", False, f"{said.found}: {said.problem}", said.remedy)
        tell(True, said.found)
    return tell.finding


def _search(archive: Archive) -> Finding:
    with telling("search", "Run `archiver index rebuild`.") as tell:
        with archive.database.read() as connection:
            outdated = archive.search.outdated(connection)
        tell(not outdated, "made by another version" if outdated else "up to date")
    return tell.finding


def _store(archive: Archive) -> Finding:
    """Write once, read back, and be refused a second time with other bytes."""
    with telling("store", "Check that the folder is there, is writable and supports hard links.") as tell:
        key = f"{_PROBE}/{secrets.token_hex(8)}"
        first, second = b"probe", b"another probe"
        archive.store.put(key, first, hashlib.sha256(first).hexdigest())
        try:
            with archive.store.open(key) as stream:
                same = stream.read() == first
            overwritten = _overwrites(archive, key, second)
        finally:
            archive.store.delete(key)
        if not same:
            tell(False, f"{archive.store.name} gives back other bytes than were written")
        elif overwritten:
            tell(False, f"{archive.store.name} lets stored objects be overwritten")
        else:
            tell(True, f"{archive.store.name} keeps what is written and refuses to overwrite it")
    return tell.finding


def _trial(archive: Archive) -> Finding:
    """What the last trial showed: locks take too long to try here."""
    remedy = "`archiver storage probe` says what is wrong; docs/production.md says what the store has to do."
    with telling("trial of the store", remedy) as tell:
        known = probe_record.state(archive)
        tell(known.sound, known.said)
    return tell.finding


def _locks(archive: Archive) -> Finding:
    """Whether locks are lengthened before they end."""
    ok, said = locks.told(archive)
    remedy = "The running service lengthens them: look whether it runs and what its log says of storage."
    return Finding("locks", ok, said, "" if ok else remedy)


def _overwrites(archive: Archive, key: str, content: bytes) -> bool:
    try:
        archive.store.put(key, content, hashlib.sha256(content).hexdigest())
    except Conflict:
        return False
    return True


def _keys(archive: Archive) -> Finding:
    with telling("keys", "Put the key file back with mode 600, or give the tokens again.") as tell:
        count = archive.vault.check()
        tell(True, f"{count} stored tokens open" if count else "no token is stored")
    return tell.finding


def _acts(archive: Archive) -> Finding:
    """Whether what only acts tell of could be restored from the store."""
    with telling("acts", "Put the key file back with mode 600; docs/acts.md says what to do where it is lost.") as tell:
        with archive.database.read() as connection:
            count, waiting = acts.counted(connection)
            untold = archive.has_untold(connection)
        if count:
            archive.acts.key_file.keys()
        said = f"{count:,} acts" + (f", {waiting:,} of them not in the store yet" if waiting else "")
        tell(not untold, f"{said}; the register holds what no act tells of" if untold else said)
    return tell.finding


def _snapshots(archive: Archive) -> Finding:
    """Whether the index is copied into the store as often as it should be."""
    with telling("snapshots", "Look into the log of `archiver serve`, or run `archiver index snapshot`.") as tell:
        with archive.database.read() as connection:
            last = snapshots.newest(connection)
        every = timedelta(hours=archive.settings.snapshot_hours)
        late = bool(every) and archive.clock.now() - (last or archive.identity.created_at) > 2 * every
        tell(not late, f"the newest is of {to_text(last)}" if last else "none yet")
    return tell.finding


def _log(archive: Archive) -> Finding:
    """The signed log, looked at as before a checkpoint is signed."""
    remedy = (
        "Stop, keep everything as it is, and run `archiver verify`; docs/evidence-format.md §3 says what is signed."
    )
    with telling("log", remedy) as tell:
        here = archive.signed_log
        if not here.keys.exists and not here.ever_signed():
            tell(True, "nothing is signed yet")
            return tell.finding
        newest = here.signer.examine(here.keys.read())
        with archive.database.read() as connection:
            state = log_state.read(connection)
        signed = 0 if newest is None else newest.checkpoint.size
        tell(True, f"{signed:,} of {state.size:,} entries are signed, with key {here.keys.read().current.id.hex()}")
    return tell.finding


def _stamps(archive: Archive) -> Iterator[Finding]:
    if not archive.settings.timestamp_services:
        yield Finding("time-stamps", True, "no service is named, so nobody else vouches for our time")
        return
    with archive.database.read() as connection:
        state = log_state.read(connection)
    now = archive.clock.now()
    said = log_state.stamps(state, now)
    for one in state.services:
        lag = one.lag(now)
        late = lag is not None and lag > log_state.LONGEST_LAG
        remedy = "Look whether it can be reached from here, and whether its root is in ARCHIVER_TIMESTAMP_ROOTS."
        yield Finding(f"time-stamps {one.name}", not late, said[one.name], remedy if late else "")


def _connectors(archive: Archive) -> Iterator[Finding]:
    names = ", ".join(proving_record.offered(archive))
    yield Finding("connectors", bool(names), names or "none", "" if names else "Install the program again.")
    for name, error in archive.platforms.broken.items():
        yield Finding("connector", False, f"{name} does not load ({error})", "Update or remove the package it is in.")


def _connections(archive: Archive) -> Iterator[Finding]:
    """Accounts that somebody has to connect again, and versions of APIs that end."""
    with archive.database.read() as connection:
        names = {one.id: one.handle or one.name for one in accounts.list_accounts(connection)}
        known = connections.connections(connection, archive)
    for account, found in sorted(known.items()):
        if found.standing.remedy:
            ends = f" ({to_text(found.standing.ends_at)})" if found.standing.ends_at else ""
            yield Finding(f"sign-in of {names[account]}", False, f"{found.standing.said}{ends}", found.standing.remedy)
    for connector in archive.platforms.connectors.values():
        version = connections.sunset(connector, archive.clock.now().date())
        if version is not None:
            yield Finding("version", False, version, "Update the archiver before.")


def _mail(archive: Archive) -> Iterator[Finding]:
    """Mail that did not arrive, or does not leave."""
    with archive.database.read() as connection:
        now = archive.clock.now()
        late = mail.late(connection, now)
        unknown = lost(connection, since=now - mail.REMEMBERED, unknown=True)
    remedy = "Look at ARCHIVER_MAIL_URL and at the server; the board's button asks the owner again."
    for one in late:
        what = "was given up" if one.state is State.DEAD else "waits"
        yield Finding("mail", False, f"to {one.recipient} {what}: {one.reason or 'no service sends it'}", remedy)
    if unknown:
        said = f"{len(unknown)} asked for lately of which the log alone tells may or may not have been sent"
        yield Finding("mail", False, said, "Look at `archiver mail list`, and ask the owners again.")


def _quotas(archive: Archive) -> Iterator[Finding]:
    """Allowances of platforms that are used up; those that sweeps were made slower for are said, and are no fault."""
    with archive.database.read() as connection:
        found = quota.needs_attention(quota.quotas(connection, archive))
    for one in found:
        remedy = "Ask the platform for a larger allowance, or look less often; `archiver quota` tells more."
        empty = one.state == quota.EMPTY
        said = " ".join((one.forecast, *one.chosen))
        yield Finding(f"quota of {one.title}, {one.whose}", not empty, said, remedy if empty else "")


def _deliveries(archive: Archive) -> Iterator[Finding]:
    """What platforms sent and is not archived yet, long after."""
    for said, remedy in left_lying(archive):
        yield Finding("deliveries", False, said, remedy)


def _deposits(archive: Archive) -> Iterator[Finding]:
    """Accounts whose moderation settings somebody has to deposit."""
    with archive.database.read() as connection:
        late = deposits_due.overdue(connection, archive)
    for one in late:
        remedy = f"Take a picture or an export of them, and run `{one.command}`."
        yield Finding(f"deposit for {one.account}", False, one.said, remedy)


def _page_roles(archive: Archive) -> Iterator[Finding]:
    """Accounts of which a role is told no more, or that too few administer, or that nobody reviewed."""
    with archive.database.read() as connection:
        found = page_roles.all_warned(connection, archive)
    for one in found:
        since = one.since.astimezone(archive.settings.zone).date()
        remedy = "Look at it under Register, Page roles; a review there says what was found."
        yield Finding(f"page roles of {one.account}", False, f"{one.said} {since}", remedy)


def _register(archive: Archive) -> list[Finding]:
    """What the register lacks of accounts that are captured. Nothing of it stops the capture."""
    with archive.database.read() as connection:
        found = [one for one in master_list.master_list(archive, connection).entries if one.account is not None]
    red = [one for one in found if one.standing.tone == "bad"]
    amber = [one for one in found if one.standing.tone == "warn"]
    if not red:
        said = f"{len(amber)} accounts captured provisionally" if amber else "complete of everything that is captured"
        return [Finding("register", True, said)]
    first = red[0]
    more = f", and {len(red) - 1} more" if len(red) > 1 else ""
    said = f"{first.name}: {'; '.join(first.standing.words)}{more}"
    return [Finding("register", archive.practice, said, "Complete it: `archiver register missing` says what.")]
