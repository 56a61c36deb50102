"""warcio writes our records exactly as they are given, and stays the warcio we know."""

from __future__ import annotations

import gzip
import io
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import GzippingWrapper, WARCWriter

from archiver.errors import IntegrityError
from archiver.storage.gzip_member import HEADER, LEVEL, compressor
from archiver.storage.record_writer import CheckedBlock, Field, MemberWriter, RecordWriter, long_record, warc_record
from archiver.storage.segment_writer import SegmentWriter
from archiver.wire.exchange import BodyFile
from tests.storage.samples import NOW, add, add_run, exchange, info, sha

FIELDS: list[Field] = [
    ("WARC-Type", "response"),
    ("WARC-Record-ID", "<urn:uuid:00000000-0000-8000-8000-000000000000>"),
    ("WARC-Protocol", "http/1.1"),
    ("WARC-Protocol", "tls/1.3"),
    ("WARC-Target-URI", "https://a.example/?q=%C3%BC"),
]


class Calls:
    """An output that notes what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []

    def write(self, content: bytes, /) -> None:
        self.calls.append(bytes(content))

    def flush(self) -> None:
        self.calls.append("flush")

    @property
    def content(self) -> bytes:
        return b"".join(call for call in self.calls if isinstance(call, bytes))


def written(*records: ArcWarcRecord) -> Calls:
    output = Calls()
    writer = RecordWriter(output)
    for record in records:
        writer.write(record)
    return output


# --- what we write ---------------------------------------------------------------------------------------------------


def test_a_record_is_its_fields_in_order_its_length_and_its_block() -> None:
    block = b"HTTP/1.1 200 OK\r\nX-No-Space:x\r\nX-Latin: caf\xe9\r\nX-Folded: a\r\n\tb  \r\n\r\n\x00\xff"
    assert gzip.decompress(written(warc_record(FIELDS, block)).content) == (
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-8000-8000-000000000000>\r\n"
        b"WARC-Protocol: http/1.1\r\nWARC-Protocol: tls/1.3\r\nWARC-Target-URI: https://a.example/?q=%%C3%%BC\r\n"
        b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(block), block)
    )


@given(st.lists(st.one_of(st.binary(max_size=300), st.integers(16_383, 16_385).map(bytes)), min_size=1, max_size=4))
def test_any_blocks_come_back_exactly_each_from_a_member_of_its_own(blocks: list[bytes]) -> None:
    output = written(*(warc_record(FIELDS, block) for block in blocks))
    members = [bytes(HEADER) + part for part in output.content.split(HEADER)[1:]]
    assert output.calls.count("flush") == len(blocks)
    if len(members) == len(blocks):  # compressed bytes may look like the start of a member
        assert [
            gzip.decompress(one)[-len(block) - 4 : -4] for one, block in zip(members, blocks, strict=True)
        ] == blocks
    with io.BytesIO(output.content) as stream:
        assert [record.raw_stream.read() for record in ArchiveIterator(stream, no_record_parse=True)] == blocks


def test_the_level_is_ours_and_not_that_of_warcio() -> None:
    block = b"".join(b"%d,%x;" % (number, number * 7919) for number in range(1800))
    head = gzip.decompress(written(warc_record(FIELDS, block)).content).partition(block)[0]
    ours = compressor(LEVEL, 8, -15)
    pieces = [head, *(block[at : at + 16_384] for at in range(0, len(block), 16_384)), b"\r\n\r\n"]
    expected = b"".join(map(ours.compress, pieces)) + ours.flush()
    assert written(warc_record(FIELDS, block)).content[len(HEADER) : -8] == expected


@pytest.mark.parametrize(
    "value", ["a\r\nWARC-Type: x", "a\nb", "caf\u00e9", "\x00", "\x7f", "a\tb", "\ud800", "\u2028"]
)
def test_a_value_that_could_end_its_line_or_is_not_ascii_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="WARC header"):
        warc_record([*FIELDS, ("WARC-Truncated", value)], b"")


def test_no_sha1_is_in_any_record_whatever_digests_it_has(tmp_path: Path) -> None:
    wires = [
        exchange(),
        exchange(head=b"HTTP/1.1 200 OK\nBare: y\n\n"),
        exchange(b"", head=b"HTTP/1.1 20", truncated="disconnect"),
        exchange(url="urn:x"),
        exchange(request=b"GET / HT"),
        exchange(b"x" * 50_000, file=tmp_path / "body"),
    ]
    writer = SegmentWriter(tmp_path / "s.warc.gz", info())
    for number, wire in enumerate(wires):
        add(writer, wire, number)
    writer.add_resource("wss://a.example/", "text/plain", b"f", {"exchange": "e"}, at=NOW, block_sha256=sha(b"f"))
    add_run(writer)
    stored = gzip.decompress(writer.close().path.read_bytes()).lower()
    assert b"sha1" not in stored
    assert stored.count(b"warc-block-digest: sha256:") == 1 + 3 * len(wires) + 2 + 1
    assert stored.count(b"warc-payload-digest: sha256:") == 3 + 4, "three answers, four requests"


# --- body files ------------------------------------------------------------------------------------------------------


def body(path: Path, content: bytes) -> BodyFile:
    path.write_bytes(content)
    return BodyFile(path, len(content), sha(content))


@pytest.mark.parametrize("size", [0, 1, 16_384, 16_385, 3_000_000])
@pytest.mark.parametrize("held", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 16_384])
def test_a_body_in_a_file_gives_the_record_of_the_same_bytes_in_memory(tmp_path: Path, size: int, held: bytes) -> None:
    content = bytes(number * 7919 % 251 for number in range(1000)) * 3000
    file = body(tmp_path / "body", content[:size])
    with CheckedBlock(held, file, sha(held + content[:size])) as block:
        long = written(long_record(FIELDS, block))
    assert gzip.decompress(long.content) == gzip.decompress(written(warc_record(FIELDS, held + content[:size])).content)


@pytest.mark.parametrize("change", [b"", b"x" * 4999, b"x" * 5001, b"y" + b"x" * 4999, b"x" * 4999 + b"y"])
def test_a_body_file_that_changed_never_gives_the_end_of_a_record(tmp_path: Path, change: bytes) -> None:
    file = body(tmp_path / "body", b"x" * 5000)
    file.path.write_bytes(change)
    output = Calls()
    with (
        CheckedBlock(b"head", file, sha(b"head" + b"x" * 5000)) as block,
        pytest.raises(IntegrityError, match="SHA-256"),
    ):
        RecordWriter(output).write(long_record(FIELDS, block))
    assert "flush" not in output.calls


# --- what we rely on in warcio ---------------------------------------------------------------------------------------


def test_warcio_is_of_the_line_whose_insides_were_looked_at() -> None:
    assert version("warcio").startswith("1.8."), (
        "archiver/storage/record_writer.py stands on inner parts of warcio 1.8 (GzippingWrapper, ensure_digest, one "
        "flush a record); look at them in the new version, run this file, then change this line and pyproject.toml"
    )


def test_the_gzip_wrapper_of_warcio_is_a_compressor_and_an_output_and_nothing_else() -> None:
    class Compressor:
        def compress(self, content: bytes) -> bytes:
            return b"<" + content

        def flush(self) -> bytes:
            return b">"

    output = Calls()
    wrapper = GzippingWrapper(output)
    assert set(vars(wrapper)) == {"compressor", "out"}, "the wrapper keeps more than MemberWriter gives it"
    wrapper.compressor = Compressor()
    wrapper.write(b"a")
    wrapper.write(b"b")
    wrapper.flush()
    assert output.calls == [b"<a", b"<b", b">", "flush"]
    assert set(vars(MemberWriter(output))) == {"compressor", "out"}


def test_warcio_writes_header_block_and_end_and_then_flushes_once() -> None:
    output = Calls()
    headers = StatusAndHeaders("", [("WARC-Type", "metadata")], "WARC/1.1")
    headers.add_header("WARC-Block-Digest", "sha256:x")
    headers.add_header("WARC-Payload-Digest", "sha256:y")
    block = bytes(range(256)) * 200
    record = ArcWarcRecord("warc", "metadata", headers, io.BytesIO(block), None, None, len(block))
    WARCWriter(output, gzip=False, warc_version="WARC/1.1").write_record(record)
    assert output.calls[-1] == "flush"
    assert output.calls.count("flush") == 1
    assert output.content == (
        b"WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Block-Digest: sha256:x\r\nWARC-Payload-Digest: sha256:y\r\n"
        b"Content-Length: 51200\r\n\r\n" + block + b"\r\n\r\n"
    )


def test_warcio_would_still_add_what_we_keep_out_and_take_what_we_refuse() -> None:
    """If one of these fails, warcio has learnt to do it, and our piece can go."""

    def plain(length: int, *fields: Field) -> bytes:
        output = Calls()
        headers = StatusAndHeaders("", [("WARC-Type", "metadata"), *fields], "WARC/1.1")
        record = ArcWarcRecord("warc", "metadata", headers, io.BytesIO(b"block"), None, None, length)
        WARCWriter(output, gzip=False, warc_version="WARC/1.1").write_record(record)
        return output.content

    assert b"WARC-Payload-Digest: sha1:" in plain(5, ("WARC-Block-Digest", "sha256:x"))
    assert b"\r\nX: y\r\n" in plain(5, ("WARC-Target-URI", "a\r\nX: y"))
    assert b"Content-Length: 99\r\n" in plain(99)


def test_the_header_of_a_member_of_warcio_says_level_nine() -> None:
    output: Any = io.BytesIO()
    wrapper = GzippingWrapper(output)
    wrapper.write(b"a")
    wrapper.flush()
    assert output.getvalue()[:10] != HEADER
