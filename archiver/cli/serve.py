"""``archiver serve``: pages, clock and workers in one process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import json as json_format
import threading
from contextlib import ExitStack
from typing import Annotated, Any

import typer

from archiver import logs
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, stop_on_signal
from archiver.settings import Settings, load_settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind, is_loopback
from archiver.web.site import Site
from archiver.work.practice import Practice, begin
from archiver.work.service import Work

PRACTICE = "/practice"
_WATCH_SECONDS = 5.0


def serve(
    context: typer.Context,
    practice: Annotated[bool, typer.Option("--practice", help="Also run the practice city.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to serve on; default ARCHIVER_WEB_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; default ARCHIVER_WEB_PORT.")] = None,
    json: AsJson = False,
) -> None:
    """Capture on schedule and serve the pages, until Ctrl-C or SIGTERM. With --json, one line says the address."""
    given: dict[str, Any] = {"web_host": host, "web_port": port, "practice": practice or None}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    if not context.find_root().params.get("debug"):
        logs.set_up(settings.log_level)
    with ExitStack() as stack:
        bound = stack.enter_context(bind(settings))
        stop = stack.enter_context(stop_on_signal())
        archive = stack.enter_context(Archive.open(settings))
        city = begin(settings) if settings.practice else None
        if city is not None:
            stack.callback(city.stop)
        work = Work(archive)
        pages = PageServer(_application(settings, archive, work, city), bound)
        pages.start()
        stack.callback(pages.stop)
        announce(pages.url, archive, settings, json)
        stack.callback(work.stop)
        work.start()
        wait(stop, pages)
        output.complain("stopping: current pages finish, everything captured is kept")


def _application(settings: Settings, archive: Archive, work: Work, city: Practice | None) -> Any:
    if city is None:
        return create_app(Site(archive, work=work), names=settings.web_names)
    real = Site(archive, work=work, other=f"{PRACTICE}/")
    beside = Site(city.archive, base=PRACTICE, work=city.work, other="/accounts")
    return create_app(real, beside, settings.web_names)


def announce(url: str, archive: Archive, settings: Settings, json: bool) -> None:
    """Say where the pages are: one line for programs, a few words for people."""
    if json:
        facts = {"url": url, "archive": archive.identity.id, "kind": archive.identity.kind, "home": str(settings.home)}
        print(json_format.dumps(facts), flush=True)
        return
    output.line(f"Serving {url}  (Ctrl-C to stop)")
    output.line(f"  {archive.identity.kind} archive in {settings.home}")
    if not is_loopback(settings.web_host):
        output.complain("warning: other machines reach these pages, and this version has no sign-in")
    if settings.practice and not archive.practice:
        output.line("  with the practice city; to capture a real public account:")
        output.line(f"  ARCHIVER_HOME={settings.home} archiver account add https://mastodon.example/@yourcity")


def wait(stop: threading.Event, pages: PageServer) -> None:
    """Until somebody stops us, or the pages cannot be served any longer."""
    while not stop.wait(_WATCH_SECONDS):
        if not pages.alive:
            output.complain("the pages are no longer served; stopping")
            raise typer.Exit(1)
