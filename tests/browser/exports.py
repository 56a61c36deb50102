"""Every answer that is no page: where it is asked for, and what no text of a stranger may make of it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

import httpx
from fastapi.responses import HTMLResponse

from archiver.web import door
from archiver.web.app import _site_app
from archiver.web.site import Site
from tests.browser.scenes import Place

#: Addresses of routes that are about something, by their patterns, with names of :class:`Place` in braces.
ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "/api/v1/accounts/{account_id}": ("/api/v1/accounts/{account}",),
    "/api/v1/accounts/{account_id}/counts": ("/api/v1/accounts/{account}/counts",),
    "/api/v1/accounts/{account_id}/settings": ("/api/v1/accounts/{account}/settings",),
    "/api/v1/captured": ("/api/v1/captured?q={url}",),
    "/api/v1/captured/looks.csv": ("/api/v1/captured/looks.csv?account={account}&asked=2026-03-02T08:30:00Z",),
    "/api/v1/looks.csv": ("/api/v1/looks.csv?account={account}&at=2026-03-02T08:30:00Z",),
    "/api/v1/captured/looks": ("/api/v1/captured/looks?account={account}&asked=2026-03-02T08:30:00Z",),
    "/api/v1/frozen/{statement_id}": ("/api/v1/frozen/{frozen}",),
    "/api/v1/frozen/{statement_id}/records": ("/api/v1/frozen/{frozen}/records",),
    "/api/v1/frozen/{statement_id}/records.csv": ("/api/v1/frozen/{frozen}/records.csv",),
    "/api/v1/looks": ("/api/v1/looks?account={account}&at=2026-03-02T08:30:00Z",),
    "/api/v1/moderation/{moderation_id}": ("/api/v1/moderation/{statement}",),
    "/api/v1/people/{person_id}": ("/api/v1/people/{person}",),
    "/api/v1/records/{record_id}": ("/api/v1/records/{record}", "/api/v1/records/{removed}"),
    "/api/v1/records/{record_id}/marks": ("/api/v1/records/{record}/marks",),
    "/api/v1/records/{record_id}/thread": ("/api/v1/records/{record}/thread",),
    "/api/v1/platforms/{platform}": ("/api/v1/platforms/mastodon",),
    "/api/v1/register/authorities/{authority_id}": ("/api/v1/register/authorities/{authority}",),
    "/api/v1/register/candidacies/{candidacy_id}/posts.csv": ("/api/v1/register/candidacies/{candidacy}/posts.csv",),
    "/api/v1/register/candidacies/{candidacy_id}/posts": ("/api/v1/register/candidacies/{candidacy}/posts",),
    "/api/v1/register/handovers/{handover_id}": ("/api/v1/register/handovers/{handover}",),
    "/api/v1/runs/{run_id}": ("/api/v1/runs/{run}",),
    "/api/v1/saved/{saved_id}": ("/api/v1/saved/{saved}",),
    "/api/v1/saved/{saved_id}/new": ("/api/v1/saved/{saved}/new",),
    "/api/v1/saved/{saved_id}/new.csv": ("/api/v1/saved/{saved}/new.csv",),
    "/api/v1/search": ("/api/v1/search?q={word}&facets=true",),
    "/api/v1/search.csv": ("/api/v1/search.csv?q={word}",),
    "/api/v1/selections/{selection_id}": ("/api/v1/selections/{selection}",),
    "/api/v1/selections/{selection_id}/records": ("/api/v1/selections/{selection}/records",),
    "/api/v1/selections/{selection_id}/records.csv": ("/api/v1/selections/{selection}/records.csv",),
    "/frozen/{statement_id}/list.csv": ("/frozen/{frozen}/list.csv",),
    "/records/{record_id}/exchanges/{exchange_id}/raw": ("/records/{record}/exchanges/{exchange}/raw",),
    "/runs/{run_id}/exchanges/{exchange_id}/raw": ("/runs/{run}/exchanges/{answer}/raw",),
    "/records/{record_id}/files/{medium_id}/captions": ("/records/{film}/files/{captions}/captions",),
    "/records/{record_id}/files/{medium_id}/raw": ("/records/{film}/files/{captions}/raw",),
    "/register/handovers/{handover_id}/inventory/{form}": (
        "/register/handovers/{handover}/inventory/json",
        "/register/handovers/{handover}/inventory/pdf",
    ),
    # (how pages to print hold 500 attacks is shown by tests/operations/test_typesetting.py: it takes long)
    "/register/candidacies/{candidacy_id}/posts.csv": ("/register/candidacies/{candidacy}/posts.csv",),
    "/register/master-list.{form}": tuple(f"/register/master-list.{one}" for one in ("csv", "xlsx")),
    "/saved/{saved_id}/new.csv": ("/saved/{saved}/new.csv",),
    "/search/completions": ("/search/completions?q={word}", "/search/completions?q=account:"),
    "/selections/{selection_id}/list.csv": ("/selections/{selection}/list.csv",),
}
#: Routes that hand out nothing that somebody wrote into a field, and why.
NOTHING: Final = {
    "/connect/return": "leads on",
    "/healthz": "says which check fails",
    "/hooks/{platform}/{path}": "answers a platform with what it sent",
    "/pictures/{exchange_id}": "a picture, drawn from what is stored",
    "/records/{record_id}/files/{medium_id}/shown": "a file as it is stored, of a type that is checked",
    "/register/documents/{document_id}": "a document as it is stored, to be kept as a file",
    "/records/{record_id}/evidence/{bundle_id}/bundle.zip": "made anew of what is stored: tests/release",
    "/records/{record_id}/evidence/{bundle_id}/certificate.pdf": "as the bundle",
    "/seal": "the city's own picture",
}


def unknown(site: Site) -> list[str]:
    """Routes that are read from and are neither a page nor named here."""
    return [one for one in _patterns(site) if "{" in one and one not in ABOUT and one not in NOTHING]


def addresses(site: Site, place: Place) -> Iterator[str]:
    """All of them."""
    for pattern in _patterns(site):
        if pattern not in NOTHING:
            yield from (place.base + one.format_map(asdict(place)) for one in ABOUT.get(pattern, (pattern,)))


def _patterns(site: Site) -> list[str]:
    found = door.routes(_site_app(site))
    return sorted(one.path for one in found if "GET" in (one.methods or ()) and one.response_class is not HTMLResponse)


def wrong(answer: httpx.Response) -> Iterator[str]:
    """What is not as it has to be, whatever was written."""
    if answer.status_code != 200:
        yield f"answers with {answer.status_code}"
        return
    kind = answer.headers["content-type"].partition(";")[0]
    kept = "attachment" in answer.headers.get("content-disposition", "")
    if kind not in ("application/json", "text/vtt") and not kept:
        yield f"is no file to be kept: {kind}"
    yield from _CHECKS.get(kind, _anything)(answer.content)


def _json(content: bytes) -> Iterator[str]:
    strange: list[str] = []
    json.loads(content, parse_constant=strange.append)
    yield from (f"says {one}, which is no JSON" for one in strange)


def _csv(content: bytes) -> Iterator[str]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    if {len(row) for row in rows} != {len(rows[0])}:
        yield "has lines of another number of cells"
    for row in rows[1:]:
        for cell in row:
            if re.match("[=+@\uff1d\uff0b\uff20\uff0d\t\r\n]|-(?![0-9.]+$)", cell):
                yield f"has a cell that is calculated: {cell[:60]!r}"


def _xlsx(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        for name in file.namelist():
            if re.search(rb"<f[ >]|<hyperlink|TargetMode=\"External\"", file.read(name)):
                yield f"calculates or leads elsewhere: {name}"


def _pdf(content: bytes) -> Iterator[str]:
    if not content.startswith(b"%PDF") or re.search(rb"/(URI|JavaScript|Launch|OpenAction)\b", content):
        yield "is no PDF that only shows"


def _vtt(content: bytes) -> Iterator[str]:
    text = content.decode()
    if not text.startswith("WEBVTT") or re.search(r"<(?!/?v[ >.]|\d)", text):
        yield "holds markup"


def _anything(content: bytes) -> Iterator[str]:
    yield from ()


_CHECKS: Final[dict[str, Callable[[bytes], Iterator[str]]]] = {
    "application/json": _json,
    "text/csv": _csv,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _xlsx,
    "application/pdf": _pdf,
    "text/vtt": _vtt,
}
