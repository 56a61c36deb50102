"""Recorded bodies of the X API through the reader, whole, changed and cut. Prints nothing of them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._x_asks import SERVER, SITE, Asks
from connectors.contract import Ask, ProblemKind, Reading, RecordKind, RecordRef
from connectors.x import X
from tests import effort
from tests.connectors.payloads import change, recorded
from tests.connectors.reading import answer

READ = X().read
ASKS = Asks(SITE, SERVER, "783214", "full")


def _look(*identities: str) -> Ask:
    return next(ASKS.look([RecordRef(f"post/{one}", RecordKind.COMMENT) for one in identities]))


QUESTIONS: dict[str, Ask] = {
    "timeline_tweets.json": ASKS.listing("posts", None),
    "search_tweets_query.json": ASKS.conversation("post/1272962316143341569"),
    "tweets_resp.json": _look("1261326399320715264", "1278347468690915330"),
    "test_client_get_tweets.yaml": _look("1293593516040269825", "1293595870563381249"),
    "test_client_get_users_tweets.yaml": ASKS.listing("posts", None),
}


def body_of(name: str) -> bytes:
    path = recorded(f"x/{name}")
    if path.suffix == ".json":
        return path.read_bytes()
    (exchange,) = yaml.safe_load(path.read_text())["interactions"]
    return gzip.decompress(exchange["response"]["body"]["string"])


@pytest.mark.law("R3")
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_post_of_a_recorded_body_is_read(name: str) -> None:
    body = json.loads(body_of(name))
    reading = READ(QUESTIONS[name], answer(body))
    assert reading.problem is None
    assert reading.quarantine == ()
    assert reading.drift == ()
    told = {record.place: record for record in reading.records}
    for number, post in enumerate(body["data"]):
        record = told[f"/data/{number}"]
        history = post.get("edit_history_tweet_ids", [post["id"]])
        assert record.key == f"post/{history[0]}"
        assert record.content["version"] == post["id"]
        assert record.text
        assert record.created_at is not None
        assert ("created_at" not in post) or abs(_seconds(record, post["created_at"])) < 2
    assert bool(reading.next_page) == ("next_token" in body.get("meta", {}))


def _seconds(record: Any, told: str) -> float:
    from connectors.answers import moment

    at = moment(told)
    assert at is not None
    return float((record.created_at - at).total_seconds())


def test_authors_and_files_of_a_recorded_body_are_found() -> None:
    name = "search_tweets_query.json"
    body = json.loads(body_of(name))
    users = {one["id"]: one["username"] for one in body["includes"]["users"]}
    media = {
        one["media_key"] for one in body["includes"].get("media", ()) if "url" in one or "preview_image_url" in one
    }
    reading = READ(QUESTIONS[name], answer(body))
    listed = [record for record in reading.records if record.place.startswith("/data/")]
    assert all(one.author is not None and one.author.handle == users[one.author.id or ""] for one in listed)
    assert {one.key.partition("/")[0] for record in listed for one in record.media} <= media


def test_limits_of_a_recorded_answer_are_read() -> None:
    path = recorded("x/test_client_get_tweets.yaml")
    body = body_of(path.name)
    (exchange,) = yaml.safe_load(path.read_text())["interactions"]
    headers = tuple((name, values[0]) for name, values in exchange["response"]["headers"].items())
    rate = READ(QUESTIONS[path.name], answer(body, 200, headers)).rate
    assert rate is not None
    assert (rate.limit, rate.remaining) == (300, 298)
    assert rate.reset_at is not None


def test_one_post_by_itself_is_not_taken_for_a_list() -> None:
    for ask in QUESTIONS.values():
        reading = READ(ask, answer(body_of("tweet_resp.json")))
        assert reading.records == ()
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.CONTRACT


def nothing_dropped(whole: Reading, reading: Reading, place: tuple[Any, ...]) -> None:
    """What a change did not touch is read as before; what is not understood any more is said so."""
    if reading.problem is not None:
        assert not reading.whole
        return
    before, after = (
        {record.place: record for record in one.records if record.place.startswith("/data/")}
        for one in (whole, reading)
    )
    if len(after) < len(before):
        assert reading.quarantine
        assert not reading.whole
    if place[0] == "data" and len(place) > 2:
        touched = f"/data/{place[1]}"
        others = {name: (one.key, one.content) for name, one in before.items() if name != touched}
        assert others == {name: (one.key, one.content) for name, one in after.items() if name != touched}


@settings(max_examples=effort.examples(25), deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_changed_body_raises_nothing_and_drops_nothing(name: str, data: st.DataObject) -> None:
    body = json.loads(body_of(name))
    whole = READ(QUESTIONS[name], answer(body))
    place, _ = change(body, data)
    reading = READ(QUESTIONS[name], answer(json.dumps(body).encode()))
    nothing_dropped(whole, reading, place)
    wanted = set(QUESTIONS[name].context.get("look", ()))
    absent = wanted - {record.key for record in reading.records} - set(reading.present)
    assert not absent or reading.problem is not None, "a changed answer is no deletion"


@settings(max_examples=10, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_body_that_was_cut_off_says_nothing(name: str, data: st.DataObject) -> None:
    body = body_of(name).rstrip()
    reading = READ(QUESTIONS[name], answer(body[: data.draw(st.integers(0, len(body) - 1))]))
    assert reading.records == ()
    assert reading.quarantine
    assert not reading.whole
    assert reading.problem is not None
