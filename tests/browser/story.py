"""A whole service in a process of its own, the practice city's platforms and a post office beside it, over real
sockets; and hands that use a keyboard."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from archiver.clock import SystemClock
from archiver.practice.cast import Cast, populate, populate_x
from archiver.practice.city import City
from archiver.practice.server import PracticeServer
from tests.browser.keys import pick, until
from tests.mail.server import PostOffice, post_office

#: A service that looks often.
_QUICK = {"TICK_SECONDS": "0.2", "SWEEP_NEW_SECONDS": "2", "SWEEP_WATCH_SECONDS": "600", "REQUEST_PAUSE_SECONDS": "0",
          "DISK_RESERVE_PERCENT": "0", "CHECKPOINT_SECONDS": "1", "MAIL_FROM": "Records archive <records@city.example>",
          "REQUEST_ATTEMPTS": "1"}  # fmt: skip
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@dataclass
class Story:
    """Where it happens."""

    url: str
    home: Path
    environment: dict[str, str]
    first_link: str
    server: PracticeServer
    city: City
    cast: Cast
    x: Cast
    """Who is on X."""
    post: PostOffice
    pictures: str | None = None
    trouble: list[str] = field(default_factory=list)

    def command(self, *arguments: str, typed: str = "") -> str:
        """What ``archiver`` says on this machine."""
        ran = subprocess.run(
            [sys.executable, "-m", "archiver", *arguments],
            env=self.environment, input=typed, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, (arguments, ran.stdout, ran.stderr)
        return ran.stdout

    @property
    def account(self) -> str:
        """Address of the city's account on X."""
        return self.server.x.account_url(self.x.city)

    def register_app(self) -> None:
        """The city's application at X."""
        client, secret = self.server.consent.add_client(f"{self.url}/connect/return")
        self.command("platform", "app", "x", "--id", client, typed=f"{secret}\n")

    def mail(self, number: int) -> Any:
        """The mail of that number, once it has come."""
        return wait_for(lambda: self.post.taken[number] if len(self.post.taken) > number else None)

    def link_of(self, number: int) -> str:
        (found,) = re.findall(r"http://\S+/connect/\S+", self.mail(number).get_content())
        return str(found)

    def agree(self, page: Page, link: str) -> None:
        """What an owner does who was sent a link: no login here, consent at the platform."""
        page.goto(link)
        until(page, "^Go on to X")
        page.keyboard.press("Enter")
        page.wait_for_url("**/i/oauth2/authorize**")
        pick(page, "^Signed in as", str(self.x.city))
        until(page, "^Allow")
        page.keyboard.press("Enter")
        page.wait_for_url("**/connect/ended/**")
        assert "is connected" in page.inner_text("h1")

    def look(self, page: Page, name: str) -> None:
        """Check a page for whoever reads it in another way, light and dark; keep a picture where one is wanted."""
        for scheme, rules in (("light", _RULES), ("dark", ["cat.color"])):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
            assert not found.response["violations"], (name, scheme, found.response["violations"])
            if self.pictures:
                page.screenshot(path=f"{self.pictures}/{name}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        size = page.viewport_size
        assert size is not None
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if self.pictures:
            page.screenshot(path=f"{self.pictures}/{name}-narrow.png", full_page=True)
        page.set_viewport_size(size)
        assert wide <= 390, (name, wide)


@contextmanager
def story(folder: Path, pictures: str | None = None) -> Iterator[Story]:
    """Serve a new archive, with mail, beside a city whose platforms stand on this machine."""
    with ExitStack() as stack:
        city = City(SystemClock(), 1)
        cast = populate(city, city.clock.now() - timedelta(days=20))
        x = populate_x(city, city.clock.now() - timedelta(days=1))
        server = PracticeServer(city, capped=False).start()
        stack.callback(server.stop)
        post = stack.enter_context(post_office())
        port = _free()
        own = {f"ARCHIVER_{name}": value for name, value in _QUICK.items()}
        own |= {
            "ARCHIVER_HOME": str(folder / "home"),
            "ARCHIVER_WEB_PORT": str(port),
            "ARCHIVER_TRUSTED_ORIGINS": server.base_url,
            "ARCHIVER_MAIL_URL": f"smtp://127.0.0.1:{post.port}",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVER_")} | own
        running = subprocess.Popen(
            [sys.executable, "-m", "archiver", "serve", "--json"],
            env=environment, stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
        )  # fmt: skip
        stack.callback(_stop, running)
        assert running.stdout is not None
        said = json.loads(running.stdout.readline())
        yield Story(said["url"].rstrip("/"), folder / "home", environment, said["first_link"], server, city, cast, x,
                    post, pictures)  # fmt: skip
        log = (folder / "log").read_text()
        assert "/connect/" not in log, "no link in the log"


def wait_for(found: Callable[[], Any], seconds: float = 60) -> Any:
    """What it finds, once it does."""
    until_then = time.monotonic() + seconds
    while time.monotonic() < until_then:
        if (one := found()) is not None and one is not False:
            return one
        time.sleep(0.2)
    raise AssertionError("it did not come")


def reload_until(page: Page, words: str, seconds: float = 60) -> None:
    """Look at the page again until it says so."""

    def looked() -> bool:
        page.reload()
        return re.search(words, page.inner_text("main")) is not None

    try:
        wait_for(looked, seconds)
    except AssertionError:
        raise AssertionError((words, page.inner_text("main"))) from None


def _stop(running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGTERM)
    try:
        running.wait(60)
    finally:
        running.kill()


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
