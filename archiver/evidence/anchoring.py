"""Time-stamps from services outside: asked in the background, tried again with growing pauses, counted once verified.

A service that does not answer delays nothing: the log is signed without it, and the next time-stamp covers everything
before it, since each checkpoint continues the one before. So one request waits for each service at most, and is always
about the newest checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from sqlalchemy import Connection, delete, func, insert, select, update

from archiver import clock, logs
from archiver.database import Lock
from archiver.errors import ArchiverError
from archiver.evidence import log, timestamps
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Anchor, Event, LogCheckpoint, TimestampService
from archiver.evidence.signed_log import SignedLog
from archiver.evidence.signer import STAMP_TOLERANCE, Signed
from archiver.evidence.timestamps import InvalidTimestamp
from archiver.storage.protocol import NoSuchObject, open_first

_log = logs.get(__name__)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_LONGEST_SILENCE = timedelta(days=1)
_ACTOR = "signer"
#: Nothing that would be worth a time-stamp of its own.
_OWN = ("anchor.received", "log.heartbeat")

#: Sends a request to a service's address; its answer. Raises :class:`Unanswered`.
Ask = Callable[[str, bytes], bytes]


class Unanswered(ArchiverError):  # noqa: N818 - named as the cause
    """A service could not be reached, or answered something else than a time-stamp."""

    exit_code = 4

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        """A code."""


@dataclass(frozen=True, slots=True)
class Stamping:
    """How time-stamps are had."""

    services: Mapping[str, str]
    """Address by name."""
    roots: Sequence[x509.Certificate]
    every: timedelta
    ask: Ask


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Where one service stands."""

    name: str
    due_at: datetime
    waiting_since: datetime | None
    """Since when there is a checkpoint without its stamp, where the last try failed."""
    tries: int
    problem: str | None
    size: int | None
    """Of the newest checkpoint it stamped."""
    time: datetime | None

    def lag(self, now: datetime) -> timedelta | None:
        """For how long a checkpoint has waited for it; None where none does."""
        return None if self.waiting_since is None else now - self.waiting_since


def stamp(here: SignedLog, stamping: Stamping) -> int:
    """Ask every service whose time has come. How many time-stamps arrived.

    Raises:
        CheckpointRefused, MissingKey: the newest checkpoint is not ours to stamp.
        StoreUnavailable: try again later.
    """
    now = here.clock.now()
    with here.database.write(Lock.SIGNING) as connection:
        _register(connection, stamping.services, now)
        due = [name for name in stamping.services if _is_due(connection, name, now)]
    if not due or not here.keys.exists:
        return 0
    newest = here.signer.newest(here.keys.read(), _newest_known(here))
    if newest is None:
        return 0
    return sum(_stamp(here, stamping, name, newest) for name in due)


def states(connection: Connection) -> list[ServiceState]:
    """Where every service stands that was ever asked for and is still in the settings."""
    last = (
        select(Anchor.service, func.max(Anchor.size).label("size"), func.max(Anchor.time).label("time"))
        .group_by(Anchor.service)
        .subquery()
    )
    rows = connection.execute(
        select(TimestampService.__table__, last.c.size, last.c.time)
        .outerjoin(last, last.c.service == TimestampService.name)
        .order_by(TimestampService.name)
    )
    return [
        ServiceState(row.name, row.due_at, row.waiting_since, row.tries, row.problem, row.size, row.time)
        for row in rows
    ]


def anchors_of(connection: Connection, size: int) -> dict[str, datetime]:
    """Which services stamped the checkpoint over ``size`` entries, and what time they state."""
    query = select(Anchor.service, Anchor.time).where(Anchor.size == size).order_by(Anchor.service)
    return {row.service: row.time for row in connection.execute(query)}


def first_anchored(connection: Connection, position: int) -> int | None:
    """Size of the smallest time-stamped checkpoint that covers ``position``: the earliest time that is shown for it."""
    return connection.execute(select(func.min(Anchor.size)).where(Anchor.size > position)).scalar()


# --- one service ---------------------------------------------------------------------------------------------------


def _register(connection: Connection, services: Mapping[str, str], now: datetime) -> None:
    known = set(connection.execute(select(TimestampService.name)).scalars())
    for name in services.keys() - known:
        connection.execute(insert(TimestampService).values(name=name, due_at=now, tries=0))
    for name in known - services.keys():
        connection.execute(delete(TimestampService).where(TimestampService.name == name))


def _is_due(connection: Connection, name: str, now: datetime) -> bool:
    due = connection.execute(select(TimestampService.due_at).where(TimestampService.name == name)).scalar_one()
    return bool(due <= now)


