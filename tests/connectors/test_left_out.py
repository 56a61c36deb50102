"""Words that an answer leaves out are not taken for words that somebody took back (law R16, R18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from archiver.records.choice import KnownRecord, choose, learn
from connectors import _flickr_records as flickr
from connectors import _linkedin_posts as linkedin
from connectors import _mastodon_statuses as mastodon
from connectors import _reddit_things as reddit
from connectors import _tiktok_records as tiktok
from connectors import _vimeo_records as vimeo
from connectors import _youtube_records as youtube
from connectors.contract import Ask, Reading, SeenRecord, State, Stream
from tests.connectors import test_flickr_reading as of_flickr
from tests.connectors import test_nextdoor_reading as of_nextdoor
from tests.connectors import test_tiktok_reading as of_tiktok

Json = Any
_SITE = "https://site.example"
_PLACE = tiktok.Place("/0", _SITE, "-000abc", "@city")
_VIDEO = {"id": of_tiktok.VIDEO, "create_time": 1655870005, "share_url": f"{_SITE}/v"}
_SNIPPET = {"title": "A bridge", "publishedAt": "2026-03-01T12:00:00Z", "channelId": "UC_x5XG1OV2P6uZZ5FSM9Ttw"}
_MASTODON = {"id": "1", "username": "city", "acct": "city", "display_name": "City", "url": f"{_SITE}/@city"}
_REDDIT = {"id": "abc", "title": "A bridge", "created_utc": 1700000000, "author": "city", "is_self": True}


def _nextdoor_post(**more: Json) -> Json:
    return of_nextdoor.posts(**more)["posts"][0]


def _nextdoor(entry: Json) -> SeenRecord:
    first: SeenRecord = of_nextdoor.read({"posts": [entry], "posts_length": 1}).records[0]
    return first


def _nextdoor_comment(entry: Json) -> SeenRecord:
    last: SeenRecord = of_nextdoor.read(of_nextdoor.posts(entry)).records[-1]
    return last


def _youtube_video(snippet: Json) -> SeenRecord:
    return youtube.video_record({"id": "F1UP7wRCPH8", "snippet": snippet}, "", _SITE)


def _youtube_channel(snippet: Json) -> SeenRecord:
    return youtube.channel_record({"id": "UC_x5XG1OV2P6uZZ5FSM9Ttw", "snippet": snippet}, "", _SITE)


#: Which field of the projection, what the platform calls it, one that has everything, and how it is read.
_TEXTS: Mapping[str, tuple[str, str, Json, Callable[[Json], SeenRecord]]] = {
    "TikTok comment": (
        "text", "text", of_tiktok.said(), lambda one: tiktok.comment(one, _PLACE, f"video/{of_tiktok.VIDEO}", None),
    ),
    "TikTok video": ("caption", "caption", of_tiktok.item(), lambda one: tiktok.item(one, _PLACE)),
    "TikTok title": ("title", "title", _VIDEO, lambda one: tiktok.display_video(one, _PLACE)),
    "Nextdoor title": ("title", "title", _nextdoor_post(), _nextdoor),
    "Nextdoor body": ("body", "body", _nextdoor_post(), _nextdoor),
    "Nextdoor comment": ("body", "body", of_nextdoor.comment(), _nextdoor_comment),
    "Flickr title": (
        "title", "title", of_flickr.photo(), lambda one: flickr.photo_record(one, "", _SITE, of_flickr.OWNER),
    ),
    "Flickr description": (
        "description", "description", of_flickr.photo(),
        lambda one: flickr.photo_record(one, "", _SITE, of_flickr.OWNER),
    ),
    "YouTube video": ("description", "description", _SNIPPET, _youtube_video),
    "YouTube channel": ("description", "description", _SNIPPET, _youtube_channel),
    "LinkedIn page": (
        "description", "localizedDescription", {"id": 1337, "localizedName": "City"},
        lambda one: linkedin.page_record(one, linkedin.Place("", _SITE, "urn:li:organization:1337", "1337")),
    ),
    "Mastodon profile": ("note", "note", _MASTODON, lambda one: mastodon.profile_record(one, "")),
    "Reddit post": (
        "selftext", "selftext", _REDDIT, lambda one: reddit.post_record(one, "", _SITE, moderated=State.RESTRICTED),
    ),
}  # fmt: skip


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("absent", ["left out", "null"])
@pytest.mark.parametrize("name", _TEXTS)
def test_what_an_answer_does_not_give_is_not_compared_and_what_it_gives_empty_is(name: str, absent: str) -> None:
    field, called, whole, read = _TEXTS[name]
    said = read(whole | {called: "We open at noon"})
    less = read(whole | {called: None} if absent == "null" else {k: v for k, v in whole.items() if k != called})
    assert said.content[field]
    assert field not in less.content
    assert "noon" in said.text
    assert "noon" not in less.text
    ask = Ask(_SITE, Stream.POSTS, "posts")
    known: KnownRecord = learn(None, said, "rc_1", "ex_1", 0, ask)
    assert not choose(Reading(records=(less,)), {said.key: known}, ask).store
    emptied = read(whole | {called: ""})
    assert choose(Reading(records=(emptied,)), {said.key: known}, ask).store, "somebody emptied it"


@pytest.mark.law("R18")
@pytest.mark.parametrize("given", [None, "absent"])
def test_files_that_nextdoor_does_not_name_were_not_taken_away(given: str | None) -> None:
    entry = _nextdoor_post()
    if given is None:
        entry["media"] = None
    else:
        del entry["media"]
    assert "media" not in _nextdoor(entry).content
    assert _nextdoor(entry | {"media": []}).content["media"] == []


def test_vimeo_writes_null_where_there_is_no_description() -> None:
    video = {"name": "A bridge", "description": None}
    assert vimeo._said(video)["description"] == ""
    assert "description" not in vimeo._said({"name": "A bridge"})


def test_linkedin_leaves_out_what_it_does_not_give() -> None:
    assert linkedin._said({"visibility": "PUBLIC"}) == {"visibility": "PUBLIC"}
