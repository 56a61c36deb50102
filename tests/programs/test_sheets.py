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
