"""The practice city running: a server, and somebody who lets things happen."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from archiver.clock import Clock, SystemClock
from archiver.practice.acts import Act
from archiver.practice.cast import Cast, populate, recall
from archiver.practice.city import City
from archiver.practice.journal import Journal, UnreadableJournal
from archiver.practice.rate_limit import RateLimit
from archiver.practice.script import backlog, live
from archiver.practice.server import PracticeServer
from archiver.practice.words import CITY


@dataclass(frozen=True, slots=True)
class PracticeAccount:
    """An account to register."""

    platform: str
    """Name of the connector."""
    url: str
    title: str


class RunningPractice:
    """A practice city in this process. Touches no database and no store."""

    def __init__(
        self, city: City, cast: Cast, server: PracticeServer, *, speed: float, opening: bool
    ) -> None:  # fmt: skip
        self.city = city
        self.cast = cast
        self.server = server
        self._speed = speed
        self._opening = opening
        self._stopping = threading.Event()
        self._life = threading.Thread(target=self._live, name="practice city", daemon=True)
        self.server.start()
        self._life.start()

    @property
    def base_url(self) -> str:
        """Origin of the server, e.g. ``http://127.0.0.1:40123``."""
        return self.server.base_url

    @property
    def accounts(self) -> tuple[PracticeAccount, ...]:
        """Two Mastodon accounts and one feed."""
        mastodon = self.server.mastodon
        return (
            PracticeAccount("mastodon", mastodon.account_url(self.cast.city), f"City of {CITY}"),
            PracticeAccount("mastodon", mastodon.account_url(self.cast.works), f"{CITY} Public Works"),
            PracticeAccount("feed", self.server.feeds.feed_url(self.cast.news), f"{CITY} News"),
        )

    def stop(self) -> None:
        """Let nothing more happen and close the server. Stopping twice does nothing."""
        self._stopping.set()
        self._life.join(5)
        self.server.stop()

    def _live(self) -> None:
        for seconds in live(self.city, self.cast, self.city.seed + len(self.city.journal), opening=self._opening):
            if self._stopping.wait(seconds / self._speed):
                return


def start_practice(
    speed: float = 1.0, *, port: int = 0, journal: Path | None = None, seed: int = 1, clock: Clock | None = None,
    requests: int = 3000,
) -> RunningPractice:  # fmt: skip
    """Start a city with a past of three weeks, in which life goes on.

    Args:
        speed: how many times faster than written the script is played. Times shown stay those of ``clock``.
        journal: a file in which the city remembers itself; a city found there goes on, without the opening minute.
        requests: how many the platform allows each caller in five minutes.

    Raises:
        UnreadableJournal: ``journal`` is something else.
        OSError: ``port`` is taken, or ``journal`` cannot be written.
    """
    if speed <= 0:
        raise ValueError("the speed of the practice city must be above zero")
    time = clock or SystemClock()
    file = None if journal is None else Journal(journal)
    known = file.read() if file is not None else []
    city = _replayed(time, seed, known)
    cast = recall(city) if known else _begin(city)
    if file is not None:
        file.begin(city.journal)
        city.keep = file.add
    server = PracticeServer(city, port, rate_limit=RateLimit(requests))
    return RunningPractice(city, cast, server, speed=speed, opening=not known)


def _replayed(clock: Clock, seed: int, known: list[Act]) -> City:
    try:
        city = City.replay(clock, known, seed)
        if known:
            recall(city)
    except (KeyError, ValueError) as error:
        raise UnreadableJournal("the practice journal tells no whole story; delete it to begin anew") from error
    return city


def _begin(city: City) -> Cast:
    cast = populate(city, city.now() - timedelta(days=30))
    backlog(city, cast, city.seed)
    return cast
