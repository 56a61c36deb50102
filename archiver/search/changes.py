"""What of a batch of documents has to be written: what has not changed is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from archiver.helper import Helper
from archiver.search import spelling
from archiver.search.documents import Document
from archiver.search.rows import Stored, to_row


@dataclass(frozen=True, slots=True)
class Changes:
    """Documents that the index does not hold as they are now, each with what is to be stored of it."""

    documents: list[Document]
    rows: list[Stored]
    """Their rows, in the same order; ids are not known yet and read 0."""
    before: dict[str, Stored]
    """How they are stored now, by record id, where they are."""
    terms: Callable[[], list[str]]
    """Gives their terms, in the same order."""


def find(
    documents: Sequence[Document], stored: Callable[[Iterable[str]], dict[str, Stored]], helper: Helper | None
) -> Changes:
    """Compare documents with what is ``stored``; of several with one record id the last counts."""
    latest = {document.record_id: document for document in documents}
    held = stored(latest)
    rows = {record_id: to_row(document) for record_id, document in latest.items()}
    changed = [rid for rid, row in rows.items() if rid not in held or held[rid]._replace(id=0) != row]
    chosen, chosen_rows = [latest[rid] for rid in changed], [rows[rid] for rid in changed]
    terms = spelling.begin(chosen, chosen_rows, helper)
    return Changes(chosen, chosen_rows, {rid: held[rid] for rid in changed if rid in held}, terms)
