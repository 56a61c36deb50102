"""``Link`` headers and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import links
from tests.effort import bounded


def test_the_link_with_the_relation_is_found_among_others() -> None:
    first = '<https://a.example/?max_id=1&x=a,b>; rel="next"'
    header = first + ', <https://a.example/?min_id=2>; title="x, \\"y\\"; z"; rel=prev'
    headers = (("X", "y"), ("link", header))
    assert links.target(headers, "next") == "https://a.example/?max_id=1&x=a,b"
    assert links.target(headers, "prev") == "https://a.example/?min_id=2"
    assert links.target(headers, "last") is None


def test_only_the_first_rel_counts_and_it_may_hold_several() -> None:
    (link,) = links.parse('<u>; rel="a NEXT"; rel="prev"')
    assert link.relations == ("a", "next")


@given(st.text(alphabet=st.sampled_from('<>;,="\\ relnxt')))
def test_no_header_makes_the_parser_fail(header: str) -> None:
    for link in links.parse(header):
        assert "<" not in link.target


@pytest.mark.parametrize("unit", ["<", '<a>;x="', "<a>;", "<a>,", '<a>;rel="\\'])
def test_a_long_header_is_read_in_no_time(unit: str) -> None:
    with bounded():
        links.parse(unit * 100_000)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@a.example/",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://[::1/",
        "https://a.example/a b",
        "https://a.example/\n",
        "//a.example/",
        "https://a.example/" + "a" * 9000,
    ],
)
def test_an_address_that_must_not_be_followed_is_none(url: str) -> None:
    assert links.web(url) is None


def test_origins_are_compared_without_case_and_default_port() -> None:
    assert links.same_origin("https://A.example/x", "https://a.example:443/y")
    assert not links.same_origin("https://a.example/", "http://a.example/")
    assert not links.same_origin("https://a.example/", "https://a.example:8443/")
    assert not links.same_origin("https://a.example/", "https://b.a.example/")


def test_a_site_is_a_host_with_its_sub_domains() -> None:
    assert links.same_site("https://www.city.example/", "https://feeds.city.example/")
    assert not links.same_site("https://notcity.example/", "https://city.example/")
    assert not links.same_site("https://a.example/", "https://b.example/")
    assert not links.same_site("https://a.localhost/", "https://localhost/")


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "http://",
                    "https://",
                    "a.example",
                    ":80",
                    ":0",
                    ":59999",
                    ":65535",
                    ":65536",
                    "/",
                    "//",
                    "@",
                    "-",
                    "..",
                    "%41",
                    "[",
                    "\\",
                ]
            ),
            st.text(max_size=3),
        ),
        max_size=8,
    )
)
def test_what_is_quickly_seen_to_be_an_address_is_one(parts: list[str]) -> None:
    url = "".join(parts)
    assert links.is_web(url) == (links.web(url) is not None)
    usual = f"https://a.example/{url}"
    assert links.is_web(usual) == (links.web(usual) is not None)
