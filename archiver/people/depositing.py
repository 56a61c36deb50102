"""Who of the archive's people may deposit a file with an account (law R17)."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts.permission import PERSON, Actor, Answer, Deed, Resource
from archiver.clock import Clock
from archiver.people import permission
from archiver.people.actions import Action
from archiver.people.roles import Access
from archiver.people.service import PersonView


class MayDeposit:
    """What the roles of one person allow. Asked anew each time. What is brought is kept as private where nobody says
    otherwise, so that it takes a role that shows what is private there."""

    def __init__(self, clock: Clock, person_id: str) -> None:
        self._clock, self._person_id = clock, person_id

    def answer(self, connection: Connection, action: str, resource: Resource) -> Answer:
        """Whether a file may be deposited with an account."""
        if action != Deed.DEPOSIT.value or resource.id is None:
            return Answer(False, "that is done on the machine")
        about = permission.Resource(resource.id, Access.PRIVATE)
        found = permission.may(connection, self._person_id, Action.DEPOSITS_MAKE, about, self._clock.now())
        return Answer(found.allowed, found.reason)


def depositor(clock: Clock, person: PersonView) -> Actor:
    """Somebody who is signed in, as facts and events of a deposit name them: by their id, never by their name."""
    return Actor(PERSON, person.id, person.id, MayDeposit(clock, person.id))
