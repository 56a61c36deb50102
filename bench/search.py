"""Search over many records against raw FTS5 doing the same, in one run: match, first page and count.

``python -m bench.search --records 1000000`` builds synthetic posts (words by Zipf's law, 2,000 accounts, five years,
the same every time) through :meth:`SqliteSearchIndex.put`, and beside it a plain FTS5 table of the same texts in order
of time. Each query is asked of both in turn; that both find the same number is checked. Raw FTS5 reads the newest page
with its texts (or with ``snippet()``) and counts up to 10,000; ours does the same, and ``rendered`` also makes the
marked excerpts of the page. Prints one JSON object: milliseconds (median and 95th percentile) and ratios of medians,
per class of query.
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
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from archiver.database import Database
from archiver.search.analyser import stem
from archiver.search.documents import Document, DocumentVersion
from archiver.search.index import COUNT_LIMIT, Page, Viewer
from archiver.search.sqlite import SqliteSearchIndex
from archiver.search.tree import OnlyIds

START = datetime(2021, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)
ACCOUNTS = 2_000
WORDS = 20_000
BATCH = 20_000
PAGE = 50


@dataclass(frozen=True)
class Post:
    number: int
    account: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Asked:
    """One query in both languages."""

    ours: str
    raw: str
    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Corpus:
    """Posts that are the same in every run."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.words = self._vocabulary()
        self._word_weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(WORDS)))
        self._account_weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(ACCOUNTS)))

    def _vocabulary(self) -> list[str]:
        """Made-up words that are their own stems, so that both indexes match the same texts."""
        syllables = [a + b for a in "bcdfghklmnprstvwz" for b in "aiou"]
        made = (
            "".join(parts) + end
            for size in (1, 2, 3)
            for parts in itertools.product(syllables, repeat=size)
            for end in ("n", "k", "m")
        )
        words = list(itertools.islice((word for word in made if stem(word) == word), WORDS))
        random.Random(7).shuffle(words)
        return words

    def posts(self) -> Iterator[Post]:
        choose = random.Random(20260101)
        for number in range(self.records):
            length = choose.randint(6, 42)
            picks = (choose.random() * self._word_weights[-1] for _ in range(length))
            words = [self.words[bisect(self._word_weights, pick)] for pick in picks]
            account = bisect(self._account_weights, choose.random() * self._account_weights[-1])
            at = START + YEARS * ((number + choose.random()) / self.records)
            yield Post(number, f"ac_{account:04d}", at, " ".join(words).capitalize() + ".")


def document(post: Post) -> Document:
    version = DocumentVersion(f"ve_{post.number:032d}", post.text, current=True)
    return Document(
        record_id=f"rc_{post.number:032d}",
        account_id=post.account,
        platform="mastodon",
        kind="comment" if post.number % 4 else "post",
        access="public",
        state="visible",
        created_at=post.at,
        first_seen_at=post.at + timedelta(minutes=3),
        author_id=str(post.number % 5_000),
        author_name="Alex Doe",
        author_handle=f"alex{post.number % 5_000}@city.example",
        versions=(version,),
    )


def build(corpus: Corpus, index: SqliteSearchIndex, database: Database, raw: sqlite3.Connection) -> dict[str, float]:
    """Fill both; seconds each took."""
    with database.write() as connection:
        index.create(connection)
    raw.execute("CREATE VIRTUAL TABLE plain USING fts5 (body)")
    raw.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, account TEXT, at TEXT)")
    took = {"ours": 0.0, "raw": 0.0}
    posts = corpus.posts()
    while batch := list(itertools.islice(posts, BATCH)):
        took["ours"] += _timed(partial(_put, index, database, batch))
        took["raw"] += _timed(partial(_insert, raw, batch))
        print(f"\r{batch[-1].number + 1:,} records", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return took


def _put(index: SqliteSearchIndex, database: Database, batch: list[Post]) -> None:
    with database.write() as connection:
        index.put(connection, map(document, batch))


def _insert(raw: sqlite3.Connection, batch: list[Post]) -> None:
    raw.execute("BEGIN")
    raw.executemany("INSERT INTO plain (rowid, body) VALUES (?, ?)", [(post.number, post.text) for post in batch])
    rows = [(post.number, post.account, post.at.isoformat()) for post in batch]
    raw.executemany("INSERT INTO post VALUES (?, ?, ?)", rows)
    raw.execute("COMMIT")


def questions(corpus: Corpus, raw: sqlite3.Connection, number: int) -> dict[str, list[Asked]]:
    """Queries by class, chosen by how many posts have their words."""
    choose = random.Random(3)
    raw.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, plain, row)")
    shares = [(word, having / corpus.records) for word, having in raw.execute("SELECT term, doc FROM vocabulary")]

    def words(low: float, high: float) -> Callable[[], str]:
        fitting = sorted(word for word, share in shares if low <= share <= high)
        return lambda: choose.choice(fitting)

    rare, middle, common = words(0.00001, max(0.0003, 10 / corpus.records)), words(0.006, 0.02), words(0.03, 0.1)
    texts = [row[0] for row in raw.execute("SELECT body FROM plain WHERE rowid % 997 = 5 LIMIT 500")]

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


