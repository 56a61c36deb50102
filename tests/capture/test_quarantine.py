"""What a reader does not understand is kept, named and passed by; a reader that fails loses nothing."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from archiver.capture.models import Exchange, Segment
from archiver.practice import faults
from archiver.practice.messages import Request, Response
from archiver.storage.segment_reader import ReadExchange, read_segment
from connectors.contract import Answer, Ask, Reading
from connectors.mastodon import Mastodon
from tests.capture.house import FULL, WATCH, House
from tests.capture.told import check_mastodon

CANARY = "c4nary-in-the-words-of-an-error"


def spoilt(text: str, name: str, value: Any) -> faults.Alter:
    """The status that says ``text`` has something else in the field ``name``."""

    def changed(found: Any) -> Any:
        if isinstance(found, list):
            return [changed(part) for part in found]
        if isinstance(found, dict):
            whole = {key: changed(part) for key, part in found.items()}
            return whole | {name: value} if text in str(found.get("content", "")) else whole
        return found

    def alter(request: Request, response: Response) -> Response:
        if not request.path.startswith("/api/"):
            return response
        return faults.with_json(response, changed(json.loads(response.body)))

    return alter


def body_of(house: House, exchange: Any) -> bytes:
    """The stored body of an exchange, read from the store."""
    (segment,) = house.rows(Segment, Segment.id == exchange.segment_id)
    with house.archive.store.open(segment.key) as stream:
        found = [one for one in read_segment(stream) if isinstance(one, ReadExchange)]
    return next(one.body for one in found if one.facts["exchange"] == exchange.id)


@pytest.mark.parametrize(
    ("name", "value"), [("content", 7), ("id", {"a": 1}), ("created_at", "yesterday"), ("account", None)]
)
def test_one_unreadable_status_keeps_its_siblings_and_says_where_and_why(house: House, name: str, value: Any) -> None:
    for number in range(5):
        house.city.say(house.cast.city, f"Notice {number}")
    house.server.faults.add(spoilt("Notice 2", name, value), times=None)
    office = house.office()
    run = house.run(office)
    assert run.outcome == "complete"
    texts = {row.text for row in house.rows_of_versions()}
    assert {f"Notice {number}" for number in (0, 1, 3, 4)} <= texts
    assert "Notice 2" not in texts
    (exchange,) = [row for row in house.exchanges("statuses") if row.quarantine]
    ((place, reason),) = exchange.quarantine
    assert place == "/2"
    assert reason
    assert json.loads(body_of(house, exchange))[2][name] == value, "the bytes are kept"
    house.server.faults.clear()
    house.later(hours=1)
    house.run(office)
    check_mastodon(house, house.cast.city, authorised=False)


def test_what_is_not_read_is_not_missing(house: House) -> None:
    """A status that was known and is now unreadable must not look deleted."""
    for number in range(3):
        house.city.say(house.cast.city, f"Notice {number}")
    office = house.office()
    house.run(office)
    house.server.faults.add(spoilt("Notice 1", "content", None), times=None)
    house.later(hours=1)
    for sweep in (FULL, WATCH):
        run = house.run(office, sweep)
        assert "not_returned" not in run.counts
    assert {row.state for row in house.records().values()} == {"visible"}
    assert all(row.versions == 1 for row in house.records().values())


class Failing(Mastodon):
    """A reader with a fault in it."""

    fails_at: ClassVar[frozenset[str]] = frozenset({"context"})

    def read(self, ask: Ask, answer: Answer) -> Reading:
        if ask.purpose in self.fails_at:
            raise ValueError(f"{CANARY}: {answer.body!r}")
        return super().read(ask, answer)


class FailingWholly(Failing):
    fails_at = frozenset({"context", "account", "statuses", "status", "history"})


def test_a_reader_that_raises_keeps_the_bytes_and_the_run_goes_on(house: House) -> None:
    notice = house.city.say(house.cast.city, "Notice")
    house.city.say(house.cast.residents[0], "Why?", answering=notice)
    office = house.office()
    house.use(Failing())
    run = house.run(office)
    assert run.outcome == "partial"
    assert f"status/{notice}" in house.records()
    (exchange,) = house.exchanges("context")
    ((place, reason),) = exchange.quarantine
    assert (place, exchange.problem) == ("", "contract")
    assert reason == "the reader failed: ValueError"
    assert b"Why?" in body_of(house, exchange)
    assert CANARY not in f"{run}{house.runs()}"
    house.use(Mastodon())
    house.later(hours=1)
    house.run(office)
    check_mastodon(house, house.cast.city, authorised=False)
    assert house.gaps(open_only=True) == []


def test_a_reader_that_always_raises_fails_the_run_and_loses_nothing(house: House) -> None:
    house.city.say(house.cast.city, "Notice")
    office = house.office()
    house.use(FailingWholly())
    run = house.run(office)
    assert run.outcome == "failed"
    assert house.records() == {}
    assert {row.purpose for row in house.rows(Exchange)} == {"account", "statuses"}
    assert any(b"Notice" in body_of(house, exchange) for exchange in house.exchanges("statuses"))
    stored = len(house.exchanges())
    house.later(minutes=10)
    house.run(office)
    assert len(house.exchanges()) == stored, "the same bytes are stored once a day, not with every poll"
    house.city.say(house.cast.city, "Another notice")
    house.later(minutes=10)
    house.run(office)
    assert any(b"Another notice" in body_of(house, exchange) for exchange in house.exchanges("statuses"))
