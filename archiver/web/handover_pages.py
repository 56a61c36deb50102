"""The pages of a hand-over: how far it has come, the form it begins with, and the change of custody."""

from __future__ import annotations

from typing import Final

from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from archiver.accounts.register import handover, service
from archiver.accounts.register.handover import Cause, Step
from archiver.accounts.register.statements import Register
from archiver.evidence.register_facts import LARGEST_DOCUMENT
from archiver.operations import handover_page, handovers
from archiver.operations.handover_page import HandoverPage
from archiver.operations.register_seen import Sight
from archiver.people.registering import Reach
from archiver.web.door import Visitor
from archiver.web.handover_typed import checked
from archiver.web.site import Site

_NAMED: Final = 80
"""Accounts that one form can leave out with a reason each; more by command."""
CAUSES: Final = {
    Cause.TERM.value: "the term ends",
    Cause.VACANCY.value: "the office became vacant",
    Cause.DEATH.value: "the official died",
    Cause.OTHER.value: "another reason",
}
TOKENS: Final = {
    "none": "public: nobody has to connect it",
    "replaced": "given anew since the accounts were settled",
    "removed": "token forgotten",
    "kept": "token kept as it was",
}


def page_of(site: Site, sight: Sight, handover_id: str) -> HandoverPage:
    """What the page of a hand-over says."""
    with site.archive.database.read() as connection:
        return handover_page.page(site.archive, connection, handover_id, sight, site.dead())


def offices_of(connection: Connection, site: Site, who: Visitor, register: Register) -> dict[str, str]:
    """Authorities whose accounts somebody may hand over: their names, by id."""
    reach = Reach.of(connection, who.person.id, site.archive.clock.now())
    known = sorted(register.authorities.items(), key=lambda pair: pair[1].name.casefold())
    return {one: says.name for one, says in known if reach.over(one).allowed}


def _may(connection: Connection, site: Site, who: Visitor, authority: str) -> bool:
    return Reach.of(connection, who.person.id, site.archive.clock.now()).over(authority).allowed


def one(
    site: Site,
    sight: Sight,
    who: Visitor,
    handover_id: str,
    *,
    failure: str | None = None,
    left: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> HTMLResponse:
    """How far it has come; with why a step was refused, and what was typed for it."""
    with site.archive.database.read() as connection:
        page = handover_page.page(site.archive, connection, handover_id, sight, site.dead())
        register = service.read(connection, service.today(site.archive))
        may = _may(connection, site, who, page.says.authority)
        receipts = [service.document(connection, one) for one in page.says.receipt]
    clerk = next((one.name for one in register.authorities.values() if one.clerk), "City Clerk")
    today = service.today(site.archive).isoformat()
    typed = {"received_by": page.says.received_by or page.says.incoming or "", "received_on": today}
    typed |= {"filed_with": clerk, "filed_on": today} | (values or {})
    return site.page(
        "handover.html",
        here="register",
        status=200 if failure is None else 400,
        page=page,
        may=may,
        failure=failure,
        left=left or {},
        values=typed,
        receipts=receipts,
        today=today,
        named=_NAMED,
        largest=LARGEST_DOCUMENT,
        CAUSES=CAUSES,
        TOKENS=TOKENS,
    )


def new(site: Site, who: Visitor, values: dict[str, str], failure: str | None = None) -> HTMLResponse:
    """The form with which one begins."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        offices = offices_of(connection, site, who, register)
    return site.page(
        "handover_new.html",
        here="register",
        status=200 if failure is None else 400,
        offices=offices,
        values=values,
        failure=failure,
        CAUSES=CAUSES,
    )


def transfer(
    site: Site,
    sight: Sight,
    who: Visitor,
    handover_id: str,
    values: dict[str, str],
    *,
    failure: str | None = None,
    shown: bool = False,
) -> HTMLResponse:
    """The form for custodian, owner and tokens; ``shown``: with what would change."""
    page = page_of(site, sight, handover_id)
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        may = _may(connection, site, who, page.says.authority)
        preview = agreed = None
        if shown and failure is None:
            day, incoming = checked(page, values)
            preview = handover_page.custody(register, page.says, incoming, day)
            agreed = handovers.what_changes(connection, register, page.says, incoming, day)
    problem = handover.refused(page.says, Step.TRANSFERRED)
    return site.page(
        "handover_transfer.html",
        here="register",
        status=200 if failure is None else 400,
        page=page,
        may=may and problem is None,
        problem=problem,
        values=values,
        preview=preview,
        agreed=agreed,
        failure=failure,
        listings=register.listings,
    )
