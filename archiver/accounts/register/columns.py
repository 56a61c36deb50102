"""Columns of the master list, and what a cell of each may say. Pure. The names are part of the format: they are never
changed, only added to (``docs/register.md``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from archiver.accounts.register.checks import wrong_address, wrong_text
from archiver.accounts.register.contacts import wrong_mail
from archiver.accounts.register.sheets import LONGEST_CELL, Line, letter
from archiver.evidence.register_facts import AuthorityKind, Capacity, Capturing

_SHORT = re.compile("[a-z0-9][a-z0-9-]{0,62}")
_CODE = re.compile("[a-z][a-z0-9_-]{0,62}")
_ID = re.compile("li_[a-z2-7]{32}")
_ISO = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")
_AMERICAN = re.compile("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_LINE = 2000


@dataclass(frozen=True, slots=True)
class Wrong:
    """One cell, or one line, that cannot be taken. ``column`` is None where it is about the line as a whole."""

    line: int
    column: str | None
    letter: str | None
    problem: str
    """What is wrong and what to do."""


def _words(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        raise ValueError(f"is longer than {LONGEST_CELL:,} characters")
    problem = wrong_text(cell)
    if problem is not None:
        raise ValueError(problem)
    return cell


def _line(cell: str) -> str:
    if "\n" in cell:
        raise ValueError("has several lines; write it on one")
    if len(cell) > _LINE:
        raise ValueError(f"is longer than {_LINE:,} characters")
    return _words(cell)


def _names(cell: str) -> list[str]:
    return [name for part in re.split("[;\n]", _words(cell)) if (name := _line(part.strip()))]


def _day(cell: str) -> str:
    found = _ISO.fullmatch(cell)
    parts = found.groups() if found else None
    if parts is None and (american := _AMERICAN.fullmatch(cell)) is not None:
        month, day, year = american.groups()
        parts = (year, month, day)
    try:
        return date(*(int(part) for part in parts or ())).isoformat()
    except (TypeError, ValueError):
        raise ValueError("is no day: write it as 2026-04-21 (or 4/21/2026)") from None


def _one_of(codes: Sequence[str]) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        code = cell.casefold().replace(" ", "_")
        if code not in codes:
            raise ValueError(f"is none of: {', '.join(codes)}")
        return code

    return parse


def _matching(pattern: re.Pattern[str], example: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if not pattern.fullmatch(cell.casefold()):
            raise ValueError(f"looks different, such as {example}")
        return cell.casefold()

    return parse


def _address(cell: str) -> str:
    cell = cell if "://" in cell else f"https://{cell}"  # as people write it
    problem = wrong_address(cell)
    if problem is not None:
        raise ValueError(problem)
    return _line(cell)


def _mail(cell: str) -> str:
    problem = wrong_mail(cell)
    if problem is not None:
        raise ValueError(problem)
    return cell


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``parse`` is None where it is only written, and passed over when a list is loaded."""

    key: str
    title: str
    parse: Callable[[str], Any] | None
    about: str


