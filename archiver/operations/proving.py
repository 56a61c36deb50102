"""Proving a connector against the live platform: a person publishes, edits, hides and deletes there, and the archive
has to see each of it. Nothing but that shows that a platform really answers as its documentation says.

What has to be seen is in :mod:`archiver.operations.proving_steps`. The runs of a trial are runs like any other: what
they captured is archived, and is the evidence for what was found.
"""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection, func, select

from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.leases import RebuildUnderWay
from archiver.capture.outcomes import RunOutcome
from archiver.capture.run import Watcher
from archiver.capture.service import Capture, RunResult
from archiver.errors import Busy, UsageError
from archiver.records.models import Record, RecordState, Version
from archiver.visible import one_line
from connectors.contract import SweepKind

_GOOD = (RunOutcome.COMPLETE, RunOutcome.UNCHANGED)
_TRIES, _PAUSE = 60, 5.0
"""How often a look is tried while somebody else is at the account, and seconds between."""
_LETTERS = 10
"""Of the words by which what a person published is found again: no text holds them by chance."""


class Verdict(StrEnum):
    """What came of one step."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Choice(StrEnum):
    """What a person answers to a request."""

    DONE = "done"
    SKIP = "skip"
    """It cannot be done there, or not now."""
    GIVE_UP = "give up"
    """It was done, and the archive does not see it."""


class Person(Protocol):
    """Who acts on the platform."""

    def ask(self, request: str) -> Choice:
        """Ask for something to be done there; returns once it is."""
        ...

    def tell(self, text: str) -> None:
        """Say what was found."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that has to be seen."""

    code: str
    what: str
    """For the list of what was shown."""
    request: str
    """To the person; ``{words}`` are words to use. Empty: nothing has to be done."""
    sweep: SweepKind | None
    """How far is looked first; None: what was captured already has to show it."""
    check: Callable[[Trial, Connection], str | None]
    """None where it was seen; else what is missing."""
    needs: str = ""
    """The step that has to have passed before."""


@dataclass(slots=True)
class Trial:
    """One trial of the connector of one account."""

    archive: Archive
    account: AccountView
    capture: Capture
    person: Person
    stop: threading.Event = field(default_factory=threading.Event)
    watcher: Watcher | None = None
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    runs: list[RunResult] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    post: str = ""
    """Id of the record that was published for it."""
    comment: str = ""
    before: tuple[int, int] = (0, 0)
    """Rows of versions and states beyond the first, before the last look."""

    def perform(self, steps: Sequence[Step]) -> dict[str, Verdict]:
        """Go through the steps; the verdict of each, by its code. Where it is stopped, some have none.

        Raises:
            ArchiverError: a run could not be carried out (see :meth:`archiver.capture.service.Capture.run`).
        """
        for step in steps:
            if self.stop.is_set():
                break
            verdict = self._perform(step)
            if verdict is not None:
                self.verdicts[step.code] = verdict
                self.person.tell(f"{verdict.value}: {step.what}")
        return self.verdicts

    def _perform(self, step: Step) -> Verdict | None:
        """The verdict; None where it was stopped."""
        if step.needs and self.verdicts.get(step.needs) is not Verdict.PASSED:
            return Verdict.SKIPPED
        self.words[step.code] = _new_words()
        while not self.stop.is_set():
            choice = self.person.ask(step.request.format(words=self.words[step.code])) if step.request else Choice.DONE
            if choice is not Choice.DONE:
                return Verdict.SKIPPED if choice is Choice.SKIP else Verdict.FAILED
            missing = self._look(step)
            if missing is None:
                return Verdict.PASSED
            self.person.tell(f"not seen: {missing}")
            if not step.request:
                return Verdict.FAILED
        return None

    def _look(self, step: Step) -> str | None:
        """What is missing after a look."""
        if step.sweep is not None:
            with self.archive.database.read() as connection:
                self.before = changes(connection, self.account.id)
            run = self._run(step.sweep)
            self.runs.append(run)
            if run.outcome not in _GOOD:
                return f"the run ended {run.outcome.value}{f': {run.reason}' if run.reason else ''}"
        with self.archive.database.read() as connection:
            return step.check(self, connection)

    def _run(self, sweep: SweepKind) -> RunResult:
        """One look. A service may be at the account just now, as it is every few minutes: then it is waited for."""
        tried = 0
        while True:
            try:
                return self.capture.run(self.account.id, sweep, trigger="person", progress=self.watcher, stop=self.stop)
            except RebuildUnderWay:
                raise
            except Busy:
                tried += 1
                if tried == _TRIES:
                    raise
                if tried == 1:
                    self.person.tell("somebody else looks at the account just now: waiting")
                self.stop.wait(_PAUSE)


def require_live(archive: Archive, account: AccountView, *, affirmed: bool = False) -> None:
    """Refuse what is no trial against a live platform.

    Args:
        affirmed: a person says that the account's server is a live one. Of platforms that anybody may run a server of,
            no address tells it.

    Raises:
        UsageError: the practice city, a test peer, or an address that may be of one.
    """
    connector = archive.platforms.connector(account.platform)
    if archive.practice:
        raise UsageError("the practice city is no live platform: nothing can be proven there")
    url = one_line(account.url, 80)
    if account.service in archive.settings.trusted_origins:
        raise UsageError(f"{url} is on a test server, as ARCHIVER_TRUSTED_ORIGINS says: nothing can be proven there")
    claim = connector.claim(account.url)
    if claim is None or (claim.strength != "certain" and not affirmed):
        raise UsageError(f"{url} may be on a test server; if it is a live one of {connector.title}, say so with --live")


def changes(connection: Connection, account_id: str) -> tuple[int, int]:
    """How many versions and states beyond the first an account's records have."""
    versions = select(func.count()).select_from(Version).join(Record, Record.id == Version.record_id)
    states = select(func.count()).select_from(RecordState).join(Record, Record.id == RecordState.record_id)
    return (
        connection.execute(versions.where(Record.account_id == account_id, Version.number > 1)).scalar_one(),
        connection.execute(states.where(Record.account_id == account_id, RecordState.number > 1)).scalar_one(),
    )


def _new_words() -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))
