"""Kept pictures, films and captions in the pages: what is shown, how it is handed out, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from archiver.archive import Archive
from archiver.errors import NotFound
from archiver.operations import file_page
from archiver.operations.shown_files import FILMS, PICTURES, as_captions, is_picture, kind_of, part_of
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.practice.acts import Wording
from archiver.practice.messages import Request, Response
from archiver.records import files
from archiver.records import service as records
from archiver.records.models import Medium
from archiver.records.pictures import StoredAt
from archiver.records.views import MediumView
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.security import OF_A_FILE
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import House
from tests.people.scene import record_of
from tests.signed_in import cookies, everything, person

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG + b"rest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a<script>alert(1)</script>", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"\0\0\0\x18ftypavif", None),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0B\x82\x84webm", "video/webm"),
        (SVG, None),
        (b"<?xml version='1.0'?>" + SVG, None),
        (b"\n\n<html><script>alert(1)</script>", None),
        (b"%PDF-1.7", None),
        (b" " + PNG, None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


@given(st.binary(max_size=64))
def test_nothing_else_is_ever_shown(content: bytes) -> None:
    assert kind_of(content) in {None, *PICTURES, *FILMS}
    assert b"<svg" not in content[:4]


def test_captions_are_webvtt_or_made_into_it() -> None:
    assert as_captions(b"WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nHello\r\n") is not None
    assert as_captions("\ufeffWEBVTT\n".encode()) == b"WEBVTT\n"
    made = as_captions(b"1\n00:00:01,000 --> 00:00:02,500\nHello, all\n")
    assert made == b"WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.500\nHello, all\n"
    for other in (b"", b"WEBVTTX", b"<html>", SVG, b"\xff\xfe\0"):
        assert as_captions(other) is None


@given(st.integers(0, 20), st.integers(0, 30) | st.none(), st.integers(0, 30) | st.none())
def test_a_part_is_of_the_file_and_never_more(size: int, first: int | None, last: int | None) -> None:
    asked = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        part = part_of(asked, size)
    except ValueError:
        assert size == 0 or (first is None and last == 0) or (first is not None and first >= size)
        return
    if part is not None:
        assert 0 <= part.first <= part.last < size
        assert first is None or (part.first, part.last) == (first, min(last if last is not None else size, size - 1))


@pytest.mark.parametrize("asked", [None, "", "bytes=-", "bytes=a-b", "bytes=0-1,3-4", "items=0-1", "bytes=5-2"])
def test_what_is_no_part_is_answered_with_all_of_it(asked: str | None) -> None:
    assert part_of(asked, 10) is None


class Posted:
    """A post with a picture, an answer with one, and one with a file that its server calls a picture and is a page."""

    def __init__(self, house: House) -> None:
        city, cast = house.city, house.cast
        own, theirs, false = (city.picture(alt) for alt in ("The <b>new</b> bridge", "", "A page"))
        post = city.say(cast.city, Wording("The bridge opens.", media=(own,)))
        answer = city.say(cast.residents[0], Wording("And from here.", media=(theirs,)), answering=post)
        other = city.say(cast.residents[1], Wording("Look.", media=(false,)), answering=post)

        def lying(request: Request, response: Response) -> Response:
            is_it = str(false.id) in re.sub(r"\D", "", request.path)
            return replace(response, body=SVG) if is_it else response

        house.server.faults.add(lying, "^/system/media", times=None)
        self.account = house.office()
        house.run(self.account)
        found = house.records()
        self.post, self.answer, self.other = (found[f"status/{one}"].id for one in (post, answer, other))
        media = {one.record_id: one.id for one in house.media()}
        self.picture, self.theirs, self.false = (media[one] for one in (self.post, self.answer, self.other))


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Posted, httpx.Client]]:
    house = House(tmp_path_factory.mktemp("shown"), settings={"web_port": 0})
    pages = None
    try:
        posted = Posted(house)
        pages = PageServer(create_app(Site(house.archive)), bind(house.archive.settings))
        pages.start()
        with httpx.Client(base_url=pages.url.rstrip("/"), timeout=60, cookies=everything(house.archive)) as client:
            yield house, posted, client
    finally:
        if pages is not None:
            pages.stop()
        house.close()


@pytest.mark.law("R19", "R69")
def test_pictures_stand_with_the_words_they_came_with_and_can_do_nothing(
    pictured: tuple[House, Posted, httpx.Client],
) -> None:
    _, said, client = pictured
    page = client.get(f"/records/{said.post}").text
    assert 'alt="The &lt;b&gt;new&lt;/b&gt; bridge"' in page
    assert "Described as: <bdi>The &lt;b&gt;new" in page
    for record, medium in ((said.post, said.picture), (said.answer, said.theirs)):
        assert f'src="/records/{record}/files/{medium}/shown"' in page, "in the thread, too"
    shown = client.get(f"/records/{said.post}/files/{said.picture}/shown")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert shown.headers["content-security-policy"] == OF_A_FILE
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cross-origin-resource-policy"] == "same-origin"
    part = client.get(f"/records/{said.post}/files/{said.picture}/shown", headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, PNG)
    assert part.headers["content-range"] == f"bytes 0-7/{len(shown.content)}"
    beyond = client.get(f"/records/{said.post}/files/{said.picture}/shown", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    assert client.get(f"/records/{said.answer}/files/{said.picture}/shown").status_code == 404, "of another record"


def test_what_its_server_calls_a_picture_and_a_browser_would_run_is_not_shown(
    pictured: tuple[House, Posted, httpx.Client],
) -> None:
    _, said, client = pictured
    answer = client.get(f"/records/{said.other}/files/{said.false}/shown")
    assert answer.status_code == 404
    assert "alert" not in answer.text
    raw = client.get(f"/records/{said.other}/files/{said.false}/raw")
    assert raw.content == SVG
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-disposition"].startswith("attachment")
    assert client.get(f"/records/{said.post}/files/{said.picture}/captions").status_code == 404


def test_as_of_a_moment_only_what_was_kept_by_then_is_shown(pictured: tuple[House, Posted, httpx.Client]) -> None:
    house, said, _ = pictured
    with house.archive.database.read() as connection:
        now = files.kept(connection, [said.post, said.answer], public=True)
        before = files.kept(connection, [said.post], public=True, as_of=house.clock.now() - timedelta(days=1))
    assert {one.id for several in now.values() for one in several} == {said.picture, said.theirs}
    assert before == {}


def test_what_is_too_large_to_stand_in_a_page_does_not() -> None:
    one = MediumView("md_1", "k", "image", "u", None, "fetched", None, "Image/PNG; x=y", "0" * 64, 2**20, "ex_1")
    assert is_picture(one)
    for other in ({"size": 2**24}, {"content_type": "image/svg+xml"}, {"content_type": None}, {"exchange_id": None}):
        assert not is_picture(replace(one, **other))


def test_a_file_that_is_stored_small_and_comes_out_large_is_not_handed_out() -> None:
    one = MediumView("md_1", "k", "video", "u", None, "fetched", None, "video/mp4", "0" * 64, 2**30, "ex_1")
    stored = StoredAt("segment", None, 0, 2**20, 0, 0, "public")
    assert not file_page.KeptFile(one, stored).offered
    assert file_page.KeptFile(replace(one, size=2**20), stored).offered


@pytest.mark.law("R4", "R71")
@pytest.mark.parametrize(("access", "open_to"), [((Access.PUBLIC,), False), ((Access.PUBLIC, Access.PRIVATE), True)])
def test_a_file_in_a_private_exchange_under_a_public_record_is_for_who_sees_what_is_private(
    offices: Archive, access: tuple[Access, ...], open_to: bool
) -> None:
    medium, record = "md_police_public", record_of("police", "public")
    fetched = {"state": "fetched", "exchange_id": "ex_police_private", "content_type": "image/png", "size": 10}
    with offices.database.write() as connection:
        connection.execute(update(Medium).where(Medium.id == medium).values(**fetched))
    held = cookies(offices, person(offices, Role.CUSTODIAN, access=access, scope=AUTHORITY, scope_id="police"))
    with TestClient(create_app(Site(offices)), base_url="http://127.0.0.1", cookies=held) as browser:
        page = browser.get(f"/records/{record}").text
        assert (medium in page) == open_to
        assert ("ex_police_private" in page) == open_to
        for path in ("", "/raw", "/shown", "/captions"):
            answer = browser.get(f"/records/{record}/files/{medium}{path}")
            assert answer.status_code == 404
            there = file_page.NO_SUCH not in answer.text.lower()
            assert there == open_to, (path, "found, and only its bytes are made up here")


def test_a_file_is_found_by_where_it_is_stored_and_not_only_by_what_is_listed(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a private file ever listed under a public record by mistake, its bytes stay closed."""
    medium, record = "md_police_public", record_of("police", "public")
    with offices.database.write() as connection:
        fetched = {"state": "fetched", "exchange_id": "ex_police_private"}
        connection.execute(update(Medium).where(Medium.id == medium).values(**fetched))
    public = Viewer(access=frozenset({"public"}), messages=False)
    with offices.database.read() as connection:
        everything_of_it = records.record(connection, record, Viewer.EVERYTHING)
        monkeypatch.setattr(records, "record", lambda *_, **__: everything_of_it)
        with pytest.raises(NotFound):
            file_page.find(connection, public, record, medium)
        assert file_page.find(connection, Viewer.EVERYTHING, record, medium).medium.id == medium
