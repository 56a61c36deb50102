"""Saying something of one thing of the register: the one page for authorities, departments, people in roles, accounts,
attestations, exceptions and candidacies. The same service as the command's puts it together and asks the guard."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.register import contacts, saying, service
from archiver.accounts.register.notices import notice_id
from archiver.accounts.register.service import LONGEST_WHY, Stated
from archiver.accounts.register.statements import SORTS, Register, Statement, Thing, changed
from archiver.capture.due import CAPTURED
from archiver.errors import NotFound, Refused, UsageError, WrongField
from archiver.evidence.register_facts import LARGEST_DOCUMENT, Capacity, Facts, ListingSays
from archiver.people.actions import Action
from archiver.people.registering import Reach, actor_of
from archiver.web.door import Here, NotAllowed, Visitor, Who, needs
from archiver.web.register_fields import SHEETS, Input
from archiver.web.site import Site
from archiver.web.uploads import Upload, Uploaded
from archiver.web.words import plain

router = APIRouter()
NEW: Final = "new"
_TAKES: Final = LARGEST_DOCUMENT + 2**17
_FOR_GOOD: Final = "This cannot be taken back"
_PERSONAL: Final = (Capacity.PERSONAL.value, Capacity.CAMPAIGN.value)
Name = Literal["authority", "department", "custodianship", "listing", "attestation", "candidacy", "notice"]
Id = Annotated[str, Path(max_length=100)]
About = Annotated[str, Query(max_length=100, description="Whose it is, or which account it is about.")]

Url = Annotated[str, Query(max_length=2000, description="Address of the account that is entered.")]


@router.get("/register/say/{thing}/{thing_id}", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def ask(
    site: Here, who: Who, thing: Name, thing_id: Id, authority: About = "", listing: About = "", url: Url = ""
) -> HTMLResponse:
    """The form; empty for what is ``new``, but for the address of an account that somebody came from."""
    page = _Page(site, who, Thing(thing), thing_id, authority, listing)
    return page.shown({**page.held(), "url": url} if url and page.thing is Thing.LISTING and not page.id else None)


@router.post("/register/say/{thing}/{thing_id}", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, largest=_TAKES)
def say(site: Here, who: Who, thing: Name, thing_id: Id, form: Uploaded) -> Response:
    """Keep what was typed, or show it again with what is wrong."""
    return _Page(site, who, Thing(thing), thing_id, form["authority"], form["listing"]).taken(form)


@router.get("/register/exceptions/{thing_id}", response_class=HTMLResponse)
@needs(Action.EXCEPTIONS_DECIDE, fresh=True)
def ask_exception(site: Here, who: Who, thing_id: Id, authority: About = "", listing: About = "") -> HTMLResponse:
    """The form with which the chief information officer grants an exception."""
    return _Page(site, who, Thing.EXEMPTION, thing_id, authority, listing).shown()


@router.post("/register/exceptions/{thing_id}", response_class=HTMLResponse)
@needs(Action.EXCEPTIONS_DECIDE, fresh=True, largest=_TAKES)
def grant(site: Here, who: Who, thing_id: Id, form: Uploaded) -> Response:
    """Grant it, or say it anew."""
    return _Page(site, who, Thing.EXEMPTION, thing_id, form["authority"], form["listing"]).taken(form)


class _Page:
    """One thing, as somebody is about to say something of it."""

    def __init__(self, site: Site, who: Visitor, thing: Thing, thing_id: str, authority: str, listing: str) -> None:
        self.site, self.who, self.thing, self.sheet = site, who, thing, SHEETS[thing]
        with site.archive.database.read() as connection:
            self.register = service.read(connection, service.today(site.archive))
            self.last = _last(connection, thing_id)
            self.reach = Reach.of(connection, who.person.id, site.archive.clock.now(), _action(thing))
            self.state = _state(connection, self.last)
        self.id = "" if thing_id == NEW else thing_id
        self.authority, self.listing = authority or None, listing or None
        if thing is Thing.LISTING and not self.id and self.authority not in dict(self.offices("")):
            self.authority = None  # (as of one that is not there: nobody learns so of one that they do not reach)
        if self.id:
            if self.last is None or self.last.thing is not thing or self.last.void:
                raise NotFound("there is no such thing in the register")
            self.authority = service.authority_of(self.id, self.last.says)
            self.listing = getattr(self.last.says, "listing", None)
        self._place()

    def _place(self) -> None:
        """Whose it is, as far as the roles of whoever is here reach."""
        if self.listing is not None:
            if self.listing not in self.register.listings:
                raise NotFound("there is no such account in the register")
            self.authority = self.authority or self.register.listings[self.listing].authority
        if (
            self.authority is not None
            and self.authority not in self.register.authorities
            and self.thing is not Thing.AUTHORITY
        ):
            raise NotFound("there is no such authority in the register")
        if self.thing is Thing.LISTING and not self.id and self.authority is None and self.offered():
            return  # it is chosen in the form
        needs_one = self.thing in (Thing.DEPARTMENT, Thing.CUSTODIANSHIP, Thing.CANDIDACY, Thing.NOTICE)
        if not self.id and needs_one and self.authority is None:
            raise NotFound("there is no such authority in the register")
        if not self.id and self.thing in (Thing.ATTESTATION,) and self.listing is None:
            raise NotFound("there is no such account in the register")
        if not self.reach.over(self.authority).allowed:
            raise NotAllowed(self.reach.over(self.authority).reason)

    def shown(
        self,
        values: Mapping[str, str] | None = None,
        failure: str | None = None,
        field: str | None = None,
        sure: str | None = None,
    ) -> HTMLResponse:
        """The form. ``field``: where the failure stands; ``sure``: what has to be confirmed."""
        return self.site.page(
            "register_say.html",
            here="register",
            status=200 if failure is None and sure is None else 400,
            page=self,
            values=values or self.held(),
            failure=failure,
            field=field,
            sure=sure,
            departments=self.departments(),
            back=self._back(),
            longest=LONGEST_WHY,
            largest=LARGEST_DOCUMENT,
        )

    def offices(self, held: str) -> list[tuple[str, str]]:
        """Other authorities that can be named: those that the roles of whoever is here reach, and one that is said."""
        known = {
            one: says.name
            for one, says in self.register.authorities.items()
            if one == held or (one != self.id and self.reach.over(one).allowed)
        }
        return sorted(known.items(), key=lambda one: one[1].casefold())

    def offered(self) -> list[tuple[str, str]]:
        """Authorities whose an account can be: those that the roles of whoever is here reach, and whose it is."""
        return self.offices(self.authority or "")

    @property
    def may_stay_open(self) -> bool:
        """Whether it need not be said whose an account is: nobody said it before."""
        return self.thing is Thing.LISTING and bool(self.id) and self.authority is None

    def departments(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Departments that can be chosen, by the name of their authority; of an account all those of every authority
        that can be chosen, since without a script the page does not know which one is."""
        of_account = self.thing is Thing.LISTING
        offices = dict(self.offered()) if of_account else {self.authority or "": ""}
        found: dict[str, list[tuple[str, str]]] = {one: [] for one in offices}
        for one, says in self.register.departments.items():
            if says.authority in found:
                found[says.authority].append((one, says.name))
        return [(offices[one], some) for one, some in found.items() if some]

    def taken(self, form: Upload) -> Response:
        """Keep it, or the form again."""
        values = {one.name: form[one.name] for one in self.sheet.inputs}
        values |= {name: form[name] for name in ("effective", "correct", "why", "step")}
        try:
            void = form["step"] == "void"
            self._within_reach(values)
            doubt = self._doubt(values, void=void)
            if doubt is not None and form["sure"] != "yes":
                return self.shown(values, sure=doubt)
            stated = self._state(values, form, void=void)
        except (UsageError, Refused, NotFound) as failure:
            return self.shown(values, str(failure), failure.field if isinstance(failure, WrongField) else None)
        return RedirectResponse(f"{self.site.base}{self._back(stated.id)}", status_code=303)

    def _state(self, values: Mapping[str, str], form: Upload, *, void: bool) -> Stated:
        archive, actor = self.site.archive, actor_of(self.site.archive.clock, self.who.person)
        given = {} if void else self._given(values)
        effective = _day(values["effective"], "effective")

        def act(connection: Connection) -> Stated:
            service.alone(connection)
            register = service.read(connection, effective or service.today(archive))
            self._unchanged(connection, form["after"])
            more = dict(given)
            if form.content is not None and not void:
                kind = mimetypes.guess_type(form.name)[0] or "application/octet-stream"
                kept = service.take_document(connection, archive, actor, form.name, kind, form.content)
                before = getattr(self.last.says, "documents", []) if self.last is not None else []
                more["documents"] = list(dict.fromkeys([*before, kept]))
            thing_id, says = self._put_together(connection, register, more)
            return service.state(
                connection, archive, actor, thing_id, self.thing, says, effective=effective,
                correct=values["correct"] == "yes" and bool(self.id), void=void, why=values["why"].strip() or None,
            )  # fmt: skip

        return archive.database.act(act)

    def _given(self, values: Mapping[str, str]) -> dict[str, Any]:
        """What was typed, as the register has it. An empty field takes away what was there."""
        asked = [one for one in self.sheet.inputs if not (self.id and one.only_new)]
        left = "authority" if self.may_stay_open and not values["authority"] else ""
        return {one.name: None if one.name == left else _read(one, values[one.name]) for one in asked}

    def _put_together(self, connection: Connection, register: Register, given: dict[str, Any]) -> tuple[str, Facts]:
        if self.last is not None:
            before = self.last.says
            if isinstance(before, ListingSays):
                given = contacts.renewed(before, given)
            return self.id, saying.put_together(self.thing, before, {}, given)
        if self.thing is Thing.LISTING:
            try:
                known, there, fresh = saying.listing_named(
                    self.site.archive, connection, register, given.pop("url"), None
                )
            except NotFound:
                raise WrongField("url", "is no web address: give one like https://www.facebook.com/yourcity") from None
            if there is not None:
                raise WrongField("url", "is listed already: change that entry")
            given = {name: value for name, value in given.items() if value or name in ("capacity", "capture")}
            return known, saying.put_together(self.thing, None, fresh, {"authority": self.authority} | given)
        about = {"authority": self.authority, "listing": self.listing}
        place = {name: value for name, value in about.items() if name in SORTS[self.thing].says.model_fields}
        if self.thing is Thing.EXEMPTION and self.listing is not None:
            place["authority"] = None
        fresh = {**saying.FRESH[self.thing], **place}
        if self.thing is Thing.CUSTODIANSHIP:
            where = {name: given.get(name, fresh.get(name)) for name in ("authority", "department", "listing", "role")}
            if saying.same_custodian(register, {**where, "person": given["person"]}) is not None:
                raise WrongField("person", "is entered in this role already: change that entry")
        says = saying.put_together(self.thing, None, fresh, given)
        return self._new_id(says, register), says

    def _new_id(self, says: Any, register: Register) -> str:
        if self.thing is Thing.AUTHORITY:
            if ids.authority_id(says.short) in register.authorities:
                raise WrongField("short", "is another authority’s already")
            return ids.authority_id(says.short)
        if self.thing is Thing.DEPARTMENT:
            if ids.department_id(says.authority, says.short) in register.departments:
                raise WrongField("short", "is another department’s already")
            return ids.department_id(says.authority, says.short)
        if self.thing is Thing.NOTICE:
            known = notice_id(says.authority)
            if known in register.notices:
                raise UsageError("this authority has a notice already: change that one")
            return known
        return service.new_id(self.thing)

    def _within_reach(self, values: Mapping[str, str]) -> None:
        """Refuse an authority that was not offered; of one that is not reached nothing is told, not that it is."""
        if self.thing is not Thing.LISTING or not values["authority"]:
            return
        if values["authority"] not in dict(self.offered()):
            raise WrongField("authority", "is none that your roles reach")

    def _unchanged(self, connection: Connection, after: str) -> None:
        """Refuse what was written of something else than what holds."""
        now = _last(connection, self.id)
        if now is None or now.act_id == after:
            return
        fields = next(
            (changed(one.says, now.says) for one in service.statements_of(connection, self.id) if one.act_id == after),
            (),
        )
        what = f": {', '.join(plain(one) for one in fields)}" if fields else ""
        self.last = now
        raise UsageError(f"{now.by} said it anew while you wrote{what}. Look at it, and send yours again")

    def _doubt(self, values: Mapping[str, str], *, void: bool) -> str | None:
        """What has to be confirmed, since it cannot be taken back; None: nothing."""
        if void:
            return f"it is taken out of the register from today on: there is no such thing. {_FOR_GOOD}"
        was = self.last.says.capacity if self.last is not None and isinstance(self.last.says, ListingSays) else None
        state = self.state if self.id or self.thing is not Thing.LISTING else self._captured(values["url"])
        if state is not None and values.get("capacity") in _PERSONAL and was not in _PERSONAL:
            return (
                f"its capture ends at once, and what it is read with is forgotten; what was captured stays. {_FOR_GOOD}"
            )
        return self._given_away(values.get("authority", ""))

    def _given_away(self, authority: str) -> str | None:
        """What follows where an account becomes another authority's; None: it stays whose it is, or was nobody's."""
        was = self.last.says.authority if self.last is not None and isinstance(self.last.says, ListingSays) else None
        if was is None or authority in ("", was):
            return None
        before, after = (
            self.register.authorities[one].name if one in self.register.authorities else one for one in (was, authority)
        )
        return (
            f"it becomes an account of {after}, and is none of {before} any more: its legal custodian changes with it,"
            f" and whoever has a role for {before} alone sees it no more. When a term ends, or the office becomes"
            " vacant, hand it over instead"
        )

    def _captured(self, url: str) -> str | None:
        """The state of an account that is captured and would be listed by its address; None: there is none."""
        with self.site.archive.database.read() as connection:
            try:
                named = saying.listing_named(self.site.archive, connection, self.register, url.strip(), None)
            except NotFound:
                return None
            account = named[2].get("account")
            state = accounts.get(connection, account).state if account else None
        return None if state in CAPTURED else state

    def held(self) -> dict[str, str]:
        """What the form holds before anybody typed."""
        says = self.last.says.model_dump() if self.last is not None else dict(saying.FRESH.get(self.thing, {}))
        today = service.today(self.site.archive).isoformat()
        if self.last is None:
            says |= {"on": today, "capture": "service", "capacity": "unknown"}
            if self.thing is Thing.EXEMPTION:
                says |= {"approver": self.who.person.name, "since": today}
            if self.thing is Thing.LISTING:
                says |= {"authority": self.authority or self._only_one()}
        found = {one.name: _typed(says.get(one.name)) for one in self.sheet.inputs}
        return found | {"effective": "", "correct": "", "why": ""}

    def _only_one(self) -> str:
        """The authority whose it can only be; empty: there are several."""
        offered = self.offered()
        return offered[0][0] if len(offered) == 1 else ""

    def _back(self, thing_id: str = "") -> str:
        listing = self.listing or (thing_id or self.id if self.thing is Thing.LISTING else None)
        if listing:
            return f"/register/accounts/{listing}"
        office = thing_id or self.id if self.thing is Thing.AUTHORITY else self.authority
        end = "/notice" if self.thing is Thing.NOTICE else ""
        return f"/register/authorities/{office}{end}" if office else "/register"


def _action(thing: Thing) -> Action:
    return Action.EXCEPTIONS_DECIDE if thing is Thing.EXEMPTION else Action.REGISTER_CHANGE


def _last(connection: Connection, thing_id: str) -> Statement | None:
    told = service.statements_of(connection, thing_id)
    return told[-1] if told else None


def _state(connection: Connection, last: Statement | None) -> str | None:
    """The state of the account that is captured by an entry; None: none is, or not any more."""
    says = last.says if last is not None else None
    if not isinstance(says, ListingSays) or says.account is None:
        return None
    state = accounts.get(connection, says.account).state
    return None if state in CAPTURED else state


def _read(one: Input, typed: str) -> Any:
    text = typed.replace("\r\n", "\n").strip()
    if one.kind == "tick":
        return text == "yes"
    if one.kind == "names":
        return [name.strip() for name in text.split("\n") if name.strip()]
    if one.needed and not text:
        raise WrongField(one.name, "is missing")
    if one.kind == "day":
        day = _day(text, one.name)
        return None if day is None else day.isoformat()
    return text or ("" if one.name in ("name", "url") else None)


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise WrongField(field, "is no day of the calendar; say it like 2026-04-21") from None


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
