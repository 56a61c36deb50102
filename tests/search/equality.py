"""The same generated queries over the same generated records on SQLite and PostgreSQL: is everything the same?

``python -m tests.search.equality`` (``make search-equality``): 5,000 queries over 100,000 records. Both are drawn from
a seed, so a difference can be looked at again. Compared are all ids in order and exact counts, and, of every so many
queries, also facets, limited counts, pages in both orders, and how the hits of a page are shown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Connection

from archiver.database import Database
from archiver.search.documents import Document
from archiver.search.index import Order, Page, SearchIndex
from archiver.viewing import Viewer
from tests.search.examples import ACCESS, ACCOUNTS, NOON, WORDS, a_document, an_index
from tests.search.hostile import HOSTILE
from tests.servers import postgresql
from tests.servers.databases import Databases

_BATCH = 5_000
_PATIENCE = 600.0
"""Seconds for one search: what is compared is what both say, however slow the machine."""
_KINDS = ("post", "comment", "message", "share")
_STATES = ("visible", "visible", "visible", "hidden_by_page", "deleted_by_author", "not_returned")
_FLAGS = (frozenset[str](), frozenset({"media"}), frozenset({"comments"}), frozenset({"media", "comments"}))
_SIGNS = (
    "\u202e",
    "\u2066x\u2069",
    "👩‍🚒",
    "🏳️‍🌈",
    "東京都",
    "กรุงเทพ",
    "\0",
    "\ud800",
    "it's",
    '"',
    "''",
    "\\",
    "%s",
    "$1",
)


class Generated:
    """Records and queries that follow from a seed."""

    def __init__(self, seed: int, records: int) -> None:
        self._choose = Random(seed)
        self._records = records
        common = [
            f"{a}{b}{c}" for a in ("wa", "pa", "co", "me") for b in ("ter", "rk", "uncil") for c in ("", "s", "ing")
        ]
        self._words = [*common, *WORDS, *(f"word{number}" for number in range(300))]
        self._accounts = [*ACCOUNTS, *(f"ac_{number}" for number in range(40))]

    def records(self) -> Iterator[Document]:
        """Mostly short posts; some edited, some of strange signs, a few long, one or two of a megabyte."""
        for number in range(self._records):
            yield self._record(number)

    def _record(self, number: int) -> Document:
        choose = self._choose
        at = NOON + timedelta(seconds=choose.randrange(-4 * 10**7, 4 * 10**7) // choose.choice((1, 1, 1, 3600)))
        return a_document(
            self._text(number),
            *(self._text() for _ in range(choose.choice((0, 0, 0, 0, 1, 2)))),
            id=f"rc_{number}",
            account=choose.choice(self._accounts[: choose.choice((3, 43))]),
            kind=choose.choice(_KINDS),
            state=choose.choice(_STATES),
            access=choose.choice(("public", "public", "public", *ACCESS)),
            platform=choose.choice(("mastodon", "feed", "X (Twitter)")),
            at=choose.choice((at, at, at, None)),
            seen=self._seen(at),
            author=(
                str(number % 50),
                self._text() if number % 7 == 0 else "Jané O'Brien",
                f"jane{number % 50}@x.social",
            ),
            flags=choose.choice(_FLAGS),
            series=choose.choice((None, "GS-10", "Ünused")),
            in_public=choose.choice((*[None] * 9, (self._text(),))),
        )

    def _seen(self, at: datetime) -> datetime:
        return at + timedelta(minutes=self._choose.randrange(10_000))

    def _text(self, number: int | None = None) -> str:
        choose = self._choose
        if number is not None and number % 25_000 == 11:
            return " ".join(f"word{choose.randrange(10**7)}" for _ in range(90_000))  # a megabyte of different words
        if number is not None and number % 25_000 == 12:
            return "water park " * 95_000 + "councils met"  # a megabyte of few
        length = choose.choice((300, 700)) if choose.random() < 0.004 else choose.randrange(25)
        words = choose.choices(self._words[: choose.choice((20, 200, len(self._words)))], k=length)
        if choose.random() < 0.1:
            words.insert(choose.randrange(len(words) + 1), choose.choice(_SIGNS))
        if choose.random() < 0.02:
            words.append(choose.choice(HOSTILE))
        return choose.choice((" ", " ", " ", "-", "\n", ", ")).join(words)

    def query(self) -> str:
        """Anything from a word to a tree; now and then what somebody would type to break it."""
        return self._choose.choice(HOSTILE) if self._choose.random() < 0.05 else self._node(self._choose.randrange(4))

    def _node(self, depth: int) -> str:
        choose = self._choose
        if depth == 0:
            return self._leaf()
        parts = [self._node(depth - 1 - choose.randrange(depth)) for _ in range(choose.randrange(1, 4))]
        joined = choose.choice((" ", " ", " OR ", " AND ", " -")).join(parts)
        return choose.choice(("{}", "({})", "-({})", "NOT {}")).format(joined) if choose.random() < 0.5 else joined

    def _leaf(self) -> str:
        choose = self._choose
        words = choose.choices(self._words[: choose.choice((20, 200, len(self._words)))], k=choose.randrange(1, 4))
        way = choose.randrange(8)
        if way < 3:
            return words[0]
        if way == 3:
            return f'"{" ".join(words)}"'
        if way == 4:
            return f"{words[0][: choose.randrange(1, 5)]}*"
        if way == 5:
            return self._date()
        return choose.choice(
            (
                f"account:{choose.choice(self._accounts)}",
                f"kind:{choose.choice(_KINDS)}",
                f"state:{choose.choice(('visible', 'hidden', 'deleted', 'gone'))}",
                f"has:{choose.choice(('media', 'link', 'edits', 'comments'))}",
                f"platform:{choose.choice(('feed', 'mastodon'))}",
                f"series:{choose.choice(('gs-10', 'unused'))}",
                f"author:{words[0]}",
                f"author:@jane{choose.randrange(50)}@x.social",
                'author:"jane o\'brien"',
                "C-SPAN",
                "555-1234",
                choose.choice(_SIGNS),
            )
        )

    def _date(self) -> str:
        at = NOON + timedelta(days=self._choose.randrange(-500, 500))
        form = self._choose.choice(("%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H:%M"))
        return f"{self._choose.choice(('before', 'after', 'on'))}:{at:{form}}"

    def viewer(self) -> Viewer:
        choose = self._choose
        accounts = choose.choice((None, None, frozenset(choose.sample(self._accounts, choose.randrange(1, 30)))))
        return Viewer(accounts, choose.choice((None, frozenset({"public"}), frozenset(ACCESS))))


def answer(
    index: SearchIndex, connection: Connection, query: str, viewer: Viewer, limit: int, *, whole: bool
) -> dict[str, object]:
    """What an index says of a query: its hits and their number; if ``whole``, everything."""
    listing = index.listing(connection, query, viewer=viewer)
    said: dict[str, object] = {
        "ids": listing.record_ids,
        "held": listing.records,
        "count": index.count_exact(connection, query, viewer=viewer),
    }
    if whole:
        said["facets"] = index.facets(connection, query, viewer=viewer, limit=limit)
        said["all facets"] = index.facets(connection, query, viewer=viewer, limit=None)
        said.update(_pages(index, connection, query, viewer, limit))
    return said


def _pages(
    index: SearchIndex, connection: Connection, query: str, viewer: Viewer, limit: int
) -> Iterator[tuple[str, object]]:
    for order in Order:
        after = None
        for number in range(2):
            page = Page(20, after)
            found = index.search(connection, query, viewer=viewer, page=page, order=order, count_limit=limit)
            shown = [
                (hit.record_id, hit.at, hit.edited_away, hit.versions, hit.excerpt.html()) for hit in found.hits[:3]
            ]
            ids = [hit.record_id for hit in found.hits]
            yield f"{order}, page {number}", (ids, shown, found.total, found.next, found.facets, found.reading)
            after = found.next
            if after is None:
                break


def differences(
    databases: list[Database],
    seed: int,
    records: int,
    queries: int,
    *,
    every: int = 1,
    skipped: int = 0,
    loud: bool = False,
) -> list[str]:
    """Fill both databases, ask both, and say where they differ; at most ten. ``every``: of how many queries one is
    compared in everything, the others in their hits and counts. The first ``skipped`` are drawn and not asked."""
    generated = Generated(seed, records)
    indexes = [an_index(database, timeout=_PATIENCE) for database in databases]
    _fill(databases, indexes, generated, loud)
    return compared(databases, indexes, generated, queries, every=every, skipped=skipped, loud=loud)


def compared(
    databases: list[Database],
    indexes: list[SearchIndex],
    generated: Generated,
    queries: int,
    *,
    every: int,
    skipped: int = 0,
    loud: bool,
) -> list[str]:
    """Ask both, which hold the generated records, and say where they differ."""
    found: list[str] = []
    for number in range(queries):
        query, viewer, limit = generated.query(), generated.viewer(), 10 ** (number % 4 + 1)
        if number < skipped:
            continue
        first, second = (
            _asked(database, index, query, viewer, limit, whole=number % every == 0)
            for database, index in zip(databases, indexes, strict=True)
        )
        differing = [
            f"query {number} {query[:500]!r} {viewer}: {what}: {str(first[what])[:500]} / {str(second[what])[:500]}"
            for what in first
            if first[what] != second.get(what)
        ]
        found += differing
        if loud:
            _tell(number, differing)
        if len(found) >= 10:
            break
    return found


def _tell(number: int, differing: list[str]) -> None:
    """Whoever stops a long run has what was found so far."""
    for difference in differing:
        print(difference, flush=True)
    if number % 100 == 99:
        print(f"{number + 1:,} queries", file=sys.stderr)


def _asked(
    database: Database, index: SearchIndex, query: str, viewer: Viewer, limit: int, *, whole: bool
) -> dict[str, object]:
    with database.read() as connection:
        return answer(index, connection, query, viewer, limit, whole=whole)


def _fill(databases: list[Database], indexes: list[SearchIndex], generated: Generated, loud: bool) -> None:
    batch: list[Document] = []
    for document in generated.records():
        batch.append(document)
        if len(batch) == _BATCH:
            _put(databases, indexes, batch)
            if loud:
                print(document.record_id, file=sys.stderr)
            batch = []
    _put(databases, indexes, batch)
    for database in databases:  # what the servers know of the words decides how they look for them
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")


def _put(databases: list[Database], indexes: list[SearchIndex], batch: list[Document]) -> None:
    """New, and every tenth once more with other words, so that much is also changed."""
    again = batch[::10]
    for database, index in zip(databases, indexes, strict=True):
        with database.write() as connection:
            index.put(connection, [a_document("as it was", id=document.record_id) for document in again])
            index.put(connection, batch)


@contextmanager
def both(folder: Path, databases: Databases) -> Iterator[list[Database]]:
    """An empty index on each database."""
    made = [Database(f"sqlite:///{folder / 'index.sqlite'}"), Database(databases.new_with_tables())]
    for database in made:
        with database.write() as connection:
            an_index(database).create(connection)
    yield made
    for database in made:
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=5_000)
    parser.add_argument("--every", type=int, default=20, help="of how many queries one is compared in everything")
    parser.add_argument("--skip", type=int, default=0, help="queries at the beginning that are not asked")
    parser.add_argument("--seed", type=int, default=20_260_101)
    chosen = parser.parse_args()
    began = time.monotonic()
    with postgresql.session_server() as url, tempfile.TemporaryDirectory() as folder:
        server = Databases(url)
        with both(Path(folder), server) as databases:
            found = differences(
                databases, chosen.seed, chosen.records, chosen.queries,
                every=chosen.every, skipped=chosen.skip, loud=True,
            )  # fmt: skip
        server.close()
    said = f"{len(found)} differences" if found else "no difference"
    asked = f"queries {chosen.skip + 1:,} to {chosen.queries:,}" if chosen.skip else f"{chosen.queries:,} queries"
    print(f"{asked} over {chosen.records:,} records, seed {chosen.seed}: {said},"
          f" {time.monotonic() - began:,.0f} seconds")  # fmt: skip
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
