"""Pages behind a record: its versions side by side, the stored answers, captions as text."""

from __future__ import annotations

import itertools
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from archiver.errors import IntegrityError, NotFound
from archiver.operations import exchange_page, file_page, shown_files
from archiver.operations.exchange_page import StoredAt
from archiver.people.actions import Action
from archiver.records import service
from archiver.records.comparing import compare
from archiver.records.views import RecordView, VersionView
from archiver.storage.protocol import NoSuchObject
from archiver.web.door import Here, Seen, needs
from archiver.web.records import targets
from archiver.web.security import OF_A_FILE
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
Version = Annotated[str | None, Query(max_length=200, description="Id of a version.")]
_FILE = "application/octet-stream"


@router.get("/records/{record_id}/versions", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def side_by_side(site: Here, viewer: Seen, record_id: Id, left: Version = None, right: Version = None) -> HTMLResponse:
    """Two versions; the last two where nothing is said."""
    with site.archive.database.read() as connection:
        record = service.record(connection, record_id, viewer, occurrences=1)
    both = None
    if len(record.versions) > 1:
        newer = _version(record, right) if right else record.versions[-1]
        older = _version(record, left) if left else record.versions[max(newer.number - 2, 0)]
        both = compare(*sorted((older, newer), key=lambda one: one.number))
    return site.page("record_versions.html", here="search", record=record, both=both, targets=targets)


def _version(record: RecordView, version_id: str) -> VersionView:
    found = next((one for one in record.versions if one.id == version_id), None)
    if found is None:
        raise NotFound("this record has no such version")
    return found


@router.get("/records/{record_id}/exchanges/{exchange_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show_exchange(site: Here, viewer: Seen, record_id: Id, exchange_id: Id) -> HTMLResponse:
    """What was asked and answered, as text."""
    with site.archive.database.read() as connection:
        at = exchange_page.find(connection, viewer, record_id, exchange_id)
        log = exchange_page.in_log(connection, exchange_id)
    text = exchange_page.show(site.archive, at)
    return site.page("exchange.html", here="search", of=f"/records/{quote(record_id)}", at=at, log=log, text=text)


@router.get("/records/{record_id}/exchanges/{exchange_id}/raw")
@needs(Action.RECORDS_VIEW)
def download_exchange(site: Here, viewer: Seen, record_id: Id, exchange_id: Id) -> Response:
    """The stored exchange as a file."""
    with site.archive.database.read() as connection:
        at = exchange_page.find(connection, viewer, record_id, exchange_id)
    return as_file(site, at)


def as_file(site: Site, at: StoredAt) -> Response:
    """A stored exchange, handed out.

    Raises:
        NotFound: it is damaged or gone.
    """
    pieces = exchange_page.raw(site.archive, at)
    try:
        first = next(pieces, b"")
    except (IntegrityError, NoSuchObject):  # (before anything is sent)
        raise NotFound("that answer is not there as it was written; run `archiver verify`") from None
    headers = {"content-disposition": f'attachment; filename="{at.id}.warc.gz"'}

    return StreamingResponse(itertools.chain((first,), pieces), media_type=_FILE, headers=headers)


@router.get("/records/{record_id}/files/{medium_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show_file(site: Here, viewer: Seen, record_id: Id, medium_id: Id) -> HTMLResponse:
    """Captions, or another kept file that is text, as text."""
    with site.archive.database.read() as connection:
        file = file_page.find(connection, viewer, record_id, medium_id)
    if not file.is_text:
        raise NotFound("that file is no text; it can be taken as a file")
    content = file_page.content(site.archive, file)
    text = content[: file_page.SHOWN].decode(errors="replace")
    cut = len(content) > file_page.SHOWN
    return site.page("record_file.html", here="search", id=record_id, file=file, text=text, cut=cut)


@router.get("/records/{record_id}/files/{medium_id}/raw")
@needs(Action.RECORDS_VIEW)
def download_file(site: Here, viewer: Seen, record_id: Id, medium_id: Id) -> Response:
    """A kept file, never shown by the browser itself."""
    with site.archive.database.read() as connection:
        file = file_page.find(connection, viewer, record_id, medium_id)
    headers = {"content-disposition": f'attachment; filename="{file.medium.id}"'}
    return Response(file_page.content(site.archive, file), media_type=_FILE, headers=headers)


@router.get("/records/{record_id}/files/{medium_id}/shown", response_class=Response)
@needs(Action.RECORDS_VIEW)
def hand_out(site: Here, viewer: Seen, request: Request, record_id: Id, medium_id: Id) -> Response:
    """A kept picture or film, to stand in a page; by parts where a film is wound. Nothing else, whatever its server
    called it."""
    with site.archive.database.read() as connection:
        file = file_page.find(connection, viewer, record_id, medium_id)
    content = file_page.content(site.archive, file)
    kind = shown_files.kind_of(content)
    if kind is None:
        raise NotFound("that file is no picture or film that is shown; it can be taken as a file")
    return _part(request, content, kind)


@router.get("/records/{record_id}/files/{medium_id}/captions", response_class=Response)
@needs(Action.RECORDS_VIEW)
def hand_out_captions(site: Here, viewer: Seen, record_id: Id, medium_id: Id) -> Response:
    """Captions beside a film."""
    with site.archive.database.read() as connection:
        file = file_page.find(connection, viewer, record_id, medium_id)
    content = shown_files.as_captions(file_page.content(site.archive, file)) if file.medium.kind == "caption" else None
    if content is None:
        raise NotFound("these are no captions that a browser reads; they can be taken as a file")
    return Response(content, media_type=shown_files.CAPTIONS, headers={"content-security-policy": OF_A_FILE})


def _part(request: Request, content: bytes, kind: str) -> Response:
    headers = {"content-security-policy": OF_A_FILE, "accept-ranges": "bytes", "content-disposition": "inline"}
    try:
        part = shown_files.part_of(request.headers.get("range"), len(content))
    except ValueError:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{len(content)}"})
    if part is None:
        return Response(content, media_type=kind, headers=headers)
    said = {"content-range": f"bytes {part.first}-{part.last}/{len(content)}"}
    return Response(content[part.first : part.last + 1], 206, headers | said, kind)
