"""Who of the archive's people may change the register: of one authority, or of all."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from archiver import ids
from archiver.accounts.permission import PERSON, Actor, Answer, Resource
from archiver.clock import Clock
from archiver.people import permission
from archiver.people.actions import Action
from archiver.people.service import PersonView

#: Of whatever authority: a document belongs to what names it, and says nothing by itself.
_ANYWHERE: Final = "document"
#: What is not said by whoever may change the register.
_ACTIONS: Final = {"exemption": Action.EXCEPTIONS_DECIDE}


class RolesOf:
    """What the roles of one person allow to say in the register. Asked anew in each transaction, and once in it."""

    def __init__(self, clock: Clock, person_id: str) -> None:
        self._clock, self._person_id = clock, person_id
        self._asked: tuple[Connection, dict[Action, Reach]] | None = None

    def answer(self, connection: Connection, action: str, resource: Resource) -> Answer:
        """Whether something may be said of a resource. *register*: of all of it."""
        if action != "register.change":
            return Answer(False, "that is done on the machine")
        if resource.kind == _ANYWHERE:
            answers = [self._reach(connection, one).answer for one in (Action.REGISTER_CHANGE, *_ACTIONS.values())]
            return next((one for one in answers if one.allowed), answers[0])
        return self._reach(connection, _ACTIONS.get(resource.kind, Action.REGISTER_CHANGE)).over(resource.authority)

    def _reach(self, connection: Connection, action: Action) -> Reach:
        if self._asked is None or self._asked[0] is not connection:
            self._asked = (connection, {})
        known = self._asked[1]
        if action not in known:
            known[action] = Reach.of(connection, self._person_id, self._clock.now(), action)
        return known[action]


class Reach:
    """How far somebody's roles reach in the register."""

    def __init__(self, answer: permission.Answer, authorities: frozenset[str] | None) -> None:
        self.answer = Answer(answer.allowed, answer.reason)
        self.authorities = authorities
        """Ids of authorities; None: all, those to come too."""

    @classmethod
    def of(cls, connection: Connection, person_id: str, at: datetime, action: Action = Action.REGISTER_CHANGE) -> Reach:
        """As the roles of a person are now."""
        answer = permission.may(connection, person_id, action, None, at)
        if not answer.allowed:
            return cls(answer, frozenset())
        seen = permission.authorities_seen(connection, person_id, action, at)
        return cls(answer, None if seen is None else frozenset(ids.authority_id(one) for one in seen))

    def over(self, authority: str | None) -> Answer:
        """Whether it reaches all that the register says of an authority, by its id; None: of everything."""
        if not self.answer.allowed or self.authorities is None or authority in self.authorities:
            return self.answer
        return Answer(False, "your roles do not reach there" if authority else "this takes a role for everything")


def actor_of(clock: Clock, person: PersonView) -> Actor:
    """Somebody who is signed in, as the register's statements name them, with what their roles allow."""
    return Actor(PERSON, person.name, person.id, RolesOf(clock, person.id))
