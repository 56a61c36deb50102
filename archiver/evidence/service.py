"""The acts on the signed log: sign what is new, say that the log is alive, exchange the key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from archiver import logs
from archiver.database import Lock
from archiver.errors import IntegrityError, MissingKey, UsageError
from archiver.evidence import log, log_keys, signing_state
from archiver.evidence.deltas import require_current, store_deltas
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.log import NewEvent
from archiver.evidence.log_keys import Keyring, LogKeys
from archiver.evidence.models import Event
from archiver.evidence.notes import LARGEST, InvalidNote, VerifierKey, new_key, read_verifier, text_of
from archiver.evidence.signed_log import SignedLog
from archiver.evidence.signer import CheckpointRefused, Signed
from archiver.faults import crash_point

_log = logs.get(__name__)
_ACTOR = "signer"
_HEARTBEAT_EVERY: Final = timedelta(days=1)
_KEY_EVENTS = ("log.key_created", "log.key_rotated")


# --- signing -------------------------------------------------------------------------------------------------------


def sign(here: SignedLog, *, accept_clock: bool = False) -> Signed | None:
    """Store what is new in the log, then sign it: the newest checkpoint, None where the log is empty. Makes the key
    where this archive never had one.

    Args:
        accept_clock: a person says that the clock is right although what was recorded before says otherwise.

    Raises:
        CheckpointRefused: store, log, database, clock or checkpoints do not fit; it was noted and, where the log can
            still take it, entered.
        MissingKey, SettingsError: the key file is gone or open to others.
        StoreUnavailable, OutOfSpace: try again later.
    """
    keys = here.keys
    with keys.held(), _refusals(here):
        ring = _ring(here, keys)
        _tell(here, ring)
        _store(here)
        signed = here.signer.sign(ring, accept_clock=accept_clock)
        if ring.rotating and signed is not None:
            keys.replace(Keyring(ring.signers[:1], (ring.signers[1].verifier, *ring.earlier)))
    return signed


def beat(here: SignedLog) -> bool:
    """Enter a heartbeat where nothing was entered for a day, so that silence can be told from a log that stopped."""
    now = here.clock.now()
    with here.database.write(Lock.SIGNING) as connection:
        newest = connection.execute(select(func.max(Event.at))).scalar()
        if newest is not None and now - newest < _HEARTBEAT_EVERY:
            return False
        stored = log.read_head(connection).stored
        event = NewEvent("log.heartbeat", "archive", here.archive_id, {"stored": stored}, actor_id=_ACTOR)
        log.append(connection, [event], now)
    return True


@contextmanager
def _refusals(here: SignedLog) -> Iterator[None]:
    """Note why nothing could be signed, where that is more than a store that does not answer."""
    try:
        yield
    except CheckpointRefused as refused:
        _note(here, refused.problem, refused.detail, refused.size)
        raise
    except IntegrityError as error:
        _note(here, "database", str(error), 0)
        raise CheckpointRefused("database", str(error)) from error
    except MissingKey as error:
        _note(here, "key", str(error), 0)
        raise


def _note(here: SignedLog, problem: str, detail: str, size: int) -> None:
    now = here.clock.now()
    with here.database.write(Lock.SIGNING) as connection:
        news = signing_state.note_problem(connection, problem, detail, now)
    if not news:
        return
    _log.error("log.refused", problem=problem, detail=detail)
    if problem != "database" and _is_current(here):
        # A database that is behind the store, or says otherwise, must not get further entries: they would fork the log.
        facts = {"problem": problem, "size": size}
        with here.database.write(Lock.SIGNING) as connection:
            event = NewEvent("log.checkpoint_refused", "archive", here.archive_id, facts, actor_id=_ACTOR)
            log.append(connection, [event], now)


def _is_current(here: SignedLog) -> bool:
    try:
        require_current(here.database, here.store)
    except IntegrityError:
        return False
    return True


def _store(here: SignedLog) -> None:
    try:
        store_deltas(here.database, here.store)
    except IntegrityError as error:
        raise CheckpointRefused("database", str(error)) from error


# --- keys ----------------------------------------------------------------------------------------------------------


def rotate_key(here: SignedLog, *, lost: bool = False) -> VerifierKey:
    """Let a new key sign from now on; the next checkpoint, which covers the event that tells of it, is signed with both
    keys. Goes on where it was stopped. Returns the new public key.

    Args:
        lost: the key file is gone for good. The public keys in the store are then believed, and nothing is signed with
            the old key.

    Raises:
        MissingKey: the key file is gone, and that was not said.
        UsageError: it was said, and the file is there.
        CheckpointRefused and others: see :func:`sign`; the new key stays, and the next call goes on.
    """
    keys = here.keys
    with keys.held():
        if lost:
            if keys.exists:
                raise UsageError(f"the log's key {keys.path} is there; leave out --lost")
            ring = Keyring((new_key(keys.origin),), _published(here))
        else:
            ring = keys.read()
            if not ring.rotating:
                ring = Keyring((new_key(keys.origin), *ring.signers), ring.earlier)
        keys.replace(ring)
    crash_point("key.rotating")
    sign(here)
    return ring.current


def _ring(here: SignedLog, keys: LogKeys) -> Keyring:
    ring = keys.read() if keys.exists or here.ever_signed() else keys.create()
    crash_point("key.made")
    here.signer.protect(log_keys.publish(here.store, ring))
    return ring


def _published(here: SignedLog) -> tuple[VerifierKey, ...]:
    """The public keys in the store."""
    found = []
    for stored in here.store.list(log_keys.PREFIX):
        with here.store.open(stored.key, version_id=stored.version_id) as file:
            content = file.read(LARGEST)
        try:
            found.append(read_verifier(text_of(content).rstrip("\n")))
        except (InvalidNote, ValueError):
            raise IntegrityError(f"{stored.key} in {here.store.name} is no public key") from None
    return tuple(found)


def _tell(here: SignedLog, ring: Keyring) -> None:
    """Enter the key that signs into the log, where it is not there yet."""
    with here.database.read() as connection:
        known = [entry.data["key"] for entry in _key_entries(connection)]
    if ring.current.id.hex() in known:
        return
    if not _is_current(here):
        raise CheckpointRefused("database", "the database is older than the store")
    with here.database.write(Lock.SIGNING) as connection:
        log.append(connection, [_key_event(here, ring, known)], here.clock.now())


def _key_event(here: SignedLog, ring: Keyring, known: list[str]) -> NewEvent:
    facts = {"key": ring.current.id.hex(), "sha256": log_keys.digest_of(ring.current)}
    if not known:
        return NewEvent("log.key_created", "archive", here.archive_id, facts, actor_id=_ACTOR)
    facts |= {"previous": known[-1], "reason": "planned" if ring.rotating else "lost"}
    return NewEvent("log.key_rotated", "archive", here.archive_id, facts, actor_id=_ACTOR)


def _key_entries(connection: Connection) -> list[Entry]:
    query = select(Event.body).where(Event.type.in_(_KEY_EVENTS)).order_by(Event.at, Event.position)
    return [read_entry(body) for body in connection.execute(query).scalars()]
