"""Whether a stored exchange is the one that was logged: of an object that is not what its key says only that counts."""

from __future__ import annotations

from sqlalchemy import Connection, select

from archiver.capture.asks import decode_bytes
from archiver.capture.codings import decoded_body
from archiver.capture.facts import stored_json
from archiver.evidence.commitment import commit_exchange
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.storage.segment_reader import ReadExchange


def is_logged(connection: Connection, read: ReadExchange) -> bool:
    """Whether the log holds the commitment of these very bytes and facts."""
    logged = _logged_commitment(connection, str(read.facts["exchange"]))
    return logged is not None and logged in _commitments(read)


def _logged_commitment(connection: Connection, exchange: str) -> str | None:
    query = select(Event.body).where(Event.subject_id == exchange, Event.type == EventType.EXCHANGE_ARCHIVED.value)
    body = connection.execute(query).scalars().first()
    return None if body is None else str(read_entry(body).data["commitment"])


def _commitments(read: ReadExchange) -> set[str]:
    """The commitment of an exchange: by its body, or, of a file too large for memory, by the digest of its body."""
    facts = {name: value for name, value in read.facts.items() if name not in ("seed", "commitment")}
    body = decoded_body(read.headers, read.body)
    return {
        commit_exchange(
            seed=decode_bytes(read.facts["seed"]),
            facts=stored_json(facts),
            request_sha256=read.request_sha256,
            response_sha256=read.response_sha256,
            body=whole,
            cuts=facts.get("cuts", ()),
            body_sha256=None if whole is not None else facts["body_sha256"],
        )
        for whole in (body, None)
    }
