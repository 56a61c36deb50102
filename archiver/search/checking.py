"""Does an index say what the records say? The part that is the same on every database: row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archiver.search.documents import Document
from archiver.search.index import MOST_NAMED, CheckReport, Progress
from archiver.search.rows import Stored, to_row
from archiver.search.source import batches

#: Records looked at together.
BATCH = 1000


def compare_rows(
    documents: Iterable[Document],
    stored: Callable[[list[str]], dict[str, Stored]],
    report: CheckReport,
    progress: Progress | None,
) -> set[int]:
    """Compare what is ``stored`` with ``documents``, which are to be all; the ids of those that are stored."""
    seen: set[int] = set()
    for batch in batches(documents, BATCH):
        held = stored([document.record_id for document in batch])
        for document in batch:
            row = held.get(document.record_id)
            if row is None:
                name(report, report.missing, document.record_id)
            else:
                seen.add(row.id)
                if row._replace(id=0) != to_row(document):
                    name(report, report.outdated, document.record_id)
        report.records += len(batch)
        if progress:
            progress(report.records)
    return seen


def name(report: CheckReport, names: list[str], record_id: str) -> None:
    """Count a record that is wrong, and name it while there are few."""
    report.wrong += 1
    if len(names) < MOST_NAMED:
        names.append(record_id)
