"""Lists as CSV: all that a list has, for the same eyes, and nothing that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.register import sheets
from archiver.web.programs.answers import Page
from archiver.web.programs.records import Author
from archiver.web.programs.sheets import columns, rows
from tests.people.scene import account_of
from tests.programs.conftest import Served
from tests.programs.test_answers import LISTS

#: What a spreadsheet takes for a formula where a cell begins with it.
_BEGINNINGS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def _sheet(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff"), "so that Excel reads it as UTF-8"
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


@pytest.mark.parametrize("path", [one for one in LISTS if one != "access-log"])
def test_a_sheet_has_every_entry_of_its_list(served: Served, path: str) -> None:
    name, _, query = path.format_map(served.known).partition("?")
    with served.client("everything") as client:
        answer = client.get(f"/api/v1/{name}.csv?{query}")
        listed: list[dict[str, Any]] = client.get(f"/api/v1/{name}?{query}&limit=200").json()["items"]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith('.csv"')
    found = _sheet(answer.content.decode())
    assert len(found) == len(listed) > 1
    plain = [key for key, value in listed[0].items() if isinstance(value, str)]
    for row, one in zip(found, listed, strict=True):
        assert [sheets.unguarded(row[key]) for key in plain if one[key] is not None] == [
            one[key] for key in plain if one[key] is not None
        ]


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [("nobody", "runs.csv", 401), ("search alone", "runs.csv", 403), ("police", "runs.csv?account=ac_x", 404)],
)
def test_what_is_refused_is_no_sheet(served: Served, who: str, path: str, status: int) -> None:
    with served.client(who) as client:
        answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_sheet_is_for_the_same_eyes(served: Served) -> None:
    with served.client("police") as client:
        for name in ("accounts", "runs", "gaps", "deposits", "changes", "board", "register/accounts"):
            assert "library" not in client.get(f"/api/v1/{name}.csv").text.casefold(), name


@given(st.text(max_size=40), st.sampled_from(_BEGINNINGS))
def test_no_cell_is_calculated(text: str, beginning: str) -> None:
    page = Page[Author](items=[Author(name=beginning + text, handle=None)], next=None)
    written = sheets.written(rows(Author, page)).decode()
    (row,) = csv.reader(io.StringIO(written, newline=""))
    assert columns(Author) == ["name", "handle"]
    assert not row[0].startswith(_BEGINNINGS)
    assert sheets.unguarded(row[0]) == Author(name=beginning + text, handle=None).name


def test_looks_are_a_sheet_for_the_same_eyes(served: Served) -> None:
    """Neither has pages: the runs around a moment, and those that came of asking."""
    police, library = account_of("police"), account_of("library")
    with served.client("officer") as client:
        for path in (f"looks.csv?account={police}&at=", f"captured/looks.csv?account={police}&asked="):
            (found,) = _sheet(client.get(f"/api/v1/{path}2026-03-01T18:29:00Z").content.decode())
            assert "rn_police" in found.values()
            assert _sheet(client.get(f"/api/v1/{path}2026-03-01T18:29:00Z").content.decode()) == [found]
        before = _sheet(client.get(f"/api/v1/looks.csv?account={police}&at=2026-03-02T00:00:00Z").content.decode())
        assert [(one["stands"], one["streams"]) for one in before] == [("before", "posts: 1 of 1")]
    with served.client("police") as client:
        for path in (f"looks.csv?account={library}&at=", f"captured/looks.csv?account={library}&asked="):
            assert client.get(f"/api/v1/{path}2026-03-01T18:29:00Z").status_code == 404


def test_challenges_are_of_records_that_are_seen_and_narrowed_as_on_the_page(served: Served) -> None:
    with served.client("police") as client:
        every = _sheet(client.get("/api/v1/challenges.csv").content.decode())
        assert [one["disputed"] for one in every] == ["'=I(1)", "'=I(0)"]
        (denied,) = client.get("/api/v1/challenges?outcome=denied").json()["items"]
        assert denied["disputed"] == "=I(0)"
        assert client.get(f"/api/v1/challenges?account={account_of('library')}").status_code == 404
    with served.client("everything") as client:
        page = client.get("/challenges", params={"outcome": "denied"}).text
        assert ("=I(0)" in page, "=I(1)" in page) == (True, False)
        assert "/api/v1/challenges.csv?outcome=denied" in page
