"""A database's own text search over the same texts: what a few lines of SQL give."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import URL, make_url

from bench.corpus import Asked, Post

PAGE = 50


class Plain(Protocol):
    """One plain index."""

    version: str

    def put(self, batch: list[Post]) -> None:
        """Add posts and commit."""
        ...

    def settle(self) -> None:
        """All were added."""
        ...

    def ask(self, asked: Asked, limit: int, *, snippets: bool) -> int:
        """First page with its texts or with snippets, then the count, up to ``limit``, where the page is not all."""
        ...

    def close(self) -> None: ...


class Raw(Plain, Protocol):
    """One that a database keeps."""

    def words(self) -> Iterable[tuple[str, int]]:
        """Every word, and how many posts have it."""
        ...


class RawFts5:
    """An FTS5 table, and accounts and times in another."""

    version = sqlite3.sqlite_version

    def __init__(self, path: Path) -> None:
        self._raw = sqlite3.connect(path, isolation_level=None)
        # As much memory as the archiver has (:mod:`archiver.engines`).
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768", "temp_store=MEMORY"):
            self._raw.execute(f"PRAGMA {pragma}")
        self._raw.execute("CREATE VIRTUAL TABLE plain USING fts5 (body)")
        self._raw.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, account TEXT, at TEXT)")

    def put(self, batch: list[Post]) -> None:
        raw = self._raw
        raw.execute("BEGIN")
        raw.executemany("INSERT INTO plain (rowid, body) VALUES (?, ?)", [(post.number, post.text) for post in batch])
        rows = [(post.number, post.account, post.at.isoformat()) for post in batch]
        raw.executemany("INSERT INTO post VALUES (?, ?, ?)", rows)
        raw.execute("COMMIT")

    def settle(self) -> None:
        pass

    def words(self) -> Iterable[tuple[str, int]]:
        self._raw.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, plain, row)")
        return self._raw.execute("SELECT term, doc FROM vocabulary").fetchall()

    def ask(self, asked: Asked, limit: int, *, snippets: bool) -> int:
        shown = "snippet(plain, 0, '<mark>', '</mark>', '…', 40)" if snippets else "plain.body"
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
        page = self._raw.execute(
            f"SELECT plain.rowid, {shown} {rest} ORDER BY plain.rowid DESC LIMIT {PAGE + 1}", parameters
        ).fetchall()
        if len(page) <= PAGE:
            return len(page)
        counted = f"SELECT count(*) FROM (SELECT 1 {rest} LIMIT {limit + 1})"
        return min(int(self._raw.execute(counted, parameters).fetchone()[0]), limit)

    def close(self) -> None:
        self._raw.close()


class RawPostgresql:
    """A table with a ``tsvector`` column of the ``simple`` configuration, and GIN over it."""

    def __init__(self, url: str) -> None:
        self._raw = _connect(make_url(url))
        self.version = self._raw.info.parameter_status("server_version") or ""
        self._raw.execute(
            "CREATE TABLE plain (id bigint PRIMARY KEY, account text, at timestamptz, body text,"
            " words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED)"
        )
        self._raw.execute("CREATE INDEX plain_words ON plain USING gin (words)")

    def put(self, batch: list[Post]) -> None:
        with self._raw.transaction(), self._raw.cursor() as cursor:
            rows = [(post.number, post.account, post.at, post.text) for post in batch]
            cursor.executemany("INSERT INTO plain (id, account, at, body) VALUES (%s, %s, %s, %s)", rows)

    def settle(self) -> None:
        self._raw.execute("VACUUM ANALYZE plain")

    def words(self) -> Iterable[tuple[str, int]]:
        return self._raw.execute("SELECT word, ndoc FROM ts_stat('SELECT words FROM plain')").fetchall()

    def ask(self, asked: Asked, limit: int, *, snippets: bool) -> int:
        given: dict[str, Any] = {"query": tsquery(asked.raw), "account": asked.account}
        wheres = ["words @@ to_tsquery('simple', %(query)s)"]
        if asked.since is not None:
            wheres.append("at >= %(since)s AND at < %(until)s")
            given |= {"since": asked.since, "until": asked.until}
        if asked.account is not None:
            wheres.append("account = %(account)s")
        rest = f"FROM plain WHERE {' AND '.join(wheres)}"
        shown = "ts_headline('simple', body, to_tsquery('simple', %(query)s))" if snippets else "body"
        # The page first, and then its texts: made before sorting, snippets would be made of every hit.
        newest = f"SELECT id, body {rest} ORDER BY id DESC LIMIT {PAGE + 1}"
        page = self._fetch(f"SELECT id, {shown} FROM ({newest}) AS newest ORDER BY id DESC", given)
        if len(page) <= PAGE:
            return len(page)
        return min(
            int(self._fetch(f"SELECT count(*) FROM (SELECT 1 {rest} LIMIT {limit + 1}) AS hit", given)[0][0]), limit
        )

    def _fetch(self, statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
        return self._raw.execute(statement, given).fetchall()

    def close(self) -> None:
        self._raw.close()


def vacuum(url: URL) -> None:
    """What the server does by itself after a while."""
    with _connect(url) as connection:
        connection.execute("VACUUM ANALYZE")


def _connect(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def tsquery(fts5: str) -> str:
    """A query of :class:`bench.corpus.Asked` in PostgreSQL's words."""
    phrases = re.sub(r'"([^"]+)"', lambda found: " <-> ".join(found[1].split()), fts5)
    for theirs, ours in ((" AND ", " & "), (" OR ", " | "), (" NOT ", " & !"), ("*", ":*")):
        phrases = phrases.replace(theirs, ours)
    return phrases
