"""Signing in for tests that are about something else: somebody with roles, and the cookie of their session, in two
transactions and without a browser."""

from __future__ import annotations

from collections.abc import Collection

from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.people import service, sessions
from archiver.people.acting import SERVICE, of_person
from archiver.people.permission import EVERYTHING
from archiver.people.roles import OPENS, Access, Role
from archiver.people.service import NewGrant, PersonView
from archiver.web.app import create_app
from archiver.web.site import Site

#: Everything that is to be seen and done, together.
ALL_ROLES = tuple(Role)


def person(
    archive: Archive,
    *roles: Role,
    name: str = "Test Person",
    scope: str = EVERYTHING,
    scope_id: str = "",
    access: Collection[Access] | None = None,
    mail: str | None = None,
) -> PersonView:
    """Somebody with roles, who took note of the rules. ``access`` None: all that each role can open."""
    made = service.add(archive, SERVICE, name, mail)
    for role in roles:
        opened = OPENS[role] if access is None else frozenset(access) & OPENS[role]
        service.grant(archive, SERVICE, made.id, NewGrant(role, scope, scope_id, opened))
    return service.acknowledge(archive, of_person(made.id), made.id)


def cookies(archive: Archive, who: PersonView) -> dict[str, str]:
    """The cookie of a new session, for requests to this machine."""
    secret = archive.database.act(lambda connection: sessions.begin(connection, archive, who.id, "password", "a test"))
    return {f"archiver{'-practice' if archive.practice else ''}-session": secret}


def pages(archive: Archive, who: PersonView) -> TestClient:
    """Their browser at the pages of an archive, which follows no redirection."""
    return TestClient(
        create_app(Site(archive)),
        base_url="http://127.0.0.1",
        cookies=cookies(archive, who),
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )


def everything(archive: Archive) -> dict[str, str]:
    """The cookie of somebody with every role, of everything, who sees all there is."""
    return cookies(archive, person(archive, *ALL_ROLES, name="Everything"))
