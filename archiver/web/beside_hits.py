"""The hits before and after one whose page was opened from a search, and the way back to it in the list.

What is shown of them is that they are there, to whoever finds them by the same search and may read them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, select

from archiver.database import among
from archiver.people import permission
from archiver.people.actions import Action
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD
from archiver.search.index import Beside, SearchTooSlow
from archiver.viewing import Viewer
from archiver.web.door import Visitor
from archiver.web.search import PAGE, back_to, read, trailed
from archiver.web.search_facets import known_to
from archiver.web.site import Site

_HALF: Final = PAGE // 2


@dataclass(frozen=True, slots=True)
class Hits:
    """Ways from the page of a hit, below the site's address. ``before``, ``after``: None where there is none."""

    back: str
    before: str | None = None
    after: str | None = None
    saved: bool = False
    """The way back is to a saved search."""


def hits_beside(
    site: Site, connection: Connection, viewer: Viewer, who: Visitor, record_id: str, found: str
) -> Hits | None:
    """What is beside a record in the search that its address names; None: it names none. Of a search that is too slow
    now, or does not find it any more, only the way back."""
    back = back_to(found, record_id)
    if back is None:
        return None
    saved, asked = back.startswith("saved/"), trailed(found)
    now = site.archive.clock.now()
    eyes = permission.viewer(connection, who.person.id, Action.RECORDS_SEARCH, now)
    if asked.problem:
        return Hits(back, saved=saved)
    query = read(site, connection, who, asked, known_to(site, connection, eyes))
    try:
        there = site.archive.search.beside(connection, query, record_id, viewer=eyes, order=asked.order, most=PAGE)
    except SearchTooSlow:
        return Hits(back, saved=saved)
    if there is None:
        return Hits(back, saved=saved)
    here = replace(asked, after=_page_of(there, asked.after))
    back = back if saved else f"search?{here.trailing()}#hit-{quote(record_id)}"
    open_to = _open(connection, viewer, [one for one, _ in (*there.before, *there.after)])
    ways = (next((one for one, _ in some if one in open_to), None) for some in (there.before, there.after))
    before, after = (None if one is None else f"records/{quote(one)}{here.trail(one)}" for one in ways)
    return Hits(back, before, after, saved)


def _page_of(there: Beside, after: str | None) -> str | None:
    """Where the page of the list begins on which the hit is: as it was opened, where it is still there."""
    if len(there.before) < PAGE:
        return None
    places = [place for _, place in there.before]
    return after if after in places else places[_HALF]


def _open(connection: Connection, viewer: Viewer, record_ids: list[str]) -> set[str]:
    """Which of these may be read."""
    query = select(RECORD.c.id).where(among(connection, RECORD.c.id, record_ids), *allowed(viewer))
    return set(connection.scalars(query))
