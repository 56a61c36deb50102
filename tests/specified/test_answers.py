"""That what holds practice answers against specifications refuses what is none: a field that is unknown, one of another
type, one that is missing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from archiver.practice.messages import Request, Response
from archiver.practice.server import PracticeServer
from tests.specified import answers, learned, listed
from tests.specified.answers import SPECIFIED, shape
from tests.specified.writing import FOLDER

_YT = "/youtube/v3/commentThreads?part=snippet&videoId=x&key=k"
_COMMENT = {"kind": "youtube#comment", "etag": "e", "id": "c", "snippet": {"likeCount": 3, "viewerRating": "none"}}
_THREAD = {"kind": "youtube#commentThread", "etag": "e", "id": "t", "snippet": {"topLevelComment": _COMMENT}}
_PAGED = {"pageInfo": {"totalResults": 1, "resultsPerPage": 1}}
_POST = {"id": "1_2", "created_time": "2026-03-02T08:00:00+0000", "is_hidden": False, "shares": {"count": 2}}
_MEDIA = {"id": "5", "timestamp": "2026-03-02T08:00:00+0000", "like_count": 3, "owner": {"id": "7"}}
_REPLY = {"id": "5", "is_reply": True, "hide_status": "NOT_HUSHED", "root_post": {"id": "4"}}
#: A right answer of each site: what is asked, and the body.
RIGHT: Mapping[str, tuple[str, Any]] = {
    "YouTubeApi": (_YT, {"kind": "youtube#commentThreadListResponse", "etag": "e", "items": [_THREAD], **_PAGED}),
    "GraphApi": ("/v26.0/1/feed?fields=id,created_time,is_hidden,shares", {"data": [_POST]}),
    "InstagramApi": ("/v26.0/7/media?fields=id,timestamp,like_count,owner", {"data": [_MEDIA]}),
    "ThreadsApi": ("/v1.0/4/conversation?fields=id,is_reply,hide_status,root_post", {"data": [_REPLY]}),
}
#: Places in them, what is put there (``...``: nothing more), and a word of what is then wrong.
WRONG: tuple[tuple[str, str, Any, str], ...] = (
    ("YouTubeApi", "items/0/snippet/topLevelComment/snippet/shoeSize", 46, "shoeSize"),
    ("YouTubeApi", "items/0/snippet/topLevelComment/snippet/likeCount", "3", "likeCount"),
    ("YouTubeApi", "items/0/snippet/topLevelComment/snippet/viewerRating", "great", "great"),
    ("YouTubeApi", "items/0/snippet/topLevelComment/snippet/publishedAt", "yesterday", "yesterday"),
    ("YouTubeApi", "items/0/statistics", {}, "statistics"),
    ("YouTubeApi", "items/0/replies", {}, "was not asked for"),
    ("YouTubeApi", "items/0/snippet", ..., "snippet is missing"),
    ("GraphApi", "data/0/shoe_size", 46, "shoe_size"),
    ("GraphApi", "data/0/message", "unasked", "unasked"),
    ("GraphApi", "data/0/is_hidden", "false", "is_hidden"),
    ("GraphApi", "data/0/created_time", "2026-03-02T08:00:00Z", "created_time"),
    ("GraphApi", "data/0/shares/count", ..., "count"),
    ("GraphApi", "data", ..., "data"),
    ("InstagramApi", "data/0/owner/shoe_size", 46, "shoe_size"),
    ("InstagramApi", "data/0/like_count", "3", "like_count"),
    ("InstagramApi", "data/0/timestamp", 5, "timestamp"),
    ("ThreadsApi", "data/0/hide_status", "GONE", "GONE"),
    ("ThreadsApi", "data/0/root_post/id", ..., "id"),
    ("ThreadsApi", "data/0/is_reply", "yes", "is_reply"),
)


def _wrong(site: str, target: str, body: Any, status: int = 200) -> list[str]:
    response = Response(status, (("Content-Type", "application/json"),), json.dumps(body).encode())
    return [*SPECIFIED[site](Request("GET", target), response)]


def _with(body: Any, place: str, value: Any) -> Any:
    changed = copy.deepcopy(body)
    *above, last = place.split("/")
    at = changed
    for step in above:
        at = at[int(step) if isinstance(at, list) else step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return changed


@pytest.mark.parametrize("site", RIGHT)
def test_a_right_answer_is_taken(site: str) -> None:
    assert _wrong(site, *RIGHT[site]) == []


@pytest.mark.parametrize(("site", "place", "value", "word"), WRONG)
def test_a_wrong_answer_is_refused(site: str, place: str, value: Any, word: str) -> None:
    target, body = RIGHT[site]
    found = _wrong(site, target, _with(body, place, value))
    assert any(word in one for one in found), found


@pytest.mark.parametrize(("site", "target"), [("YouTubeApi", "/youtube/v3/songs"), ("GraphApi", "/v26.0/1/songs")])
def test_an_answer_to_what_nobody_can_ask_is_refused(site: str, target: str) -> None:
    assert _wrong(site, target, {"data": [], "items": []})


@pytest.mark.parametrize("site", RIGHT)
def test_an_error_of_another_form_is_refused(site: str) -> None:
    assert _wrong(site, RIGHT[site][0], {"error": "no"}, 400)


_ERROR = {"code": 5, "message": "no"}
#: Of lists that are checked in: where something is answered, a right body, and others with what is wrong with them.
LISTS: Mapping[str, tuple[str, Any, Mapping[str, Any]]] = {
    "nextdoor": (
        "GET /external/api/partner/v1/post/",
        {"posts": [], "posts_length": 0},
        {"shoes": 1, "posts_length": "0", "posts": ...},
    ),
    "tiktok": (
        "GET /v2/user/info/",
        {"data": {"user": {"open_id": "x"}}, "error": {"code": "ok", "message": "", "log_id": "x"}},
        {"shoes": 1, "data/user/video_count": "5", "error/code": ...},
    ),
    "tiktok_business": (
        "GET /open_api/v1.3/business/video/list/",
        {"code": 0, "message": "OK", "request_id": "x", "data": {"videos": [], "cursor": 0, "has_more": False}},
        {"data/shoes": 1, "data/cursor": "0", "request_id": ...},
    ),
    "linkedin": (
        "GET /rest/socialMetadata/urn:li:activity:5",
        {"entity": "x", "commentsState": "OPEN", "commentSummary": {"count": 1, "topLevelCount": 1},
         "reactionSummaries": {}},
        {"shoes": 1, "commentsState": "AJAR", "commentSummary/count": ...},
    ),
    "bluesky": (
        "GET /xrpc/app.bsky.feed.getPostThread",
        {"thread": {"$type": "app.bsky.feed.defs#notFoundPost", "uri": "at://x", "notFound": True}},
        {"shoes": 1, "thread/notFound": "yes", "thread/$type": "app.bsky.feed.defs#gone", "thread": ...},
    ),
    "flickr": (
        "GET /services/rest/ flickr.photos.comments.getList",
        {"comments": {"photo_id": "5"}, "stat": "ok"},
        {"comments/shoes": 1, "comments/photo_id": 5, "stat": ...},
    ),
    "vimeo": (
        "GET /videos/5/comments",
        {"total": 0, "page": 1, "per_page": 25, "paging": {"next": None}, "data": []},
        {"shoes": 1, "page": "1", "paging": ...},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_fields_takes_what_is_right_and_refuses_the_rest(name: str) -> None:
    place, right, wrong = LISTS[name]
    assert listed.faults_of(name, place, 200, right) == []
    for at, value in wrong.items():
        assert listed.faults_of(name, place, 200, _with(right, at, value)), at
    assert listed.faults_of(name, "GET /songs", 200, {})
    assert listed.faults_of(name, place, 500, {"shoes": 1})


def test_what_was_recorded_takes_its_like_and_refuses_the_rest() -> None:
    known = learned.learned(
        [{"kind": "t1", "data": one} for one in ({"id": "a", "edited": False}, {"id": "b", "edited": 5.0, "x": None})],
        learned.reddit_kind,
    )
    assert known["t1"].written() == {"id": "string", "edited": "boolean | number", "x~": "null"}
    right = {
        "kind": "more",
        "data": {"children": [], "count": 0, "depth": 0, "id": "_", "name": "t1__", "parent_id": "t1_a"},
    }
    assert not [*learned.faults_of("reddit", [right])]
    for place, value in (("data/shoes", 1), ("data/count", "5"), ("data/count", ...), ("kind", "t9")):
        assert [*learned.faults_of("reddit", [_with(right, place, value)])], place
    history = {"content": "", "spoiler_text": "", "media_attachments": []}
    assert len([*learned.faults_of("mastodon", [history])]) > 2, "a version lacks what every version has"


@pytest.mark.slow
@pytest.mark.parametrize("name", learned.LEARNED)
def test_what_is_written_down_is_what_was_recorded(name: str) -> None:
    assert (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") == learned.text_of(name)


def test_answers_are_noted_before_faults_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = answers.Answers()

    def always(request: Request, response: Response) -> Iterable[str]:
        return ["wrong"]

    class Site:
        def answer(self, request: Request) -> Response:
            return Response(200, (), b'{"a": 5}')

    monkeypatch.setitem(SPECIFIED, "Site", always)
    monkeypatch.setattr(PracticeServer, "given", lambda *given: noted.note(*given))
    server = PracticeServer(sites=(lambda base: Site(),))
    server.faults.add(lambda request, response: Response(500), times=None)
    for number in range(3):
        assert server.answer(Request("GET", f"/x/{number}")).status == 200
    server.stop()
    assert noted.wrong() == ["Site GET /x/#: wrong"]
    assert noted.shapes["Site"] == 1
    assert noted.total["Site"] == 3
    assert noted.wrong() == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"a": 5, "b": "x"}', b'{"a": 77, "b": "y, \\"z\\""}', True),
        (b'{"a": 5}', b'{"b": 5}', False),
        (b'{"a": 5}', b'{"a": "5"}', False),
        (b'{"a": null}', b'{"a": true}', False),
        (b'{"a": 5}', b'{"a": [5]}', False),
    ],
)
def test_bodies_are_alike_that_differ_in_values_alone(one: bytes, other: bytes, same: bool) -> None:
    assert (shape(one) == shape(other)) is same
