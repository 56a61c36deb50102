"""The pure rules of the pages."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.logs import without_secrets
from archiver.visible import local_time, one_line, parts, size, visible
from archiver.web import rendering
from archiver.web.rendering import outside, said, typed
from archiver.web.security import host_of
from archiver.web.words import platform


@given(st.text())
def test_visible_text_steers_nothing_and_loses_nothing_else(text: str) -> None:
    shown = visible(text)
    assert not [part for part, steers in parts(shown) if steers]
    assert "".join(part for part, _ in parts(text)) == text
    assert "\n" not in one_line(text)
    assert len(one_line(text, 10)) <= 10


@given(st.text())
def test_what_is_said_is_escaped_and_isolated(text: str) -> None:
    shown = str(said(text))
    inside = shown.removeprefix("<bdi>").removesuffix("</bdi>")
    assert "<" not in inside.replace('<span class="steering"', "").replace("</span>", "")
    if text:
        assert shown.startswith("<bdi>")


@given(st.text() | st.text(st.characters(categories=["Cf", "Cc", "Zl", "Zp"])))
def test_what_goes_back_into_a_field_is_what_was_typed_and_steers_nothing(text: str) -> None:
    field = str(typed(text))
    assert not [part for part, steers in parts(field) if steers]
    assert not set(field) & {"<", ">", '"', "'"}
    read = html.unescape(re.sub("&#x([0-9a-f]+);", lambda number: chr(int(number[1], 16)), field))
    assert read == "".join(visible(one) if one == "\0" or "\x7f" <= one <= "\x9f" else one for one in text)


#: What stands in fields of forms and is no text that anybody wrote: ids, codes, days, times.
_NO_WORDS = re.compile(
    r"(.*\.)?(\w*id|value|code|kept|short|after|until|since|at|of|how|agreed|account|state|platform|effective|filed_on"
    r"|received_on|day)|page\.(authority|listing) or \"\"|page\.last\.act_id if .*|person\.trained_on or ''"
    r"|values\.step if .*|asked\.address\(.*|each\.record .*|asked\.official|last\.act_id if .*"
)


def test_every_text_in_a_field_of_a_form_stays_as_it_was_typed() -> None:
    folder = Path(rendering.__file__).parent / "templates"
    found = {
        f"{one.name}: {value}"
        for one in folder.glob("*.html")
        for value in re.findall(r'value="\{\{ (.*?) \}\}"', one.read_text())
        if not value.endswith("|typed") and not _NO_WORDS.fullmatch(value)
    }
    assert found == set(), "a pile of marks gets spaces without width there, and is sent with them"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "https://[", "x", "ftp://a/b",
            "https://a.example/\u202e", "JaVaScRiPt:alert(1)", "\njavascript:alert(1)"],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str) -> None:
    assert "<a" not in str(outside(url))
    assert '<a href="https://a.example/?x=1&amp;y=2"' in str(outside("https://a.example/?x=1&y=2"))


@pytest.mark.parametrize(
    ("header", "host"),
    [(b"localhost", "localhost"), (b"LocalHost:80", "localhost"), (b"[::1]:80", "[::1]"), (b"[::1]", "[::1]"),
     (b"a:b", ""), (b"a:1:2", ""), (b"[::1]x", ""), (b"", ""), (b"a:", ""), (b"a:\xb2", "")],
)  # fmt: skip
def test_the_host_of_a_request(header: bytes, host: str) -> None:
    assert host_of({"type": "http", "headers": [(b"host", header)]}) == host


def test_sizes_and_times_are_for_people() -> None:
    assert [size(one) for one in (0, 1023, 1536, 5 * 2**30)] == ["0 bytes", "1,023 bytes", "1.5 KiB", "5.0 GiB"]
    zone = ZoneInfo("America/Chicago")
    assert local_time(datetime(2026, 7, 1, 12, tzinfo=UTC), zone) == "2026-07-01 07:00:00 CDT"
    assert local_time(None, zone) == "unknown"


@given(st.from_regex(r"[A-Za-z0-9._~-]{8,40}", fullmatch=True))
def test_a_token_in_a_text_for_the_log_is_overwritten(token: str) -> None:
    for text in (f"GET /x?access_token={token}&y=1", f"Authorization: Bearer {token}", f"https://{token}@x.example/"):
        assert token not in without_secrets(text)


def test_a_platform_is_called_by_its_name_and_not_by_its_code() -> None:
    assert [platform(one) for one in ("youtube", "x", "linkedin", "of_somebody_else")] == [
        "YouTube",
        "X",
        "LinkedIn",
        "of somebody else",
    ]
