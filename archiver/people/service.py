"""People and their roles: adding, ending, granting, taking back. Every act is permitted in one place, recorded with its
act file, and told to the log, in one transaction."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from archiver import ids
from archiver.archive import Archive
from archiver.database import safe_text
from archiver.errors import Refused, UsageError
from archiver.evidence.event_types import EventType
from archiver.people import acts, binding
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.granting import GrantView, NewGrant, access_named, give, grant, grants, revoke, role_named
from archiver.people.guard import by_administrator, require, viewer_of
from archiver.people.models import Person
from archiver.people.persons import PersonView, find, get, has_administrator, opened_to, people
from archiver.people.reserving import ReserveView, reserve, reserves
from archiver.people.sessions import end_sessions, end_tokens
from archiver.visible import one_line

__all__ = [
    "LONGEST",
    "GrantView",
    "NewGrant",
    "PersonView",
    "ReserveView",
    "access_named",
    "acknowledge",
    "add",
    "change",
    "end",
    "enter",
    "find",
    "get",
    "give",
    "grant",
    "grants",
    "has_administrator",
    "opened_to",
    "people",
    "require",
    "reserve",
    "reserves",
    "revoke",
    "role_named",
    "set_values",
    "settle",
    "viewer_of",
]

_MAIL: Final = re.compile(r"[^\s@<>\"]{1,64}@[A-Za-z0-9.-]{1,190}")
LONGEST: Final = 200
"""Of a name, in characters."""


def add(archive: Archive, actor: Actor, name: str, mail: str | None = None) -> PersonView:
    """Add somebody. They can do nothing until they are given a role.

    Raises:
        UsageError: not a usable name or mail address, or somebody has this address.
        Refused: the actor may not.
    """
    return by_administrator(archive, actor, lambda connection: enter(connection, archive, actor, name, mail))


def enter(connection: Connection, archive: Archive, actor: Actor, name: str, mail: str | None) -> PersonView:
    """As :func:`add`, in the caller's transaction and without the guard."""
    now, person_id = archive.clock.now(), ids.new_id("pe")
    values = {"name": _name(name), "mail": _mail(connection, mail), "added_at": now}
    empty = dict.fromkeys(("issuer", "subject", "acknowledged_at", "trained_on", "ended_at"))
    connection.execute(insert(Person).values(id=person_id, **values, **empty))
    _state(connection, archive, actor, person_id)
    tell(connection, archive, actor, EventType.PERSON_ADDED, ("person", person_id))
    return get(connection, person_id)


def change(archive: Archive, actor: Actor, person_id: str, **values: Any) -> PersonView:
    """Change what is kept of a person: ``name``, ``mail``, ``trained_on``. Whose address changes is signed out. Where
    another address would let somebody else in as them, it is only asked for (:mod:`archiver.people.binding`), unless
    it is their own, or whoever runs the machine says it.

    Raises:
        NotFound, UsageError, Refused: as :func:`add`.
    """

    def do(connection: Connection) -> PersonView:
        before = get(connection, person_id)
        if before.ended_at is not None:
            raise UsageError(f"{before.name} may do nothing here any more: what is kept of them stays as it is")
        news = dict(values)
        if "name" in news:
            news["name"] = _name(news["name"])
        if "mail" in news:
            news["mail"] = _mail(connection, news["mail"], person_id)
            if news["mail"] != before.mail and _is_asked_for(connection, actor, person_id):
                binding.ask(connection, archive, actor, person_id, news.pop("mail"))
            elif news["mail"] != before.mail:
                news |= _let_in_anew(connection, archive, actor, person_id)
        if "trained_on" in news:
            news["trained_on"] = _date(news["trained_on"])
        return set_values(connection, archive, actor, before, news)

    return by_administrator(archive, actor, do)


