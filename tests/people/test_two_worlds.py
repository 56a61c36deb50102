"""Two worlds that differ only in what somebody does not see answer them with the same bytes: every page, list, count,
facet, file and refusal. What happens elsewhere happens between two rounds of the same questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.desk import marks, saved, selections
from archiver.people import service
from archiver.people.acting import SERVICE, of_person
from archiver.people.actions import Action
from archiver.people.permission import ACCOUNT, AUTHORITY, DEPARTMENT
from archiver.people.roles import MAY, Access, Role, usual
from archiver.people.service import PersonView
from archiver.web.app import _site_app, create_app
from archiver.web.site import Site
from tests import effort
from tests.people import beside, hidden, scene, standing
from tests.people.beside import department_of
from tests.people.conftest import opened
from tests.people.matrix import NOW, cells
from tests.people.scene import CANARIES, account_of, record_of
from tests.signed_in import cookies, person

_USUAL = usual(Role.CUSTODIAN)
_POLICE = {"scope": AUTHORITY, "scope_id": "police"}
_ASKED = ("larkspur", "kind:comment", "has:edits", "state:hidden_by_page", hidden.WORD, "", "-larkspur")
#: What tells of the whole archive by its nature, and names nothing: how many entries the log has. Of these the numbers
#: are left out.
_OF_ALL = {"/evidence", "/api/v1/evidence"}
#: Who looked at what, which each of these questions adds to.
_OF_LOOKS = {"/access-log", "/api/v1/access-log", "/api/v1/access-log.csv"}
#: Records that nobody of the others sees, of which each time some more are made.
_HIDDEN = (("library", "elsewhere"), ("police", "letter"), ("police", "inside"), ("library", "patron"))
#: Of what the questions are about in the usual run.
_STATES = {"", "known", "of the police", "of the library", "of the police, public", "of the library, public"}
_HEADERS = ("content-type", "content-disposition", "location", "allow", "content-range", "www-authenticate")
Answers = dict[str, tuple[object, ...]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Archive]:
    """Both offices."""
    clock = SetClock(NOW)
    with opened(tmp_path / "home", clock) as archive:
        scene.fill(archive)
        clock.advance(timedelta(minutes=1))
        yield archive


def _comers(archive: Archive) -> dict[str, PersonView]:
    """Whoever sees only the police: of public things alone, in its department, as its legal custodian; in a long run
    in each role, and for its account."""
    roles = tuple(Role) if effort.long else (Role.LEGAL_CUSTODIAN,)
    found = {role.value: person(archive, role, access=usual(role), **_POLICE) for role in roles}
    found["public"] = person(archive, Role.CUSTODIAN, access=[Access.PUBLIC], **_POLICE)
    found["department"] = person(
        archive, Role.CUSTODIAN, access=_USUAL, scope=DEPARTMENT, scope_id=department_of("police")
    )
    if effort.long:
        found["account"] = person(archive, Role.CUSTODIAN, access=_USUAL, scope=ACCOUNT, scope_id=account_of("police"))
    for who in found.values():
        _desk(archive, who)
    return found


def _whole(archive: Archive) -> dict[str, PersonView]:
    """Who sees all but what is kept to few: in a long run in each role."""
    roles = tuple(Role) if effort.long else (Role.RECORDS_OFFICER,)
    return {f"{role.value} of all": person(archive, role, access=usual(role)) for role in roles}


def _desk(archive: Archive, who: PersonView) -> None:
    """A tag, a selection and a search of their own, where they may have them."""
    actor, theirs = of_person(who.id), {Role(one.role) for one in _grants(archive, who)}
    if not any(Action.RECORDS_MARK in MAY[role] for role in theirs):
        return
    marks.tag(archive, actor, [record_of("police", "public")], "shared")
    if any(Action.SEARCH_FREEZE in MAY[role] for role in theirs):
        chosen = selections.make(archive, actor, "mine")
        selections.add(archive, actor, chosen, [record_of("police", "public")])
    saved.save(archive, actor, "all", "kind:comment")


def _grants(archive: Archive, who: PersonView) -> list[service.GrantView]:
    with archive.database.read() as connection:
        return service.grants(connection, who.id)


def _addresses(archive: Archive, listed: Mapping[str, tuple[str, str]]) -> list[str]:
    """Everything that is read from, about what they see, about what they do not, and about nothing."""
    app = _site_app(Site(archive))
    states = standing.stand(archive, listed, {role.value: person(archive, role).id for role in Role})
    found = {
        cell.path for cell in cells(app, states) if cell.method == "GET" and (effort.long or cell.state in _STATES)
    }
    found |= {f"{path}{word}" for word in _ASKED for path in ("/search?q=", "/api/v1/search?facets=true&q=")}
    found |= {f"/api/v1/search.csv?q={word}" for word in _ASKED}
    found |= {f"/search?tag={word}" for word in ("shared", hidden.WORD)}
    found |= {"/search?q=wr*&order=relevance", "/gaps?all=1", "/changes?unexplained=yes", "/register?only=lacking"}
    for office in scene.OFFICES:
        account = account_of(office)
        found |= {f"{path}?account={account}" for path in ("/runs", "/changes", "/api/v1/runs", "/api/v1/gaps")}
        found |= {f"{path}?account={account}&at=2026-03-01T18:00:00Z" for path in ("/looks", "/api/v1/looks")}
        for start in ("", "/api/v1"):
            asked = f"{start}/moderation/report"
            found |= {
                f"{asked}?account={account}",
                f"{asked}?authority={office}",
                f"{start}/moderation?account={account}",
            }
        found.add(f"/api/v1/captured/looks?account={account}&asked=2026-03-01T18:00:00Z")
        found |= {f"/search?q=account:{account}", f"/accounts?authority={office}"}
        for kind in CANARIES[office]:
            found |= {f"{start}/captured?q=https://facebook.example/{office}/{kind}" for start in ("", "/api/v1")}
        found |= set(hidden.addresses_of_a_look(office))
    found |= {address for office, name in _HIDDEN for address in hidden.addresses(office, name)}
    return sorted(found)


class _Asking:
    """Asks for everybody, the same each time."""

    def __init__(self, archive: Archive, comers: Mapping[str, PersonView], addresses: list[str]) -> None:
        app = create_app(Site(archive))
        self._addresses = addresses
        self._clients = {
            name: TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, cookies=cookies(archive, who))
            for name, who in comers.items()
        }

    def __call__(self, *names: str) -> dict[str, Answers]:
        return {name: dict(self._of(self._clients[name])) for name in names or self._clients}

    def _of(self, client: TestClient) -> Iterator[tuple[str, tuple[object, ...]]]:
        for address in self._addresses:
            answer = client.get(address, headers={"Range": "bytes=0-3"} if address.endswith("/shown") else {})
            if answer.status_code != 200 or address not in _OF_LOOKS:
                yield address, _told(address, answer)


def _told(address: str, answer: httpx.Response) -> tuple[object, ...]:
    content = re.sub(rb"\d+", b"0", answer.content) if address in _OF_ALL else answer.content
    return answer.status_code, {name: answer.headers.get(name) for name in _HEADERS}, content


def _differences(before: dict[str, Answers], after: dict[str, Answers]) -> list[str]:
    return [
        f"{name}: {address}: {_where(answers[address], after[name][address])}"
        for name, answers in before.items()
        for address in answers
        if answers[address] != after[name][address]
    ]


def _where(one: tuple[object, ...], other: tuple[object, ...]) -> str:
    """The first lines in which two answers differ."""
    if one[:2] != other[:2]:
        return f"{one[:2]} {other[:2]}"
    lines = (str(each[2], "utf-8", "replace").splitlines() for each in (one, other) if isinstance(each[2], bytes))
    pair = next((both for both in zip(*lines, strict=False) if both[0] != both[1]), ("one goes on", ""))
    return " | ".join(part.strip()[:200] for part in pair)


@pytest.mark.slow
@pytest.mark.prop
@pytest.mark.timeout(3600)
@pytest.mark.law("R4", "R61", "R71")
def test_what_happens_out_of_sight_changes_no_byte_of_any_answer(world: Archive) -> None:
    listed, people = beside.fill(world), hidden.people(world)
    hidden.records(world, people["police"], "police", "before")
    comers, whole = _comers(world), _whole(world)
    ask = _Asking(world, comers | whole, _addresses(world, listed))
    before = ask(*comers)
    assert sum(told[0] == 200 for told in before["public"].values()) > 40

    hidden.capture(world, "library")
    hidden.records(world, people["library"], "library", "elsewhere")
    hidden.records(world, people["police"], "police", "letter", kind="message", access="private")
    assert _differences(before, ask(*comers)) == [], "another authority, and messages"

    public = {"public": before["public"]}
    hidden.records(world, people["police"], "police", "inside", access="private")
    assert _differences(public, ask("public")) == [], "what only the owner of an account sees"

    service.reserve(world, SERVICE, account_of("library"), {Access.LIBRARY_PATRON})
    of_all = ask(*whole)
    hidden.records(world, people["library"], "library", "patron", kind="post")
    assert _differences(of_all, ask(*whole)) == [], "what tells who uses a library"


def test_what_is_seen_changes_answers(world: Archive) -> None:
    """What the test before looks for would be found: each address of a record, and lists, counts and files."""
    beside.fill(world)
    people, one = hidden.people(world), hidden.addresses("police", "seen")
    who = {"of the police": person(world, Role.LEGAL_CUSTODIAN, access=usual(Role.LEGAL_CUSTODIAN), **_POLICE)}
    lists = ("/search?q=", "/api/v1/search?facets=true&q=", "/api/v1/search.csv?q=")
    ask = _Asking(world, who, [*one, *(f"{path}{hidden.WORD}" for path in lists), "/moderation", "/tags", "/accounts"])
    before = ask()
    hidden.records(world, people["police"], "police", "seen")
    after = ask()
    same = [address for address, told in before["of the police"].items() if told == after["of the police"][address]]
    assert same == []
