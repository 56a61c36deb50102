"""Whatever fails inside, what is told outside holds no path, statement, version, token or word of somebody's post."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from importlib.metadata import version
from typing import NoReturn, cast

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError

from archiver import logs
from archiver.archive import Archive
from archiver.database import Database
from archiver.errors import IntegrityError, Unreachable
from archiver.web import api, board, changes, pages, programs, records, search
from archiver.web.app import create_app
from archiver.web.security import HEADERS
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.signed_in import everything

CANARY = "canary-4711-token"
_WORDS = f"{CANARY} in /secret/home/index.sqlite3: SELECT text FROM version"
FAILURES: tuple[Exception, ...] = (
    RuntimeError(_WORDS),
    OSError(5, _WORDS, "/secret/home/store"),
    KeyError(_WORDS),
    MemoryError(_WORDS),
    Unreachable(_WORDS),
    IntegrityError(_WORDS),
    OperationalError(f"SELECT '{_WORDS}'", {"token": CANARY}, Exception(_WORDS)),
)
_FILLED = defaultdict(lambda: "none", account_id="ac_0", run_id="rn_0", record_id="rc_0", exchange_id="ex_0")
_ASKED = {
    "/looks": "?account=ac_0&at=2026-03-01",
    "/api/v1/looks": "?account=ac_0&at=2026-03-01T00:00:00Z",
    "/api/v1/captured": "?q=https://social.example/1",
    "/api/v1/captured/looks": "?account=ac_0&asked=2026-03-01T00:00:00Z",
}
#: The first leads elsewhere without asking anything.
ROUTES = sorted(
    route.path.format_map(_FILLED) + ("?q=before" if "search" in route.path else _ASKED.get(route.path, ""))
    for router in (
        *(pages.router, search.router, records.router, api.router),
        *(board.router, changes.router, *programs.ROUTERS),
    )
    for route in router.routes
    if isinstance(route, APIRoute) and route.path != "/" and "GET" in (route.methods or ())
)
_TELLING = (CANARY, "/secret", "sqlite", "SELECT", "Traceback", ".py", "site-packages", "uvicorn", "starlette")


class _Failing:
    """A database of which every question fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self) -> NoReturn:
        raise self._error

    write = read


def test_every_route_is_tried() -> None:
    assert {"/accounts", "/accounts/ac_0", "/records/rc_0", "/healthz", "/api/v1/search?q=before"} < set(ROUTES)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_no_failure_tells_what_is_inside(
    hostile_archive: Archive, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("debug")
    broken = replace(hostile_archive, database=cast("Database", _Failing(error)))
    server = PageServer(create_app(Site(broken)), bind(hostile_archive.settings))
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=30, cookies=everything(hostile_archive)) as client:
            answers = {path: client.get(path) for path in ROUTES}
            tokens = {"Authorization": f"Bearer {CANARY}"}
            refused = {path: client.get(path, headers=tokens) for path in ROUTES if path != "/healthz"}
    finally:
        server.stop()
        logs.set_up("warning")
    assert {answer.status_code for answer in refused.values()} <= {303, 401}
    assert not [answer for answer in refused.values() if CANARY in answer.text]
    for path, answer in answers.items():
        assert answer.status_code in (500, 503), path
        said = answer.text.replace("sqlite is", "").replace("style.css", "")
        assert not [word for word in _TELLING if word in said], (path, said)
        for package in ("fastapi", "starlette", "uvicorn", "sqlalchemy"):
            assert not re.search(rf"(?<![\d.]){re.escape(version(package))}(?![\d.])", said), (path, package)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    logged = capsys.readouterr().err
    assert f"Bearer {CANARY}" not in logged
    if not isinstance(error, Unreachable | IntegrityError):
        assert CANARY not in logged, "only our own errors are quoted"


@pytest.mark.parametrize(
    "path",
    [
        f"/accounts/{CANARY}",
        f"/gone/api/{CANARY}",
        f"/runs?before={CANARY}",
        f"/search?q=a&after={CANARY}",
        f"/api/{CANARY}",
    ],
)
def test_what_was_asked_is_neither_repeated_nor_logged(
    hostile_archive: Archive, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("debug")
    server = PageServer(create_app(Site(hostile_archive)), bind(hostile_archive.settings))
    server.start()
    try:
        held = {**everything(hostile_archive), "session": CANARY}
        answer = httpx.get(f"{server.url}{path[1:]}", cookies=held, timeout=30)
    finally:
        server.stop()
        logs.set_up("warning")
    assert answer.status_code in (400, 404)
    assert ("json" in answer.headers["content-type"]) is path.startswith("/api/"), "an id may hold anything"
    assert CANARY not in answer.text
    assert CANARY not in capsys.readouterr().err
