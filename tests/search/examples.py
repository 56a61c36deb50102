"""Documents and queries for the tests of search."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection

from archiver.database import Database
from archiver.search.documents import Document, DocumentVersion
from archiver.search.index import SearchIndex
from archiver.search.postgresql import PostgresqlSearchIndex
from archiver.search.sqlite import SqliteSearchIndex
from archiver.search.tree import OnlyIds
from archiver.viewing import Viewer

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ALL = Viewer.EVERYTHING
_numbers = itertools.count()


def a_document(
    text: str | None = "",
    *earlier: str,
    id: str | None = None,
    account: str = "ac_parks",
    kind: str = "post",
    state: str = "visible",
    access: str = "public",
    platform: str = "mastodon",
    at: datetime | None = NOON,
    seen: datetime = NOON + timedelta(days=900),
    author: tuple[str | None, str | None, str | None] = ("17", "Jané Doe", "jane@city.example"),
    flags: frozenset[str] = frozenset(),
    series: str | None = None,
    in_public: tuple[str, ...] | None = None,
    closed: frozenset[str] = frozenset(),
) -> Document:
    """A record that says ``text`` and said ``earlier`` before (in order of time); None: no version is current.
    ``in_public``: what everybody saw it say, where that is something else."""
    record_id = id or f"rc_{next(_numbers)}"
    said = [(*pair, False) for pair in enumerate(earlier)]
    if text is not None:
        said.append((len(earlier), text, True))
    author_id, author_name, author_handle = author
    return Document(
        record_id=record_id,
        account_id=account,
        platform=platform,
        kind=kind,
        access=access,
        state=state,
        created_at=at,
        first_seen_at=seen,
        author_id=author_id,
        author_name=author_name,
        author_handle=author_handle,
        series=series,
        flags=flags,
        versions=tuple(DocumentVersion(f"ve_{record_id}_{n}", words, current) for n, words, current in said),
        in_public=None
        if in_public is None
        else tuple(
            DocumentVersion(f"ve_{record_id}_{n}", words, n == len(in_public) - 1) for n, words in enumerate(in_public)
        ),
        closed=closed,
    )


def an_index(database: Database, **chosen: Any) -> SearchIndex:
    """The index that belongs to a database; accounts have no names but their ids. ``chosen``: what else it is told."""
    kind = SqliteSearchIndex if database.dialect == "sqlite" else PostgresqlSearchIndex
    return kind(**{"register": lambda _: OnlyIds()} | chosen)


def found(index: SearchIndex, connection: Connection, query: str, viewer: Viewer = ALL) -> set[str]:
    """Ids of all records that answer."""
    return set(index.listing(connection, query, viewer=viewer).record_ids)


@contextmanager
def trial(database: Database) -> Iterator[Connection]:
    """A transaction that is undone."""
    with database.engine.connect().execution_options(archiver_write=True) as connection, connection.begin() as act:
        yield connection
        act.rollback()


# -- what Hypothesis draws from: few words, so that they meet

WORDS = [
    *("water", "waters", "WATER", "main", "café", "cafe", "CAFÉ", "the", "or", "not", "a", "running", "run"),
    *("C-SPAN", "c-span", "cspan", "555-1234", "5551234", "mayor's", "mayor’s", "mayor", "O'Brien", "obrien"),
    *("#Park_Day", "park_day", "parkday", "#park", "@mayor", "@mayor@x.social", "jane@x.social", "https://x.social/a"),
    *(
        "東京",
        "東京タワー",
        "ไทย",
        "กิน",
        "العَرَبية",
        "العربية",
        "👍",
        "👍🏽",
        "🇺🇸",
        "½",
        "ﬁne",
        "fine",
        "\ud800",
        "\0",
        "z",
        "xwater",
    ),
    *("swater", "…", "'", "-", "ma\u200byor", "straße", "STRASSE", "strasse"),
]
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=6).map(" ".join)
moments = st.sampled_from(
    [NOON + timedelta(hours=hours) for hours in (-8760, -744, -24, -13, -7, 0, 7, 24, 744, 8760)]
    + [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ]
)
ACCOUNTS = ("ac_parks", "ac_fire", "ac_mayor")
ACCESS = ("public", "private", "settings", "strange")
_KINDS = ("post", "comment", "message")
_STATES = ("visible", "hidden_by_page", "deleted_by_author", "not_returned")


@st.composite
def documents(draw: st.DrawFn, id: str = "") -> Document:
    return a_document(
        draw(st.none() | texts),
        *draw(st.lists(texts, max_size=2)),
        id=id or f"rc_{draw(st.integers(0, 30))}",
        account=draw(st.sampled_from(ACCOUNTS)),
        kind=draw(st.sampled_from(_KINDS)),
        state=draw(st.sampled_from(_STATES)),
        access=draw(st.sampled_from(ACCESS)),
        platform=draw(st.sampled_from(["mastodon", "feed", "X (Twitter)"])),
        at=draw(st.none() | moments),
        seen=draw(moments),
        author=(
            draw(st.none() | texts),
            draw(st.none() | texts),
            draw(st.none() | st.sampled_from(["@jane", "jane@x.social", "Jane_Doe"])),
        ),
        flags=frozenset(draw(st.sets(st.sampled_from(["media", "comments"])))),
        series=draw(st.none() | st.sampled_from(["GS-10", "Ünused"])),
        in_public=draw(st.none() | st.none() | st.lists(texts, max_size=2).map(tuple)),
        closed=frozenset(draw(st.sets(st.just("comments")))),
    )


_said = st.sampled_from(WORDS) | st.text(max_size=4)
_fields = st.one_of(
    st.builds(
        "{}:{}".format,
        st.sampled_from(["before", "after", "on"]),
        st.sampled_from(["2024", "2024-05", "2024-05-01", "5/1/2024", "2024-13", "2024-05-01T07:00", "x"]),
    ),
    st.sampled_from(
        [f"account:{one}" for one in ACCOUNTS] + [f"kind:{one}" for one in (*_KINDS, "replies", "strange")]
    ),
    st.sampled_from([f"state:{one}" for one in ("visible", "hidden", "deleted", "gone", "Not-Returned", "x")]),
    st.sampled_from(
        ["has:edits", "has:media", "has:link", "has:comments", "has:x", "platform:FEED", 'platform:"x (twitter)"']
    ),
    st.sampled_from(["series:gs-10", "series:unused", "department:parks", "author:", "account:", 'author:""']),
    st.builds('author:"{}"'.format, texts),
    st.builds("author:{}".format, _said),
)
_leaves = st.one_of(
    _said,
    _fields,
    st.builds('"{}"'.format, texts),
    st.builds("{}*".format, st.sampled_from(["wa", "c", "東", "caf", "555-1", "", "p"])),
)
#: Well-formed queries and ones that only look so.
queries = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds("{} {}".format, inner, inner),
        st.builds("{} OR {}".format, inner, inner),
        st.builds("-{}".format, inner),
        st.builds("NOT {}".format, inner),
        st.builds("({})".format, inner),
        st.builds("-({})".format, inner),
        st.builds("{} AND {}".format, inner, inner),
    ),
    max_leaves=8,
) | st.text(alphabet=st.sampled_from("ab\"“”()-*:#@ ORANDT\0é東'."), max_size=25)