COLUMNS: Final[tuple[Column, ...]] = (
    Column("authority_name", "Authority", _line, "whose account it is: an elected official's office, an agency"),
    Column("authority", "Authority short name", _matching(_SHORT, "city-clerk"), "as in keys; made of the name if new"),
    Column("authority_kind", "Authority kind", _one_of([one.value for one in AuthorityKind]), "of a new authority"),
    Column("department_name", "Department", _line, "part of the authority"),
    Column("department", "Department short name", _matching(_SHORT, "outreach"), "made of the name if new"),
    Column("platform", "Platform", _matching(_CODE, "facebook"), "follows from the address where that is known"),
    Column("url", "Address", _address, "of the account's page"),
    Column("platform_id", "Id on the platform", _line, "the stable one, where it is known"),
    Column("handle", "Handle", _line, "follows from the address where that is known"),
    Column("name", "Name", _line, "what the account calls itself"),
    Column("capacity", "Capacity", _one_of([one.value for one in Capacity]), "as what it is used"),
    Column("decision", "Decision on mixed use", _words, "of the City Attorney: date, number, words"),
    Column("owner", "Owner", _line, "the person responsible for it"),
    Column("owner_position", "Owner position", _line, "of that person"),
    Column("owner_until", "Owner until", _day, "last day"),
    Column("owner_mail", "Owner mail", _mail, "where links to connect the account are sent; not in the printed list"),
    Column("custodian", "Legal custodian", _line, "under Wis. Stat. 19.33"),
    Column("custodian_position", "Legal custodian position", _line, "of that person"),
    Column("custodian_since", "Legal custodian since", _day, "first day"),
    Column("administrators", "Page administrators", _names, "separated by semicolons"),
    Column("purpose", "Purpose", _words, "what it is for"),
    Column("operated_by", "Operated by", _line, "a contractor, where the City does not do it itself"),
    Column("opened", "Opened", _day, "on the platform"),
    Column("closed", "Closed", _day, "last day"),
    Column("capture", "Capture", _one_of([one.value for one in Capturing]), "how it gets into the archive"),
    Column("not_captured", "Why not captured", _words, "where somebody decided it"),
    Column("series", "Record series", _line, "its code in the schedule"),
    Column("attested_by", "Control attested by", _line, "who signed that the City controls it"),
    Column("attested_on", "Control attested on", _day, "when; an earlier one stays"),
    Column("attested_until", "Attestation until", _day, "last day, where it is not a year"),
    Column("note", "Note", _words, "anything else"),
    Column("id", "Register id", _matching(_ID, "li_…"), "of the entry; empty for a new one"),
    Column("custody", "Custody by", None, "by what the legal custodian is it"),
    Column("captured", "Captured", None, "yes, or why not"),
    Column("last_capture", "Last successful capture", None, "UTC"),
    Column("standing", "Standing", None, "complete, incomplete (not captured), provisional or overdue"),
    Column("missing", "Missing", None, "what the register lacks"),
    Column("handles_before", "Handles before", None, "with the day on which each was first seen"),
    Column("exceptions", "Exceptions", None, "granted by the chief information officer"),
)
_BY_TITLE = {one.title.casefold(): one for one in COLUMNS}
_BY_TITLE |= {one.key.replace("_", " "): one for one in COLUMNS if one.key.replace("_", " ") not in _BY_TITLE}


@dataclass(frozen=True, slots=True)
class Header:
    """Which column of a file is which."""

    columns: tuple[Column | None, ...]
    unknown: tuple[str, ...]
    """Titles that are passed over."""
    twice: tuple[str, ...]


def header_of(line: Line) -> Header:
    """Read the first line of a file."""
    found: list[Column | None] = []
    unknown, twice = [], []
    for cell in line.cells:
        column = _BY_TITLE.get(" ".join(cell.casefold().replace("_", " ").split()))
        if column is None and cell:
            unknown.append(cell)
        if column is not None and column in found:
            twice.append(column.title)
        found.append(column)
    return Header(tuple(found), tuple(unknown), tuple(twice))


def values_of(line: Line, header: Header) -> tuple[dict[str, Any], list[Wrong]]:
    """What a line says, by key; an empty cell says nothing."""
    if line.problem is not None:
        return {}, [Wrong(line.number, None, None, line.problem)]
    if len(line.cells) > len(header.columns) and any(line.cells[len(header.columns) :]):
        words = f"has {len(line.cells)} cells, and there are {len(header.columns)} columns: is a comma not in quotes?"
        return {}, [Wrong(line.number, None, None, words)]
    values: dict[str, Any] = {}
    wrong = []
    for place, (cell, column) in enumerate(zip(line.cells, header.columns, strict=False)):
        if not cell or column is None or column.parse is None:
            continue
        try:
            values[column.key] = column.parse(cell)
        except ValueError as error:
            wrong.append(Wrong(line.number, column.title, letter(place), str(error)))
    return values, wrong


def cells_of(values: dict[str, Any]) -> list[str]:
    """A line of the list, from what it says."""
    return [_written(values.get(one.key)) for one in COLUMNS]


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(value)
    return "" if value is None else str(value)
