"""What a browser lets run on can be broken, and nothing that people write is."""

from __future__ import annotations

import re

import pytest

from archiver.web.breaking import breakable, broken

#: One character to a browser, however long; and a row of spaces that hang.
PILES = {
    "marks": "e" + "\u0301" * 900,
    "marks without a letter": "\u0e49" * 500,
    "joined emoji": "\U0001f3f3\ufe0f\u200d" * 300,
    "colours of skin": "\U0001f44d" + "\U0001f3fb" * 300,
    "joined consonants": "\u0915\u094d" * 300,
    "a syllable without end": "\u1100" * 300 + "\u1161" * 300 + "\u11a8" * 300,
    "signs before a number": "\u0600" * 300,
    "vowels that are letters": "\u0e33" * 300,
}
#: As they are written: names, words, emoji, Korean in single letters, numbers by Arabic signs, Japanese beginnings.
WRITTEN = (
    "Ünïcödé naïve",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 and \U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f469\U0001f3fb\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3fb" * 3,
    "ที่นี่มีน้ำ" * 20,
    "कार्त्स्न्य राष्ट्रीय संस्कृत " * 9,
    "\u1112\u1161\u11ab\u1100\u1173\u11af" * 20,
    "\u3000改行して書く。\u3000",
    "plain words",
)


@pytest.mark.parametrize("pile", PILES.values(), ids=PILES)
def test_a_pile_can_be_broken_and_stays_what_it_is(pile: str) -> None:
    shown, plain = str(breakable(f"a <b> {pile} b")), broken(f"a {pile} b")
    for pieces in (shown.split("<wbr>"), plain.split("\u200b")):
        assert len(pieces) > 15
        assert max(len(one) for one in pieces[1:-1]) <= 40
    assert shown.replace("<wbr>", "") == f"a &lt;b&gt; {pile} b"
    assert plain.replace("\u200b", "") == f"a {pile} b"


def test_a_row_of_ideographic_spaces_hangs_nowhere() -> None:
    row = "\u3000" * 900
    assert str(breakable(f"a {row} b")) == f'a <span class="spaces">{row}</span> b'
    assert max(map(len, re.findall("\u3000+", broken(row)))) <= 20


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_is_not_broken(text: str) -> None:
    assert str(breakable(text)) == broken(text) == text
