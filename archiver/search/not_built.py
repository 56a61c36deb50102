"""Where there is no search index yet: nothing is indexed, and whoever searches is told so. It can be made later from
the records, like every search index."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from sqlalchemy import Connection

from archiver.helper import Helper
from archiver.search.documents import Document
from archiver.search.index import CheckReport, OutdatedIndex, Progress

_SAYS = "this version cannot search on PostgreSQL yet; everything is captured and kept all the same"


class NotBuilt:
    """A :class:`archiver.search.index.SearchIndex` that takes everything and finds nothing."""

    def create(self, connection: Connection) -> None:
        pass

    def put(self, connection: Connection, documents: Iterable[Document], *, helper: Helper | None = None) -> None:
        pass

    def remove(self, connection: Connection, record_ids: Iterable[str]) -> None:
        pass

    def rebuild(self, connection: Connection, progress: Progress | None = None, *, helper: Helper | None = None) -> int:
        return 0

    def purge(self, connection: Connection) -> None:
        pass

    def outdated(self, connection: Connection) -> bool:
        return True

    def check(self, connection: Connection, progress: Progress | None = None) -> CheckReport:
        raise OutdatedIndex(_SAYS)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise OutdatedIndex(_SAYS)

    read = search = count_exact = facets = listing = _refuse
