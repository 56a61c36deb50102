from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.search import analyser
from archiver.search.analyser import analyse, fold, tokens
from tests.effort import bounded, examples
from tests.search.examples import WORDS

_anything = st.text() | st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C-SPAN at 555-1234", ["c", "span", "at", "555", "1234"]),
        ("The mayor’s O'Brien", ["the", "mayor", "s", "o", "brien"]),
        ("https://city.example/a_b?x=1#y", ["https", "city", "example", "a", "b", "x", "1", "y"]),
        ("Peña CAFÉ straße İstanbul Łódź", ["pena", "cafe", "strasse", "istanbul", "lodz"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("กินข้าว", ["กิ", "น", "ข้", "า", "ว"]),
        ("العَرَبِيَّة كتـــاب", ["العربية", "كتاب"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 시장", ["한국어", "시장"]),
        ("ok👍🏽👍 🇺🇸 👩\u200d🚒 1\ufe0f\u20e3", ["ok", "👍", "👍", "🇺🇸", "👩", "🚒", "1"]),
        ("½ ﬁne ｶﾞ ＡＢＣ１２", ["1", "2", "fine", "ガ", "abc12"]),
        ("ma\u200byor may\u00ador \u202emayor", ["mayor", "mayor", "mayor"]),
        ("a\0b \ud800 \ufffd \u2400", ["a", "b"]),
        ("!!! … -- '", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, words: list[str]) -> None:
    assert analyse(text).words == words


def test_no_word_is_left_out_as_too_common() -> None:
    assert analyse("To be or not to be, the who").words == ["to", "be", "or", "not", "to", "be", "the", "who"]


def test_forms_of_a_word_share_a_stem() -> None:
    assert analyse("run runs running").stems == {"run"}
    assert analyse("universities").stems != analyse("unions").stems


def test_diacritics_and_skin_tones_are_kept_in_a_second_form() -> None:
    found = analyse("un Café 👍🏽")
    assert found.words == ["un", "cafe", "👍"]
    assert found.marked == ["un", "café", "👍🏽"]
    assert analyse("no marks here").marked is None


def test_parts_joined_by_one_sign_also_count_as_one_word() -> None:
    assert analyse("C-SPAN 555-1234 O’Brien mayor's re-re-do").joined == {
        "cspan",
        "5551234",
        "obrien",
        "mayors",
        "reredo",
    }
    assert analyse("a -- b c- d 'quoted' –x–").joined == set()
    assert analyse("Peña-Nieto").joined == {"penanieto"}


@pytest.mark.parametrize(
    ("text", "hashtags", "names"),
    [
        ("#ParkDay!", {"parkday"}, set()),
        ("#stop_the_bus #東京 #Café", {"stop_the_bus", "東京", "cafe"}, set()),
        ("page#part &#39; a#b", set(), set()),
        ("##twice ＃wide", {"twice", "wide"}, set()),
        ("@mayor, (@Jane@City.example.)", set(), {"mayor", "jane", "jane@city.example"}),
        ("jane@city.example https://x/@jane", set(), set()),
        ("# @ #! @!", set(), set()),
    ],
)
def test_hashtags_and_names_are_known_by_their_sign(text: str, hashtags: set[str], names: set[str]) -> None:
    assert analyse(text).hashtags == hashtags
    assert analyse(text).names == names


def test_a_very_long_word_is_cut_and_found_again_by_the_same_pieces() -> None:
    assert analyse("x" * 130).words == ["x" * 64, "x" * 64, "xx"]
    assert [len(word) for word in analyse("é" * 130).words] == [64, 64, 2]


@settings(max_examples=examples(300))
@given(_anything)
def test_tokens_are_written_so_that_no_engine_changes_them(text: str) -> None:
    found = analyse(text)
    for word in [*found.words, *(found.marked or []), *found.stems, *found.joined]:
        assert 0 < len(word) <= 130
        assert all(not sign.isspace() and (sign > "\x7f" or sign.isdigit() or "a" <= sign <= "z") for sign in word)
        word.encode()


@settings(max_examples=examples(300))
@given(_anything)
def test_places_of_words_lie_in_the_text_and_agree_with_the_analysis(text: str) -> None:
    found = tokens(text)
    assert [token.plain for token in found] == analyse(text).words
    assert [token.marked for token in found] == (analyse(text).marked or analyse(text).words)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


@settings(max_examples=examples(300))
@given(_anything)
def test_the_fast_way_through_ascii_gives_the_same_as_the_general_one(text: str) -> None:
    simplified = analyser._simplified(text)
    assert analyse(text) == analyser._analyse_any(simplified)


@given(st.lists(st.sampled_from([word for word in WORDS if word.isprintable()]), max_size=6).map(" ".join))
def test_composed_and_decomposed_spelling_is_the_same_text(text: str) -> None:
    assert analyse(unicodedata.normalize("NFD", text)) == analyse(unicodedata.normalize("NFC", text))


@given(_anything)
def test_case_never_matters(text: str) -> None:
    ascii_only = "".join(sign for sign in text if sign.isascii())
    assert analyse(ascii_only.upper()).words == analyse(ascii_only.lower()).words
    assert fold(ascii_only.upper()) == fold(ascii_only)


def test_analysis_takes_time_in_proportion_to_the_text_however_hostile() -> None:
    for unit in ("a", "é", "-", "a-", "é'", "#", "@a", "@a.", "👍", "\u0301", "\u200d", "ก", "#_", "a\u0301"):
        with bounded():
            analyse(unit * (200_000 // len(unit)))


def test_a_post_of_forty_words_takes_far_less_than_sixty_microseconds() -> None:
    post = (
        "Crews repair the water main on Johnson Street this morning; don't park there. Call 608-555-1234 #Water " * 2
        + "👍"
    )
    analyse(post)
    with bounded(50):
        for _ in range(1000):
            analyse(post)
