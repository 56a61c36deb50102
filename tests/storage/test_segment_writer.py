"""What is written is exactly what crossed the wire, in a form that two independent programs read and verify."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.errors import IntegrityError, OutOfSpace
from archiver.storage import segment_names as names
from archiver.storage.protocol import StoreUnavailable
from archiver.storage.segment_reader import ReadExchange, ReadInfo, ReadRunRecord, read_segment
from archiver.storage.segment_writer import SegmentWriter
from archiver.wire.exchange import BodyFile, Network
from tests import effort
from tests.effort import bounded
from tests.storage.checkers import fastwarc_verdicts, warcio_passes, warcio_records
from tests.storage.faults import count_calls, failing
from tests.storage.samples import (
    ACCOUNT,
    ARCHIVE,
    NOW,
    REQUEST,
    SEGMENT,
    add,
    add_run,
    exchange,
    facts_of,
    info,
    sha,
    write,
)

CHUNKED = b'5;name="v"\r\nhello\r\n1\r\n,\r\n00006 \r\n world\r\n0;last\r\nX-Trailer: a\r\nY:b\r\n\r\n'
ODD_HEAD = (
    b"HTTP/1.1  200  Very   OK\r\ncOnTeNt-TyPe:text/html\r\nX-No-Space:x\r\nX-Spaces:   y   \r\nX-Folded: one\r\n"
    b"\ttwo\r\n   three\r\nX-Latin: caf\xe9 \xff\r\nX-Twice: 1\r\nx-twice: 2\r\nX-Empty:\r\n"
)
NESTED = b"\r\n\r\nWARC/1.1\r\nX: y\r\n\r\n\r\n"
MEGABYTE = os.urandom(1 << 19) * 2
#: (head, body on the wire, body without transfer coding)
WIRES: dict[str, tuple[bytes, bytes, bytes]] = {
    "plain": (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", b'{"a":1}', b'{"a":1}'),
    "odd head": (ODD_HEAD + b"Content-Length: 2\r\n\r\n", b"ok", b"ok"),
    "chunked": (ODD_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNKED, b"hello, world"),
    "chunked, odd case": (b"HTTP/1.1 200 OK\r\nTRANSFER-encoding:CHUNKED\r\n\r\n", CHUNKED, b"hello, world"),
    "no chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n", b""),
    "until the end": (b"HTTP/1.0 200\r\nServer: old\r\n\r\n", b"\r\n\r\nbody\x00\xff", b"\r\n\r\nbody\x00\xff"),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 3\n\n", b"abc", b"abc"),
    "mixed line ends": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\n\r\n", b"abc", b"abc"),
    "no headers": (b"HTTP/1.1 200 OK\r\n\r\n", b"abc", b"abc"),
    "no body": (b"HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n", b"", b""),
    "not modified, chunked": (b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", b"", b""),
    "interim answers": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
        b"abc",
        b"abc",
    ),
    "line without colon": (b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 3\r\n\r\n", b"abc", b"abc"),
    "warc in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n", NESTED, NESTED),
    "a megabyte": (b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n", MEGABYTE, MEGABYTE),
}


def read(path: Path) -> list[ReadInfo | ReadExchange | ReadRunRecord]:
    return list(read_segment(io.BytesIO(path.read_bytes())))


def exchanges(path: Path) -> list[ReadExchange]:
    return [found for found in read(path) if isinstance(found, ReadExchange)]


def assert_all_agree(path: Path, records: int) -> None:
    """warcio and FastWARC read every record and find every digest right; each is a gzip member of its own."""
    assert warcio_passes(path)
    assert len(warcio_records(path)) == records
    verdicts = fastwarc_verdicts(path)
    assert len(verdicts) == records
    assert all(block and payload is not False for _, block, payload in verdicts)


# --- the profile -----------------------------------------------------------------------------------------------------


@pytest.mark.law("R19", "R32")
def test_a_segment_is_as_the_profile_lays_it_down(tmp_path: Path) -> None:
    wire = exchange()
    closed, _, _ = write(tmp_path / "s.warc.gz", wire)
    records = warcio_records(closed.path)
    assert [(record.type, record.headers["Content-Type"]) for record in records] == [
        ("warcinfo", ["application/warc-fields"]),
        ("response", ["application/http; msgtype=response"]),
        ("request", ["application/http; msgtype=request"]),
        ("metadata", ["application/json"]),
        ("metadata", ["application/x-ndjson"]),
    ]
    first, response, request, facts, runs = records
    assert all(record.headers["WARC-Block-Digest"] == [f"sha256:{sha(record.block)}"] for record in records)
    assert all(record.headers["WARC-Date"] == ["2026-11-22T13:00:00.000120Z"] for record in records)
    assert response.headers["WARC-Target-URI"] == request.headers["WARC-Target-URI"] == [wire.url]
    assert response.headers["WARC-Protocol"] == ["http/1.1", "tls/1.3"]
    assert response.headers["WARC-IP-Address"] == ["192.0.2.7"]
    assert response.headers["WARC-Cipher-Suite"] == ["TLS_AES_256_GCM_SHA384"]
    assert response.headers["WARC-Payload-Digest"] == [f"sha256:{sha(wire.body)}"]
    assert request.headers["WARC-Payload-Digest"] == [f"sha256:{sha(b'')}"]
    assert request.headers["WARC-Concurrent-To"] == response.headers["WARC-Record-ID"]
    assert facts.headers["WARC-Refers-To"] == response.headers["WARC-Record-ID"]
    assert facts.headers["WARC-Target-URI"] == ["urn:x-cra:exchange:ex_" + "0" * 32]
    assert runs.headers["WARC-Target-URI"] == [f"urn:x-cra:runs:{SEGMENT}"]
    assert [json.loads(line)["part"] for line in runs.block.splitlines()] == [1, 2]
    assert "WARC-Truncated" not in response.headers
    lines = dict(line.split(": ", 1) for line in first.block.decode().split("\r\n") if line)
    account = lines.pop("account")
    assert lines.pop("description")
    assert lines == {
        "software": "records-archiver 0.1.0",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": ARCHIVE,
        "segment": SEGMENT,
        "authority": "unassigned",
        "access": "public",
        "month": "2026-11",
        "robots": "not applicable",
    }
    assert account == json.dumps(info().account, sort_keys=True, separators=(",", ":"))
    assert account.isascii()


def test_record_ids_never_change() -> None:
    """These ids stand in files that are kept for decades."""
    assert names.info_record_id("sg_x") == "<urn:uuid:e3bc99eb-5942-898c-9f3f-28e2181312c7>"
    assert names.runs_record_id("sg_x") == "<urn:uuid:8b22e6fe-14c5-8b61-8841-1cf45b9dd0b9>"
    assert names.exchange_record_id("ex_x", "response") == "<urn:uuid:41f57606-581b-89d6-9c16-e0715218ee3d>"
    assert names.exchange_record_id("ex_x", "request") == "<urn:uuid:d9f1d5d5-7fb3-8c51-9ac8-527df6c33496>"
    assert names.exchange_record_id("ex_x", "metadata") == "<urn:uuid:e1f665dc-cf96-832b-bf5e-a2edb16b97dc>"
    assert names.exchange_record_id("ex_x", "resource") == "<urn:uuid:414b7f86-1722-81b4-bb0b-71792d4b6646>"


@pytest.mark.law("R32")
def test_back_capture_names_its_year(tmp_path: Path) -> None:
    closed, _, key = write(tmp_path / "s.warc.gz", exchange(), record_year=2019)
    found = read(closed.path)[0]
    assert isinstance(found, ReadInfo)
    assert found.fields["record-year"] == "2019"
    assert "/of-2019/" in key


def test_what_was_closed_is_what_is_on_the_disk(tmp_path: Path) -> None:
    closed, placed, _ = write(tmp_path / "s.warc.gz", exchange(), exchange(b"[]"))
    content = closed.path.read_bytes()
    assert (closed.sha256, closed.size) == (sha(content), len(content))
    assert closed.warc_records == len(warcio_records(closed.path)) == 1 + 2 * 3 + 1
    offsets = {record.offset: record.type for record in warcio_records(closed.path)}
    for place in placed:
        assert offsets[place.offset] == "response"
        assert offsets[place.facts_offset] == "metadata"
        for offset, length in ((place.offset, place.length), (place.facts_offset, place.facts_length)):
            assert gzip.decompress(content[offset : offset + length]).startswith(b"WARC/1.1\r\n")


def test_the_size_is_known_while_writing(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    for number in range(3):
        add(writer, exchange(), number)
        assert writer.size == (tmp_path / "s.warc.gz").stat().st_size
    writer.abandon()


def test_the_same_exchanges_give_the_same_bytes(tmp_path: Path) -> None:
    first, _, _ = write(tmp_path / "1.warc.gz", exchange())
    second, _, _ = write(tmp_path / "2.warc.gz", exchange())
    assert first.sha256 == second.sha256


def test_a_segment_without_exchanges_or_runs_is_whole(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    closed = writer.close()
    assert_all_agree(closed.path, 2)
    assert [type(found) for found in read(closed.path)] == [ReadInfo]


# --- bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.law("R19", "R68")
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("in_file", [False, True])
def test_the_bytes_of_the_wire_come_back_exactly_and_every_checker_agrees(
    tmp_path: Path, name: str, in_file: bool
) -> None:
    head, body, content = WIRES[name]
    wire = exchange(body, head=head, content=content, file=tmp_path / "body" if in_file else None)
    closed, placed, _ = write(tmp_path / "s.warc.gz", wire)
    assert_all_agree(closed.path, 5)
    assert warcio_records(closed.path)[1].block == head + body
    (found,) = exchanges(closed.path)
    assert found.response == head + body
    assert found.response_head == len(head)
    assert found.body == content
    assert found.request == REQUEST
    assert found.placed == placed[0]
    assert (found.response_sha256, found.request_sha256) == (sha(head + body), sha(REQUEST))


def test_headers_are_read_in_wire_order_and_case(tmp_path: Path) -> None:
    head, body, content = WIRES["odd head"]
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange(body, head=head, content=content))
    (found,) = exchanges(closed.path)
    assert found.status == 200
    assert found.headers == (
        ("cOnTeNt-TyPe", "text/html"),
        ("X-No-Space", "x"),
        ("X-Spaces", "y"),
        ("X-Folded", "one two three"),
        ("X-Latin", "café ÿ"),
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("X-Empty", ""),
        ("Content-Length", "2"),
    )


@pytest.mark.parametrize(
    "received",
    [
        b"",
        b"HT",
        b"HTTP/1.1 200 OK\r\nContent-Ty",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"garbage\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"\x16\x03\x01\x00",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
@pytest.mark.parametrize("cause", ["disconnect", "length"])
def test_an_answer_that_was_cut_off_is_kept_and_marked(tmp_path: Path, received: bytes, cause: Any) -> None:
    end = received.find(b"\r\n\r\n")
    head = received[: end + 4] if end >= 0 else received
    wire = exchange(received[len(head) :], head=head, content=b"whatever was understood", truncated=cause)
    closed, _, _ = write(tmp_path / "s.warc.gz", wire)
    assert_all_agree(closed.path, 5)
    assert warcio_records(closed.path)[1].headers["WARC-Truncated"] == [cause]
    (found,) = exchanges(closed.path)
    assert found.response == received
    assert found.truncated == cause


@pytest.mark.parametrize(
    "request_bytes",
    [REQUEST, b"POST /x HTTP/1.1\r\nContent-Length: 4\r\n\r\na=\r\n", b"GET / HTTP/1.1\r\n\r\n", b"", b"GET / HT"],
)
def test_requests_come_back_exactly(tmp_path: Path, request_bytes: bytes) -> None:
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange(request=request_bytes))
    assert_all_agree(closed.path, 5)
    assert exchanges(closed.path)[0].request == request_bytes


@given(
    head=st.lists(st.from_regex(rb"[!-9;-~]{1,9}:[ \t!-\xff]{0,20}", fullmatch=True), max_size=5),
    body=st.binary(max_size=300),
)
@settings(
    max_examples=effort.examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_head_and_body_come_back_exactly(tmp_path: Path, head: list[bytes], body: bytes) -> None:
    lines = [line for line in head if line.split(b":")[0].lower() not in (b"transfer-encoding", b"content-length")]
    block = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange(body, head=block))
    assert_all_agree(closed.path, 5)
    (found,) = exchanges(closed.path)
    assert (found.response, found.body) == (block + body, body)


# --- nothing a stranger writes can change the form -------------------------------------------------------------------


def test_no_value_can_add_a_header_line(tmp_path: Path) -> None:
    evil = "x\r\nWARC-Type: warcinfo\r\n\r\nWARC/1.1\r\nContent-Length: 0\r\n\r\n"
    network = Network(evil, (evil, "tls/1.3\n"), evil)
    writer = SegmentWriter(
        tmp_path / "s.warc.gz", info(software=evil, archive=evil, account={"id": ACCOUNT, "name": evil})
    )
    add(writer, exchange(url=f"https://a.example/{evil}", network=network))
    add_resource(writer, b"frame", uri=f"wss://a.example/{evil}", content_type=evil)
    add_run(writer, reason=evil)
    closed = writer.close()
    assert_all_agree(closed.path, 7)
    for record in warcio_records(closed.path):
        assert all("\r" not in value and "\n" not in value for values in record.headers.values() for value in values)
        assert len(record.headers["WARC-Type"]) == 1
    found = read(closed.path)
    assert isinstance(found[0], ReadInfo)
    assert found[0].account["name"] == evil
    assert isinstance(found[-1], ReadRunRecord)
    assert found[-1].fields["reason"] == evil


def test_facts_and_run_records_keep_any_string_a_platform_may_send(tmp_path: Path) -> None:
    strings = ["\ud800", "\x00", "\u2028\u0085\r\n", "😀", "\udfff\ud83d", '"\\', "é" * 1000]
    wire = exchange()
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    add(writer, wire, facts=facts_of(wire) | {"records": [[text, "/0"] for text in strings], "float": 1.5e300})
    add_run(writer, states=strings)
    closed = writer.close()
    assert_all_agree(closed.path, 5)
    _, found, run = read(closed.path)
    assert isinstance(found, ReadExchange)
    assert isinstance(run, ReadRunRecord)
    assert [key for key, _ in found.facts["records"]] == run.fields["states"] == strings
    assert found.facts["float"] == 1.5e300
    block = warcio_records(closed.path)[3].block
    assert block.isascii()
    assert block == json.dumps(found.facts, sort_keys=True, separators=(",", ":")).encode()


def test_an_address_too_long_for_a_header_does_not_stop_the_capture(tmp_path: Path) -> None:
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange(url="https://a.example/" + "x" * 100_000))
    assert_all_agree(closed.path, 5)
    assert "#abridged:sha256:" in exchanges(closed.path)[0].uri


@pytest.mark.parametrize("url", ["ftp://a.example/x", "HTTPS://A.example/x", "urn:x", "", "/x"])
def test_an_address_that_checkers_do_not_take_for_http_is_stored_all_the_same(tmp_path: Path, url: str) -> None:
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange(url=url))
    assert_all_agree(closed.path, 5)
    assert exchanges(closed.path)[0].body == b'{"a":1}'


@pytest.mark.parametrize("facts", [{}, {"exchange": ""}, {"exchange": 5}, {"exchange": "ex_1", "x": float("nan")}])
def test_facts_that_cannot_be_stored_are_refused_and_the_segment_stays_usable(
    tmp_path: Path, facts: dict[str, Any]
) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    with pytest.raises(ValueError):
        add(writer, exchange(), facts=facts)
    add(writer, exchange())
    assert_all_agree(writer.close().path, 5)


def test_a_run_record_that_names_another_run_is_refused(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    for fields in ({}, {"run": "rn_x"}, {"run": "rn_x", "part": 2}, {"run": "rn_y", "part": 1}):
        with pytest.raises(ValueError, match="names its run"):
            writer.add_run_record("rn_x", 1, NOW, fields)
    writer.abandon()


@pytest.mark.parametrize(
    "changes",
    [{"authority": "../x"}, {"access": "all"}, {"month": "2026"}, {"account": {"id": "a/b"}}, {"segment": "sg x"}],
)
def test_a_segment_that_could_have_no_key_is_refused_before_there_is_a_file(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError):
        SegmentWriter(tmp_path / "s.warc.gz", info(**changes))
    assert list(tmp_path.iterdir()) == []


# --- resources -------------------------------------------------------------------------------------------------------


def add_resource(
    writer: SegmentWriter,
    block: bytes | BodyFile,
    uri: str = "wss://a.example/stream",
    content_type: str = "text/plain",
) -> None:
    content = block if isinstance(block, bytes) else block.path.read_bytes()
    facts = {"exchange": "ex_frame", "source": "pushed", "body_sha256": sha(content)}
    writer.add_resource(uri, content_type, block, facts, at=NOW + timedelta(seconds=1), block_sha256=sha(content))


def test_a_pushed_frame_is_a_resource_with_its_facts(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    add_resource(writer, b'{"event":"update"}')
    closed = writer.close()
    assert_all_agree(closed.path, 4)
    record = warcio_records(closed.path)[1]
    assert (record.type, record.block) == ("resource", b'{"event":"update"}')
    assert "WARC-Payload-Digest" not in record.headers
    (found,) = exchanges(closed.path)
    assert (found.request, found.request_sha256, found.response_head, found.status) == (None, None, 0, 0)
    assert found.body == found.response == b'{"event":"update"}'
    assert found.headers == (("Content-Type", "text/plain"),)
    assert found.received_at == NOW + timedelta(seconds=1)


def test_a_deposited_file_is_stored_from_the_disk(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "takeout.zip").write_bytes(content)
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    add_resource(writer, BodyFile(tmp_path / "takeout.zip", len(content), sha(content)), content_type="")
    closed = writer.close()
    assert_all_agree(closed.path, 4)
    assert exchanges(closed.path)[0].body == content


# --- body files ------------------------------------------------------------------------------------------------------


def test_a_large_body_is_streamed_and_never_whole_in_memory(tmp_path: Path) -> None:
    size = 200 << 20
    with (tmp_path / "video").open("wb") as file:
        file.truncate(size)
    script = f"""
