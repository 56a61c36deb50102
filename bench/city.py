"""A city's search index for measuring pages: 300 accounts on 8 platforms, and what was said, edited, hidden and removed
there. Only what search reads is filled in."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, text

from archiver import ids
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.search.documents import Document, DocumentVersion
from bench.corpus import START, Corpus, Post, document
from bench.raw import vacuum

ACCOUNTS, AUTHORITIES = 300, 40
PLATFORMS = ("facebook", "instagram", "x", "youtube", "mastodon", "bluesky", "nextdoor", "linkedin")
#: Of a hundred records, those that are not visible.
_STATES = (*("not_returned", "hidden_by_page") * 2, "deleted_by_author", "removed_by_platform")
_BATCH = 20_000
_GIN = "CREATE INDEX ix_search_words_words ON search_words USING gin (words) WITH (fastupdate = off)"


def account_id(number: int) -> str:
    """Id of one of the accounts."""
    return ids.account_id("bench", "https://bench.example", str(number % ACCOUNTS))


def fill(archive: Archive, records: int) -> None:
    """Fill the index of an archive, unless it is filled."""
    with archive.database.read() as connection:
        held = connection.execute(text("SELECT count(*) FROM search_record")).scalar_one()
    if held:
        if held != records:
            raise SystemExit(f"there are {held:,} records already")
        return
    with archive.database.write() as connection:
        connection.execute(insert(Account), [_account(number) for number in range(ACCOUNTS)])
    with _quickly(archive):
        posts = Corpus(records).posts()
        while batch := list(itertools.islice(posts, _BATCH)):
            with archive.database.write() as connection:
                archive.search.put(connection, _documents(batch))
            print(f"\r{batch[-1].number + 1:,} records", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


@contextmanager
def _quickly(archive: Archive) -> Iterator[None]:
    """On PostgreSQL the index over the words is made when all are there, which takes a fifth of the time."""
    if archive.database.dialect == "sqlite":
        yield
        return
    with archive.database.write() as connection:
        connection.execute(text("DROP INDEX ix_search_words_words"))
    yield
    with archive.database.write() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        connection.execute(text(_GIN))
    vacuum(archive.database.url)


def _documents(posts: Iterable[Post]) -> Iterator[Document]:
    """Seven in a hundred are not visible, five were edited, two are private messages."""
    for post in posts:
        choose = random.Random(post.number)
        share, number = choose.randrange(100), int(post.account.removeprefix("ac_"))
        found = replace(
            document(post), account_id=account_id(number), platform=PLATFORMS[number % ACCOUNTS % len(PLATFORMS)]
        )
        if share < len(_STATES):
            found = replace(found, state=_STATES[share])
        elif share < 11:
            before = DocumentVersion(f"ve_{post.number:031d}0", f"{post.text} Earlier.", current=False)
            found = replace(found, versions=(before, *found.versions))
        elif share < 13:
            found = replace(found, kind="message", access="private")
        yield found


def _account(number: int) -> dict[str, Any]:
    platform = PLATFORMS[number % len(PLATFORMS)]
    return {
        "id": account_id(number), "platform": platform, "service": f"https://{platform}.example",
        "platform_id": str(number), "handle": f"city{number}", "name": f"City Department {number}",
        "url": f"https://{platform}.example/city{number}", "authority": f"authority-{number % AUTHORITIES}",
        "provisional": False, "state": "active", "state_since": START, "settings": {}, "added_at": START,
    }  # fmt: skip
