"""The master list as files: CSV that loads again, a workbook, a PDF to print."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import xlsxwriter

from archiver.accounts.register import sheets
from archiver.accounts.register.columns import COLUMNS, cells_of
from archiver.archive import Archive
from archiver.evidence.register_facts import Capturing
from archiver.operations.master_list import Entry, MasterList, custody_words, rows
from archiver.operations.typesetting import as_pdf
from archiver.visible import local_time, visible

FORMATS: Final = ("csv", "xlsx", "pdf")
TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_MOST_IN_A_CELL = 32_767
"""Characters that a workbook takes."""


def written(archive: Archive, made: MasterList, form: str) -> bytes:
    """The list as a file of one of :data:`FORMATS`."""
    return {"csv": _csv, "xlsx": _xlsx, "pdf": _pdf}[form](archive, made)


def _csv(_archive: Archive, made: MasterList) -> bytes:
    return sheets.write([[one.title for one in COLUMNS], *(cells_of(row) for row in rows(made))])


def _xlsx(archive: Archive, made: MasterList) -> bytes:
    """Text in every cell: nothing of it is ever calculated, and no address becomes a link."""
    out = io.BytesIO()
    options = {"constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {**options, "strings_to_numbers": False}) as book:
        book.set_properties({"title": _title(archive), "comments": _as_of(archive, made)})
        page = book.add_worksheet("Accounts")
        bold, wrapped = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True})
        wrapped.set_align("top")
        page.freeze_panes(1, 0)
        page.set_column(0, len(COLUMNS) - 1, 18)
        page.autofilter(0, 0, max(len(made.entries), 1), len(COLUMNS) - 1)
        for place, one in enumerate(COLUMNS):
            page.write_string(0, place, one.title, bold)
        for number, row in enumerate(rows(made), 1):
            for place, cell in enumerate(cells_of(row)):
                if cell:
                    page.write_string(number, place, visible(cell)[:_MOST_IN_A_CELL], wrapped)
    return out.getvalue()


def _pdf(archive: Archive, made: MasterList) -> bytes:
    page = {
        "title": _title(archive),
        "subtitle": _as_of(archive, made),
        "counts": f"{len(made.entries)} accounts, {len(made.uncaptured)} of them not captured.",
        "head": ["Account", "Authority, custodian", "Owner, administrators", "Use", "Capture", "Register"],
        "rows": [_printed(archive, one) for one in made.entries],
        "uncaptured": [[one.name, one.authority, one.captured] for one in made.uncaptured],
    }
    return as_pdf(Path(__file__).with_name("master_list.typ").read_bytes(), page)


Told = list[tuple[str, str]]
"""Of one cell: what something is called, which is empty where it says so itself, and what it is."""


def _printed(archive: Archive, one: Entry) -> list[Told]:
    """The cells of an account: everything that the list has to hold (law R12), but addresses of people."""
    cells = [_account(archive, one), _whose(one), _owner(one), _use(one), _capture(archive, one), _standing(one)]
    return [[(name, value) for name, value in cell if value] for cell in cells]


def _account(archive: Archive, one: Entry) -> Told:
    known = one.listing or one.account
    assert known is not None
    listing = one.listing
    return [
        ("", one.name),
        ("", _title_of(archive, known.platform)),
        ("", known.url),
        ("id there", known.platform_id or ""),
        ("handle", known.handle),
        ("before", "; ".join(f"{handle} ({day})" for handle, day in one.handles)),
        ("opened", listing.opened or "" if listing is not None else ""),
        ("closed", listing.closed or "" if listing is not None else ""),
    ]


def _title_of(archive: Archive, platform: str) -> str:
    """A platform as its connector calls it."""
    connector = archive.platforms.connectors.get(platform)
    return connector.title if connector is not None else platform


def _whose(one: Entry) -> Told:
    vacant = one.custody.is_vacant
    first = one.custody.custodians[0] if one.custody.custodians and not vacant else None
    return [
        ("", one.authority),
        ("", one.department),
        ("custodian", "" if vacant else one.custody.names),
        ("since", first.since or "" if first is not None else ""),
        ("by", custody_words(one.custody)),
    ]


def _owner(one: Entry) -> Told:
    listing = one.listing
    if listing is None:
        return []
    return [
        ("", listing.owner or ""),
        ("", listing.owner_position or ""),
        ("until", listing.owner_until or ""),
        ("page administrators", "; ".join(listing.administrators)),
        ("operated by", listing.operated_by or ""),
    ]


def _use(one: Entry) -> Told:
    listing = one.listing
    if listing is None:
        return [("", "claimed official")]
    return [
        ("", listing.capacity),
        ("decision", listing.decision or ""),
        ("for", listing.purpose or ""),
        ("series", listing.series or "none"),
    ]


def _capture(archive: Archive, one: Entry) -> Told:
    last, listing = one.last_capture, one.listing
    by_hand = listing is not None and listing.capture == Capturing.MANUAL
    return [
        ("captured" if one.is_captured else "not captured", one.captured),
        ("how", "by hand" if by_hand else "by this archive" if one.account is not None else ""),
        ("last with success", "" if last is None else f"{last.astimezone(archive.settings.zone):%Y-%m-%d}"),
    ]


def _standing(one: Entry) -> Told:
    return [
        ("", one.standing.state.value),
        ("missing", "; ".join(one.standing.words)),
        ("exceptions", "; ".join(one.exceptions)),
    ]


def _title(archive: Archive) -> str:
    if archive.practice:
        return "Practice: list of social-media accounts"
    city = archive.settings.city_name
    return f"{city}: master list of social-media accounts" if city else "Master list of social-media accounts"


def _as_of(archive: Archive, made: MasterList) -> str:
    return (
        f"As of {made.day}. Made {local_time(made.at, archive.settings.zone)} from the archive {archive.identity.id}."
    )
