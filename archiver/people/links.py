"""Links for one use with which somebody sets how they sign in here: the first administrator's, told when the service
starts, and those that are made on the machine for others. Opening one changes nothing."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, or_, select, update

from archiver import ids
from archiver.accounts.links import base_url
from archiver.archive import Archive
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.event_types import EventType
from archiver.people import factors, passkeys, service, sessions
from archiver.people.acting import Actor, of_person, tell
from archiver.people.models import Person, SignInLink
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant, PersonView
from archiver.people.sessions import hashed

PATH: Final = "/welcome/"
LASTS: Final = timedelta(hours=24)
PASSWORD: Final = "password"  # noqa: S105 - the way, not the word
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NONE: Final = "this link was used, or its day is over: ask for a new one, or start the service anew"


@dataclass(frozen=True, slots=True)
class Offer:
    """A new link; ``address`` holds its secret, which is told here once."""

    id: str
    address: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Welcome:
    """What whoever has a link is shown."""

    token: str
    person: PersonView | None
    """None: the first administrator, who says who they are."""
    code_secret: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody typed in."""

    name: str
    password: str
    repeated: str
    code: str
    small_office: bool = False
    """The first administrator does the work of the desk too: the custodian's and the records officer's, and stands in
    for legal custodians, so that somebody can hand out records and decide challenges."""


def offer_first(archive: Archive, base: str = "") -> Offer | None:
    """A link for the first administrator, in place of an older one; None where there is somebody who may give roles."""
    with archive.database.read() as connection:
        if service.has_administrator(connection, archive.clock.now()):
            return None
    return _offer(archive, Actor("service", "people"), None, base)


def offer(archive: Archive, actor: Actor, person_id: str, base: str = "") -> Offer:
    """A link for somebody, in place of an older one. Only on the machine: whoever could send one to themselves, from
    the pages, could become anybody.

    Raises:
        Refused: not on the machine.
        NotFound, UsageError: there is no such person, or they may do nothing here any more.
    """
    if actor.person_id is not None:
        raise Refused("such links are made on the machine: `archiver person link NAME`")
    with archive.database.read() as connection:
        person = service.get(connection, person_id)
    if person.ended_at is not None:
        raise UsageError(f"{person.name} may do nothing here any more")
    return _offer(archive, actor, person_id, base)


def look(archive: Archive, token: str) -> Welcome:
    """What a link is for. Changes nothing.

    Raises:
        NotFound: there is no such link, or it cannot be used any more.
    """
    with archive.database.read() as connection:
        row = _row(connection, archive, token)
        person = None if row.person_id is None else service.get(connection, row.person_id)
    return Welcome(token, person, factors.code_secret(row.salt, token), row.ends_at)


def use(archive: Archive, token: str, answers: Answers, browser: str) -> str:
    """Set how somebody signs in, and sign them in. The secret of their session, told once.

    Raises:
        NotFound: the link cannot be used, or somebody else used it meanwhile.
        UsageError: not a usable name or password, or not the code that is shown now.
    """
    welcome = look(archive, token)
    name = answers.name if welcome.person is None else welcome.person.name
    factors.require_good(answers.password, answers.repeated, name)
    step = factors.step_of(welcome.code_secret, answers.code, archive.clock.now())
    if step is None:
        raise UsageError("that is not the code that the app shows now: is the clock of your phone right?")
    password = factors.hashed(answers.password)  # takes a while, so not inside the transaction

    def do(connection: Connection) -> str:
        row = _row(connection, archive, token)
        mine = (SignInLink.id == row.id) & SignInLink.ended_at.is_(None)
        if connection.execute(update(SignInLink).where(mine).values(ended_at=archive.clock.now())).rowcount != 1:
            raise NotFound(_NONE)
        person_id = row.person_id or _first(connection, archive, answers)
        factors.keep(connection, archive, person_id, password, welcome.code_secret, step)
        actor = of_person(person_id)
        sessions.end_sessions(connection, archive, actor, person_id, "sign_in_set")
        passkeys.end_all(connection, archive, actor, person_id)  # (whoever lost a device gets a link)
        tell(connection, archive, actor, EventType.SIGN_IN_SET, ("person", person_id), {"how": PASSWORD})
        return sessions.begin(connection, archive, person_id, PASSWORD, browser)

    return archive.database.act(do)


def _first(connection: Connection, archive: Archive, answers: Answers) -> str:
    """The first administrator, from what they said of themselves. The link speaks for the machine that printed it."""
    if service.has_administrator(connection, archive.clock.now()):
        raise NotFound(_NONE)
    actor = Actor("service", "people")
    person = service.enter(connection, archive, actor, answers.name, None)
    service.give(connection, archive, actor, person.id, NewGrant(Role.SYSTEM_ADMINISTRATOR, reason="first start"))
    if answers.small_office:
        for role in (Role.CUSTODIAN, Role.RECORDS_OFFICER, Role.LEGAL_CUSTODIAN):
            new = NewGrant(
                role,
                access=(Access.PUBLIC, Access.PRIVATE),
                stand_in=role is Role.LEGAL_CUSTODIAN,
                reason="small office",
            )
            service.give(connection, archive, actor, person.id, new)
    return person.id


def _offer(archive: Archive, actor: Actor, person_id: str | None, base: str) -> Offer:
    token, now, link_id = secrets.token_urlsafe(32), archive.clock.now(), ids.new_id("sl")
    row = {"id": link_id, "secret_sha256": hashed(token), "salt": secrets.token_bytes(32), "person_id": person_id}

    def do(connection: Connection) -> None:
        same = SignInLink.person_id.is_(None) if person_id is None else SignInLink.person_id == person_id
        before = update(SignInLink).where(same, SignInLink.ended_at.is_(None))
        connection.execute(before.values(ended_at=now))
        connection.execute(insert(SignInLink).values(**row, made_at=now, ends_at=now + LASTS, ended_at=None))
        tell(connection, archive, actor, EventType.SIGN_IN_OFFERED, ("archive", archive.identity.id))

    archive.database.act(do)
    return Offer(link_id, f"{base_url(archive)}{base}{PATH}{token}", now + LASTS)


def _row(connection: Connection, archive: Archive, token: str) -> Row[Any]:
    if not _TOKEN.fullmatch(token):
        raise NotFound("there is no such link: was it copied whole?")
    now = archive.clock.now()
    query = select(*SignInLink.__table__.columns).outerjoin(Person, Person.id == SignInLink.person_id)
    alive = or_(SignInLink.person_id.is_(None), Person.ended_at.is_(None))
    conditions = (SignInLink.secret_sha256 == hashed(token), SignInLink.ended_at.is_(None), SignInLink.ends_at > now)
    row = connection.execute(query.where(*conditions, alive)).one_or_none()
    if row is None:
        raise NotFound(_NONE)
    return row
