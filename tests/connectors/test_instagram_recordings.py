"""Recorded bodies of the Instagram part of the Graph API through the reader, whole, changed and cut; and what is asked
of it, held against Meta's own lists of fields. Prints nothing of them."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import _instagram_fields as fields
from connectors._graph_server import SERVER
from connectors._instagram_asks import SITE, Asks
from connectors.contract import Ask
from connectors.hostile import places
from connectors.instagram import Instagram
from tests import effort
from tests.connectors.payloads import ODD, change, recorded
from tests.connectors.reading import AT, answer
from tests.connectors.test_facebook_recordings import _names, _outermost, nothing_dropped

READ = Instagram().read
ACCOUNT = "17841406338772941"
ASKS = Asks(SITE, SERVER, ACCOUNT, "full", "ikroskun")
COMMENTS, REPLIES = ASKS.comments("17846368219941692"), ASKS.replies("17847314687296200", "media/1", hidden=False)
MEDIA = ASKS.media_list()
#: Nothing in these bodies says which comments are hidden, so their words can only be read as asked for in private.
LISTS: dict[str, Ask] = {
    "medias_p1.json": MEDIA,
    "comments_p1.json": ASKS.words_of_page(COMMENTS, seen=False),
    "replies.json": ASKS.words_of_page(REPLIES, seen=False),
}
INDEXES: dict[str, Ask] = {"comments_p1.json": COMMENTS, "replies.json": REPLIES}


def bytes_of(name: str) -> bytes:
    return recorded(f"instagram/{name}").read_bytes()


def body_of(name: str) -> Any:
    return json.loads(bytes_of(name))


def _by_ids() -> tuple[Ask, Any]:
    body = body_of("medias_fields.json")
    (ask,) = ASKS.known_media(list(body))
    return ask, body


@pytest.mark.law("R1", "R3")
@pytest.mark.parametrize("name", LISTS)
def test_everything_in_a_recorded_body_is_read(name: str) -> None:
    body = body_of(name)
    reading = READ(LISTS[name], answer(body))
    assert (reading.problem, reading.quarantine, reading.drift) == (None, (), ())
    told = {record.place: record for record in reading.records}
    assert set(told) == {f"/data/{number}" for number in range(len(body["data"]))}
    for number, entry in enumerate(body["data"]):
        record = told[f"/data/{number}"]
        assert record.key.partition("/")[2] == entry["id"]
        assert record.text.split() == entry.get("text", entry.get("caption", "")).split()
        assert record.created_at is not None
        assert record.counts.get("comments") == entry.get("comments_count")
        assert bool(record.media) == ("media_url" in entry)


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_of_a_recorded_body_names_the_same_and_takes_nothing_for_public(name: str) -> None:
    body = body_of(name)
    reading = READ(INDEXES[name], answer(body))
    assert [record.key.partition("/")[2] for record in reading.records] == [entry["id"] for entry in body["data"]]
    assert {record.text for record in reading.records} == {""}
    assert {ask.access for ask in reading.asks} == {"private"}, "nothing says that everybody sees it"


def test_no_recorded_address_is_followed() -> None:
    for name, ask in (("medias_p1.json", MEDIA), ("comments_p1.json", COMMENTS)):
        following = READ(ask, answer(body_of(name))).next_page
        assert following is not None
        assert (following.url, dict(following.parameters)) == (ask.url, {"after": "after"})
        assert "access_token" not in repr(following)


def test_recorded_albums_are_read_with_every_picture_under_names_that_do_not_expire() -> None:
    ask, body = _by_ids()
    reading = READ(ask, answer(body))
    assert (reading.problem, reading.quarantine, reading.drift) == (None, (), ())
    assert [record.key.partition("/")[2] for record in reading.records] == list(body)
    single, album = reading.records
    children = [child["id"] for child in list(body.values())[1]["children"]["data"]]
    assert (single.word, album.word, album.content["children"]) == ("post", "album", children)
    assert {ref.kind for ref in album.media} == {"image", "video"}
    assert {ref.key.partition("/")[2] for ref in album.media} >= set(children)
    told = json.dumps([r.content for r in reading.records] + [ref.key for r in reading.records for ref in r.media])
    assert not re.search(r"oh=|oe=|_nc_|fbcdn|cdninstagram", told)


def test_every_picture_of_a_recorded_list_of_children_is_read_in_the_album_that_holds_it() -> None:
    ask, body = _by_ids()
    album = next(one for one in body.values() if "children" in one)
    album["children"] = given = body_of("children.json")
    reading = READ(ask, answer(body))
    assert (reading.problem, reading.quarantine, reading.drift) == (None, (), ())
    record = next(one for one in reading.records if one.word == "album")
    assert record.content["children"] == [one["id"] for one in given["data"]]
    assert {ref.url for ref in record.media} >= {one["media_url"] for one in given["data"]}


def test_a_recorded_account_and_single_comment() -> None:
    body = body_of("user_fields.json")
    profile = Asks(SITE, SERVER, body["id"], "full", body["username"]).profile()
    reading = READ(profile, answer(body))
    assert (reading.problem, reading.drift) == (None, ())
    assert reading.account is not None
    assert reading.account.platform_id == body["id"]
    assert reading.records[0].counts == {"followers": body["followers_count"], "posts": body["media_count"]}
    said = body_of("comment_fields.json")
    (named,) = ASKS.words_of(COMMENTS, [said["id"]], seen=False)
    (record,) = READ(named, answer({said["id"]: said})).records
    assert record.author is not None
    assert (record.text, record.author.id, record.author.handle) == (said["text"], ACCOUNT, said["username"])


@pytest.mark.parametrize("name", ["mentioned_comment.json", "user_fields.json", "comment_fields.json"])
def test_what_is_something_else_gives_no_words(name: str) -> None:
    for ask in (*LISTS.values(), *INDEXES.values(), *ASKS.known_comments(["1", "2"], "media/1")):
        assert {record.text for record in READ(ask, answer(bytes_of(name))).records} <= {""}


# Meta's own lists of fields.


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("IGMedia", fields.MEDIA),
        ("IGMedia", fields.STORY),
        ("IGMedia", fields.TAGGED),
        ("IGMedia", fields.COUNTS),
        ("IGMedia", fields.COMMENTS_ALLOWED),
        ("IGMedia", fields.OTHERS),
        ("IGComment", fields.with_replies(fields.COMMENT_INDEX)),
        ("IGComment", fields.with_replies(fields.COMMENT_WORDS)),
        ("IGUser", fields.PROFILE),
        ("Page", fields.LINKED),
    ],
)
def test_everything_that_is_asked_for_stands_in_metas_own_list(kind: str, wanted: str) -> None:
    assert _outermost(wanted) <= _names(kind)


def test_every_list_is_an_edge_of_an_account_and_every_field_of_a_comment_is_known() -> None:
    edges = {urlsplit(ask.url).path.rpartition("/")[2] for ask in ASKS.lists(AT.isoformat()) if ask.listing}
    assert edges <= _names("IGUser")
    assert fields.KNOWN["comment"] >= _names("IGComment")
    assert fields.KNOWN["media"] >= _outermost(fields.MEDIA) | _outermost(fields.TAGGED)


# Changed and cut.


@settings(max_examples=20, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("index", [False, True], ids=["words", "index"])
def test_a_changed_body_raises_nothing_and_drops_nothing(name: str, index: bool, data: st.DataObject) -> None:
    body, ask = body_of(name), (INDEXES if index else LISTS).get(name, MEDIA)
    whole = READ(ask, answer(body))
    place, removed = change(body, data)
    moved = place == ("data",) or (removed and len(place) == 2 and place[0] == "data")
    touched = None if moved else f"/data/{place[1]}" if place[0] == "data" else ""
    nothing_dropped(whole, READ(ask, answer(json.dumps(body).encode())), touched=touched, shorter=moved)


@settings(max_examples=effort.examples(25), deadline=None)
@given(data=st.data())
def test_a_changed_album_keeps_the_other_and_what_is_not_understood_is_said(data: st.DataObject) -> None:
    ask, body = _by_ids()
    whole = {record.place: record for record in READ(ask, answer(body)).records}
    place = data.draw(st.sampled_from([one for one in places(body) if len(one) > 1]))
    at = body
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = data.draw(st.sampled_from(ODD))
    reading = READ(ask, answer(json.dumps(body).encode()))
    after = {record.place: record for record in reading.records}
    other = next(one for one in whole if one != f"/{place[0]}")
    assert after[other] == whole[other]
    assert len(after) == len(whole) or reading.quarantine


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", LISTS)
def test_a_body_that_was_cut_off_says_nothing(name: str, data: st.DataObject) -> None:
    body = bytes_of(name).rstrip()
    (look,) = ASKS.known_media(["1"])
    for ask in (LISTS[name], INDEXES.get(name, MEDIA), look):
        reading = READ(ask, answer(body[: data.draw(st.integers(0, len(body) - 1))]))
        assert (reading.records, reading.present, reading.whole) == ((), (), False)
        assert reading.quarantine
        assert reading.problem is not None
