"""What was looked at when is found by an index, however many accounts there are, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from archiver import migrate
from archiver.accounts.models import Account
from archiver.capture import watching
from archiver.capture.models import Coverage, Run
from archiver.capture.rounds import Round
from archiver.capture.seen import Seen
from archiver.database import Database
from archiver.operations import history

START = datetime(2026, 3, 1, tzinfo=UTC)
_ACCOUNTS, _RUNS, _LISTS = 30, 20, 15


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Many looks at many lists of many accounts."""
    if request.param == "postgresql":
        made = Database(request.getfixturevalue("databases").new_with_tables())
    else:
        made = Database(f"sqlite:///{tmp_path / 'index.sqlite3'}")
        migrate.upgrade(made)
    with made.write() as connection:
        connection.execute(insert(Account), [_account(f"ac_{number}") for number in range(_ACCOUNTS)])
        runs = [_run(f"ac_{account}", number) for account in range(_ACCOUNTS) for number in range(_RUNS)]
        connection.execute(insert(Run), runs)
        connection.execute(insert(Coverage), [_look(run, number) for run in runs for number in range(_LISTS)])
        connection.execute(text("ANALYZE"))
    yield made
    made.close()


def test_no_look_at_another_account_is_read(database: Database) -> None:
    seen = Seen(database, "ac_7", "rn_new", START)
    with _said(database) as statements:
        assert seen.since("context:status/3") == START + timedelta(hours=_RUNS - 1)
        assert seen.since("statuses") is None
        with database.read() as connection:
            assert history.coverage(connection, "ac_7") == []
            found = watching.round_of(connection, "ac_7", Round(START + timedelta(hours=5), resumed=True))
            assert len(found.threads) == _LISTS
    plans = [_plan(database, *one) for one in statements]
    assert len(plans) == 4
    for plan in plans:
        assert not [line for line in plan if "SCAN coverage" in line or "Seq Scan on coverage" in line], plan
    assert all("ix_coverage_account_id_listing_at" in " ".join(plan) for plan in plans[:2])


def test_lists_that_were_too_long_are_found_without_reading_the_others(database: Database) -> None:
    at = START + timedelta(hours=_RUNS - 1)
    with database.write() as connection:
        (run,) = connection.execute(text("SELECT max(run_id) FROM coverage WHERE account_id = 'ac_7'")).one()
        values = {"run_id": run, "account_id": "ac_7", "stream": "settings", "at": at, "complete": False, "seen": 0}
        connection.execute(insert(Coverage), [values | {"listing": "blocked", "reason": "beyond: too many people"}])
    seen = Seen(database, "ac_7", "rn_new", at + timedelta(days=1))
    with _said(database) as statements:
        assert seen.too_long() == {"blocked": "beyond: too many people"}
        assert Seen(database, "ac_8", "rn_new", at).too_long() == {}
    assert "ix_coverage_beyond" in " ".join(_plan(database, *statements[0]))


@contextmanager
def _said(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the table meanwhile."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "coverage" in statement:
            statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _plan(database: Database, statement: str, parameters: Any) -> list[str]:
    how = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
    with database.read() as connection:
        return [str(row[-1]) for row in connection.exec_driver_sql(how + statement, parameters)]


def _account(account_id: str) -> dict[str, Any]:
    same = dict.fromkeys(("platform", "service", "handle", "name", "url", "authority"), "x")
    return {"id": account_id, "platform_id": account_id, "state_since": START, "added_at": START, **same}


def _run(account_id: str, number: int) -> dict[str, Any]:
    return {
        "id": f"rn_{account_id}_{number}",
        "account_id": account_id,
        "number": number + 1,
        "sweep": "full",
        "trigger": "schedule",
        "started_at": START + timedelta(hours=number),
        "settings_hash": "",
        "connector_version": "1",
        "counts": {},
        "bookmark_before": {},
        "bookmark_after": {},
        "drift": [],
    }


def _look(run: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "run_id": run["id"],
        "listing": f"context:status/{number}",
        "account_id": run["account_id"],
        "stream": "comments",
        "at": run["started_at"],
        "complete": True,
        "seen": number,
    }
