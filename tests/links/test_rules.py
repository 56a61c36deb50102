"""Which links are short ones, and what an answer says of where one leads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.leading import LinkState, Step, step
from archiver.records.short_links import named, normal, of_service, short
from archiver.settings import SHORT_LINK_SERVICES, Settings
from archiver.wire.exchange import Network, WireExchange

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HTML = ("Content-Type", "text/html; charset=utf-8")


def answer(status: int, *headers: tuple[str, str], body: bytes = b"") -> WireExchange:
    head = b"HTTP/1.1 %d OK\r\n" % status + b"".join(f"{n}: {v}\r\n".encode("latin-1") for n, v in headers) + b"\r\n"
    return WireExchange(
        method="GET", url="https://bit.ly/x", sent_at=NOW, received_at=NOW, status=status, headers=headers,
        request=b"", response=head + body, response_head=len(head), body=body, body_sha256="", body_size=len(body),
        network=Network(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://bit.ly/Abc1.", ("https://bit.ly/Abc1",)),
        ("See http://BIT.ly/Abc1#top and bit.ly/Abc1", ("https://bit.ly/Abc1",)),
        ("(bit.ly/one), bit.ly/two!", ("https://bit.ly/one", "https://bit.ly/two")),
        ("go.example.gov/plan", ()),
        ("https://city.example.gov/go/plan https://city.example.gov/plan", ("https://city.example.gov/go/plan",)),
        ("https://city.example.gov/go/ https://bit.ly/ https://bit.ly", ()),
        ("https://bit.ly@evil.example/x https://bit.ly.evil.example/x https://notbit.ly/x", ()),
        ("me@bit.ly/x evil.example/bit.ly/x ?u=bit.ly/x", ()),
        ("https://news.trib.al/x", ("https://news.trib.al/x",)),
        ("https://bit.ly:99999/x https://[::1]/x", ()),
        (
            "https://city.example.gov/go/../x https://city.example.gov/go/%2e%2E/x https://city.example.gov/go/..%2fx"
            " https://city.example.gov/go/%252e./x https://city.example.gov/go/..%5Cx https://city.example.gov/go/a..b",
            ("https://city.example.gov/go/a..b",),
        ),
        # What is cut off, or too long for the key of an index, is no short link.
        (f"https://bit.ly/{'a' * 3000} https://bit.ly/{'語' * 700} bit.ly/{'b' * 3000}", ()),
    ],
)
def test_which_links_are_short_ones(text: str, expected: tuple[str, ...]) -> None:
    assert short({"text": text}, text, ("bit.ly", "trib.al", "city.example.gov/go/")) == expected


def test_what_the_platform_tells_is_not_asked_for() -> None:
    content = {"text": "https://t.co/a https://t.co/b", "links": {"https://t.co/a": "https://city.example/"}}
    assert short(content, str(content["text"]), SHORT_LINK_SERVICES) == ("https://t.co/b",)


@pytest.mark.parametrize("named", ["https://bit.ly/theirs", "bit.ly/theirs", "https://bit.ly/own and bit.ly/theirs"])
@pytest.mark.parametrize("card", [("embed", "link"), ("article", "source")])
def test_what_a_page_says_on_its_card_is_not_asked_for(named: str, card: tuple[str, str]) -> None:
    """A stranger wrote it, who could make the archive ask. The card's own address is the account's choice."""
    member, link = card
    shown = {link: "https://bit.ly/card", "title": f"Read {named}", "description": f"More at {named}."}
    words = "See bit.ly/own"
    text = "\n\n".join((words, *(shown[name] for name in ("title", "description", link))))
    found = short({"text": words, member: shown}, text, ("bit.ly",))
    assert sorted(found) == ["https://bit.ly/card", "https://bit.ly/own"]
    # A feed's own entry has a title, and a link, too.
    assert short({"title": named, "link": "https://a.example/"}, named, ("bit.ly",))[-1:] == ("https://bit.ly/theirs",)


@pytest.mark.parametrize(
    ("title", "description", "link"),
    [
        ("News", "bit.ly/named News", "https://news.example/1"),
        ("News", "bit.ly/named\nNews", "https://news.example/1"),
        ("News", "bit.ly/named", "https://news.example/bit.ly/named"),
        ("bit.ly/named", "bit.ly/named", "https://news.example/1"),
    ],
)
def test_what_a_page_says_on_its_card_is_known_wherever_it_says_it_again(
    title: str, description: str, link: str
) -> None:
    text = "\n\n".join(("Our own: bit.ly/own", title, description, link))
    content = {"text": "Our own: bit.ly/own", "embed": {"link": link, "title": title, "description": description}}
    assert short(content, text, ["bit.ly"]) == ("https://bit.ly/own",)


@given(st.text(max_size=300), st.recursive(st.text(max_size=40), lambda inner: st.lists(inner, max_size=3)))
def test_no_words_break_it(text: str, more: object) -> None:
    content = {"text": text, "more": more, "embed": {"title": more, "link": text}, "article": {"title": text}}
    found = short(content, text, SHORT_LINK_SERVICES)
    assert set(found) <= set(named(content, text))
    for one in found:
        assert of_service(one, SHORT_LINK_SERVICES)
        assert normal(one) == one
        assert one.isprintable() or not one.isascii()


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (answer(301, ("Location", "https://a.example/")), Step(target="https://a.example/")),
        (answer(302, ("location", "/y?z")), Step(target="https://bit.ly/y?z")),
        (answer(301, ("Location", "https://a/"), ("Location", "https://b/")), LinkState.NOWHERE),
        (answer(301), LinkState.NOWHERE),
        (answer(301, ("Location", "data:text/html,x")), LinkState.REFUSED),
        (answer(301, ("Location", "https://:80/x")), LinkState.REFUSED),
        (answer(503), LinkState.FAILED),
        (answer(429, ("Location", "https://a.example/")), LinkState.FAILED),
        (answer(404), LinkState.NOWHERE),
        (answer(200, HTML, body=b'<META HTTP-EQUIV="Refresh" CONTENT="0; URL=https://a.example/?a=1&amp;b=2">'),
         Step(target="https://a.example/?a=1&b=2")),
        (answer(200, HTML, body=b"<meta http-equiv=refresh content='1;https://a.example/'>"),
         Step(target="https://a.example/")),
        (answer(200, HTML, body=b'<meta http-equiv="refresh" content="30;url=https://a.example/">'), LinkState.NOWHERE),
        (answer(200, HTML, body=b'<meta http-equiv="refresh" content="5">'), LinkState.NOWHERE),
        (answer(200, ("Content-Type", "text/plain"), body=b'<meta http-equiv="refresh" content="0;url=https://a/">'),
         LinkState.NOWHERE),
        (answer(200, HTML, ("Content-Encoding", "br"), body=b"\x00"), LinkState.NOWHERE),
        (answer(200, HTML, body=b"<![x[ <p>broken"), LinkState.NOWHERE),
        (answer(200, HTML, body=b"<meta http-equiv=refresh content='0;url=https://a.example/'><![ ]]>"),
         Step(target="https://a.example/")),
    ],
)  # fmt: skip
def test_what_an_answer_says(wire: WireExchange, expected: Step | LinkState) -> None:
    said = step(wire)
    if isinstance(expected, Step):
        assert said == expected
    else:
        assert (said.target, said.state) == (None, expected)
        assert said.reason


@given(st.integers(100, 599), st.text(st.characters(max_codepoint=255), max_size=80), st.binary(max_size=400))
def test_no_answer_breaks_it(status: int, location: str, body: bytes) -> None:
    said = step(answer(status, HTML, ("Location", location), body=body))
    assert (said.target is None) == (said.state is not None)
    if said.target is not None:
        assert said.target.startswith(("http://", "https://", "HTTP"))


@pytest.mark.parametrize("listed", ["https://bit.ly", "bit.ly x", "-bit.ly", "bit.ly?x"])
def test_what_is_no_service_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="should be hosts such as"):
        Settings(link_services=listed)  # type: ignore[arg-type]


def test_the_usual_services_are_well_written() -> None:
    assert Settings().link_services == SHORT_LINK_SERVICES
    assert len(set(SHORT_LINK_SERVICES)) == len(SHORT_LINK_SERVICES)
