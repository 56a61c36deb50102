"""Records in a line each, for whoever is about to say something of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.database import among
from archiver.moderation.statements import seen_records
from archiver.records import as_all_saw
from archiver.records.seeing import only_public
from archiver.records.stored import RECORD, VERSION, table
from archiver.viewing import Viewer

_ACCOUNT = table(Account)


@dataclass(frozen=True, slots=True)
class Brief:
    """One record."""

    id: str
    account_id: str
    account: str
    kind: str
    author: str | None
    text: str
    state: str


def briefs(connection: Connection, viewer: Viewer, record_ids: Collection[str]) -> dict[str, Brief]:
    """Those of these records that somebody sees, by id."""
    seen = seen_records(connection, viewer, record_ids)
    columns = (RECORD.c.id, RECORD.c.account_id, RECORD.c.kind, RECORD.c.author_name, RECORD.c.state, VERSION.c.text)
    query = select(*columns, _ACCOUNT.c.name, _ACCOUNT.c.handle)
    query = query.join(VERSION, VERSION.c.id == RECORD.c.version_id).join(
        _ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id
    )
    found = connection.execute(query.where(among(connection, RECORD.c.id, sorted(seen)))).all()
    public = sorted(row.id for row in found if only_public(viewer, row.account_id))
    mixed = as_all_saw.versions_of(connection, public) if public else {}
    said = {one: versions[-1].text if versions else "" for one, versions in mixed.items()}
    return {
        row.id: Brief(
            row.id,
            row.account_id,
            row.name or row.handle,
            row.kind,
            row.author_name,
            said.get(row.id, row.text),
            row.state,
        )
        for row in found
    }
