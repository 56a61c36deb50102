"""Exchanges and segments for the tests of this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from archiver import clock
from archiver.storage.segment_writer import Closed, Placed, SegmentInfo, SegmentWriter, segment_key
from archiver.wire.exchange import BodyFile, Network, WireExchange

NOW = datetime(2026, 11, 22, 13, 0, 0, 120, tzinfo=UTC)
ACCOUNT = "ac_" + "a" * 32
SEGMENT = "sg_" + "b" * 32
ARCHIVE = "av_" + "c" * 32
REQUEST = b"GET /api?limit=40 HTTP/1.1\r\nHost: social.example\r\nAccept-Encoding: identity\r\n\r\n"
TLS = Network("192.0.2.7", ("http/1.1", "tls/1.3"), "TLS_AES_256_GCM_SHA384", "ab" * 32)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def info(**changes: Any) -> SegmentInfo:
    fields: dict[str, Any] = {
        "archive": ARCHIVE,
        "segment": SEGMENT,
        "authority": "unassigned",
        "access": "public",
        "month": "2026-11",
        "record_year": None,
        "account": {"id": ACCOUNT, "name": "Stadt Zürich \ud800", "platform": "mastodon", "settings": {}},
        "software": "records-archiver 0.1.0",
        "created_at": NOW,
    }
    return SegmentInfo(**(fields | changes))


def head_of(body: bytes, *lines: bytes) -> bytes:
    more = b"".join(line + b"\r\n" for line in lines)
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more + b"Content-Length: %d\r\n\r\n" % len(body)


def exchange(
    body: bytes = b'{"a":1}',
    *,
    head: bytes | None = None,
    content: bytes | None = None,
    url: str = "https://social.example/api?limit=40",
    request: bytes = REQUEST,
    network: Network = TLS,
    truncated: Literal["disconnect", "length"] | None = None,
    file: Path | None = None,
) -> WireExchange:
    """An exchange. ``content``: the body without transfer coding where that differs; ``file``: where to put a body that
    is not held in memory."""
    head = head_of(body) if head is None else head
    content = body if content is None else content
    kept = None
    if file:
        file.write_bytes(body)
        kept = BodyFile(file, len(body), sha(body))
    return WireExchange(
        method="GET",
        url=url,
        sent_at=NOW,
        received_at=NOW,
        status=200,
        headers=(),
        request=request,
        response=head if kept else head + body,
        response_head=len(head),
        body=b"" if kept else content,
        body_sha256=sha(content),
        body_size=len(content),
        network=network,
        truncated=truncated,
        body_file=kept,
    )


def facts_of(wire: WireExchange, number: int = 0) -> dict[str, Any]:
    return {
        "v": 1,
        "exchange": f"ex_{number:032d}",
        "received_at": clock.to_text(wire.received_at),
        "body_sha256": wire.body_sha256,
        "body_size": wire.body_size,
        "records": [[f"status/{number}", "/0"]],
    }


def add(writer: SegmentWriter, wire: WireExchange, number: int = 0, facts: Mapping[str, Any] | None = None) -> Placed:
    body = wire.body_file.path.read_bytes() if wire.body_file else b""
    return writer.add_exchange(
        wire,
        facts_of(wire, number) if facts is None else facts,
        request_sha256=sha(wire.request),
        response_sha256=sha(wire.response + body),
    )


def add_run(writer: SegmentWriter, part: int = 1, **fields: Any) -> None:
    run = "rn_" + "d" * 32
    writer.add_run_record(run, part, NOW, {"v": 1, "run": run, "part": part, **fields})


def write(path: Path, *wires: WireExchange, **changes: Any) -> tuple[Closed, list[Placed], str]:
    """A finished segment with these exchanges and two run records: what was closed, where they stand, its key."""
    writer = SegmentWriter(path, info(**changes))
    placed = [add(writer, wire, number) for number, wire in enumerate(wires)]
    add_run(writer, 1, asks={"statuses": {"200": len(wires)}})
    add_run(writer, 2, final=True, outcome="complete")
    closed = writer.close()
    return closed, placed, segment_key(info(**changes), closed.sha256)
