"""Reading back: whole segments, single exchanges by range, bodies that are not kept, kinds of a later version."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import BinaryIO

import pytest

from archiver import clock
from archiver.errors import IntegrityError
from archiver.storage import segment_names as names
from archiver.storage import segment_reader
from archiver.storage.damage import Code, DamagedSegment
from archiver.storage.gzip_member import member
from archiver.storage.protocol import NoSuchObject, ObjectStore
from archiver.storage.segment_reader import ReadExchange, ReadInfo, ReadRunRecord, read_exchange, read_segment
from archiver.storage.segment_writer import Placed, SegmentWriter
from tests.effort import bounded
from tests.storage.samples import ACCOUNT, NOW, SEGMENT, add, exchange, facts_of, head_of, info, sha, write
from tests.storage.test_segment_writer import WIRES


def test_everything_written_is_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    wires = [exchange(b"[%d]" % number, url=f"https://a.example/{number}") for number in range(3)]
    closed, placed, _ = write(tmp_path / "s", *wires)
    first, *found, run, last = read_segment(io.BytesIO(closed.path.read_bytes()))
    assert isinstance(first, ReadInfo)
    assert (first.fields["segment"], first.account["id"]) == (SEGMENT, ACCOUNT)
    assert first.account == info().account
    for number, one in enumerate(found):
        assert isinstance(one, ReadExchange)
        assert one.facts == facts_of(wires[number], number)
        assert (one.uri, one.received_at, one.status) == (f"https://a.example/{number}", NOW, 200)
        assert (one.body, one.held, one.truncated) == (b"[%d]" % number, True, None)
        assert one.placed == placed[number]
    assert isinstance(run, ReadRunRecord)
    assert isinstance(last, ReadRunRecord)
    assert (run.fields["part"], last.fields["outcome"]) == (1, "complete")


class _Dribble(io.RawIOBase):
    """Gives a few bytes at a time, as a network does."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int | None = -1, /) -> bytes:
        return self._content.read(min(7, size) if size and size > 0 else 7)


def test_a_stream_may_give_as_little_as_it_likes(tmp_path: Path) -> None:
    content = write(tmp_path / "s", exchange(), exchange(b"x" * 999))[0].path.read_bytes()
    stream: BinaryIO = _Dribble(content)  # type: ignore[assignment]
    assert list(read_segment(stream)) == list(read_segment(io.BytesIO(content)))


# --- bodies that are not kept ----------------------------------------------------------------------------------------


def test_without_bodies_everything_else_is_the_same(tmp_path: Path) -> None:
    content = write(tmp_path / "s", exchange(), exchange(b"y" * 3_000_000))[0].path.read_bytes()
    whole = [one for one in read_segment(io.BytesIO(content)) if isinstance(one, ReadExchange)]
    without = [one for one in read_segment(io.BytesIO(content), bodies=False) if isinstance(one, ReadExchange)]
    for full, bare in zip(whole, without, strict=True):
        assert (bare.held, bare.body, bare.response) == (False, b"", full.response[: full.response_head])
        assert (bare.facts, bare.headers, bare.status, bare.placed) == (
            full.facts,
            full.headers,
            full.status,
            full.placed,
        )
        assert (bare.response_sha256, bare.request_sha256) == (full.response_sha256, full.request_sha256)


@pytest.mark.parametrize("name", WIRES)
def test_a_body_too_large_to_keep_is_checked_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(segment_reader, "HELD", 0)
    head, body, content = WIRES[name]
    wire = exchange(body, head=head, content=content)
    closed, _, _ = write(tmp_path / "s", wire)
    found = list(read_segment(io.BytesIO(closed.path.read_bytes())))[1]
    assert isinstance(found, ReadExchange)
    assert (found.held, found.body, found.response, found.response_head) == (False, b"", head, len(head))
    assert found.response_sha256 == sha(head + body)


@pytest.mark.parametrize("kept", [0, 64 << 20])
@pytest.mark.parametrize("name", ["plain", "chunked", "until the end", "a megabyte"])
def test_facts_that_name_another_body_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kept: int
) -> None:
    monkeypatch.setattr(segment_reader, "HELD", kept)
    head, body, content = WIRES[name]
    writer = SegmentWriter(tmp_path / "s", info())
    wire = exchange(body, head=head, content=content)
    add(writer, wire, facts=facts_of(wire) | {"body_sha256": sha(content + b" ")})
    content = writer.close().path.read_bytes()
    with pytest.raises(DamagedSegment) as caught:
        list(read_segment(io.BytesIO(content)))
    assert caught.value.code is Code.DIGEST


