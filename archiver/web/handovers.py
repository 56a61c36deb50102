"""The hand-over of an office's accounts on pages, from its beginning to the filed receipt (law R11). Each step is the
act that the command does too, and asks the same guard; what it needs first is said on the page."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts.permission import Actor
from archiver.accounts.register import handover, service
from archiver.accounts.register.handover import Cause, Step
from archiver.capture import asking_now
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.register_facts import LARGEST_DOCUMENT, HandoverSays
from archiver.operations import handover_page, handovers, register_page
from archiver.operations.register_seen import Sight
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.registering import actor_of
from archiver.visible import one_line
from archiver.web import handover_pages as pages
from archiver.web import handover_typed as typed
from archiver.web.answering import answered
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
_FILES: Final = {"json": "application/json", "pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}


@router.get("/register/handovers", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_all(site: Here, sight: Sees, who: Who) -> HTMLResponse:
    """Every hand-over that is seen, those under way first."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        rows = register_page.handovers(register, sight=sight)
        offices = pages.offices_of(connection, site, who, register)
    return site.page("handovers.html", here="register", rows=rows, may_begin=bool(offices), CAUSES=pages.CAUSES)


@router.get("/register/handovers/new", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def choose(site: Here, who: Who, authority: Annotated[str, Query(max_length=100)] = "") -> HTMLResponse:
    """The form with which one begins."""
    with site.archive.database.read() as connection:
        register = service.read(connection, service.today(site.archive))
        mine = authority in pages.offices_of(connection, site, who, register)
    leaves = handover.holder(register, authority) if mine else None
    values = {"authority": authority, "outgoing": leaves or "", "incoming": "", "cause": Cause.TERM.value}
    return pages.new(site, who, values)


@router.post("/register/handovers/new", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def begin(site: Here, who: Who, form: Typed) -> Response:
    """Begin one."""
    values = {name: form[name].strip() for name in ("authority", "outgoing", "incoming", "cause")}

    def do() -> str:
        if values["cause"] not in pages.CAUSES:
            raise UsageError("choose why the office changes hands")
        outgoing = typed.name(values["outgoing"], "who leaves")
        incoming = typed.named(values["incoming"], "who follows")
        with site.archive.database.read() as connection:
            register = service.read(connection, service.today(site.archive))
            if values["authority"] not in pages.offices_of(connection, site, who, register):
                raise UsageError("choose one of the authorities")
        return handovers.begin(
            site.archive, _actor(site, who), values["authority"], Cause(values["cause"]), outgoing, incoming
        )

    return answered(do, lambda why: pages.new(site, who, values, why), lambda begun: _back(site, begun))


@router.get("/register/handovers/{handover_id}", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show(site: Here, sight: Sees, who: Who, handover_id: Id) -> HTMLResponse:
    """How far it has come, and what comes next."""
    return pages.one(site, sight, who, handover_id)


@router.post("/register/handovers/{handover_id}/freeze", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def freeze(site: Here, sight: Sees, who: Who, handover_id: Id) -> Response:
    """Settle which accounts it is about, and ask for the last look at each."""
    _seen(site, sight, handover_id)
    return _step(
        site,
        sight,
        who,
        handover_id,
        lambda: handovers.freeze(site.archive, _actor(site, who), handover_id),
        then=lambda: _looked_for(site, sight, who, handover_id),
    )


@router.post("/register/handovers/{handover_id}/look", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def look(site: Here, sight: Sees, who: Who, handover_id: Id) -> Response:
    """Ask again for the last look at each account that has none."""
    page = pages.page_of(site, sight, handover_id)
    problem = handover.refused(page.says, Step.SWEPT)
    if problem is not None:
        return pages.one(site, sight, who, handover_id, failure=f"no look is asked for: {problem}")
    if not page.lacking:
        return pages.one(site, sight, who, handover_id, failure="no look is missing: go on")
    return _looked_for(site, sight, who, handover_id)


@router.post("/register/handovers/{handover_id}/sweep", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, largest=2**18)
def sweep(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """Note that all of it was looked at, or why not."""
    page = pages.page_of(site, sight, handover_id)
    left = {one.listing: form[f"because-{one.listing}"].strip() for one in page.lacking}
    left = {listing: why for listing, why in left.items() if why}
    silent = [one_line(one.name, 60) for one in page.lacking if one.listing not in left]

    def do() -> None:
        problem = handover.refused(page.says, Step.SWEPT)
        if problem is not None:
            raise UsageError(f"this hand-over cannot go on like that: {problem}")
        if silent:
            raise UsageError(
                f"not looked at yet, and no reason is given: {', '.join(silent[:5])}"
                + (f" and {len(silent) - 5} more" if len(silent) > 5 else "")
            )
        handovers.sweep(site.archive, _actor(site, who), handover_id, None, left)

    return _step(site, sight, who, handover_id, do, left=left)


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
    return pages.transfer(site, sight, who, handover_id, values)


@router.post("/register/handovers/{handover_id}/transfer", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, fresh=True)
def transfer(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """Show what would change; then change custodian, owner and tokens."""
    page = pages.page_of(site, sight, handover_id)
    values = {name: form[name].strip() for name in ("incoming", "owner", "position", "day", "tokens", "why")}

    def do() -> Response | None:
        day, incoming = typed.checked(page, values)
        if form["step"] != "do":
            return pages.transfer(site, sight, who, handover_id, values, shown=form["step"] == "show")
        forget, keep = values["tokens"] == "forget", values["tokens"] == "keep"
        handovers.transfer(
            site.archive, _actor(site, who), handover_id, day=day, incoming=incoming, owner=values["owner"] or None,
            position=values["position"] or None, forget=forget, keep=keep, why=values["why"] or None,
            shown=form["shown"] or None,
        )  # fmt: skip
        return None

    def done(shown: Response | None) -> Response:
        return _back(site, handover_id) if shown is None else shown

    return answered(do, lambda why: pages.transfer(site, sight, who, handover_id, values, failure=why), done)


@router.post("/register/handovers/{handover_id}/inventory", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def take_inventory(site: Here, sight: Sees, who: Who, handover_id: Id) -> Response:
    """Count and hash what is archived."""
    _seen(site, sight, handover_id)
    return _step(
        site,
        sight,
        who,
        handover_id,
        lambda: handovers.take_inventory(site.archive, _actor(site, who), handover_id),
        then=lambda: _back(site, f"{handover_id}/inventory"),
    )


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
        CAUSES=pages.CAUSES,
        TOKENS=pages.TOKENS,
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

    def do() -> None:
        problem = handover.refused(says, Step.RECEIPTED)
        if problem is not None:
            raise UsageError(f"no receipt can be kept now: {problem}")
        if form["sure"] != "yes":
            raise UsageError("confirm that this is the signed receipt")
        by = typed.name(values["received_by"], "who signed")
        on = typed.day(values["received_on"], "the day of the receipt")
        handovers.receipt(site.archive, _actor(site, who), handover_id, _kept(site, who, form), by, on)

    return _step(site, sight, who, handover_id, do, values=values)


@router.post("/register/handovers/{handover_id}/file", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def file(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """Note that the receipt was filed with the clerk. The hand-over is done."""
    _seen(site, sight, handover_id)
    values = {name: form[name].strip() for name in ("filed_with", "filed_on")}

    def do() -> None:
        if form["sure"] != "yes":
            raise UsageError("confirm that it was filed: nothing follows, and it cannot be taken back")
        with_whom = typed.name(values["filed_with"], "with whom")
        on = typed.day(values["filed_on"], "the day of filing")
        handovers.file(site.archive, _actor(site, who), handover_id, with_whom, on)

    return _step(site, sight, who, handover_id, do, values=values)


@router.post("/register/handovers/{handover_id}/withdraw", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def withdraw(site: Here, sight: Sees, who: Who, handover_id: Id, form: Typed) -> Response:
    """End one that was begun by mistake."""
    _seen(site, sight, handover_id)

    def do() -> None:
        why = form["why"].strip()
        if not why:
            raise UsageError("say why it is withdrawn")
        handovers.withdraw(site.archive, _actor(site, who), handover_id, why)

    return _step(site, sight, who, handover_id, do)


def _actor(site: Site, who: Visitor) -> Actor:
    return actor_of(site.archive.clock, who.person)


def _seen(site: Site, sight: Sight, handover_id: str) -> HandoverSays:
    with site.archive.database.read() as connection:
        return handover_page.of(service.read(connection, service.today(site.archive)), handover_id, sight)


def _back(site: Site, handover_id: str) -> Response:
    return RedirectResponse(f"{site.base}/register/handovers/{handover_id}", status_code=303)


def _looked_for(site: Site, sight: Sight, who: Visitor, handover_id: str) -> Response:
    """Ask for the last look at every account that lacks it. Of one whose capture is stopped it is said why."""
    page = pages.page_of(site, sight, handover_id)
    problems = []
    if page.next is Step.SWEPT:
        for one in page.lacking:
            if one.state not in ("asked", "under way") and one.says.account is not None:
                try:
                    asking_now.ask(site.archive, of_person(who.person.id), one.says.account, everything=True)
                except (Refused, NotFound) as failure:
                    problems.append(f"{one_line(one.name, 60)}: {failure}")
    if problems:
        return pages.one(site, sight, who, handover_id, failure="; ".join(problems[:10]))
    return _back(site, handover_id)


def _sees_counts(site: Site, connection: Connection, sight: Sight, told: dict[str, Any]) -> bool:
    """Whether everything that an inventory counts is open to somebody: else its numbers would tell of the rest."""
    return {one["account"] for one in told["accounts"] if one["account"]} <= counted_for(site, connection, sight.viewer)


def _kept(site: Site, who: Visitor, form: Upload) -> Callable[[Connection], str]:
    """What keeps the file that was chosen with the register, in the transaction of what names it; its id."""
    content = form.content
    if not content:
        raise UsageError("choose the file with the signed receipt")
    kind = mimetypes.guess_type(form.name)[0] or "application/octet-stream"
    actor = _actor(site, who)
    return lambda connection: service.take_document(connection, site.archive, actor, form.name, kind, content)


def _step(
    site: Site,
    sight: Sight,
    who: Visitor,
    handover_id: str,
    do: Callable[[], object],
    *,
    then: Callable[[], Response] | None = None,
    left: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    """Make one step. Where it is refused, the page says why, with what was typed; else ``then`` answers."""
    return answered(
        do,
        lambda why: pages.one(site, sight, who, handover_id, failure=why, left=left, values=values),
        lambda _: _back(site, handover_id) if then is None else then(),
    )
