"""The YouTube Data API v3 over the state of the city: methods, parameters, page tokens, keys, quota, errors.

Videos are what offices on the platform ``youtube`` post; comments have two levels there, so a reply to a reply stands
under the first comment. What the page hides is held for review: its owner sees it, and nobody else.

Source: the discovery document (revision 20261104), recorded answers, and the documentation's tables of errors.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from archiver.practice import acts
from archiver.practice.city import City, Post
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png
from archiver.practice.youtube_captions import FILE_COSTS, LIST_COSTS, Tracks
from archiver.practice.youtube_chat import Chats
from archiver.practice.youtube_ids import channel_id, comment_id, comment_of, person_of, video_of
from archiver.practice.youtube_json import Bodies, Body, dump, error, etag, listed

HOME = "youtube"
_PACIFIC = ZoneInfo("America/Los_Angeles")
_API = "/youtube/v3/"
_PICTURE = re.compile(r"/youtube/pictures/(\d{1,9})-(\d{1,3})\.png")
_FILE = re.compile(r"/youtube/v3/captions/(?P<track>[^/]{1,200})")
_SHOWN_REPLIES = 5
_Listed = TypeVar("_Listed")
_HELD = "heldForReview"


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """An answer other than 200."""

    def __init__(
        self, status: int, reason: str, message: str, domain: str = "youtube.common", detail: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error(status, reason, message, domain, detail)


@dataclass
class YouTubeApi:
    """A site that speaks the YouTube Data API.

    ``keys``: API keys it takes. ``tokens``: bearer token to person. ``quota``: units a day for everybody together;
    None: no limit. ``comments_off``: numbers of videos whose comments are turned off. ``page``: most entries of a page,
    to have many pages of few.
    """

    city: City
    base: str
    keys: set[str] = field(default_factory=set)
    tokens: dict[str, int] = field(default_factory=dict)
    quota: int | None = None
    comments_off: set[int] = field(default_factory=set)
    page: int = 100
    used: int = 0
    _day: date | None = None
    _parents: dict[int, int | None] = field(default_factory=dict)
    _read: int = 0

    def __post_init__(self) -> None:
        self.bodies = Bodies(self.city, self.base)
        self.chats = Chats(self.city)
        self.tracks = Tracks(self.city)

    def account_url(self, person: int) -> str:
        """Address of the channel."""
        return f"{self.base}/youtube/channel/{channel_id(person)}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is under ``/youtube``; None for anything else."""
        picture = _PICTURE.fullmatch(request.path)
        if picture is not None:
            number, width = int(picture[1]), min(int(picture[2]), 480)
            return Response(200, (("Content-Type", "image/png"),), png(number, width, width * 3 // 4))
        if not request.path.startswith(_API):
            return None
        with self.city.lock:
            try:
                file = _FILE.fullmatch(request.path)
                if file is not None:
                    return self._file(request, unquote(file["track"]))
                return _json(200, self._routed(request))
            except Failure as failure:
                return _json(failure.status, failure.body)

    def _routed(self, request: Request) -> Body:
        viewer = self._viewer(request)
        self._spend()
        method = _METHODS.get(request.path.removeprefix(_API))
        if method is None or request.method != "GET":
            raise Failure(404, "notFound", "Not Found", "global")
        parts = {one for one in (request.parameter("part") or "").split(",") if one}
        if not parts:
            raise Failure(400, "required", "Required parameter: part", "youtube.parameter")
        return _of_parts(method(self, request, viewer), parts)

    # Who asks, and how much is left.

    def _viewer(self, request: Request) -> int | None:
        """Whose token it is; None for a key."""
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            if token not in self.tokens:
                raise Failure(401, "authError", "Request had invalid authentication credentials.", "global")
            return self.tokens[token]
        key = request.parameter("key")
        if key is None:
            message = "Method doesn't allow unregistered callers. The request is missing a valid API key."
            raise Failure(403, "forbidden", message, "global")
        if key not in self.keys:
            message = "API key not valid. Please pass a valid API key."
            raise Failure(400, "badRequest", message, "global", "API_KEY_INVALID")
        return None

    def _spend(self) -> None:
        today = self.city.clock.now().astimezone(_PACIFIC).date()
        if today != self._day:
            self._day, self.used = today, 0
        if self.quota is not None and self.used >= self.quota:
            message = "The request cannot be completed because you have exceeded your quota."
            raise Failure(403, "quotaExceeded", message, "youtube.quota")
        self.used += 1

    # Channels and videos.

    def _channels(self, request: Request, viewer: int | None) -> Body:
        handle = request.parameter("forHandle") or request.parameter("forUsername")
        wanted = {person_of(one) for one in _ids(request)}
        if handle is not None:
            named = self.city.person_named(handle.removeprefix("@"))
            wanted.add(named.id if named else None)
        found = [self.city.people[one] for one in wanted if one is not None and one in self.city.people]
        found = [one for one in found if one.home == HOME]
        body = listed("channel", [self.bodies.channel(one, len(self._videos_of(one.id, None))) for one in found], 1, 5)
        if not found:
            del body["items"]
            body["pageInfo"]["totalResults"] = 0
        return body

    def _languages(self, request: Request, viewer: int | None) -> Body:
        snippet = {"hl": "en", "name": "English"}
        item = {"kind": "youtube#i18nLanguage", "etag": "e", "id": "en", "snippet": snippet}
        return {"kind": "youtube#i18nLanguageListResponse", "etag": "e", "items": [item]}

    def _playlist_items(self, request: Request, viewer: int | None) -> Body:
        playlist = request.parameter("playlistId") or ""
        person = person_of(playlist) if playlist.startswith("UU") else None
        if person is None or person not in self.city.people:
            message = "The playlist identified with the request's playlistId parameter cannot be found."
            raise Failure(404, "playlistNotFound", message, "youtube.playlistItem")
        videos = list(enumerate(self._videos_of(person, viewer)))
        return self._paged(request, "playlistItem", videos, lambda one: self.bodies.playlist_item(one[1], one[0]), 50)

    def _videos(self, request: Request, viewer: int | None) -> Body:
        numbers = [video_of(one) for one in _ids(request)]
        if len(numbers) > 50:
            raise Failure(400, "invalidParameterValue", "Too many ids.", "youtube.parameter")
        found = [video for number in numbers if (video := self._video(number, viewer)) is not None]
        items = [self.bodies.video(one, self._counted(one), self.chats.live(one.id)) for one in found]
        return listed("video", items, len(items), len(items))

    def _counted(self, video: Post) -> int | None:
        return None if video.id in self.comments_off else sum(1 for _ in self._comments_on(video))

    # Comments.

    def _threads(self, request: Request, viewer: int | None) -> Body:
        state = request.parameter("moderationStatus") or "published"
        videos = self._asked(request, viewer)
        if state != "published" and (viewer is None or any(video.author != viewer for video in videos)):
            raise Failure(403, "forbidden", "The comment thread is not yours to moderate.", "youtube.commentThread")
        plain = request.parameter("textFormat") == "plainText"
        return self._paged(
            request, "commentThread", self._tops(videos, state), lambda one: self._thread(*one, state, plain), 100
        )

    def _asked(self, request: Request, viewer: int | None) -> list[Post]:
        """The videos whose comments are asked for."""
        channel, named = request.parameter("allThreadsRelatedToChannelId"), request.parameter("videoId")
        if (channel is None) == (named is None):
            raise Failure(400, "operationNotSupported", "Exactly one filter is needed.", "youtube.commentThread")
        if channel is not None:
            videos = self._videos_of(person_of(channel) or 0, viewer)
            return [video for video in videos if video.id not in self.comments_off]
        video = self._video(video_of(named or ""), viewer)
        if video is None:
            message = "The video identified by the videoId parameter could not be found."
            raise Failure(404, "videoNotFound", message, "youtube.commentThread")
        if video.id in self.comments_off:
            message = "The video identified by the videoId parameter has disabled comments."
            raise Failure(403, "commentsDisabled", message, "youtube.commentThread")
        return [video]

    def _tops(self, videos: Sequence[Post], state: str) -> list[tuple[Post, Post]]:
        """First comments with their videos, newest first; held ones may be replies too."""
        found = []
        for video in videos:
            for post in self._comments_on(video, hidden=state == _HELD):
                if state == _HELD or (state == "published" and self.top_of(post.id) == post.id):
                    found.append((post, video))
        return sorted(found, key=lambda one: one[0].id, reverse=True)

    def _thread(self, top: Post, video: Post, state: str, plain: bool) -> Body:
        replies = self._replies(top, video)
        shown = "" if state == "published" else state
        newest = replies[:_SHOWN_REPLIES] if not shown else ()
        return self.bodies.thread(
            top, video, newest, 0 if shown else len(replies), plain=plain, state=shown
        ) if self.top_of(top.id) == top.id else self._held_reply(top, video, plain)  # fmt: skip

    def _held_reply(self, reply: Post, video: Post, plain: bool) -> Body:
        """A held reply stands in its list as a thread of its own."""
        top = self.city.posts.get(self.top_of(reply.id) or 0) or reply
        body = self.bodies.thread(reply, video, (), 0, plain=plain, state=_HELD)
        body["snippet"]["topLevelComment"] = self.bodies.comment(reply, top, video, plain=plain, state=_HELD)
        return body

    def _comments(self, request: Request, viewer: int | None) -> Body:
        plain, ids, parent = (
            request.parameter("textFormat") == "plainText",
            _ids(request),
            request.parameter("parentId"),
        )
        if bool(ids) == (parent is not None):
            raise Failure(400, "operationNotSupported", "Exactly one filter is needed.", "youtube.comment")
        if parent is None:
            found = [
                (post, video) for one in ids if (post := self._comment(one, viewer)) for video in [self._root(post)]
            ]
            items = [self._one(post, video, plain) for post, video in found if video is not None]
            return listed("comment", items, len(items), len(items))
        top = self._comment(parent, viewer)
        video = None if top is None else self._root(top)
        if top is None or video is None:
            raise Failure(404, "commentNotFound", "The parent comment could not be found.", "youtube.comment")
        return self._paged(
            request, "comment", self._replies(top, video), lambda post: self._one(post, video, plain), 100
        )

    def _one(self, post: Post, video: Post, plain: bool) -> Body:
        top = self.city.posts.get(self.top_of(post.id) or 0) or post
        return self.bodies.comment(post, top, video, plain=plain, state=_HELD if post.hidden else "")

    def _chat(self, request: Request, viewer: int | None) -> Body:
        chat = self.chats.named(request.parameter("liveChatId") or "")
        if chat is None or self._video(chat.video, viewer) is None:
            raise Failure(404, "liveChatNotFound", "The live chat that you are trying to retrieve cannot be found.")
        if chat.ended is not None:
            raise Failure(403, "liveChatEnded", "The specified live chat is no longer live.", "youtube.liveChat")
        start = _offset(request.parameter("pageToken"))
        if start is None:
            raise Failure(400, "pageTokenInvalid", "The page token is not valid.", "youtube.liveChat")
        self.used += 4  # five units in all
        size = min(int(request.parameter("maxResults") or 500), 2000, self.page)
        items, after = chat.shown(start, size)
        body = listed("liveChatMessage", items, len(items), len(items), _token(after))
        return body | {"pollingIntervalMillis": 5000}

    # Captions.

    def _captions(self, request: Request, viewer: int | None) -> Body:
        video = self._video(video_of(request.parameter("videoId") or ""), viewer)
        if video is None:
            message = "The video identified by the videoId parameter could not be found."
            raise Failure(404, "videoNotFound", message, "youtube.caption")
        self._own(video, viewer)
        self.used += LIST_COSTS - 1
        wanted = _ids(request)
        items = [one.body for one in self.tracks.of(video.id) if not wanted or one.id in wanted]
        return {"kind": "youtube#captionListResponse", "etag": etag(items), "items": items}

    def _file(self, request: Request, identity: str) -> Response:
        viewer = self._viewer(request)
        self._spend()
        track = self.tracks.by_id.get(identity)
        video = None if track is None else self._video(track.video, viewer)
        if track is None or video is None:
            raise Failure(404, "captionNotFound", "The caption track could not be found.", "youtube.caption")
        self._own(video, viewer)
        if track.shut:
            message = "The permissions associated with the request are not sufficient to download the caption track."
            raise Failure(403, "forbidden", message, "youtube.caption")
        if request.parameter("tfmt") != "vtt":
            raise Failure(400, "couldNotConvert", "The caption track could not be converted.", "youtube.caption")
        self.used += FILE_COSTS - 1
        return Response(200, (("Content-Type", "text/vtt; charset=UTF-8"),), track.file)

    @staticmethod
    def _own(video: Post, viewer: int | None) -> None:
        """Captions are for the channel's owner."""
        if viewer is None:
            raise Failure(401, "required", "API keys are not supported by this API.", "global")
        if viewer != video.author:
            message = "The permissions associated with the request are not sufficient."
            raise Failure(403, "forbidden", message, "youtube.caption")

    # What there is.

    def _videos_of(self, person: int, viewer: int | None) -> list[Post]:
        """Newest first. Only the owner sees private ones."""
        said = self.city.people[person].said if person in self.city.people else []
        return [video for number in reversed(said) if (video := self._video(number, viewer)) is not None]

    def _video(self, number: int | None, viewer: int | None) -> Post | None:
        post = self.city.posts.get(number or 0)
        if post is None or post.is_reply or post.share_of is not None or not self.city.people[post.author].official:
            return None
        shown = self.city.stands(post) and self.city.people[post.author].home == HOME
        return post if shown and (post.visibility in ("public", "unlisted") or viewer == post.author) else None

    def _comment(self, identity: str, viewer: int | None) -> Post | None:
        post = self.city.posts.get(comment_of(identity) or 0)
        video = None if post is None else self._root(post)
        if post is None or video is None or self._video(video.id, viewer) is None or video.id in self.comments_off:
            return None
        if comment_id(post.id, self.top_of(post.id) or 0) != identity:
            return None
        held = any(one.id == post.id for one in self._comments_on(video, hidden=True))
        if held:
            return post if viewer == video.author else None
        return post if any(one.id == post.id for one in self._comments_on(video)) else None

    def _root(self, post: Post) -> Post | None:
        return self.city.posts.get(post.root) if post.is_reply else None

    def _comments_on(self, video: Post, *, hidden: bool = False) -> Iterator[Post]:
        """What stands under a video. A reply goes with the comment it is under, be that held or deleted."""
        for post in self.city.posts.values():
            if post.root != video.id or not post.is_reply or post.hidden != hidden:
                continue
            top = self.city.posts.get(self.top_of(post.id) or 0)
            if top is not None and (top is post or not top.hidden):
                yield post

    def _replies(self, top: Post, video: Post) -> list[Post]:
        """Newest first."""
        found = [one for one in self._comments_on(video) if one.id != top.id and self.top_of(one.id) == top.id]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def top_of(self, number: int) -> int | None:
        """The comment under a video that a comment is, or is a reply to, whatever was deleted since."""
        for act in self.city.journal[self._read :]:
            if isinstance(act, acts.Say):
                self._parents[act.id] = act.parent
        self._read = len(self.city.journal)
        above = self._parents.get(number)
        while above is not None and self._parents.get(above) is not None:
            number, above = above, self._parents[above]
        return None if above is None else number

    # Paging.

    def _paged(
        self, request: Request, kind: str, found: Sequence[_Listed], made: Callable[[_Listed], Body], most: int
    ) -> Body:
        size = min(int(request.parameter("maxResults") or 20), most, self.page)
        start = _offset(request.parameter("pageToken"))
        if start is None or start > len(found) + size:
            raise Failure(400, "invalidPageToken", "The request specifies an invalid page token.", "youtube.parameter")
        token = _token(start + size) if start + size < len(found) else None
        return listed(kind, [made(one) for one in found[start : start + size]], len(found), size, token)


def _of_parts(body: Body, parts: set[str]) -> Body:
    """An answer with those parts of its resources alone that were asked for."""
    if "items" not in body:
        return body
    shown = parts | {"kind", "etag", "id"}
    return body | {"items": [{name: one[name] for name in one if name in shown} for one in body["items"]]}


def _ids(request: Request) -> list[str]:
    return [one for value in (request.parameter("id") or "").split(",") if (one := value.strip())]


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"practice:{offset}".encode()).decode()


def _offset(token: str | None) -> int | None:
    if token is None:
        return 0
    try:
        name, _, number = base64.urlsafe_b64decode(token).decode().partition(":")
        return int(number) if name == "practice" else None
    except ValueError:
        return None


def _json(status: int, body: Body) -> Response:
    headers = [("Content-Type", "application/json; charset=UTF-8"), ("Vary", "Origin, X-Origin, Referer")]
    if status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/", error="invalid_token"'))
    return Response(status, tuple(headers), dump(body))


_METHODS: dict[str, Callable[[YouTubeApi, Request, int | None], Body]] = {
    "channels": YouTubeApi._channels,
    "i18nLanguages": YouTubeApi._languages,
    "playlistItems": YouTubeApi._playlist_items,
    "videos": YouTubeApi._videos,
    "commentThreads": YouTubeApi._threads,
    "comments": YouTubeApi._comments,
    "liveChat/messages": YouTubeApi._chat,
    "captions": YouTubeApi._captions,
}
