"""``archiver practice``: the practice city and its archive alone, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from typing import Annotated

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, stop_on_signal
from archiver.cli.serve import announce, settings_for


def practice(
    context: typer.Context,
    speed: Annotated[float, typer.Option(min=0.01, max=1000, help="How many times faster the city lives.")] = 1.0,
    port: Annotated[int | None, typer.Option(help="Port to serve on; default ARCHIVER_WEB_PORT.")] = None,
    json: AsJson = False,
) -> None:
    """Run the practice city: made-up people, captured like real ones, apart from every real record."""
    from archiver.work.serving import serving_practice

    settings = settings_for(context, web_port=port)
    with stop_on_signal() as stop, serving_practice(settings, speed) as service:
        announce(service, settings, json)
        service.wait(stop)
        output.complain("stopping; the practice archive is kept and goes on next time")
