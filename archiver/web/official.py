"""Whether a record, or an account, is official: decided by its legal custodian, and every decision (law R8, R20)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.errors import NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence.official_facts import OfficialSays
from archiver.evidence.register_facts import shaped
from archiver.official import service
from archiver.official.rules import FINDINGS, LONGEST, QUESTIONS, Finding
from archiver.official.service import Decision
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.records import finding as finding_records
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.places import seen_account
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
_EACH: Final = 50
_TAKES: Final = 160 * 1024
"""Bytes of the form: the longest texts take up to 12 for each of their characters."""
_WORDS: Final = ("finding", "reason", "authority", "decided_on", "decided_by")
_ANSWERS: Final = {"yes": True, "no": False}


@router.get("/official", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here,
    viewer: Seen,
    account: Annotated[str, Query(max_length=100)] = "",
    finding: Literal["", "official", "personal", "campaign", "undecided"] = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """What is decided now, what was decided last first."""
    with site.archive.database.read() as connection:
        if account:
            seen_account(connection, viewer, account)
        known = {one.id: one for one in accounts.list_accounts(connection) if viewer.sees(one.id)}
        found = service.listed(
            connection,
            viewer,
            account_id=account or None,
            finding=Finding(finding) if finding else None,
            limit=_EACH + 1,
            before=before,
        )
    chosen: dict[str, Any] = {name: one for name, one in (("account", account), ("finding", finding)) if one}
    return site.page(
        "official.html",
        here="changes",
        decisions=found[:_EACH],
        accounts=known,
        wanted={"account": account, "finding": finding},
        narrowed=bool(chosen),
        sheet=urlencode(chosen),
        later=before is not None,
        older=urlencode(chosen | {"before": found[_EACH - 1].number}) if len(found) > _EACH else None,
    )


@router.get("/records/{record_id}/official", response_class=HTMLResponse)
@needs(Action.OFFICIAL_DECIDE, fresh=True)
def begin_on_record(site: Here, viewer: Seen, who: Who, record_id: Id) -> HTMLResponse:
    """The form, with what was decided on the record before."""
    return _form(site, viewer, who, None, record_id)


@router.post("/records/{record_id}/official", response_class=HTMLResponse)
@needs(Action.OFFICIAL_DECIDE, fresh=True, largest=_TAKES)
def decide_on_record(site: Here, viewer: Seen, who: Who, record_id: Id, form: Typed) -> Response:
    """Decide whether one record is official."""
    return _decide(site, viewer, who, None, record_id, form)


@router.get("/accounts/{account_id}/official", response_class=HTMLResponse)
@needs(Action.OFFICIAL_DECIDE, fresh=True)
def begin_on_account(site: Here, viewer: Seen, who: Who, account_id: Id) -> HTMLResponse:
    """The form, with what was decided on the account as a whole before."""
    return _form(site, viewer, who, account_id, None)


@router.post("/accounts/{account_id}/official", response_class=HTMLResponse)
@needs(Action.OFFICIAL_DECIDE, fresh=True, largest=_TAKES)
def decide_on_account(site: Here, viewer: Seen, who: Who, account_id: Id, form: Typed) -> Response:
    """Decide whether an account as a whole is official."""
    return _decide(site, viewer, who, account_id, None, form)


def _decide(
    site: Site, viewer: Viewer, who: Visitor, account_id: str | None, record_id: str | None, form: Form
) -> Response:
    values = {name: form[name].replace("\r\n", "\n").strip() for name in _WORDS} | {
        name: form[name] for name in QUESTIONS
    }
    with site.archive.database.read() as connection:
        account_id, _ = _about(connection, viewer, account_id, record_id)
    said: dict[str, Any] = {name: values[name] for name in _WORDS} | {"authority": values["authority"] or None}
    said |= {name: _ANSWERS.get(values[name]) for name in QUESTIONS}
    try:
        says = shaped(OfficialSays, said | {"account": account_id, "record": record_id})
        service.decide(site.archive, of_person(who.person.id), says, after=form["after"] or None)
    except (SaidMeanwhile, UsageError, Refused) as failure:
        return _form(site, viewer, who, account_id, record_id, values, str(failure))
    return RedirectResponse(f"{site.base}/{_where(account_id, record_id)}#official", status_code=303)


def _form(
    site: Site,
    viewer: Viewer,
    who: Visitor,
    account_id: str | None,
    record_id: str | None,
    values: dict[str, str] | None = None,
    failure: str | None = None,
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        account_id, decisions = _about(connection, viewer, account_id, record_id)
    today = site.archive.clock.now().astimezone(site.zone).date().isoformat()
    empty = dict.fromkeys((*_WORDS, *QUESTIONS), "") | {"decided_on": today, "decided_by": who.person.name}
    return site.page(
        "official_form.html",
        here="search" if record_id else "accounts",
        status=200 if failure is None else 400,
        record_id=record_id,
        where=_where(account_id, record_id),
        decisions=decisions,
        last=decisions[-1] if decisions else None,
        values=values or empty,
        failure=failure,
        FINDINGS=FINDINGS,
        longest=LONGEST,
    )


def _about(
    connection: Connection, viewer: Viewer, account_id: str | None, record_id: str | None
) -> tuple[str, list[Decision]]:
    """The account, and what was decided before of what it is about."""
    if record_id is not None:
        account = str(finding_records.one(connection, record_id, viewer).account_id)
        return account, service.of_record(connection, record_id)
    account = seen_account(connection, viewer, account_id or "").id
    if not service.reads(viewer, account):
        raise NotFound(service.NO_SUCH)
    return account, service.of_account(connection, account)


def _where(account_id: str | None, record_id: str | None) -> str:
    return f"records/{quote(record_id)}" if record_id else f"accounts/{quote(account_id or '')}"
