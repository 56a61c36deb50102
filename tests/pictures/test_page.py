"""The page that a picture is drawn from, and where links lead."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.pictures.page import NOTICE, File, Post, page
from archiver.records.links import targets, unsaid
from tests.effort import bounded

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PLAIN = {"meta", "title", "style", "html", "head", "body", "p", "div", "span", "figure", "img", "bdi"}


class Tags(HTMLParser):
    """Every element of a page, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "style")]


def a_page(text: str, **more: Any) -> str:
    given: dict[str, Any] = {"platform": text, "account": text, "author": text, "handle": text, "kind": text}
    given |= {
        "text": text,
        "url": text,
        "created_at": NOW,
        "first_seen_at": None,
        "received_at": NOW,
        "version": 1,
        "record": text,
    }
    file = File(text, text, text, text.encode("utf-8", "replace"), text)
    given |= {"links": [text], "files": [file, File("image", text, "image/png", b"x")], "counts": {text: 1}}
    return page(Post(**(given | more)))


@given(st.text() | st.sampled_from(["</style><script>x</script>", '"><img src=http://a.example>', "\u202e\ud800\0"]))
def test_whatever_a_post_says_its_page_holds_no_element_and_no_address_of_its(text: str) -> None:
    made = a_page(text)
    tags = Tags()
    tags.feed(made)
    assert tags.names <= PLAIN
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content", "class", "dir", "src", "alt", "decoding"}
    assert all(re.fullmatch("data:image/png;base64,[A-Za-z0-9+/=]*", one) for one in tags.addresses)
    assert NOTICE in made
    assert made == a_page(text)


def test_a_page_is_bounded() -> None:
    long = "\u202e" * 100_000
    counts = {str(number): number for number in range(10_000)}
    assert len(a_page(long, counts=counts, links=[long] * 1000, files=[File(long, long)] * 1000)) < 300_000


@pytest.mark.law("R19")
def test_where_links_lead_is_read_from_what_the_platform_said() -> None:
    content = {
        "text": "Read https://t.co/abc.",
        "links": {"https://t.co/abc": "https://city.example.gov/snow?a=1&b=2"},
        "content": '<p><a href="https://city.example.gov/(plan)">the plan</a> (https://x.example/1)</p>',
        "embed": {"link": "HTTPS://news.example/story", "title": "no address"},
    }
    assert targets(content) == (
        "https://t.co/abc",
        "https://city.example.gov/snow?a=1&b=2",
        "https://city.example.gov/(plan)",
        "https://x.example/1",
        "HTTPS://news.example/story",
    )
    assert "https://t.co/abc" not in unsaid(content, "Read https://t.co/abc.")


def test_hostile_content_is_read_for_links_in_bounded_work() -> None:
    deep: Any = "https://deep.example"
    for _ in range(1000):
        deep = [deep]
    with bounded():
        assert targets({"a": deep, "b": "https://" * 200_000, "c": [f"https://{n}.example" for n in range(500)]})
    assert len(targets({"c": [f"https://{number}.example" for number in range(500)]})) == 100


@pytest.mark.parametrize(
    ("told", "leads"),
    [
        ("https://x.example/?a=1&section=4&region=2&copy=3", "https://x.example/?a=1&section=4&region=2&copy=3"),
        ('<a href="https://x.example/?a=1&amp;section=4">', "https://x.example/?a=1&section=4"),
        ("https://x.example/?a=1&#38;b=2", "https://x.example/?a=1&b=2"),
        ("https://)))", None),
        ("https:///path", None),
    ],
)
def test_an_address_is_what_was_said_and_no_other(told: str, leads: str | None) -> None:
    assert targets({"url": told}) == (() if leads is None else (leads,))


def test_an_address_of_brackets_is_trimmed_in_bounded_work() -> None:
    with bounded():
        assert targets({"a": f"https://x.example/(a){')' * 2040} " * 3000}) == ("https://x.example/(a)",)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
def test_any_content_is_read(value: Any) -> None:
    assert all(one.lower().startswith("http") for one in targets({"a": value}))
