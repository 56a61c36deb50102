"""``archiver platform``: what the city registers at platforms, so that owners of accounts can be asked."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from archiver.accounts import apps, links
from archiver.archive import Archive
from archiver.capture import hooks
from archiver.capture.subscribing import is_reached
from archiver.cli import output
from archiver.cli.common import AsJson, opened, shown
from archiver.errors import UsageError
from archiver.operations import connections
from archiver.operations.platform_states import PlatformState, platform_states

app = typer.Typer(
    help="Platforms: what to register there, and the city's applications.", no_args_is_help=True, rich_markup_mode=None
)
Platform = Annotated[str, typer.Argument(metavar="PLATFORM", help="Such as facebook, x or mastodon.")]
_EXAMPLE = "https://example.org/"


@app.command("list")
def list_platforms(json: AsJson = False) -> None:
    """List all platforms: how accounts are connected there, and whether the city's application is stored."""
    with opened(create=True) as archive:
        rows = [_row(archive, one) for one in platform_states(archive)]
    if json:
        names = ("platform", "title", "connecting", "application", "version")
        output.as_json({"platforms": [dict(zip(names, row, strict=True)) for row in rows]})
        return
    output.table(("PLATFORM", "NAME", "OWNERS ARE ASKED", "APPLICATION", "API"), rows, empty="None.")


@app.command("show")
def show(platform: Platform, json: AsJson = False) -> None:
    """Say what the city has to register at a platform, what is asked of owners and why, and what it costs."""
    with opened(create=True) as archive:
        connector, connects = apps.connecting(archive, platform)
        how, set_up = connects.authorization(_EXAMPLE), connects.set_up
        if json:
            asked = [asdict(scope) for scope in how.scopes]
            back = links.return_url(archive)
            output.as_json({"platform": platform, "return": back, "scopes": asked, "set_up": asdict(set_up)})
            return
        output.line(f"{connector.title}: registered at {set_up.console}")
        if how.register is None:
            output.line(f"  return address to enter there: {links.return_url(archive)}")
        for number, step in enumerate(set_up.steps, 1):
            output.line(f"  {number}. {step}")
        output.line(f"  review: {set_up.review}")
        output.line(f"  cost: {set_up.cost}")
        output.line(f"  terms: {set_up.terms}")
        output.line("  what owners are asked for:")
        for scope in how.scopes:
            optional = "" if scope.needed else " (may be left out)"
            also = f" It would also allow to {scope.also}; the archive never does." if scope.also else ""
            output.line(f"    {scope.name}{optional}: {scope.why}{also}")
        ends = connections.sunset(connector, archive.clock.now().date())
        if ends is not None:
            output.line(f"  {ends}: update the archiver before.")


@app.command("app")
def keep_app(
    platform: Platform,
    client: Annotated[str, typer.Option("--id", help="Id of the city's application there (the client id).")],
    json: AsJson = False,
) -> None:
    """Store the city's application at a platform. Its secret is asked for, or read from standard input; never an
    argument."""
    with opened(create=True) as archive:
        apps.check(archive, platform, client)
    given = _given_secret()
    with opened() as archive:
        apps.keep(archive, platform, client, given)
        if json:
            output.as_json({"platform": platform, "stored": True})
            return
        output.line("Stored, its secret encrypted. `archiver account connect` now makes links for accounts there.")


@app.command("hook")
def hook(
    platform: Platform,
    secret: Annotated[
        bool,
        typer.Option("--secret", help="Give the secret that the platform signs with, if not the application's."),
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Let the address take nothing any more.")] = False,
    json: AsJson = False,
) -> None:
    """Tell the address that a platform sends deliveries to, and what else is entered there. Both are secrets: whoever
    knows them can keep deliveries from coming. The address is made where there is none yet."""
    own = _given_secret() if secret else None
    with opened(create=True) as archive:
        if remove:
            hooks.removed(archive, platform)
            output.as_json({"removed": platform}) if json else output.line("That address takes nothing any more.")
            return
        found = hooks.made(archive, platform, own=own)
        where, how = hooks.address(archive, found), next(iter(hooks.receiving(archive, platform)))[1].receives
        token = found.verify if how.challenge == "verify_token" else None
        if json:
            output.as_json({"platform": platform, "address": where, "verify_token": token, "steps": list(how.steps)})
            return
        output.line(f"  address to enter there: {where}")
        if token is not None:
            output.line(f"  verify token to enter there: {token}")
        for number, step in enumerate(how.steps, 1):
            output.line(f"  {number}. {step}")
        if not is_reached(archive.settings):
            output.line("  Platforms cannot reach it yet: ARCHIVER_WEB_URL names no address on the internet.")


def _given_secret() -> str:
    given = getpass.getpass("Secret (not shown): ") if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise UsageError("no secret was given: type it at the prompt, or pipe it in as one line")
    return given.strip()


def _row(archive: Archive, one: PlatformState) -> tuple[str, str, str, str, str]:
    connector, ends = one.connector, one.ends or ""
    if one.how is None:
        kept = f"none: {one.credential}, given with --token" if one.credential else "-"
        return connector.platform, connector.title, "no", kept, ends
    if one.how.register is not None:
        kept = "not needed"
    elif one.app is not None:
        kept = f"stored {shown(one.app.added_at, archive)}"
    else:
        kept = f"missing: archiver platform show {one.app_name}"
    return connector.platform, connector.title, "yes", kept, ends
