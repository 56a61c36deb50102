"""The authorisation matrix: every route of the application × who comes × what it is about, as the application answers.

``tests/people/matrix.yaml`` is the signed-off one. After a change that is meant, ``python -m tests.people.matrix``
writes it anew, and whoever reviews the change reads the difference.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update
from starlette.types import ASGIApp

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people import service, sessions
from archiver.people.acting import SERVICE, of_person
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.models import Session
from archiver.people.permission import AUTHORITY, DEPARTMENT
from archiver.people.roles import Access, Role, usual
from archiver.people.service import NewGrant
from archiver.web import door
from archiver.web.app import _site_app, create_app
from archiver.web.site import Site
from tests.people import beside, scene, standing
from tests.people.sending import SENT, Sent, asked, body_of, form_of, set_of
from tests.people.standing import States
from tests.signed_in import cookies, person

SIGNED_OFF = Path(__file__).with_name("matrix.yaml")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
Matrix = dict[str, dict[str, dict[str, list[str]]]]
#: After which an archive may not be as it was.
_DID = ("done", "let in, and it cannot be", "not there")
#: What stands in an address behind what it is about.
_BESIDE = {"form": "pdf", "thing_id": "new", "path": "none", "bundle_id": "none", "connection_id": "none"}
_NOTHING = dict.fromkeys(
    (
        *("account_id", "run_id", "record_id", "exchange_id", "medium_id", "challenge_id", "note_id", "platform"),
        *("authority_id", "listing_id", "document_id", "handover_id", "person_id", "grant_id", "moderation_id"),
        *("saved_id", "selection_id", "token_id", "passkey_id", "token", "link", "path", "bundle_id", "statement_id"),
        *("connection_id", "candidacy_id"),
    ),
    "none",
) | {"form": "csv", "thing": "authority", "thing_id": "none"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A route, as it is asked about an object in one state."""

    route: str
    method: str
    state: str
    path: str
    form: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comers:
    """Everybody who comes: what they send (a cookie or a token), and the ids of those who are people here, by name."""

    sent: dict[str, dict[str, dict[str, str]]]
    people: dict[str, str]


def comers(archive: Archive) -> Comers:
    """Everybody who comes."""
    police = {"scope": AUTHORITY, "scope_id": "police"}
    found: dict[str, dict[str, dict[str, str]]] = {"nobody": {}}
    people: dict[str, str] = {}
    for role in Role:
        who = person(archive, role, access=usual(role), name=role.value)
        people[role.value] = who.id
        found[role.value] = {"cookies": cookies(archive, who)}
    scoped = person(archive, Role.CUSTODIAN, access=[Access.PUBLIC], **police)
    found["custodian of the police, public"] = {"cookies": cookies(archive, scoped)}
    messages = person(archive, Role.CUSTODIAN, access=frozenset(Access), **police)
    found["custodian of the police, messages"] = {"cookies": cookies(archive, messages)}
    patrol = {"scope": DEPARTMENT, "scope_id": beside.department_of("police")}
    part = person(archive, Role.CUSTODIAN, access=usual(Role.CUSTODIAN), **patrol)
    found["custodian of a department of the police"] = {"cookies": cookies(archive, part)}
    ended, held = person(archive, Role.RECORDS_OFFICER), None
    held = cookies(archive, ended)
    service.end(archive, SERVICE, ended.id)
    found["records officer who left"] = {"cookies": held}
    over = person(archive)
    stand_in = NewGrant(Role.CUSTODIAN, from_at=NOW - timedelta(days=9), ends_at=NOW - timedelta(days=1), stand_in=True)
    service.grant(archive, SERVICE, over.id, stand_in)
    found["stand-in whose time is over"] = {"cookies": cookies(archive, over)}
    new = service.add(archive, SERVICE, "new")
    service.grant(archive, SERVICE, new.id, NewGrant(Role.CUSTODIAN))
    found["custodian who has not noted the rules"] = {"cookies": cookies(archive, new)}
    late = person(archive, Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR)
    found["administrator and auditor who showed long ago who it is"] = {"cookies": cookies(archive, late)}
    with archive.database.write() as connection:
        long_ago = update(Session).where(Session.person_id == late.id).values(shown_at=NOW - timedelta(minutes=6))
        connection.execute(long_ago)
    owner = person(archive, Role.RECORDS_OFFICER).id
    found["token of a records officer, to search"] = _token(archive, owner, {Action.RECORDS_SEARCH})
    officer, every = people[Role.RECORDS_OFFICER.value], "for all that a token can do"
    found[f"token of the records officer, {every}"] = _token(archive, officer, FOR_TOKENS)
    found[f"token of the custodian of the police, public, {every}"] = _token(archive, scoped.id, FOR_TOKENS)
    return Comers(found, people)


def _token(archive: Archive, person_id: str, scopes: Collection[Action]) -> dict[str, dict[str, str]]:
    _, secret = sessions.make_token(archive, of_person(person_id), person_id, "a test", scopes, timedelta(days=1))
    return {"headers": {"Authorization": f"Bearer {secret}"}}


