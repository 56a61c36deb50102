"""The command line: global options and the list of commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.main import get_command

from archiver import __version__, logs
from archiver.cli import (
    account,
    capture,
    doctor,
    gaps,
    index,
    practice,
    runs,
    search,
    serve,
    show,
    verify,
)

app = typer.Typer(
    name="archiver",
    help="Archives a city's social-media accounts as public records. Settings: ARCHIVER_… or settings.toml.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"archiver {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    logs.set_up("debug" if debug else "warning")


app.command("serve")(serve.serve)
app.add_typer(account.app, name="account")
app.command("capture")(capture.capture)
app.command("runs")(runs.runs)
app.command("gaps")(gaps.gaps)
app.command("search")(search.search)
app.command("show")(show.show)
app.command("verify")(verify.verify)
app.add_typer(index.app, name="index")
app.command("doctor")(doctor.doctor)
app.command("practice")(practice.practice)


def command() -> Callable[..., Any]:
    """The whole command line, as something to call with arguments."""
    return get_command(app)
