"""Who of the archive's people may ask the owner of an account to connect it. Asked for every page, and again in the
transaction that makes the link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from archiver.errors import Refused
from archiver.people import permission
from archiver.people.actions import Action

_DEED = Action.ACCOUNTS_CHANGE
_ELSEWHERE = "your roles do not reach there"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account belongs."""

    account_id: str | None
    """Of the archive; None: it was never captured, and what the register says of it counts."""
    authority: str | None
    """Short name."""
    department: str | None
    """Id."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far somebody may ask."""

    refused: str | None
    """Why nowhere at all; None: somewhere."""
    accounts: frozenset[str] = frozenset()
    authorities: frozenset[str] | None = frozenset()
    """None: all."""
    departments: frozenset[str] = frozenset()

    def covers(self, place: Place) -> bool:
        """Whether the owner of an account may be asked."""
        if self.refused is not None:
            return False
        if place.account_id is not None:
            return place.account_id in self.accounts
        if self.authorities is None or place.authority in self.authorities:
            return True
        return place.department is not None and place.department in self.departments

    def require(self, place: Place) -> None:
        """Raises:
        Refused: not there; with the reason.
        """
        if not self.covers(place):
            raise Refused(self.refused or _ELSEWHERE)


def reach(connection: Connection, person_id: str, at: datetime) -> Reach:
    """How far a person may ask owners at a time."""
    asked = (connection, person_id, _DEED)
    answer = permission.may(*asked, None, at)
    if not answer.allowed:
        return Reach(answer.reason)
    return Reach(
        None,
        permission.accounts_seen(*asked, at),
        permission.authorities_seen(*asked, at),
        permission.departments_seen(*asked, at),
    )
