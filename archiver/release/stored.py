"""Stored exchanges and run records, read back and proven against what the log says of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.capture.asks import decode_bytes
from archiver.capture.codings import decoded_body
from archiver.capture.facts import stored_json
from archiver.capture.models import Exchange, Segment
from archiver.capture.parts import PUBLIC
from archiver.errors import IntegrityError
from archiver.evidence.commitment import commit, exchange_value, run_record_value, written
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.evidence.proofs import Path, Proof, prove, verify_proof
from archiver.evidence.tree import InvalidProof
from archiver.records.stored import chunks, table
from archiver.storage.segment_reader import ReadExchange, ReadRunRecord, read_exchange, read_segment

_EXCHANGE, _SEGMENT, _EVENT = table(Exchange), table(Segment), table(Event)
_PIECE = 1 << 20
_RUN_EVENTS = (EventType.RUN_RECORDED.value, EventType.RUN_FINISHED.value)


@dataclass(frozen=True, slots=True)
class Where:
    """Where an exchange is stored, and its entry in the log."""

    exchange: str
    run: str
    segment: str
    key: str
    version: str | None
    """Of the object, where the store has versions."""
    offset: int
    length: int
    facts_offset: int
    facts_length: int
    entry: bytes
    event: str
    """Id of the entry."""
    commitment: str
    """As the log says it."""


def places(connection: Connection, exchanges: Sequence[str]) -> dict[str, Where]:
    """Where exchanges are stored; those that the log does not name, or that are gone, are left out."""
    names = ("id", "run_id", "segment_id", "offset", "length", "facts_offset", "facts_length")
    query = select(*(_EXCHANGE.c[name] for name in names), _SEGMENT.c.key, _SEGMENT.c.version_id).join(
        _SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id
    )
    found = {}
    for some in chunks(exchanges):
        entries = _entries(connection, some)
        for row in connection.execute(query.where(_EXCHANGE.c.id.in_(some), _SEGMENT.c.state == "archived")):
            if row.id in entries:
                event, body = entries[row.id]
                said = read_entry(body).data
                segment = str(said["segment"])
                placed = (row.key, row.version_id, row.offset, row.length, row.facts_offset, row.facts_length)
                found[row.id] = Where(row.id, row.run_id, segment, *placed, body, event, str(said["commitment"]))
    return found


def _entries(connection: Connection, exchanges: Sequence[str]) -> dict[str, tuple[str, bytes]]:
    query = select(_EVENT.c.subject_id, _EVENT.c.id, _EVENT.c.body).where(
        _EVENT.c.subject_id.in_(exchanges), _EVENT.c.type == EventType.EXCHANGE_ARCHIVED.value
    )
    return {row.subject_id: (row.id, row.body) for row in connection.execute(query.order_by(_EVENT.c.at))}


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """One stored exchange and what its root commits to."""

    where: Where
    read: ReadExchange
    seed: bytes
    facts: Mapping[str, Any]
    """Without seed and commitment."""
    value: Mapping[str, Any]

    def proof(self, shown: set[Path]) -> Proof:
        """Proof of the nodes at ``shown``."""
        return prove(self.seed, self.value, shown)


def open_exchange(archive: Archive, where: Where) -> StoredExchange:
    """Read one exchange back.

    Raises:
        DamagedSegment, NoSuchObject: it is not there, or not as it was written.
        IntegrityError: it is not what the log says was stored.
        StoreUnavailable: the store does not answer.
    """
    place = (where.offset, where.length, where.facts_offset, where.facts_length)
    read = read_exchange(archive.store, where.key, *place, where.version)
    if read.facts.get("exchange") != where.exchange:
        raise IntegrityError(f"the index takes another exchange for {where.exchange}; run `archiver index rebuild`")
    facts = {name: value for name, value in read.facts.items() if name not in ("seed", "commitment")}
    seed = decode_bytes(read.facts["seed"])
    for value in _values(read, facts):
        if written(commit(value, seed)) == where.commitment:
            return StoredExchange(where, read, seed, facts, value)
    raise IntegrityError(f"exchange {where.exchange} is not what the log says was stored; run `archiver verify`")


def _values(read: ReadExchange, facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What may have been committed to: the body, or, of what was stored from a file, its digest."""
    bound = (stored_json(facts), read.request_sha256, read.response_sha256)
    if read.held:
        yield exchange_value(*bound, decoded_body(read.headers, read.body), facts.get("cuts", ()))
    yield exchange_value(*bound, None, (), str(facts["body_sha256"]))


