"""CSV files in exports: where each row stands, byte by byte, and its values. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping

from connectors.values import Unreadable

_DOUBLED = re.compile(rb'(?:[^"\r\n]++|"(?:[^"]++|"")*+")*+(?:\r?\n|\Z)')
_ESCAPED = re.compile(rb'(?:[^"\r\n]++|"(?:[^"\\]++|\\.|"")*+")*+(?:\r?\n|\Z)', re.DOTALL)
MOST_ROWS = 100_000
Row = Mapping[str, str]


def rows(body: bytes, *, escaped: bool = False, exact: bool = False) -> Iterator[tuple[int, int, Row | None]]:
    """Where each row stands, and its values by the column's name in lower case.

    Args:
        escaped: a quote inside quotes is written ``\\"`` as well.
        exact: a row with more or fewer values than there are columns is None.

    Raises:
        Unreadable: it is no CSV with a heading, or has too many rows.
    """
    position = len(b"\xef\xbb\xbf") if body.startswith(b"\xef\xbb\xbf") else 0
    heading: list[str] | None = None
    form = _ESCAPED if escaped else _DOUBLED
    for number in range(MOST_ROWS + 1):
        if position >= len(body):
            break
        found = form.match(body, position)
        if found is None or found.end() == position or number == MOST_ROWS:
            raise Unreadable("no CSV, or too long")
        start, position = position, found.end()
        values = _values(body[start:position], escaped)
        if heading is None:
            heading = [one.strip().casefold() for one in values]
        elif any(values):
            whole = not exact or len(values) == len(heading)
            yield start, position, dict(zip(heading, values, strict=False)) if whole else None


def _values(row: bytes, escaped: bool) -> list[str]:
    try:
        written = row.decode().rstrip("\r\n")
        escape = "\\" if escaped else None
        return next(csv.reader([written], strict=True, escapechar=escape), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable("a row that is no CSV") from error
