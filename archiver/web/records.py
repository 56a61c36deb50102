"""Pages of records: one in its thread, with versions, states, files and where it is stored; and what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from archiver.clock import to_text
from archiver.operations import completeness
from archiver.records import service
from archiver.web.places import time_of
from archiver.web.site import Site, site_of

router = APIRouter()
Here = Annotated[Site, Depends(site_of)]
_CHANGES = 50


@router.get("/records/{record_id}", response_class=HTMLResponse)
def show(site: Here, record_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        record = service.record(connection, record_id)
        thread = service.thread(connection, record_id)
        declared = completeness.declared_by(site.archive.platforms, record.account.platform)
        counts = completeness.of_thread(connection, record.account.id, record.thread_id, declared)
    store = site.archive.store.name
    return site.page("record.html", here="search", record=record, thread=thread, counts=counts, store=store)


@router.get("/changes", response_class=HTMLResponse)
def changes(site: Here, before: Annotated[str | None, Query(max_length=40)] = None) -> HTMLResponse:
    place: datetime | None = time_of(before)
    with site.archive.database.read() as connection:
        found = service.recent_changes(connection, limit=_CHANGES, before=place)
    older = to_text(found[-1].at) if len(found) == _CHANGES else None
    return site.page("changes.html", here="changes", changes=found, older=older, later=place is not None)
