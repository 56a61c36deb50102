"""``archiver serve``: pages, clock and workers in one process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import json as json_format
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archiver import logs
from archiver.cli import output
from archiver.cli.common import AsJson, stop_on_signal
from archiver.operations import invocation
from archiver.settings import Settings, is_loopback, load_settings

if TYPE_CHECKING:
    from archiver.work.serving import Serving


def serve(
    context: typer.Context,
    practice: Annotated[bool, typer.Option("--practice", help="Also run the practice city.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to serve on; default ARCHIVER_WEB_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; default ARCHIVER_WEB_PORT.")] = None,
    json: AsJson = False,
) -> None:
    """Capture on schedule and serve the pages, until Ctrl-C or SIGTERM. With --json, one line says the address."""
    from archiver.work.serving import serving  # late: the web framework would slow down every other command

    settings = settings_for(context, web_host=host, web_port=port, practice=practice or None)
    with stop_on_signal() as stop, serving(settings) as service:
        announce(service, settings, json)
        if settings.practice and not json:
            output.line("  With the practice city. To capture a real public account as well:")
            output.line(f"  {invocation.command(settings.home)} account add https://mastodon.example/@yourcity")
        service.wait(stop)
        output.complain("stopping: current pages finish, everything captured is kept")


def settings_for(context: typer.Context, **given: Any) -> Settings:
    """Settings with what was given on the command line, and logging set up by them."""
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    if not context.find_root().params.get("debug"):
        logs.set_up(settings.log_level)
        logs.take_over()
    return settings


def announce(service: Serving, settings: Settings, json: bool) -> None:
    """Say where the pages are: one line for programs, a few words for people."""
    identity, home = service.archive.identity, service.archive.settings.home
    if json:
        facts = {"url": service.url, "archive": identity.id, "kind": identity.kind, "home": str(home)}
        facts["store"] = service.store.said
        if service.first_link is not None:
            facts["first_link"] = service.first_link
        print(json_format.dumps(facts), flush=True)
        return
    output.line(f"Serving {service.url} (Ctrl-C to stop)")
    output.line(f"  The {identity.kind} archive is in {home}")
    if service.store.sound:
        output.line(f"  Its store {service.store.said}")
    else:
        output.complain(f"warning: its store {service.store.said}")
    if not is_loopback(settings.web_host) and not settings.web_url.startswith("https://"):
        output.complain(
            "warning: other machines reach these pages, but nobody signs in from there without TLS: set"
            " ARCHIVER_WEB_URL to the https address of the proxy before them"
        )
    if service.first_link is not None:
        output.line("  Nobody may give roles yet. This link makes the first administrator, once, within a day:")
        output.line(f"  {service.first_link}")
