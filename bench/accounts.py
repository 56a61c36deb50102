"""How much of a processor the service takes to keep up with many accounts. ``python -m bench --only accounts``.

A practice city of eight platforms runs in a process of its own, and is asked over real sockets. Time is simulated: both
clocks go on minute by minute, in each of which as many records come into being as at 100,000 a day; then everything
that is due is captured, as the service would. What is measured is the processor time of the archiver's processes (its
helping ones included, the city's not), over the time that passed by the clocks. The service's own clock, which looks
every five seconds whether something is due, signs the log and so on, is measured in real time while nothing is due, and
added. First captures come before the measurement; days of earlier posts are known when it begins, since they are looked
at again.

No full sweep is due in so short a time. So afterwards every account is swept whole once more, and what that takes, less
what the other sweeps of those minutes took, is added at the frequency that the settings give it. It grows with what a
platform lists: the page says how much that was.

The run fails (exit code 1, and the row says so) where :data:`AIM` is missed with up to :data:`AIMED_AT` accounts.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.models import Due, Exchange, Run
from archiver.capture.service import SCHEDULE, Capture
from archiver.clock import SetClock, to_text
from archiver.records.models import Record
from archiver.settings import Settings
from archiver.work import memory
from archiver.work.service import Work
from connectors.contract import SweepKind

A_DAY = 100_000
COUNTS = (10, 25, 50, 100)
AIM = 0.25
"""Of one core, with everything."""
AIMED_AT = 50
"""Accounts, at most."""
_START = datetime(2026, 3, 4, 15, tzinfo=UTC)
_STEP = timedelta(minutes=1)
_IDLE_SECONDS = 30
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated."""

    warm: timedelta
    measured: timedelta
    days: int
    """Of earlier posts."""
    posts: int = A_DAY // 100
    """A day, of all accounts together."""


USUAL = Size(timedelta(minutes=5), timedelta(minutes=20), 3)
SHORT = Size(timedelta(minutes=5), timedelta(minutes=10), 1, 100)


def measure(*, short: bool = False) -> dict[str, Any]:
    """The figures of each number of accounts."""
    size = SHORT if short else USUAL
    return {
        "records_a_day": A_DAY,
        "platforms": 8,
        "measured_minutes": size.measured // _STEP,
        "days_before": size.days,
        "posts_a_day": size.posts,
        "full_days": Settings.model_fields["sweep_full_seconds"].default / _DAY.total_seconds(),
        "rounds": [of(count, size) for count in ((10,) if short else COUNTS)],
    }


