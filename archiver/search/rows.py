"""How a document is kept beside the index, and read back exactly as it was."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from archiver import clock, compact
from archiver.search.documents import Document, DocumentVersion

_encode = compact.encoding(sort_keys=False)
#: Fields of the content of a row that says the same to everybody.
_USUAL = 6


class Stored(NamedTuple):
    """One indexed record as its two rows hold it. Times are text, content is JSON."""

    id: int
    record_id: str
    account_id: str
    kind: str
    state: str
    platform: str
    access: str
    created_at: str | None
    first_seen_at: str
    content: str


class Content(NamedTuple):
    """What :attr:`Stored.content` holds, in this order."""

    author_id: str | None
    author_name: str | None
    author_handle: str | None
    series: str | None
    flags: list[str]
    versions: list[tuple[str, str, bool]]
    in_public: list[tuple[str, str, bool]] | None = None
    """This and what follows is left out of a row that has neither: nearly all of them."""
    closed: list[str] = []  # noqa: RUF012 - read only


def to_row(document: Document) -> Stored:
    """How a document is stored; its id is not known yet and reads 0."""
    content = Content(
        document.author_id,
        document.author_name,
        document.author_handle,
        document.series,
        sorted(document.flags),
        _listed(document.versions),
        None if document.in_public is None else _listed(document.in_public),
        sorted(document.closed),
    )
    is_split = content.in_public is not None or content.closed
    return Stored(
        0,
        document.record_id,
        document.account_id,
        document.kind,
        document.state,
        document.platform,
        document.access,
        None if document.created_at is None else clock.repeated_text(document.created_at),
        clock.repeated_text(document.first_seen_at),
        _encode(content if is_split else content[:_USUAL]),
    )


def _listed(versions: Iterable[DocumentVersion]) -> list[tuple[str, str, bool]]:
    return [(version.id, version.text, version.current) for version in versions]


def content_of(row: Stored) -> Content:
    return Content(*json.loads(row.content))


def to_document(row: Stored, content: Content | None = None) -> Document:
    """The document that was stored."""
    content = content or content_of(row)
    return Document(
        record_id=row.record_id,
        account_id=row.account_id,
        platform=row.platform,
        kind=row.kind,
        access=row.access,
        state=row.state,
        created_at=None if row.created_at is None else clock.repeated_from_text(row.created_at),
        first_seen_at=clock.repeated_from_text(row.first_seen_at),
        author_id=content.author_id,
        author_name=content.author_name,
        author_handle=content.author_handle,
        series=content.series,
        flags=frozenset(content.flags),
        versions=tuple(DocumentVersion(*version) for version in content.versions),
        in_public=None
        if content.in_public is None
        else tuple(DocumentVersion(*version) for version in content.in_public),
        closed=frozenset(content.closed),
    )
