"""Writing to the index what segments hold. The one way in, live and in a rebuild: so both give the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from archiver.capture.batch import Entry, FinishedSegment
from archiver.capture.deposits import row_of
from archiver.capture.listings import thread_of
from archiver.capture.models import Coverage, Deposit, Exchange, Segment
from archiver.capture.parts import PUBLIC, Part
from archiver.clock import from_text
from archiver.database import key_text, safe_text
from archiver.evidence.log import NewEvent
from archiver.records import import_rows
from archiver.records.apply import Applier, Arrived
from archiver.records.import_rows import Brought, ImportedBlock
from archiver.records.stored import chunks
from archiver.storage.protocol import Stored
from archiver.storage.segment_reader import MADE
from archiver.storage.segment_writer import Placed
from connectors.contract import Ask, Reading

IMPORTED = "imported"
"""Source of an exchange that an import brought."""


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One stored exchange, on its way into the index."""

    facts: dict[str, Any]
    ask: Ask
    reading: Reading
    segment: str
    placed: Placed
    response_sha256: str
    """Of the stored response block."""

    @property
    def id(self) -> str:
        return str(self.facts["exchange"])


def write_segments(
    connection: Connection,
    segments: Sequence[tuple[FinishedSegment, Stored]],
    account: str,
    closed_at: datetime,
    adopted_by: str | None = None,
) -> None:
    """Insert segment rows."""
    rows = [
        {
            "id": finished.id,
            "key": finished.key,
            "version_id": stored.version_id,
            "sha256": finished.sha256,
            "size": finished.size,
            "warc_records": finished.warc_records,
            "authority": finished.authority,
            "account_id": account,
            "access": finished.access,
            "month": finished.month,
            "record_year": finished.record_year,
            "closed_at": closed_at,
            "state": "archived",
            "adopted_by": adopted_by,
        }
        for finished, stored in segments
    ]
    if rows:
        connection.execute(insert(Segment), rows)


