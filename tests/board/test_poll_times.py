"""What can be said of a comment that was never captured: the looks around the moment, were they complete?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from archiver.operations import changes
from archiver.operations.poll_times import PollTimes, poll_times
from archiver.practice.faults import server_error
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import FULL, NEW, START, House
from tests.signed_in import everything


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Looks at everything at 8 and 12 o'clock, between them two at what is new, one of which fails."""
    house = House(tmp_path_factory.mktemp("looks"))
    post = house.city.say(house.cast.city, "Notice.", at=START - timedelta(hours=3))
    house.city.say(house.cast.residents[0], "Answer.", answering=post, at=START - timedelta(hours=2))
    office = house.office()
    house.run(office, FULL)
    house.clock.at = START + timedelta(hours=1)
    house.run(office, NEW)
    house.clock.at = START + timedelta(hours=2)
    fault = house.server.faults.add(server_error(), where="/", times=None)
    house.run(office, NEW)
    house.server.faults.remove(fault)
    house.clock.at = START + timedelta(hours=4)
    house.run(office, FULL)
    yield house, office
    house.close()


def around(house: House, office: str, hours: float) -> PollTimes:
    with house.archive.database.read() as connection:
        return poll_times(connection, office, START + timedelta(hours=hours), house.clock.now())


@pytest.mark.law("R16")
def test_the_time_nobody_saw_is_that_of_looks_at_the_very_stream(told: tuple[House, str]) -> None:
    house, office = told
    times = around(house, office, 2.5)
    assert [(one.run.sweep, one.complete) for one in times.before] == [("new", False), ("new", True), ("full", True)]
    assert [(one.run.sweep, one.complete) for one in times.after] == [("full", True)]
    streams = {one.stream: one for one in times.streams}
    assert streams["posts"].before == START + timedelta(hours=1)
    assert streams["comments"].before == START, "looks at what is new saw no comment"
    for one in streams.values():
        assert one.unseen is not None
        assert one.after is not None
        assert one.after >= START + timedelta(hours=4)
    assert streams["comments"].unseen >= timedelta(hours=4)  # type: ignore[operator]
    assert any("Comments: " in one and "4 hours" in one for one in changes.in_words(times))
    assert {one.stream for one in times.gaps} >= {"posts"}


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "Nobody looked at this account before"), (9, "no complete look after")]
)
def test_where_nobody_looked_on_one_side_nothing_is_concluded(
    told: tuple[House, str], hours: float, words: str
) -> None:
    times = around(*told, hours)
    assert words in " ".join(changes.in_words(times))
    assert all(one.unseen is None for one in times.streams)


def test_page_and_api_say_it_by_the_citys_clocks(told: tuple[House, str]) -> None:
    house, office = told
    zone = {"web_port": 0, "time_zone": "America/Chicago"}
    house.archive.settings.__dict__.update(zone)
    pages = PageServer(create_app(Site(house.archive)), bind(house.archive.settings))
    pages.start()
    try:
        held = everything(house.archive)
        with httpx.Client(base_url=pages.url.rstrip("/"), timeout=60, cookies=held) as client:
            page = client.get(f"/looks?account={office}&at=2026-03-02T04:30").text
            said = client.get(f"/api/v1/looks?account={office}&at=2026-03-02T04:30:00-06:00").json()
            refused = [
                client.get(f"/{path}").status_code
                for path in ("looks?account=ac_none&at=2026-03-02", f"looks?account={office}&at=soon",
                             "api/v1/looks?account=x",
                             f"api/v1/looks?account={office}&at=", "changes?since=soon", "changes?kind=eaten",
                             "changes?before=x", "api/v1/changes?after=2026-03-01", "api/v1/changes?kind=eaten")
            ]  # fmt: skip
            changed = client.get("/api/v1/changes?limit=1").json()
    finally:
        pages.stop()
    assert said["at"].startswith("2026-03-02T10:30"), "half past four in the city"
    assert datetime(2026, 3, 2, 10, 30, tzinfo=UTC) == START + timedelta(hours=2.5)
    assert [one["sweep"] for one in said["before"]] == ["new", "new", "full"]
    assert "seen by nobody" in page
    assert refused == [404, *[400] * 8]
    assert changed == {"items": [], "next": None}
