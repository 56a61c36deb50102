"""Keys: what they may be, and that a segment's key says what was put into it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archiver.storage.protocol import check_key
from archiver.storage.segment_names import header_text, target_uri
from archiver.storage.segment_writer import SegmentKey, parse_segment_key, segment_key
from connectors.contract import AccessClass
from tests.storage.samples import ACCOUNT, SEGMENT, info

SHA = "0123456789abcdef" * 4


def test_the_key_of_a_segment_is_as_the_profile_lays_it_down() -> None:
    assert segment_key(info(), SHA) == f"segments/unassigned/{ACCOUNT}/public/2026-11/{SEGMENT}-{SHA}.warc.gz"
    assert segment_key(info(record_year=2019, authority="city-clerk", access="private-media"), SHA) == (
        f"segments/city-clerk/{ACCOUNT}/private-media/2026-11/of-2019/{SEGMENT}-{SHA}.warc.gz"
    )


@given(
    authority=st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
    access=st.sampled_from(list(AccessClass)),
    month=st.from_regex(r"[0-9]{4}-(0[1-9]|1[0-2])", fullmatch=True),
    year=st.none() | st.integers(0, 9999),
    segment=st.from_regex(r"sg_[a-z2-7]{32}", fullmatch=True),
)
def test_a_segment_key_says_everything_that_was_put_into_it(
    authority: str, access: AccessClass, month: str, year: int | None, segment: str
) -> None:
    key = segment_key(
        info(authority=authority, access=str(access), month=month, record_year=year, segment=segment), SHA
    )
    assert parse_segment_key(check_key(key)) == SegmentKey(authority, ACCOUNT, access, month, year, segment, SHA)


@pytest.mark.parametrize(
    "changes",
    [
        {"authority": "City Clerk"},
        {"authority": "a/b"},
        {"authority": ".."},
        {"authority": ""},
        {"account": {"id": "../../x"}},
        {"account": {"id": "a/b"}},
        {"access": "secret"},
        {"month": "2026-13"},
        {"month": "2026"},
        {"record_year": 20260},
        {"record_year": -1},
        {"segment": "a-b"},
        {"segment": "a/b"},
        {"segment": "a\n"},
    ],
)
def test_parts_that_cannot_stand_in_a_key_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        segment_key(info(**changes), SHA)


@pytest.mark.parametrize("sha256", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64])
def test_a_digest_that_is_none_makes_no_key(sha256: str) -> None:
    with pytest.raises(ValueError):
        segment_key(info(), sha256)


@given(st.text() | st.from_regex(r"segments/[a-z]/[a-z]/public/2026-11/.*"))
@example("archive.json")
@example(f"segments/a/b/public/2026-11/{SEGMENT}-{SHA}.warc.gz\n")
@example(f"x/segments/a/b/public/2026-11/{SEGMENT}-{SHA}.warc.gz")
def test_what_is_no_segment_key_is_said_to_be_none(key: str) -> None:
    found = parse_segment_key(key)
    if found is not None:
        account: dict[str, Any] = {"id": found.account}
        fields = {name: getattr(found, name) for name in ("authority", "access", "month", "record_year", "segment")}
        assert segment_key(info(account=account, **fields), found.sha256) == key


@given(st.text(max_size=300))
@example("https://a.example/\r\nWARC-Type: warcinfo\r\n")
@example("https://a.example/\ud800 \x00\x7f\x85\u2028")
def test_no_address_can_end_a_header_line(text: str) -> None:
    assert re.fullmatch(r"[\x21-\x7e]*", target_uri(text))
    assert re.fullmatch(r"[\x20-\x7e]*", header_text(text))


@given(st.from_regex(r"https://[\x21-\x7e]{1,300}", fullmatch=True))
def test_an_address_of_printable_ascii_stands_as_it_is(url: str) -> None:
    assert target_uri(url) == url


def test_an_address_too_long_for_a_header_is_abridged_and_named_by_its_digest() -> None:
    long = "https://a.example/" + "x" * 17_000
    assert re.fullmatch(r"https://a\.example/x{8174}#abridged:sha256:[0-9a-f]{64}", target_uri(long))
    assert target_uri(long) != target_uri(long + "y")
    assert "#abridged:" in target_uri("https://a.example/" + "ü" * 5000)


@given(st.text(max_size=220))
def test_a_usable_key_leads_nowhere_else(key: str) -> None:
    try:
        check_key(key)
    except ValueError:
        return
    parts = key.split("/")
    assert all(part and not part.startswith(".") and len(part) <= 200 for part in parts)
    assert key.isascii()
    assert key.isprintable()
