"""Facebook's newer form, in which each value stands beside its label: read whole, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import RecordKind
from connectors.exports import EXPORTS
from connectors.exports.contract import Use
from tests import effort
from tests.connectors.payloads import change
from tests.imports.meta_builders import PAGE, SECOND, labels, meta, picture
from tests.imports.test_formats import read
from tests.imports.test_unnamed_formats import AT

POST = labels(
    {"label": "Message", "value": "Die Brücke – open"},
    {"label": "URL", "value": "https://city.example/bridge", "href": "https://city.example/bridge"},
    {"label": "Media", "media": [picture("posts/media/a_12516677818.jpg", description="a view")]},
    {"label": "Feeling/activity", "value": "feeling glad"},
    {"title": "Place", "dict": [{"title": "", "dict": [{"label": "Name", "value": "Main Street"}]}]},
    {"label": "Update time", "timestamp_value": SECOND + 60},
    {"label": "Hashtags", "vec": [{"value": "#elm"}, {"label": "Text", "value": "inside"}]},
    fbid="400000000000001",
)


def test_everything_that_an_entry_says_is_read() -> None:
    found = read("facebook-export", "posts", meta([POST]))
    (record,) = found.records
    assert found.quarantine == ()
    assert record.content["message"] == "Die Brücke – open"
    assert record.content["links"] == ["https://city.example/bridge"]
    assert record.content["labels"] == [
        ["Feeling/activity", "feeling glad"],
        ["Place / Name", "Main Street"],
        ["Update time", "2026-01-05T10:05:05+00:00"],
        ["Hashtags", "#elm"],
        ["Hashtags / Text", "inside"],
    ]
    assert (record.created_at, [ref.url for ref in record.media]) == (AT, ["posts/media/a_12516677818.jpg"])
    assert "a view" in record.text
    assert "Place / Name: Main Street" in record.text
    assert record.author is not None
    assert record.author.id == "42"


def test_an_entry_with_a_number_stays_itself_whatever_it_says() -> None:
    edited = labels({"label": "Message", "value": "Closed again"}, fbid="400000000000001")
    first, second = (read("facebook-export", "posts", meta([one])).records[0].key for one in (POST, edited))
    assert first == second
    assert first.startswith("export/post/")
    nameless = [labels({"label": "Message", "value": words}) for words in ("a", "a", "b")]
    keys = [one.key for one in read("facebook-export", "posts", meta(nameless)).records]
    assert len(set(keys)) == 3


def test_comments_stories_and_what_was_written_elsewhere_are_read_too() -> None:
    said = labels({"label": "Comment", "value": "Thank you"}, fbid="5")
    (comment,) = read("facebook-export", "comments", meta({"comments_v2": [said]})).records
    assert (comment.kind, comment.text) == (RecordKind.COMMENT, "Thank you")
    story = read("facebook-export", "stories", meta({"archived_stories_v2": [POST]}))
    assert {one.kind for one in story.records} == {RecordKind.STORY}
    assert story.private == {story.records[0].key}
    planned = EXPORTS["facebook-export"].plan(f"{PAGE}/posts/posts_on_other_pages_and_profiles.json")
    assert planned.use is Use.READ
    elsewhere = read("facebook-export", "elsewhere", meta([POST]))
    assert elsewhere.private == {one.key for one in elsewhere.records} != set()


@pytest.mark.parametrize(
    "values",
    [
        [],
        {},
        None,
        "words",
        [5],
        [{"label": "Beitrag", "value": "Hallo"}],
        [{"label": "Message", "value": ["Hallo"]}],
        [{"label": "Message", "value": "Hallo", "dict": "x"}],
        [{"label": {}, "value": "Hallo"}],
        [{"label": "Media", "media": "a.jpg"}],
        [{"label": "Message", "value": "x"}] * 1001,
        [{"label": "Message", "value": "x"}, {"label": "Place", "place": {"name": "Main Street"}}],
        [{"label": "Message", "value": "x"}, {"label": "More", "value": "y", "vec": [{"value": "z"}]}],
        [{"label": "Message", "value": "x"}, {"label": "More", "dict": [], "vec": [{"value": "z"}]}],
    ],
)
def test_what_has_another_shape_is_told_and_not_half_read(values: Any) -> None:
    entry = {"timestamp": SECOND, "label_values": values}
    found = read("facebook-export", "posts", meta([entry, POST]))
    assert [record.place for record in found.records] == ["/1"]
    assert [place for place, _ in found.quarantine] == ["/0"]


@pytest.mark.parametrize(
    ("audience", "private"),
    [
        ({"label": "Audience", "value": "Only me"}, True),
        ({"title": "Privacy", "dict": [{"label": "Description", "value": "Your friends"}]}, True),
        ({"label": "Audience", "value": "Public"}, False),
    ],
)
def test_what_says_that_not_everybody_could_see_it_is_private(audience: Any, private: bool) -> None:
    found = read("facebook-export", "posts", meta([labels({"label": "Message", "value": "x"}, audience)]))
    assert found.private == ({found.records[0].key} if private else set())


def test_words_beside_files_are_read_too() -> None:
    beside = labels({"label": "Message", "value": "x"}, {"label": "Photo", "value": "a bridge"})
    assert read("facebook-export", "posts", meta([beside])).records[0].content["labels"] == [["Photo", "a bridge"]]


def test_labels_inside_of_labels_end_somewhere() -> None:
    deep: Any = [{"label": "Message", "value": "x"}]
    for _ in range(200):
        deep = [{"title": "a", "dict": deep}]
    (wrong,) = read("facebook-export", "posts", meta([{"timestamp": SECOND, "label_values": deep}])).quarantine
    assert "more labels" in wrong[1]


@settings(max_examples=effort.examples(90), deadline=None)
@given(st.data())
def test_a_changed_entry_raises_nothing_and_its_neighbour_stays(data: st.DataObject) -> None:
    broken: Any = json.loads(json.dumps(POST))
    change(broken, data)
    found = read("facebook-export", "posts", json.dumps([broken, POST]).encode())
    assert "/1" in [record.place for record in found.records]
