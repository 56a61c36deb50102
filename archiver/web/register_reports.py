"""Lists of the register beside the master list: the CIO's exceptions, and hand-overs and platforms as CSV."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from archiver.accounts.register import service
from archiver.clock import to_text
from archiver.operations import register_page
from archiver.operations.exceptions_report import Stands, report
from archiver.operations.platform_states import PlatformState, platform_states
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.register import Sees
from archiver.web.site import Site
from archiver.web.spreadsheet import Cell, as_csv

router = APIRouter()
_EXCEPTION = ("rule", "for", "authority", "all accounts", "reason", "granted by", "from", "to", "stands", "waives now")
_HANDOVER = ("hand-over", "authority", "cause", "from", "to", "accounts", "step", "next", "settled", "received by")
_FILED = ("received on", "filed with", "filed on")
_PLATFORM = ("platform", "name", "tried", "owners are asked", "application", "stored", "end of its API")


@router.get("/register/exceptions", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def exceptions(site: Here, sight: Sees) -> HTMLResponse:
    """Every exception that is seen, with how long it holds."""
    with site.archive.database.read() as connection:
        found = report(site.archive, connection, sight)
    counts = Counter(one.stands for one in found)
    return site.page(
        "exceptions.html", here="register", exceptions=found, counts=[(one, counts[one]) for one in Stands]
    )


@router.get("/register/exceptions.csv")
@needs(Action.CAPTURE_VIEW)
def exceptions_file(site: Here, sight: Sees) -> Response:
    """The same, for a spreadsheet."""
    with site.archive.database.read() as connection:
        found = report(site.archive, connection, sight)
    rows: list[tuple[Cell, ...]] = [
        (
            *(one.says.rule, one.about, one.authority, "yes" if one.whole else "no", one.says.reason),
            *(one.says.approver, one.says.since, one.says.until, one.stands.value, "; ".join(one.needed)),
        )
        for one in found
    ]
    return as_csv("exceptions", _EXCEPTION, rows)


@router.get("/register/handovers.csv")
@needs(Action.CAPTURE_VIEW)
def handovers_file(site: Here, sight: Sees) -> Response:
    """Every hand-over that is seen, those under way first."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        found = register_page.handovers(register, sight=sight)
    rows: list[tuple[Cell, ...]] = [
        (
            *(one.id, one.authority, one.says.cause, one.says.outgoing, one.says.incoming, len(one.says.listings)),
            *(one.says.step, one.next.value if one.next else None, one.says.frozen_at, one.says.received_by),
            *(one.says.received_on, one.says.filed_with, one.says.filed_on),
        )
        for one in found
    ]
    return as_csv("hand-overs", (*_HANDOVER, *_FILED), rows)


@router.get("/platforms.csv")
@needs(Action.PLATFORMS_VIEW)
def platforms_file(site: Here) -> Response:
    """All platforms, and what is set up there; no secret."""
    return as_csv("platforms", _PLATFORM, [_platform(site, one) for one in platform_states(site.archive)])


def _platform(site: Site, one: PlatformState) -> tuple[Cell, ...]:
    tried = "proven" if one.standing.proven else "not yet"
    if one.how is None:
        kept = f"none: {one.credential}" if one.credential else "not needed"
    elif one.how.register is not None:
        kept = "made known by itself"
    else:
        kept = "missing" if one.app is None else one.app.client
    at = None if one.app is None else to_text(one.app.added_at)
    return one.connector.platform, one.connector.title, tried, "yes" if one.how else "no", kept, at, one.ends
