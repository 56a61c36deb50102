"""Records written straight into the index, with the states and versions that a test gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from archiver import ids
from archiver.capture.models import Exchange
from archiver.records.models import Occurrence, Record, RecordState, Version
from archiver.records.stored import table
from tests.people.scene import NOW, account_of


def record(
    connection: Connection,
    office: str,
    key: str,
    states: Sequence[tuple[str, datetime]] = (("visible", NOW),),
    versions: Sequence[datetime | None] = (NOW,),
    *,
    text: str = "words",
    kind: str = "comment",
    access: str = "public",
) -> str:
    """One record of an office of :mod:`tests.people.scene`; its id."""
    account, run = account_of(office), f"rn_{office}"
    record_id = ids.record_id(account, key)
    seen = f"ex_{office}_{access}"
    everybody = access == "public"

    def public(first: str, at: datetime | None) -> dict[str, datetime | None]:
        return dict.fromkeys((first, "public_last_at"), at if everybody else None)

    _add(connection, Record, id=record_id, account_id=account, key=key, kind=kind, access=access, thread_id=record_id,
         author_id="a", author_name="Somebody", author_handle="a", counts={}, url="https://facebook.example/x",
         created_at=NOW, first_seen_at=NOW, last_seen_at=NOW, **public("public_first_at", NOW), state=states[-1][0],
         version_id=f"{record_id}-{len(versions)}", versions=len(versions), exchange_id=seen, position=0)  # fmt: skip
    for number, at in enumerate(versions, 1):
        _add(connection, Version, id=f"{record_id}-{number}", record_id=record_id, number=number, content={},
             text=text, scheme=1, first_seen_at=at, last_seen_at=at, exchange_id=seen, position=0,
             public=everybody, **public("public_first_at", at))  # fmt: skip
        exchange = ids.exchange_id(record_id, number)
        _add(connection, Exchange, id=exchange, segment_id=f"sg_{office}_{access}", run_id=run,
             ordinal=1000 + abs(hash((record_id, number))) % 10**9, account_id=account, stream="posts",
             purpose="posts", method="GET", uri="https://facebook.example", status=200, received_at=NOW, offset=1,
             length=1, facts_offset=1, facts_length=1, block_sha256="1" * 64, body_sha256="2" * 64,
             commitment="3" * 64, scheme=1, reader="1", quarantine=[])  # fmt: skip
        _add(connection, Occurrence, exchange_id=exchange, position=0, record_id=record_id, place="/0",
             observed_at=at or NOW, retrospective=False, arrival=1, ordinal=0, scheme=1, state=states[0][0],
             version_id=f"{record_id}-{number}")  # fmt: skip
    for number, (state, at) in enumerate(states, 1):
        _add(connection, RecordState, record_id=record_id, number=number, state=state, from_at=at, last_at=at,
             evidence=[ids.exchange_id(record_id, 1)], **public("public_from_at", at))  # fmt: skip
    return record_id


def _add(connection: Connection, model: Any, **values: Any) -> None:
    connection.execute(insert(table(model)).values(**values))
