"""The authorisation matrix: every route of the application × who comes × what it is about, as the application answers.

``tests/people/matrix.yaml`` is the signed-off one. After a change that is meant, ``python -m tests.people.matrix``
writes it anew, and whoever reviews the change reads the difference.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people import service, sessions
from archiver.people.acting import SERVICE, of_person
from archiver.people.actions import Action
from archiver.people.models import Session
from archiver.people.permission import AUTHORITY, DEPARTMENT
from archiver.people.roles import Access, Role, usual
from archiver.people.service import NewGrant
from archiver.web import door
from archiver.web.app import _site_app, create_app
from archiver.web.site import Site
from tests.people import beside, scene
from tests.people.beside import authority_of, handover_of, imported
from tests.people.scene import KINDS, account_of, record_of
from tests.signed_in import cookies, person

SIGNED_OFF = Path(__file__).with_name("matrix.yaml")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
Matrix = dict[str, dict[str, dict[str, list[str]]]]
#: What an address may be about: the state of the object, and what stands in its place.
_STATES: Mapping[str, Mapping[str, str]] = {
    "account_id": {"of the police": account_of("police"), "of the library": account_of("library"), "none": "ac_none"},
    "run_id": {"of the police": "rn_police", "of the library": "rn_library", "none": "rn_none"},
    "record_id": {
        **{f"of the police, {kind}": record_of("police", kind) for kind in KINDS},
        **{f"of the library, {kind}": record_of("library", kind) for kind in KINDS},
        **{f"of the police, {which}, only exported": imported("police", which) for which in beside.ONLY},
        "none": "rc_none",
    },
    "platform": {"known": "mastodon", "none": "nowhere"},
    "authority_id": {
        "of the police": authority_of("police"),
        "of the library": authority_of("library"),
        "none": "au_none",
    },
    "form": {"known": "csv"},
    "thing": {"known": "authority"},
    "thing_id": {"new": "new", "none": "xm_none"},
    "handover_id": {
        "of the police": handover_of("police"),
        "of the library": handover_of("library"),
        "none": "ho_none",
    },
}
#: What stands in an address behind what it is about.
_BESIDE = {"form": "pdf", "thing_id": "new"}
#: Of which ids are made anew each time: what stands in the place of a name here.
_LISTINGS = ("captured", "not captured")


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody who comes, or nobody."""

    name: str
    client: httpx.Client


def comers(archive: Archive) -> dict[str, dict[str, dict[str, str]]]:
    """Everybody who comes, with what they send: a cookie or a token."""
    police = {"scope": AUTHORITY, "scope_id": "police"}
    found: dict[str, dict[str, dict[str, str]]] = {"nobody": {}}
    for role in Role:
        who = person(archive, role, access=usual(role), name=role.value)
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
    owner = person(archive, Role.RECORDS_OFFICER)
    _, secret = sessions.make_token(
        archive, of_person(owner.id), owner.id, "search", {Action.RECORDS_SEARCH}, timedelta(days=1)
    )
    found["token of a records officer, to search"] = {"headers": {"Authorization": f"Bearer {secret}"}}
    return found


def cells(
    app: FastAPI,
    listed: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    documents: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[str, str, str, str]]:
    """Route, method, state of its object, and an address of it. ``listed``, ``documents``: the register's listings and
    documents, by office."""
    listings = {
        f"of the {office}, {said}": one
        for office, each in listed.items()
        for said, one in zip(_LISTINGS, each, strict=True)
    } | {"none": "li_none"}
    for route in sorted(door.routes(app), key=lambda one: (one.path, sorted(one.methods or ()))):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            names = re.findall(r"\{(\w+)\}", route.path)
            kept = {f"of the {office}": one for office, one in documents.items()} | {"none": "do_none"}
            known = {**_STATES, "listing_id": listings, "document_id": kept}
            states = known.get(names[0], {"none": "none"}) if names else {"": ""}
            for state, value in states.items():
                path = route.path
                for name in names:
                    path = path.replace(f"{{{name}}}", value if name == names[0] else _BESIDE.get(name, "none"))
                yield route.path, method, state, path


def outcome(method: str, answer: httpx.Response) -> str:
    """What an answer means to whoever asked. A form that was let in and found empty was let in."""
    target = answer.headers.get("location", "")
    if target.startswith("/sign-in/again") or (answer.status_code == 401 and "/sign-in/again" in answer.text):
        return "show again who it is"
    if answer.status_code == 401 or (answer.status_code == 303 and target.startswith("/sign-in?")):
        return "sign in"
    if answer.status_code == 303 and target == "/rules" and method == "GET":
        return "rules first"
    if answer.status_code == 403:
        return "refused"
    if answer.status_code == 404 and method == "GET":
        return "not there"
    assert answer.status_code < 500, (answer.url, answer.status_code)
    return "let in"


def matrix(archive: Archive, listed: Mapping[str, tuple[str, ...]]) -> Matrix:
    """As the application answers, now: route → state → outcome → who."""
    site = Site(archive)
    app = create_app(site)
    found: Matrix = {}
    who = comers(archive)
    clients = {
        name: TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, **sent)  # type: ignore[arg-type]
        for name, sent in who.items()
    }
    in_order = sorted(
        cells(_site_app(site), listed, beside.documents(archive)), key=lambda cell: cell[1]
    )  # (what only reads, before what changes)
    for route, method, state, path in in_order:
        row: dict[str, list[str]] = {}
        for name, client in clients.items():
            if (method, route) == ("POST", "/sign-out") and name != "nobody":
                continue  # (it would end what the others cells need; who is signed in may)
            form = {"data": {"session": "none"}} if method == "POST" else {}
            answer = client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"}, **form)
            row.setdefault(outcome(method, answer), []).append(name)
        found.setdefault(f"{method} {route}", {})[state or "always"] = row
    return found


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
