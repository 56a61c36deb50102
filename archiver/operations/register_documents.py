"""Which documents of the register somebody sees: those that a statement names of something that they see."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection

from archiver.accounts.register import service
from archiver.accounts.register.statements import Register, Statement
from archiver.archive import Archive
from archiver.errors import NotFound
from archiver.evidence.register_facts import CustodianshipSays, HandoverSays, ListingSays
from archiver.operations.master_list import master_list
from archiver.operations.register_seen import Sight, seen

NO_SUCH = "there is no such document in the register"


def require_seen(
    archive: Archive, connection: Connection, document_id: str, sight: Sight, counted: Collection[str]
) -> None:
    """Let nobody pass who sees nothing that names a document.

    Args:
        counted: accounts of which everything that is counted may be told: a receipt and an inventory hold counts.

    Raises:
        NotFound: there is none, or not for them.
    """
    register = service.read(connection, service.today(archive))
    naming = [one for one in register.statements if document_id in _documents(one)]
    if sight.authorities is None and naming and not any(isinstance(one.says, HandoverSays) for one in naming):
        return
    listings = {one.id for one in seen(master_list(archive, connection), sight).entries} if naming else set()
    if not any(_is_seen(register, one, sight, listings, counted) for one in naming):
        raise NotFound(NO_SUCH)


def _is_seen(
    register: Register,
    one: Statement,
    sight: Sight,
    listings: Collection[str | None],
    counted: Collection[str],
) -> bool:
    says = one.says
    if isinstance(says, HandoverSays):
        return sight.sees_authority(register, says.authority) and _counted_in(register, says) <= set(counted)
    if isinstance(says, ListingSays):
        return one.id in listings
    listing = getattr(says, "listing", None)
    if listing is not None and listing in listings:
        return True
    whose = getattr(says, "authority", None)
    if whose is None:
        return sight.authorities is None
    return sight.sees_authority(register, whose) and (listing is None or isinstance(says, CustodianshipSays))


def _counted_in(register: Register, says: HandoverSays) -> set[str]:
    """Accounts that a receipt or an inventory may count, whatever the register says of them since."""
    listed = {
        one.says.account
        for one in register.statements
        if one.id in says.listings and isinstance(one.says, ListingSays) and one.says.account is not None
    }
    return listed | set(says.sweeps) | set(says.tokens)


def _documents(one: Statement) -> Iterator[str]:
    says = one.says
    if isinstance(says, HandoverSays):
        yield from says.receipt
        yield from (each for each in (says.inventory, says.inventory_pdf) if each is not None)
    else:
        yield from getattr(says, "documents", ())
