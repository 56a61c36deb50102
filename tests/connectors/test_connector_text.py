"""HTML written by strangers, in its two forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import text as html_text
from connectors.text import from_text, pieces, plain, reduced, storable
from tests.effort import bounded


def test_the_reduced_form_stays_equal_when_only_the_servers_markup_changes() -> None:
    old = (
        '<p>See <a href="https://a.example/?x=1&amp;y=2" rel="nofollow noopener noreferrer" target="_blank">it</a></p>'
    )
    new = (
        '<p class="x">See\n <a translate="no" href=\'https://a.example/?x=1&#38;y=2\'><span>it</span></a></p><!-- 4 -->'
    )
    assert reduced(old) == reduced(new) == '<p>See <a href="https://a.example/?x=1&amp;y=2">it</a></p>'


@pytest.mark.parametrize(
    "changed",
    [
        '<p>See <a href="https://a.example/other">it</a></p>',
        '<p>See <a href="https://a.example/">that</a></p>',
        '<p>See <b><a href="https://a.example/">it</a></b></p>',
        '<p>See <a href="https://a.example/">it</a><img src="https://a.example/p.png"></p>',
    ],
)
def test_the_reduced_form_changes_when_what_is_said_changes(changed: str) -> None:
    assert reduced(changed) != reduced('<p>See <a href="https://a.example/">it</a></p>')


def test_plain_text_has_blocks_on_lines_and_no_markup() -> None:
    assert plain("<p>a &lt;b&gt;<br>c</p><p>d</p><ul><li>e</li></ul>") == "a <b>\nc\n\nd\n\ne"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('a<script>if (a<b) "</p>"</script>b', "ab"),
        ("a<SCRIPT>x</script >b", "ab"),
        ("a<style>p{}</style>b", "ab"),
        ("a<!-- <p>x</p> -->b", "ab"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<a title='>'>x</a>", "x"),
        ("it's <b>five o'clock</b> here", "it's five o'clock here"),
        ("a<b", "a<b"),
        ('<img width=1 height=1 src="t.gif" alt="tracker">x', "x"),
        ('<img src="a.png" alt="a dog">', "a dog"),
    ],
)
def test_what_a_reader_does_not_see_is_no_text(source: str, text: str) -> None:
    assert plain(source) == text


@given(st.text())
def test_plain_text_survives_being_written_as_html(text: str) -> None:
    assert plain(from_text(text)).split() == storable(text).split()


@given(st.text(alphabet=st.sampled_from("<>/!-='\" abcimgscript&;#x\n\0\ud800")))
def test_no_markup_makes_it_fail_and_reducing_twice_changes_nothing(source: str) -> None:
    once = reduced(source)
    assert reduced(once) == once
    (once + plain(source)).encode()
    assert "\0" not in once


@given(st.text(alphabet=st.sampled_from("<>='\" ab/!-")))
def test_every_piece_comes_from_the_source_in_order(source: str) -> None:
    position = 0
    for piece in pieces(source):
        text = piece if isinstance(piece, str) else piece.source
        found = source.find(text, position)
        assert found >= position
        position = found + len(text)


@pytest.mark.parametrize("unit", ["<", '<a "', '<a href="', "<!--", "<a ", "<script>", "</a", "&", "<![CDATA["])
def test_time_grows_no_faster_than_the_input(unit: str) -> None:
    with bounded():
        reduced(unit * 50_000)
        plain(unit * 50_000)


@given(st.lists(st.one_of(st.sampled_from(["<p>", "</p>", "<br>", "\n", " ", "&amp;", "<b>", ">", "\0"]), st.text())))
def test_simple_posts_read_the_quick_way_are_read_the_same(parts: list[str]) -> None:
    source = "".join(parts)
    assert plain(source) == html_text._plain(source)
    assert reduced(source) == html_text._reduced(source)
