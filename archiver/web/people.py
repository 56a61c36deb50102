"""People and their roles, for administrators; who looked at what, for the auditor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.register import service as registered
from archiver.errors import NotFound, Refused, UsageError
from archiver.people import binding, history, passkeys, service, sessions
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.permission import SCOPES
from archiver.people.role_words import WHAT_ROLES_DO
from archiver.people.roles import Access, Role, usual
from archiver.people.service import NewGrant
from archiver.web import offices
from archiver.web.answering import answered
from archiver.web.door import Here, Visitor, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]


@router.get("/people", response_class=HTMLResponse)
@needs(Action.PEOPLE_VIEW)
def show_all(site: Here) -> HTMLResponse:
    """Everybody, with their roles."""
    return _list(site)


@router.post("/people", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def add(site: Here, visitor: Who, form: Typed) -> Response:
    """Add somebody."""
    try:
        person = service.add(site.archive, of_person(visitor.person.id), form["name"], form["mail"])
    except UsageError as failure:
        return _list(site, failure=str(failure), name=form["name"], mail=form["mail"])
    return RedirectResponse(f"{site.base}/people/{person.id}", status_code=303)


@router.get("/people/{person_id}", response_class=HTMLResponse)
@needs(Action.PEOPLE_VIEW)
def show(site: Here, visitor: Who, person_id: Id) -> HTMLResponse:
    """One of them."""
    return _one(site, visitor, person_id)


@router.post("/people/{person_id}", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def change(site: Here, visitor: Who, person_id: Id, form: Typed) -> Response:
    """Change name, mail address, date of training."""
    values = {name: form[name] for name in ("name", "mail", "trained_on")}
    return _done(
        site,
        visitor,
        person_id,
        lambda: service.change(site.archive, of_person(visitor.person.id), person_id, **values),
    )


@router.post("/people/{person_id}/address", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def settle(site: Here, visitor: Who, person_id: Id, form: Typed) -> Response:
    """Agree to another mail address that somebody asked for, or refuse it."""

    def do() -> None:
        agree = form["answer"] == "yes"
        service.settle(site.archive, of_person(visitor.person.id), person_id, form["asked"], agree=agree)

    return _done(site, visitor, person_id, do)


@router.post("/people/{person_id}/roles", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def grant(site: Here, visitor: Who, person_id: Id, form: Typed) -> Response:
    """Give a role."""
    return answered(
        lambda: service.grant(site.archive, of_person(visitor.person.id), person_id, _wanted(site, form)),
        lambda why: _one(site, visitor, person_id, why, _chosen(form)),
        lambda _: _back(site, person_id),
    )


@router.post("/people/{person_id}/roles/{grant_id}/revoke", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def revoke(site: Here, visitor: Who, person_id: Id, grant_id: Id, form: Typed) -> Response:
    """Take a role back."""
    with site.archive.database.read() as connection:
        if not [one for one in service.grants(connection, person_id) if one.id == grant_id]:
            raise NotFound("this person has no such role")
    try:
        service.revoke(site.archive, of_person(visitor.person.id), grant_id, form["reason"] or None)
    except Refused as failure:
        return _one(site, visitor, person_id, str(failure))
    return _back(site, person_id)


@router.post("/people/{person_id}/sessions/end")
@needs(Action.PEOPLE_CHANGE, fresh=True)
def end_sessions(site: Here, visitor: Who, person_id: Id) -> Response:
    """Sign somebody out everywhere, at once."""
    actor = of_person(visitor.person.id)

    def end(connection: Any) -> None:
        service.require(connection, site.archive, actor, Action.PEOPLE_CHANGE)
        sessions.end_sessions(connection, site.archive, actor, service.get(connection, person_id).id, "administrator")

    site.archive.database.act(end)
    return _back(site, person_id)


@router.post("/people/{person_id}/end", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def end(site: Here, visitor: Who, person_id: Id, form: Typed) -> Response:
    """Let somebody do nothing here any more."""

    def do() -> None:
        if form["sure"] != "yes":
            raise UsageError("confirm that this person leaves: it cannot be undone")
        service.end(site.archive, of_person(visitor.person.id), person_id)

    return _done(site, visitor, person_id, do)


def _done(site: Site, visitor: Visitor, person_id: str, do: Callable[[], object]) -> Response:
    """Do it; where it is refused, their page says why."""
    return answered(do, lambda why: _one(site, visitor, person_id, why), lambda _: _back(site, person_id))


def _wanted(site: Site, form: Form) -> NewGrant:
    """What was chosen in the form."""
    role = service.role_named(form["role"])
    access = service.access_named(form.all("access"), role) if form["own_access"] == "yes" else usual(role)
    scope = form["scope"] or SCOPES[0]
    return NewGrant(
        role=role,
        scope=scope,
        scope_id="" if scope == SCOPES[0] else form[f"{scope}_id"].strip(),
        access=access,
        stand_in=form["stand_in"] == "yes",
        ends_at=_end_of(site, form["ends_on"]),
        reason=form["reason"] or None,
    )


#: Fields of the form for a role that hold one value.
_FIELDS = (
    *("role", "scope", "authority_id", "department_id", "account_id", "own_access"),
    *("stand_in", "ends_on", "reason"),
)


def _chosen(form: Form) -> dict[str, Any]:
    """What was chosen, for the form that is shown once more."""
    return {name: "".join(form.all(name)[:1]) for name in _FIELDS} | {"access": form.all("access")}


def _end_of(site: Site, day: str) -> datetime | None:
    """The end of a day by the city's clocks."""
    if not day:
        return None
    try:
        following = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise UsageError("a date looks like 2026-11-30") from None
    return datetime.combine(following, time(), site.zone)