@pytest.mark.parametrize("kept", [0, 64 << 20])
def test_a_body_whose_framing_is_broken_is_kept_as_it_stood_or_else_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(segment_reader, "HELD", kept)
    head, body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\nhello\r\n0\r\n\r\n"
    wire = exchange(body, head=head)
    for facts, code in (
        ({"exchange": "ex_1"}, Code.FRAMING),
        ({"exchange": "ex_1", "body_sha256": sha(b"h")}, Code.DIGEST),
    ):
        writer = SegmentWriter(tmp_path / "s", info())
        add(writer, wire, facts=facts)
        content = writer.close().path.read_bytes()
        with pytest.raises(DamagedSegment) as caught:
            list(read_segment(io.BytesIO(content)))
        assert caught.value.code is code


def test_a_body_captured_as_it_stood_is_read_as_it_stood(tmp_path: Path) -> None:
    head, body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", b"\x1f\x8b whatever"
    closed, _, _ = write(tmp_path / "s", exchange(body, head=head))
    found = list(read_segment(io.BytesIO(closed.path.read_bytes())))[1]
    assert isinstance(found, ReadExchange)
    assert found.body == body


# --- one exchange by range -------------------------------------------------------------------------------------------


@pytest.fixture
def placed(store: ObjectStore, tmp_path: Path) -> tuple[str, list[Placed]]:
    closed, placed, key = write(tmp_path / "s", *(exchange(b"[%d]" % number) for number in range(4)))
    store.put(key, closed.path, closed.sha256)
    return key, placed


def at(place: Placed) -> tuple[int, int, int, int]:
    return place.offset, place.length, place.facts_offset, place.facts_length


def test_one_exchange_is_read_by_range(store: ObjectStore, placed: tuple[str, list[Placed]]) -> None:
    key, places = placed
    with store.open(key) as stream:
        expected = [one for one in read_segment(stream) if isinstance(one, ReadExchange)]
    assert [read_exchange(store, key, *at(place)) for place in places] == expected


def test_an_index_that_points_elsewhere_is_found(store: ObjectStore, placed: tuple[str, list[Placed]]) -> None:
    key, (first, second, *_) = placed
    size = 100_000
    wrong = [
        (second.offset, first.length + 1, second.facts_offset, second.facts_length),
        (second.offset, second.length - 1, second.facts_offset, second.facts_length),
        (second.offset, second.length, second.facts_offset - 1, second.facts_length + 1),
        (second.offset, second.length, second.facts_offset, second.facts_length - 1),
        (second.offset, second.length, second.facts_offset, second.facts_length + 1),
        (second.offset + 1, second.length - 1, second.facts_offset, second.facts_length),
        (second.facts_offset, second.facts_length, second.facts_offset, second.facts_length),
        (first.offset, first.length, second.facts_offset, second.facts_length),
        (0, 500, first.facts_offset, first.facts_length),
        (size, 10, size + 10, 10),
        (0, 0, 0, 0),
        (-5, 10, 20, 10),
        (second.offset, second.length, 0, 0),
    ]
    for place in wrong:
        with pytest.raises(IntegrityError, match=key):
            read_exchange(store, key, *place)


def test_an_exchange_of_a_segment_that_is_gone_is_said_so(store: ObjectStore, placed: tuple[str, list[Placed]]) -> None:
    key, places = placed
    store.delete(key)
    with pytest.raises(NoSuchObject):
        read_exchange(store, key, *at(places[0]))


# --- what a later version may add, and what it may not ---------------------------------------------------------------


