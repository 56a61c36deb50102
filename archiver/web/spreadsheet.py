"""Lists of the desk as CSV, written while they are sent: of any length, and safe to open whoever wrote them."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from fastapi.responses import StreamingResponse

from archiver.accounts.register import sheets
from archiver.visible import visible

Cell = str | int | None
_TYPE = "text/csv; charset=utf-8"
_AT_ONCE = 500


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> StreamingResponse:
    """A file to be saved. ``name`` is of our making; steering characters of the cells are written out, and none is a
    formula."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return StreamingResponse(_parts(head, rows), media_type=_TYPE, headers=headers)


def _parts(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    yield codecs.BOM_UTF8 + sheets.written([head])
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        yield sheets.written([_cell(one) for one in row] for row in some)


def _cell(one: Cell) -> str:
    return "" if one is None else visible(str(one))
