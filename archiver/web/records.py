"""Pages of records: one in its thread, with versions, states, files and where it is stored."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from archiver.operations import completeness, deposits
from archiver.people.actions import Action
from archiver.records import links, pictures, service
from archiver.records.views import VersionView
from archiver.storage.segment_reader import read_exchange
from archiver.web.door import Here, Seen, needs

router = APIRouter()
_DEPOSITS = 100


@router.get("/records/{record_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(site: Here, viewer: Seen, record_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        record = service.record(connection, record_id, viewer)
        thread = service.thread(connection, record_id, viewer=viewer)
        declared = completeness.declared_by(site.archive.platforms, record.account.platform)
        counts = None
        if viewer.sees_private_of(record.account.id):  # the platform's numbers tell of what is hidden, too
            counts = completeness.of_thread(connection, record.account.id, record.thread_id, declared)
        brought = deposits.deposits(connection, record_id=record_id, limit=_DEPOSITS, viewer=viewer)
    store = site.archive.store.name
    return site.page(
        "record.html",
        here="search",
        record=record,
        thread=thread,
        counts=counts,
        store=store,
        targets=_targets,
        deposits=brought,
    )


def _targets(version: VersionView) -> tuple[str, ...]:
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
