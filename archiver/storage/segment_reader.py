"""Reading segments back: what a rebuild, an audit and a single look-up see is checked to the last byte on the way.

Every digest, the order and the belonging-together of the records are checked before anything is handed out; whatever
is wrong ends in :class:`~archiver.storage.damage.DamagedSegment`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast, get_args

from archiver import clock
from archiver.storage import segment_names as names
from archiver.storage.damage import Code
from archiver.storage.http_message import visible_head_end
from archiver.storage.protocol import ObjectStore
from archiver.storage.segment_writer import Placed
from archiver.storage.warc_record import HELD, HELD_HEAD, MAIN, Records, WarcRecord
from archiver.wire.exchange import Truncated
from archiver.wire.framing import FramingError, Head, deframed, final_head, read_body

_LONGEST_INFO = 1 << 20
MADE = "made"
"""Source, in exchange facts, of what we made ourselves of something stored."""


@dataclass(frozen=True, slots=True)
class ReadInfo:
    """The first record of a segment: what holds for all of it."""

    fields: dict[str, str]
    account: dict[str, Any]
    at: datetime
    """When the segment was begun."""


@dataclass(frozen=True, slots=True)
class ReadExchange:
    """One stored exchange, or a pushed frame, a deposited file, a picture that we made (then ``request`` is None). Of
    these, and of what came and is no HTTP answer, ``response_head`` is 0."""

    facts: dict[str, Any]
    uri: str
    received_at: datetime
    response: bytes
    """The whole block; only the head where the body is not ``held``."""
    response_head: int
    body: bytes
    """Without transfer coding; empty where it is not ``held``."""
    request: bytes | None
    headers: tuple[tuple[str, str], ...]
    """Of the answer, Latin-1, in wire order and case."""
    status: int
    """0 where nothing was asked, or no status line could be read."""
    truncated: Truncated | None
    placed: Placed
    held: bool
    """False: the body was read past and checked, but not kept (too large, or not wanted)."""
    response_sha256: str
    """Of the response (or resource) block, hex."""
    request_sha256: str | None


@dataclass(frozen=True, slots=True)
class ReadRunRecord:
    """One part of what a run left."""

    fields: dict[str, Any]


Read = ReadInfo | ReadExchange | ReadRunRecord


def read_segment(stream: BinaryIO, *, bodies: bool = True, key: str = "the segment") -> Iterator[Read]:
    """Everything in a segment, in the order of the file. ``key`` is for messages.

    Bodies beyond 64 MiB, all of them where ``bodies`` is false, are checked and not kept.

    Raises:
        DamagedSegment: at the first byte that is not as it should be. What was yielded before was right.
    """
    yield from read_records(Records(stream, key, hold=HELD if bodies else HELD_HEAD), bodies=bodies)


def read_records(records: Records, *, bodies: bool = True) -> Iterator[Read]:
    """:func:`read_segment`, for whoever wants to know how many WARC records there were."""
    info = _info(records, records.expect("warcinfo"))
    yield info
    while (record := records.next()) is not None:
        if record.type in MAIN and not _is_strange(record):
            yield _exchange(records, record, bodies)
        elif record.type == "metadata" and record.uri == names.runs_uri(info.fields["segment"]):
            yield from _runs(records, record, info.fields["segment"])
            records.expect_end()
            return
        elif record.type in ("warcinfo", "request") or record.uri.startswith("urn:x-cra:"):
            records.damaged(Code.ORDER, f"a {record.type} record stands where none may")
    records.damaged(Code.CUT_OFF, "the file ends without run records")


def _is_strange(record: WarcRecord) -> bool:
    """A conversion that does not say of what is none of ours, and passed over like kinds that are not known."""
    return record.type == "conversion" and "warc-refers-to" not in record.fields


def read_exchange(
    store: ObjectStore,
    key: str,
    offset: int,
    length: int,
    facts_offset: int,
    facts_length: int,
    version_id: str | None = None,
) -> ReadExchange:
    """One exchange by range, checked as :func:`read_segment` checks it; of the version of the object that is named.

    Raises:
        DamagedSegment: it is not there, or not as it was written.
        NoSuchObject: there is no such segment.
    """
    wanted = Placed(offset, length, facts_offset, facts_length)
    with store.open(key, max(0, offset), max(0, facts_offset + facts_length - offset), version_id) as stream:
        records = Records(stream, key, offset=offset)
        record = records.next()
        if record is None or record.type not in MAIN:
            records.damaged(Code.REFERENCE, "the index points to an exchange where there is none")
        found = _exchange(records, record, True)
        records.expect_end()
    if found.placed != wanted:
        records.damaged(Code.REFERENCE, "the index points to other bytes than this exchange has")
    return found


# --- warcinfo and run records ----------------------------------------------------------------------------------------


def _info(records: Records, record: WarcRecord) -> ReadInfo:
    if len(record.block) > _LONGEST_INFO:
        records.damaged(Code.FACTS, "a warcinfo record over the limit")
    fields: dict[str, str] = {}
    try:
        *lines, last = record.block.decode().split("\r\n")
        for line in lines:
            name, colon, value = line.partition(": ")
            if not colon or name in fields:
                raise ValueError("not a field")
            fields[name] = value
        account = _object(fields["account"].encode())
        if last or not fields["segment"]:
            raise ValueError("not whole")
    except (ValueError, KeyError):
        records.damaged(Code.FACTS, "a warcinfo record that cannot be read")
    if record.id != names.info_record_id(fields["segment"]):
        records.damaged(Code.REFERENCE, "a warcinfo record of another segment")
    return ReadInfo(fields, account, record.date)


def _runs(records: Records, record: WarcRecord, segment: str) -> Iterator[ReadRunRecord]:
    if record.id != names.runs_record_id(segment):
        records.damaged(Code.REFERENCE, "run records under an id that is not theirs")
    *lines, last = record.block.split(b"\n")
    try:
        if last:
            raise ValueError("the last line does not end")
        found = [_object(line) for line in lines]
    except ValueError:
        records.damaged(Code.FACTS, "run records that cannot be read")
    yield from map(ReadRunRecord, found)


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is not one.
    """
    try:
        value = json.loads(text.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


# --- exchanges -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Understood:
    head: int
    body: bytes
    status: int
    headers: tuple[tuple[str, str], ...]


def _exchange(records: Records, main: WarcRecord, bodies: bool) -> ReadExchange:
    request, stored = _companions(records, main)
    facts = _facts(records, main, request, stored)
    if main.type == "response" and request:
        understood = _understand(records, main, request, facts)
    else:
        understood = _resource(records, main, request, facts)
    held = main.held and bodies
    return ReadExchange(
        facts=facts,
        uri=main.uri,
        received_at=main.date,
        response=main.block if held else main.block[: understood.head],
        response_head=understood.head,
        body=understood.body if held else b"",
        request=request.block if request else None,
        headers=understood.headers,
        status=understood.status,
        truncated=_truncated(records, main),
        placed=Placed(main.offset, main.length, stored.offset, stored.length),
        held=held,
        response_sha256=_noted(main),
        request_sha256=_noted(request) if request else None,
    )


def _companions(records: Records, main: WarcRecord) -> tuple[WarcRecord | None, WarcRecord]:
    """Request and facts that stand with a main record. A resource has a request only where it was asked for, what we
    made ourselves has none."""
    following = records.expect(*_AFTER[main.type])
    if following.type == "metadata":
        return None, following
    _require_pair(records, main, following)
    return following, records.expect("metadata")


_AFTER = {"response": ("request",), "resource": ("request", "metadata"), "conversion": ("metadata",)}


def _noted(record: WarcRecord) -> str:
    return record.fields["warc-block-digest"].removeprefix("sha256:")


def _require_pair(records: Records, main: WarcRecord, request: WarcRecord) -> None:
    same = (request.uri, request.date) == (main.uri, main.date)
    if not same or request.fields.get("warc-concurrent-to") != main.id:
        records.damaged(Code.REFERENCE, "a request that does not belong to the response before it")
    end = visible_head_end(request.block)
    if (noted := request.fields.get("warc-payload-digest")) is not None:
        records.check_digest(noted, hashlib.sha256(request.block[end:] if end else b"").hexdigest())


def _facts(records: Records, main: WarcRecord, request: WarcRecord | None, stored: WarcRecord) -> dict[str, Any]:
    if not stored.uri.startswith(names.exchange_uri("")):
        records.damaged(Code.ORDER, "another record stands where the exchange facts have to")
    try:
        facts = _object(stored.block)
    except ValueError:
        records.damaged(Code.FACTS, "exchange facts that cannot be read")
    if not _belong_together(facts, main, request, stored):
        records.damaged(Code.REFERENCE, "exchange facts that do not belong to the records before them")
    return facts


def _belong_together(facts: dict[str, Any], main: WarcRecord, request: WarcRecord | None, stored: WarcRecord) -> bool:
    exchange = facts.get("exchange")
    if not isinstance(exchange, str):
        return False
    return (
        main.id == stored.fields.get("warc-refers-to") == names.exchange_record_id(exchange, main.type)
        and stored.id == names.exchange_record_id(exchange, "metadata")
        and (request is None or request.id == names.exchange_record_id(exchange, "request"))
        and stored.uri == names.target_uri(names.exchange_uri(exchange))
        and main.date == stored.date
        and facts.get("received_at", clock.to_text(main.date)) == clock.to_text(main.date)
        and facts.get("truncated", main.fields.get("warc-truncated")) == main.fields.get("warc-truncated")
    )


def _truncated(records: Records, main: WarcRecord) -> Truncated | None:
    said = main.fields.get("warc-truncated")
    if said not in (None, *get_args(Truncated)):
        records.damaged(Code.HEADER, "a WARC-Truncated of unknown meaning")
    return cast(Truncated | None, said)


def _resource(records: Records, main: WarcRecord, request: WarcRecord | None, facts: dict[str, Any]) -> _Understood:
    """What was pushed, deposited or made of something stored; or, with its request, what came in place of an answer."""
    if (main.type == "conversion") != (facts.get("source") == MADE) or not _refers_well(main, facts):
        records.damaged(Code.REFERENCE, "a record that says otherwise than its facts what it was made from")
    if (request is not None) != ("no_answer" in facts):
        records.damaged(Code.REFERENCE, "a resource record that was asked for and does not say what is wrong with it")
    if facts.get("body_sha256", _noted(main)) != _noted(main):
        records.damaged(Code.DIGEST, "the block does not have the digest in its facts")
    if request is not None:
        return _Understood(0, main.block, 0, ())
    if "headers" in facts:
        try:
            return _Understood(0, main.block, 0, tuple((str(name), str(value)) for name, value in facts["headers"]))
        except (TypeError, ValueError):
            records.damaged(Code.FACTS, "headers that are none")
    return _Understood(0, main.block, 0, (("Content-Type", main.fields.get("content-type", "")),))


def _refers_well(main: WarcRecord, facts: dict[str, Any]) -> bool:
    """Whether what we made names what it was made from, in its header as in its facts."""
    if main.type != "conversion":
        return True
    try:
        made_from = str(facts["picture"]["drawn_from"][0])
    except (KeyError, TypeError, IndexError):
        return False
    kinds = ("response", "resource")
    return main.fields.get("warc-refers-to") in [names.exchange_record_id(made_from, kind) for kind in kinds]


def _understand(records: Records, main: WarcRecord, request: WarcRecord, facts: dict[str, Any]) -> _Understood:
    """Head and body of an answer. What was cut off is taken as far as it goes; otherwise the body has to be the one
    the facts name."""
    head = _head(main.block)
    end = head.end if head else visible_head_end(main.block) or len(main.block)
    as_stored = main.past.payload if main.past else hashlib.sha256(memoryview(main.block)[end:]).hexdigest()
    if (noted := main.fields.get("warc-payload-digest")) is not None:
        records.check_digest(noted, as_stored)
    body = _body(main.block, head, request.block) if head and not main.past else None
    if body is None and not main.past and facts.get("body_sha256") == as_stored:
        body = main.block[end:]  # broken framing that was captured as it stood
    if "warc-truncated" not in main.fields:
        found = main.past.content if main.past else _digest(body, len(main.block) - end, as_stored)
        _require_body(records, main, facts, found)
    return _Understood(end, body or b"", head.status if head else 0, head.headers if head else ())


def _digest(body: bytes | None, stored_size: int, as_stored: str) -> str | None:
    """SHA-256 of the body; the one already known where nothing was taken away from what is stored."""
    if body is None:
        return None
    return as_stored if len(body) == stored_size else hashlib.sha256(body).hexdigest()


def _require_body(records: Records, main: WarcRecord, facts: dict[str, Any], found: str | None) -> None:
    noted = facts.get("body_sha256")
    if noted is None and found is None:
        records.damaged(Code.FRAMING, "an answer whose body cannot be told from its framing")
    if noted is not None and found != noted:
        records.damaged(Code.DIGEST, "the body without transfer coding does not have the digest in its facts")


def _head(block: bytes) -> Head | None:
    try:
        return final_head(block)
    except FramingError:
        return None


def _body(block: bytes, head: Head, request: bytes) -> bytes | None:
    """The body without transfer coding, or None where the framing does not tell it."""
    method = request.partition(b" ")[0].decode("latin-1")
    try:
        return deframed(block, read_body(block, head, method, closed=True))
    except FramingError:
        return None
