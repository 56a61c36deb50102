"""Whatever happens to a stored segment is found; whatever bytes there are, nothing but a named error comes out."""

from __future__ import annotations

import gzip
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.storage import segment_reader
from archiver.storage.damage import Code, DamagedSegment
from archiver.storage.directory import DirectoryStore
from archiver.storage.gzip_member import HEADER, member
from archiver.storage.segment_check import check_segment
from archiver.storage.segment_reader import Read, ReadExchange, read_exchange, read_segment
from archiver.storage.segment_writer import Placed, SegmentWriter
from tests import effort
from tests.effort import examples
from tests.storage.samples import add, add_run, exchange, info, sha, write
from tests.storage.test_segment_writer import CHUNKED


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small segment with two exchanges (one chunked) and two run records."""
    head = b"HTTP/1.1 200 OK\r\nX-No-Space:x\r\nTransfer-Encoding: chunked\r\n\r\n"
    wires = exchange(CHUNKED, head=head, content=b"hello, world"), exchange()
    return write(tmp_path_factory.mktemp("segment") / "s", *wires)[0].path.read_bytes()


def members(content: bytes) -> list[bytes]:
    """The gzip members, each exactly as it stands."""
    found, start = [], 0
    while start < len(content):
        end = content.find(HEADER, start + 1)
        end = len(content) if end < 0 else end
        found.append(content[start:end])
        start = end
    return found


def read(content: bytes) -> list[Read]:
    return list(read_segment(io.BytesIO(content)))


def changed(content: bytes, place: int, mask: int) -> bytes:
    return content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]


def damage_of(content: bytes, bodies: bool = True) -> DamagedSegment | None:
    """What the reader says is wrong. Anything else that it raises is a failure of the test."""
    try:
        list(read_segment(io.BytesIO(content), bodies=bodies))
    except DamagedSegment as damage:
        return damage
    return None


@pytest.mark.prop
def test_a_flipped_bit_anywhere_is_found_by_the_reader_alone_but_for_padding(segment: bytes) -> None:
    """What the reader cannot see without the object's digest, and that is all: the up to seven bits that deflate leaves
    unused in its last byte, just before the eight bytes of each member's checksum. Nothing that is read depends on
    them."""
    good = read(segment)
    padding, place = set(), 0
    for one in members(segment):
        place += len(one)
        padding.add(place - 9)
    unseen = []
    for at in range(len(segment)):
        # At the end of a member each bit means something else; elsewhere one of a byte stands for the others.
        for bit in range(8) if effort.long or at in padding else (at % 8,):
            damaged = changed(segment, at, 1 << bit)
            damage = damage_of(damaged)
            if damage is None:
                unseen.append((at, bit))
                assert read(damaged) == good
            else:
                assert damage.offset <= at
    assert {at for at, _ in unseen} <= padding
    assert len(unseen) <= 7 * len(padding)


def test_a_segment_cut_off_at_any_length_is_found_by_the_reader_alone(segment: bytes) -> None:
    for length in range(len(segment)):
        with pytest.raises(DamagedSegment) as caught:
            read(segment[:length])
        assert caught.value.code is Code.CUT_OFF


@pytest.mark.prop
def test_every_changed_byte_and_every_cut_is_found_by_a_check_that_knows_the_digest(
    segment: bytes, tmp_path: Path
) -> None:
    store = DirectoryStore(tmp_path)
    path = tmp_path / "segment"
    for number in range(0, len(segment), 1 if effort.long else 5):
        for damaged in (changed(segment, number, 1 << number % 8), segment[:number]):
            path.write_bytes(damaged)
            findings = check_segment(store, "segment", sha256=sha(segment))
            assert any(finding.code is Code.SHA256 for finding in findings)
    path.write_bytes(segment)
    assert check_segment(store, "segment", sha256=sha(segment), size=len(segment), warc_records=8) == []


@given(data=st.data(), junk=st.binary(min_size=1, max_size=40))
@settings(
    max_examples=effort.examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_junk_before_between_or_after_records_is_found(segment: bytes, data: st.DataObject, junk: bytes) -> None:
    parts = members(segment)
    place = data.draw(st.integers(0, len(parts)))
    with pytest.raises(DamagedSegment):
        read(b"".join([*parts[:place], junk, *parts[place:]]))


def test_records_joined_into_one_gzip_member_are_found(segment: bytes) -> None:
    parts = members(segment)
    joined = member(gzip.decompress(parts[1]) + gzip.decompress(parts[2]))
    with pytest.raises(DamagedSegment) as caught:
        read(parts[0] + joined + b"".join(parts[3:]))
    assert caught.value.code is Code.LENGTH
    with pytest.raises(DamagedSegment) as caught:
        read(gzip.compress(gzip.decompress(segment), mtime=0))
    assert caught.value.code is Code.GZIP


def test_records_taken_out_doubled_or_put_in_another_order_are_found(segment: bytes) -> None:
    parts = members(segment)
    assert len(parts) == 8
    for number in range(len(parts)):
        for damaged in (parts[:number] + parts[number + 1 :], parts[: number + 1] + parts[number:]):
            with pytest.raises(DamagedSegment):
                read(b"".join(damaged))
    order = list(range(len(parts)))
    dice = random.Random(5)
    for _ in range(200):
        dice.shuffle(order)
        if order not in (list(range(8)), [0, 4, 5, 6, 1, 2, 3, 7]):
            with pytest.raises(DamagedSegment):
                read(b"".join(parts[number] for number in order))


def test_a_whole_exchange_taken_out_is_found_by_digest_and_count(segment: bytes, tmp_path: Path) -> None:
    """The reader alone cannot miss what it never knew of."""
    parts = members(segment)
    (tmp_path / "segment").write_bytes(b"".join(parts[:1] + parts[4:]))
    found = check_segment(DirectoryStore(tmp_path), "segment", sha256=sha(segment), size=len(segment), warc_records=8)
    assert {finding.code for finding in found} == {Code.SHA256, Code.SIZE, Code.COUNT}


def test_a_changed_byte_inside_with_its_gzip_checksum_set_right_is_found(segment: bytes) -> None:
    """Somebody who knows the format: every block has a digest, and the records have to agree with each other. What is
    left are header fields that stand alone: address, protocol and cipher (which the facts repeat), media type, a digest
    that is renamed, the date of the first and the last record. The object's digest covers them."""
    parts = members(segment)
    alone = (b"WARC-IP-Address:", b"WARC-Protocol:", b"WARC-Cipher-Suite:", b"Content-Type:", b"WARC-Payload-Digest:")
    for number, one in enumerate(parts):
        free = (*alone, b"WARC-Date:") if number in (0, len(parts) - 1) else alone
        plain = gzip.decompress(one)
        covered = plain
        for line in plain.split(b"\r\n\r\n")[0].split(b"\r\n"):
            if line.startswith(free):
                covered = covered.replace(line, b"\x00" * len(line), 1)
        for place in range(len(plain)):
            if covered[place] == 0 and plain[place] != 0:
                continue
            damaged = [*parts[:number], member(changed(plain, place, 1)), *parts[number + 1 :]]
            assert damage_of(b"".join(damaged)), f"byte {place} of record {number}: {plain[place - 20 : place + 20]!r}"


