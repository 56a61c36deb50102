"""WARC files and WACZ packages that other programs made."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archiver.errors import UsageError
from archiver.imports import containers
from archiver.imports.containers import Unusable
from archiver.imports.foreign import records
from archiver.imports.importing import Stopped
from archiver.records import import_views
from archiver.records.import_models import ImportedFile
from archiver.records.unseen import KNOWN_FROM_IMPORT
from tests.capture.house import House
from tests.capture.rebuilding import check_rebuilt
from tests.imports.builders import zipped
from tests.imports.desk import Desk

DATE = "2025-06-01T10:00:00Z"
COOKIE = "session=deadbeefdeadbeefdeadbeef"


def warc(pages: dict[str, bytes], *, packed: bool = True) -> bytes:
    """A crawl as another program writes it: an answer and a request for each page, and what it says of itself."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("crawl.warc.gz", {"software": "another crawler"}))
    for url, body in pages.items():
        kind = "application/json" if body[:1] in b"[{" else "text/html"
        answer = StatusAndHeaders("200 OK", [("Content-Type", kind), ("Set-Cookie", COOKIE)], protocol="HTTP/1.1")
        dated = {"WARC-Date": DATE}
        made = writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=answer, warc_headers_dict=dated
        )
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Cookie", COOKIE)], is_http_request=True)
        request = writer.create_warc_record(url, "request", http_headers=asked, warc_headers_dict=dated)
        writer.write_request_response_pair(request, made)
    return out.getvalue()


@pytest.fixture
def office(new_house: Callable[..., House], tmp_path: Path) -> Desk:
    house = new_house()
    return Desk(house, tmp_path, house.office())


def crawl(desk: Desk) -> dict[str, bytes]:
    """The account's page, and an answer of its server's interface."""
    row = desk.row
    author = {"id": row.platform_id, "acct": "elm", "display_name": "City", "url": row.url}
    status = {
        "id": "77001", "created_at": "2025-05-01T10:00:00.000Z", "content": "<p>Only in the crawl</p>",
        "account": author, "visibility": "public", "url": f"{row.service}/@elm/77001",
        "in_reply_to_id": None, "edited_at": None,
    }  # fmt: skip
    return {
        row.url: b"<html>the page</html>",
        f"{row.service}/api/v1/accounts/{row.platform_id}/statuses?limit=20": json.dumps([status]).encode(),
        "https://other.example/api/v1/accounts/1/statuses": json.dumps([status]).encode(),
    }


def test_a_foreign_crawl_is_kept_record_by_record_and_read_where_it_is_known(office: Desk) -> None:
    path = office.folder / "crawl.warc.gz"
    path.write_bytes(warc(crawl(office)))
    with pytest.raises(UsageError, match="does not say whose it is"):
        office.bring(path)
    outcome = office.bring(path, confirmed=office.row.handle)
    assert (outcome.format, outcome.records, outcome.not_understood) == ("warc", 1, 0)
    assert outcome.notes == (
        "WARC records kept: 3; digests verified 3, failed 0, not checked 0",
        "requests and notes of the crawler, not kept: 4",
    )
    found = office.record("status/77001")
    assert (found.state, found.text) == (KNOWN_FROM_IMPORT, "Only in the crawl")
    assert found.imported[0].stated_at is not None
    assert found.imported[0].stated_at.isoformat() == "2025-06-01T10:00:00+00:00"
    with office.house.archive.database.read() as connection:
        (page,) = import_views.foreign(connection, office.row.url)
        assert import_views.foreign(connection, office.row.url, frozenset({"public"})) == []
    assert page.digests == {"block": "verified", "payload": "verified"}
    check_rebuilt(office.house)


def test_what_a_server_issued_to_the_crawler_is_not_stored(office: Desk) -> None:
    path = office.folder / "crawl.warc"
    path.write_bytes(warc(crawl(office), packed=False))
    office.bring(path, confirmed=office.row.handle)
    stored = b"".join(gzip.decompress(one.read_bytes()) for one in office.house.segments())
    assert b"the page" in stored
    assert b"deadbeef" not in stored


def test_a_record_that_was_changed_is_kept_and_said_to_fail(office: Desk) -> None:
    content = warc({office.row.url: b"<html>the page</html>"}, packed=False).replace(b"the page", b"the lies")
    path = office.folder / "crawl.warc"
    path.write_bytes(content)
    outcome = office.bring(path, confirmed=office.row.handle)
    assert "failed 1" in outcome.notes[0]
    (row,) = [one for one in office.rows(ImportedFile) if one.url]
    assert row.digests == {"block": "failed", "payload": "failed"}


