"""Files of records that are kept and shown beside their words: of many records at once, as a thread is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from archiver.capture.models import Exchange
from archiver.records.stored import MEDIUM, chunks, in_public, table
from archiver.records.views import MediumView

_EXCHANGE = table(Exchange)


def kept(
    connection: Connection, record_ids: Collection[str], *, public: bool, as_of: datetime | None = None
) -> dict[str, tuple[MediumView, ...]]:
    """The kept files of records that a viewer sees, by record. ``public``: only those that everybody could see.
    ``as_of``: only those that were kept by then."""
    columns = [MEDIUM.c[name] for name in MediumView.__slots__]
    query = select(MEDIUM.c.record_id, *columns).join(_EXCHANGE, _EXCHANGE.c.id == MEDIUM.c.exchange_id)
    query = query.where(MEDIUM.c.state == "fetched").order_by(MEDIUM.c.id)
    query = query.where(in_public(MEDIUM.c.exchange_id)) if public else query
    query = query if as_of is None else query.where(_EXCHANGE.c.received_at <= as_of)
    found: defaultdict[str, list[MediumView]] = defaultdict(list)
    for some in chunks(record_ids):
        for record_id, *values in connection.execute(query.where(MEDIUM.c.record_id.in_(some))):
            found[record_id].append(MediumView(*values))
    return {record_id: tuple(several) for record_id, several in found.items()}