@given(st.binary(max_size=2000))
@settings(max_examples=examples(300), deadline=None)
def test_of_random_bytes_nothing_but_a_named_error_comes_out(content: bytes) -> None:
    with pytest.raises(DamagedSegment):
        read(content)
    with pytest.raises(DamagedSegment):
        read(HEADER + content)


@given(st.lists(st.binary(max_size=600), min_size=1, max_size=4))
@settings(max_examples=examples(200), deadline=None)
def test_of_random_records_nothing_but_a_named_error_comes_out(blocks: list[bytes]) -> None:
    for start in (b"", b"WARC/1.1\r\n", b"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 5\r\n"):
        with pytest.raises(DamagedSegment):
            read(b"".join(member(start + block) for block in blocks))


@pytest.mark.prop
@pytest.mark.parametrize("bodies", [True, False])
def test_of_a_segment_mangled_in_any_way_nothing_but_a_named_error_comes_out(
    segment: bytes, tmp_path: Path, bodies: bool
) -> None:
    dice = random.Random(11)
    plains = [gzip.decompress(one) for one in members(segment)]
    path = tmp_path / "x"
    store = DirectoryStore(tmp_path)
    for _ in range(examples(1500)):
        mangled = bytearray(b"\x00".join(plains))
        for _ in range(dice.randint(1, 6)):
            start = dice.randrange(len(mangled))
            end = min(len(mangled), start + dice.choice([1, 1, 2, 8, 60]))
            mangled[start:end] = dice.choice(
                [b"", b"\r\n", b"\r\n\r\n", b":", b"9", dice.randbytes(end - start), bytes(mangled[start:end]) * 2]
            )
        content = b"".join(member(one) for one in bytes(mangled).split(b"\x00"))
        damage = damage_of(content, bodies)
        assert damage is None or 0 <= damage.offset <= len(content)
        path.write_bytes(content)
        try:
            read_exchange(store, "x", dice.randrange(700), 500, dice.randrange(2000), 300)
        except DamagedSegment:
            continue


def test_a_single_look_up_finds_every_changed_byte_too(segment: bytes, tmp_path: Path) -> None:
    first = next(one for one in read(segment) if isinstance(one, ReadExchange))
    place = first.placed
    store = DirectoryStore(tmp_path)
    padding = {place.offset + place.length - 9, place.facts_offset - 9, place.facts_offset + place.facts_length - 9}
    for at in range(place.offset, place.facts_offset + place.facts_length):
        (tmp_path / "x").write_bytes(changed(segment, at, 1 << at % 8))
        if at in padding:
            continue
        with pytest.raises(DamagedSegment):
            _look_up(store, place)
    (tmp_path / "x").write_bytes(segment)
    assert _look_up(store, place) == first


def _look_up(store: DirectoryStore, place: Placed) -> ReadExchange:
    return read_exchange(store, "x", place.offset, place.length, place.facts_offset, place.facts_length)


def test_a_damaged_large_body_is_found_while_it_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_reader, "HELD", 0)
    writer = SegmentWriter(tmp_path / "s", info(access="media"))
    place = add(writer, exchange(random.Random(3).randbytes(3_000_000)))
    add_run(writer)
    content = writer.close().path.read_bytes()
    assert len(read(content)) == 3
    for at in range(place.offset, place.offset + place.length, 90_001):
        with pytest.raises(DamagedSegment):
            read(changed(content, at, 0x10))
    for length in range(place.offset, place.offset + place.length, 90_001):
        with pytest.raises(DamagedSegment):
            read(content[:length])
