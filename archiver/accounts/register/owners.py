"""Saying who is responsible for a listed account, and where they are written to."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from archiver.accounts.permission import Actor
from archiver.accounts.register import contacts, service
from archiver.accounts.register.service import Stated
from archiver.accounts.register.statements import Register, Thing
from archiver.archive import Archive
from archiver.errors import NotFound

Guard = Callable[[Connection, str | None], None]
"""Asked in the change's own transaction with the short name of the authority whose account it is, None where it has
none; it raises where the actor's roles do not allow it."""


def name_owner(
    archive: Archive,
    actor: Actor,
    listing_id: str,
    *,
    owner: str,
    position: str,
    mail: str,
    why: str | None,
    guard: Guard,
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
        guard(connection, authority_of(register, listing_id))
        before = register.listings.get(listing_id)
        if before is None:
            raise NotFound("there is no such account in the register")
        if given["owner"] == before.owner:
            given["owner_until"] = before.owner_until  # it is about the same person
        said = before.model_dump() | contacts.renewed(before, given) | {"owner_mail": mail.strip() or None}
        says = service.shape(Thing.LISTING, said)
        return service.state(connection, archive, actor, listing_id, Thing.LISTING, says, why=why)

    return archive.database.act(enter)


def authority_of(register: Register, listing_id: str) -> str | None:
    """Short name of the authority whose account a listed one is; None where it has none, or is not there."""
    listing = register.listings.get(listing_id)
    found = register.authorities.get(listing.authority or "") if listing is not None else None
    return None if found is None else found.short
