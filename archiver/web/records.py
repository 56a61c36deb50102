"""Pages of records: one in its thread, with versions, states, files and where it is stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from archiver.operations import completeness, deposits
from archiver.records import links, pictures, service
from archiver.records.views import VersionView
from archiver.storage.segment_reader import read_exchange
from archiver.web.site import Site, site_of

router = APIRouter()
Here = Annotated[Site, Depends(site_of)]
_DEPOSITS = 100


@router.get("/records/{record_id}", response_class=HTMLResponse)
def show(site: Here, record_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        record = service.record(connection, record_id)
        thread = service.thread(connection, record_id)
        declared = completeness.declared_by(site.archive.platforms, record.account.platform)
        brought = deposits.deposits(connection, record_id=record_id, limit=_DEPOSITS)
        counts = completeness.of_thread(connection, record.account.id, record.thread_id, declared)
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
def picture(site: Here, exchange_id: str) -> Response:
    """A picture that the archive drew, as it is stored and proven by its digests."""
    with site.archive.database.read() as connection:
        _, at = pictures.picture(connection, exchange_id)
    place = (at.key, at.offset, at.length, at.facts_offset, at.facts_length, at.version_id)
    read = read_exchange(site.archive.store, *place)
    return Response(read.body, media_type=_PICTURE)
