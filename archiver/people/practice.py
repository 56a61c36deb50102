"""Who looks at a practice archive from its own machine: somebody made up, with the roles of the desk, so that it can
be looked at without any set-up. Never in a real archive."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.errors import WrongStore
from archiver.people import service
from archiver.people.acting import SERVICE
from archiver.people.models import Person
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant

NAME: Final = "Practice custodian"
MAIL: Final = "custodian@practice.invalid"
_ROLES: Final = (Role.CUSTODIAN, Role.RECORDS_OFFICER, Role.LEGAL_CUSTODIAN)
"""Those of a small office, so that everything of the desk can be tried. Never an administrator's."""


def visitor(archive: Archive) -> str:
    """The id of the practice custodian, who is made where there is none.

    Raises:
        WrongStore: the archive is real.
    """
    if not archive.practice:
        raise WrongStore("nobody is let into a real archive by themselves")

    def make(connection: Connection) -> str:
        known = connection.execute(select(Person.id, Person.ended_at).where(Person.mail == MAIL)).first()
        if known is not None and known.ended_at is not None:
            return str(known.id)  # (whom somebody ended gets nothing any more, and everybody signs in)
        found = str(known.id) if known else service.enter(connection, archive, SERVICE, NAME, MAIL).id
        had = {one.role for one in service.grants(connection, found)}  # (one that was taken back stays so)
        for role in (one for one in _ROLES if one.value not in had):
            new = NewGrant(role, access=frozenset(Access), stand_in=role is Role.LEGAL_CUSTODIAN, reason="practice")
            service.give(connection, archive, SERVICE, found, new)
        return found

    return archive.database.act(make)
