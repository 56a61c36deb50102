"""Recorded bodies of the Graph API through the reader, whole, changed and cut; and what is asked of it, held against
Meta's own lists of fields. Prints nothing of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import _facebook_fields as fields
from connectors._facebook_asks import SITE, Asks
from connectors._graph_server import SERVER
from connectors.contract import Ask, ProblemKind, Reading
from connectors.facebook import Facebook
from tests import effort, recordings
from tests.connectors.payloads import change, recorded
from tests.connectors.reading import answer

READ = Facebook().read
PAGE, POST = "19292868552", "19292868552_10158407654328553"


def _asks(page: str = PAGE) -> Asks:
    return Asks(SITE, SERVER, page, "full", open=True)


def _feed(page: str = PAGE) -> Ask:
    return next(_asks(page).lists())


def _words(page: str = PAGE) -> Ask:
    """Nothing in these bodies says who sees them, so they can only be read as what was asked for in private."""
    return _asks(page).words_of_page(_feed(page), [], seen=False)


QUESTIONS: dict[str, Ask] = {
    "feeds_default_fields_p1.json": _words(),
    "feed_fields_p1.json": _words("4"),
    "comments_p1.json": _asks().words_of_page(_asks().comments(POST, seen=True), [], seen=False),
}
INDEXES: dict[str, Ask] = {
    "feeds_default_fields_p1.json": _feed(),
    "feed_fields_p1.json": _feed("4"),
    "comments_p1.json": _asks().comments(POST, seen=True),
}


def bytes_of(name: str) -> bytes:
    path = recorded(f"facebook/{name}")
    return path.read_bytes()


def body_of(name: str) -> Any:
    """A recorded body. Who recorded the comments left out their ids, which stand in their addresses all the same."""
    body = json.loads(bytes_of(name))
    for entry in body["data"] if name == "comments_p1.json" else ():
        given_ = parse_qs(urlsplit(entry["permalink_url"]).query)
        own = given_.get("reply_comment_id", given_["comment_id"])[0]
        number = POST.partition("_")[2]
        entry["id"] = f"{number}_{own}"
        if "reply_comment_id" in given_:
            entry["parent"] = {"id": f"{number}_{given_['comment_id'][0]}"}
    return body


@pytest.mark.law("R1", "R3")
@pytest.mark.parametrize("name", QUESTIONS)
def test_everything_in_a_recorded_body_is_read(name: str) -> None:
    body = body_of(name)
    reading = READ(QUESTIONS[name], answer(body))
    assert (reading.problem, reading.quarantine) == (None, ())
    told = {record.place: record for record in reading.records}
    assert set(told) == {f"/data/{number}" for number in range(len(body["data"]))}
    for number, entry in enumerate(body["data"]):
        record = told[f"/data/{number}"]
        assert record.key.partition("/")[2] == entry["id"]
        assert record.text.split() == entry.get("message", "").split()
        assert record.created_at is not None
        assert record.url == entry.get("permalink_url")
        assert record.counts.get("replies") == entry.get("comment_count")
        assert bool(record.media) == bool(entry.get("attachments"))


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_of_a_recorded_body_names_the_same_and_follows_no_address(name: str) -> None:
    body = body_of(name)
    reading = READ(INDEXES[name], answer(body))
    assert [record.key.partition("/")[2] for record in reading.records] == [entry["id"] for entry in body["data"]]
    assert {record.text for record in reading.records} == {""}
    following = reading.next_page
    assert following is not None
    assert following.url == INDEXES[name].url
    assert dict(following.parameters).keys() in ({"after"}, {"until", "__paging_token"})
    assert "access_token" not in repr(following)
    assert {ask.access for ask in reading.asks} == {"private"}, "nothing says that everybody sees it"


def test_replies_of_a_recorded_list_stand_under_their_comments() -> None:
    reading = READ(QUESTIONS["comments_p1.json"], answer(body_of("comments_p1.json")))
    keys = {record.key for record in reading.records}
    replies = [record for record in reading.records if record.word == "reply"]
    assert len(replies) == 4
    assert {record.parent for record in replies} <= keys
    assert {record.thread for record in reading.records} == {f"post/{POST}"}
    counted = READ(INDEXES["comments_p1.json"], answer(body_of("comments_p1.json"))).counts
    assert counted == {f"comments:post/{POST}": 18}


def test_counts_of_a_recorded_feed_are_kept() -> None:
    reading = READ(QUESTIONS["feeds_default_fields_p1.json"], answer(body_of("feeds_default_fields_p1.json")))
    assert reading.records[0].counts.items() >= {"shares": 10, "reactions": 125, "comments": 13}.items()


def test_recorded_attachments_are_named_by_what_does_not_expire() -> None:
    reading = READ(QUESTIONS["feeds_default_fields_p1.json"], answer(body_of("feeds_default_fields_p1.json")))
    told = json.dumps(
        [record.content for record in reading.records] + [ref.key for r in reading.records for ref in r.media]
    )
    assert not re.search(r"oh=|oe=|_nc_|l\.php|fbcdn", told)


def test_recorded_errors_and_single_things() -> None:
    refused = READ(_feed(), answer(bytes_of("error_data.json"), status=400)).problem
    assert refused is not None
    assert refused.kind is ProblemKind.PERMISSION
    one = json.loads(bytes_of("single_post_data.json"))
    asks = _asks("175154750010052")
    named = next(asks.words_of(_feed("175154750010052"), [one["id"]], seen=False))
    assert [record.text for record in READ(named, answer({one["id"]: one})).records] == [one["message"]]
    said = json.loads(bytes_of("comment_info.json"))
    named = next(_asks().words_of(_asks().comments(POST, seen=True), [said["id"]], seen=False))
    assert [record.text for record in READ(named, answer({said["id"]: said})).records] == [said["message"]]


@pytest.mark.parametrize("name", ["photos_p1.json", "videos_p1.json", "token_info.json"])
def test_what_is_something_else_gives_no_words(name: str) -> None:
    for ask in (*QUESTIONS.values(), *INDEXES.values()):
        reading = READ(ask, answer(bytes_of(name)))
        assert {record.text for record in reading.records} <= {""}


# Meta's own lists of fields.


def _names(kind: str) -> set[str]:
    """Of the version that is asked."""
    named, edges = recordings.meta(kind)
    return {*named, *edges}


def _outermost(wanted: str) -> set[str]:
    """Names in a list of fields, without those in braces."""
    flat = wanted
    while "{" in flat:
        flat = re.sub(r"\{[^{}]*\}", "", flat)
    return {one.partition(".")[0] for one in flat.split(",")}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("PagePost", fields.INDEX["post"]),
        ("PagePost", fields.WORDS["post"]),
        ("Comment", fields.INDEX["comment"]),
        ("Comment", fields.WORDS["comment"]),
        ("Page", fields.IDENTITY),
        ("Page", fields.GATE),
        ("Page", fields.PAGE),
        ("UnifiedThread", fields.CONVERSATION),
    ],
)
def test_everything_that_is_asked_for_stands_in_metas_own_list(kind: str, wanted: str) -> None:
    assert _outermost(wanted) <= _names(kind)


def test_every_list_is_an_edge_of_a_page() -> None:
    edges = {urlsplit(ask.url).path.rpartition("/")[2] for ask in _asks().lists()}
    assert edges <= _names("Page")
    assert fields.KNOWN["comment"] >= _names("Comment") - {"comments", "likes", "reactions"}


# Changed and cut.


def nothing_dropped(whole: Reading, reading: Reading, *, touched: str | None, shorter: bool) -> None:
    """What a change did not touch is read as before; what is not understood any more is said so.

    Args:
        touched: the place of the one entry that was changed; None where entries may have moved.
        shorter: the body holds less than it did, and nothing says so.
    """
    before = {record.place: record for record in whole.records}
    if touched is not None and reading.problem is None:
        after = {record.place: record for record in reading.records}
        assert {place: one for place, one in after.items() if place != touched} == {
            place: one for place, one in before.items() if place != touched
        }
    if len(reading.records) < len(whole.records) and not shorter:
        assert reading.quarantine or reading.problem is not None
        assert not reading.whole


@settings(max_examples=effort.examples(30), deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("index", [False, True], ids=["words", "index"])
def test_a_changed_body_raises_nothing_and_drops_nothing(name: str, index: bool, data: st.DataObject) -> None:
    body, ask = body_of(name), (INDEXES if index else QUESTIONS)[name]
    whole = READ(ask, answer(body))
    place, removed = change(body, data)
    moved = place == ("data",) or (removed and len(place) == 2 and place[0] == "data")
    touched = None if moved else f"/data/{place[1]}" if place[0] == "data" else ""
    nothing_dropped(whole, READ(ask, answer(json.dumps(body).encode())), touched=touched, shorter=moved)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_body_that_was_cut_off_says_nothing(name: str, data: st.DataObject) -> None:
    body = bytes_of(name).rstrip()
    for ask in (QUESTIONS[name], INDEXES[name], replace(INDEXES[name], purpose="look_post")):
        reading = READ(ask, answer(body[: data.draw(st.integers(0, len(body) - 1))]))
        assert reading.records == ()
        assert reading.quarantine
        assert not reading.whole
        assert reading.problem is not None
