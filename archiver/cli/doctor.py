"""``archiver doctor``: look at everything the archive stands on, and say what to do."""

from __future__ import annotations

from dataclasses import asdict

import typer

from archiver.cli import output
from archiver.cli.common import AsJson
from archiver.operations import doctor as examination
from archiver.settings import load_settings


def doctor(json: AsJson = False) -> None:
    """Examine settings, folders, disk, database, store, keys, clock and connectors. Exit 1 if something needs doing."""
    findings = examination.examine(load_settings())
    bad = [one for one in findings if not one.ok]
    if json:
        output.as_json({"ok": not bad, "findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            output.line(f"{'ok  ' if one.ok else 'BAD '} {one.what}: {one.found}")
            if one.remedy:
                output.line(f"     {one.remedy}")
    if bad:
        raise typer.Exit(1)
