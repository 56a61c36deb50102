"""Who acts: a person who is signed in, or whoever may run commands on the machine."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from archiver.archive import Archive
from archiver.evidence import log
from archiver.evidence.acts import PERSON
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something."""

    kind: str
    id: str
    person_id: str | None = None
    """None: it is nobody of the archive's people."""
    by: str | None = None
    """On the command line: the machine's user, an administrator of that machine."""

    @property
    def pair(self) -> tuple[str, str]:
        """As entries of the log and acts name them."""
        return self.kind, self.id


SERVICE = Actor("service", "people")


def of_person(person_id: str) -> Actor:
    """Somebody who is signed in."""
    return Actor("person", person_id, person_id)


def of_machine() -> Actor:
    """Whoever runs this command. Who may read the archive's files could change them in any other way as well, so that
    nobody is asked; that it was done, and by which user, is kept."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = "unknown"
    return Actor(*PERSON, by=user[:100])


def tell(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    kind: EventType,
    subject: tuple[str, str],
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Enter what was done into the log, in its own transaction. ``subject``: kind and id."""
    log.append(connection, [NewEvent(kind.value, *subject, dict(facts or {}), *actor.pair)], archive.clock.now())
