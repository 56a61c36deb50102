"""Tables of the search index that every database has. All of it is derived from records, except frozen searches.

The words themselves are in tables whose names begin with ``search_words``: one of FTS5 on SQLite (see
:mod:`archiver.search.sqlite`), several with ``tsvector`` on PostgreSQL (:mod:`archiver.search.postgresql_rows`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, true
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json

_Id = BigInteger().with_variant(Integer, "sqlite")


class SearchRecord(Base):
    """One indexed record: what hits are counted by. Kept narrow, because facets read thousands of rows."""

    __tablename__ = "search_record"

    id: Mapped[int] = mapped_column(
        _Id, primary_key=True, autoincrement=False, comment="(seconds since 1970 << 20) | 20 bits: sorts by date"
    )
    record_id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]


class SearchSource(Base):
    """What was indexed of the record: shown with a hit, and needed word by word to take it out of the index again."""

    __tablename__ = "search_source"

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=False)
    platform: Mapped[str]
    access: Mapped[str]
    created_at: Mapped[datetime | None] = mapped_column(Instant)
    first_seen_at: Mapped[datetime] = mapped_column(Instant)
    content: Mapped[Any] = mapped_column(Json, comment="author, series, flags, versions")


class SearchIndexed(Base):
    """How the index was made; one row."""

    __tablename__ = "search_indexed"

    id: Mapped[int] = mapped_column(primary_key=True)
    analyser: Mapped[str] = mapped_column(comment="archiver.search.analyser.IDENTITY")
    marked: Mapped[bool] = mapped_column(
        server_default=true(), comment="what is known from closed answers only is marked, so that it can be held back"
    )


class SearchStatement(Base):
    """A frozen search: what was asked, when, of which index, and every record that answered. Never changed."""

    __tablename__ = "search_statement"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    sha256: Mapped[str] = mapped_column(comment="of body")
    body: Mapped[bytes] = mapped_column(comment="canonical JSON; docs of archiver.search.statements")


TABLES = [
    Base.metadata.tables[one.__tablename__] for one in (SearchRecord, SearchSource, SearchIndexed, SearchStatement)
]
