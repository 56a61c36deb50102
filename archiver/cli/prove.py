"""``archiver prove``: try a connector against the live platform, with a person who acts there."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.service import Capture
from archiver.cli import output
from archiver.cli.capture import INTERRUPTED
from archiver.cli.common import AsJson, InPractice, opened, stop_on_signal
from archiver.errors import NotFound, UsageError
from archiver.operations import proving_record
from archiver.operations.proving import Choice, Trial, require_live
from archiver.operations.proving_steps import STEPS
from archiver.work import memory

_ANSWERS = {"": Choice.DONE, "s": Choice.SKIP, "g": Choice.GIVE_UP}
_HELP = "  Enter: done; s: cannot be done here; g: done, and give up looking: "


def prove(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="Whose connector: facebook, x, youtube …")],
    account: Annotated[
        str | None, typer.Option(help="Which account to try it with; only where several are registered.")
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Say that its server is a live one, where the address does not tell (Mastodon …)."),
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Prove a connector against the live platform. You are asked to publish, edit, hide and delete something on the
    account, and the archive has to see each of it. Use a registered account that nobody minds a test post on: the post
    stays in the archive. What came of it is entered into the log. Exit 1 if anything failed."""
    with opened(practice=practice) as archive:
        connector = archive.platforms.connector(platform)
        found = _account(archive, platform, account)
        require_live(archive, found, affirmed=live)
        capture = Capture(archive)
        memory.settle()
        with stop_on_signal() as stop:
            try:
                capture.recover()
                trial = Trial(archive, found, capture, _AtTheTerminal(json), stop)
                trial.perform(STEPS)
            finally:
                capture.close()
            if stop.is_set():
                output.complain("interrupted; nothing was entered, what was captured is kept")
                raise typer.Exit(INTERRUPTED)
        last = proving_record.enter(trial, connector)
    if json:
        verdicts = {code: verdict.value for code, verdict in trial.verdicts.items()}
        output.as_json({"account": found.id, "version": last.version, "proven": last.proves, "steps": verdicts})
    else:
        output.line(proving_record.standing(connector, {platform: last}).said)
    if not last.proves:
        raise typer.Exit(1)


def _account(archive: Archive, platform: str, name: str | None) -> AccountView:
    with archive.database.read() as connection:
        if name is not None:
            found = accounts.find(connection, name)
            if found.platform != platform:
                raise UsageError(f"{found.handle or found.name} is an account on {found.platform}, not on {platform}")
            return found
        known = [one for one in accounts.list_accounts(connection) if one.platform == platform]
    if not known:
        raise NotFound(f"no account on {platform} is registered; add one with `archiver account add URL`")
    if len(known) > 1:
        names = ", ".join(one.handle or one.id for one in known)
        raise UsageError(f"several accounts on {platform} are registered; name one with --account: {names}")
    return known[0]


@dataclass(frozen=True, slots=True)
class _AtTheTerminal:
    """Whoever runs the command."""

    quiet: bool

    def ask(self, request: str) -> Choice:
        print(request, file=sys.stderr)
        while True:
            print(_HELP, end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line:
                raise UsageError("a person has to answer; nothing was entered into the log")
            choice = _ANSWERS.get(line.strip().lower())
            if choice is not None:
                return choice

    def tell(self, text: str) -> None:
        if not self.quiet:
            output.line(text)
