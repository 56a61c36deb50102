"""Picture files made in code, the same bytes for the same number."""

from __future__ import annotations

import random
import struct
import zlib
from functools import lru_cache

_NOTE = b"Comment\0practice picture "


@lru_cache(maxsize=128)
def png(number: int, width: int, height: int) -> bytes:
    """A well-formed PNG: a sky, a street and a few houses, drawn from ``number``."""
    draw = random.Random(f"picture {number}")  # noqa: S311 - a picture, not a secret
    rows = b"".join(b"\0" + _row(draw_row, width) for draw_row in _scene(draw, width, height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    note = _NOTE + str(number).encode()
    parts = (b"IHDR", header), (b"tEXt", note), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def number_in(picture: bytes) -> int | None:
    """The number that a picture of :func:`png` was drawn from; None: it is another file, or a spoiled one."""
    length, kind = int.from_bytes(picture[33:37], "big"), picture[37:41]
    told = picture[41 : 41 + length].removeprefix(_NOTE)
    return int(told) if kind == b"tEXt" and told.isdigit() else None


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _scene(draw: random.Random, width: int, height: int) -> list[list[tuple[int, bytes]]]:
    """Per row the runs (length, colour)."""
    houses = [(draw.randrange(width), draw.randrange(height // 4, height // 2 + 1), _colour(draw)) for _ in range(6)]
    street, sky = _colour(draw), [draw.randrange(90, 200) for _ in range(3)]
    return [_runs(y, width, height, houses, street, sky) for y in range(height)]


def _runs(
    y: int, width: int, height: int, houses: list[tuple[int, int, bytes]], street: bytes, sky: list[int]
) -> list[tuple[int, bytes]]:
    if y > height * 4 // 5:
        return [(width, street)]
    background = bytes(min(255, part + y * 50 // height) for part in sky)
    runs: list[tuple[int, bytes]] = []
    at = 0
    for left, top, colour in sorted(houses):
        start, end = max(at, left), min(width, left + width // 8)
        if y > top and end > start:
            runs += [(start - at, background), (end - start, colour)]
            at = end
    return [*runs, (width - at, background)]


def _row(runs: list[tuple[int, bytes]], width: int) -> bytes:
    row = b"".join(colour * length for length, colour in runs)
    assert len(row) == width * 3
    return row


def _colour(draw: random.Random) -> bytes:
    return bytes(draw.randrange(40, 220) for _ in range(3))
