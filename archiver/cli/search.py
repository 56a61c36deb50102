"""``archiver search``: find records by what they say, or ever said."""

from __future__ import annotations

from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import found
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.search.hits import Hit
from archiver.search.index import Order, Page, Results
from archiver.viewing import Viewer


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="Words, phrases, fields; see docs/search.md.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many hits.")] = 20,
    after: Annotated[str | None, typer.Option(help="Go on where a page ended: its `next`.")] = None,
    order: Annotated[Order, typer.Option(help="Newest first, or best match first.")] = Order.NEWEST,
    facets: Annotated[
        bool, typer.Option("--facets", help="With --json: count by account, kind, state, year and month.")
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Find records. The count is exact; finding nothing is no error."""
    asked = " ".join(query)
    with opened(practice=practice) as archive:
        results, total = _find(archive, asked, Page(limit, after), order, facets and json)
        if json:
            output.as_json(found.as_json(results, asked, total))
            return
        _print(archive, results, total)


def _find(archive: Archive, asked: str, page: Page, order: Order, facets: bool) -> tuple[Results, int]:
    with archive.database.read() as connection:
        results = archive.search.search(
            connection, asked, viewer=Viewer.EVERYTHING, page=page, order=order, facets=facets
        )
        if results.total.exact:
            return results, results.total.count
        return results, archive.search.count_exact(connection, asked, viewer=Viewer.EVERYTHING)


def _print(archive: Archive, results: Results, total: int) -> None:
    with archive.database.read() as connection:
        names = {one.id: one.handle or one.name for one in accounts.list_accounts(connection)}
    output.line(f"{total:,} {'record' if total == 1 else 'records'}. Read as: {results.reading}")
    for one in results.not_understood:
        output.line(f"Not understood: {one}")
    for hit in results.hits:
        _print_hit(archive, hit, names.get(hit.account_id, hit.account_id))
    if results.next:
        output.line(f"More: add --after {results.next}")


def _print_hit(archive: Archive, hit: Hit, account: str) -> None:
    author = hit.author_name or hit.author_handle or account
    only_imported = hit.state == KNOWN_FROM_IMPORT
    notes = [hit.state.replace("_", " ")] if hit.state != "visible" else []
    notes = ["brought by import, not captured"] if only_imported else notes
    notes += [f"{hit.versions} versions"] if hit.versions > 1 and not only_imported else []
    notes += ["found in an earlier version"] if hit.edited_away else []
    print()
    output.line(
        f"{shown(hit.at, archive)}  {author}, {hit.kind} at {account}{'  [' + ', '.join(notes) + ']' if notes else ''}"
    )
    output.line(f"  {hit.excerpt.plain()}")
    output.line(f"  {hit.record_id}")
