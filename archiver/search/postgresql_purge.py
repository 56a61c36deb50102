"""Writing the tables of the search index on PostgreSQL anew, without what was removed.

``CLUSTER`` leaves a removed row out only once nobody can see it any more; before, it carries the row over into the new
file. So it is waited until nobody can, and where somebody still can after that, nothing is done and it is said who.

A removal can still be seen as long as it is not older than all of these (PostgreSQL's ``ComputeXidHorizons``):

- the oldest transaction that has written and not ended, in any database of the server, prepared ones too: our own
  snapshot goes back to it, and with it what ``CLUSTER`` takes for removable;
- the oldest snapshot (``backend_xmin``) of a session of this database, or of none, such as a standby's; not of a
  session that vacuums, which the server leaves out, and not of one of another database;
- ``xmin`` of a replication slot (not ``catalog_xmin``, which is about the server's own tables);
- in PostgreSQL 15, what ``vacuum_defer_cleanup_age`` adds.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from archiver.database_failures import Failure, failure_of
from archiver.errors import Busy

#: How long it is waited for others, seconds. An analysis of a large table, which the server does by itself, is shorter.
PATIENCE = 120.0
#: Between two looks, seconds.
_PAUSE = 0.1
#: How long others may have to wait behind us for one lock, milliseconds: less than after what the server looks for
#: deadlocks, so that no search is given up for our sake.
_LOCK_MILLISECONDS = 500

#: The first transaction that does not count: whatever was removed before now, was removed by an earlier one.
_NOW = "SELECT pg_current_xact_id_if_assigned()::text, pg_snapshot_xmax(pg_current_snapshot())::xid::text"
#: What the server says of sessions is otherwise the same until the transaction ends.
_LOOK_ANEW = "SELECT pg_stat_clear_snapshot()"
#: Who can still see what was there before a transaction, in words. Ids of transactions run in a circle, so that they
#: are compared by how long ago they are. The last one is in no list: a transaction may begin and not be listed yet.
_WHO_SEES = """
    WITH before AS (SELECT age(%(before)s::xid) AS age)
    SELECT format('process %%s of database %%s, in a transaction since %%s UTC', pid, coalesce(datname, '(none)'),
                  coalesce(to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '(unknown)'))
    FROM pg_stat_activity, before
    WHERE pid <> pg_backend_pid() AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum) AND (
        age(backend_xid) > before.age
        OR age(backend_xmin) > before.age AND coalesce(datname = current_database(), true)
    )
    UNION ALL
    SELECT format('prepared transaction %%s of database %%s', quote_literal(gid), database)
    FROM pg_prepared_xacts, before WHERE age(transaction) > before.age
    UNION ALL
    SELECT format('replication slot %%s', slot_name) FROM pg_replication_slots, before WHERE age(xmin) > before.age
    UNION ALL
    SELECT 'the setting vacuum_defer_cleanup_age'
    WHERE coalesce(current_setting('vacuum_defer_cleanup_age', true), '0') <> '0'
    UNION ALL
    SELECT 'a transaction under way' FROM before
    WHERE age(pg_snapshot_xmin(pg_current_snapshot())::xid) > before.age
"""


def rewrite(connection: Connection, keys: dict[str, str]) -> None:
    """Write tables anew in the order of a key, without the rows that were removed before. All of them or none.
    Waits for those who can still see them or use the tables, for :data:`PATIENCE` at most.

    Args:
        connection: in a transaction of its own, in which nothing was written.
        keys: by table, the index whose order it gets.

    Raises:
        Busy: somebody still does. Nothing was done.
        ValueError: this transaction has written already: it would itself be one of those.
    """
    until = time.monotonic() + PATIENCE
    own, before = connection.exec_driver_sql(_NOW).one()
    if own is not None:
        raise ValueError("what was removed is purged in a transaction of its own, after the removal's")
    while sees := _who_sees(connection, before):
        _pause(until, f"what was removed can still be seen by others: {sees}")
    while not _locked(connection, keys):
        _pause(until, "the tables of the search index are used by another transaction all the time")
    if sees := _who_sees(connection, before):  # a standby that came back may look further back than before
        raise Busy(_refusal(f"what was removed can be seen by others again: {sees}"))
    for table, key in keys.items():
        connection.exec_driver_sql(f"CLUSTER {table} USING {key}")


def _who_sees(connection: Connection, before: str) -> str:
    """Who can still see what was there before this transaction; empty where nobody can."""
    connection.exec_driver_sql(_LOOK_ANEW)
    found = connection.exec_driver_sql(_WHO_SEES, {"before": before}).scalars().all()
    named = found[:-1] if len(found) > 1 and found[-1] == "a transaction under way" else found
    return "; ".join(named[:3]) + (f"; and {len(named) - 3} more" if len(named) > 3 else "")


def _locked(connection: Connection, tables: dict[str, str]) -> bool:
    """Whether nobody else uses any of the tables until we end. They are not kept while waiting in vain."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
            connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    except DBAPIError as error:
        if failure_of(error) is Failure.BUSY:
            return False
        raise
    return True


def _pause(until: float, otherwise: str) -> None:
    if time.monotonic() >= until:
        raise Busy(_refusal(otherwise))
    time.sleep(_PAUSE)


def _refusal(why: str) -> str:
    return f"nothing was purged: {why}. Let them end, or end them (pg_terminate_backend), and purge again"
