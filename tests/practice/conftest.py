from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from archiver.clock import SetClock
from archiver.practice.cast import Cast, populate
from archiver.practice.city import City
from archiver.practice.server import PracticeServer

from .client import Client

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Town:
    """A city with its cast, served."""

    clock: SetClock
    city: City
    cast: Cast
    server: PracticeServer
    client: Client

    @property
    def statuses(self) -> str:
        """Path of the list of the city's main account."""
        return f"/api/v1/accounts/{self.cast.city}/statuses"

    def client_of(self, person: int, token: str = "token-of-the-town") -> Client:
        return Client(self.server, self.server.mastodon.grant(person, token))


@pytest.fixture
def town() -> Iterator[Town]:
    clock = SetClock(START)
    city = City(clock)
    cast = populate(city)
    with PracticeServer(city) as server:
        yield Town(clock, city, cast, server, Client(server))