@pytest.mark.parametrize("signed", [False, True])
def test_a_package_is_held_against_what_it_says_of_itself(office: Desk, signed: bool) -> None:
    inside = warc(crawl(office))
    pages = b'{"format": "json-pages-1.0"}\n'
    listed = [
        {"path": "archive/data.warc.gz", "hash": f"sha256:{hashlib.sha256(inside).hexdigest()}"},
        {"path": "pages/pages.jsonl", "hash": "sha256:" + "0" * 64},
        {"path": "indexes/index.cdx.gz", "hash": "md5:0"},
        {"path": "gone", "hash": "sha256:0"},
    ]
    package = json.dumps({"profile": "data-package", "resources": listed}).encode()
    files = {"archive/data.warc.gz": inside, "pages/pages.jsonl": pages, "indexes/index.cdx.gz": b"x"}
    files["datapackage.json"] = package
    if signed:
        said = {"hash": f"sha256:{hashlib.sha256(package).hexdigest()}", "signedData": {"signature": "…"}}
        files["datapackage-digest.json"] = json.dumps(said).encode()
    outcome = office.bring(zipped(office.folder / "crawl.wacz", files), confirmed=office.row.handle)
    assert outcome.records == 1
    assert outcome.left_out == {"viewer": 1}
    digest, signature = ("verified", "not checked") if signed else ("none", "none")
    assert outcome.notes[2:] == (
        "files of the package verified 1, failed 2, not checked 1",
        f"digest of the package: {digest}; its signature: {signature}",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"WARC/1.1\r\nContent-Length: 9\r\n\r\nshort",
        b"WARC/1.1\r\nContent-Length: -1\r\n\r\n",
        b"WARC/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"WARC/1.1\r\n" + b"A: b\r\n" * 100_000,
        b"hello",
        b"WARC/1.1\r\nContent-Length: 0\r\n",
    ],
)
def test_a_damaged_crawl_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(Unusable) as refused:
        list(records(io.BytesIO(content), packed=None))
    assert "\n" not in str(refused.value)


def test_a_crawl_that_is_packed_badly_is_refused() -> None:
    for content in (warc({"https://a.example/": b"x"})[:-20], b"\x1f\x8b" + bytes(30)):
        with pytest.raises(Unusable, match=r"damaged or not whole|breaks off"):
            list(records(io.BytesIO(content), packed=len(content)))


def test_of_a_crawl_that_breaks_off_nothing_is_begun(office: Desk) -> None:
    path = office.folder / "crawl.warc"
    path.write_bytes(warc(crawl(office), packed=False)[:-40])
    with pytest.raises(Unusable, match="breaks off"):
        office.bring(path, confirmed=office.row.handle)
    assert office.imports() == []


TOKEN = "deadbeef0123456789deadbeef"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HEAD = f"WARC/1.1\r\nWARC-Type: %s\r\nWARC-Target-URI: https://a.example/?access_token={TOKEN}\r\n"


def _record(kind: str, block: bytes) -> bytes:
    return (HEAD % kind).encode() + b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(block), block)


def _issued(body: bytes, coding: bytes = b"") -> bytes:
    return ANSWER + coding + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    "content",
    [
        _record("revisit", ANSWER + f"Set-Cookie: session={TOKEN}\r\n\r\n".encode()),
        _record("resource", ANSWER + f"Set-Cookie: session={TOKEN}\r\n\r\n".encode()),
        _record("resource", f"GET / HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()),
        _record("response", _issued(f'{{"access_token": "{TOKEN}"}}'.encode())),
        _record("response", _issued(f'{{"access_token": "{TOKEN}"}}'.encode(), b"Transfer-Encoding: chunked\r\n")),
        _record(
            "response", _issued(gzip.compress(f'{{"access_token": "{TOKEN}"}}'.encode()), b"Content-Encoding: gzip\r\n")
        ),
    ],
    ids=["revisit", "resource", "request under another kind", "body", "body without its chunks", "packed body"],
)
def test_nothing_that_signs_in_is_kept_of_any_record(content: bytes) -> None:
    (found,) = records(io.BytesIO(content), packed=None)
    assert TOKEN.encode() not in found.content
    assert b"\x1f\x8b" not in found.content
    assert TOKEN not in found.url
    if found.content:
        assert len(found.content) == len(content)
        assert all(set(found.content[start:end]) == {ord("*")} for start, end, _ in found.masked)


def test_a_packed_page_is_kept_whole_beside_the_cookie_that_came_with_it() -> None:
    page = gzip.compress(f'<script>{{"access_token": "{TOKEN}"}}</script>'.encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
    block = head + f"Set-Cookie: session={TOKEN}\r\n\r\n".encode() + page
    (found,) = records(io.BytesIO(_record("response", block)), packed=None)
    assert page in found.content
    assert TOKEN.encode() not in found.content


def test_a_crawl_made_to_fill_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_RATIO_FROM", 2**20)
    for content in (_record("response", bytes(4 * 2**20)), _record("metadata", bytes(4 * 2**20))):
        packed = gzip.compress(content)
        with pytest.raises(Unusable, match="fill the disk"):
            list(records(io.BytesIO(packed), packed=len(packed)))


def test_room_is_asked_for_what_a_crawl_unpacks_to(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = office.folder / "crawl.warc.gz"
    path.write_bytes(warc({office.row.url: b"<html>" + b"the page " * 20_000}))
    outcome = office.bring(path, dry_run=True, confirmed=office.row.handle)
    assert outcome.bytes > 180_000 > path.stat().st_size


def test_a_person_may_stop_in_the_middle_of_a_long_record() -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        list(records(io.BytesIO(_record("metadata", bytes(100))), packed=None, check_stop=stop))
