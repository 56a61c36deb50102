"""The application on a socket, over the archive in which every kind of access stands once, and what to send to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people import permission, sessions
from archiver.people.acting import of_person
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import PersonView
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.people import beside, scene
from tests.people.conftest import opened
from tests.people.matrix import NOW
from tests.programs import furnished
from tests.signed_in import cookies, person


@dataclass(frozen=True, slots=True)
class Served:
    """``comers``: headers by who sends them."""

    url: str
    archive: Archive
    comers: dict[str, dict[str, str]]
    known: dict[str, str]
    """Of what is there and is somebody's own: whose session sees everything."""

    def client(self, who: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=self.comers[who], timeout=30)


def token_of(archive: Archive, person_id: str, *scopes: Action) -> str:
    """A new token for these actions; none named: for all that a token of theirs can be for."""
    with archive.database.read() as connection:
        given = set(scopes) or FOR_TOKENS & permission.actions_of(connection, person_id, archive.clock.now())
    return sessions.make_token(archive, of_person(person_id), person_id, "a test", given, timedelta(days=1))[1]


@contextmanager
def serving(home: Path, database: str = "") -> Iterator[Served]:
    """An archive with both offices, served on a socket of this machine."""
    with opened(home, SetClock(NOW), database) as archive:
        scene.fill(archive)
        beside.fill(archive)
        pages = PageServer(create_app(Site(archive)), bind(archive.settings))
        pages.start()
        try:
            mine = person(archive, *Role, name="Everything")
            talked = furnished.talked(archive)
            furnished.challenged(archive, talked)
            furnished.decided(archive, talked[:1])
            known = {"platform": "mastodon", "moderation_id": furnished.moderated(archive)}
            known |= {"authority_id": beside.authority_of("police"), "handover_id": beside.handover_of("police")}
            known |= {"candidacy_id": furnished.reported(archive)}
            known |= asdict(furnished.desk(archive, mine.id))
            yield Served(pages.url.rstrip("/"), archive, _comers(archive, mine), known)
        finally:
            pages.stop()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("programs") / "home") as made:
        yield made


def _comers(archive: Archive, mine: PersonView) -> dict[str, dict[str, str]]:
    officer = person(archive, *Role, name="officer")
    narrow = person(
        archive, Role.CUSTODIAN, access=[Access.PUBLIC], scope=AUTHORITY, scope_id="police", name="of the police"
    )
    auditor = person(archive, Role.AUDITOR, name="auditor")
    cookie = "; ".join(f"{name}={value}" for name, value in cookies(archive, mine).items())
    return {
        "nobody": {},
        "everything": {"Cookie": cookie},
        "officer": {"Authorization": f"Bearer {token_of(archive, officer.id)}"},
        "search alone": {"Authorization": f"Bearer {token_of(archive, officer.id, Action.RECORDS_SEARCH)}"},
        "police": {"Authorization": f"Bearer {token_of(archive, narrow.id)}"},
        "auditor": {"Authorization": f"Bearer {token_of(archive, auditor.id)}"},
    }
