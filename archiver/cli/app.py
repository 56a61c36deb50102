"""The command line: global options and the list of commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.main import get_command

from archiver import __version__, logs
from archiver.cli import noted
from archiver.cli.account import app as account
from archiver.cli.board import board
from archiver.cli.capture import capture
from archiver.cli.changes import changes, looks
from archiver.cli.counts import counts
from archiver.cli.deposit import app as deposits
from archiver.cli.deposit import deposit
from archiver.cli.doctor import doctor
from archiver.cli.evidence import app as evidence
from archiver.cli.gaps import gaps
from archiver.cli.importing import bring, imports
from archiver.cli.index import app as index
from archiver.cli.mail import app as mail
from archiver.cli.official import app as official
from archiver.cli.person import app as person
from archiver.cli.platform import app as platform
from archiver.cli.practice import practice
from archiver.cli.prove import prove
from archiver.cli.quota import quota
from archiver.cli.register import app as register
from archiver.cli.runs import runs
from archiver.cli.search import search
from archiver.cli.serve import serve
from archiver.cli.show import show
from archiver.cli.storage import app as storage
from archiver.cli.verify import verify

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


_COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve,
    "capture": capture,
    "board": board,
    "changes": changes,
    "looks": looks,
    "runs": runs,
    "gaps": gaps,
    "import": bring,
    "imports": imports,
    "counts": counts,
    "quota": quota,
    "deposit": deposit,
    "search": search,
    "show": show,
    "verify": verify,
    "prove": prove,
    "doctor": doctor,
    "practice": practice,
}
for name, act in _COMMANDS.items():
    # A word to leave out of a search begins with a dash, and is no option.
    app.command(name, context_settings={"ignore_unknown_options": name == "search"})(act)
app.add_typer(account, name="account")
app.add_typer(person, name="person")
app.add_typer(mail, name="mail")
app.add_typer(deposits, name="deposits")
app.add_typer(register, name="register")
app.add_typer(official, name="official")
app.add_typer(platform, name="platform")
app.add_typer(index, name="index")
app.add_typer(storage, name="storage")
app.add_typer(evidence, name="evidence")
noted.watch(app)


def command() -> Callable[..., Any]:
    """The whole command line, as something to call with arguments."""
    return get_command(app)
