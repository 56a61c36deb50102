"""Recorded traffic of Mastodon 4.7.3 through the reader. Prints nothing of what people said."""

from __future__ import annotations

import builtins
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import hostile
from connectors.contract import Answer, Ask, Reading, RecordKind
from connectors.invariants import check_reading
from connectors.mastodon import Mastodon
from tests import effort, recordings
from tests.connectors.payloads import change
from tests.connectors.reading import AT, replayable
from tests.effort import examples

READ = Mastodon().read
LISTS = ("statuses", "context", "notifications", "conversations", "status")


def statuses_in(value: Any, place: str = "") -> Iterator[str]:
    """Places of everything in a body that is a status, found without the connector's help."""
    if isinstance(value, dict):
        if {"id", "content", "spoiler_text", "visibility"} <= value.keys():
            yield place
        for name, inner in value.items():
            yield from statuses_in(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from statuses_in(inner, f"{place}/{number}")


def test_every_status_in_every_body_becomes_a_record_or_is_quarantined() -> None:
    count = 0
    for ask, answer in replayable(recordings.mastodon(), *LISTS):
        if answer.status != 200:
            continue
        reading = READ(ask, answer)
        found = {record.place for record in reading.records} | {place for place, _ in reading.quarantine}
        there = set(statuses_in(answer.json))
        assert there == found, f"{ask.purpose}: {sorted(there ^ found)}"
        assert not reading.quarantine
        count += len(there)
    assert count > 200


def test_every_version_in_every_history_becomes_a_record() -> None:
    versions = 0
    for ask, answer in replayable(recordings.mastodon(), "history"):
        reading = READ(ask, answer)
        assert [record.place for record in reading.records] == [f"/{number}" for number in range(len(answer.json))]
        assert all(record.retrospective and record.as_of for record in reading.records)
        versions += len(reading.records)
    assert versions >= 7


def test_every_profile_names_its_account() -> None:
    profiles = 0
    for ask, answer in replayable(recordings.mastodon(), "account", "lookup"):
        reading = READ(ask, answer)
        if answer.status == 200:
            assert reading.account is not None
            assert reading.records[0].kind is RecordKind.PROFILE
            assert reading.problem is None
            profiles += 1
        else:
            assert reading.problem is not None
    assert profiles >= 9


def test_no_recorded_field_is_unknown() -> None:
    drift = {name for ask, answer in replayable(recordings.mastodon()) for name in READ(ask, answer).drift}
    assert drift == set()


def test_the_words_of_a_status_are_the_same_from_every_endpoint() -> None:
    seen: dict[str, list[dict[str, Any]]] = {}
    for ask, answer in replayable(recordings.mastodon(), *LISTS):
        for record in READ(ask, answer).records if answer.status == 200 else ():
            seen.setdefault(f"{record.key} {record.as_of} {ask.url.partition('/api')[0]}", []).append(
                dict(record.content)
            )
    repeated = [contents for contents in seen.values() if len(contents) > 1]
    assert len(repeated) > 10
    for contents in repeated:
        for name in set.intersection(*(set(content) for content in contents)):
            assert len({json.dumps(content[name]) for content in contents}) == 1, name


def test_reading_is_pure_and_does_no_io(monkeypatch: pytest.MonkeyPatch) -> None:
    exchanges = list(replayable(recordings.mastodon()))
    first = [READ(ask, answer) for ask, answer in exchanges]

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connector does no I/O")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(builtins, "open", refuse)
    again = [READ(ask, Answer(a.status, a.headers, a.body, a.received_at, a.url)) for ask, a in exchanges]
    assert first == again


def test_what_is_said_of_recorded_answers_can_be_stored_and_found_again() -> None:
    for ask, answer in replayable(recordings.mastodon()):
        check_reading(READ(ask, answer), ask, answer, Mastodon())


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("1") | st.just("x" * 5000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        current = waiting.pop()
        items = (
            current.items() if isinstance(current, dict) else enumerate(current) if isinstance(current, list) else ()
        )
        for key, inner in items:
            found.append((current, key))
            waiting.append(inner)
    return found


#: What a server tells no time of change of.
_TIMELESS = (RecordKind.PROFILE, RecordKind.SETTINGS)


def check(ask: Ask, reading: Reading) -> None:
    """What holds of every reading, whatever the body."""
    for record in reading.records:
        assert record.key.partition("/")[0] in ("status", "account", "follows")
        json.dumps([record.content, record.text], allow_nan=False).encode()
        record.text.encode()
        assert all(isinstance(count, int) and count >= 0 for count in record.counts.values())
        assert record.retrospective or record.kind in _TIMELESS or record.as_of is not None
    assert not (reading.whole and reading.quarantine)
    assert all(reason for _, reason in reading.quarantine)
    for following in (*reading.asks, *([reading.next_page] if reading.next_page else [])):
        assert following.url.partition("/api/")[0].lower() == ask.url.partition("/api/")[0].lower()
        assert following.authorise != "if_possible"


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mutated_bodies_are_read_or_quarantined(data: st.DataObject) -> None:
    small = [pair for pair in replayable(recordings.mastodon()) if len(pair[1].body) < 20_000 and pair[1].status == 200]
    ask, answer = data.draw(st.sampled_from(small))
    body = json.loads(answer.body)
    for _ in range(data.draw(st.integers(1, 4))):
        spots = places(body)
        if not spots:
            break
        container, key = data.draw(st.sampled_from(spots))
        if isinstance(container, dict) and data.draw(st.booleans()):
            del container[key]
        else:
            container[key] = data.draw(ODD)
    check(ask, READ(ask, replace(answer, body=json.dumps(body).encode())))


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_changed_place_drops_and_edits_nothing_that_stands_beside_it(data: st.DataObject) -> None:
    """What is understood of an entry that was not touched is understood as before, and of one that is no longer
    understood it is said."""
    listed = [
        pair
        for pair in replayable(recordings.mastodon(), "statuses", "context", "history")
        if len(pair[1].body) < 20_000 and pair[1].status == 200 and len(READ(*pair).records) > 1
    ]
    ask, answer = data.draw(st.sampled_from(listed))
    body, whole = json.loads(answer.body), READ(ask, answer)
    place, _ = change(body, data)
    reading = READ(ask, replace(answer, body=hostile.as_bytes(body)))
    entry = place[: 1 if isinstance(body, list) else 2]
    touched = "".join(f"/{step}" for step in entry)
    assert not (reading.whole and reading.problem)
    if reading.problem is not None or place == entry:
        return
    beside, after = (
        [(one.key, one.place, one.content, one.text, one.state) for one in read.records if not _in(one.place, touched)]
        for read in (whole, reading)
    )
    assert after == beside
    if len(reading.records) < len(whole.records):
        left = {one.place for one in whole.records} - {one.place for one in reading.records}
        told = [where for where, _ in reading.quarantine]
        assert all(any(_in(where, spot) for spot in told) for where in left), (place, left, told)


def _in(place: str, other: str) -> bool:
    return other == "" or place == other or place.startswith(f"{other}/")


@settings(max_examples=effort.examples(80), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_truncated_and_flipped_bytes_never_make_it_fail(data: st.DataObject) -> None:
    small = [pair for pair in replayable(recordings.mastodon()) if len(pair[1].body) < 20_000]
    ask, answer = data.draw(st.sampled_from(small))
    at = data.draw(st.integers(0, len(answer.body)))
    body = answer.body[:at] + (
        data.draw(st.binary(max_size=3)) + answer.body[at + 1 :] if data.draw(st.booleans()) else b""
    )
    check(ask, READ(ask, replace(answer, body=body)))


@settings(max_examples=examples(150))
@given(ODD, st.sampled_from(["statuses", "context", "history", "status", "account", "lookup", "instance", "other"]))
def test_any_json_at_all_is_read_or_quarantined(value: Any, purpose: str) -> None:
    pairs = {ask.purpose: ask for ask, _ in replayable(recordings.mastodon())}
    ask = pairs.get(purpose) or replace(pairs["status"], purpose=purpose)
    check(ask, READ(ask, Answer(200, (), json.dumps(value).encode(), AT)))
