"""Every change of state has its event: what each route that changes something leaves in the log, by the route table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence.models import Event
from archiver.web.app import _site_app, create_app
from archiver.web.site import Site
from tests.people import beside, scene, standing
from tests.people.conftest import opened
from tests.people.matrix import NOW, Cell, Kept, cells, comers, send
from tests.people.sending import SENT
from tests.signed_in import everything


class Desk:
    """Everything stands once, and comes back after each act."""

    def __init__(self, archive: Archive) -> None:
        scene.fill(archive)
        listed = beside.fill(archive)
        who = comers(archive)
        states = standing.stand(archive, listed, who.people)
        site = Site(archive)
        found = cells(_site_app(site), states)
        self.cells: dict[str, dict[str, Cell]] = {}
        for cell in found:
            self.cells.setdefault(f"{cell.method} {cell.route}", {})[cell.state] = cell
        self.archive, self._app = archive, create_app(site)
        self._held: dict[str, Any] = who.sent | {"": {"cookies": everything(archive)}}
        self._kept = Kept(archive)

    def sent(self, name: str) -> tuple[Any, list[str]]:
        """What answers a route's form, and the types of the events of it."""
        said = SENT[name]
        of = self.cells[name]
        cell = of[said.state] if said.state else next(iter(of.values()))
        before = self._events()
        with TestClient(
            self._app, base_url="http://127.0.0.1", follow_redirects=False, **self._held[said.by]
        ) as client:
            answer = send(client, cell)
        new = [kind for kind, one in self._events() if (kind, one) not in before]
        self._kept.restore()
        return answer, new

    def _events(self) -> list[tuple[str, str]]:
        with self.archive.database.read() as connection:
            return [
                (row.type, row.id) for row in connection.execute(select(Event.type, Event.id).order_by(Event.position))
            ]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("desk") / "home", SetClock(NOW + timedelta(minutes=1))) as archive:
        yield Desk(archive)


def test_the_table_has_every_route_that_changes_something_and_no_other(desk: Desk) -> None:
    unsafe = sorted(name for name in desk.cells if not name.startswith("GET "))
    assert unsafe == sorted(SENT), "say in tests/people/sending.py what is sent to it, and what the log says of it"
    silent = [name for name, said in SENT.items() if bool(said.events) == bool(said.why)]
    assert not silent, "either it has events, or there is a reason why not"


@pytest.mark.parametrize("name", [name for name, said in SENT.items() if said.events])
def test_every_change_has_its_events(desk: Desk, name: str) -> None:
    answer, events = desk.sent(name)
    assert answer.status_code in (200, 201, 202, 204, 303), answer.text
    assert sorted(events) == sorted(SENT[name].events)


@pytest.mark.parametrize("name", [name for name, said in SENT.items() if said.why])
def test_what_has_none_has_none(desk: Desk, name: str) -> None:
    answer, events = desk.sent(name)
    assert answer.status_code < 500 or answer.status_code == 503
    assert events == []
