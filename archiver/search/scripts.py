"""What the analyser knows about characters: marks, invisible ones, scripts without spaces, symbols.

The patterns are made once, from Python's own Unicode tables, when the first text beyond ASCII is met.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

#: Blocks written without spaces between words; their letters are tokens of one character each.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x3005, 0x3007),
    (0x3021, 0x303C),
    (0x3041, 0x312F),  # Kana, Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA000, 0xA48F),  # Yi
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9D),  # half-width Katakana
    (0x1B000, 0x1B16F),
)
_HAN_PLANES = "\U00020000-\U0003fffd"
_PICTURES = "\U0001f000-\U0001faff"  # taken whole, so that a newer emoji needs no newer Unicode table
_SKIN = "\U0001f3fb-\U0001f3ff"
_REGIONAL = "\U0001f1e6-\U0001f1ff"
_VOICED = "\uff9e\uff9f"
#: What stands for a character that could not be kept or shown (NUL, an embedded object, a broken byte): no word.
_STAND_INS = {0x2400, 0xFFFC, 0xFFFD}
_SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0x20DD, 0x20E4), (0xE0100, 0xE01EF))
#: Marks that people leave out when they type: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels. The
#: vowel signs of Indic and South-East Asian scripts are letters in all but name, and stay.
_DIACRITICS = (
    (0x0300, 0x036F),
    (0x0483, 0x0487),
    (0x0591, 0x05BD),
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x1F3FB, 0x1F3FF),
)
#: Letters that no normal form takes apart, and what people type for them.
LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


@dataclass(frozen=True, slots=True)
class Patterns:
    run: re.Pattern[str]
    """One run of a text that gives tokens; the group ``word`` matched where it is a word in the usual sense."""
    run_texts: Callable[[str], list[str]]
    invisible: re.Pattern[str]
    diacritics: re.Pattern[str]
    hashtag: re.Pattern[str]


@functools.cache
def patterns() -> Patterns:
    """The patterns of this interpreter's Unicode version."""
    by_category: dict[str, list[int]] = {}
    for code in (*range(0x20000), *range(0xE0000, 0xE0200)):
        by_category.setdefault(unicodedata.category(chr(code)), []).append(code)
    marks = [code for name in ("Mn", "Mc", "Me") for code in by_category[name]]
    hidden = [*by_category["Cf"], *_codes(_SELECTORS), 0x0640]
    unspaced = _class(code for code in _codes(_UNSPACED) if chr(code).isalnum()) + _HAN_PLANES
    symbols = _class(set(by_category["So"]) - _STAND_INS) + _PICTURES
    follows = _class([*marks, *by_category["Cf"]])
    run = re.compile(
        rf"(?P<cluster>[{unspaced}][{_class(marks)}{_VOICED}]*)"
        rf"|(?P<word>[^\W_{unspaced}]+(?:[{follows}]+[^\W_{unspaced}]*)*)"
        rf"|(?P<symbol>[{_REGIONAL}]{{2}}|[{symbols}][{_SKIN}]?)"
    )
    return Patterns(
        run=run,
        run_texts=lambda text: [match[0] for match in run.finditer(text)],
        invisible=re.compile(f"[{_class(hidden)}]"),
        diacritics=re.compile(f"[{_class(_codes(_DIACRITICS))}]"),
        hashtag=re.compile(rf"#([\w{follows}]{{1,100}})"),
    )


def _codes(ranges: Iterable[tuple[int, int]]) -> list[int]:
    return [code for first, last in ranges for code in range(first, last + 1)]


def _class(codes: Iterable[int]) -> str:
    """The inside of a character class for these code points."""
    ranges: list[list[int]] = []
    for code in sorted(set(codes)):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{_escaped(first)}-{_escaped(last)}" for first, last in ranges)


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"
