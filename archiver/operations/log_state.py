"""How the signed log stands, in words for doctor, health and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.evidence import anchoring, log, signing_state
from archiver.evidence.anchoring import ServiceState
from archiver.evidence.models import LogCheckpoint
from archiver.evidence.notes import VerifierKey

#: Why nothing is signed, in words without places or names.
PROBLEMS = {
    "bad_checkpoint": "a checkpoint in the store is not the one that was signed",
    "clock": "the clock is behind what was recorded before",
    "database": "the database does not hold the log that is in the store",
    "forked": "the log in the store is not the one that was signed",
    "key": "the key that signs is not there",
    "no_checkpoint": "a checkpoint is missing from the store",
    "truncated": "entries that were signed are missing from the store",
}
#: A service without a time-stamp for so long needs somebody.
LONGEST_LAG = timedelta(days=1)
_LATE = timedelta(minutes=10)
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LogState:
    """How the log of an archive stands."""

    size: int
    """Entries."""
    signed: int
    """Of them, those under the newest checkpoint."""
    signed_at: datetime | None
    looked_at: datetime | None
    """When the log was last found in order."""
    problem: str | None
    """Why nothing is signed now, in words."""
    detail: str | None
    """The same more exactly; may name places."""
    problem_since: datetime | None
    services: tuple[ServiceState, ...]


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One checkpoint for people."""

    size: int
    at: datetime
    stamps: dict[str, datetime]


def read(connection: Connection) -> LogState:
    """How it stands, as far as the database knows. Quick."""
    known = signing_state.read(connection)
    return LogState(
        log.read_head(connection).size,
        known.size,
        known.signed_at,
        known.looked_at,
        _words(known.problem),
        known.detail,
        known.problem_since,
        tuple(anchoring.states(connection)),
    )


def alarm(connection: Connection) -> str | None:
    """What every page must say of the log; None while it is in order."""
    return _words(signing_state.read(connection).problem)


def health(archive: Archive, since: datetime) -> str:
    """``ok``, or why the log is not signed by the service that runs since ``since``."""
    with archive.database.read() as connection:
        state = read(connection)
    if state.problem is not None:
        return f"nothing is signed: {state.problem}"
    now = archive.clock.now()
    allowed = max(_LATE, 5 * timedelta(seconds=archive.settings.checkpoint_seconds))
    if now - max(state.looked_at or since, since) > allowed:
        return f"it was last looked at {(now - (state.looked_at or since)).total_seconds() / 60:.0f} minutes ago"
    return "ok"


def stamps(state: LogState, now: datetime) -> dict[str, str]:
    """Each time-stamp service in a few words."""
    return {one.name: _stamp(one, now) for one in state.services}


def newest_checkpoints(connection: Connection) -> list[CheckpointRow]:
    """The last few, newest first."""
    query = select(LogCheckpoint.size, LogCheckpoint.seen_at).order_by(LogCheckpoint.size.desc()).limit(_SHOWN)
    rows = connection.execute(query).all()
    return [CheckpointRow(row.size, row.seen_at, anchoring.anchors_of(connection, row.size)) for row in rows]


def keys(archive: Archive) -> tuple[VerifierKey, ...]:
    """The public keys, the one that signs first; none where the key file cannot be used."""
    file = archive.signed_log.keys
    return file.read().verifiers if file.exists else ()


def _words(problem: str | None) -> str | None:
    return None if problem is None else PROBLEMS.get(problem, problem)


def _stamp(one: ServiceState, now: datetime) -> str:
    last = f"last for {one.size:,} entries" if one.size is not None else "never yet"
    lag = one.lag(now)
    if lag is None:
        return last
    hours = lag.total_seconds() / 3600
    return f"waiting for {hours:.1f} hours ({one.problem}, tried {one.tries} times); {last}"
