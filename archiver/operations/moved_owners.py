"""Links that were written to somebody whom the register no longer names as where the owner is written to: they end,
and mail with them that waits is not sent. Nobody is left with a link for what another looks after now."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from archiver.accounts import links
from archiver.accounts.models import ConnectLink
from archiver.accounts.register import contacts, service
from archiver.accounts.register.models import RegisterStatement
from archiver.accounts.register.statements import said_on
from archiver.archive import Archive
from archiver.evidence.register_facts import ListingSays
from archiver.mail.models import Mail

_SERVICE: Final = ("service", "mail")


class MovedOwners:
    """Asked before every look at the outbox; looks only where something can have changed."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._looked: object = None

    def settle(self) -> int:
        """End such links; how many."""
        with self._archive.database.read() as connection:
            written, day = _written(connection, self._archive), service.today(self._archive).isoformat()
            newest = connection.execute(select(func.max(RegisterStatement.number))).scalar() if written else None
            looked = (newest, day, tuple(row.id for row in written))
            if looked == self._looked:
                return 0
            wrong = [row.id for row in written if _written_to(connection, row.listing_id, day) != row.recipient]
        if wrong:
            self._archive.database.act(lambda connection: _end(connection, self._archive, wrong))
        self._looked = looked
        return len(wrong)


def _written(connection: Connection, archive: Archive) -> list[Row[Any]]:
    """Links of the register that can be used and went, or are to go, by mail."""
    columns = (ConnectLink.id, ConnectLink.listing_id, Mail.recipient)
    query = select(*columns).join(Mail, Mail.about == ConnectLink.id).order_by(ConnectLink.id)
    usable = (ConnectLink.ended.is_(None), ConnectLink.ends_at > archive.clock.now())
    return list(connection.execute(query.where(*usable, ConnectLink.listing_id.is_not(None))))


def _written_to(connection: Connection, listing_id: str, day: str) -> str | None:
    said = said_on(service.statements_of(connection, listing_id), day)
    if said is None or said.void or not isinstance(said.says, ListingSays):
        return None
    return contacts.writes_to(said.says, day)


def _end(connection: Connection, archive: Archive, wrong: list[str]) -> None:
    for link_id in wrong:
        links.end(connection, archive, (ConnectLink.id == link_id,), "withdrawn", actor=_SERVICE)
