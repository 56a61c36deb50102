"""Hits: indexed rows as somebody sees them, whatever database they came from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from archiver import clock
from archiver.records.seeing import only_public
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.search import conditions, meaning
from archiver.search.documents import DocumentVersion
from archiver.search.excerpts import Excerpt, excerpt
from archiver.search.finder import Finder
from archiver.search.rows import Content, Stored, content_of, to_document
from archiver.search.tree import Query
from archiver.viewing import Viewer


class Asked:
    """What every hit of one query needs to know of it."""

    def __init__(self, query: Query, viewer: Viewer) -> None:
        self._query = query
        self._viewer = viewer

    @cached_property
    def condition(self) -> conditions.Condition:
        return meaning.condition(self._query.root)

    @cached_property
    def whole(self) -> conditions.Condition:
        """The same of records of which more is seen than what everybody saw."""
        return meaning.closed(self.condition)

    def shows_only_public(self, account_id: str) -> bool:
        """Whether whoever asks sees of an account what everybody saw, and nothing else."""
        return only_public(self._viewer, account_id)

    @cached_property
    def finder(self) -> Finder:
        return Finder(self._query.root)


class Hit:
    """One record that answers. What takes time to make (the excerpt) is made when it is first looked at."""

    def __init__(self, columns: Iterable[Any], asked: Asked) -> None:
        # At once: a property that keeps it would take a lock for every hit, which is longer than making it.
        self._row = Stored._make(columns)
        self._asked = asked

    def __repr__(self) -> str:
        return f"Hit({self.record_id})"

    @property
    def record_id(self) -> str:
        return self._row.record_id

    @property
    def account_id(self) -> str:
        return self._row.account_id

    @property
    def platform(self) -> str:
        return self._row.platform

    @property
    def kind(self) -> str:
        return self._row.kind

    @property
    def access(self) -> str:
        """Access class."""
        return self._row.access

    @property
    def state(self) -> str:
        return self._row.state

    @property
    def at(self) -> datetime:
        """When it was created by the platform's clock, else first seen; UTC."""
        return clock.from_text(self._row.created_at or self._row.first_seen_at)

    @property
    def author_name(self) -> str | None:
        return self._content.author_name

    @property
    def author_handle(self) -> str | None:
        return self._content.author_handle

    @property
    def versions(self) -> int:
        """How many versions of it are known to whoever asks."""
        return len(self._versions)

    @cached_property
    def edited_away(self) -> bool:
        """What the record says now does not answer; only with what it said before does it. Of what only exports tell,
        nobody saw anything edited away."""
        if len(self._versions) < 2 or self.state == KNOWN_FROM_IMPORT:
            return False
        current = [version for version in self._versions if version.current]
        condition = self._asked.condition if self._is_only_public else self._asked.whole
        return not conditions.holds(condition, to_document(self._row, self._content), current)

    @cached_property
    def excerpt(self) -> Excerpt:
        """A few words around what was asked for: of what the record says now, or else of an earlier version."""
        return excerpt(self._asked.finder, _in_order(self._versions, earlier_first=self.edited_away))

    @cached_property
    def _content(self) -> Content:
        return content_of(self._row)

    @cached_property
    def _versions(self) -> list[DocumentVersion]:
        in_public = self._content.in_public
        shown = self._content.versions if in_public is None or not self._is_only_public else in_public
        return [DocumentVersion(*version) for version in shown]

    @cached_property
    def _is_only_public(self) -> bool:
        return self._asked.shows_only_public(self.account_id)


def _in_order(versions: list[DocumentVersion], *, earlier_first: bool) -> Iterable[tuple[str, str]]:
    """What the record says now, then what it said before, newest first; or the other way round."""
    newest_first = versions[::-1]
    chosen = sorted(newest_first, key=lambda version: version.current == earlier_first)
    return [(version.id, version.text) for version in chosen]