def cells(app: FastAPI, states: States | None = None) -> Iterator[Cell]:
    """Every route in every state of its object. ``states``: None: each in one alone, of which nothing is there.

    Raises:
        KeyError: of the object of a route no states are known: :mod:`tests.people.standing` has to say them; or nothing
            is known of what it is sent, which :mod:`tests.people.sending` has to say.
    """
    for route in sorted(door.routes(app), key=lambda one: (one.path, sorted(one.methods or ()))):
        names = re.findall(r"\{(\w+)\}", route.path)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            sent = SENT[f"{method} {route.path}"] if method != "GET" else Sent()
            about = set_of(method, route.path, names)
            nothing = {"none": _NOTHING} if names else {"": {}}
            for state, values in (nothing if states is None else states[about]).items():
                if states is not None and not asked(method, route.path, state):
                    continue
                known = _BESIDE | values
                path, form = route.path.format_map(quoted(known)), form_of(sent, values)
                yield Cell(route.path, method, state, path, form, body_of(sent, values))


def quoted(values: Mapping[str, str]) -> dict[str, str]:
    """As they stand in an address."""
    return {name: quote(value, "") for name, value in values.items()}


def outcome(method: str, answer: httpx.Response) -> str:
    """What an answer means to whoever asked."""
    target = answer.headers.get("location", "")
    if target.startswith("/sign-in/again") or (answer.status_code == 401 and "/sign-in/again" in answer.text):
        return "show again who it is"
    if answer.status_code == 401 or (answer.status_code == 303 and target.startswith("/sign-in?")):
        return "sign in"
    if answer.status_code == 303 and target == "/rules":
        return "rules first"
    if answer.status_code == 403:
        return "refused"
    if answer.status_code == 404:
        return "not there"
    assert answer.status_code < 500 or answer.status_code == 503, (answer.url, answer.status_code, answer.text[-500:])
    if method == "GET":
        return "let in"
    return "done" if answer.status_code < 400 else "let in, and it cannot be"


class Kept:
    """An archive's index as it was, which comes back after everything that was done to it."""

    def __init__(self, archive: Archive) -> None:
        self._path = str(archive.settings.home / "index.sqlite3")
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self._path)) as live:
            live.backup(self._kept)

    def restore(self) -> None:
        with closing(sqlite3.connect(self._path)) as live:
            live.execute("PRAGMA synchronous = OFF")
            self._kept.backup(live)


def send(client: TestClient, cell: Cell) -> httpx.Response:
    """Ask, as a page of ours does."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    if cell.method == "GET":
        read: httpx.Response = client.get(cell.path, headers=headers)
        return read
    sent = SENT[f"{cell.method} {cell.route}"]
    if sent.json:
        headers = {"Idempotency-Key": "the-matrix"}
        by_program: httpx.Response = client.request(cell.method, cell.path, headers=headers, json=dict(cell.body))
        return by_program
    files: Any = {"file": sent.file or ("", b"")} if sent.upload else None
    answer: httpx.Response = client.request(cell.method, cell.path, headers=headers, data=dict(cell.form), files=files)
    return answer


def matrix(archive: Archive, listed: Mapping[str, tuple[str, str]]) -> Matrix:
    """As the application answers, now: route → state → outcome → who. Whatever is done is undone before the next."""
    site, found = Site(archive), Matrix()
    app, who = create_app(site), comers(archive)
    every = [*cells(_site_app(site), standing.stand(archive, listed, who.people))]
    kept = Kept(archive)
    with start_blocking_portal() as portal:
        clients = {name: _client(app, sent, portal) for name, sent in who.sent.items()}
        for cell in every:
            row: dict[str, list[str]] = {}
            for name, client in clients.items():
                held = dict(client.cookies)
                said = outcome(cell.method, send(client, cell))
                row.setdefault(said, []).append(name)
                if cell.method != "GET" and (said in _DID or cell.route.startswith("/sign-in")):
                    kept.restore()
                if dict(client.cookies) != held:
                    client.cookies.clear()
                    client.cookies.update(held)
            found.setdefault(f"{cell.method} {cell.route}", {})[cell.state or "always"] = row
    return found


def _client(app: ASGIApp, sent: dict[str, dict[str, str]], portal: BlockingPortal) -> TestClient:
    """One loop serves all of them: beginning one for each request is most of what a request costs."""
    client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, **sent)  # type: ignore[arg-type]
    client.portal = portal
    return client


def made(folder: Path) -> Matrix:
    """The matrix of a fresh archive."""
    from tests.people.conftest import opened

    clock = SetClock(NOW)
    with opened(folder / "home", clock) as archive:
        scene.fill(archive)
        listed = beside.fill(archive)
        clock.advance(timedelta(minutes=1))
        return matrix(archive, listed)


def written(found: Matrix) -> str:
    """As the signed-off file says it: a line for each state of each route, with who gets what; *others* are most."""
    lines = ["# Who gets what, by route and by the state of what it is about. Signed off: see tests/people/matrix.py."]
    for route, states in sorted(found.items()):
        lines.append(f"{route}:")
        for state, row in states.items():
            most = max(row, key=lambda one: len(row[one]))
            said = {one: "others" if one == most else ", ".join(names) for one, names in row.items()}
            lines.append(f"  {state}:")
            lines += [f"    {one}: {said[one]}" for one in sorted(said)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        SIGNED_OFF.write_text(written(made(Path(folder))))
    sys.stdout.write(f"{SIGNED_OFF}\n")
