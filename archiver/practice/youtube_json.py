"""Bodies of the YouTube Data API v3, made from the state of the city.

Source of names and shapes: the discovery document (revision 20261104) and recorded answers.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archiver.practice.city import City, Person, Post
from archiver.practice.youtube_chat import Chat
from archiver.practice.youtube_ids import channel_id, comment_id, video_id

Body = dict[str, Any]
_SIZES = {"default": (120, 90), "medium": (320, 180), "high": (480, 360)}
_PRIVACY = {"public": "public", "unlisted": "unlisted", "private": "private", "direct": "private"}


def dump(value: Mapping[str, Any]) -> bytes:
    """As Google writes it: indented by two, and with a last line end."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def listed(kind: str, items: Sequence[Body], total: int, size: int, token: str | None = None) -> Body:
    """One page of a list."""
    body: Body = {"kind": f"youtube#{kind}ListResponse"}
    body["etag"] = etag(items)
    if token is not None:
        body["nextPageToken"] = token
    return body | {"pageInfo": {"totalResults": total, "resultsPerPage": size}, "items": list(items)}


def etag(value: Any) -> str:
    """Changes with what it stands for."""
    return hashlib.sha1(json.dumps(value).encode(), usedforsecurity=False).hexdigest()[:27]


def error(status: int, reason: str, message: str, domain: str = "youtube.common", detail: str | None = None) -> Body:
    """An error in Google's form. ``detail``: the reason that newer parts of the service give."""
    one = {"message": message, "domain": domain, "reason": reason}
    body: Body = {"code": status, "message": message, "errors": [one]}
    if detail is not None:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        body["details"] = [{"@type": kind, "reason": detail, "domain": "googleapis.com"}]
    return {"error": body}


