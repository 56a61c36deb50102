"""``archiver quota``: what platforms let be asked, how much of it is used, and whether it lasts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.errors import NotFound
from archiver.operations.quota import QuotaView, needs_attention, quotas

_EMPTY = "Nothing has been asked of a platform with a limit yet."


def quota(
    platform: Annotated[str | None, typer.Argument(help="Only of this platform, such as youtube.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if an allowance is used up, or does not last at this pace.")
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show how much of each platform's allowance is used, until when, and what is asked less often so that it lasts.
    Exit 0, however much is used, without --check; 3 if there is no such platform."""
    with opened(practice=practice) as archive:
        if platform is not None and platform not in archive.platforms.connectors:
            raise NotFound(f"no platform {platform}; `archiver platform list` shows them")
        with archive.database.read() as connection:
            found = quotas(connection, archive, platform)
        if json:
            output.as_json({"quotas": [_as_json(one) for one in found]})
        elif not found:
            print(_EMPTY)
        else:
            for one in found:
                _tell(one, archive)
    if check and needs_attention(found):
        raise typer.Exit(1)


def _as_json(one: QuotaView) -> dict[str, object]:
    told = asdict(one)
    told["slot"] = one.slot.total_seconds()
    return told


def _tell(one: QuotaView, archive: Archive) -> None:
    endpoint = f", {one.purpose}" if one.purpose else ""
    share = "" if one.share is None else f" ({one.share:.0f} %)"
    limit = "an unknown number" if one.limit is None else f"{one.limit:,}"
    who = "the platform says" if one.told else "our own count"
    output.line(f"{one.title}: {one.whose}{endpoint}")
    output.line(f"  used:     {one.used:,} of {limit} {one.unit}{share}, {who}")
    if one.reset_at is not None:
        output.line(f"  renewed:  {shown(one.reset_at, archive)}")
    output.line(f"  forecast: {one.forecast}")
    for said in one.chosen:
        output.line(f"  chosen:   {said}")
