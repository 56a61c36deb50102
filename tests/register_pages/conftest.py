"""A register that is changed on pages, by somebody who may, and somebody who may for one office only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import Event
from archiver.people.permission import AUTHORITY, EVERYTHING
from archiver.people.roles import Role
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.site import Site
from tests import backends
from tests.register.town import Town
from tests.signed_in import cookies, person

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


@dataclass(frozen=True)
class Desk:
    """Somebody at the pages."""

    client: TestClient
    person_id: str
    archive: Archive

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, *file: Any, **fields: str) -> Any:
        """Send a form as a browser does; ``file``: name and content of the one that was chosen."""
        return self.client.post(path, data=fields, files={"file": file or ("", b"")})

    def events(self) -> list[Entry]:
        """Entries of the log about the register."""
        with self.archive.database.read() as connection:
            query = select(Event.body).where(Event.type.like("register.%")).order_by(Event.position)
            return [read_entry(body) for body in connection.execute(query).scalars()]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    home = tmp_path / "home"
    backends.prepare(home, {})
    settings = Settings(home=home, disk_reserve_percent=0, **backends.places(home))
    with Archive.open(settings, clock=SetClock(NOW)) as archive:
        yield archive


@pytest.fixture
def town(archive: Archive) -> Town:
    return Town(archive)


@pytest.fixture
def desk(archive: Archive) -> Callable[..., Desk]:
    """Somebody with a role: of everything, or of one authority by its short name."""
    app = create_app(Site(archive))

    def sit(role: Role = Role.RECORDS_OFFICER, authority: str | None = None, name: str = "Jo Clerk") -> Desk:
        scope = EVERYTHING if authority is None else AUTHORITY
        who = person(archive, role, name=name, scope=scope, scope_id=authority or "")
        held = cookies(archive, who)
        client = TestClient(app, base_url="http://127.0.0.1", cookies=held, follow_redirects=False)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return Desk(client, who.id, archive)

    return sit
