"""The queries that find differences say what the rule says of every record, on both databases, by their indexes."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from archiver import migrate
from archiver.accounts.models import Account
from archiver.database import Database
from archiver.operations import completeness, completeness_queries
from archiver.operations.completeness_queries import GONE, group
from archiver.records import differing
from archiver.records.completeness import Explained, Facts, explain, together
from archiver.records.rows import insert_rows
from archiver.records.stored import RECORD, VERSION
from connectors.contract import Counted, Extent, RecordKind, State

START = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT, OTHER, OWN = "ac_one", "ac_other", "1"
ANSWERS = Counted(
    on=frozenset({RecordKind.POST, RecordKind.COMMENT}), of=Extent.ANSWERS, says="Answers.", withheld="by the blocked"
)
THREAD = Counted(
    on=frozenset({RecordKind.POST}), of=Extent.THREAD, says="All.", states=frozenset({State.HIDDEN_BY_PAGE})
)
DECLARED = {
    "answers": ANSWERS,
    "answers, nothing withheld": replace(ANSWERS, withheld=None),
    "thread": replace(THREAD, private=True),
    "thread, private apart": THREAD,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        made = Database(request.getfixturevalue("databases").new_with_tables())
    else:
        made = Database(f"sqlite:///{tmp_path / 'index.sqlite3'}")
        migrate.upgrade(made)
    yield made
    made.close()


@pytest.mark.law("R63")
@pytest.mark.parametrize("name", DECLARED)
def test_queries_and_rule_agree_on_threads_of_every_kind(database: Database, name: str) -> None:
    counted = DECLARED[name]
    with database.write() as connection:
        rows = _fill(connection, random.Random(name), deep=counted.of is Extent.THREAD)
    with database.read() as connection:
        expected = _by_the_rule(rows, counted)
        marked = {row.id: row.differs for row in connection.execute(select(RECORD.c.id, RECORD.c.differs))}
        assert marked == {row["id"]: _mark(row, rows) for row in rows}
        states = Counter(one.state for one in expected.values() if one.platform or one.archived)
        shares = completeness.shares(connection, ACCOUNT, [counted])
        assert (shares.complete, shares.explained, shares.unexplained) == (
            states["complete"],
            states["explained"],
            states["unexplained"],
        )
        assert min(states["complete"], states["explained"], states["unexplained"]) > 0, "the sample shows too little"
        found = completeness.differing(connection, ACCOUNT, [counted], limit=1000)
        assert [number for number, _ in found] == sorted((number for number, _ in found), reverse=True)
        assert {one.record_id: one.explained for _, one in found} == {
            thread: one for thread, one in expected.items() if one.unexplained
        }
        assert all(number == one.explained.unexplained for number, one in found)
        assert _paged(connection, counted) == [one.record_id for _, one in found]
        for thread, one in list(expected.items())[:20]:
            told = completeness.of_thread(connection, ACCOUNT, thread, [counted])
            assert told is not None
            assert told.explained == one


@pytest.mark.parametrize("name", ["answers", "thread"])
def test_no_query_reads_more_than_it_must(database: Database, name: str) -> None:
    """A million records are found through: by the mark, then by what stands under it, and from indexes alone."""
    counted = DECLARED[name]
    with database.write() as connection:
        _fill(connection, random.Random(7), deep=counted.of is Extent.THREAD)
        connection.execute(text("ANALYZE"))
    index = "ix_record_thread" if counted.of is Extent.THREAD else "ix_record_answers"
    with database.read() as connection:
        plan = _plan(connection, completeness_queries.threads(connection, ACCOUNT, counted))
        assert "ix_record_differs" in plan
        assert index in plan
        assert "SCAN record" not in plan
        assert "SCAN counting" not in plan
        assert "Seq Scan" not in plan
        whole = _plan(connection, completeness_queries.in_plain_sight(connection, ACCOUNT, counted))
        assert "Seq Scan" not in whole
        assert connection.dialect.name != "sqlite" or "ix_record_counted" in whole


def _plan(connection: Connection, query: Any) -> str:
    dialect = connection.dialect
    words = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    if dialect.name == "sqlite":
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}"))
    connection.execute(text("SET LOCAL enable_seqscan = off"))  # (so small a table is read whole otherwise)
    return "\n".join(str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {words}".replace("%", "%%")))


def _paged(connection: Connection, counted: Counted) -> list[str]:
    seen: list[str] = []
    after: tuple[int, str] | None = None
    while page := completeness.differing(connection, ACCOUNT, [counted], limit=7, after=after):
        seen += [one.record_id for _, one in page]
        after = (page[-1][0], page[-1][1].record_id)
    return seen


# A sample ------------------------------------------------------------------------------------------------------------


def _fill(connection: Connection, draw: random.Random, *, deep: bool) -> list[dict[str, Any]]:
    """Threads of two accounts in which everything happens."""
    for account in (ACCOUNT, OTHER):
        connection.execute(insert(Account).values(**_account(account)))
    rows = []
    for thread in range(120):
        rows += _thread(draw, thread, ACCOUNT if thread % 6 else OTHER, deep=deep)
    insert_rows(connection, RECORD, [{column.name: row[column.name] for column in RECORD.c} for row in rows])
    insert_rows(connection, VERSION, [_version(row) for row in rows])
    differing.bring_up_to_date(connection, [row["id"] for row in rows])
    return rows


def _thread(draw: random.Random, number: int, account: str, *, deep: bool) -> list[dict[str, Any]]:
    calm = draw.random() < 0.3
    first = _row(f"{number}", account, "post" if draw.random() < 0.9 else "mention", None, None)
    first["author_id"] = OWN
    rows = [first]
    for answer in range(draw.randrange(6)):
        rows.append(_row(f"{number}_{answer}", account, "comment", first["id"], draw.choice(rows)["id"]))
        if not calm:
            happened = draw.random() < 0.4
            rows[-1]["state"] = draw.choice(list(State)).value if happened else State.VISIBLE.value
            rows[-1]["access"] = "private" if draw.random() < 0.15 else "public"
            rows[-1]["first_seen_at"] = START + timedelta(minutes=draw.choice((1, 1, 1, 30)))
            rows[-1]["author_id"] = draw.choice((OWN, "2"))
    for row in rows:
        if deep and row is not first:
            continue
        under = sum(one["thread_id" if deep else "parent_id"] == row["id"] and one is not row for one in rows)
        row |= {
            "counted": max(under if calm else under + draw.choice((-1, 0, 0, 0, 1, 2)), 0),
            "counted_deep": deep,
            "counted_at": START + timedelta(minutes=10),
        }
        if not calm and draw.random() < 0.1:
            row |= {"counted": None, "counted_at": None}
        if row is first or draw.random() < 0.2:
            row |= {
                "read_at": draw.choice((None, START, START + timedelta(minutes=10), START + timedelta(hours=1))),
                "read_whole": draw.random() < 0.7,
            }
    return rows


def _row(number: str, account: str, kind: str, thread: str | None, parent: str | None) -> dict[str, Any]:
    record = f"rc_{number}"
    return dict.fromkeys(RECORD.c.keys()) | {
        "id": record,
        "account_id": account,
        "key": f"status/{number}",
        "kind": kind,
        "access": "public",
        "thread_id": thread or record,
        "parent_id": parent,
        "counts": {},
        "first_seen_at": START,
        "last_seen_at": START,
        "state": "visible",
        "version_id": f"ve_{number}",
        "versions": 1,
        "exchange_id": "ex_1",
        "position": 0,
    }


def _version(row: dict[str, Any]) -> dict[str, Any]:
    fixed = {"number": 1, "content": {}, "text": row["key"], "scheme": 1, "exchange_id": "ex_1", "position": 0}
    unknown = dict.fromkeys(VERSION.c.keys()) | {"public": True}
    return unknown | {"id": row["version_id"], "record_id": row["id"], **fixed}


def _account(account: str) -> dict[str, Any]:
    names = dict.fromkeys(("id", "handle", "name", "url"), account)
    return names | {
        "platform": "mastodon",
        "service": f"https://{account}",
        "platform_id": OWN,
        "authority": "city",
        "settings": {},
        "provisional": True,
        "state": "active",
        "state_since": START,
        "added_at": START,
    }


# The rule, record by record ------------------------------------------------------------------------------------------


def _by_the_rule(rows: list[dict[str, Any]], counted: Counted) -> dict[str, Explained]:
    known = {row["id"]: row for row in rows}
    threads: dict[str, list[Explained]] = defaultdict(list)
    for row in rows:
        first = known[row["thread_id"]]
        if not _is_compared(row, first, counted):
            continue
        threads[first["id"]].append(explain(_facts(row, first, rows, counted), counted))
    return {thread: together(several) for thread, several in threads.items()}


def _is_compared(row: dict[str, Any], first: dict[str, Any], counted: Counted) -> bool:
    if row["account_id"] != ACCOUNT or row["counted"] is None or row["kind"] not in counted.on:
        return False
    if row["state"] in GONE or first["state"] in GONE:
        return False
    return counted.of is Extent.THREAD or first["kind"] == "post" or row["author_id"] == OWN


def _facts(row: dict[str, Any], first: dict[str, Any], rows: list[dict[str, Any]], counted: Counted) -> Facts:
    groups: Counter[str] = Counter()
    for one in _under(row, rows, deep=counted.of is Extent.THREAD):
        later = one["first_seen_at"] > row["counted_at"]
        groups[group(counted, State(one["state"]), one["access"], row["access"], later=later)] += 1
    read = max((row, first), key=lambda one: (one["read_at"] is not None, one["read_at"] or START, one is row))
    names = ("standing", "since", "not_returned", "hidden", "held", "spam", "private")
    return Facts(
        number=row["counted"],
        number_at=row["counted_at"],
        read_at=read["read_at"],
        read_whole=bool(read["read_whole"]),
        **{name: groups[name] for name in names},
    )


def _under(row: dict[str, Any], rows: list[dict[str, Any]], *, deep: bool) -> list[dict[str, Any]]:
    above = "thread_id" if deep else "parent_id"
    return [one for one in rows if one[above] == row["id"] and one is not row]


def _mark(row: dict[str, Any], rows: list[dict[str, Any]]) -> bool | None:
    if row["counted"] is None:
        return None
    under = _under(row, rows, deep=bool(row["counted_deep"]))
    plain = [one for one in under if one["state"] == "visible" and one["access"] in ("public", row["access"])]
    return not row["counted"] == len(plain) == len(under)
