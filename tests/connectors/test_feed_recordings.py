"""The feeds of feedparser's test suite through the reader."""

from __future__ import annotations

import builtins
import io
import re
import socket
from itertools import pairwise
from typing import Any
from xml.sax import SAXException

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Answer, ProblemKind, Reading
from connectors.feed import Feed
from tests import effort, recordings
from tests.connectors.reading import AT, feed_ask

#: In the folder of well-formed feeds, but with two dashes inside a comment (XML 1.0 §2.5).
NOT_WELL_FORMED = {"wellformed/atom10/entry_title_type_empty-no-crash.xml"}
#: Their whole text is what a browser takes for a comment.
INVISIBLE = {
    "wellformed/rss/item_description_not_a_doctype.xml",
    "wellformed/rss/item_description_not_a_doctype2.xml",
}
_HEADER = re.compile(rb"^\s*Header:\s*([^:\s]+)\s*:\s*(.+?)\s*$", re.MULTILINE)


def read(body: bytes) -> Reading:
    """Read as if served with the headers that the test feed asks for."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in _HEADER.findall(body[:2000]))
    return Feed().read(feed_ask(), Answer(200, headers, body, AT, "https://city.example/feed/"))


def forgiving(body: bytes) -> Any:
    """What feedparser itself makes of it."""
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in _HEADER.findall(body[:2000])}
    return feedparser.parse(io.BytesIO(body), response_headers=headers or {"content-type": "application/xml"})


def test_every_well_formed_feed_is_read() -> None:
    feeds = recordings.feeds("wellformed")
    assert len(feeds) > 1700
    unread = {}
    for name, body in feeds:
        reading = read(body)
        if reading.problem is not None and not reading.records:
            unread[name] = reading.problem.detail
    assert unread.keys() == NOT_WELL_FORMED, unread


def test_every_entry_of_a_well_formed_feed_is_a_record_or_has_nothing_to_say() -> None:
    records = quarantined = 0
    for name, body in recordings.feeds("wellformed"):
        if name in NOT_WELL_FORMED:
            continue
        reading, entries = read(body), forgiving(body).entries
        assert len(reading.records) + len(reading.quarantine) == len(entries), name
        assert {reason for _, reason in reading.quarantine} <= {"an entry that says nothing"}, name
        says = [entry for entry in entries if entry.get("title") or entry.get("summary") or entry.get("content")]
        assert len(reading.records) >= len(says) or name in INVISIBLE, name
        records, quarantined = records + len(reading.records), quarantined + len(reading.quarantine)
    assert records > 1000
    assert quarantined < 200


def test_every_place_holds_its_entry_and_no_other() -> None:
    exact = 0
    for name, body in recordings.feeds("wellformed"):
        reading = read(body)
        spans = sorted(tuple(int(edge) for edge in record.place[6:].split("-")) for record in reading.records)
        if not spans or spans[0] == (0, len(body)):
            continue
        assert all(first[1] <= second[0] for first, second in pairwise(spans)), name
        for start, end in spans:
            part = body[start:end].strip(b"\0")
            assert re.match(rb"(?i)<\0*(?:\w\0*)*:?\0*(?:i\0*t\0*e\0*m|e\0*n\0*t\0*r\0*y)", part), name
            assert part.rstrip(b"\0").endswith(b">"), name
        assert {edge for span in spans for edge in span} - {0, len(body)} <= set(reading.cuts), name
        exact += 1
    assert exact > 900


def test_ill_formed_feeds_end_as_quarantined_bytes_with_a_reason() -> None:
    count = 0
    for folder in ("illformed", "encoding", "entities"):
        for name, body in recordings.feeds(folder):
            reading = read(body)
            if reading.problem is None:  # whatever else feedparser complains of, it is well-formed
                assert not isinstance(forgiving(body).get("bozo_exception"), SAXException), name
            if reading.problem is not None:
                assert reading.problem.kind is ProblemKind.CONTRACT
                assert reading.quarantine == ((f"bytes=0-{len(body)}", reading.problem.detail),)
                assert not reading.records
                count += 1
    assert count > 300


def test_reading_is_pure_and_does_no_io(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [body for folder in ("wellformed", "illformed", "http") for _, body in recordings.feeds(folder)]
    first = [read(body) for body in bodies]

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connector does no I/O")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(builtins, "open", refuse)
    assert first == [read(body) for body in bodies]


@settings(max_examples=effort.examples(120), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_feed_cut_short_anywhere_gives_no_records(data: st.DataObject) -> None:
    """What is missing from a truncated feed would look like edits and deletions."""
    name, body = data.draw(st.sampled_from(recordings.feeds("wellformed")))
    whole = body.rstrip(b" \r\n\t\0")
    at = data.draw(st.integers(0, len(whole) - 1))
    reading = read(whole[:at])
    after_root = re.fullmatch(rb"(?s).*</[\w:]+\s*>\s*(<!--.*)?", whole[:at]) is not None
    assert not reading.records or after_root, name
    assert reading.problem is not None or after_root, name


@settings(max_examples=effort.examples(120), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_flipped_bytes_are_read_or_quarantined(data: st.DataObject) -> None:
    _, body = data.draw(st.sampled_from(recordings.feeds("wellformed")))
    at = data.draw(st.integers(0, len(body) - 1))
    reading = read(body[:at] + data.draw(st.binary(min_size=1, max_size=4)) + body[at + 1 :])
    assert reading.problem is None or (reading.quarantine and not reading.records) or reading.next_page is None
    for record in reading.records:
        repr((record.content, record.text, record.key)).encode()
        assert record.place.startswith("bytes=")
