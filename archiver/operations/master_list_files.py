"""The master list as files: CSV that loads again, a workbook, a PDF to print."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import xlsxwriter

from archiver.accounts.register import sheets
from archiver.accounts.register.columns import COLUMNS, cells_of
from archiver.archive import Archive
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
        "head": ["Account", "Authority, custodian", "Owner", "Use", "Captured", "Register"],
        "rows": [_printed(archive, one) for one in made.entries],
        "uncaptured": [[one.name, one.authority, one.captured] for one in made.uncaptured],
    }
    return as_pdf(Path(__file__).with_name("master_list.typ").read_bytes(), page)


def _printed(archive: Archive, one: Entry) -> list[str]:
    listing, account, last = one.listing, one.account, one.last_capture
    url = listing.url if listing is not None else account.url if account is not None else ""
    platform = listing.platform if listing is not None else account.platform if account is not None else ""
    keeper = "" if one.custody.is_vacant else one.custody.names
    owner = listing.owner or "" if listing is not None else ""
    whose = "\n".join(filter(None, (one.authority, one.department, keeper, custody_words(one.custody))))
    return [
        f"{one.name}\n{platform}: {url}",
        whose,
        "\n".join(filter(None, (owner, listing.owner_position if listing is not None else None))),
        listing.capacity if listing is not None else "claimed official",
        one.captured if last is None else f"{one.captured}\nlast {last.astimezone(archive.settings.zone):%Y-%m-%d}",
        "\n".join([one.standing.state.value, *one.standing.words]),
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
