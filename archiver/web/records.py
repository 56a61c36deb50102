"""Pages of records: one in its thread, with versions, states, files and where it is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from archiver.challenges import service as challenges
from archiver.moderation import statements
from archiver.moderation.words import DONE
from archiver.official import service as official
from archiver.operations import changes as told
from archiver.operations import completeness, deposits, file_page, shown_files
from archiver.operations.file_page import is_text
from archiver.operations.poll_times import poll_times
from archiver.people.actions import Action
from archiver.records import files, links, pictures, service
from archiver.records.conversation import Part
from archiver.records.finding import NotSeenYet
from archiver.records.seeing import only_public
from archiver.records.views import MediumView, ThreadView, VersionView
from archiver.release.handing_out import LONGEST_NAME
from archiver.storage.segment_reader import read_exchange
from archiver.viewing import Viewer
from archiver.web.beside_hits import hits_beside
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.marks import on_record
from archiver.web.moments import AsOf, Moment, moment
from archiver.web.record_proof import FORMS
from archiver.web.security import WITH_SCRIPT
from archiver.web.site import Site

router = APIRouter()
_DEPOSITS = 100
_LINES = 100
"""Of a thread, on one page."""
_MOST = 50_000
"""Records of a thread whose places are worked out."""
Trail = Annotated[str, Query(max_length=1000, description="The search whose hit was followed.")]
Line = Annotated[int | None, Query(ge=0, le=10_000_000, description="First line of the thread to show.")]


@router.get("/records/{record_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here, viewer: Seen, who: Who, record_id: str, at: AsOf = "", line: Line = None, found: Trail = ""
) -> HTMLResponse:
    """A record in its thread; ``at``: as it was known at a moment; ``found``: the search it was found by."""
    then = moment(site, at)
    with site.archive.database.read() as connection:
        if then is not None:
            return _as_of(site, connection, viewer, record_id, then, line)
        now = service.record(connection, record_id, viewer)
        thread = service.thread(connection, record_id, viewer=viewer, most=_MOST, part=Part(_LINES, line))
        declared = completeness.declared_by(site.archive.platforms, now.account.platform)
        counts = None
        if viewer.sees_private_of(now.account.id):  # the platform's numbers tell of what is hidden, too
            counts = completeness.of_thread(connection, now.account.id, now.thread_id, declared)
        brought = deposits.deposits(connection, record_id=record_id, limit=_DEPOSITS, viewer=viewer)
        values: dict[str, Any] = {
            "moderated": _moderated(connection, viewer, who, record_id),
            "hits": hits_beside(site, connection, viewer, who, record_id, found),
            "marks": on_record(site, connection, who, record_id),
            "challenges": challenges.of_record(connection, record_id),
            "decisions": official.of_record(connection, record_id),
            "of_account": official.standing(official.of_account(connection, now.account.id)),
            "files": _files(connection, viewer, thread),
        }
    return _page(site, viewer, record=now, thread=thread, counts=counts, deposits=brought, **values)


def _as_of(
    site: Site, connection: Connection, viewer: Viewer, record_id: str, then: Moment, line: int | None
) -> HTMLResponse:
    """A record as it was known at a moment, between the looks before it and after it."""
    now = site.archive.clock.now()
    try:
        record = service.record_at(connection, record_id, then.at, viewer)
    except NotSeenYet as error:
        return site.page("record_not_seen.html", here="search", id=record_id, then=then, first=error.first_seen_at)
    thread = service.thread(connection, record_id, then.at, viewer, most=_MOST, part=Part(_LINES, line))
    looks = poll_times(connection, record.account.id, then.at, now, site.dead(), viewer)
    brought = deposits.deposits(connection, record_id=record_id, limit=_DEPOSITS, viewer=viewer)
    known = [one for one in brought if one.deposited_at <= then.at]
    values: dict[str, Any] = {
        "looks": looks,
        "said": told.in_words(looks),
        "challenges": challenges.of_record(connection, record_id, as_of=then.at),
        "decisions": official.of_record(connection, record_id, as_of=then.at),
        "of_account": official.standing(official.of_account(connection, record.account.id, as_of=then.at)),
        "files": _files(connection, viewer, thread, then.at),
    }
    return _page(site, viewer, then, record=record, thread=thread, counts=None, deposits=known, **values)


def _files(
    connection: Connection, viewer: Viewer, thread: ThreadView, as_of: datetime | None = None
) -> dict[str, tuple[MediumView, ...]]:
    """The kept pictures and films of the lines that are shown."""
    lines = [one.id for one in (*thread.above, *thread.lines)]
    return files.kept(connection, lines, public=only_public(viewer, thread.account.id), as_of=as_of)


def _moderated(connection: Connection, viewer: Viewer, who: Visitor, record_id: str) -> list[statements.StatementView]:
    """What people say of its moderation, as it is known now."""
    return statements.of_records(connection, viewer, who.person.id, [record_id]).get(record_id, [])


def _page(site: Site, viewer: Viewer, then: Moment | None = None, **values: Any) -> HTMLResponse:
    given = {
        "then": then,
        "looks": None,
        "said": (),
        "moderated": None,
        "marks": None,
        "hits": None,
        "challenges": (),
        "decisions": (),
        "of_account": None,
        **values,
    }
    page = site.page(
        "record.html",
        here="search",
        store=site.archive.store.name,
        targets=targets,
        is_text=is_text,
        each=_LINES,
        open=viewer.sees_private_of(values["record"].account.id),
        shown_files=shown_files,
        largest_file=file_page.LARGEST,
        DONE=DONE,
        FORMS=FORMS,
        longest=LONGEST_NAME,
        **given,
    )
    if given["hits"] is not None:
        page.headers["content-security-policy"] = WITH_SCRIPT
    return page


def targets(version: VersionView) -> tuple[str, ...]:
    return links.unsaid(version.content, version.text)


_PICTURE = "image/png"
"""Whatever a store that was brought here says: nothing else is ever handed out under these addresses."""


@router.get("/pictures/{exchange_id}", response_class=Response)
@needs(Action.RECORDS_VIEW)
def picture(site: Here, viewer: Seen, exchange_id: str) -> Response:
    """A picture that the archive drew, as it is stored and proven by its digests."""
    with site.archive.database.read() as connection:
        _, at = pictures.picture(connection, exchange_id, viewer)
    place = (at.key, at.offset, at.length, at.facts_offset, at.facts_length, at.version_id)
    read = read_exchange(site.archive.store, *place)
    return Response(read.body, media_type=_PICTURE)
