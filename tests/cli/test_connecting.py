"""Connecting accounts from the command line."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from archiver.practice.cast import populate_x
from archiver.practice.run import RunningPractice

SECRET = "a-client-secret-of-the-city"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What stands on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def account(city: RunningPractice, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ARCHIVER_TRUSTED_ORIGINS", city.base_url)
    known = [one for one in city.city.people.values() if one.home == "x" and one.official]
    person = known[0].id if known else populate_x(city.city).city
    return city.server.x.account_url(person)


def test_an_application_is_stored_and_a_link_made(archiver, account: str, said: Callable[[str], None]) -> None:  # type: ignore[no-untyped-def]
    missing = archiver("account", "connect", account, "--platform", "x")
    assert missing.code == 3
    assert "archiver platform app x --id ID" in missing.err
    said(f"{SECRET}\n")
    stored = archiver("platform", "app", "x", "--id", "client-1")
    assert (stored.code, SECRET in stored.out + stored.err) == (0, False)
    made = archiver("account", "connect", account, "--platform", "x", "--json").json
    assert made["address"].startswith("http://127.0.0.1:8080/connect/")
    told = archiver("account", "connect", account, "--platform", "x")
    assert "It works on this machine only" in told.out
    assert archiver("account", "withdraw", made["id"]).code == 3, "the newer one ended it"
    listed = {row["platform"]: row for row in archiver("platform", "list", "--json").json["platforms"]}
    assert listed["x"]["application"].startswith("stored")
    assert "archiver platform show facebook" in listed["instagram"]["application"]
    assert (listed["feed"]["connecting"], listed["feed"]["application"]) == ("no", "-")
    assert "archiver platform show flickr" in listed["flickr"]["application"]


@pytest.mark.law("R23")
@pytest.mark.parametrize(
    "platform",
    [
        *(
            "facebook",
            "flickr",
            "instagram",
            "linkedin",
            "mastodon",
            "nextdoor",
            "reddit",
            "threads",
            "tiktok",
            "tiktok_display",
        ),
        *("vimeo", "x", "youtube"),
    ],
)
def test_what_to_register_is_said_for_every_platform(archiver, platform: str) -> None:  # type: ignore[no-untyped-def]
    shown = archiver("platform", "show", platform)
    assert shown.code == 0
    for words in ("City Attorney", "review:", "cost:", "what owners are asked for"):
        assert words in shown.out
    if platform != "mastodon":
        assert "http://127.0.0.1:8080/connect/return" in shown.out
    assert archiver("platform", "show", platform, "--json").json["scopes"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("platform", "show", "feed"), 2, "archiver account token"),
        (("platform", "show", "nonsense"), 2, "no connector for"),
        (("platform", "app", "nonsense", "--id", "x"), 2, "no connector for"),
        (("platform", "app", "bluesky", "--id", "x"), 2, "archiver account token"),
        (("platform", "app", "instagram", "--id", "x"), 2, "application of facebook"),
        (("platform", "app", "mastodon", "--id", "x"), 2, "nothing to store"),
        (("platform", "app", "x", "--id", "two words"), 2, "id of an application"),
        (("account", "add", "https://www.flickr.com/photos/city/"), 2, "(owner's consent or API key): give it with"),
        (("account", "add", "https://vimeo.com/city"), 2, "give it with --token, or let its owner connect it"),
        (("account", "connect", "https://x.com/i", "--platform", "x"), 2, "does not look like an account on X"),
        (("account", "connect", "https://mastodon.example/@city", "--days", "0"), 2, "1 to 60 days"),
        (("account", "withdraw", "cl_none"), 3, "no such link"),
    ],
)
def test_wrong_input_gives_one_line_that_says_what_to_do(  # type: ignore[no-untyped-def]
    archiver, said: Callable[[str], None], arguments: tuple[str, ...], code: int, words: str
) -> None:
    archiver("platform", "list")
    said(f"{SECRET}\n")
    told = archiver(*arguments)
    assert sys.stdin.read() == f"{SECRET}\n", "no secret is asked for that could not be kept"
    assert told.code == code, told
    assert words in told.err
    assert len(told.err.strip().splitlines()) == 1


def test_no_secret_is_taken_from_nowhere(archiver, said: Callable[[str], None]) -> None:  # type: ignore[no-untyped-def]
    said("")
    assert archiver("platform", "app", "x", "--id", "client-1").code == 2


def test_what_was_given_is_forgotten_once(  # type: ignore[no-untyped-def]
    archiver, city: RunningPractice, said: Callable[[str], None], account: str
) -> None:
    city.server.x.tokens["a-token-of-the-owner"] = next(
        one.id for one in city.city.people.values() if one.home == "x" and one.official
    )
    said("a-token-of-the-owner\n")
    added = archiver("account", "add", account, "--platform", "x", "--token", "--json").json["account"]["id"]
    shown = archiver("account", "show", added)
    assert "given by hand" in shown.out
    assert archiver("account", "disconnect", added, "--second").code == 3
    assert archiver("account", "disconnect", added).code == 0
    assert archiver("account", "disconnect", added).code == 3
