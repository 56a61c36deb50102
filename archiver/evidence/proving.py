"""Proofs that entries are in the signed log, for whoever hands records out.

Nothing leaves here that was not verified as its reader will verify it: leaf, path, root and signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archiver.errors import IntegrityError, NotFound
from archiver.evidence import service, tree
from archiver.evidence.checkpoint import Checkpoint, ProofFile, write_proof
from archiver.evidence.log_keys import Keyring
from archiver.evidence.models import Event
from archiver.evidence.signed_log import SignedLog
from archiver.evidence.signer import Signed
from archiver.evidence.signing_state import reader
from archiver.evidence.subtrees import KeptNodes, consistency_path, inclusion_path

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """One entry and its place."""

    position: int
    body: bytes
    """The canonical bytes of the entry."""
    path: tuple[bytes, ...]
    """Audit path of RFC 6962, from the leaf's sibling up."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """Entries under one checkpoint."""

    checkpoint: Checkpoint
    note: bytes
    """The checkpoint as signed and stored."""
    entries: tuple[ProvenEntry, ...]
    """In order of position."""

    def file(self, entry: ProvenEntry) -> bytes:
        """The bytes of the entry's ``.tlog-proof`` file."""
        return write_proof(ProofFile(entry.position, entry.path, self.note))


def positions_of(connection: Connection, events: Iterable[str]) -> dict[str, int]:
    """Where the events with these ids are in the log; those that have no place yet are left out."""
    wanted = sorted(set(events))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Event.id, Event.position).where(
            Event.id.in_(wanted[start : start + _AT_ONCE]), Event.position.is_not(None)
        )
        found |= {row.id: row.position for row in connection.execute(query)}
    return found


def positions_about(connection: Connection, subjects: Iterable[str]) -> dict[str, list[int]]:
    """Where the events about these subjects (exchanges, runs, segments …) are in the log, in order."""
    wanted = sorted(set(subjects))
    found: dict[str, list[int]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Event.subject_id, Event.position).where(
            Event.subject_id.in_(wanted[start : start + _AT_ONCE]), Event.position.is_not(None)
        )
        for row in connection.execute(query.order_by(Event.position)):
            found.setdefault(row.subject_id, []).append(row.position)
    return found


def covering(here: SignedLog, position: int) -> Signed:
    """The newest checkpoint, which covers ``position``; signed now, where none did.

    Raises:
        NotFound: the log has no such entry.
        CheckpointRefused, MissingKey, StoreUnavailable: nothing can be signed; see
            :func:`archiver.evidence.service.sign`.
    """
    keys = here.keys
    if keys.exists:
        newest = here.signer.newest(keys.read())
        if newest is not None and newest.checkpoint.size > position:
            return newest
    signed = service.sign(here)
    if signed is None or signed.checkpoint.size <= position:
        raise NotFound(f"the log has no entry {position}")
    return signed


def prove_events(here: SignedLog, events: Iterable[str], *, under: int | None = None) -> LogProof:
    """As :func:`prove`, by the ids of events.

    Raises:
        NotFound: one of them is in the log of no checkpoint.
    """
    wanted = set(events)
    with here.database.read() as connection:
        found = positions_of(connection, wanted)
    if len(found) < len(wanted):  # on a database whose log is put in order later, signing does that first
        service.sign(here)
        with here.database.read() as connection:
            found = positions_of(connection, wanted)
    if missing := wanted - found.keys():
        raise NotFound(f"there is no event {min(missing)} in the log")
    return prove(here, found.values(), under=under)


def prove(here: SignedLog, positions: Iterable[int], *, under: int | None = None) -> LogProof:
    """Proof that the entries at ``positions`` are in the log.

    Args:
        under: size of the checkpoint to prove them under, such as one that was time-stamped; the newest, made now where
            need be, if None.

    Raises:
        NotFound: no such entry or checkpoint.
        IntegrityError: the database does not hold what was signed; run ``archiver verify``.
        CheckpointRefused, MissingKey, StoreUnavailable: see :func:`covering`.
    """
    wanted = sorted(set(positions))
    if not wanted or wanted[0] < 0:
        raise NotFound("no entry of the log was named")
    signed = covering(here, wanted[-1]) if under is None else _checkpoint(here, under)
    if wanted[-1] >= signed.checkpoint.size:
        raise NotFound(f"the checkpoint over {signed.checkpoint.size} entries does not cover entry {wanted[-1]}")
    try:
        entries = _proven(here, wanted, signed.checkpoint)
    except (KeyError, tree.InvalidProof):
        here.signer.recompute(_ring(here))
        entries = _proven_or_damaged(here, wanted, signed.checkpoint)
    return LogProof(signed.checkpoint, signed.note, entries)


def consistency(here: SignedLog, first: int, second: int) -> list[bytes]:
    """Proof that the checkpoint over ``second`` entries continues that over ``first``.

    Raises:
        NotFound: there is no such checkpoint.
        IntegrityError: it does not, or the database does not hold what was signed.
    """
    old, new = _checkpoint(here, first).checkpoint, _checkpoint(here, second).checkpoint
    with here.database.read() as connection:
        try:
            path = consistency_path(first, second, KeptNodes(reader(connection)))
            tree.verify_consistency(first, second, old.root, new.root, path)
        except (KeyError, ValueError) as error:
            raise IntegrityError(f"the log cannot be shown to be one: {error}; run `archiver verify`") from error
    return path


def _ring(here: SignedLog) -> Keyring:
    return here.keys.read()


def _checkpoint(here: SignedLog, size: int) -> Signed:
    return here.signer.at(size, _ring(here))


def _proven_or_damaged(here: SignedLog, wanted: list[int], checkpoint: Checkpoint) -> tuple[ProvenEntry, ...]:
    try:
        return _proven(here, wanted, checkpoint)
    except (KeyError, tree.InvalidProof) as error:
        raise IntegrityError(
            "the database's log is not the one that was signed; run `archiver verify`, then `archiver index rebuild`"
        ) from error


def _proven(here: SignedLog, wanted: list[int], checkpoint: Checkpoint) -> tuple[ProvenEntry, ...]:
    with here.database.read() as connection:
        bodies = _bodies(connection, wanted)
        nodes = KeptNodes(reader(connection))
        return tuple(_entry(position, bodies[position], checkpoint, nodes) for position in wanted)


def _entry(position: int, body: bytes, checkpoint: Checkpoint, nodes: KeptNodes) -> ProvenEntry:
    path = inclusion_path(position, checkpoint.size, nodes)
    root = tree.root_from_inclusion(checkpoint.size, {position: tree.leaf_hash(body)}, path)
    if root != checkpoint.root:
        raise tree.InvalidProof(f"entry {position} is not the one that was signed")
    return ProvenEntry(position, body, tuple(path))


def _bodies(connection: Connection, positions: list[int]) -> Mapping[int, bytes]:
    """Raises KeyError later where one is missing."""
    found: dict[int, bytes] = {}
    for start in range(0, len(positions), _AT_ONCE):
        some = positions[start : start + _AT_ONCE]
        rows = connection.execute(select(Event.position, Event.body).where(Event.position.in_(some)))
        found |= {row.position: row.body for row in rows}
    return found
