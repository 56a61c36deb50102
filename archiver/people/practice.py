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


def visitor(archive: Archive) -> str:
    """The id of the practice custodian, who is made where there is none.

    Raises:
        WrongStore: the archive is real.
    """
    if not archive.practice:
        raise WrongStore("nobody is let into a real archive by themselves")

    def make(connection: Connection) -> str:
        known = connection.execute(select(Person.id).where(Person.mail == MAIL)).scalar()
        if known is not None:
            return str(known)
        person = service.enter(connection, archive, SERVICE, NAME, MAIL)
        access = frozenset(Access)
        for role in (Role.CUSTODIAN, Role.RECORDS_OFFICER):
            service.give(connection, archive, SERVICE, person.id, NewGrant(role, access=access, reason="practice"))
        return person.id

    return archive.database.act(make)
