"""Tables of text as spreadsheets write and read them. Pure.

Read: UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1252, as Excel writes it; commas,
semicolons or tabs, whichever the first line uses; any line ends. Written: UTF-8 with a byte order mark (so that Excel
reads it as that), commas, CRLF (RFC 4180).

A cell that a spreadsheet would calculate (it begins with ``=``, ``+``, ``-``, ``@`` or one of their wide forms) is
written with an apostrophe before it. Reading takes one apostrophe away from before such a cell, so that what was
written comes back as it was.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

LARGEST = 16 * 2**20
"""Bytes."""
LONGEST_CELL = 20_000
MOST_LINES = 20_000
_GUARDED = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_WRITTEN = re.compile("'+[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_DELIMITERS = ",;\t"


class Unreadable(ValueError):  # noqa: N818 - named as the cause
    """It is no table of text."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet. ``number`` is that of its first line in the file, from 1."""

    number: int
    cells: tuple[str, ...]
    problem: str | None = None
    """Why the line cannot be read."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that was read."""

    header: Line
    lines: tuple[Line, ...]
    encoding: str
    delimiter: str


def guarded(cell: str) -> str:
    """A cell that no spreadsheet calculates."""
    return f"'{cell}" if _GUARDED.match(cell) else cell


def unguarded(cell: str) -> str:
    """Inverse of :func:`guarded`."""
    return cell[1:] if _WRITTEN.match(cell) else cell


def write(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as a file."""
    return codecs.BOM_UTF8 + written(rows)


def written(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as a part of a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
    return out.getvalue().encode("utf-8", "replace")


def read(content: bytes) -> Sheet:
    """A file as lines, the first of which names the columns.

    Raises:
        Unreadable: it is no such file.
    """
    if len(content) > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST // 2**20} MiB")
    text, encoding = _decoded(content)
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST))  # a long cell is told by its column, not as no CSV
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda one: (_outside_quotes(first, one), -_DELIMITERS.index(one)))
    lines = list(_lines(text, delimiter))
    if not lines:
        raise Unreadable("the file is empty")
    if lines[0].problem is not None:
        raise Unreadable(f"the first line, which names the columns, cannot be read: {lines[0].problem}")
    if len(lines) > MOST_LINES:
        raise Unreadable(f"the file has more than {MOST_LINES:,} lines")
    return Sheet(lines[0], tuple(lines[1:]), encoding, delimiter)


def letter(column: int) -> str:
    """Name of a column as spreadsheets show it, from 0: A, B … Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(content, "utf-16")
    if content.startswith(codecs.BOM_UTF8):
        return _strictly(content, "utf-8-sig")
    if b"\0" in content:
        raise Unreadable("the file is no text; save it as CSV (an .xlsx workbook is read by nobody but a spreadsheet)")
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "windows-1252"


def _strictly(content: bytes, encoding: str) -> tuple[str, str]:
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise Unreadable(f"the file says it is {encoding}, and is not: {error.reason} at byte {error.start}") from None


def _outside_quotes(line: str, character: str) -> int:
    return sum(part.count(character) for part in line.split('"')[::2])


def _lines(text: str, delimiter: str) -> Iterator[Line]:
    """Lines that hold something. One that cannot be read is told, and the next line of the file begins anew."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, (), _in_words(str(error)) + _and_more(number, reader.line_num))
            continue
        if any(cell.strip() for cell in cells):
            yield Line(number, tuple(_cell(cell) for cell in cells))


def _cell(cell: str) -> str:
    return unguarded(cell.strip(" \u00a0")).replace("\r\n", "\n").replace("\r", "\n").strip()


def _and_more(first: int, last: int) -> str:
    """What was read together with a line that cannot be read, and is lost with it."""
    return f"; nothing was taken from here to line {last}" if last > first else ""


def _in_words(error: str) -> str:
    if "unexpected end" in error:
        return "a quotation mark that opens a cell is never closed"
    if "expected after" in error:
        return "a quotation mark stands in the middle of a cell; double it, or leave it out"
    return f"it is not CSV ({error})"
