"""Objects in the store that are whole by themselves and not what their key says: nothing of them becomes evidence."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from hashlib import sha256

from archiver.capture.models import Segment
from archiver.capture.rebuild import rebuild
from archiver.storage.gzip_member import HEADER, member
from tests.capture.house import FULL, House


def _repacked(whole: bytes) -> bytes:
    """The same records in other bytes: every digest inside is right, the object's is not."""
    out = b""
    while whole:
        inflater, deflater = zlib.decompressobj(31), zlib.compressobj(0, zlib.DEFLATED, -15)
        content = inflater.decompress(whole)
        whole = inflater.unused_data
        out += HEADER + deflater.compress(content) + deflater.flush()
        out += struct.pack("<II", zlib.crc32(content), len(content))
    return out


def test_an_object_that_is_not_what_its_key_says_is_not_adopted(house: House) -> None:
    """Its row, and the log, would name a SHA-256 that it does not have."""
    house.run(house.office(), FULL)
    before = house.rows(Segment)
    source = house.store / before[0].key
    forged = source.with_name(source.name.replace(before[0].id, "sg_" + "a" * 32))
    forged.write_bytes(_repacked(source.read_bytes()))
    assert house.capture.recover().adopted == 0
    assert [row.key for row in house.rows(Segment)] == [row.key for row in before]


def _members(whole: bytes) -> Iterator[bytes]:
    while whole:
        inflater = zlib.decompressobj(31)
        yield inflater.decompress(whole)
        whole = inflater.unused_data


def _forged(whole: bytes, old: bytes, new: bytes) -> bytes:
    """Other words in an answer, with every digest in the object put right again."""
    out, swapped = b"", dict[bytes, bytes]()
    for record in _members(whole):
        head, _, rest = record.partition(b"\r\n\r\n")
        block = rest[:-4].replace(old, new)
        for before, after in swapped.items():
            block = block.replace(before, after)
        payload = re.search(rb"WARC-Payload-Digest: sha256:([0-9a-f]+)", head)
        if payload is not None and block != rest[:-4]:
            swapped[payload[1]] = sha256(block.partition(b"\r\n\r\n")[2]).hexdigest().encode()
            head = head.replace(payload[1], swapped[payload[1]])
        digest = sha256(block).hexdigest().encode()
        head = re.sub(rb"(Block-Digest: sha256:)[0-9a-f]+", rb"\g<1>" + digest, head)
        out += member(head + b"\r\n\r\n" + block + b"\r\n\r\n")
    return out


def test_of_a_forged_object_a_rebuild_takes_only_what_was_logged(house: House) -> None:
    """The object is reported, what it says otherwise than was logged is not in the index, and all else of it is."""
    house.city.say(house.cast.city, "The library closes at five.")
    house.run(house.office(), FULL)
    house.capture.flush(all=True)
    before = {version.text for version in house.rows_of_versions()}
    path = next(house.store / row.key for row in house.rows(Segment) if row.access == "public")
    forged = _forged(path.read_bytes(), b"closes at five", b"closes at nine")
    path.chmod(0o600)
    path.write_bytes(forged)
    assert len(rebuild(house.archive).damaged) == 1
    after = {version.text for version in house.rows_of_versions()}
    assert after
    assert after <= before
    assert "The library closes at nine." not in after
