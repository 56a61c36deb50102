"""``archiver capture``: now, in the foreground, safe beside a running service."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture import gaps
from archiver.capture.due import CAPTURED
from archiver.capture.outcomes import RunOutcome
from archiver.capture.run import Progress, Watcher
from archiver.capture.service import Capture, RunResult
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, stop_on_signal
from archiver.cli.output import ProgressLine
from archiver.errors import ArchiverError, NotFound
from archiver.operations.counts import in_words
from archiver.work import memory
from connectors.contract import SweepKind

_GOOD = (RunOutcome.COMPLETE, RunOutcome.UNCHANGED)
INTERRUPTED = 130


def capture(
    account: Annotated[list[str] | None, typer.Argument(metavar="[ACCOUNT]…", help="Default: all active ones.")] = None,
    sweep: Annotated[SweepKind, typer.Option(help="How far to look.")] = SweepKind.NEW,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Capture accounts now. Ctrl-C ends after the current page; everything captured so far is kept."""
    with opened(practice=practice) as archive:
        chosen = _chosen(archive, account or [])
        with stop_on_signal() as stop:
            results, failures = _capture_all(archive, chosen, sweep, stop, json)
            stopped = stop.is_set()
    if json:
        output.as_json({"runs": [asdict(one) for one in results], "failures": failures, "interrupted": stopped})
    if stopped:
        output.complain("interrupted; everything captured so far is kept, and the next run goes on from there")
        raise typer.Exit(INTERRUPTED)
    if failures:
        raise typer.Exit(max(int(one["exit_code"]) for one in failures))
    if any(one.outcome not in _GOOD for one in results):
        raise typer.Exit(1)


def _chosen(archive: Archive, names: list[str]) -> list[AccountView]:
    with archive.database.read() as connection:
        if names:
            found = {one.id: one for one in (accounts.find(connection, name) for name in names)}
            return list(found.values())
        active = [one for one in accounts.list_accounts(connection) if one.state not in CAPTURED]
    if not active:
        raise NotFound("there is no account to capture; add one with `archiver account add URL`")
    return active


def _capture_all(
    archive: Archive, chosen: list[AccountView], sweep: SweepKind, stop: threading.Event, quiet: bool
) -> tuple[list[RunResult], list[dict[str, str | int]]]:
    results: list[RunResult] = []
    failures: list[dict[str, str | int]] = []
    told = False
    work = Capture(archive)
    memory.settle()
    try:
        work.recover()
        for account in chosen:
            if stop.is_set():
                break
            name = account.handle or account.name
            try:
                with output.progress(name, quiet=quiet) as progress:
                    result = work.run(account.id, sweep, trigger="person", progress=_watcher(name, progress), stop=stop)
            except ArchiverError as error:
                failures.append({"account": account.id, "error": str(error), "exit_code": error.exit_code})
                output.complain(f"{name}: {error}")
                continue
            results.append(result)
            if work.drawing.why_not is not None and not told:
                output.complain(f"no pictures are drawn: {work.drawing.why_not}; everything is captured all the same")
                told = True
            if not quiet:
                _tell(name, result)
    finally:
        work.close()
    return results, failures


def _watcher(name: str, line: ProgressLine) -> Watcher:
    def show(progress: Progress) -> None:
        line.show(f"{name}: {progress.doing}, {progress.records} records, {progress.asked} asked")

    return show


def _tell(name: str, result: RunResult) -> None:
    reason = f" ({gaps.in_words(result.reason)})" if result.reason else ""
    output.line(f"{name}: {result.outcome.value}{reason}; {in_words(result.counts)}")
