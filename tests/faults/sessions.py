"""What the processes do that are killed. Imported once by the server that forks them, so that a start costs little."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from archiver import faults, logs, migrate
from archiver.archive import Archive
from archiver.capture.leases import StaleLease
from archiver.capture.rebuild import rebuild
from archiver.capture.recovery import RecoveryReport
from archiver.capture.service import Capture, RunResult
from archiver.errors import ArchiverError, Busy
from archiver.http import trust
from archiver.settings import Settings
from connectors.contract import SweepKind
from tests import backends, statements

# What every process would do again at its start is done in the server that forks them.
migrate.head()
trust(None)
statements.share()


@dataclass(frozen=True)
class Orders:
    """What one process is to do: open, recover, sweep (one thread for each account), close."""

    home: Path
    settings: dict[str, Any]
    sweeps: Sequence[tuple[str, SweepKind]] = ()
    """Account and sweep. Sweeps of one account follow each other."""
    arm: str = ""
    """A crash point, as in ``ARCHIVER_CRASH_AT``; armed once the archive is open."""
    early: bool = False
    """Armed before it is."""
    rebuild: bool = False
    recover: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    """Credentials of the store, which the server that forks processes may not have had when it began."""
    patient: bool = False
    """Try again where somebody else is at an account."""
    log: str = "warning"
    """How much is logged."""
    close: bool = True
    """False: end without a word, as a process does that is killed when it has nothing to do."""


@dataclass
class Told:
    """What a process that came to its end has to say."""

    recovered: RecoveryReport | None = None
    runs: list[RunResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Of single runs, by class and text."""
    crash: str = ""
    """The traceback of what should never be raised."""


def open_archive(home: Path, settings: dict[str, Any], *, empty_index: bool = False) -> Archive:
    """The archive in ``home``."""
    given: dict[str, Any] = {"request_pause_seconds": 0.0, "disk_reserve_percent": 0.0, "time_zone": "UTC"}
    given |= backends.places(home)
    return Archive.open(Settings(home=home, **{**given, **settings}), kind="practice", empty_index=empty_index)


def session(orders: Orders, answer: Connection) -> None:
    """Carry out ``orders`` and tell what came of it; runs in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(orders.environment)
    told = Told()
    try:
        with (orders.home.parent / "log.txt").open("a") as log:
            logs.set_up(orders.log, log)
            _carry_out(orders, told)
    except BaseException:
        told.crash = traceback.format_exc()
    answer.send(told)


def _carry_out(orders: Orders, told: Told) -> None:
    if orders.early:
        faults.arm(orders.arm)
    with open_archive(orders.home, orders.settings, empty_index=orders.rebuild) as archive:
        if not orders.early:
            faults.arm(orders.arm)
        if orders.rebuild:
            rebuild(archive)
            return
        capture = Capture(archive)
        if orders.recover:
            told.recovered = capture.recover()
        accounts = list(dict.fromkeys(account for account, _ in orders.sweeps))
        if len(accounts) > 1:
            with ThreadPoolExecutor(len(accounts)) as pool:
                list(pool.map(lambda account: _sweep(capture, orders, account, told), accounts))
        elif accounts:
            _sweep(capture, orders, accounts[0], told)
        if orders.close:
            capture.close()


def _sweep(capture: Capture, orders: Orders, account: str, told: Told) -> None:
    for other, sweep in orders.sweeps:
        if other == account:
            try:
                told.runs.append(_run(capture, orders, account, sweep))
            except ArchiverError as error:
                told.errors.append(f"{type(error).__name__}: {error}")


def _run(capture: Capture, orders: Orders, account: str, sweep: SweepKind) -> RunResult:
    while True:
        try:
            return capture.run(account, sweep, trigger="person")
        except Busy as error:
            if not orders.patient or isinstance(error, StaleLease):
                raise
        time.sleep(0.02)
