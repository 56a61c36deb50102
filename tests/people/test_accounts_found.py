"""Accounts of the register are found by name and by whose they are; the sheet holds what the page does."""

from __future__ import annotations

import html
import re

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.people.permission import DEPARTMENT
from archiver.people.roles import Access, Role
from tests.desk.test_search_page import client_of
from tests.people.scene import departments
from tests.signed_in import cookies, person


def _found(client: TestClient, query: str) -> list[str]:
    page = client.get(f"/register?{query}").text
    return sorted(set(re.findall(r"The (police|library)</bdi></a>", page)))


@pytest.mark.law("R12", "R71")
def test_accounts_of_the_register_are_found_and_the_sheet_keeps_the_filter(offices: Archive) -> None:
    made = departments(offices)
    every = cookies(offices, person(offices, Role.RECORDS_OFFICER, access={Access.PUBLIC}))
    where = {"scope": DEPARTMENT, "scope_id": made["police"]}
    some = cookies(offices, person(offices, Role.CUSTODIAN, access={Access.PUBLIC}, name="Jo", **where))
    with client_of(offices, every) as client:
        for query, wanted in (
            ("", ["library", "police"]),
            ("name=POLI", ["police"]),
            ("name=the+%40police", ["police"]),
            ("name=facebook.example", ["library", "police"]),
            ("department=The+library+department", ["library"]),
            ("platform=facebook&name=library", ["library"]),
            ("platform=x", []),
            ("authority=nobody", []),
        ):
            assert _found(client, query) == wanted, query
            told = client.get(f"/api/v1/register/accounts?{query}").json()["items"]
            assert len(told) == len(wanted), query
        page = client.get("/register?only=uncaptured&name=poli").text
        assert "No such account" in page
        page = client.get("/register?department=The+library+department&name=lib").text
        assert "<option selected>The library department" in page
        (sheet,) = re.findall(r'href="(/api/v1/register/accounts.csv[^"]*)"', page)
        rows = client.get(html.unescape(sheet)).text
        assert "facebook.example/library" in rows
        assert "police" not in rows
    with client_of(offices, some) as client:
        assert _found(client, "name=the") == ["police"]
        page = client.get("/register?name=library").text
        assert "The library" not in page, "not among what can be chosen either"
