"""A house whose archive takes deliveries over real sockets, from practice platforms that send them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archiver.accounts import apps
from archiver.capture import hooks
from archiver.capture.delivering import Deliverer
from archiver.capture.hooks import OpenHook
from archiver.practice import deliveries
from archiver.practice.hub import exchange
from archiver.storage.segment_reader import ReadExchange, read_segment
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import House
from tests.signed_in import everything

SECRET = "hook-canary-of-the-application-0123456789"
SETTINGS = {"web_port": 0, "web_url": "http://127.0.0.1:1"}
_PATIENCE = 60


@dataclass
class Scene:
    """One house, served."""

    house: House
    site: Site
    url: str
    deliverer: Deliverer = field(init=False)

    def __post_init__(self) -> None:
        self.deliverer = Deliverer(self.house.capture)

    def hook(self, platform: str, **given: Any) -> OpenHook:
        """The address that a platform sends to; its application is stored."""
        if "own" not in given:
            apps.keep(self.house.archive, platform, "app-id", SECRET)
        return hooks.made(self.house.archive, platform, **given)

    def address(self, hook: OpenHook) -> str:
        return f"{self.url}/hooks/{hook.platform}/{hook.path}"

    def send(
        self, hook: OpenHook, body: bytes, *, secret: str = SECRET, headers: Mapping[str, str] | None = None
    ) -> int:
        """What is answered to a delivery."""
        at = int(self.house.clock.now().timestamp())
        signed, _ = deliveries.signed(hook.platform, secret, body, at)
        return exchange("POST", self.address(hook), {**signed, **(headers or {})}, body)[0]

    def page(self, where: str) -> str:
        """A page, as somebody sees it who sees everything."""
        ((name, secret),) = everything(self.house.archive).items()
        status, body = exchange("GET", f"{self.url}/{where}", {"Cookie": f"{name}={secret}"})
        assert status == 200
        return body.decode()

    def deliver(self, account: str) -> Any:
        """Archive what waits for an account."""
        return self.deliverer.deliver(account)

    def waiting(self, account: str) -> int:
        return self.deliverer.arrivals.count(account)

    def counts(self, platform: str) -> dict[str, int]:
        """What became of deliveries."""
        from sqlalchemy import select

        from archiver.accounts.models import Hook

        self.site.receiver.tell()
        with self.house.archive.database.read() as connection:
            query = select(Hook.counts).where(Hook.platform == platform)
            return dict(connection.execute(query).scalar_one())

    def stored(self) -> list[tuple[str, ReadExchange]]:
        """Deliveries and events as they stand in the store, each with the access class of its segment."""
        self.house.capture.flush(all=True)
        return [
            (path.parents[1].name if path.parent.name.startswith("of-") else path.parent.parent.name, one)
            for path in self.house.segments()
            for one in _pushed(path)
        ]


def _pushed(path: Path) -> Iterator[ReadExchange]:
    with path.open("rb") as stream:
        for one in read_segment(stream):
            if isinstance(one, ReadExchange) and one.facts["source"] == "pushed":
                yield one


@contextmanager
def served(house: House) -> Iterator[Scene]:
    """Serve the pages of a house's archive."""
    site = Site(house.archive)
    pages = PageServer(create_app(site), bind(house.archive.settings))
    pages.start()
    try:
        yield Scene(house, site, pages.url.rstrip("/"))
    finally:
        pages.stop()


def until(happens: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + _PATIENCE
    while not happens():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
