"""Lists as CSV (RFC 4180), written while they are sent: of any length, and safe to open whoever wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import StreamingResponse

from archiver.visible import in_a_cell, visible

Cell = str | int | None
_TYPE = "text/csv; charset=utf-8"


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingResponse:
    """A file to be saved. ``name`` is of our making; steering characters of the cells are written out, and none is a
    formula."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(_lines(head, rows), media_type=_TYPE, headers=headers)


def _lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    kept = io.StringIO()
    writer = csv.writer(kept)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(one) for one in row])
        if kept.tell() > 1 << 16:
            yield kept.getvalue()
            kept.seek(0)
            kept.truncate()
    yield kept.getvalue()


def _cell(one: Cell) -> Cell:
    return in_a_cell(visible(one)) if isinstance(one, str) else one
