"""People and their roles, and who looked at what. With a session alone: no token is given for these."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from archiver.accounts import service as accounts
from archiver.operations.looked import Wanted, conditions, named
from archiver.people import access_log, service
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Id, Limit, Moment, Page, Text, Time
from archiver.web.programs.description import routes

router = routes("people")


class Grant(Answer):
    """One role. ``scope_id``: which authority or account it counts for."""

    id: str
    role: str
    scope: str
    scope_id: Text
    stand_in: bool
    from_at: Time
    ends_at: Time | None
    revoked_at: Time | None
    access: list[str]
    in_effect: bool


class Person(Answer):
    """Somebody who may sign in, or might."""

    id: str
    name: Text
    mail: Text | None
    added_at: Time
    acknowledged_at: Time | None
    trained_on: str | None
    ended_at: Time | None
    roles: list[Grant]


class Entry(Answer):
    """One view or search. ``about``: its subject in words, as far as it is known. ``sought`` null: nothing was searched
    for, or its key is not there."""

    id: int
    at: Time
    person_id: str
    name: Text | None
    through: str
    action: str
    route: Text
    subject: Text
    about: Text | None
    status: int
    sought: Text | None


@router.get("/people")
@needs(Action.PEOPLE_VIEW)
def people(site: Here, limit: Limit = 50, after: After = None) -> Page[Person]:
    """Everybody, by id."""
    place = cursors.read(after, "people", str)
    with site.archive.database.read() as connection:
        found = sorted(service.people(connection), key=lambda one: one.id)
        found = [one for one in found if place is None or one.id > str(place[0])][: limit + 1]
        held = service.grants(connection)
    shown = [_person(site, one, [each for each in held if each.person_id == one.id]) for one in found]
    return cursors.page(shown, limit, lambda one: cursors.write("people", one.id))


@router.get("/people/{person_id}")
@needs(Action.PEOPLE_VIEW)
def person(site: Here, person_id: Id) -> Person:
    """One of them."""
    with site.archive.database.read() as connection:
        return _person(site, service.get(connection, person_id), service.grants(connection, person_id))


@router.get("/access-log")
@needs(Action.ACCESS_LOG_VIEW, fresh=True)
def entries(
    site: Here,
    person: Annotated[
        str | None, Query(pattern="^[A-Za-z0-9_-]{1,100}$", description="Only of this one: the id.")
    ] = None,
    action: Annotated[str, Query(pattern="^[a-z_.]{0,100}$", description="Only this: `command`, or an action.")] = "",
    account: Annotated[
        str, Query(pattern="^[A-Za-z0-9_-]{0,100}$", description="Only of this account, its records and runs: the id.")
    ] = "",
    authority: Annotated[
        str, Query(pattern="^[a-z0-9-]{0,100}$", description="Only of this authority: its short name.")
    ] = "",
    since: Annotated[Moment | None, Query(description="From then on; a moment with its zone.")] = None,
    until: Annotated[Moment | None, Query(description="Before then; a moment with its zone.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Entry]:
    """Who looked at what and searched for what, newest first; commands on the machine too."""
    place = cursors.read(after, "access-log", int)
    before = None if place is None else int(str(place[0]))
    with site.archive.database.read() as connection:
        if person is not None:
            service.get(connection, person)
        if account:
            accounts.get(connection, account)
        which = list(conditions(Wanted(person or "", action, account, authority, since, until)))
        found = access_log.entries(connection, site.archive, limit=limit + 1, before=before, which=which)
        about = named(connection, found)
    own = [name for name in Entry.model_fields if name != "about"]
    shown = [Entry(**{name: getattr(one, name) for name in own}, about=about.get(one.subject)) for one in found]
    return cursors.page(shown, limit, lambda one: cursors.write("access-log", one.id))


def _person(site: Here, one: service.PersonView, held: list[service.GrantView]) -> Person:
    now = site.archive.clock.now()
    kept = [name for name in Grant.model_fields if name != "in_effect"]
    roles = [Grant(**{name: getattr(each, name) for name in kept}, in_effect=each.holds(now)) for each in held]
    return Person(**{name: getattr(one, name) for name in Person.model_fields if name != "roles"}, roles=roles)
