"""``archiver evidence``: the signed log, its keys and time-stamps."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.errors import UsageError
from archiver.evidence import service
from archiver.evidence.signer import Signed
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.release import bundle, choosing
from archiver.release.certificate import certify
from archiver.release.forms import Form

_LEFT_OUT = {KNOWN_FROM_IMPORT: "only exports that somebody brought in tell of it: nothing of it was captured"}
"""Reasons for leaving a record out, as people read them."""
app = typer.Typer(
    help="The signed event log, and records handed out so that a stranger can check them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("checkpoint")
def checkpoint(
    accept_clock: Annotated[
        bool,
        typer.Option("--accept-clock", help="The clock is right, although what was recorded before says otherwise."),
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Sign what is new in the event log, and print the newest checkpoint. The service does so by itself."""
    with opened(practice=practice) as archive:
        signed = service.sign(archive.signed_log, accept_clock=accept_clock)
    if json:
        output.as_json(None if signed is None else _facts(signed))
    elif signed is None:
        output.line("The log is empty.")
    else:
        output.block(signed.note.decode().rstrip("\n"), indent="")


@app.command("keys")
def keys(json: AsJson = False, practice: InPractice = False) -> None:
    """Print the public keys that verify checkpoints, the one that signs now first. Publish it where others find it."""
    with opened(practice=practice) as archive:
        ring = archive.signed_log.keys.read()
    if json:
        output.as_json({"current": ring.current.text, "earlier": [key.text for key in ring.verifiers[1:]]})
        return
    for key in ring.verifiers:
        output.line(key.text)


@app.command("rotate-key")
def rotate_key(
    lost: Annotated[bool, typer.Option("--lost", help="The key file is gone for good.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Let a new key sign from now on. The next checkpoint is signed with both, so that each vouches for the other."""
    with opened(practice=practice) as archive:
        key = service.rotate_key(archive.signed_log, lost=lost)
    if json:
        output.as_json({"current": key.text})
    else:
        output.line(key.text)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="New or empty folder for the bundle.")],
    records: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECORD]...", help="Ids of records, rc_…, as `archiver search` says them."),
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", help="Hand out whatever answers this search, which is frozen.")
    ] = None,
    with_exchanges: Annotated[
        bool,
        typer.Option(
            "--with-exchanges",
            help="Add the whole stored answers. They hold other records too: for records officers only.",
        ),
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Hand records out with all that a stranger needs to check them, and nothing of other records. Entered into the
    log. The folder is there whole, or not at all."""
    if (query is None) == (not records):
        raise UsageError("name the records to hand out, or say --query; not both")
    with opened(practice=practice) as archive, output.progress("Reading", quiet=json) as line:
        chosen = choosing.by_query(archive, query) if query is not None else choosing.by_ids(records or [])
        made = bundle.export(archive, chosen, out, whole=with_exchanges, watch=line.show)
    if json:
        output.as_json(asdict(made) | {"folder": str(made.folder)})
        return
    output.line(f"{made.folder}: {_count(made.records, 'record')} from {_count(made.exchanges, 'stored answer')}.")
    for record, why in made.left_out:
        output.line(f"  left out: {record}, {_LEFT_OUT.get(why, why.replace('_', ' '))}")
    if with_exchanges:
        output.line("It holds whole stored answers, and so other records too: do not pass it on without review.")
    output.line(f"To check it: python3 -I {made.folder}/verify.py {made.folder} --key '{made.key}'")


@app.command("certificate")
def certificate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A bundle that `archiver evidence export` made.")],
    form: Annotated[
        Form,
        typer.Option(help="Certified copy, certificate of business records, or federal certification."),
    ] = Form.COPY,
    name: Annotated[str, typer.Option(help="Who will sign; left open without it.")] = "",
    office: Annotated[str, typer.Option(help="Their office.")] = "",
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Verify a bundle and write a certificate for it beside the folder: one page to be signed (PDF, HTML, text)."""
    with opened(practice=practice) as archive:
        made = certify(archive, folder, form, name=name, office=office)
    if json:
        output.as_json(asdict(made))
        return
    output.line(f"{made.pdf} (also .html and .txt); it is not signed. Have counsel review its words before first use.")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _facts(signed: Signed) -> dict[str, Any]:
    found = signed.checkpoint
    return {"size": found.size, "root": found.root.hex(), "key": found.key, "new": signed.new}