def ask_raw(raw: sqlite3.Connection, asked: Asked, shown: str) -> int:
    """First page with its texts, then the count where the page is not all."""
    wheres, parameters = ["plain MATCH ?"], [asked.raw]
    source = "plain"
    if asked.since is not None and asked.until is not None:
        source = "plain JOIN post ON post.id = plain.rowid"
        wheres.append("post.at >= ? AND post.at < ?")
        parameters += [asked.since.isoformat(), asked.until.isoformat()]
    if asked.account is not None:
        wheres.append("post.account = ?")
        parameters.append(asked.account)
    rest = f"FROM {source} WHERE {' AND '.join(wheres)}"
    page = raw.execute(
        f"SELECT plain.rowid, {shown} {rest} ORDER BY plain.rowid DESC LIMIT {PAGE + 1}", parameters
    ).fetchall()
    if len(page) <= PAGE:
        return len(page)
    count = raw.execute(f"SELECT count(*) FROM (SELECT 1 {rest} LIMIT {COUNT_LIMIT + 1})", parameters).fetchone()[0]
    return min(int(count), COUNT_LIMIT)


def ask_ours(
    index: SqliteSearchIndex, connection: Connection, asked: Asked, viewer: Viewer, *, rendered: bool = False
) -> int:
    """First page, then the count where the page is not all; ``rendered``: with everything a page of hits shows."""
    results = index.search(connection, asked.ours, viewer=viewer, page=Page(PAGE), facets=False)
    for hit in results.hits:
        if rendered:
            _ = (hit.record_id, hit.at, hit.author_name, hit.edited_away, hit.excerpt.html())
        else:
            _ = hit.record_id
    return results.total.count


def measure(
    index: SqliteSearchIndex, connection: Connection, raw: sqlite3.Connection, asked: list[Asked]
) -> dict[str, Any]:
    snippet = "snippet(plain, 0, '<mark>', '</mark>', '…', 40)"
    public = Viewer(access=frozenset({"public"}))
    ways: dict[str, Callable[[Asked], int]] = {
        "ours": lambda one: ask_ours(index, connection, one, Viewer.EVERYTHING),
        "ours, rendered": lambda one: ask_ours(index, connection, one, Viewer.EVERYTHING, rendered=True),
        "ours, public only": lambda one: ask_ours(index, connection, one, public),
        "raw": lambda one: ask_raw(raw, one, "plain.body"),
        "raw with snippets": lambda one: ask_raw(raw, one, snippet),
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
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(run(Path(folder), arguments.records, arguments.queries), indent=1, ensure_ascii=False))


def run(folder: Path, records: int, queries: int) -> dict[str, Any]:
    """Everything; the object that is printed."""
    corpus = Corpus(records)
    database = Database(f"sqlite:///{folder / 'index.sqlite'}")
    raw = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "temp_store=MEMORY"):
        raw.execute(f"PRAGMA {pragma}")
    index = SqliteSearchIndex(zone="UTC", register=lambda _: OnlyIds(), timeout=60)
    took = build(corpus, index, database, raw)
    asked = questions(corpus, raw, queries)
    with database.read() as connection:
        found = {name: measure(index, connection, raw, several) for name, several in asked.items()}
    database.close()
    raw.close()
    return {
        "records": records,
        "sqlite": sqlite3.sqlite_version,
        "records put per second": {name: round(records / seconds) for name, seconds in took.items()},
        "megabytes": {path.name: round(path.stat().st_size / 1e6) for path in sorted(folder.glob("*.sqlite"))},
        "classes": found,
        "worst ratio": max(one["ratio"] for one in found.values()),
    }


if __name__ == "__main__":
    main()