def record(kind: str, block: bytes, **fields: str) -> bytes:
    """One WARC record, for what the writer does not write."""
    named = {"WARC-Type": kind, "WARC-Record-ID": "<urn:uuid:1>", "WARC-Date": clock.to_text(NOW)}
    named |= {name.replace("_", "-"): value for name, value in fields.items()}
    named.setdefault("WARC-Block-Digest", f"sha256:{hashlib.sha256(block).hexdigest()}")
    named.setdefault("Content-Length", str(len(block)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return member(b"WARC/1.1\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n")


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, bytes]:
    """The gzip members of a segment with one exchange."""
    closed, (place,), _ = write(tmp_path / "s", exchange())
    content = closed.path.read_bytes()
    facts_end = place.facts_offset + place.facts_length
    return {
        "info": content[: place.offset],
        "response": content[place.offset : place.offset + place.length],
        "request": content[place.offset + place.length : place.facts_offset],
        "facts": content[place.facts_offset : facts_end],
        "runs": content[facts_end:],
    }


def code_of(*members: bytes) -> Code:
    with pytest.raises(DamagedSegment) as caught:
        list(read_segment(io.BytesIO(b"".join(members)), key="segments/x"))
    assert str(caught.value).startswith("segments/x, at byte ")
    return caught.value.code


def test_kinds_of_records_of_a_later_version_are_passed_over(parts: dict[str, bytes]) -> None:
    later = [
        record("conversion", b"text", WARC_Target_URI="https://a.example/"),
        record("metadata", b"{}", WARC_Target_URI="urn:x-other:1", Content_Type="application/json"),
        record("later", b"", X_Field="later"),
    ]
    info_, response, request, facts, runs = parts.values()
    plain = list(read_segment(io.BytesIO(b"".join(parts.values()))))
    group = response + request + facts
    found = list(read_segment(io.BytesIO(b"".join([info_, *later, group, *later, runs]))))
    assert [type(one) for one in found] == [type(one) for one in plain]
    assert code_of(info_, response, later[0], request, facts, runs) is Code.ORDER
    assert code_of(info_, group, runs, later[0]) is Code.ORDER
    assert code_of(later[0], info_, group, runs) is Code.ORDER


def test_a_record_in_the_wrong_place_is_found(parts: dict[str, bytes]) -> None:
    for missing in parts:
        left = [content for name, content in parts.items() if name != missing]
        assert code_of(*left) in (Code.ORDER, Code.CUT_OFF), missing
    for name, content in parts.items():
        at_place = list(parts).index(name)
        twice = [*list(parts.values())[:at_place], content, *list(parts.values())[at_place:]]
        assert code_of(*twice) is Code.ORDER, name
    for place in range(4):
        swapped = list(parts.values())
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        assert code_of(*swapped) is Code.ORDER, place


def test_records_that_do_not_belong_together_are_found(parts: dict[str, bytes], tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "other", info(segment="sg_other"))
    place = add(writer, exchange(url="https://other.example/"), 7)
    content = writer.close().path.read_bytes()
    request = content[place.offset + place.length : place.facts_offset]
    facts = content[place.facts_offset : place.facts_offset + place.facts_length]
    other_runs = content[place.facts_offset + place.facts_length :]
    assert code_of(parts["info"], parts["response"], request, parts["facts"], parts["runs"]) is Code.REFERENCE
    assert code_of(parts["info"], parts["response"], parts["request"], facts, parts["runs"]) is Code.REFERENCE
    assert code_of(parts["info"], parts["response"], parts["request"], parts["facts"], other_runs) is Code.ORDER


@pytest.mark.parametrize(
    ("damaged", "code"),
    [
        (member(b""), Code.HEADER),
        (member(b"WARC/1.1\r\n\r\n\r\n\r\n"), Code.HEADER),
        (member(b"WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n\r\n\r\n"), Code.HEADER),
        (member(b"A: b\r\n" * 20_000 + b"\r\n"), Code.HEADER),
        (member(b"\x00" * 3_000_000), Code.HEADER),
        (member(b"WARC/1.1\r\n\xff: x\r\n\r\n"), Code.HEADER),
        (record("warcinfo", b"", WARC_Date="yesterday"), Code.HEADER),
        (record("warcinfo", b"", WARC_Date="2026-11-22T13:00:00+01:00"), Code.HEADER),
        (record("warcinfo", b"", Content_Length="-1"), Code.HEADER),
        (record("warcinfo", b"", Content_Length="1e3"), Code.HEADER),
        (record("warcinfo", b"", Content_Length="٣"), Code.HEADER),
        (record("warcinfo", b"", Content_Length="9" * 15), Code.HEADER),
        (record("warcinfo", b"", Content_Length="9" * 5000), Code.HEADER),
        (record("warcinfo", b"", Content_Length="70000000"), Code.HEADER),
        (record("warcinfo", b"abc", Content_Length="2"), Code.LENGTH),
        (record("warcinfo", b"abc", Content_Length="4"), Code.LENGTH),
        (record("warcinfo", b"abc", Content_Length="7"), Code.LENGTH),
        (record("warcinfo", b"abc", WARC_Block_Digest="sha1:ABC"), Code.HEADER),
        (record("warcinfo", b"abc", WARC_Block_Digest=f"sha256:{'0' * 64}"), Code.DIGEST),
        (record("warcinfo", b"abc", WARC_Type2="x", Content_type="a", Content_Type="b"), Code.HEADER),
        (record("warcinfo", b"abc"), Code.FACTS),
        (record("warcinfo", b"\xff\r\n"), Code.FACTS),
        (record("warcinfo", b"segment: s\r\naccount: []\r\n"), Code.FACTS),
        (record("warcinfo", b"segment: s\r\naccount: " + b"[" * 50_000 + b"\r\n"), Code.FACTS),
        (record("warcinfo", b"segment: s\r\nsegment: s\r\naccount: {}\r\n"), Code.FACTS),
        (record("warcinfo", b"segment: s\r\naccount: {}"), Code.FACTS),
        (record("warcinfo", b"x: y\r\n" * 200_000), Code.FACTS),
        (record("warcinfo", b"segment: s\r\naccount: {}\r\n"), Code.REFERENCE),
        (record("response", b""), Code.ORDER),
        (b"", Code.CUT_OFF),
    ],
)
def test_a_first_record_that_is_none_is_said_so(damaged: bytes, code: Code) -> None:
    assert code_of(damaged) is code


@pytest.mark.parametrize("length", ["6999999", "7000001", "7000004", "7000005", "8000000", "999999999999"])
def test_a_body_that_is_passed_over_has_to_be_as_long_as_it_says(
    parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, length: str
) -> None:
    monkeypatch.setattr(segment_reader, "HELD", 0)
    response = record("response", head_of(b"") + b"x" * 6_999_936, Content_Length=length)
    assert code_of(parts["info"], response) in (Code.LENGTH, Code.DIGEST)


@pytest.mark.parametrize("facts", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}", b"null"])
def test_facts_that_cannot_be_read_are_said_so(parts: dict[str, bytes], facts: bytes) -> None:
    bad = record("metadata", facts, WARC_Target_URI="urn:x-cra:exchange:ex_1")
    assert code_of(parts["info"], parts["response"], parts["request"], bad, parts["runs"]) is Code.FACTS


@pytest.mark.parametrize("facts", [{}, {"exchange": 5}, {"exchange": "ex_other"}, {"exchange": None}])
def test_facts_of_another_exchange_are_found(parts: dict[str, bytes], facts: dict[str, object]) -> None:
    bad = record("metadata", json.dumps(facts).encode(), WARC_Target_URI="urn:x-cra:exchange:ex_other")
    assert code_of(parts["info"], parts["response"], parts["request"], bad, parts["runs"]) is Code.REFERENCE


@pytest.mark.parametrize("lines", [b"{}", b"{}\n[]\n", b"\n", b"{}\n\n", b"{}\r", b"\xff\n", b"[" * 99_999 + b"\n"])
def test_run_records_that_cannot_be_read_are_said_so(parts: dict[str, bytes], lines: bytes) -> None:
    bad = record(
        "metadata", lines, WARC_Target_URI=names.runs_uri(SEGMENT), WARC_Record_ID=names.runs_record_id(SEGMENT)
    )
    assert code_of(parts["info"], bad) is Code.FACTS


def test_a_bomb_is_not_inflated_further_than_its_record_may_reach() -> None:
    bomb = member(b"WARC/1.1\r\nWARC-Type: warcinfo\r\n" + bytes(300_000_000))
    long = record("warcinfo", bytes(300_000_000), Content_Length="5", WARC_Block_Digest="sha256:" + "0" * 64)
    with bounded(15):
        assert code_of(bomb) is Code.HEADER
        assert code_of(long) is Code.LENGTH


def test_reading_with_every_digest_checked_is_fast_enough_for_a_rebuild(tmp_path: Path) -> None:
    body = json.dumps([{"id": str(n * 7919), "content": f"<p>Road {n} closed</p>"} for n in range(2000)]).encode()
    closed, _, _ = write(tmp_path / "s", *(exchange(body) for _ in range(150)))
    content = closed.path.read_bytes()
    with bounded(100):
        count = sum(isinstance(one, ReadExchange) for one in read_segment(io.BytesIO(content)))
    assert count == 150