import hashlib, resource, sys
from pathlib import Path
from archiver.wire.exchange import BodyFile
from archiver.storage.segment_reader import read_segment
from archiver.storage.segment_writer import SegmentWriter
from tests.storage.samples import exchange, facts_of, head_of, info
import dataclasses
body = BodyFile(Path({str(tmp_path / "video")!r}), {size}, sys.argv[1])
head = b"HTTP/1.1 200 OK\\r\\nContent-Length: {size}\\r\\n\\r\\n"
wire = dataclasses.replace(exchange(b"", head=head), body_file=body, body_sha256=sys.argv[1], body_size={size})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
writer = SegmentWriter(Path({str(tmp_path / "s.warc.gz")!r}), info(access="media"))
asked = hashlib.sha256(wire.request).hexdigest()
writer.add_exchange(wire, facts_of(wire), request_sha256=asked, response_sha256=sys.argv[2])
closed = writer.close()
with closed.path.open("rb") as stream:
    found = list(read_segment(stream))[1]
assert (found.held, found.body, found.response) == (False, b"", head), found
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    zeros, whole = hashlib.sha256(), hashlib.sha256(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    for _ in range(200):
        zeros.update(bytes(1 << 20))
        whole.update(bytes(1 << 20))
    done = subprocess.run(
        [sys.executable, "-c", script, zeros.hexdigest(), whole.hexdigest()], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 40_000, "KiB"


@pytest.mark.parametrize("change", ["shorter", "longer", "other bytes", "gone"])
def test_a_body_file_that_is_not_what_was_captured_is_not_stored(tmp_path: Path, change: str) -> None:
    wire = exchange(b"x" * 5000, file=tmp_path / "body")
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    digest = sha(wire.response + b"x" * 5000)
    if change == "gone":
        (tmp_path / "body").unlink()
    else:
        (tmp_path / "body").write_bytes(
            {"shorter": b"x" * 4999, "longer": b"x" * 5001, "other bytes": b"y" * 5000}[change]
        )
    with pytest.raises(StoreUnavailable if change == "gone" else IntegrityError):
        writer.add_exchange(wire, facts_of(wire), request_sha256=sha(wire.request), response_sha256=digest)
    with pytest.raises(StoreUnavailable, match="written anew"):
        writer.close()
    writer.abandon()
    assert not (tmp_path / "s.warc.gz").exists()


# --- disk errors, ends -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failing_disk_at_any_step_never_gives_a_finished_segment(tmp_path: Path, code: int) -> None:
    wires = [exchange(), exchange(b"x" * 3_000_000, file=tmp_path / "body")]
    good, _, _ = write(tmp_path / "good.warc.gz", *wires)
    path = tmp_path / "s.warc.gz"
    steps = count_calls(lambda: write(path, *wires), ("write", "fsync", "open"))
    assert steps.count("write") >= 5
    assert steps.count("fsync") == 2
    for number in range(1, len(steps) + 1):
        with pytest.raises(OutOfSpace if code == errno.ENOSPC else StoreUnavailable, match="cannot write"):
            failing(number, code, lambda: write(path, *wires), ("write", "fsync", "open"))
        assert write(path, *wires)[0].sha256 == good.sha256


def test_after_a_failed_write_the_writer_refuses_everything_and_can_be_abandoned(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    add(writer, exchange())
    with pytest.raises(OutOfSpace):
        failing(1, errno.ENOSPC, lambda: add(writer, exchange(), 1), ("write",))
    for act in (lambda: add(writer, exchange(), 2), writer.close):
        with pytest.raises(StoreUnavailable, match="written anew"):
            act()
    writer.abandon()
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_abandoning_an_open_segment_removes_its_file(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    add(writer, exchange())
    writer.abandon()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="closed"):
        add(writer, exchange())


def test_a_closed_segment_takes_nothing_more_and_is_not_abandoned(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    closed = writer.close()
    for act in (lambda: add(writer, exchange()), writer.close):
        with pytest.raises(ValueError, match="closed"):
            act()
    writer.abandon()
    assert sha(closed.path.read_bytes()) == closed.sha256


def test_an_unfinished_file_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s.warc.gz").write_bytes(b"half of a segment that a crash left")
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange())
    assert_all_agree(closed.path, 5)


def test_the_spooled_segment_is_closed_to_other_users(tmp_path: Path) -> None:
    closed, _, _ = write(tmp_path / "s.warc.gz", exchange())
    assert closed.path.stat().st_mode & 0o777 == 0o600


# --- without ISA-L, and speed ----------------------------------------------------------------------------------------


def test_without_isal_segments_are_the_same_to_every_reader(tmp_path: Path) -> None:
    with_isal, _, _ = write(tmp_path / "isal.warc.gz", exchange(b'{"a":[1,2,3]}' * 900))
    script = """
import sys
sys.modules["isal"] = None
from pathlib import Path
from archiver.storage import gzip_member
from archiver.storage.segment_reader import read_segment
from tests.storage.samples import exchange, write
assert gzip_member.LEVEL == 6
write(Path(sys.argv[1]), exchange(b'{"a":[1,2,3]}' * 900))
print(len(list(read_segment(open(sys.argv[2], "rb")))))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "zlib.warc.gz"), str(with_isal.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "4\n"
    assert_all_agree(tmp_path / "zlib.warc.gz", 5)
    assert exchanges(tmp_path / "zlib.warc.gz")[0].response == exchanges(with_isal.path)[0].response


def test_writing_exchanges_of_100_kb_takes_little_work(tmp_path: Path) -> None:
    body = json.dumps(
        [
            {"id": str(n * 7919), "content": f"<p>Road {n} closed {n * 31}</p>", "url": f"https://a/{n}"}
            for n in range(1250)
        ]
    ).encode()[:100_000]
    wires = [exchange(body + b" " * (number % 7)) for number in range(60)]
    digests = [(sha(wire.request), sha(wire.response)) for wire in wires]
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    with bounded(60):
        for number, (wire, (asked, answered)) in enumerate(zip(wires, digests, strict=True)):
            writer.add_exchange(wire, facts_of(wire, number), request_sha256=asked, response_sha256=answered)
    writer.close()


def test_the_command_of_warcio_passes(tmp_path: Path) -> None:
    closed, _, _ = write(tmp_path / "s.warc.gz", *(exchange(b"%d" % number) for number in range(5)))
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", str(closed.path)], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.count("digest pass") == closed.warc_records
    done = subprocess.run(
        [sys.executable, "-c", "import fastwarc.cli; fastwarc.cli.main()", "check", "-p", "-q", str(closed.path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
