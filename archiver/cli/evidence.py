"""``archiver evidence``: the signed log, its keys and time-stamps."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.evidence import service
from archiver.evidence.signer import Signed

app = typer.Typer(
    help="The signed event log: checkpoints, keys, time-stamps.", no_args_is_help=True, rich_markup_mode=None
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


def _facts(signed: Signed) -> dict[str, Any]:
    found = signed.checkpoint
    return {"size": found.size, "root": found.root.hex(), "key": found.key, "new": signed.new}
