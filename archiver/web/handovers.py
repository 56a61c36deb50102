"""The hand-over of an office's accounts on pages, from its beginning to the filed receipt (law R11). Each step is the
act that the command does too, and asks the same guard; what it needs first is said on the page."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts.permission import LONGEST_NAME, Actor
from archiver.accounts.register import handover, service
from archiver.accounts.register.handover import Cause, Step
from archiver.accounts.register.statements import Register
from archiver.capture import asking_now
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.register_facts import LARGEST_DOCUMENT, HandoverSays
from archiver.operations import handover_page, handovers, register_page
from archiver.operations.handover_page import HandoverPage
from archiver.operations.register_seen import Sight
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.registering import Reach, actor_of
from archiver.visible import one_line
from archiver.web.door import Here, Visitor, Who, needs
from archiver.web.downloads import attached
from archiver.web.forms import Typed
from archiver.web.places import counted_for
from archiver.web.register import Sees
from archiver.web.site import Site
from archiver.web.uploads import Upload, Uploaded

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
_TAKES: Final = LARGEST_DOCUMENT + 2**16
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
_FILES: Final = {"json": "application/json", "pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}


@router.get("/register/handovers", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_all(site: Here, sight: Sees, who: Who) -> HTMLResponse:
    """Every hand-over that is seen, those under way first."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        rows = register_page.handovers(register, sight=sight)
        offices = _offices(connection, site, who, register)
    return site.page("handovers.html", here="register", rows=rows, may_begin=bool(offices), CAUSES=CAUSES)


