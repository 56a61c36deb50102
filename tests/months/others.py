"""What goes wrong in a month on X, YouTube, LinkedIn, Mastodon and Bluesky, day by day, and where."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

from archiver.practice import faults
from archiver.practice.bluesky_ids import number_of as bluesky_number
from archiver.practice.faults import Alter, with_json
from archiver.practice.linkedin_json import error as linkedin_error
from archiver.practice.messages import Request, Response
from archiver.practice.truth import Truth
from archiver.practice.x_ids import number_of as x_number
from archiver.practice.x_json import dump, problem
from archiver.practice.youtube_ids import comment_of, video_of
from archiver.practice.youtube_json import error as youtube_error
from tests.bluesky import place as bluesky
from tests.capture.house import House
from tests.capture.told import check_mastodon, top_of
from tests.graph.place import Place
from tests.linkedin import page as linkedin
from tests.months.meta import sized
from tests.months.scene import Kind, Wrong, altered, limits, newest, server_side
from tests.x import place as x
from tests.youtube import channel as youtube

_PAUSE = ("Retry-After", lambda at, now: "40")


# X


def _x_says(status: int, *headers: tuple[str, str], kind: str = "about:blank", **more: Any) -> Alter:
    """A problem in the form of X, without a word of what is left."""
    body = dump(problem(kind, "No.") | {"title": "No", "status": status} | more)
    return lambda request, response: Response(status, (("Content-Type", "application/problem+json"), *headers), body)


def _x_token(last: int) -> str:
    return base64.b32hexencode(f"practice:{last}".encode()).decode().rstrip("=").lower()


def _x_empty(request: Request, response: Response) -> Response:
    """A page without anything, that names a next one, which has what this one should have had."""
    body = json.loads(response.body)
    if "pagination_token" in request.target or not body.get("data"):
        return response
    return with_json(response, {"meta": {"result_count": 0, "next_token": _x_token(2**63)}})


def _x_moody(body: Any) -> Any:
    return {**body, "data": [one | {"mood": "happy"} for one in body["data"]]} if body.get("data") else body


def _epoch(at: datetime, now: datetime) -> str:
    return str(int(at.timestamp()))


def _x(found: Any) -> Mapping[str, Wrong]:
    lists, talks = "/users/[0-9]+/tweets", "conversation_id"
    page = {"kind": "invalid-request", "parameter": "pagination_token"}
    return {
        **server_side(found, lists=lists, comments=talks, media="/x/pictures/"),
        **limits(found, _x_says, ("x-rate-limit-reset", _epoch), _PAUSE),
        "not found": Wrong(_x_says(404), talks, after=1, times=2),
        "not found for a day": Wrong(_x_says(404), r"/2/tweets\?ids|/mentions", times=None),
        "page of a wall": Wrong(faults.html_page(403), lists, times=1),
        "not for this plan": Wrong(_x_says(403, kind="client-forbidden"), "/mentions", times=1),
        "expired": Wrong(_x_says(401), talks, after=1, times=1, ends=True),
        "dead cursor": Wrong(_x_says(400, **page), "pagination_token", times=1),
        "empty page": Wrong(_x_empty, f"{lists}|{talks}", times=2),
        "unknown field": Wrong(altered(_x_moody), talks, times=None, drift=("post.mood",)),
        "version": Wrong(faults.html_page(410), "/2/", after=1, times=3),
    }


def _still_there(truth: Truth, number: int, at: datetime) -> bool:
    """What a page hides X shows all the same, and what answers something stays without it."""
    return truth.records[number].exists_at(at)


def _x_of(key: str) -> int:
    number = x_number(key.partition("/")[2])
    assert number is not None
    return number


# YouTube


def _says(status: int, *headers: tuple[str, str], reason: str = "rateLimitExceeded") -> Alter:
    """An error in YouTube's form."""
    body = json.dumps(youtube_error(status, reason, "No.")).encode()
    return lambda request, response: Response(status, (("Content-Type", "application/json"), *headers), body)