class Town:
    """The city's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        first = self._read()
        self.base: str = first["base"]
        self.accounts: list[dict[str, str]] = first["accounts"]

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the practice city ended")
        return json.loads(line) if line != "ok\n" else None

    def go_on(self, to: datetime, count: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"to {to_text(to)} {count}\n")
        self._process.stdin.flush()
        self._read()


@contextmanager
def town(count: int, size: Size) -> Iterator[Town]:
    """A city with so many accounts, and their posts of the days before."""
    command = [sys.executable, "-m", "bench.accounts_city", "--accounts", str(count), "--begin", to_text(_START)]
    command += ["--days", str(size.days), "--posts", str(size.posts)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Town(process)
    finally:
        process.terminate()
        process.wait()


def of(count: int, size: Size) -> dict[str, Any]:
    """The figures of one number of accounts; said on the way, since it takes a while."""
    found = _of(count, size)
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def _of(count: int, size: Size) -> dict[str, Any]:
    with town(count, size) as city, tempfile.TemporaryDirectory() as folder:
        clock = SetClock(_START)
        settings = Settings(
            home=Path(folder), trusted_origins=(city.base,), request_pause_seconds=0, disk_reserve_percent=0
        )
        with Archive.open(settings, kind="practice", clock=clock) as archive:
            capture = Capture(archive)
            for one in city.accounts:
                accounts.add(archive, one["url"], one["platform"], credential=one["credential"])
            memory.settle()
            keeper = Keeper(city, archive, capture, clock)
            first = _processor()
            keeper.begin()
            first = _processor() - first
            keeper.pass_by(size.warm)
            before, processor, keeper.happened = keeper.counts(), _processor(), 0
            keeper.bad.clear()
            keeper.pass_by(size.measured)
            seconds, after = _processor() - processor, keeper.counts()
            share = seconds / size.measured.total_seconds()
            full = keeper.sweep_whole(share)
            bad = len(keeper.bad)
            keeper.end()
            whole = full / settings.sweep_full_seconds
            idle = idle_share(archive, capture, clock)
            found = {name: after[name] - before[name] for name in after}
            return {
                "accounts": count,
                "share_of_a_core": round(share + whole + idle, 4),
                "idle_share": round(idle, 4),
                "full_share": round(whole, 4),
                "full_seconds": round(full, 1),
                "known_records": after["records"],
                "processor_seconds": round(seconds, 1),
                "first_capture_seconds": round(first, 1),
                "happened": keeper.happened,
                "bad_runs": bad,
                "for_example": keeper.bad[:3],
                **found,
            }


class Patience(threading.Event):
    """Waits by the simulated clock: whoever waits for a platform lets the others go on meanwhile."""

    def __init__(self, moved: threading.Condition, clock: SetClock) -> None:
        super().__init__()
        self._moved, self._clock = moved, clock
        self.until: datetime | None = None

    def wait(self, timeout: float | None = None) -> bool:
        with self._moved:
            self.until = self._clock.now() + timedelta(seconds=timeout or 0)
            self._moved.notify_all()
            while self._clock.now() < self.until and not self.is_set():
                self._moved.wait()
            self.until = None
        return self.is_set()


@dataclass
class Keeper:
    """Lets time pass, and captures what is due with as many workers as the service has."""

    city: Town
    archive: Archive
    capture: Capture
    clock: SetClock
    happened: int = 0
    """Records that came into being."""
    bad: list[str] = field(default_factory=list)
    """Runs that did not end well."""
    _owed: float = 0.0
    _running: dict[str, Patience] = field(default_factory=dict)
    _moved: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        """Until every account has had its first full sweep."""
        full = select(func.count()).select_from(Due).where(Due.sweep == "full", Due.due_at <= self.clock.now())
        left = 1
        while left:
            self._step(0)
            with self.archive.database.read() as connection:
                left = connection.execute(full).scalar() or 0

    def sweep_whole(self, share: float) -> float:
        """Sweep every account whole once more; processor seconds that it takes beyond ``share`` of the time passed."""
        with self.archive.database.write() as connection:
            connection.execute(update(Due).where(Due.sweep == "full").values(due_at=self.clock.now(), failures=0))
        began, processor = self.clock.now(), _processor()
        self.begin()
        while self._running:
            self._step(0)
        return _processor() - processor - share * (self.clock.now() - began).total_seconds()

    def pass_by(self, span: timedelta) -> None:
        for _ in range(span // _STEP):
            self._owed += A_DAY * (_STEP / _DAY)
            count = int(self._owed)
            self._owed -= count
            self.happened += count
            self._step(count)

    def end(self) -> None:
        """Ask what still waits to end."""
        with self._moved:
            for one in self._running.values():
                one.set()
            self._moved.notify_all()
            while self._running:
                self._moved.wait()

    def _step(self, count: int) -> None:
        """One minute: records come into being, and whoever is due or has waited long enough asks."""
        self.city.go_on(self.clock.now() + _STEP, count)
        with self._moved:
            self.clock.advance(_STEP)
            self._moved.notify_all()
            self._settle()
        while self._start():
            with self._moved:
                self._settle()
        self.capture.take_over()
        self.capture.flush(all=False)

    def _settle(self) -> None:
        """Until whoever is at work has ended, or waits."""
        while any(one.until is None or one.until <= self.clock.now() for one in self._running.values()):
            self._moved.wait()

    def _start(self) -> bool:
        free = self.archive.settings.workers - len(self._running)
        due = [one for one in self.capture.due(self.clock.now()) if one[0] not in self._running][:free]
        for account, sweep in due:
            self._running[account] = Patience(self._moved, self.clock)
            threading.Thread(target=self._run, args=(account, sweep), daemon=True).start()
        return bool(due)

    def _run(self, account: str, sweep: SweepKind) -> None:
        try:
            result = self.capture.run(account, sweep, trigger=SCHEDULE, stop=self._running[account])
            if result.outcome not in ("complete", "unchanged"):
                self.bad.append(f"{sweep.value} {result.outcome}: {result.reason}")
        except Exception as error:  # noqa: BLE001 - told, and the measurement goes on
            self.bad.append(repr(error))
        finally:
            with self._moved:
                del self._running[account]
                self._moved.notify_all()

    def counts(self) -> dict[str, int]:
        with self.archive.database.read() as connection:
            return {
                name: int(connection.execute(select(func.count()).select_from(table)).scalar() or 0)
                for name, table in (("records", Record), ("runs", Run), ("exchanges", Exchange))
            }


def idle_share(archive: Archive, capture: Capture, clock: SetClock) -> float:
    """Part of a processor that the service takes while nothing is due, measured in real time."""
    with archive.database.write() as connection:
        connection.execute(update(Due).values(due_at=archive.clock.now() + timedelta(days=300)))
    work = Work(archive, capture)
    work.start()
    try:
        time.sleep(2)
        processor, began = _processor(), time.monotonic()
        for _ in range(_IDLE_SECONDS):
            time.sleep(1)
            clock.advance(timedelta(seconds=1))
        return (_processor() - processor) / (time.monotonic() - began)
    finally:
        work.stop()


def _processor() -> float:
    """Processor time of this process and of those of its children that have ended, seconds. The city's lives on."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def lines(found: dict[str, Any]) -> list[str]:
    """The section of the page."""
    told = [
        "## Keeping up with many accounts",
        "",
        f"{found['records_a_day']:,} new records a day on {found['platforms']} platforms, one in a hundred a post of an"
        " account and the others comments; sweeps as the settings have them from the start. Measured over"
        f" {found['measured_minutes']} simulated minutes at that rate, after first captures, with the posts of"
        f" {found['days_before']} earlier day(s). Processor time of the archiver over time passed; the simulated"
        " platforms are in another process and not counted.",
        "",
        _of_full_sweeps(found),
        "",
        f"Aim, for all of it: under {AIM} of a core with {AIMED_AT} accounts. Missing it fails the run.",
        "",
        "| accounts | part of one core | of it while nothing is due | of it full sweeps | processor seconds to sweep"
        " all accounts whole, of so many known records | runs an hour | answers stored an hour"
        " | records an hour: came into being, archived | first capture, processor seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    hours = found["measured_minutes"] / 60
    for one in found["rounds"]:
        names = ("runs", "exchanges", "happened", "records")
        runs, stored, happened, records = (f"{one[name] / hours:,.0f}" for name in names)
        told.append(
            f"| {one['accounts']} | {one['share_of_a_core']:.3f}{' **aim missed**' if is_missed(one) else ''}"
            f" | {one['idle_share']:.3f} | {_full(one)} | {runs} | {stored}"
            f" | {happened}, {records}"
            f" | {one['first_capture_seconds']:,.0f} |"
        )
    return told


def _of_full_sweeps(found: dict[str, Any]) -> str:
    if "full_days" not in found:
        return "Full sweeps, of which none is due in so short a time, were not measured, and are in no figure here."
    return (
        "No full sweep is due in so short a time: afterwards every account is swept whole once more; what that takes is"
        f" added at its frequency, once in {found['full_days']:g} days. It grows with what platforms list: where ten"
        " times the records were known, that part would be ten times as large."
    )


def _full(one: dict[str, Any]) -> str:
    if "full_share" not in one:
        return "not measured | not measured"
    return f"{one['full_share']:.4f} | {one['full_seconds']:,.0f}, {one['known_records']:,}"


def is_missed(one: dict[str, Any]) -> bool:
    """Whether a row is not what is aimed at. Pure."""
    return bool(one["accounts"] <= AIMED_AT and one["share_of_a_core"] >= AIM)


def missed(found: dict[str, Any]) -> list[str]:
    """What is not as it is aimed at, in words. Pure."""
    return [
        f"{one['accounts']} accounts take {one['share_of_a_core']:.3f} of a core; the aim is under {AIM}"
        for one in found["rounds"]
        if is_missed(one)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    found = measure(short=parser.parse_args().short)
    json.dump(found, sys.stdout, indent=2)
    print()
    if said := missed(found):
        raise SystemExit("; ".join(said))


if __name__ == "__main__":
    main()
