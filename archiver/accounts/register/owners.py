"""Saying who is responsible for a listed account, and where they are written to."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts.permission import Actor
from archiver.accounts.register import contacts, service
from archiver.accounts.register.service import Stated
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.errors import NotFound


def name_owner(
    archive: Archive,
    actor: Actor,
    listing_id: str,
    *,
    owner: str,
    position: str,
    mail: str,
    why: str | None,
) -> Stated:
    """Say who is responsible for an account from today on. An empty text: nobody, none.

    Raises:
        NotFound: the register has no such account.
        Refused: the guard says no.
        UsageError: a text that cannot be taken.
    """
    given = {"owner": owner.strip() or None, "owner_position": position.strip() or None, "owner_until": None}

    def enter(connection: Connection) -> Stated:
        service.alone(connection)
        register = service.read(connection, service.today(archive))
        before = register.listings.get(listing_id)
        if before is None:
            raise NotFound("there is no such account in the register")
        if given["owner"] == before.owner:
            given["owner_until"] = before.owner_until  # it is about the same person
        said = before.model_dump() | contacts.renewed(before, given) | {"owner_mail": mail.strip() or None}
        says = service.shape(Thing.LISTING, said)
        return service.state(connection, archive, actor, listing_id, Thing.LISTING, says, why=why)

    return archive.database.act(enter)
