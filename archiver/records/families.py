"""Threads that are read together.

Which thread a record belongs to is what its platform told where it was seen. The account's own answer to a stranger is
told by the account's list, which does not say under what first post it stands: so it begins a thread of its own, and
keeps it. What it answers, and what that answers, may be known all the same, from the conversation around it. A reader
wants all of it in one piece, so threads that hang together by what answers what are read together. Nothing stored is
changed by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from archiver.records.stored import RECORD, chunks

_MOST = 50
"""Most threads that are read together, and most steps up: strangers choose what answers what."""
_COLUMNS = (RECORD.c.id, RECORD.c.parent_id, RECORD.c.thread_id)


def of(connection: Connection, row: Row[Any], allowed: Sequence[ColumnElement[bool]]) -> tuple[str, list[str]]:
    """First record of everything a record is read with, and the threads that are read together, its own first.

    Args:
        row: the record, with ``account_id``, ``thread_id`` and ``parent_id``.
        allowed: conditions for what the reader may see; nothing else leads from one thread to another.
    """
    conditions = (of_account(row.account_id), *allowed)
    together, root = _upwards(connection, row, conditions)
    waiting = list(together)
    while waiting and len(together) < _MOST:
        waiting = [one for one in _hanging(connection, waiting, conditions) if one not in together]
        together.update(dict.fromkeys(waiting[: _MOST - len(together)]))
    return root, list(together)


def of_account(account_id: str) -> ColumnElement[bool]:
    """That a record is this account's; said so that no database looks for the few records of a thread by reading all
    that its account has."""
    return func.coalesce(RECORD.c.account_id, "") == account_id


def _upwards(
    connection: Connection, row: Row[Any], conditions: Sequence[ColumnElement[bool]]
) -> tuple[dict[str, None], str]:
    """The threads of what a record answers, and of what that answers, as far as it is known; the last is the first of
    all. From a record the way leads to the first of its thread, and from there to what that answers."""
    together, root = {row.thread_id: None}, row.thread_id
    here: Any = row
    passed = {row.id}
    for _ in range(_MOST):
        following = here.thread_id if here.thread_id != here.id else here.parent_id
        if following is None or following in passed:
            break
        passed.add(following)
        above = connection.execute(select(*_COLUMNS).where(RECORD.c.id == following, *conditions)).first()
        if above is None:
            break
        together.setdefault(above.thread_id)
        root, here = above.thread_id, above
    return together, root


def _hanging(connection: Connection, threads: Iterable[str], conditions: Sequence[ColumnElement[bool]]) -> list[str]:
    """Threads whose first record answers something in these that the reader sees, too."""
    found: list[str] = []
    for chunk in chunks(threads):
        above = select(RECORD.c.id).where(RECORD.c.thread_id.in_(chunk), *conditions).subquery("above")
        query = (
            select(RECORD.c.id)
            .join(above, above.c.id == RECORD.c.parent_id)
            .where(RECORD.c.thread_id == RECORD.c.id, RECORD.c.parent_id.is_not(None), *conditions)
            .order_by(RECORD.c.id)
            .limit(_MOST)
        )
        found += connection.execute(query).scalars()
    return found