def raw(archive: Archive, where: Where) -> Iterator[bytes]:
    """The exchange as it is stored: its WARC records, each a member of a gzip file."""
    size = where.facts_offset + where.facts_length - where.offset
    with archive.store.open(where.key, where.offset, size, where.version) as stream:
        while piece := stream.read(_PIECE):
            yield piece


# --- run records -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of a run record that says what was concluded."""

    run: str
    part: int
    access: str
    entry: bytes
    event: str
    fields: Mapping[str, Any]
    seed: bytes
    commitment: str

    @property
    def name(self) -> str:
        return f"{self.run}-{self.part}-{self.access}"

    @property
    def states(self) -> Sequence[Any]:
        """``[[KEY, STATE, AT, [EXCHANGE, …]], …]``"""
        return list(self.fields.get("states", ()))

    @property
    def links(self) -> Sequence[Mapping[str, Any]]:
        """Where short links were found to lead (WARC profile §2.4)."""
        return list(self.fields.get("links", ()))

    def proof(self, shown: set[int], links: Collection[int] = ()) -> Proof:
        """Proof of the conclusions with these numbers, and of where the short links with those led. For which records
        a link was followed is not shown: there may be others.

        Raises:
            IntegrityError: what is stored is not what was logged.
        """
        names = ("v", "run", "number", "part", "access", "account", "connector", "at", "started_at")
        paths: set[Path] = {("run_record", name) for name in names if name in self.fields}
        paths |= {("run_record", "states", index) for index in shown}
        paths |= {
            ("run_record", "links", index, name) for index in links for name in self.links[index] if name != "records"
        }
        proof = prove(self.seed, run_record_value(stored_json(self.fields)), paths)
        try:
            verify_proof(self.commitment, proof)
        except InvalidProof as error:
            raise IntegrityError(
                f"the record of run {self.run} is not what the log says; run `archiver verify`"
            ) from error
        return proof


def parts_in(archive: Archive, segment_key: str, version: str | None) -> Iterator[StoredPart]:
    """The parts of run records in a segment, of this version of it, that tell of conclusions, or of short links, and
    are in the log.

    Raises:
        DamagedSegment, NoSuchObject, StoreUnavailable: see :func:`archiver.storage.segment_reader.read_segment`.
    """
    with archive.store.open(segment_key, version_id=version) as stream:
        found = [
            one.fields for one in read_segment(stream, bodies=False, key=segment_key) if isinstance(one, ReadRunRecord)
        ]
    for fields in found:
        if fields.get("states") or fields.get("links"):
            with archive.database.read() as connection:
                part = _part(connection, fields)
            if part is not None:
                yield part


def _part(connection: Connection, fields: Mapping[str, Any]) -> StoredPart | None:
    run, number, access = str(fields["run"]), int(fields["part"]), str(fields.get("access", PUBLIC))
    query = select(_EVENT.c.id, _EVENT.c.body).where(_EVENT.c.subject_id == run, _EVENT.c.type.in_(_RUN_EVENTS))
    bare = {name: value for name, value in fields.items() if name not in ("seed", "commitment")}
    for row in connection.execute(query):
        said = read_entry(row.body).data
        if said["part"] == number and access in said["commitments"]:
            seed = decode_bytes(fields["seed"])
            return StoredPart(run, number, access, row.body, row.id, bare, seed, said["commitments"][access])
    return None