def _newest_known(here: SignedLog) -> int:
    with here.database.read() as connection:
        return connection.execute(select(func.max(LogCheckpoint.size))).scalar() or 0


def _stamp(here: SignedLog, stamping: Stamping, name: str, newest: Signed) -> int:
    """1 where a time-stamp arrived."""
    now, size = here.clock.now(), newest.checkpoint.size
    with here.database.read() as connection:
        wanted = _is_wanted(connection, name, size, now)
    if not wanted:
        _plan(here, name, now + stamping.every)
        return 0
    try:
        answer, time = _answer(here, stamping, name, newest)
    except (Unanswered, InvalidTimestamp) as error:
        _failed(here, name, error.problem if isinstance(error, Unanswered) else "does_not_verify", now)
        _log.warning("timestamp.failed", service=name, reason=str(error))
        return 0
    _received(here, name, newest, answer, time, now + stamping.every)
    return 1


def _is_wanted(connection: Connection, name: str, size: int, now: datetime) -> bool:
    """Whether the newest checkpoint says more than the last one that was stamped, by more than our own time-stamps."""
    last = connection.execute(
        select(Anchor.size, Anchor.received_at).where(Anchor.service == name).order_by(Anchor.size.desc()).limit(1)
    ).one_or_none()
    if last is None:
        return True
    if last.size >= size:
        return False
    if now - last.received_at >= _LONGEST_SILENCE:
        return True
    news = select(Event.id).where(Event.position >= last.size, Event.position < size, Event.type.not_in(_OWN))
    return connection.execute(news.limit(1)).first() is not None


def _answer(here: SignedLog, stamping: Stamping, name: str, newest: Signed) -> tuple[bytes, datetime]:
    """A time-stamp that counts, and its time: the one that is stored, where a crash came before it was noted."""
    key = timestamps.key_of(newest.checkpoint.size, name)
    stored = _stored(here, key)
    if stored is not None:
        return stored, timestamps.verify(stored, newest.note, stamping.roots)
    request = timestamps.request_for(newest.note)
    answer = stamping.ask(stamping.services[name], request.body)
    time = timestamps.verify(answer, newest.note, stamping.roots, request.nonce)
    if abs(time - here.clock.now()) > STAMP_TOLERANCE:  # the service's clock is wrong, or ours
        raise Unanswered("clock_differs")
    here.signer.protect(here.store.put(key, answer, sha256(answer).hexdigest()))
    return answer, time


def _stored(here: SignedLog, key: str) -> bytes | None:
    try:
        with open_first(here.store, key) as file:
            return file.read(timestamps.LARGEST + 1)
    except NoSuchObject:
        return None


def _received(here: SignedLog, name: str, newest: Signed, answer: bytes, time: datetime, next_at: datetime) -> None:
    now, size, digest = here.clock.now(), newest.checkpoint.size, sha256(answer).hexdigest()
    facts = {
        "size": size,
        "checkpoint": sha256(newest.note).hexdigest(),
        "service": name,
        "sha256": digest,
        "time": clock.to_text(time),
    }
    with here.database.write(Lock.SIGNING) as connection:
        if name not in anchors_of(connection, size):  # else another process was at it too
            values = {"size": size, "service": name, "sha256": digest, "time": time, "received_at": now}
            connection.execute(insert(Anchor).values(**values))
            event = NewEvent("anchor.received", "archive", here.archive_id, facts, actor_id=_ACTOR)
            log.append(connection, [event], now)
        _write(connection, name, due_at=next_at, waiting_since=None, tries=0, problem=None)


def _failed(here: SignedLog, name: str, problem: str, now: datetime) -> None:
    with here.database.write(Lock.SIGNING) as connection:
        tries = connection.execute(select(TimestampService.tries).where(TimestampService.name == name)).scalar() or 0
        pause = min(_FIRST_PAUSE * 2 ** min(tries, 20), _LONGEST_PAUSE)
        last = connection.execute(select(func.max(Anchor.size)).where(Anchor.service == name)).scalar() or 0
        oldest = connection.execute(select(func.min(LogCheckpoint.seen_at)).where(LogCheckpoint.size > last)).scalar()
        _write(connection, name, due_at=now + pause, waiting_since=oldest or now, tries=tries + 1, problem=problem)


def _plan(here: SignedLog, name: str, due_at: datetime) -> None:
    with here.database.write(Lock.SIGNING) as connection:
        _write(connection, name, due_at=due_at)


def _write(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(TimestampService).where(TimestampService.name == name).values(**values))