class Bodies:
    """Makes resources. ``base``: origin of the server, for pictures."""

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base
        self.approving: set[int] = set()
        """People on whose channels comments wait until they are approved."""

    def channel(self, person: Person, videos: int) -> Body:
        picture = f"{self._base}/youtube/pictures/{person.profile.avatar}-88.png"
        words = {"title": person.profile.name, "description": person.profile.note}
        snippet = {
            **words,
            "customUrl": f"@{person.handle}",
            "publishedAt": time_of(person.created_at),
            "thumbnails": {"default": {"url": picture, "width": 88, "height": 88}},
            "localized": words,
            "country": "US",
        }
        identity = channel_id(person.id)
        return self._resource(
            "channel",
            identity,
            snippet=snippet,
            contentDetails={"relatedPlaylists": {"likes": "", "uploads": f"UU{identity[2:]}"}},
            statistics={"viewCount": "0", "hiddenSubscriberCount": True, "videoCount": str(videos)},
            status={"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "longUploadsUnspecified"},
            brandingSettings={"channel": {**words, "country": "US", "moderateComments": person.id in self.approving}},
        )

    def playlist_item(self, video: Post, position: int) -> Body:
        owner = self._city.people[video.author]
        named = {"channelId": channel_id(owner.id), "channelTitle": owner.profile.name}
        snippet = self._words(video) | named | {
            "publishedAt": time_of(video.created_at),
            "playlistId": f"UU{channel_id(owner.id)[2:]}",
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video_id(video.id)},
            "videoOwnerChannelTitle": owner.profile.name,
            "videoOwnerChannelId": channel_id(owner.id),
        }  # fmt: skip
        details = {"videoId": video_id(video.id), "videoPublishedAt": time_of(video.created_at)}
        status = {"privacyStatus": _PRIVACY[video.visibility]}
        return self._resource(
            "playlistItem", f"VVU{video_id(video.id)}", snippet=snippet, contentDetails=details, status=status
        )

    def video(self, video: Post, comments: int | None, chat: Chat | None = None) -> Body:
        """``comments``: how many there are; None where they are turned off. ``chat``: of one that is live."""
        owner = self._city.people[video.author]
        words = self._words(video)
        snippet = words | {
            "publishedAt": time_of(video.created_at),
            "channelId": channel_id(owner.id),
            "channelTitle": owner.profile.name,
            "tags": [word[1:] for word in video.wording.text.split() if word.startswith("#")],
            "categoryId": "25",
            "liveBroadcastContent": "none" if chat is None else "live",
            "localized": {"title": words["title"], "description": words["description"]},
        }
        statistics = {"viewCount": str(video.likes * 7), "likeCount": str(video.likes), "favoriteCount": "0"}
        if comments is not None:
            statistics["commentCount"] = str(comments)
        live: Body = {}
        if chat is not None:
            live = {"liveStreamingDetails": {"actualStartTime": time_of(chat.began), "activeLiveChatId": chat.id}}
        return self._resource(
            "video",
            video_id(video.id),
            **live,
            snippet=snippet,
            contentDetails={"duration": "PT2M10S", "dimension": "2d", "definition": "hd", "caption": "false"},
            status={
                "uploadStatus": "processed",
                "privacyStatus": _PRIVACY[video.visibility],
                "license": "youtube",
                "embeddable": True,
                "publicStatsViewable": True,
                "madeForKids": False,
            },
            statistics=statistics,
        )

    def thread(self, top: Post, video: Post, replies: Sequence[Post], total: int, *, plain: bool, state: str) -> Body:
        """``replies``: the newest few of ``total``. ``state``: moderation status, where it is not published."""
        snippet = {
            "channelId": channel_id(video.author),
            "videoId": video_id(video.id),
            "topLevelComment": self.comment(top, top, video, plain=plain, state=state),
            "canReply": False,
            "totalReplyCount": total,
            "isPublic": not state,
        }
        body = self._resource("commentThread", comment_id(top.id, top.id), snippet=snippet)
        if replies:
            shown = [self.comment(reply, top, video, plain=plain, state="") for reply in replies]
            body["replies"] = {"comments": shown}
        return body

    def comment(self, post: Post, top: Post, video: Post, *, plain: bool, state: str) -> Body:
        author, text = self._city.people[post.author], post.wording.text
        snippet = {
            "channelId": channel_id(video.author),
            "videoId": video_id(video.id),
            "textDisplay": text if plain else html.escape(text).replace("\n", "<br>"),
            "textOriginal": text,
            "authorDisplayName": f"@{author.handle}",
            "authorProfileImageUrl": f"{self._base}/youtube/pictures/{author.profile.avatar}-48.png",
            "authorChannelUrl": f"http://www.youtube.com/@{author.handle}",
            "authorChannelId": {"value": channel_id(author.id)},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": post.likes,
            "publishedAt": time_of(post.created_at),
            "updatedAt": time_of(post.edited_at or post.created_at),
        }
        if post.id != top.id:
            snippet["parentId"] = comment_id(top.id, top.id)
        if state:
            snippet["moderationStatus"] = state
        return self._resource("comment", comment_id(post.id, top.id), snippet=snippet)

    def _words(self, video: Post) -> Body:
        """Of a notice the first line is the title; pictures are thumbnails."""
        text = video.wording.text
        title = text.split("\n")[0][:100]
        pictures = [medium.number for medium in video.wording.media] or [0]
        thumbnails = {
            name: {"url": f"{self._base}/youtube/pictures/{pictures[0]}-{width}.png", "width": width, "height": height}
            for name, (width, height) in _SIZES.items()
        }
        return {"title": title, "description": text, "thumbnails": thumbnails}

    @staticmethod
    def _resource(kind: str, identity: str, **parts: Any) -> Body:
        return {"kind": f"youtube#{kind}", "etag": etag(parts), "id": identity, **parts}


def time_of(at: datetime) -> str:
    """As Google writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z" if at.microsecond else f"{at:%Y-%m-%dT%H:%M:%S}Z"