def settle(archive: Archive, actor: Actor, person_id: str, asked_id: str, *, agree: bool) -> PersonView:
    """Agree to another address that was asked for, or refuse it. The person themselves can, another administrator than
    who asked, and whoever runs the machine; who asked can take it back.

    Raises:
        NotFound: nothing waits, or somebody was quicker.
        UsageError: somebody else has this address by now.
        Refused: the actor may not.
    """

    def do(connection: Connection) -> PersonView:
        if actor.person_id != person_id:
            require(connection, archive, actor, Action.PEOPLE_CHANGE)
        asked = binding.take(connection, archive, actor, person_id, asked_id, agree=agree)
        before = get(connection, person_id)
        if not agree:
            return before
        news = {"mail": _mail(connection, asked.mail, person_id)}
        return set_values(
            connection, archive, actor, before, news | _let_in_anew(connection, archive, actor, person_id)
        )

    return archive.database.act(do)


def _is_asked_for(connection: Connection, actor: Actor, person_id: str) -> bool:
    others = actor.person_id is not None and actor.person_id != person_id
    return others and binding.is_known(connection, person_id)


def _let_in_anew(connection: Connection, archive: Archive, actor: Actor, person_id: str) -> dict[str, None]:
    """Whoever has the new address at the city's sign-in is to be known anew; who came in before does so no more. What
    was asked for before it is none that anybody still agrees to."""
    binding.drop(connection, archive, person_id)
    binding.forget(connection, archive, actor, person_id, "changed")
    return {"issuer": None, "subject": None}


def acknowledge(archive: Archive, actor: Actor, person_id: str) -> PersonView:
    """Somebody took note of the rules of conduct (law R42). Everybody does so for themselves.

    Raises:
        NotFound: there is no such person.
        Refused: for somebody else.
    """
    if actor.person_id != person_id:
        raise Refused("everybody takes note of the rules for themselves")

    def do(connection: Connection) -> PersonView:
        return set_values(
            connection, archive, actor, get(connection, person_id), {"acknowledged_at": archive.clock.now()}
        )

    return archive.database.act(do)


def set_values(
    connection: Connection, archive: Archive, actor: Actor, before: PersonView, values: dict[str, Any]
) -> PersonView:
    """Write what differs, with act and event. Without the guard."""
    news = {name: value for name, value in values.items() if getattr(before, name) != value}
    if not news:
        return before
    connection.execute(update(Person).where(Person.id == before.id).values(**news))
    _state(connection, archive, actor, before.id)
    tell(connection, archive, actor, EventType.PERSON_CHANGED, ("person", before.id), {"fields": sorted(news)})
    return get(connection, before.id)


def end(archive: Archive, actor: Actor, person_id: str) -> PersonView:
    """Let somebody do nothing here any more: sessions and tokens end at once, roles count no longer.

    Raises:
        NotFound: there is no such person.
        Refused: the actor may not, or is this person.
    """

    def do(connection: Connection) -> PersonView:
        if actor.person_id == person_id:
            raise Refused("nobody ends themselves: ask another administrator")
        before = get(connection, person_id)
        if before.ended_at is not None:
            return before
        connection.execute(update(Person).where(Person.id == person_id).values(ended_at=archive.clock.now()))
        end_sessions(connection, archive, actor, person_id, "ended")
        end_tokens(connection, archive, actor, person_id)
        binding.drop(connection, archive, person_id)
        _state(connection, archive, actor, person_id)
        tell(connection, archive, actor, EventType.PERSON_ENDED, ("person", person_id))
        return get(connection, person_id)

    return by_administrator(archive, actor, do)


def _state(connection: Connection, archive: Archive, actor: Actor, person_id: str) -> None:
    archive.acts.record(connection, acts.stated(connection, person_id, actor.by, actor=actor.pair), archive.clock.now())


def _name(name: str) -> str:
    said = safe_text(one_line(name.strip()))
    if not said or len(said) > LONGEST:
        raise UsageError(f"a name has 1 to {LONGEST} characters")
    return said


def _mail(connection: Connection, mail: str | None, own: str | None = None) -> str | None:
    if mail is None or not mail.strip():
        return None
    said = mail.strip().casefold()
    if not _MAIL.fullmatch(said):
        raise UsageError("a mail address looks like name@city.example")
    known = connection.execute(select(Person.id).where(Person.mail == said)).scalar()
    if known not in (None, own):
        raise UsageError("somebody here has this mail address")
    return said


def _date(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError("a date looks like 2026-11-30") from None
