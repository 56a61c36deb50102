"""``archiver practice``: the practice city and its archive alone, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from archiver import logs
from archiver.cli import output
from archiver.cli.common import AsJson, stop_on_signal
from archiver.cli.serve import announce, wait
from archiver.settings import load_settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from archiver.work.practice import begin


def practice(
    context: typer.Context,
    speed: Annotated[float, typer.Option(min=0.01, max=1000, help="How many times faster the city lives.")] = 1.0,
    port: Annotated[int | None, typer.Option(help="Port to serve on; default ARCHIVER_WEB_PORT.")] = None,
    json: AsJson = False,
) -> None:
    """Run the practice city: made-up people, captured like real ones, apart from every real record."""
    settings = load_settings(**({} if port is None else {"web_port": port}))
    if not context.find_root().params.get("debug"):
        logs.set_up(settings.log_level)
    with ExitStack() as stack:
        bound = stack.enter_context(bind(settings))
        stop = stack.enter_context(stop_on_signal())
        city = begin(settings, speed)
        stack.callback(city.stop)
        pages = PageServer(create_app(Site(city.archive, work=city.work), names=settings.web_names), bound)
        pages.start()
        stack.callback(pages.stop)
        announce(pages.url, city.archive, city.archive.settings, json)
        wait(stop, pages)
        output.complain("stopping; the practice archive is kept and goes on next time")
