"""A practice city and its archive, captured by processes that may be killed. City and server live in the test's own
process, and with them an independent record of what was to be had; the archive is only touched by others."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver.capture.batch import taken_from_frame
from archiver.capture.facts import Taken
from archiver.capture.outcomes import RunOutcome
from archiver.capture.spool import read_frames
from archiver.clock import SystemClock
from archiver.practice.cast import Cast
from archiver.practice.city import City
from archiver.practice.server import PracticeServer
from connectors.contract import SweepKind
from tests import backends, forking
from tests.faults.presences import MastodonAndFeed, Presence
from tests.faults.sessions import Orders, Told, open_archive, session

NEW, WATCH, FULL = SweepKind.NEW, SweepKind.WATCH, SweepKind.FULL
#: Seconds after which a process is said to hang: far more than it takes on a slow and busy machine.
_PATIENCE = 240.0


@dataclass(frozen=True)
class Spooled:
    """One exchange that was on the disk when its process was killed."""

    run: str
    platform: str
    taken: Taken


class Process:
    """One process that captures. ``said``: gets what it tells; ``looks``: is called whenever it begins to look."""

    def __init__(self, orders: Orders, said: list[str], looks: Callable[[], None]) -> None:
        self._said, self._looks = said, looks
        self._looks()
        self._here, there = forking.CONTEXT.Pipe(duplex=False)
        self._process = forking.CONTEXT.Process(target=session, args=(orders, there), daemon=True)
        self._process.start()
        there.close()

    def kill(self) -> None:
        self._process.kill()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._looks()
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        with contextlib.suppress(ProcessLookupError):  # it had come to its end by itself
            os.kill(self._process.pid, number)

    def wait_until_paused(self, seconds: float = _PATIENCE) -> None:
        """Until the process has stopped itself at the crash point it was armed with."""
        deadline = time.monotonic() + seconds
        while Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            assert time.monotonic() < deadline, "the process did not come to its crash point"
            assert self._process.is_alive(), "the process ended before its crash point"
            time.sleep(0.01)

    def wait(self, seconds: float = _PATIENCE) -> Told | None:
        """What it told; None where it was killed."""
        told = None
        assert self._here.poll(seconds), "the process hangs"
        with contextlib.suppress(EOFError):
            told = self._here.recv()
        self._process.join(seconds)
        assert not self._process.is_alive(), "the process does not end"
        self._here.close()
        killed = self._process.exitcode == -signal.SIGKILL
        assert killed or told is not None, f"the process ended with {self._process.exitcode} and told nothing"
        self._process.close()
        self._said.append(repr(told))
        return None if killed else told


@dataclass
class Town:
    """A city that goes on living, and an archive of its accounts."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    """Of the processes, as far as they need one."""
    lose_index: Callable[[], None] | None = None
    """Throws the database away where that is not a file in ``home``."""
    found: Callable[[City, PracticeServer, int], Presence] = MastodonAndFeed
    """Makes its people and accounts."""
    log: str = "warning"
    """How much its processes log."""
    accounts: list[str] = field(init=False)
    looks: list[tuple[datetime, str, SweepKind]] = field(default_factory=list, repr=False)
    """When an account was looked at, and how. What did not come to its end is no *full* look. Nothing may happen in the
    city while somebody looks who is not paused."""
    said: list[str] = field(default_factory=list, repr=False)
    """What processes told: results, errors."""
    spooled: list[Spooled] = field(default_factory=list, repr=False)
    """Everything ever found in the spool after a kill."""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.home = self.folder / "archive"
        self.city = City(SystemClock(), self.seed)
        self.server = PracticeServer(self.city).start()
        self.presence = self.found(self.city, self.server, self.seed)
        self.settings = {"trusted_origins": (self.server.base_url,), "lease_seconds": 60, **self.settings}
        backends.prepare(self.home, self.settings)
        self._life = self.presence.life()
        with open_archive(self.home, self.settings) as archive:
            self.accounts = self.presence.register(archive)
        self.sign_in()

    def sign_in(self) -> None:
        """Give the archive its credentials, which no rebuild brings back."""
        with open_archive(self.home, self.settings) as archive:
            self.presence.sign_in(archive, self.accounts)

    @property
    def cast(self) -> Cast:
        return self.presence.cast

    @property
    def office(self) -> str:
        """The account whose news the tests make."""
        return self.accounts[self.presence.office]

    def say(self, text: str, *, picture: bool = False) -> str:
        """Let its office say something; the key of the record."""
        return self.presence.say(text, picture=picture)

    def close(self) -> None:
        self.server.stop()

    # Life and captures.

    def live(self, acts: int = 5) -> None:
        """Let something happen."""
        for _ in range(acts):
            next(self._life)

    def start(self, *sweeps: tuple[str, SweepKind], **orders: Any) -> Process:
        """A process that recovers and then carries out sweeps."""

        def looks() -> None:
            at = self._moment()
            self.looks += [(at, account, WATCH) for account, _ in sweeps]

        made = Orders(self.home, self.settings, sweeps, environment=self.environment, log=self.log, **orders)
        return Process(made, self.said, looks)

    def session(self, *sweeps: tuple[str, SweepKind], **orders: Any) -> Told:
        """A process that comes to its end, and nothing goes wrong in it."""
        told = self.start(*sweeps, **orders).wait()
        assert told is not None, "nobody killed it"
        assert not told.crash, told.crash
        assert not told.errors, told.errors
        self.looked_through(sweeps, told)
        return told

    def looked_through(self, sweeps: Sequence[tuple[str, SweepKind]], told: Told) -> None:
        """Take down of which accounts a process looked at everything. Nothing has happened in the city since."""
        runs = {account: iter([run for run in told.runs if run.account_id == account]) for account, _ in sweeps}
        for account, kind in sweeps:
            outcome = next(runs[account]).outcome
            if kind is FULL and outcome in (RunOutcome.COMPLETE, RunOutcome.UNCHANGED):
                self.looks.append((self._moment(), account, FULL))

    def _moment(self) -> datetime:
        """Now, and no longer when this returns: what happens next bears a later time, to the millisecond."""
        at = self.city.now()
        while self.city.now() <= at:
            time.sleep(0.001)
        return at

    def killed(self, *sweeps: tuple[str, SweepKind], arm: str = "", after: float | None = None, **orders: Any) -> bool:
        """A process that is killed at a crash point, or after so many seconds; whether it was before it had ended.
        What it leaves in the spool is noted."""
        process = self.start(*sweeps, arm=arm, **orders)
        if after is not None:
            time.sleep(after)
            process.kill()
        told = process.wait()
        assert told is None or not told.crash, told.crash
        self.note_spool()
        return told is None

    def everything(self, *kinds: SweepKind) -> list[tuple[str, SweepKind]]:
        """These sweeps of every account."""
        return [(account, kind) for account in self.accounts for kind in kinds]

    # The spool.

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    def note_spool(self) -> None:
        """Take down every whole exchange in the spool."""
        if not self.spool.exists():
            return
        known = {(one.run, one.taken.ordinal) for one in self.spooled}
        self.spooled += [one for one in self._in_spool() if (one.run, one.taken.ordinal) not in known]

    def _in_spool(self) -> Iterator[Spooled]:
        for path in sorted(self.spool.glob("*/rn_*.frames")):
            with path.open("rb") as file:
                platform = ""
                for header, parts, _ in read_frames(file):
                    if "ask" in header:
                        taken = taken_from_frame(header, parts, path.parent)
                        yield Spooled(path.name.partition(".")[0], platform, taken)
                    else:
                        platform = header["terms"]["identity"]["platform"]

    def left_in_spool(self) -> list[str]:
        """Names of what is in the spool; torn tails, which are kept, are not counted."""
        return sorted(str(path.relative_to(self.spool)) for path in self.spool.iterdir() if path.suffix != ".torn")
