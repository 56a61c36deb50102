from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.search.excerpts import LENGTH, Excerpt, excerpt
from archiver.search.finder import Finder
from archiver.search.query import parse
from tests.effort import examples
from tests.search.examples import WORDS, queries, texts

_HOSTILE = [
    "<script>alert(1)</script>",
    "<mark>",
    "</mark>",
    "&lt;",
    "&amp;amp;",
    '"><img src=x onerror=1>',
    "\ue000",
    "\ue001",
    "\u202e",
    "\x1b[31m",
    "\r\n",
    "\0",
    "\u2028",
    "javascript:alert(1)",
    "<b>water</b>",
    "wa\ue000ter",
    "<water>",
    "\ud800",
]
_hostile_texts = st.lists(st.sampled_from(_HOSTILE) | st.text(max_size=8) | texts, max_size=60).map(" ".join)


def _excerpt(query: str, *said: str) -> Excerpt:
    return excerpt(Finder(parse(query).root), [(f"ve_{n}", text) for n, text in enumerate(said)])


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("water", "The Waters rise", "The [Waters] rise"),
        ('"water main"', "water, a water main", "water, a [water main]"),
        ("C-SPAN", "on C-SPAN or cspan", "on [C-SPAN] or [cspan]"),
        ("cspan", "on C-SPAN", "on [C-SPAN]"),
        ("mayor's", "the mayor’s hat", "the [mayor’s] hat"),
        ("park*", "spark parking", "spark [parking]"),
        ("#parkday", "at #ParkDay!", "at #[ParkDay]!"),
        ("cafe", "Un café", "Un [café]"),
        ('"café"', "cafe café", "cafe [café]"),
        ("東京", "大東京タワー", "大[東京]タワー"),
        ("👍", "ok 👍🏽!", "ok [👍🏽]!"),
        ("a -b", "a c", "[a] c"),
        ("a OR c", "a b c", "[a] b [c]"),
        ("author:water", "water", "water"),
        ("", "water", "water"),
        ("x", "a\n\n b\tc", "a b c"),
        ("½", "½ price", "[½] price"),
    ],
)
def test_what_was_asked_for_is_marked(query: str, text: str, shown: str) -> None:
    assert _excerpt(query, text).plain("[", "]") == shown


def test_the_version_in_which_something_is_found_is_shown() -> None:
    found = _excerpt("water", "now fire", "once water")
    assert (found.version_id, found.html()) == ("ve_1", "once <mark>water</mark>")
    nowhere = _excerpt("water", "now fire", "once ice")
    assert (nowhere.version_id, nowhere.html(), nowhere.found) == ("ve_0", "now fire", False)
    assert _excerpt("water").html() == ""


def test_a_long_text_is_cut_around_the_first_place() -> None:
    found = _excerpt("needle", "straw " * 500 + "needle " + "straw " * 500)
    assert "<mark>needle</mark>" in found.html()
    assert found.plain().startswith("… straw")
    assert found.plain().endswith("straw …")
    assert len(found.plain()) <= LENGTH + 10


def test_a_phrase_with_a_gulf_between_its_words_gives_no_endless_excerpt() -> None:
    found = _excerpt('"water main"', "water" + "." * 50_000 + "main" + " and so on" * 50)
    assert found.plain("[", "]").startswith("[water...")
    assert len(found.plain()) <= LENGTH + 10


def test_nothing_that_a_terminal_or_page_would_obey_comes_through() -> None:
    shown = _excerpt("x", "x \x1b[31mred\x07 \u202eevil\u2066 \x9b \r\n end \ud800").plain()
    assert shown == "x [U+001B][31mred[U+0007] [U+202E]evil[U+2066] [U+009B] end �"
    shown.encode()


@settings(max_examples=examples(400))
@given(queries, _hostile_texts)
def test_an_excerpt_never_holds_markup_but_its_own_marks(query: str, text: str) -> None:
    found = _excerpt(query, text)
    page = found.html()
    bare = re.sub(r"<mark>(.*?)</mark>", r"\1", page)
    assert not set("<>\"'") & set(bare)
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", bare)
    assert html.unescape(bare) == found.plain()
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000\ue001]", found.plain())
    page.encode()


@settings(max_examples=examples(300))
@given(queries, st.lists(st.sampled_from(WORDS) | st.text("ab -'#@.", max_size=5), max_size=12).map(" ".join))
def test_the_fast_way_through_ascii_marks_the_same_places_as_the_general_one(query: str, text: str) -> None:
    text = "".join(sign for sign in text if sign.isascii())
    finder = Finder(parse(query).root)
    fast = finder.spans(text)
    finder._pattern = None
    assert fast == finder.spans(text)


@settings(max_examples=examples(300))
@given(queries, _hostile_texts)
def test_marked_places_are_in_order_and_within_the_text(query: str, text: str) -> None:
    spans = Finder(parse(query).root).spans(text)
    flat = [place for span in spans for place in span]
    assert flat == sorted(flat)
    assert all(0 <= start < end <= len(text) for start, end in spans)
