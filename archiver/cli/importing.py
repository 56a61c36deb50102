"""``archiver import``: what platforms export of accounts; ``archiver imports``: what was brought in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.masking import mask_text
from archiver.capture.service import Capture
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown, stop_on_signal
from archiver.imports.importing import Importing, Outcome, Wanted
from archiver.records import import_views
from archiver.records.import_views import ImportView
from archiver.visible import size

_WHY = {
    "personal": "about a person, not about what was published",
    "viewer": "a program to look at the export",
    "no_record": "nothing that was published or sent",
    "unknown": "not known to this version",
    "too_large": "larger than the largest file that is kept",
    "unreadable": "cannot be read",
}
"""Reasons for leaving a file out, as people read them."""


def bring(
    file: Annotated[Path, typer.Argument(help="The export as the platform made it: a file, or a folder.")],
    account: Annotated[str, typer.Option(help="The account that it is an export of: id, handle or address.")],
    source: Annotated[str, typer.Option(help="Who gave it, in words: an office, a person.")],
    reason: Annotated[str, typer.Option(help="Why it is brought in.")],
    by: Annotated[str, typer.Option(help="Who brings it in.")],
    kind: Annotated[str | None, typer.Option(help="Kind of export, where it is not recognised.")] = None,
    confirm_account: Annotated[
        str | None,
        typer.Option(help="The account's handle, where the export names the account by no more than that."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look through it, and say what it holds.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Bring in an account's export from its platform, beside what was captured. Whatever stops it, the same command
    goes on. What it says never changes, dates or replaces anything captured."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            chosen = accounts.find(connection, account)
        wanted = Wanted(file, chosen.id, source, reason, by, kind, confirm_account)
        work = Capture(archive)
        try:
            work.recover()
            with stop_on_signal() as stop, output.progress(file.name, quiet=json) as line:

                def watch(doing: str, done: int, total: int) -> None:
                    counted = (done >> 20, max(total >> 20, 1)) if total else (None, None)
                    line.show(f"{doing}, MiB" if total else doing, *counted)

                outcome = Importing(work, wanted, watch, stop.is_set).carry_out(dry_run=dry_run)
        finally:
            work.close()
        if json:
            output.as_json(asdict(outcome))
            return
        _tell(archive, outcome)


def imports(
    account: Annotated[str | None, typer.Argument(help="Only of this account: its id, handle or address.")] = None,
    url: Annotated[str | None, typer.Option(help="Only what foreign WARC files have under this address.")] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List what was brought in: which export, by whom and why, as of when, and what of it was stored."""
    with opened(practice=practice) as archive:
        if url is not None:
            _print_foreign(archive, url, json)
            return
        with archive.database.read() as connection:
            account_id = accounts.find(connection, account).id if account else None
            found = import_views.imports(connection, account_id)
        if json:
            output.as_json({"imports": [asdict(one) for one in found]})
            return
        if not found:
            print("Nothing was brought in. `archiver import FILE` brings an account's export in.")
        for one in found:
            _print(archive, one)


def _print_foreign(archive: Archive, url: str, json: bool) -> None:
    with archive.database.read() as connection:
        found = import_views.foreign(connection, mask_text(url))
    if json:
        output.as_json({"foreign": [asdict(one) for one in found]})
        return
    if not found:
        print("No WARC file that was brought in has this address.")
    for one in found:
        checks = ", ".join(f"{name} digest {said.replace('_', ' ')}" for name, said in sorted(one.digests.items()))
        output.line(f"{shown(one.said_at, archive)} by its own word  {one.url}")
        output.line(f"  {size(one.size)}; {checks or 'it came without digests'}; {one.exchange_id} of {one.import_id}")


def _tell(archive: Archive, outcome: Outcome) -> None:
    if outcome.already:
        output.line(f"This very file was brought in before, as {outcome.import_id}; nothing was stored.")
        return
    verb = "Would store" if outcome.dry_run else "Stored"
    made = f" made {shown(outcome.made_at, archive)}" if outcome.made_at else ", which does not say when it was made"
    output.line(f"{outcome.format}{made}")
    output.line(f"  {verb} {outcome.files:,} files, {size(outcome.bytes)}")
    for why, count in outcome.left_out.items():
        output.line(f"  Left out {count:,}: {_WHY.get(why, why)}")
    for name in outcome.not_read:
        output.line(f"  Kept, and too large to be read: {name}")
    if not outcome.dry_run:
        told = "1 record" if outcome.records == 1 else f"{outcome.records:,} records"
        output.line(f"  It tells of {told}; of {outcome.only_imported:,} nothing was captured")
        for note in outcome.notes:
            output.line(f"  {note}")
        if outcome.not_understood:
            output.line(f"  {outcome.not_understood:,} places in it could not be understood; the bytes are kept")
        output.line(f"  {outcome.import_id}")


def _print(archive: Archive, one: ImportView) -> None:
    ended = "" if one.ended_at else "  NOT WHOLE: the same `archiver import` goes on with it"
    output.line(f"{shown(one.at, archive)}  {one.account}, {one.format}{ended}")
    as_of = shown(one.made_at, archive) if one.made_at else "a time it does not say"
    output.line(f"  {one.name}, as of {as_of}")
    output.line(f"  given by {one.source}; brought by {one.brought_by}, because: {one.reason}")
    if one.confirmed:
        output.line(f"  whose it is was confirmed by a person: {one.confirmed}")
    output.line(f"  {one.files:,} files stored, {one.records:,} records told of; SHA-256 {one.sha256}")
    output.line(f"  {one.id}")
