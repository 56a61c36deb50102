"""An archive beside a practice city, both by one clock that a test moves. Real sockets, files and database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.archive import Archive
from archiver.capture.service import Capture, RunResult
from archiver.clock import SetClock
from archiver.practice.cast import Cast, populate
from archiver.practice.city import City
from archiver.practice.script import month
from archiver.practice.server import PracticeServer
from archiver.settings import Settings
from connectors.contract import Connector, SweepKind
from tests import backends
from tests.capture.observed import Observed

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
NEW, WATCH, FULL = SweepKind.NEW, SweepKind.WATCH, SweepKind.FULL


class Patience(threading.Event):
    """Never asks anybody to stop by itself. Who waits for it moves the clock, not the world."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__()
        self._clock = clock
        self.waited = timedelta(0)

    def wait(self, timeout: float | None = None) -> bool:
        passed = timedelta(seconds=timeout or 0)
        self.waited += passed
        self._clock.advance(passed + timedelta(microseconds=1))
        return self.is_set()


@dataclass
class House(Observed):
    """A city of the given seed, its server, and an archive in ``home``."""

    home: Path
    seed: int = 1
    capped: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    clock: SetClock = field(default_factory=lambda: SetClock(START))
    city: City = field(init=False)
    cast: Cast = field(init=False)
    server: PracticeServer = field(init=False)
    archive: Archive = field(init=False)
    capture: Capture = field(init=False)
    patience: Patience = field(init=False)
    looks: list[tuple[datetime, str, SweepKind]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.city = City(self.clock, self.seed)
        self.cast = populate(self.city, self.clock.now() - timedelta(days=30))
        self.server = PracticeServer(self.city, capped=self.capped).start()
        self.patience = Patience(self.clock)
        self.open()

    # The archive.

    def open(self, *, empty_index: bool = False) -> None:
        given: dict[str, Any] = {"request_pause_seconds": 0.0, "disk_reserve_percent": 0.0, "time_zone": "UTC"}
        places = {"home": self.home / "archive", "trusted_origins": (self.server.base_url,)}
        placed = backends.places(self.home / "archive")
        backends.prepare(self.home / "archive", self.settings)
        settings = Settings(**{**places, **placed, **given, **self.settings})
        self.archive = Archive.open(settings, kind="practice", clock=self.clock, empty_index=empty_index)
        self.capture = Capture(self.archive)

    def use(self, connector: Connector) -> None:
        """Capture with another connector in place of the one for its platform."""
        self.capture.close()
        connectors = {**self.archive.platforms.connectors, connector.platform: connector}
        self.archive = replace(self.archive, platforms=replace(self.archive.platforms, connectors=connectors))
        self.capture = Capture(self.archive)

    def shut(self) -> None:
        self.capture.close()
        self.archive.close()

    def close(self) -> None:
        try:
            self.shut()
        finally:
            self.server.stop()

    def empty_index(self) -> None:
        """Throw the index away and open the archive again beside its store."""
        self.shut()
        backends.lose_index(self.home / "archive")
        self.open(empty_index=True)

    # Accounts.

    def office(self, token: str | None = None) -> str:
        """The city's main account on Mastodon, signed in where a token is given."""
        return self.mastodon(self.cast.city, token)

    def mastodon(self, person: int, token: str | None = None) -> str:
        account = accounts.add(self.archive, self.server.mastodon.account_url(person), "mastodon").account.id
        if token is not None:
            self.server.mastodon.grant(person, token)
            tokens.keep(self.archive, account, token)
        return account

    def feed(self, form: str = "feed/") -> str:
        return accounts.add(self.archive, self.server.feeds.feed_url(self.cast.news, form), "feed").account.id

    # Time and runs.

    def later(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    def run(self, account: str, sweep: SweepKind = FULL) -> RunResult:
        self.looks.append((self.clock.now(), account, sweep))
        return self.capture.run(account, sweep, trigger="person", stop=self.patience)

    def run_due(self) -> list[RunResult]:
        """Whatever is due now, as often as it is."""
        done = []
        while waiting := self.capture.due(self.clock.now()):
            done += [self.run(account, sweep) for account, sweep in waiting]
        return done

    def play(
        self,
        account: str,
        every: timedelta,
        acts: Mapping[str, Any],
        *,
        full_only: bool = False,
        cast: Cast | None = None,
    ) -> None:
        """Play a month (``acts``: of :func:`archiver.practice.script.month`), look every so often at whatever is due
        or, ``full_only``, at all of the account, and once at its end."""
        due = self.clock.now() + every
        for step in month(self.city, cast or self.cast, self.seed, **acts):
            if step.at >= due:
                due = step.at + every
                self.run(account) if full_only else self.run_due()
        self.run(account)

    # What is stored.

    @property
    def store(self) -> Path:
        return self.home / "archive" / "store"

    def segments(self) -> Iterator[Path]:
        yield from sorted(self.store.glob("segments/**/*.warc.gz"))

    def stored_bytes(self, under: str = "") -> int:
        return sum(path.stat().st_size for path in (self.store / under).rglob("*") if path.is_file())


@contextmanager
def houses(folder: Path, made: list[House] | None = None) -> Iterator[Callable[..., House]]:
    """Makes houses in a folder, and closes them. ``made``: where they are noted."""
    known = [] if made is None else made

    def make(**given: Any) -> House:
        known.append(House(folder / f"house-{len(known)}", **given))
        return known[-1]

    yield make
    for one in known:
        one.close()


def words(*texts: str) -> Sequence[str]:
    """The words of texts, however they are spaced."""
    return " ".join(texts).split()