def known_segments(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these segments that have rows."""
    return _known(connection, Segment.id, ids)


def known_exchanges(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these exchanges that have rows."""
    return _known(connection, Exchange.id, ids)


def _known(connection: Connection, column: InstrumentedAttribute[str], ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(ids):
        found.update(connection.execute(select(column).where(column.in_(some))).scalars())
    return found


def write_exchanges(connection: Connection, rows: Sequence[ExchangeRow]) -> None:
    """Insert exchange rows; their segments and runs are there."""
    values = [_exchange_values(row) for row in rows]
    if values:
        connection.execute(insert(Exchange), values)
    _write_deposits(connection, rows)


def _write_deposits(connection: Connection, rows: Sequence[ExchangeRow]) -> None:
    found = [row_of(row.facts, row.ask.access.value) for row in rows]
    values = [{name: _safe(value) for name, value in one.items()} for one in found if one is not None]
    if values:
        connection.execute(insert(Deposit), values)


def _safe(value: Any) -> Any:
    """Words that a stranger may have written, as a database can hold them."""
    return safe_text(value) if isinstance(value, str) else value


def _exchange_values(row: ExchangeRow) -> dict[str, Any]:
    facts, placed = row.facts, row.placed
    problem = facts.get("problem")
    return {
        "id": facts["exchange"],
        "segment_id": row.segment,
        "run_id": facts["run"],
        "ordinal": facts["ordinal"],
        "account_id": facts["account"],
        "stream": row.ask.stream.value,
        "purpose": safe_text(row.ask.purpose),
        "method": row.ask.method if facts["source"] == "asked" else None,
        "uri": facts["url"] or row.ask.url,
        "status": facts["status"],
        "received_at": from_text(facts["received_at"]),
        "offset": placed.offset,
        "length": placed.length,
        "facts_offset": placed.facts_offset,
        "facts_length": placed.facts_length,
        "block_sha256": row.response_sha256,
        "body_sha256": facts["body_sha256"],
        "commitment": facts["commitment"],
        "scheme": row.ask.scheme,
        "reader": facts["connector"]["version"],
        "problem": problem["kind"] if problem else None,
        "quarantine": facts.get("quarantine", []),
    }


def apply_exchange(applier: Applier, row: ExchangeRow, arrival: int) -> None:
    """Hand one exchange to the records, as having arrived with run ``arrival``. One that an import brought is no sight
    of anything, and passes by (:func:`apply_imported`)."""
    facts = row.facts
    if facts["source"] == IMPORTED:
        return
    applier.exchange(_arrived(row, arrival), row.reading)
    medium = facts.get("medium")
    if medium is not None:
        _apply_medium(applier, medium["id"], facts)
    if facts["source"] == MADE:
        applier.picture(_picture_row(facts))


def _arrived(row: ExchangeRow, arrival: int) -> Arrived:
    facts = row.facts
    return Arrived(
        id=row.id,
        run_id=facts["run"],
        run_number=arrival,
        ordinal=facts["ordinal"],
        received_at=from_text(facts["received_at"]),
        ask=row.ask,
        late=arrival != facts["run_number"] or facts["source"] != "asked",
    )


def _picture_row(facts: dict[str, Any]) -> dict[str, Any]:
    drawn = facts["picture"]
    exchange, position = drawn["drawn_from"]
    return {
        "exchange_id": facts["exchange"],
        "record_id": drawn["record"],
        "drawn_from": exchange,
        "position": position,
        "drawn_at": from_text(facts["received_at"]),
        "page": drawn["page"],
        "browser": drawn["browser"],
        "whole": drawn["whole"],
        "width": drawn["width"],
        "height": drawn["height"],
        "content_type": drawn["type"],
        "sha256": facts["body_sha256"],
        "size": facts["body_size"],
    }


def apply_imported(connection: Connection, account: str, rows: Iterable[ExchangeRow], arrival: int) -> Brought:
    """Write what came with imports; their exchange rows are there."""
    blocks = [
        ImportedBlock(
            _arrived(row, arrival),
            row.facts["origin"],
            row.facts["body_sha256"],
            row.facts["body_size"],
            row.reading,
        )
        for row in rows
        if row.facts["source"] == IMPORTED
    ]
    return import_rows.apply(connection, account, blocks) if blocks else Brought()


def import_events(account: str, brought: Brought) -> list[NewEvent]:
    """Imports that are whole now."""
    names = ("files", "left_out", "records")
    return [
        NewEvent(
            "import.made",
            "import",
            block.origin["import"],
            {"account": account, "exchange": block.arrived.id} | {name: block.origin["counts"][name] for name in names},
        )
        for block in brought.ended
    ]


def _apply_medium(applier: Applier, medium: str, facts: dict[str, Any]) -> None:
    if facts["status"] == 200 and "problem" not in facts:
        applier.medium(
            medium,
            "fetched",
            None,
            exchange_id=facts["exchange"],
            content_type=facts["medium"].get("type"),
            sha256=facts["body_sha256"],
            size=facts["body_size"],
        )
    else:
        applier.medium(medium, "missing", f"the server answered {facts['status']}", exchange_id=facts["exchange"])


def apply_conclusions(connection: Connection, applier: Applier, part: Part) -> None:
    """Write what a run record says beside its exchanges. Its run row is there."""
    for exchange, positions, at in part.same:
        applier.same(exchange, positions, at, public=part.access == PUBLIC)
    for exchange, positions, at in part.named:
        applier.named(exchange, positions, at, public=part.access == PUBLIC)
    for key, number, at in part.counted:
        applier.counted(key, number, at)
    for covered in part.covered:
        first = thread_of(covered.listing)
        if first is not None and covered.complete:
            applier.listed(first, part.at, whole=covered.span_from is None)
    for one in part.concluded:
        applier.concluded(one.key, one.state, one.at, one.evidence, part.number)
    for outcome in part.media:
        applier.medium(outcome.medium, outcome.state, outcome.reason)
    rows = [
        {
            "run_id": part.run,
            "listing": key_text(covered.listing),
            "account_id": part.account,
            "stream": covered.stream.value,
            "at": part.at,
            "span_from": covered.span_from,
            "complete": covered.complete,
            "seen": covered.seen,
            "reason": covered.reason and safe_text(covered.reason),
        }
        for covered in part.covered
    ]
    if rows:
        connection.execute(insert(Coverage), rows)


def exchange_row(entry: Entry) -> ExchangeRow:
    """One stored exchange as the index takes it."""
    return ExchangeRow(
        entry.committed.facts,
        entry.ask,
        entry.reading,
        entry.segment,
        entry.placed,
        entry.committed.response_sha256,
    )