def _list(site: Site, *, failure: str | None = None, name: str = "", mail: str = "") -> HTMLResponse:
    now = site.archive.clock.now()
    with site.archive.database.read() as connection:
        everybody = service.people(connection)
        held = [one for one in service.grants(connection) if one.holds(now)]
        named = names(site, connection)
    by_person = {person.id: [one for one in held if one.person_id == person.id] for person in everybody}
    status = 200 if failure is None else 400
    values: dict[str, Any] = {"failure": failure, "name": name, "mail": mail, "names": named, "roles": WHAT_ROLES_DO}
    return site.page("people.html", here="people", status=status, people=everybody, grants=by_person, **values)


def _one(
    site: Site, visitor: Visitor, person_id: str, failure: str | None = None, chosen: dict[str, Any] | None = None
) -> HTMLResponse:
    now = site.archive.clock.now()
    with site.archive.database.read() as connection:
        person = service.get(connection, person_id)
        held = service.grants(connection, person_id)
        going_on = sessions.sessions(connection, site.archive, person_id)
        asked = binding.waiting(connection, person_id, now)
        may_agree = asked is not None and binding.may_agree(connection, asked, visitor.person.id, now)
        changes = history.sign_in_changes(connection, person_id)
        held_keys = passkeys.passkeys(connection, person_id)
        known = accounts.list_accounts(connection)
        named, departments = names(site, connection), _departments(site, connection)
        offices = _authorities(site, connection, {one.authority for one in known})
    return site.page(
        "person.html",
        here="people",
        status=200 if failure is None else 400,
        person=person,
        mine=person_id == visitor.person.id,
        grants=[(one, one.holds(now)) for one in held],
        sessions=going_on,
        asked=asked,
        may_agree=may_agree,
        asked_by_me=asked is not None and asked.asked_by == visitor.person.id,
        changes=changes,
        passkeys=held_keys,
        failure=failure,
        roles=[(role, WHAT_ROLES_DO[role]) for role in Role],
        chosen=chosen or dict.fromkeys(_FIELDS, "") | {"access": []},
        classes=list(Access),
        accounts=known,
        authorities=sorted(offices.items(), key=lambda one: one[1].casefold()),
        departments=sorted(departments.items(), key=lambda one: one[1].casefold()),
        names=named,
    )


def names(site: Site, connection: Connection) -> dict[str, str]:
    """What roles are of, in words: accounts and departments by their ids."""
    known = {one.id: one.name or one.handle for one in accounts.list_accounts(connection)}
    return known | _departments(site, connection)


def _authorities(site: Site, connection: Connection, captured: set[str]) -> dict[str, str]:
    """By their short names: those of the register, with what they are called, also before an account of theirs is
    captured; and those that only accounts name."""
    named = offices.names(site, connection)
    return {one: one for one in captured} | {short: f"{name} ({short})" for short, name in named.items()}


def _departments(site: Site, connection: Connection) -> dict[str, str]:
    """Of the register as it is today, each with its authority."""
    register = registered.read(connection, registered.today(site.archive))
    offices = register.authorities
    return {
        one: f"{says.name} ({offices[says.authority].name if says.authority in offices else 'no authority'})"
        for one, says in register.departments.items()
    }


def _back(site: Site, person_id: str) -> Response:
    return RedirectResponse(f"{site.base}/people/{person_id}", status_code=303)