def _empty(request: Request, response: Response) -> Response:
    """A page without anything, that names a next one, which has what this one should have had."""
    body = json.loads(response.body)
    if "pageToken" in request.target or not body.get("items"):
        return response
    return with_json(response, body | {"items": [], "nextPageToken": base64.b64encode(b"practice:0").decode()})


def _moody(body: Any) -> Any:
    return {**body, "items": [one | {"mood": "happy"} for one in body.get("items", ())]}


def _youtube(found: Any) -> Mapping[str, Wrong]:
    lists, comments = "/playlistItems", "/commentThreads"
    return {
        **server_side(found, lists=lists, comments=comments, media="/youtube/pictures/"),
        **limits(found, _says, _PAUSE),
        "403 for haste": Wrong(_says(403, reason="userRateLimitExceeded"), comments, after=1, times=1),
        "quota": Wrong(_says(403, reason="quotaExceeded"), comments, after=2, times=1),
        "not found": Wrong(_says(404, reason="videoNotFound"), comments, after=1, times=2),
        "not found for a day": Wrong(_says(404, reason="playlistNotFound"), lists, times=None),
        "trouble inside": Wrong(_says(400, reason="processingFailure"), comments, times=2),
        "comments off": Wrong(_says(403, reason="commentsDisabled"), comments, after=1, times=2, blind=True),
        "expired": Wrong(_says(401, reason="authError"), comments, after=1, times=1, ends=True),
        "dead cursor": Wrong(_says(400, reason="invalidPageToken"), "pageToken", times=1),
        "empty page": Wrong(_empty, f"{lists}|{comments}", times=2),
        "unknown field": Wrong(altered(_moody), comments, times=None, drift=("commentThread.mood",)),
        "version": Wrong(faults.html_page(404), "/youtube/v3/", after=1, times=3),
    }


# LinkedIn


def _linkedin_says(status: int, *headers: tuple[str, str], code: str = "TOO_MANY_REQUESTS") -> Alter:
    """An error in LinkedIn's form."""
    body = json.dumps(linkedin_error(status, code, "No.")).encode()
    return lambda request, response: Response(status, (("Content-Type", "application/json"), *headers), body)


def _linkedin_empty(request: Request, response: Response) -> Response:
    """A page without anything, that names a next one, which has what this one should have had but its first: that was
    the last but one of the page before."""
    body = json.loads(response.body)
    start = int(request.parameter("start") or 0)
    if not start or not body.get("elements"):
        return response
    link = {"rel": "next", "type": "application/json", "href": f"{request.path}?start={start + 1}&count=5"}
    return with_json(response, {"elements": [], "paging": {**body["paging"], "links": [link]}})


def _linkedin_moody(value: Any) -> Any:
    if isinstance(value, list):
        return [_linkedin_moody(one) for one in value]
    if not isinstance(value, dict):
        return value
    mood = {"mood": "happy"} if "lastModifiedAt" in value or "lastModified" in value else {}
    return {name: _linkedin_moody(one) for name, one in value.items()} | mood


def _linkedin(found: Any) -> Mapping[str, Wrong]:
    lists, comments = "/rest/posts", "/rest/socialActions/.*comments"
    return {
        **server_side(found, lists=lists, comments=comments, media="/linkedin/dms/"),
        **limits(found, _linkedin_says, _PAUSE),
        "not found": Wrong(_linkedin_says(404, code="NOT_FOUND"), comments, after=1, times=2),
        "not found for a day": Wrong(_linkedin_says(404, code="NOT_FOUND"), "/rest/", times=None),
        "permission": Wrong(_linkedin_says(403, code="ACCESS_DENIED"), comments, times=2),
        "expired": Wrong(_linkedin_says(401, code="EXPIRED_ACCESS_TOKEN"), comments, after=1, times=1, ends=True),
        "dead cursor": Wrong(_linkedin_says(400, code="ILLEGAL_ARGUMENT"), "start=[1-9]", times=1),
        "empty page": Wrong(_linkedin_empty, f"({comments}|{lists}).*start=[1-9]", times=1),
        "unknown field": Wrong(altered(_linkedin_moody), "/rest/", times=None, drift=("post.mood", "comment.mood")),
        "version": Wrong(_linkedin_says(426, code="NONEXISTENT_VERSION"), "/rest/", after=2, times=3),
    }


