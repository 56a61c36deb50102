"""Which kept files a browser is let show: pictures and films, told by their own first bytes and by nothing that anybody
says of them. What a browser would run or read as a page (SVG, HTML, PDF) is never among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from archiver.records.views import MediumView

LARGEST_PICTURE: Final = 8 * 2**20
"""Bytes of a picture that stands in a page."""
PICTURES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
FILMS: Final = ("video/mp4", "video/webm")
CAPTIONS: Final = "text/vtt"
_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
#: Major brands of ISO base media files (ISO/IEC 14496-12) that are films in MP4, and no picture format.
_BRANDS: Final = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"})
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_SRT_TIME: Final = re.compile(r"^(\d{2,3}:\d{2}:\d{2}),(\d{3}) --> (\d{2,3}:\d{2}:\d{2}),(\d{3})", re.MULTILINE)


def kind_of(content: bytes) -> str | None:
    """What a file is, by its first bytes; None where it is nothing that is shown."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _BRANDS:
        return "video/mp4"
    if content.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in content[:64]:
        return "video/webm"
    return None


def is_picture(medium: MediumView) -> bool:
    """Whether a page shows it: by what was noted when it was kept. Its bytes are asked when it is handed out."""
    return _said(medium) in PICTURES and (medium.size or 0) <= LARGEST_PICTURE and medium.exchange_id is not None


def is_film(medium: MediumView, largest: int) -> bool:
    """Whether a page offers to play it."""
    return _said(medium) in FILMS and (medium.size or 0) <= largest and medium.exchange_id is not None


def _said(medium: MediumView) -> str:
    return (medium.content_type or "").partition(";")[0].strip().lower()


def as_captions(content: bytes) -> bytes | None:
    """Captions as WebVTT, which browsers read; SubRip is made into it. None: it is neither."""
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if re.match(r"WEBVTT(?:[ \t\n]|\Z)", text):
        return text.encode()
    made, count = _SRT_TIME.subn(r"\1.\2 --> \3.\4", text)
    return f"WEBVTT\n\n{made}".encode() if count else None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, first and last byte."""

    first: int
    last: int


def part_of(asked: str | None, size: int) -> Part | None:
    """The part that a browser asks for which winds a film (RFC 9110 §14.2); None: all of it. What cannot be answered
    is answered with all of it, as it may be.

    Raises:
        ValueError: it begins after the end.
    """
    found = _RANGE.fullmatch(asked or "")
    if found is None or (not found[1] and not found[2]):
        return None
    if not found[1]:
        length = int(found[2])
        if length == 0 or size == 0:
            raise ValueError("it begins after the end")
        return Part(max(0, size - length), size - 1)
    first = int(found[1])
    if first >= size:
        raise ValueError("it begins after the end")
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    return None if last < first else Part(first, last)
