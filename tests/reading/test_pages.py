"""The pages of a record in an archive with a practice city, over a real socket."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from archiver.clock import to_text
from tests.capture.house import START, House
from tests.reading.town import Told, read


@pytest.mark.law("R16", "R18", "R19")
def test_a_page_reads_as_of_a_moment_by_the_citys_clocks_and_says_what_nobody_saw(
    client: httpx.Client, told: Told
) -> None:
    now = read(client, f"/records/{told.gone}")
    assert "As of " not in now
    assert "does not say who took it away" in now
    local = (START + timedelta(minutes=30)).astimezone().strftime("%Y")  # (the year, for the form)
    page = read(client, f"/records/{told.gone}?at=2026-03-02T02:30")
    assert local in page
    assert "As of <time" in page
    assert "2026-03-02 02:30:00 CST" in page
    assert "What is known since is left out" in page
    assert "when in between it was done, nobody saw" in page
    assert 'value="2026-03-02T02:30:00"' in page
    for later in ("does not say who took it away", "Snow and ice", "Late words", "not returned"):
        assert later not in page.replace("no longer returned", "not returned"), later
    assert "Rude words" in page
    assert f'href="/records/{told.edited}?at=2026-03-02T08%3A30%3A00.000000Z#here"' in page, "links stay at the moment"
    since = read(client, f"/records/{told.gone}?at=2026-03-02T05:00")
    assert "does not say who took it away" in since
    assert "Late words" in since


def test_every_version_and_every_change_leads_to_what_was_known_then(client: httpx.Client, told: Told) -> None:
    pages = (read(client, f"/records/{told.edited}"), read(client, "/changes"))
    links = {
        link.replace("&amp;", "&") for page in pages for link in re.findall(r'href="(/records/[^"]*at=[^"]*)"', page)
    }
    assert len(links) >= 4
    for link in links:
        assert "As of <time" in read(client, link), link


@pytest.mark.parametrize(
    ("at", "status", "said"),
    [
        ("2026-03-02T01:59", 200, "Nobody had seen it by then"),
        ("2026-03-02", 200, "Nobody had seen it by then"),
        ("2099-01-01", 400, "still to come"),
        ("yesterday", 400, "o day or moment"),
        ("2026-03-02T02:30:61", 400, "o day or moment"),
        ("2026-99-02T02:30:00.000000Z", 400, "o day or moment"),
        ("x" * 41, 400, "not usable"),
        ("", 200, "In its thread"),
    ],
)
def test_a_moment_that_cannot_be_is_said_to_be_none(
    client: httpx.Client, told: Told, at: str, status: int, said: str
) -> None:
    assert said in read(client, f"/records/{told.post}?at={at}", status)


def test_a_part_of_a_thread_that_cannot_be_is_the_nearest_there_is(client: httpx.Client, told: Told) -> None:
    assert "The post" in read(client, f"/records/{told.post}?line=99999")
    read(client, f"/records/{told.post}?line=-1", 400)


def test_an_exact_moment_is_exact(client: httpx.Client, house: House, told: Told) -> None:
    first = next(one for one in house.records().values() if one.id == told.late).first_seen_at
    assert "As of" in read(client, f"/records/{told.late}?at={to_text(first)}")
    before = to_text(first - timedelta(microseconds=1))
    assert "It was first seen" in read(client, f"/records/{told.late}?at={before}")
