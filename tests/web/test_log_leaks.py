"""What the service writes into its logs, at every level, holds no word of a record, of what was asked or sent, no
token, no link, no password and no address: whatever is asked for, whatever breaks, whatever else goes on."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.responses import HTMLResponse

from archiver import logs
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people.roles import Role
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.web.app import _site_app, create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import WATCH, House
from tests.people import beside, scene
from tests.people.conftest import opened
from tests.people.matrix import NOW, Cell, cells
from tests.people.sending import SENT
from tests.people.standing import stand
from tests.signed_in import everything, person

#: In every word that is somebody's. No id of ours holds it.
CANARY = "zqcanaryqz"
#: Fields of addresses, with what reads as a query, a day, a place in a list.
_ASKED = {
    name: f"{CANARY}-{name}" for name in ("q", "before", "after", "at", "since", "account", "tag", "person", "next",
                                         "code", "state", "url", "of", "kind", "order", "hub.verify_token")
}  # fmt: skip


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """All that is logged, at every level."""
    stream = io.StringIO()
    logs.set_up("debug", stream)
    yield stream
    logs.set_up("warning")


def _lines(heard: io.StringIO) -> list[str]:
    return heard.getvalue().splitlines()


def _leaks(heard: io.StringIO, *words: str) -> list[str]:
    return [line[:400] for line in _lines(heard) if any(word in line for word in (CANARY, *words))]


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path / "home", SetClock(NOW)) as made:
        scene.fill(made)
        yield made


class _Desk:
    """Who asks for everything, with canaries in whatever is sent."""

    def __init__(self, archive: Archive) -> None:
        app = _site_app(Site(archive))
        states = stand(archive, beside.fill(archive), {role.value: person(archive, role).id for role in Role})
        found = {(one.method, one.route): one for one in cells(app, states)}
        self.cells = [*found.values(), *cells(app)]
        self.held = everything(archive)
        self.secrets = tuple(self.held.values())

    def ask(self, url: str) -> list[tuple[int, str]]:
        """As somebody who may do everything, with a token of nobody, and as a stranger."""
        answers = []
        with httpx.Client(base_url=url, timeout=60, follow_redirects=False) as client:
            for cell in self.cells:
                for headers, held in ((None, self.held), ({"Authorization": f"Bearer {CANARY}"}, {}),
                                      (None, dict.fromkeys(self.held, CANARY))):  # fmt: skip
                    answer = self._send(client, cell, headers or {}, held)
                    answers.append((answer.status_code, f"{cell.method} {cell.route}"))
        return answers

    @staticmethod
    def _send(client: httpx.Client, cell: Cell, headers: dict[str, str], held: dict[str, str]) -> httpx.Response:
        sent = {"Sec-Fetch-Site": "same-origin", "User-Agent": CANARY, "Cookie": "; ".join(f"{k}={v}" for k, v in
                held.items())} | headers  # fmt: skip
        path = cell.path.replace("none", CANARY)
        if cell.method == "GET":
            return client.get(path, params=_ASKED, headers=sent)
        shape = SENT[f"{cell.method} {cell.route}"]
        form = dict.fromkeys((*cell.form, "password", "code", "mail", "name", "reason", "text", "q"), f"{CANARY}@x.y")
        files: Any = {"file": (f"{CANARY}.csv", CANARY.encode())} if shape.upload else None
        return client.request(cell.method, path, params=_ASKED, headers=sent, data=form, files=files)


def _served(archive: Archive, desk: _Desk) -> list[tuple[int, str]]:
    pages = PageServer(create_app(Site(archive)), bind(archive.settings))
    pages.start()
    try:
        return desk.ask(pages.url.rstrip("/"))
    finally:
        pages.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.law("R71")
def test_nothing_that_is_asked_or_sent_is_logged(offices: Archive, heard: io.StringIO) -> None:
    desk = _Desk(offices)
    answers = _served(offices, desk)
    assert {200, 303, 400, 401, 403, 404} <= {status for status, _ in answers}
    assert [where for status, where in answers if status == 500] == []
    assert _leaks(heard, *desk.secrets) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_logged_of_what_was_asked_of_a_part_that_breaks(
    offices: Archive, heard: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever makes the page, and whoever notes who looked, fails with the words that it was given."""
    desk = _Desk(offices)
    desk.cells = [one for one in desk.cells if one.method == "GET"][::3]

    def broken(site: Site, template: str, /, **given: Any) -> HTMLResponse:
        if template == "error.html":
            return good(site, template, **given)
        raise RuntimeError(f"{CANARY} {given}")

    good = Site.page
    monkeypatch.setattr(Site, "page", broken)
    answers = _served(offices, desk)
    assert 500 in {status for status, _ in answers}
    failed = [line for line in map(json.loads, _lines(heard)) if line["event"] == "page.failed"]
    assert failed
    assert {one["error"] for one in failed} == {"RuntimeError"}
    assert _leaks(heard, *desk.secrets) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_that_is_captured_is_logged(tmp_path: Path, heard: io.StringIO) -> None:
    """Nor where the platform fails, answers with something else, or a segment is read again."""
    house = House(tmp_path / "house", capped=False)
    try:
        city, cast = house.city, house.cast
        post = city.say(cast.city, Wording(f"Post {CANARY}"))
        comment = city.say(cast.residents[0], f"Comment {CANARY}", answering=post)
        account = house.office()
        house.run(account)
        city.edit(comment, f"Edited {CANARY}")
        for fault in (faults.server_error(), faults.html_page()):
            house.later(hours=1)
            house.server.faults.add(fault, times=None)
            house.run(account, WATCH)
            house.server.faults.clear()
        house.later(hours=1)
        city.delete(comment)
        house.run(account, WATCH)
    finally:
        house.close()
    assert _leaks(heard) == []


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_of_what_a_library_says_no_value_is_logged(heard: io.StringIO, level: str) -> None:
    theirs, number = logging.getLogger("some.library"), logging.getLevelNamesMapping()[level.upper()]
    theirs.log(number, "asked for %s with %r", f"https://x.example/?token={CANARY}", {"mail": CANARY})
    theirs.log(number, f"said by itself: {CANARY}")
    try:
        raise ValueError(CANARY)
    except ValueError:
        theirs.log(number, "failed", exc_info=True)
    first, second, third = map(json.loads, _lines(heard))
    assert first["event"] == "asked for %s with %r"
    assert __file__ in second["said_at"], "where it is said, is"
    assert third["error"] == "ValueError"
    assert _leaks(heard) == []


_DYING = f"""
import threading, warnings
from archiver import logs
logs.set_up("debug")
logs.take_over()
class Held:
    def __del__(self): raise ValueError("{CANARY}")
def die(): raise ValueError("{CANARY}")
one = threading.Thread(target=die)
one.start()
one.join()
Held()
warnings.warn("{CANARY}")
"""


def test_what_dies_beside_the_pages_is_logged_without_its_words() -> None:
    ended = subprocess.run([sys.executable, "-c", _DYING], capture_output=True, text=True, timeout=120, check=False)
    said = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [one["event"] for one in said] == ["thread.died", "object.not_cleared", "a library says something"]
    assert [one.get("error") for one in said] == ["ValueError", "ValueError", None]
    assert CANARY not in ended.stderr + ended.stdout
