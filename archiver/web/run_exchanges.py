"""A run with the stored answers that it brought: as a list, each as text, each as a file."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from archiver.operations import exchange_page, history, run_exchanges
from archiver.operations.exchange_page import StoredAt
from archiver.operations.run_exchanges import ExchangeRow
from archiver.people import permission
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.places import counted_for, told
from archiver.web.record_evidence import as_file
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
_EACH: Final = 50


@router.get("/runs/{run_id}", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_run(
    site: Here, viewer: Seen, who: Who, run_id: Id, after: Annotated[str | None, Query(max_length=200)] = None
) -> HTMLResponse:
    """One look at an account, and for who reads records what was answered."""
    with site.archive.database.read() as connection:
        found = history.run(connection, site.archive.clock.now(), run_id, site.dead(), viewer)
        counted = counted_for(site, connection, viewer)
        answers = _answers(site, connection, who, run_id, after)
    shown, more = answers[:_EACH], len(answers) > _EACH
    values: dict[str, Any] = {"answers": shown, "more": shown[-1].id if more else None, "later": after is not None}
    return site.page("run.html", here="runs", run=told(counted, found), **values)


def _answers(site: Site, connection: Connection, who: Visitor, run_id: str, after: str | None) -> list[ExchangeRow]:
    reader = permission.viewer(connection, who.person.id, Action.RECORDS_VIEW, site.archive.clock.now())
    whole = counted_for(site, connection, reader)
    return run_exchanges.listed(connection, reader, run_id, whole, limit=_EACH + 1, after=after)


@router.get("/runs/{run_id}/exchanges/{exchange_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show_exchange(site: Here, viewer: Seen, run_id: Id, exchange_id: Id) -> HTMLResponse:
    """What was asked and answered, as text; whether a record is in it or not."""
    with site.archive.database.read() as connection:
        at, records = _find(site, connection, viewer, run_id, exchange_id)
        log = exchange_page.in_log(connection, exchange_id)
    text = exchange_page.show(site.archive, at)
    of = f"/runs/{at.run_id}"
    return site.page("exchange.html", here="runs", of=of, at=at, log=log, text=text, records=records)


@router.get("/runs/{run_id}/exchanges/{exchange_id}/raw")
@needs(Action.RECORDS_VIEW)
def download_exchange(site: Here, viewer: Seen, run_id: Id, exchange_id: Id) -> Response:
    """The stored exchange as a file."""
    with site.archive.database.read() as connection:
        at, _ = _find(site, connection, viewer, run_id, exchange_id)
    return as_file(site, at)


def _find(
    site: Site, connection: Connection, viewer: Viewer, run_id: str, exchange_id: str
) -> tuple[StoredAt, list[str]]:
    return run_exchanges.find(connection, viewer, run_id, exchange_id, counted_for(site, connection, viewer))
