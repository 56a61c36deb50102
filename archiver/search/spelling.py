"""The terms of many documents at once: computed here, or in a process beside this one. The result is the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from archiver.search.documents import Document
from archiver.search.rows import Stored, to_document
from archiver.search.terms import document_terms

if TYPE_CHECKING:  # the helping process loads this module, and nothing that is slow to load
    from archiver.helper import Helper, Promise

_AT_ONCE = 250


def begin(documents: Sequence[Document], rows: Sequence[Stored], helper: Helper | None) -> Callable[[], list[str]]:
    """Have the terms of ``documents`` computed, of which ``rows`` is how they are stored; what is returned gives
    them, in order."""
    if helper is None:
        return lambda: [document_terms(document) for document in documents]
    pieces = range(0, len(rows), _AT_ONCE)
    promises = [helper.ask("terms", json.dumps(rows[at : at + _AT_ONCE]).encode()) for at in pieces]
    return lambda: [
        terms
        for at, promise in zip(pieces, promises, strict=True)
        for terms in _had(promise, documents[at : at + _AT_ONCE])
    ]


def _had(promise: Promise, documents: Sequence[Document]) -> list[str]:
    answer = promise.get()
    if answer is None:
        return [document_terms(document) for document in documents]
    found: list[str] = json.loads(answer)
    return found


def compute(content: bytes) -> bytes:
    """What the helping process does with stored rows, as JSON."""
    rows = (Stored._make(row) for row in json.loads(content))
    return json.dumps([document_terms(to_document(row)) for row in rows]).encode()
