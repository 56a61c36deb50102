"""What stands behind a record: versions side by side, stored answers, captions; and who is shown which of it."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from archiver.archive import Archive
from archiver.operations import exchange_page, file_page
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import PersonView
from archiver.records.comparing import LONGEST, compare
from archiver.records.models import RecordState
from archiver.records.views import MediumView, VersionView
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.scene import record_of
from tests.reading.town import Told, read
from tests.signed_in import cookies, person


def version(text: str, number: int = 1, scheme: int = 1, **content: Any) -> VersionView:
    return VersionView(f"ve_{number}", number, text, content, None, None, None, (), (), scheme)


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_words_of_both_sides_are_their_own(left: str, right: str) -> None:
    both = compare(version(left), version(right, 2))
    assert "".join(one.text for one in both.before) == left
    assert "".join(one.text for one in both.after) == right
    assert both.same_words == (left == right)
    assert {one.kind for one in both.before} <= {"same", "removed"}
    assert {one.kind for one in both.after} <= {"same", "added"}


def test_fields_are_compared_where_both_have_them() -> None:
    left = version("a", 1, title="Old", links=["x"], poll=None)
    right = version("a", 2, title="New", links=["x"], media=["m" * 2 * LONGEST])
    both = compare(left, right)
    assert [(one.name, one.left, one.right) for one in both.changed] == [("title", "Old", "New")]
    assert [(one.name, one.left is None) for one in both.alone] == [("media", True), ("poll", False)]
    assert len(both.alone[0].right or "") < LONGEST + 10
    other = compare(left, replace(right, scheme=2))
    assert (other.changed, other.alone, other.same_scheme) == ((), (), False)


@pytest.mark.law("R18")
def test_two_versions_stand_side_by_side_for_eyes_and_ears(client: httpx.Client, told: Told) -> None:
    page = read(client, f"/records/{told.edited}/versions")
    assert '<ins><span class="sr">[added: </span>and ice <span class="sr">]</span></ins>' in page
    assert page.count("First seen") == 2
    ids = re.findall(r'<option value="([^"]+)"', page)[:2]
    assert "and ice" in read(client, f"/records/{told.edited}/versions?left={ids[1]}&right={ids[0]}"), "in any order"
    assert "Their words are the same" in read(client, f"/records/{told.edited}/versions?left={ids[0]}&right={ids[0]}")
    assert "Only one version" in read(client, f"/records/{told.post}/versions")
    read(client, f"/records/{told.edited}/versions?left=ve_none", 404)


@pytest.mark.law("R19")
def test_the_stored_answer_is_shown_as_it_came_and_handed_out_as_a_file(client: httpx.Client, told: Told) -> None:
    links = set(re.findall(r'href="(/records/[^"]+/exchanges/[^"]+)"', read(client, f"/records/{told.gone}")))
    assert len(links) >= 2, "the answer that showed it, and those that show that it is gone"
    for link in links:
        page = read(client, link)
        assert "GET /api/v1/" in page
        assert '"seed"' not in page
        answer = client.get(f"{link}/raw")
        assert answer.headers["content-disposition"].startswith('attachment; filename="ex_')
        assert answer.headers["content-type"] == "application/octet-stream"
        assert gzip.decompress(answer.content).startswith(b"WARC/1.1\r\n")
    other = next(iter(links)).rpartition("/")[2]
    read(client, f"/records/{told.post}/exchanges/ex_none", 404)
    read(client, f"/records/rc_none/exchanges/{other}", 404)


def test_a_stored_answer_that_is_gone_or_changed_is_told_as_that(client: httpx.Client, house: Any, told: Told) -> None:
    with house.archive.database.read() as connection:
        (link, *_) = re.findall(r'/exchanges/([^"]+)"', read(client, f"/records/{told.late}"))
        at = exchange_page.find(connection, Viewer.EVERYTHING, told.late, link)
    assert exchange_page.show(house.archive, replace(at, offset=at.offset + 1)).problem is not None
    assert exchange_page.show(house.archive, replace(at, segment_key="segments/none")).problem is not None
    assert "too large" in str(exchange_page.show(house.archive, replace(at, facts_length=10**9)).problem)


def reader(archive: Archive, *access: Access) -> PersonView:
    return person(archive, Role.CUSTODIAN, access=access, scope=AUTHORITY, scope_id="police")


@pytest.mark.law("R4", "R71")
@pytest.mark.parametrize(
    ("access", "seen"),
    [
        ((Access.PUBLIC,), {("hidden", "public"), ("public", "public")}),
        (
            (Access.PUBLIC, Access.PRIVATE),
            {("hidden", "public"), ("public", "public"), ("hidden", "private"), ("private", "private")},
        ),
    ],
)  # fmt: skip
def test_of_stored_answers_nobody_is_told_what_they_may_not_see(
    offices: Archive, access: tuple[Access, ...], seen: set[tuple[str, str]]
) -> None:
    """The record that was hidden names a private exchange as evidence: it is told to who sees what is private."""
    with offices.database.write() as connection:
        both = ["ex_police_public", "ex_police_private"]
        connection.execute(
            update(RecordState).where(RecordState.record_id == record_of("police", "hidden")).values(evidence=both)
        )
    found = set()
    held = cookies(offices, reader(offices, *access))
    with TestClient(create_app(Site(offices)), base_url="http://127.0.0.1", cookies=held) as browser:
        for kind in ("public", "private", "message", "hidden"):
            for which in ("public", "private"):
                for path in ("", "/raw"):
                    answer = browser.get(f"/records/{record_of('police', kind)}/exchanges/ex_police_{which}{path}")
                    if answer.status_code == 200 or "not there as it was written" in answer.text:
                        found.add((kind, which))
            page = browser.get(f"/records/{record_of('police', kind)}").text
            assert ("ex_police_private" in page) == ((kind, "private") in seen)
        assert browser.get(f"/records/{record_of('library', 'public')}/exchanges/ex_library_public").status_code == 404
        assert browser.get(f"/records/{record_of('police', 'public')}/exchanges/ex_library_public").status_code == 404
    assert found == seen


def test_captions_and_what_is_text_are_shown_as_text_and_nothing_else_is() -> None:
    plain = MediumView("md_1", "k", "image", "u", None, "fetched", None, "image/svg+xml", None, 1, "ex_1")
    assert not file_page.is_text(plain)
    assert file_page.is_text(replace(plain, kind="caption"))
    assert file_page.is_text(replace(plain, content_type="Text/VTT; charset=utf-8"))
    assert not file_page.is_text(replace(plain, content_type=None))