@router.get("/register/handovers/new", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def choose(site: Here, who: Who, authority: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """The form with which one begins."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        mine = authority in _offices(connection, site, who, register)
    leaves = handover.holder(register, authority) if mine else None
    values = {"authority": authority, "outgoing": leaves or "", "incoming": "", "cause": Cause.TERM.value}
    return _new(site, who, values)


@router.post("/register/handovers/new", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def begin(site: Here, who: Who, form: Typed) -> Response:
    """Begin one."""
    values = {name: form[name].strip() for name in ("authority", "outgoing", "incoming", "cause")}
    try:
        if values["cause"] not in CAUSES:
            raise UsageError("choose why the office changes hands")
        outgoing, incoming = _name(values["outgoing"], "who leaves"), _named(values["incoming"], "who follows")
        with site.archive.database.read() as connection:
            register = service.read(connection, service.today(site.archive))
            if values["authority"] not in _offices(connection, site, who, register):
                raise UsageError("choose one of the authorities")
        begun = handovers.begin(
            site.archive, _actor(site, who), values["authority"], Cause(values["cause"]), outgoing, incoming
        )
    except (UsageError, Refused) as failure:
        return _new(site, who, values, str(failure))
    return RedirectResponse(f"{site.base}/register/handovers/{begun}", status_code=303)


@router.get("/register/handovers/{handover_id}", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show(site: Here, sight: Sees, who: Who, handover_id: Id) -> HTMLResponse:
    """How far it has come, and what comes next."""
    return _one(site, sight, who, handover_id)


@router.post("/register/handovers/{handover_id}/freeze", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def freeze(site: Here, sight: Sees, who: Who, handover_id: Id) -> Response:
    """Settle which accounts it is about, and ask for the last look at each."""
    _seen(site, sight, handover_id)
    try:
        handovers.freeze(site.archive, _actor(site, who), handover_id)
    except (UsageError, Refused) as failure:
        return _one(site, sight, who, handover_id, failure=str(failure))
    return _looked_for(site, sight, who, handover_id)


@router.post("/register/handovers/{handover_id}/look", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def look(site: Here, sight: Sees, who: Who, handover_id: Id) -> Response:
    """Ask again for the last look at each account that has none."""
    page = _page(site, sight, handover_id)
    problem = handover.refused(page.says, Step.SWEPT)
    if problem is not None:
        return _one(site, sight, who, handover_id, failure=f"no look is asked for: {problem}")
    if not page.lacking:
        return _one(site, sight, who, handover_id, failure="no look is missing: go on")
    return _looked_for(site, sight, who, handover_id)


@router.post("/register/handovers/{handover_id}/sweep", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, largest=2**18)
def sweep(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """Note that all of it was looked at, or why not."""
    page = _page(site, sight, handover_id)
    left = {one.listing: form[f"because-{one.listing}"].strip() for one in page.lacking}
    left = {listing: why for listing, why in left.items() if why}
    silent = [one_line(one.name, 60) for one in page.lacking if one.listing not in left]
    try:
        problem = handover.refused(page.says, Step.SWEPT)
        if problem is not None:
            raise UsageError(f"this hand-over cannot go on like that: {problem}")
        if silent:
            raise UsageError(
                f"not looked at yet, and no reason is given: {', '.join(silent[:5])}"
                + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
            )
        handovers.sweep(site.archive, _actor(site, who), handover_id, None, left)
    except (UsageError, Refused) as failure:
        return _one(site, sight, who, handover_id, failure=str(failure), left=left)
    return _back(site, handover_id)


@router.get("/register/handovers/{handover_id}/transfer", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, fresh=True)
def prepare_transfer(site: Here, sight: Sees, who: Who, handover_id: Id) -> HTMLResponse:
    """The form for custodian, owner and tokens."""
    says = _seen(site, sight, handover_id)
    values = {
        "incoming": says.incoming or "",
        "owner": says.incoming or "",
        "position": "",
        "day": service.today(site.archive).isoformat(),
        "tokens": "",
        "why": "",
    }
    return _transfer(site, sight, who, handover_id, values)


@router.post("/register/handovers/{handover_id}/transfer", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, fresh=True)
def transfer(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """Show what would change; then change custodian, owner and tokens."""
    page = _page(site, sight, handover_id)
    values = {name: form[name].strip() for name in ("incoming", "owner", "position", "day", "tokens", "why")}
    try:
        day, incoming = _checked(page, values)
        if form["step"] != "do":
            return _transfer(site, sight, who, handover_id, values, shown=form["step"] == "show")
        forget, keep = values["tokens"] == "forget", values["tokens"] == "keep"
        handovers.transfer(
            site.archive, _actor(site, who), handover_id, day=day, incoming=incoming, owner=values["owner"] or None,
            position=values["position"] or None, forget=forget, keep=keep, why=values["why"] or None,
            shown=form["shown"] or None,
        )  # fmt: skip
    except (UsageError, Refused) as failure:
        return _transfer(site, sight, who, handover_id, values, failure=str(failure))
    return _back(site, handover_id)


@router.post("/register/handovers/{handover_id}/inventory", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def take_inventory(site: Here, sight: Sees, who: Who, handover_id: Id) -> Response:
    """Count and hash what is archived."""
    _seen(site, sight, handover_id)
    try:
        handovers.take_inventory(site.archive, _actor(site, who), handover_id)
    except (UsageError, Refused) as failure:
        return _one(site, sight, who, handover_id, failure=str(failure))
    return RedirectResponse(f"{site.base}/register/handovers/{handover_id}/inventory", status_code=303)


@router.get("/register/handovers/{handover_id}/inventory", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_inventory(site: Here, sight: Sees, handover_id: Id) -> HTMLResponse:
    """What was counted and hashed, to read and to print."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        says = handover_page.of(register, handover_id, sight)
        told = handover_page.inventory_of(connection, says)
        whole = _sees_counts(site, connection, sight, told)
    return site.page(
        "handover_inventory.html",
        here="register",
        id=handover_id,
        says=says,
        told=told if whole else None,
        CAUSES=CAUSES,
        TOKENS=TOKENS,
    )


@router.get("/register/handovers/{handover_id}/inventory/{form}")
@needs(Action.CAPTURE_VIEW)
def download(site: Here, sight: Sees, handover_id: Id, form: Literal["json", "pdf", "txt"]) -> Response:
    """The inventory as JSON, as PDF with the receipt to be signed, or the list of stored objects."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        says = handover_page.of(register, handover_id, sight)
        told = handover_page.inventory_of(connection, says)
        if not _sees_counts(site, connection, sight, told):
            raise Refused("it counts what is not open to you")
        if form == "txt":
            content = handover_page.segments_of(connection, told)
        else:
            content = service.document(
                connection, (says.inventory_pdf if form == "pdf" else says.inventory) or ""
            ).content
    name = "segments" if form == "txt" else f"inventory-{told['authority']['short']}-{told['made_at'][:10]}"
    return attached(content, f"{name}.{form}", _FILES[form])


@router.post("/register/handovers/{handover_id}/receipt", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, largest=_TAKES)
def receipt(site: Here, sight: Sees, who: Who, handover_id: Id, form: Uploaded) -> Response:
    """Keep the signed receipt."""
    says = _seen(site, sight, handover_id)
    values = {name: form[name].strip() for name in ("received_by", "received_on")}
    try:
        problem = handover.refused(says, Step.RECEIPTED)
        if problem is not None:
            raise UsageError(f"no receipt can be kept now: {problem}")
        if form["sure"] != "yes":
            raise UsageError("confirm that this is the signed receipt")
        by, on = _name(values["received_by"], "who signed"), _day(values["received_on"], "the day of the receipt")
        handovers.receipt(site.archive, _actor(site, who), handover_id, _kept(site, who, form), by, on)
    except (UsageError, Refused) as failure:
        return _one(site, sight, who, handover_id, failure=str(failure), values=values)
    return _back(site, handover_id)


@router.post("/register/handovers/{handover_id}/file", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def file(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """Note that the receipt was filed with the clerk. The hand-over is done."""
    _seen(site, sight, handover_id)
    values = {name: form[name].strip() for name in ("filed_with", "filed_on")}
    try:
        if form["sure"] != "yes":
            raise UsageError("confirm that it was filed: nothing follows, and it cannot be taken back")
        with_whom, on = _name(values["filed_with"], "with whom"), _day(values["filed_on"], "the day of filing")
        handovers.file(site.archive, _actor(site, who), handover_id, with_whom, on)
    except (UsageError, Refused) as failure:
        return _one(site, sight, who, handover_id, failure=str(failure), values=values)
    return _back(site, handover_id)


@router.post("/register/handovers/{handover_id}/withdraw", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def withdraw(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """End one that was begun by mistake."""
    _seen(site, sight, handover_id)
    try:
        why = form["why"].strip()
        if not why:
            raise UsageError("say why it is withdrawn")
        handovers.withdraw(site.archive, _actor(site, who), handover_id, why)
    except (UsageError, Refused) as failure:
        return _one(site, sight, who, handover_id, failure=str(failure))
    return _back(site, handover_id)


def _actor(site: Site, who: Visitor) -> Actor:
    return actor_of(site.archive.clock, who.person)


def _seen(site: Site, sight: Sight, handover_id: str) -> HandoverSays:
    with site.archive.database.read() as connection:
        return handover_page.of(service.read(connection, service.today(site.archive)), handover_id, sight)


def _page(site: Site, sight: Sight, handover_id: str) -> HandoverPage:
    with site.archive.database.read() as connection:
        return handover_page.page(site.archive, connection, handover_id, sight, site.dead())


def _back(site: Site, handover_id: str) -> Response:
    return RedirectResponse(f"{site.base}/register/handovers/{handover_id}", status_code=303)


def _looked_for(site: Site, sight: Sight, who: Visitor, handover_id: str) -> Response:
    """Ask for the last look at every account that lacks it. Of one whose capture is stopped it is said why."""
    page = _page(site, sight, handover_id)
    problems = []
    if page.next is Step.SWEPT:
        for one in page.lacking:
            if one.state not in ("asked", "under way") and one.says.account is not None:
                try:
                    asking_now.ask(site.archive, of_person(who.person.id), one.says.account, everything=True)
                except (Refused, NotFound) as failure:
                    problems.append(f"{one_line(one.name, 60)}: {failure}")
    if problems:
        return _one(site, sight, who, handover_id, failure="; ".join(problems[:10]))
    return _back(site, handover_id)


def _offices(connection: Connection, site: Site, who: Visitor, register: Register) -> dict[str, str]:
    """Authorities whose accounts somebody may hand over: their names, by id."""
    reach = Reach.of(connection, who.person.id, site.archive.clock.now())
    known = sorted(register.authorities.items(), key=lambda pair: pair[1].name.casefold())
    return {one: says.name for one, says in known if reach.over(one).allowed}


def _may(connection: Connection, site: Site, who: Visitor, authority: str) -> bool:
    return Reach.of(connection, who.person.id, site.archive.clock.now()).over(authority).allowed


def _sees_counts(site: Site, connection: Connection, sight: Sight, told: dict[str, Any]) -> bool:
    """Whether everything that an inventory counts is open to somebody: else its numbers would tell of the rest."""
    return {one["account"] for one in told["accounts"] if one["account"]} <= counted_for(site, connection, sight.viewer)


def _name(text: str, what: str) -> str:
    """A name that was typed.

    Raises:
        UsageError: it is none.
    """
    if not text:
        raise UsageError(f"say {what}")
    if len(text) > LONGEST_NAME:
        raise UsageError(f"{what}: a name has at most {LONGEST_NAME} characters")
    return text


def _named(text: str, what: str) -> str | None:
    """The same where nobody has to be named."""
    return _name(text, what) if text else None


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{what} is no day of the calendar; say it like 2026-04-21") from None


def _kept(site: Site, who: Visitor, form: Upload) -> Callable[[Connection], str]:
    """What keeps the file that was chosen with the register, in the transaction of what names it; its id."""
    content = form.content
    if not content:
        raise UsageError("choose the file with the signed receipt")
    kind = mimetypes.guess_type(form.name)[0] or "application/octet-stream"
    actor = _actor(site, who)
    return lambda connection: service.take_document(connection, site.archive, actor, form.name, kind, content)


def _checked(page: HandoverPage, values: dict[str, str]) -> tuple[date, str | None]:
    """Day and successor of a change of custody.

    Raises:
        UsageError: it cannot be like this.
    """
    problem = handover.refused(page.says, Step.TRANSFERRED)
    if problem is not None:
        raise UsageError(f"custody cannot change now: {problem}")
    day = _day(values["day"], "the first day of the successor")
    if page.old_tokens and values["tokens"] not in ("forget", "keep"):
        raise UsageError("say what becomes of what the accounts were read with before")
    if values["tokens"] == "keep" and not values["why"]:
        raise UsageError("say why what was granted before is kept")
    _named(values["owner"], "who is responsible")
    _named(values["position"], "their position")
    return day, _named(values["incoming"], "who holds the office")


def _one(
    site: Site,
    sight: Sight,
    who: Visitor,
    handover_id: str,
    *,
    failure: str | None = None,
    left: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> HTMLResponse:
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


def _new(site: Site, who: Visitor, values: dict[str, str], failure: str | None = None) -> HTMLResponse:
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        offices = _offices(connection, site, who, register)
    return site.page(
        "handover_new.html",
        here="register",
        status=200 if failure is None else 400,
        offices=offices,
        values=values,
        failure=failure,
        CAUSES=CAUSES,
    )


def _transfer(
    site: Site,
    sight: Sight,
    who: Visitor,
    handover_id: str,
    values: dict[str, str],
    *,
    failure: str | None = None,
    shown: bool = False,
) -> HTMLResponse:
    page = _page(site, sight, handover_id)
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        may = _may(connection, site, who, page.says.authority)
        preview = agreed = None
        if shown and failure is None:
            day, incoming = _checked(page, values)
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
