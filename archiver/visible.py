"""Archived text on a screen: characters that could steer a terminal, turn text around or hide are shown, not obeyed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

# C0 and C1 controls, marks that change direction, invisible fillers, line separators, noncharacters and tags. The
# joiners U+200C and U+200D stay: scripts and emoji need them, and alone they move nothing. (Unicode TR 36 §2.)
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """``text`` with every steering character written as its code point, ``⟨U+202E⟩``; line breaks and tabs stay."""
    return _STEERING.sub(lambda match: f"⟨{code_point(match[0])}⟩", text.replace("\r\n", "\n"))


def one_line(text: str, longest: int | None = None) -> str:
    """:func:`visible` text on one line, cut at ``longest`` characters with an ellipsis."""
    line = " ".join(visible(text).split())
    return line if longest is None or len(line) <= longest else line[: max(longest - 1, 0)].rstrip() + "…"


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """``text`` cut into ordinary stretches (False) and single steering characters (True)."""
    end = 0
    for match in _STEERING.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], False
        yield match[0], True
        end = match.end()
    if end < len(text):
        yield text[end:], False


def code_point(character: str) -> str:
    """``U+202E``."""
    return f"U+{ord(character):04X}"


def character_name(character: str) -> str:
    """What Unicode calls it, in words."""
    return unicodedata.name(character, "control character").lower()


def local_time(at: datetime | None, zone: ZoneInfo) -> str:
    """A time as the city's clocks show it, with the zone's short name; ``unknown`` where there is none."""
    return "unknown" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def size(count: int | None) -> str:
    """Bytes for people: ``1.5 MiB``."""
    if count is None:
        return "unknown"
    amount, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
