"""Where a text can be broken that a browser would let run on: what it takes for one character, however long, and rows
of ideographic spaces, which hang beyond the end of a line. Nobody's words make a page wider than the window."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import category, combining

from markupsafe import Markup, escape

_PILE: Final = 10
"""Of what belongs to one character: no language, and no emoji, is made of more. So many stand in the narrowest window,
however wide each is drawn."""
_JOINER: Final = "\u200d"
_VIRAMA: Final = 9
"""The combining class of what joins a consonant to the next (Unicode, 4.3)."""
#: No marks by their category, but a browser breaks before none of them (Unicode TR 29, Extend and SpacingMark), or
#: after none (Prepend).
_JOINING: Final = frozenset(
    "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U00011f02\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86\U00011a87\U00011a88\U00011a89\U00011d46"
)
#: Parts of one syllable in their order: first consonants, vowels, last consonants (Unicode TR 29, GB6-GB8).
_JAMO: Final = re.compile(
    "([\u1100-\u115f\ua960-\ua97c])|([\u1160-\u11a7\ud7b0-\ud7c6])|([\u11a8-\u11ff\ud7cb-\ud7fb])"
)
_SPACES: Final = re.compile("(\u3000{2,})")


def breakable(text: str) -> Markup:
    """Escaped text that breaks everywhere, with nothing put into it that would be copied with it."""
    if text.isascii():
        return escape(text)
    parts = (_spaces(one) if one[:2] == "\u3000\u3000" else _pieces(one) for one in _SPACES.split(text))
    return Markup("").join(parts)


def broken(text: str) -> str:
    """The same for text that may stand anywhere, in an attribute too: broken by a space without width, U+200B."""
    if text.isascii():
        return text
    return "\u200b".join(piece for one in _SPACES.split(text) for piece in _cut(one))


def _spaces(row: str) -> Markup:
    return Markup('<span class="spaces">{}</span>').format(row)


def _pieces(text: str) -> Markup:
    return Markup("<wbr>").join(escape(one) for one in _cut(text))


def _cut(text: str) -> Iterator[str]:
    """The text in pieces, none of which goes on for longer in what a browser takes for one character."""
    start, joined, last = 0, 0, ""
    for place, character in enumerate(text if len(text) > _PILE and not text.isascii() else ""):
        joined = joined + 1 if character >= "\u0300" and joins(last, character) else 0
        last = character
        if joined > _PILE:
            yield text[start:place]
            start, joined = place, 1
    yield text[start:]


def joins(last: str, character: str) -> bool:
    """Whether both are taken for one, as far as that can go on without end."""
    sort = category(character)
    if sort[0] == "M" or character in _JOINING or character == "\u3000" == last:
        return True
    if sort != "Lo":
        return last == _JOINER
    return last == _JOINER or (bool(last) and combining(last) == _VIRAMA) or _goes_on(last, character)


def _goes_on(last: str, character: str) -> bool:
    """Of letters of Hangul that are written one by one: whether the syllable goes on."""
    here = _JAMO.match(character)
    before = _JAMO.match(last) if here else None
    return here is not None and before is not None and (here.lastindex or 0) >= (before.lastindex or 0)
