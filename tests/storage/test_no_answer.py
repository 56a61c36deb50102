"""What came and is no HTTP answer, as it is written and read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archiver.storage.damage import Code, DamagedSegment
from archiver.storage.segment_reader import ReadExchange, read_segment
from archiver.storage.segment_writer import SegmentWriter
from archiver.wire.exchange import WireExchange
from tests.storage.checkers import warcio_passes, warcio_records
from tests.storage.samples import REQUEST, add, exchange, facts_of, info


def no_answer(block: bytes = b"220 ready\r\n\x00") -> WireExchange:
    wire = exchange(block, head=b"")
    return replace(wire, status=0, no_answer="malformed_answer")


def test_what_is_no_answer_is_a_resource_with_its_request_and_facts(tmp_path: Path) -> None:
    wire = no_answer()
    writer = SegmentWriter(tmp_path / "s", info())
    placed = add(writer, wire, facts=facts_of(wire) | {"no_answer": "malformed_answer"})
    writer.close()
    _, main, request, facts, _ = warcio_records(tmp_path / "s")
    assert [one.type for one in (main, request, facts)] == ["resource", "request", "metadata"]
    assert main.block == wire.response
    assert main.headers["Content-Type"] == ["application/octet-stream"]
    assert "WARC-Payload-Digest" not in main.headers
    assert request.headers["WARC-Concurrent-To"] == facts.headers["WARC-Refers-To"] == main.headers["WARC-Record-ID"]
    assert warcio_passes(tmp_path / "s")
    with (tmp_path / "s").open("rb") as stream:
        (read,) = [one for one in read_segment(stream) if isinstance(one, ReadExchange)]
    assert (read.response, read.body, read.request, read.response_head) == (wire.response, wire.response, REQUEST, 0)
    assert read.placed == placed


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"no_answer": None}, Code.REFERENCE), ({"body_sha256": "0" * 64}, Code.DIGEST)],
    ids=["its facts do not say so", "another digest"],
)
def test_what_is_no_answer_has_to_say_so(tmp_path: Path, changes: dict[str, Any], code: Code) -> None:
    wire = no_answer()
    facts = {**facts_of(wire), "no_answer": "malformed_answer", **changes}
    writer = SegmentWriter(tmp_path / "s", info())
    add(writer, wire, facts={name: value for name, value in facts.items() if value is not None})
    writer.close()
    with (tmp_path / "s").open("rb") as stream, pytest.raises(DamagedSegment) as found:
        list(read_segment(stream))
    assert found.value.code is code
