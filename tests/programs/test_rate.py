"""One program or stranger who asks without end is told to wait, and nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from archiver.clock import SetClock
from archiver.people.actions import Action
from archiver.people.models import AccessEntry
from archiver.people.roles import Role
from archiver.web.app import create_app
from archiver.web.programs.description import PROBLEM_TYPE
from archiver.web.rate import Rate, TooOften, neighbourhood
from archiver.web.site import Site
from tests import effort
from tests.people.conftest import opened
from tests.people.matrix import NOW
from tests.programs.conftest import token_of
from tests.signed_in import person


@settings(max_examples=effort.examples(200), deadline=None)
@given(st.integers(1, 5), st.lists(st.floats(0, 90), max_size=40))
def test_a_minute_answers_twice_as_many_at_most_and_whoever_waits_is_answered(most: int, pauses: list[float]) -> None:
    at = 0.0
    rate, answered, waited = Rate(most, lambda: at), list[float](), list[int]()
    for pause in pauses:
        at += pause
        try:
            rate.take("one", "program")
        except TooOften as refused:
            waited.append(refused.seconds)
            at += refused.seconds
            rate.take("one", "program")
        answered.append(at)
    assert all(1 <= seconds <= 60 / most + 1 for seconds in waited)
    for end in answered:
        assert sum(end - 60 < one <= end for one in answered) <= 2 * most + 1


def test_each_is_counted_apart_and_no_limit_is_none() -> None:
    rate = Rate(1, lambda: 0.0)
    rate.take("one", "program")
    rate.take("other", "program")
    with pytest.raises(TooOften):
        rate.take("one", "program")
    for _ in range(1000):
        Rate(0).take("one", "program")


@pytest.mark.parametrize(
    ("address", "counted_by"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_strangers_are_counted_by_where_they_come_from(address: str, counted_by: str) -> None:
    assert neighbourhood(address) == counted_by


@pytest.mark.law("R71")
def test_who_asks_without_end_is_told_to_wait_and_nobody_else(tmp_path: Path) -> None:
    limits: dict[str, Any] = {"api_per_minute": 3, "api_strangers_per_minute": 2}
    with opened(tmp_path / "home", SetClock(NOW), **limits) as archive:
        who = person(archive, Role.CIO)
        one, other = (token_of(archive, who.id, Action.CAPTURE_VIEW) for _ in range(2))
        client = TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", follow_redirects=False)

        def ask(token: str = "", path: str = "/api/v1/board") -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return int(client.get(path, headers=headers).status_code)

        assert [ask(one) for _ in range(5)] == [200, 200, 200, 429, 429]
        assert [ask(other) for _ in range(2)] == [200, 200], "another token waits for nobody"
        assert [ask() for _ in range(3)] == [401, 401, 429]
        assert [ask("made-up"), ask("made-up-too")] == [429, 429], "a token that does not count is a stranger's"
        assert ask(other) == 200, "whatever strangers do"
        assert [ask(path="/healthz") for _ in range(3)] == [200, 200, 429], "counted apart"
        at_the_machine = TestClient(client.app, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
        passed_on = [at_the_machine.get("/healthz", headers={"X-Forwarded-For": "192.0.2.7"}) for _ in range(3)]
        assert [one.status_code for one in passed_on] == [200, 200, 429], "by a proxy on the machine"
        assert at_the_machine.get("/healthz").status_code == 200, "whoever watches there is not kept out by it"
        assert client.get("/accounts").status_code == 303, "a page leads to the sign-in"
        refused = client.get("/api/v1/board", headers={"Authorization": f"Bearer {one}"})
        assert refused.headers["content-type"] == PROBLEM_TYPE
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert refused.json()["status"] == 429
        with archive.database.read() as connection:
            noted = connection.execute(select(func.count()).select_from(AccessEntry)).scalar_one()
        assert noted <= 6, "what is refused so is not written down each time"