# Mastodon


def _too_many(status: int, *headers: tuple[str, str]) -> Alter:
    def alter(request: Request, response: Response) -> Response:
        body = b'{"error":"Too many requests"}'
        return Response(status, (("Content-Type", "application/json"), *headers), body)

    return alter


def _mastodon(found: Any) -> Mapping[str, Wrong]:
    lists, talks = r"/statuses\?", "/context"
    return {
        **server_side(found, lists=lists, comments=talks, media="/media_attachments/|/system/|/media/"),
        **limits(found, _too_many, ("X-RateLimit-Reset", lambda at, now: f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"), _PAUSE),
        "not found": Wrong(faults.not_found, talks, after=1, times=2),
        "not found for a day": Wrong(faults.not_found, "/api/", times=None),
        "expired": Wrong(faults.expired_token, "/notifications", times=None, ends=True),
        "dead cursor": Wrong(faults.dead_cursor, "max_id", times=1),
        "empty page": Wrong(faults.empty_page, lists, times=1),
        "in circles": Wrong(faults.repeating_cursor, lists, after=1, times=1),
        "shifted pages": Wrong(faults.duplicate_across_pages(), lists, times=None),
        "unknown field": Wrong(faults.unknown_field("mood", "happy"), "/api/", times=None, drift=("status.mood",)),
        "version": Wrong(faults.html_page(410), "/api/", after=1, times=3),
    }


def _itself(truth: Truth, number: int, at: datetime) -> bool:
    """Whether a server gives it out, whatever it answers."""
    return truth.stands(number, at)


@dataclass
class Office(Place):
    """The city's main account on Mastodon, signed in."""

    home: ClassVar[str] = "mastodon"
    token: ClassVar[str] = "tok-of-the-city-in-a-bad-month"

    @classmethod
    def open(cls, house: House) -> Self:
        found = cls(house, house.cast)
        found.account = house.office(cls.token)
        return found

    def key_of(self, number: int) -> str:
        return f"status/{number}"


def under_its_comment(truth: Truth, number: int, at: datetime) -> bool:
    """Whether something was to be seen at a time, and its post and the comment that it is under."""
    said = root = truth.records[number]
    while root.parent is not None:
        root = truth.records[root.parent]
    top = said if said.parent is None else top_of(truth, said)
    return all(truth.stands(one, at) for one in {said.id, top.id, root.id})


def _youtube_of(key: str) -> int:
    kind, _, identity = key.partition("/")
    number = comment_of(identity) if kind == "comment" else video_of(identity)
    assert number is not None
    return number


# Bluesky


def _xrpc(status: int, *headers: tuple[str, str], error: str = "RateLimitExceeded") -> Alter:
    """An error in the form of the AT Protocol."""
    body = json.dumps({"error": error, "message": "No."}).encode()
    return lambda request, response: Response(status, (("Content-Type", "application/json"), *headers), body)


def _bluesky_empty(request: Request, response: Response) -> Response:
    """A page without anything, that names a next one, which has what this one should have had."""
    body = json.loads(response.body)
    listed = next((one for one in ("records", "feed") if body.get(one)), None)
    if "cursor" in request.target or listed is None:
        return response
    return with_json(response, {listed: [], "cursor": "9" if listed == "feed" else "z"})


def _bluesky_moody(value: Any) -> Any:
    if isinstance(value, list):
        return [_bluesky_moody(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _bluesky_moody(one) for name, one in value.items()} | (
        {"mood": "happy"} if "indexedAt" in value else {}
    )


def _labelled(value: Any) -> Any:
    """The moderators of the service put a label on every post."""
    if isinstance(value, list):
        return [_labelled(one) for one in value]
    if not isinstance(value, dict):
        return value
    label = {"src": "did:plc:moderators", "uri": value.get("uri"), "val": "spam", "cts": "2026-03-09T08:00:00.000Z"}
    return {name: _labelled(one) for name, one in value.items()} | (
        {"labels": [label]} if "replyCount" in value else {}
    )


def _closes(found: Any) -> None:
    """Nobody may answer the newest of the account's own posts any more."""
    found.server.repositories.closed[newest(found)] = found.house.clock.now()


def _bluesky(found: Any) -> Mapping[str, Wrong]:
    lists, talks = "listRecords.*feed.post|getAuthorFeed", "getPostThread"
    signed_in = "listNotifications|createSession|refreshSession"
    return {
        **server_side(found, lists=lists, comments=talks, media="getBlob|/img/feed_fullsize/"),
        **limits(found, _xrpc, ("RateLimit-Reset", _epoch), _PAUSE),
        "not found": Wrong(_xrpc(400, error="NotFound"), talks, after=1, times=2),
        "not found for a day": Wrong(_xrpc(400, error="NotFound"), talks, times=None),
        "repository not found": Wrong(_xrpc(400, error="RepoNotFound"), "getLatestCommit", times=1),
        "deactivated": Wrong(_xrpc(400, error="RepoDeactivated"), "getLatestCommit", times=1),
        "directory away": Wrong(faults.server_error(503), "/did:plc:", times=3),
        "expired": Wrong(_xrpc(401, error="AuthenticationRequired"), signed_in, times=None, ends=True),
        "expired, and renewed": Wrong(_xrpc(400, error="ExpiredToken"), "listNotifications", times=1),
        "dead cursor": Wrong(_xrpc(400, error="InvalidRequest"), "cursor=", times=1),
        "empty page": Wrong(_bluesky_empty, lists, times=2),
        "unknown field": Wrong(altered(_bluesky_moody), talks, times=None, drift=("post.mood",)),
        "labelled": Wrong(altered(_labelled), talks, times=None),
        "closed": Wrong(faults.slow_body(9000, 0.0), talks, first=partial(_closes, found)),
        "version": Wrong(_xrpc(501, error="MethodNotImplemented"), "/xrpc/app", after=1, times=3),
    }


def _bluesky_sized(found: Any, page: int) -> None:
    found.server.page, found.server.levels = page, 6


def _bluesky_of(key: str) -> int:
    number = bluesky_number(key)
    assert number is not None
    return number


KINDS: Mapping[str, Kind] = {
    "bluesky": Kind(
        bluesky.Account.open, bluesky.check, _bluesky, 12, _bluesky_sized, {"mentions": 20, "shares": 8}, small=4,
        number=_bluesky_of, stands=_still_there, banned="settings/blocks", pictured=("post", "comment"),
    ),
    "x": Kind(
        x.Place.open, x.check, _x, 8, sized, {"mentions": 40, "shares": 12}, small=4, number=_x_of, stands=_still_there,
        pictured=("post", "comment"),
    ),
    "youtube": Kind(
        youtube.Channel.open, youtube.check, _youtube, 8, sized, small=4, number=_youtube_of, stands=under_its_comment
    ),
    "linkedin": Kind(
        linkedin.Page.open, linkedin.check, _linkedin, 8, sized, small=4, stands=under_its_comment,
        pictured=("post", "comment"),
    ),
    "mastodon": Kind(
        Office.open, partial(check_mastodon, authorised=True), _mastodon, 12,
        more={"messages": 12, "mentions": 20, "shares": 8}, stands=_itself,
        banned="settings/blocks", pictured=("post", "comment"),
    ),
}  # fmt: skip
