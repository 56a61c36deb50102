"""Whether somebody may do something, asked in one place by every act."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from archiver.archive import Archive
from archiver.errors import Refused
from archiver.people import permission
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.viewing import Viewer

_T = TypeVar("_T")


def require(
    connection: Connection, archive: Archive, actor: Actor, action: Action, resource: Resource | None = None
) -> None:
    """The guard of acts: here, and wherever somebody who is signed in does something. Whoever may run commands on the
    machine may; so may the service itself.

    Raises:
        Refused: the actor's roles do not allow it.
    """
    if actor.person_id is None:
        return
    answer = permission.may(connection, actor.person_id, action, resource, archive.clock.now())
    if not answer.allowed:
        raise Refused(answer.reason)


def viewer_of(connection: Connection, archive: Archive, actor: Actor, action: Action) -> Viewer:
    """Of what somebody may do it; whoever may run commands on the machine, of everything.

    Raises:
        Refused: of nothing.
    """
    require(connection, archive, actor, action)
    if actor.person_id is None:
        return Viewer.EVERYTHING
    return permission.viewer(connection, actor.person_id, action, archive.clock.now())


def by_administrator(archive: Archive, actor: Actor, do: Callable[[Connection], _T]) -> _T:
    """Do what only an administrator may."""

    def guarded(connection: Connection) -> _T:
        require(connection, archive, actor, Action.PEOPLE_CHANGE)
        return do(connection)

    return archive.database.act(guarded)
