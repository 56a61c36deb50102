"""Reading a record in a long thread of a large archive: the page over a real socket, from request to last byte.

``python -m bench.reading --records 1000000`` fills an index with threads of a hundred, and one of 5,000 comments, and
asks for the page of records all over the long one, as it stands and as of a moment; ``--postgresql``: on a server
started for it. Prints one JSON object: milliseconds, median and 95th percentile, and bytes of the page.
``python -m bench --only reading reading-postgresql`` writes them into the page.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, insert, text

from archiver import ids
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.models import Exchange, Run, Segment
from archiver.records.models import Occurrence, Record, RecordState, Version
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.servers.databases import Databases
from tests.servers.postgresql import Server
from tests.signed_in import everything

START = datetime(2025, 1, 1, tzinfo=UTC)
ACCOUNT = ids.account_id("facebook", "https://facebook.example", "1")
LONG, USUAL, EACH = 5_000, 100, 50
"""Comments of the long thread; records of each other one; records of an answer."""
AIM = 1_000
"""Milliseconds, 95 pages in a hundred."""
_BATCH = 10_000
_WORDS = ("the", "city", "plows", "roads", "at", "night", "and", "residents", "ask", "when", "their", "street")


def fill(archive: Archive, records: int) -> list[str]:
    """Fill the index; ids of the records of the long thread."""
    made = _records(records)
    with archive.database.write() as connection:
        connection.execute(insert(Account).values(**_account()))
        connection.execute(insert(Run).values(**_run()))
        connection.execute(insert(Segment).values(**_segment()))
    long: list[str] = []
    _begun.clear()
    number = 0
    while some := list(itertools.islice(made, _BATCH)):
        rows: dict[Any, list[dict[str, Any]]] = {
            one: [] for one in (Exchange, Record, Version, Occurrence, RecordState)
        }
        for record_id, thread, parent in some:
            _add(rows, number, record_id, thread, parent)
            number += 1
        long += [record_id for record_id, thread, _ in some if thread == ids.record_id(ACCOUNT, "t0")]
        with archive.database.write() as connection:
            for model, values in rows.items():
                connection.execute(insert(model), values)
        print(f"\r{number:,} records", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    with archive.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return long


def _records(records: int) -> Iterator[tuple[str, str, str | None]]:
    """Id, thread and parent of each. The comments of the long thread lie all over the archive, as they come."""
    choose = random.Random(5)
    every = max(records // LONG, 1)
    thread, within = ids.record_id(ACCOUNT, "t0"), [ids.record_id(ACCOUNT, "t0")]
    yield thread, thread, None
    for number in range(1, records):
        if number % every == 1 and len(within) <= LONG:
            comment = ids.record_id(ACCOUNT, f"c{number}")
            yield comment, thread, within[0] if choose.random() < 0.7 else choose.choice(within[-200:])
            within.append(comment)
        else:
            first = ids.record_id(ACCOUNT, f"p{number // USUAL}")
            known = number % USUAL in (2, 3) and f"p{number // USUAL}" not in _begun
            if known:
                _begun.add(f"p{number // USUAL}")
            yield (first, first, None) if known else (ids.record_id(ACCOUNT, f"n{number}"), first, first)


_begun: set[str] = set()


def _add(rows: dict[Any, list[dict[str, Any]]], number: int, record_id: str, thread: str, parent: str | None) -> None:
    at = START + timedelta(seconds=number)
    exchange, position = ids.exchange_id("rn_1", number // EACH), number % EACH
    if position == 0:
        rows[Exchange].append(_exchange(exchange, number // EACH, at))
    said = " ".join(_WORDS[(number + word) % len(_WORDS)] for word in range(25))
    kind = "post" if parent is None else "comment"
    version = ids.version_id(record_id, exchange, position)
    rows[Record].append(
        {"id": record_id, "account_id": ACCOUNT, "key": f"{number}", "kind": kind, "access": "public",
         "thread_id": thread, "parent_id": parent, "author_id": f"{number % 5000}", "author_name": "A Resident",
         "author_handle": "resident", "counts": {}, "created_at": at, "first_seen_at": at, "last_seen_at": at,
         "public_first_at": at, "public_last_at": at,
         "state": "visible", "version_id": version, "versions": 1, "exchange_id": exchange, "position": position}
    )  # fmt: skip
    rows[Version].append(
        {"id": version, "record_id": record_id, "number": 1, "content": {"text": said}, "text": said, "scheme": 1,
         "first_seen_at": at, "last_seen_at": at, "public": True, "public_first_at": at, "public_last_at": at,
         "exchange_id": exchange, "position": position}
    )  # fmt: skip
    rows[Occurrence].append(
        {"exchange_id": exchange, "position": position, "record_id": record_id, "place": f"/{position}",
         "observed_at": at, "retrospective": False, "arrival": 1, "ordinal": number // EACH, "scheme": 1,
         "state": "visible", "version_id": version}
    )  # fmt: skip
    rows[RecordState].append(
        {"record_id": record_id, "number": 1, "state": "visible", "from_at": at, "last_at": at, "evidence": [exchange],
         "public_from_at": at, "public_last_at": at}
    )  # fmt: skip


def _account() -> dict[str, Any]:
    return {"id": ACCOUNT, "platform": "facebook", "service": "https://facebook.example", "platform_id": "1",
            "handle": "city", "name": "City", "url": "https://facebook.example/1", "authority": "council",
            "provisional": False, "state": "active", "state_since": START, "settings": {}, "added_at": START,
            }  # fmt: skip


def _run() -> dict[str, Any]:
    return {"id": "rn_1", "account_id": ACCOUNT, "number": 1, "sweep": "full", "trigger": "person",
            "started_at": START, "finished_at": START, "outcome": "complete", "settings_hash": "0",
            "connector_version": "1", "counts": {}, "bookmark_before": {}, "bookmark_after": {}, "drift": [],
            }  # fmt: skip


def _segment() -> dict[str, Any]:
    return {"id": "sg_1", "key": "segments/1", "sha256": "0" * 64, "size": 1, "warc_records": 1,
            "authority": "council", "account_id": ACCOUNT, "access": "public", "month": "2025-01",
            "closed_at": START, "state": "archived"}  # fmt: skip


def _exchange(exchange: str, ordinal: int, at: datetime) -> dict[str, Any]:
    return {"id": exchange, "segment_id": "sg_1", "run_id": "rn_1", "ordinal": ordinal, "account_id": ACCOUNT,
            "stream": "posts", "purpose": "posts", "method": "GET", "uri": "https://facebook.example/x",
            "status": 200, "received_at": at, "offset": 0, "length": 0, "facts_offset": 0, "facts_length": 0,
            "block_sha256": "1" * 64, "body_sha256": "2" * 64, "commitment": "3" * 64, "scheme": 1, "reader": "1",
            "quarantine": []}  # fmt: skip


def measure(records: int, *, postgresql: bool, number: int = 60) -> dict[str, Any]:
    """Fill an archive and time the pages."""
    with _url(postgresql) as (url, database), tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", web_port=0, disk_reserve_percent=0, database_url=url)
        with Archive.open(settings) as archive:
            began = time.perf_counter()
            long = fill(archive, records)
            filled = time.perf_counter() - began
            pages = PageServer(create_app(Site(archive)), bind(settings))
            pages.start()
            try:
                found = _timed(pages.url.rstrip("/"), everything(archive), long, records, number)
            finally:
                pages.stop()
    return {
        "database": database,
        "records": records,
        "thread": len(long),
        "pages": number,
        "filled_seconds": round(filled),
        "asked": found,
    }


@contextmanager
def _url(postgresql: bool) -> Iterator[tuple[str, str]]:
    """A database, and what it is called."""
    if not postgresql:
        yield "", f"SQLite {sqlite3.sqlite_version}"
        return
    server = Server(options={"shared_buffers": "256MB"})
    try:
        url = Databases(server.url).new()
        engine = create_engine(url)
        with engine.connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
        engine.dispose()
        yield url, f"PostgreSQL {version}"
    finally:
        server.close()


def _timed(url: str, cookies: dict[str, str], long: list[str], records: int, number: int) -> dict[str, Any]:
    choose = random.Random(9)
    half = (START + timedelta(seconds=records / 2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    early = long[: len(long) // 2 - 10]
    usual = [f"p{choose.randrange(1, records // USUAL)}" for _ in range(number)]
    asked = {
        "a record of the thread": [f"/records/{choose.choice(long)}" for _ in range(number)],
        "the same, as of a moment": [f"/records/{choose.choice(early)}?at={half}" for _ in range(number)],
        "a record of a thread of a hundred": [f"/records/{ids.record_id(ACCOUNT, name)}" for name in usual],
    }  # fmt: skip
    found = {}
    with httpx.Client(base_url=url, cookies=cookies, timeout=60) as client:
        for name, paths in asked.items():
            times, sizes = [], []
            for path in paths:
                began = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (path, answer.status_code)
                sizes.append(len(answer.content))
            cut = statistics.quantiles(times, n=20)
            found[name] = {"median": round(statistics.median(times)), "p95": round(cut[18]), "bytes": max(sizes)}
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """The section of a page, in Markdown."""
    database, asked = found["database"], found["asked"]
    return [
        f"## Reading on {database.partition(' ')[0]}",
        "",
        f"The page of one record over HTTP, in an archive of {found['records']:,} records on {database}, of which one"
        f" thread has {found['thread']:,}: {found['pages']} pages of each kind, for somebody who sees everything. Aim:"
        f" 95 in a hundred under {AIM:,} ms.",
        "",
        "| page | median, ms | p95, ms | bytes at most |",
        "|---|---|---|---|",
        *(f"| {name} | {one['median']:,} | {one['p95']:,} | {one['bytes']:,} |" for name, one in asked.items()),
    ]


def missed(found: dict[str, Any]) -> list[str]:
    """Which pages take longer than :data:`AIM`, in words."""
    late = {name: one["p95"] for name, one in found["asked"].items() if one["p95"] >= AIM}
    return [f"{name} took {took} ms on {found['database']}; the aim is {AIM} ms" for name, took in late.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.records, postgresql=chosen.postgresql), indent=1))


if __name__ == "__main__":
    main()
