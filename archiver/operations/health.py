"""Whether a running service does its work. Quick, and about this service only: a platform that is down is no reason."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from archiver import __version__
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.models import Due
from archiver.errors import ArchiverError
from archiver.operations import deposits_due, log_state, page_roles, probe_record
from archiver.storage.identity import read_identity

if TYPE_CHECKING:
    from archiver.work.service import Work

_LEAST_SILENCE = timedelta(seconds=30)
_LATE = timedelta(minutes=15)


@dataclass(slots=True)
class Health:
    """What was found. Reasons hold no content, no addresses and no secrets."""

    kind: str
    checks: dict[str, str] = field(default_factory=dict)
    """Name of a check → ``ok``, or in one sentence why not."""
    details: dict[str, str] = field(default_factory=dict)
    """What somebody should know although the service does its work: time-stamp services that do not answer."""

    @property
    def ok(self) -> bool:
        return all(said == "ok" for said in self.checks.values())

    def as_json(self) -> dict[str, Any]:
        reasons = [f"{name}: {said}" for name, said in self.checks.items() if said != "ok"]
        status = "ok" if self.ok else "failing"
        return {
            "status": status,
            "version": __version__,
            "archive": self.kind,
            "reasons": reasons,
            "checks": self.checks,
            "details": self.details,
        }

    def for_strangers(self) -> dict[str, Any]:
        """What a monitor needs: whether, and which checks fail. No counts, no times, no version."""
        failing = [name for name, said in self.checks.items() if said != "ok"]
        return {"status": "ok" if self.ok else "failing", "failing": failing}


def check(archive: Archive, work: Work | None = None, *, details: bool = True) -> Health:
    """Look at database, store and disk, and at the clock and workers where they run in this process. ``details``: also
    at what somebody should know; it grows with the accounts, so that nothing of it is asked for whoever is told none of
    it."""
    found = Health(archive.identity.kind)
    found.checks["database"] = _tried(lambda: _database(archive))
    found.checks["store"] = _tried(lambda: _store(archive))
    found.checks["disk"] = _tried(lambda: disk(archive))
    if work is not None:
        found.checks["clock"] = _clock(archive, work)
        found.checks["runs"] = _runs(work)
        found.checks["schedule"] = _tried(lambda: _schedule(archive))
        found.checks["log"] = _tried(lambda: log_state.health(archive, work.started_at))
        if work.capture.write_once.broken:
            found.checks["store"] = "stored objects can be overwritten, so nothing is captured"
    if details:
        found.details |= _stamps(archive) | _trial(archive) | _deposits(archive) | _page_roles(archive)
    return found


def disk(archive: Archive) -> str:
    """Whether capturing has room: the reserve is where it stops."""
    usage = shutil.disk_usage(archive.settings.home)
    free = 100 * usage.free / usage.total
    if free < archive.settings.disk_reserve_percent:
        return f"only {free:.0f} % is free, capturing waits for {archive.settings.disk_reserve_percent:.0f} %"
    return "ok"


def _database(archive: Archive) -> str:
    with archive.database.read() as connection:
        connection.execute(select(func.min(Due.due_at)))
    return "ok"


def _store(archive: Archive) -> str:
    return "ok" if read_identity(archive.store) == archive.identity else "it is not this archive's any more"


def _clock(archive: Archive, work: Work) -> str:
    ticker = work.ticker
    if ticker.failing is not None:
        return f"the last tick failed ({ticker.failing})"
    silence = max(_LEAST_SILENCE, 5 * timedelta(seconds=archive.settings.tick_seconds))
    since = ticker.beat or work.started_at
    if archive.clock.now() - since > silence:
        return f"no tick for {(archive.clock.now() - since).total_seconds():.0f} seconds"
    return "ok"


def _runs(work: Work) -> str:
    stuck = work.stuck()
    return f"{len(stuck)} under way for too long; the log says which" if stuck else "ok"


def _schedule(archive: Archive) -> str:
    """Late sweeps: two intervals, or a quarter of an hour where that is longer."""
    allowed = max(_LATE, 2 * timedelta(seconds=archive.settings.sweep_new_seconds))
    with archive.database.read() as connection:
        oldest = connection.execute(
            select(func.min(Due.due_at))
            .join(Account, Account.id == Due.account_id)
            .where(Account.state == "active", Due.sweep == "new")
        ).scalar()
    if oldest is not None and archive.clock.now() - oldest > allowed:
        return f"the longest waiting sweep is {(archive.clock.now() - oldest).total_seconds() / 60:.0f} minutes late"
    return "ok"


def _deposits(archive: Archive) -> dict[str, str]:
    """How many accounts' moderation settings are to be deposited by hand."""
    try:
        with archive.database.read() as connection:
            late = len(deposits_due.overdue(connection, archive))
    except (ArchiverError, SQLAlchemyError):
        return {}  # the check of the database says so
    said = f"of {late:,} accounts" if late != 1 else "of one account"
    told = f"the moderation settings {said} are to be deposited by hand; `archiver doctor` says how"
    return {"deposits": told} if late else {}


def _page_roles(archive: Archive) -> dict[str, str]:
    """Of how many accounts somebody has to look at who has a role there."""
    try:
        with archive.database.read() as connection:
            many = len({one.account_id for one in page_roles.all_warned(connection, archive)})
    except (ArchiverError, SQLAlchemyError):
        return {}  # the check of the database says so
    said = f"of {many:,} accounts" if many != 1 else "of one account"
    told = f"who has a role on the page {said} is to be looked at; `archiver doctor` says why"
    return {"page roles": told} if many else {}


def _stamps(archive: Archive) -> dict[str, str]:
    try:
        with archive.database.read() as connection:
            state = log_state.read(connection)
    except (ArchiverError, SQLAlchemyError):
        return {}  # the check of the database says so
    return {f"time-stamps {name}": said for name, said in log_state.stamps(state, archive.clock.now()).items()}


def _trial(archive: Archive) -> dict[str, str]:
    try:
        known = probe_record.state(archive)
    except (ArchiverError, SQLAlchemyError):
        return {}  # the check of the database says so
    return {"store": known.said}


def _tried(look: Callable[[], str]) -> str:
    try:
        return look()
    except (ArchiverError, SQLAlchemyError, OSError) as error:
        return f"does not answer ({type(error).__name__})"
