"""The page of one record: in its thread, with its versions, states and files, and where it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from archiver.accounts import service as accounts
from archiver.operations import record_view
from archiver.operations.record_view import RecordView, VersionView
from archiver.web.diff import Part, diff
from archiver.web.site import Site, site_of

router = APIRouter()


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version and how it differs from the one before."""

    version: VersionView
    parts: list[Part]
    fields: tuple[str, ...]
    """Names of what changed besides the text."""


@router.get("/records/{record_id}", response_class=HTMLResponse)
def show(site: Annotated[Site, Depends(site_of)], record_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        record = record_view.view(connection, record_id)
        thread = record_view.thread(connection, record.thread_id)
        account = accounts.get(connection, record.account_id)
    return site.page(
        "record.html",
        here="search",
        record=record,
        account=account,
        thread=thread,
        whole=len(thread) < record_view.MOST_IN_THREAD,
        versions=versions(record),
        store=site.archive.store.name,
        most=record_view.MOST_PLACES,
    )


def versions(record: RecordView) -> list[VersionRow]:
    """Newest first, each compared with the one before it."""
    rows = []
    before: VersionView | None = None
    for one in record.versions:
        parts = [Part("same", one.text)] if before is None else diff(before.text, one.text)
        rows.append(VersionRow(one, parts, changed_fields(before, one)))
        before = one
    return rows[::-1]


def changed_fields(before: VersionView | None, after: VersionView) -> tuple[str, ...]:
    """Names of the fields of the content projection whose values differ, sorted."""
    if before is None or not isinstance(before.content, dict) or not isinstance(after.content, dict):
        return ()
    names = before.content.keys() | after.content.keys()
    missing = object()
    changed = (name for name in names if before.content.get(name, missing) != after.content.get(name, missing))
    return tuple(sorted(changed))
