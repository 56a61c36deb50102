"""Search over many records against the database's own text search doing the same, in one run: match, first page, count.

``python -m bench.search --records 1000000`` builds synthetic posts (:mod:`bench.corpus`) through
:meth:`archiver.search.index.SearchIndex.put`, and beside them a plain index of the same texts in order of time: an FTS5
table, or with ``--postgresql`` a table with a ``tsvector`` column and GIN, on a server started for it. Each query is
asked of both in turn; that both find the same number is checked. The plain index reads the newest page with its texts
(or with snippets) and counts up to 10,000; ours does the same, and ``rendered`` also makes the marked excerpts of the
page. tantivy is asked the same, as something to compare with. Prints one JSON object: milliseconds (median and 95th
percentile) and ratios of medians, per class of query.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from archiver.database import Database
from archiver.search.index import COUNT_LIMIT, Page, SearchIndex
from archiver.search.postgresql import PostgresqlSearchIndex
from archiver.search.sqlite import SqliteSearchIndex
from archiver.search.tree import OnlyIds
from archiver.viewing import Viewer
from bench.corpus import START, Asked, Corpus, Post, document
from bench.raw import PAGE, Plain, Raw, RawFts5, RawPostgresql, vacuum
from bench.raw_tantivy import RawTantivy
from tests.servers.databases import Databases
from tests.servers.postgresql import Server

BATCH = 20_000


def build(corpus: Corpus, index: SearchIndex, database: Database, raw: Raw, beside: Plain) -> dict[str, float]:
    """Fill all; seconds each took."""
    with database.write() as connection:
        index.create(connection)
    took = {"ours": 0.0, "raw": 0.0, "tantivy": 0.0}
    posts = corpus.posts()
    while batch := list(itertools.islice(posts, BATCH)):
        took["ours"] += _timed(partial(_put, index, database, batch))
        took["raw"] += _timed(partial(raw.put, batch))
        took["tantivy"] += _timed(partial(beside.put, batch))
        print(f"\r{batch[-1].number + 1:,} records", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return took


def _put(index: SearchIndex, database: Database, batch: list[Post]) -> None:
    with database.write() as connection:
        index.put(connection, map(document, batch))


def questions(corpus: Corpus, raw: Raw, number: int) -> dict[str, list[Asked]]:
    """Queries by class, chosen by how many posts have their words."""
    choose = random.Random(3)
    shares = [(word, having / corpus.records) for word, having in raw.words()]

    def words(low: float, high: float) -> Callable[[], str]:
        fitting = sorted(word for word, share in shares if low <= share <= high)
        return lambda: choose.choice(fitting)

    rare, middle, common = words(0.00001, max(0.0003, 10 / corpus.records)), words(0.006, 0.02), words(0.03, 0.1)
    texts = [post.text for post in itertools.islice(corpus.posts(), 500 * 997) if post.number % 997 == 5]

    def phrase() -> str:
        found = choose.choice(texts).lower().rstrip(".").split()
        at = choose.randrange(len(found) - 2)
        return " ".join(found[at : at + 3])

    def classes() -> Iterator[tuple[str, Asked]]:
        for word in (rare(),):
            yield "rare", Asked(word, word)
        for word in (middle(),):
            yield "middle", Asked(word, word)
            start = START + timedelta(days=365 * choose.randrange(4))
            account = f"ac_{choose.randrange(20):04d}"
            dates = f"after:{start:%Y-%m-%d} before:{start + timedelta(days=365):%Y-%m-%d}"
            yield (
                "middle, account, year",
                Asked(f"{word} account:{account} {dates}", word, account, start, start + timedelta(days=365)),
            )
        for word in (common(),):
            yield "common", Asked(word, word)
            start = START + timedelta(days=choose.randrange(1700))
            dates = f"after:{start:%Y-%m-%d} before:{start + timedelta(days=30):%Y-%m-%d}"
            yield "common, 30 days", Asked(f"{word} {dates}", word, None, start, start + timedelta(days=30))
        for words_ in (phrase(),):
            yield "phrase of 3", Asked(f'"{words_}"', f'"{words_}"')
        for a, b, c in ((middle(), common(), common()),):
            yield "a AND b", Asked(f"{a} {b}", f"{a} AND {b}")
            yield "(a OR b) NOT c", Asked(f"({a} OR {b}) -{c}", f"({a} OR {b}) NOT {c}")
        for stump in (middle()[:4],):
            yield "prefix", Asked(f"{stump}*", f"{stump}*")

    found: dict[str, list[Asked]] = {}
    for _ in range(number):
        for name, asked in classes():
            found.setdefault(name, []).append(asked)
    return found


def ask_ours(
    index: SearchIndex, connection: Connection, asked: Asked, viewer: Viewer, *, rendered: bool = False
) -> int:
    """First page, then the count where the page is not all; ``rendered``: with everything a page of hits shows."""
    results = index.search(connection, asked.ours, viewer=viewer, page=Page(PAGE), facets=False)
    for hit in results.hits:
        if rendered:
            _ = (hit.record_id, hit.at, hit.author_name, hit.edited_away, hit.excerpt.html())
        else:
            _ = hit.record_id
    return results.total.count


def measure(index: SearchIndex, connection: Connection, raw: Raw, beside: Plain, asked: list[Asked]) -> dict[str, Any]:
    public = Viewer(access=frozenset({"public"}))
    ways: dict[str, Callable[[Asked], int]] = {
        "ours": lambda one: ask_ours(index, connection, one, Viewer.EVERYTHING),
        "ours, rendered": lambda one: ask_ours(index, connection, one, Viewer.EVERYTHING, rendered=True),
        "ours, public only": lambda one: ask_ours(index, connection, one, public),
        "raw": lambda one: raw.ask(one, COUNT_LIMIT, snippets=False),
        "raw with snippets": lambda one: raw.ask(one, COUNT_LIMIT, snippets=True),
        "tantivy": lambda one: beside.ask(one, COUNT_LIMIT, snippets=False),
        "tantivy with snippets": lambda one: beside.ask(one, COUNT_LIMIT, snippets=True),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    hits = []
    for one in asked:
        counts = {name: way(one) for name, way in ways.items()}
        if len(set(counts.values())) != 1:
            raise SystemExit(f"not the same hits for {one}: {counts}")
        hits.append(counts["ours"])
        rounds = [{name: _timed(partial(way, one)) for name, way in ways.items()} for _ in range(3)]
        for name, taken in times.items():
            taken.append(min(one_round[name] for one_round in rounds) * 1000)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    facets = [_timed(partial(index.facets, connection, one.ours, viewer=Viewer.EVERYTHING)) for one in asked[:10]]
    return {
        "median hits": statistics.median(hits),
        "ms": {name: [round(medians[name], 3), round(_p95(taken), 3)] for name, taken in times.items()},
        "facets ms": round(statistics.median(facets) * 1000, 3),
        "ratio": round(medians["ours"] / medians["raw"], 2),
        "ratio rendered": round(medians["ours, rendered"] / medians["raw with snippets"], 2),
        "ratio to tantivy": round(medians["ours"] / medians["tantivy"], 2),
        "ratio rendered to tantivy": round(medians["ours, rendered"] / medians["tantivy with snippets"], 2),
        "ratio p95": round(_p95(times["ours"]) / _p95(times["raw"]), 2),
    }


def _p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95)]


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=40, help="per class")
    parser.add_argument("--folder", type=Path, help="where to build; default: a temporary folder")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL")
    given = parser.parse_args()
    if given.postgresql:
        found = run_on_a_server(given.records, given.queries)
    else:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            found = run(Path(folder), given.records, given.queries)
    print(json.dumps(found, indent=1, ensure_ascii=False))


def run(folder: Path, records: int, queries: int) -> dict[str, Any]:
    """Everything on SQLite; the object that is printed."""
    database = Database(f"sqlite:///{folder / 'index.sqlite'}")
    index = SqliteSearchIndex(zone="UTC", register=lambda _: OnlyIds(), timeout=60)
    found = _run(index, database, RawFts5(folder / "raw.sqlite"), RawTantivy(folder / "tantivy"), records, queries)
    return found | {
        "megabytes": {path.name: round(path.stat().st_size / 1e6) for path in sorted(folder.glob("*.sqlite"))}
    }


def run_on_a_server(records: int, queries: int) -> dict[str, Any]:
    """The same on PostgreSQL, on a server that is started for it."""
    server = Server(options={"shared_buffers": "256MB"})
    try:
        return run_on_postgresql(Databases(server.url), records, queries)
    finally:
        server.close()


def run_on_postgresql(databases: Databases, records: int, queries: int) -> dict[str, Any]:
    """Everything on PostgreSQL; the object that is printed."""
    database, raw = Database(databases.new()), RawPostgresql(databases.new())
    index = PostgresqlSearchIndex(zone="UTC", register=lambda _: OnlyIds(), timeout=60)
    with tempfile.TemporaryDirectory() as folder:
        return _run(index, database, raw, RawTantivy(Path(folder) / "tantivy"), records, queries)


def _run(
    index: SearchIndex, database: Database, raw: Raw, beside: RawTantivy, records: int, queries: int
) -> dict[str, Any]:
    corpus = Corpus(records)
    took = build(corpus, index, database, raw, beside)
    raw.settle()
    beside.settle()
    if database.dialect != "sqlite":
        vacuum(database.url)
    asked = questions(corpus, raw, queries)
    with database.read() as connection:
        found = {name: measure(index, connection, raw, beside, several) for name, several in asked.items()}
    database.close()
    raw.close()
    return {
        "records": records,
        database.dialect: raw.version,
        "tantivy": beside.version,
        "records put per second": {name: round(records / seconds) for name, seconds in took.items()},
        "classes": found,
        "worst ratio": max(one["ratio"] for one in found.values()),
    }


if __name__ == "__main__":
    main()
