"""The one guard of every act: may this actor do this to that?

Whoever may run commands on this machine is a person, acts under the name they give, and may do everything. Whoever is
signed in brings what their roles allow (:class:`Roles`), which is asked in the act's own transaction; without it they
may do nothing here.
"""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy import Connection

from archiver.database import safe_text
from archiver.errors import Refused, UsageError
from archiver.visible import one_line

PERSON: Final = "person"
SERVICE: Final = "service"
LONGEST_NAME: Final = 200


class Deed(StrEnum):
    """What is done to an account that needs a permission."""

    DEPOSIT = "deposit"
    """Bring a file by hand, to be kept beside what was captured."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on: a kind of thing, its id where it has one, and the authority whose it is, by its id."""

    kind: str
    id: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it may be done, and why."""

    allowed: bool
    reason: str


class Roles(Protocol):
    """What the roles of somebody who is signed in allow."""

    def answer(self, connection: Connection, action: str, resource: Resource) -> Answer:
        """Whether they allow to do ``action`` to ``resource`` now."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it."""

    kind: str
    """``person``, or ``service`` for what the archive does by itself."""
    id: str
    """As acts and events name them; of a person who changes the register the name they gave, which no event holds."""
    person_id: str | None = None
    """Of somebody who is signed in; None: whoever may run commands on this machine."""
    roles: Roles | None = field(default=None, compare=False, repr=False)
    """Of somebody who is signed in."""

    @property
    def name(self) -> str:
        return self.id

    @property
    def pair(self) -> tuple[str, str]:
        """As acts and entries of the log name whoever changes the register: never by their name."""
        return (PERSON, self.person_id or "operator")


#: Whoever may run commands on this machine.
OPERATOR: Final = Actor(PERSON, "operator")
#: Deeds that somebody has to answer for, in words: never done by the service of its own accord.
_A_PERSONS: Final = {Deed.DEPOSIT.value: "deposit a file"}


class NotPermitted(Refused):
    """The actor may not do this."""


def permission(action: str, resource: Resource, actor: Actor, connection: Connection | None = None) -> Answer:
    """Whether ``actor`` may do ``action`` (a :class:`Deed`, ``register.change``) to ``resource``. ``connection``: of
    the act's transaction, by which roles are asked; of whoever is signed in nothing is allowed without it."""
    if actor.person_id is not None:
        if actor.roles is None or connection is None:
            return Answer(False, "what your roles allow was not asked")
        return actor.roles.answer(connection, action, resource)
    if actor.kind != PERSON and action in _A_PERSONS:
        return Answer(False, f"only a person may {_A_PERSONS[action]}: somebody has to answer for it")
    if actor.kind == SERVICE:
        return Answer(True, "the archive itself")
    if actor.kind == PERSON and actor.id.strip():
        return Answer(True, "whoever may run commands on this machine may do this")
    return Answer(False, f"nobody may do {action} to a {resource.kind} without saying who they are")


def require_permission(action: str, resource: Resource, actor: Actor, connection: Connection | None = None) -> None:
    """Refuse what may not be done.

    Raises:
        NotPermitted: with the reason.
    """
    answer = permission(action, resource, actor, connection)
    if not answer.allowed:
        raise NotPermitted(answer.reason)


def may(actor: Actor, deed: Deed) -> bool:
    """Whether ``actor`` may do ``deed`` to any account of this archive."""
    return permission(deed.value, Resource("account"), actor).allowed


def acting(name: str | None = None) -> Actor:
    """The person at the command line: the name they gave, else that of the operating system's user.

    Raises:
        UsageError: a name that is none.
    """
    said = _user() if name is None else name.strip()
    if not said or len(said) > LONGEST_NAME or one_line(said) != said:
        raise UsageError(f"--by takes the name of a person on one line, of at most {LONGEST_NAME} characters")
    return Actor(PERSON, safe_text(said))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that no file names
        return f"user {os.getuid()}"
