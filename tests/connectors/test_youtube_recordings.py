"""Recorded bodies of the YouTube Data API through the reader, whole, changed and cut. Prints nothing of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._youtube_asks import SERVER, SITE, Asks
from connectors.contract import Ask, ProblemKind, Reading
from connectors.youtube import YouTube
from tests import effort
from tests.connectors.payloads import change, recorded
from tests.connectors.reading import answer

READ = YouTube().read
ASKS = Asks(SITE, SERVER, "", "full")
VIDEO, PARENT = "F1UP7wRCPH8", "Ugw5zYU6n9pmIgAZWvN4AaABAg"


def _html(ask: Ask) -> Ask:
    """They were asked for without ``textFormat``."""
    return replace(ask, url=ask.url.replace("&textFormat=plainText", ""))


QUESTIONS: dict[str, Ask] = {
    "info.json": ASKS.identify(("id", "UC_x5XG1OV2P6uZZ5FSM9Ttw")),
    "playlist_items_paged_1.json": ASKS.uploads("PLOU2XLYxmsIKpaV8h0AGE05so0fAwwfTw"),
    "videos_info_multi.json": next(ASKS.videos(["video/a"])),
    "comment_threads_by_video_paged_1.json": _html(ASKS.comments(VIDEO)),
    "comments_by_parent_paged_1.json": _html(ASKS.replies(VIDEO, [PARENT], None, unread=False)),
}


def body_of(name: str) -> bytes:
    path = recorded(f"youtube/{name}")
    return path.read_bytes()


def things(value: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """Kind, id and place of every resource in a body, found without the connector's help."""
    if isinstance(value, dict):
        kind, identity = value.get("kind"), value.get("id")
        if isinstance(kind, str) and isinstance(identity, str) and kind.startswith("youtube#"):
            yield kind.removeprefix("youtube#"), identity, place
        for name, inner in value.items():
            yield from things(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from things(inner, f"{place}/{number}")


@pytest.mark.law("R1", "R3")
@pytest.mark.parametrize("name", QUESTIONS)
def test_everything_in_a_recorded_body_is_read(name: str) -> None:
    body = json.loads(body_of(name))
    reading = READ(QUESTIONS[name], answer(body))
    assert reading.problem is None
    assert reading.quarantine == ()
    assert reading.drift == ()
    told = {record.place: record for record in reading.records if not record.key.startswith("comments/")}
    wanted = {place: (kind, identity) for kind, identity, place in things(body) if kind != "commentThread"}
    assert set(told) == set(wanted)
    for place, (kind, identity) in wanted.items():
        record = told[place]
        if kind == "playlistItem":
            continue  # stands for the video it names
        assert record.key.partition("/")[2] == identity
        assert record.text
        assert record.created_at is not None
    assert bool(reading.next_page) == ("nextPageToken" in body)


def test_words_of_recorded_comments_are_those_written_not_those_shown() -> None:
    body = json.loads(body_of("comment_threads_by_video_paged_1.json"))
    reading = READ(QUESTIONS["comment_threads_by_video_paged_1.json"], answer(body))
    written = [item["snippet"]["topLevelComment"]["snippet"]["textOriginal"].split() for item in body["items"]]
    assert [record.text.split() for record in reading.records if record.kind == "comment"] == written


def test_a_recorded_error_is_a_key_that_is_not_accepted() -> None:
    reading = READ(QUESTIONS["info.json"], answer(body_of("error_response.json"), status=400))
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.SIGN_IN_EXPIRED


def test_captions_are_not_taken_for_something_else() -> None:
    for ask in QUESTIONS.values():
        reading = READ(ask, answer(body_of("captions_by_video.json")))
        assert reading.records == ()
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.CONTRACT


def nothing_dropped(whole: Reading, reading: Reading, *, shorter: bool) -> None:
    """What a change did not touch is read as before; what is not understood any more is said so. ``shorter``: the body
    holds less than it did, and nothing says so."""
    before = {record.place: record for record in whole.records}
    for record in reading.records:
        known = before.get(record.place)
        assert (
            known is None or known.key == record.key or record.content.keys() <= known.content.keys() | {"text_display"}
        )
    if len(reading.records) < len(whole.records) and not shorter:
        assert reading.quarantine or reading.problem is not None
        assert not reading.whole


@settings(max_examples=effort.examples(40), deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_changed_body_raises_nothing_and_drops_nothing(name: str, data: st.DataObject) -> None:
    body = json.loads(body_of(name))
    whole = READ(QUESTIONS[name], answer(body))
    place, removed = change(body, data)
    shorter = place[-1] in ("replies", "comments", "items") or (removed and isinstance(place[-1], int))
    nothing_dropped(whole, READ(QUESTIONS[name], answer(json.dumps(body).encode())), shorter=shorter)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_body_that_was_cut_off_says_nothing(name: str, data: st.DataObject) -> None:
    body = body_of(name).rstrip()
    reading = READ(QUESTIONS[name], answer(body[: data.draw(st.integers(0, len(body) - 1))]))
    assert reading.records == ()
    assert reading.quarantine
    assert not reading.whole
    assert reading.problem is not None
