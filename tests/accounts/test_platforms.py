"""Which connector an address belongs to."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import GROUP, Ambiguous, Platforms, load_platforms
from archiver.errors import ArchiverError, SettingsError, UnknownAddress, UsageError
from connectors.contract import Claim
from connectors.feed import Feed
from connectors.mastodon import Mastodon

REAL = load_platforms()


class _Claims(Feed):
    """Claims everything, as strongly as it is told."""

    def __init__(self, platform: str, strength: Literal["certain", "possible"] | None) -> None:
        self.platform = platform  # type: ignore[misc]
        self._strength = strength

    def claim(self, url: str) -> Claim | None:
        if self._strength is None:
            return None
        return Claim(self.platform, "https://x.example", "x", url, self._strength)


def _with(**strengths: Literal["certain", "possible"] | None) -> Platforms:
    return Platforms({name: _Claims(name, strength) for name, strength in strengths.items()}, {})


def test_a_certain_claim_beats_possible_ones() -> None:
    connector, claim = _with(a="possible", b="certain", c="possible").claim("https://x.example/y")
    assert connector.platform == claim.platform == "b"


def test_the_only_possible_claim_is_taken() -> None:
    assert _with(a=None, b="possible").claim("https://x.example/y")[1].platform == "b"


@pytest.mark.parametrize("strength", ["certain", "possible"])
def test_equal_claims_are_a_question_that_names_them(strength: Literal["certain", "possible"]) -> None:
    with pytest.raises(Ambiguous, match=r"a, b.*--platform"):
        _with(b=strength, a=strength).claim("https://x.example/y")
    assert _with(b=strength, a=strength).claim("https://x.example/y", "a")[1].platform == "a"


class _Declines(_Claims):
    def declined(self, url: str) -> str | None:
        if "odd" in url:
            raise ValueError("odd")
        return "of a person:\nnot captured" if "person" in url else None


@pytest.mark.law("R5")
def test_what_a_connector_declines_is_nobodys_and_one_that_cannot_say_stops_nothing() -> None:
    platforms = Platforms({"a": _Declines("a", None), "b": _Claims("b", "certain")}, {})
    for platform in (None, "b"):
        with pytest.raises(UnknownAddress, match="not captured") as caught:
            platforms.claim("https://x.example/person", platform)
        assert "\n" not in str(caught.value)
    assert platforms.claim("https://x.example/odd")[1].platform == "b"


def test_an_address_nobody_knows_names_the_platforms() -> None:
    with pytest.raises(UnknownAddress, match="a, b"):
        _with(a=None, b=None).claim("https://x.example/y")
    with pytest.raises(UnknownAddress, match="does not look like"):
        _with(a=None).claim("https://x.example/y", "a")
    with pytest.raises(UsageError, match="known platforms: a"):
        _with(a=None).claim("https://x.example/y", "elsewhere")


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "ftp://x.example", "https://", "javascript:alert(1)", "https://x y", "https://[::1", "https://x:0x",
        "a\nb", "file:///etc/passwd", "https://x.example/\x1b[0m",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(UnknownAddress):
        _with(a="certain").claim(url)


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(UnknownAddress) as caught:
        REAL.claim("https://me:hunter2@x.example/feed")
    assert "hunter2" not in str(caught.value)


def test_the_connectors_of_the_program_are_there() -> None:
    assert isinstance(REAL.connector("mastodon"), Mastodon)
    assert isinstance(REAL.connector("feed"), Feed)
    assert REAL.broken == {}
    with pytest.raises(SettingsError, match="feed, flickr, instagram, linkedin, mastodon, nextdoor, reddit"):
        REAL.connector("myspace")


def test_a_connector_that_does_not_load_or_is_none_does_not_stop_the_others() -> None:
    found = load_platforms(
        [
            EntryPoint("missing", "no.such.module:Connector", GROUP),
            EntryPoint("none", "collections:OrderedDict", GROUP),
            EntryPoint("ours", "connectors.feed:Feed", GROUP),
        ]
    )
    assert found.broken == {"missing": "ModuleNotFoundError", "none": "TypeError"}
    assert sorted(found.connectors) == [
        "bluesky",
        "facebook",
        "feed",
        "flickr",
        "instagram",
        "linkedin",
        "mastodon",
        "nextdoor",
        "reddit",
        "threads",
        "tiktok",
        "tiktok_display",
        "vimeo",
        "x",
        "youtube",
    ]


@given(st.text(max_size=80))
def test_any_text_is_claimed_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        REAL.claim(text)
    except ArchiverError as error:
        said = str(error)
    assert "\n" not in said
