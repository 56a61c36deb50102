"""A frozen search of a selection, opened: its records, what changed since, and whether the list is what was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, Response

from archiver.desk import frozen_searches
from archiver.desk.frozen_searches import Line
from archiver.moderation.briefs import Brief, briefs
from archiver.people.actions import Action
from archiver.search.statements import Statement
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.site import Site
from archiver.web.spreadsheet import Cell, as_csv

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
From = Annotated[int, Query(ge=1, le=10_000_000, description="Place of the first record to list.")]
_PAGE: Final = 100
_AT_ONCE: Final = 500
#: Records of a list that are looked at to count those that are withheld.
_COUNTED: Final = 50_000
_HEAD: Final = (
    *("place", "record", "account", "kind", "author", "text now", "state now"),
    *("edited since", "state changed since", "withheld"),
)


@router.get("/frozen/{statement_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(site: Here, viewer: Seen, who: Who, statement_id: Id, first: From = 1, again: bool = False) -> HTMLResponse:
    """A part of the list; ``again``: the search is done once more, and compared."""
    with site.archive.database.read() as connection:
        one, checked = frozen_searches.opened(connection, who.person.id, statement_id)
        part = list(frozen_searches.lines(connection, viewer, one, first - 1, _PAGE))
        told = briefs(connection, viewer, [each.record_id for each in part if each.record_id])
        total = len(one.record_ids)
        withheld = frozen_searches.withheld(connection, viewer, one) if total <= _COUNTED else None
        compared = frozen_searches.again(site.archive, connection, viewer, one) if again else None
    return site.page(
        "frozen.html",
        here="search",
        statement=one,
        checked=checked,
        rows=[(each, told.get(each.record_id or "")) for each in part],
        total=total,
        first=first,
        each=_PAGE,
        withheld=withheld,
        again=again,
        compared=compared,
    )


@router.get("/frozen/{statement_id}/list.csv")
@needs(Action.RECORDS_SEARCH)
def download(site: Here, viewer: Seen, who: Who, statement_id: Id) -> Response:
    """The whole list, for a spreadsheet."""
    with site.archive.database.read() as connection:
        one, _ = frozen_searches.opened(connection, who.person.id, statement_id)
    return as_csv(one.id, _HEAD, _rows(site, viewer, one))


def _rows(site: Site, viewer: Viewer, one: Statement) -> Iterator[tuple[Cell, ...]]:
    for first in range(0, len(one.record_ids), _AT_ONCE):
        with site.archive.database.read() as connection:
            part = list(frozen_searches.lines(connection, viewer, one, first, _AT_ONCE))
            told = briefs(connection, viewer, [each.record_id for each in part if each.record_id])
        yield from (_row(each, told.get(each.record_id or "")) for each in part)


def _row(line: Line, brief: Brief | None) -> tuple[Cell, ...]:
    said = ("", "", "", "", "")
    if brief is not None:
        said = (brief.account, brief.kind, brief.author or "", brief.text, brief.state)
    since = ("yes" if line.edited else "", "yes" if line.changed else "")
    return (line.place, line.record_id, *said, *since, "" if line.record_id else "yes")
