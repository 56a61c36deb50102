"""Objects in the store that are whole by themselves and not what their key says: nothing of them becomes evidence."""

from __future__ import annotations

import struct
import zlib

from archiver.capture.models import Segment
from archiver.storage.gzip_member import HEADER
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
