"""Bodies of TikTok's two APIs, made from the state of the city.

Sources of names and shapes: TikTok for Developers (List Videos, Query Videos, Get User Info, Error Handling) for the
Display API; answers that a client library recorded, and the documentation as such libraries repeat it, for the Accounts
API of TikTok API for Business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archiver.practice.city import City, Person, Post

Body = dict[str, Any]
OPEN = "-000"


def dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def display(data: Body, code: str = "ok", message: str = "") -> Body:
    """An answer of the Display API."""
    return {"data": data, "error": {"code": code, "message": message, "log_id": "20261101practice"}}


def business(code: int, message: str, data: Body | None = None) -> Body:
    """An answer of the Accounts API."""
    return {"code": code, "message": message, "request_id": "20261101practice", "data": data or {}}


def open_id(person: int, app: str) -> str:
    """What an app knows an account by: each by another id."""
    return f"{OPEN}{app}-{person}"


def at(moment: datetime) -> int:
    """Seconds since 1970."""
    return int(moment.timestamp())


class Bodies:
    """Makes things. ``base``: origin of the server, for files."""

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base

    # The Display API.

    def user(self, person: Person, videos: int) -> Body:
        return {
            "open_id": open_id(person.id, "display"),
            "union_id": f"union-{person.id}",
            "display_name": person.profile.name,
            "avatar_large_url": self.file_url("avatar", person.profile.avatar),
            "username": person.handle,
            "bio_description": person.profile.note,
            "profile_deep_link": f"https://vm.tiktok.com/{person.id}/",
            "is_verified": True,
            "follower_count": 5 + person.revision,
            "following_count": 2,
            "likes_count": person.revision,
            "video_count": videos,
        }

    def video(self, post: Post, comments: int) -> Body:
        return {
            "id": str(post.id),
            "create_time": at(post.created_at),
            "title": post.wording.text[:150],
            "video_description": post.wording.text,
            "duration": 12,
            "height": 1024,
            "width": 576,
            "cover_image_url": self.cover_url(post),
            "share_url": f"{self._shared(post)}?utm_campaign=tt4d_open_api&utm_source=practice",
            "embed_link": f"https://www.tiktok.com/embed/v2/{post.id}",
            "like_count": post.likes,
            "comment_count": comments,
            "share_count": 0,
            "view_count": 10 * post.likes,
        }

    # The Accounts API.

    def account(self, person: Person, videos: int) -> Body:
        return {
            "username": person.handle,
            "display_name": person.profile.name,
            "profile_image": self.file_url("avatar", person.profile.avatar),
            "bio_description": person.profile.note,
            "profile_deep_link": f"https://vm.tiktok.com/{person.id}/",
            "is_verified": True,
            "followers_count": 5 + person.revision,
            "following_count": 2,
            "total_likes": person.revision,
            "videos_count": videos,
        }

    def item(self, post: Post, comments: int, likes: int) -> Body:
        return {
            "item_id": str(post.id),
            "create_time": str(at(post.created_at)),
            "caption": post.wording.text,
            "share_url": f"{self._shared(post)}?utm_campaign=tt4d_open_api&utm_source=practice",
            "embed_url": f"https://www.tiktok.com/player/v1/{post.id}",
            "thumbnail_url": self.cover_url(post),
            "video_duration": 12.5,
            "likes": likes,
            "comments": comments,
            "shares": 0,
            "favorites": 0,
            "video_views": 10 * likes,
        }

    def comment(self, post: Post, owner: int, parent: int | None, replies: int) -> Body:
        """``parent``: of a reply, the comment that it is under."""
        author = self._city.people[post.author]
        body: Body = {
            "comment_id": str(post.id),
            "video_id": str(post.root),
            "user_id": f"{author.id:x}" * 3,
            "unique_identifier": f"+{author.id}/zDiZUNRH5Jya",
            "create_time": str(at(post.created_at)),
            "text": post.wording.text,
            "likes": post.likes,
            "owner": post.author == owner,
            "liked": False,
            "status": "HIDDEN" if post.hidden else "PUBLIC",
            "username": author.handle,
            "display_name": author.profile.name,
            "profile_image": self.file_url("avatar", author.profile.avatar),
        }
        for medium in post.wording.media[:1]:
            body["image_url"] = f"{self._base}/tiktok/obj/image/{medium.number}~noop.jpeg"
        if parent is not None:
            return body | {"parent_comment_id": str(parent)}
        return body | {"pinned": False, "replies": replies}

    # Files.

    def cover_url(self, post: Post) -> str:
        media = post.wording.media
        return self.file_url("cover", media[0].number if media else post.id % 9973)

    def file_url(self, what: str, number: int) -> str:
        """Signed for a day, and never the same twice."""
        expires = at(self._city.clock.now()) + 86_400
        return (
            f"{self._base}/tiktok/obj/{what}/{number}~c5_720x720.jpeg?x-expires={expires}&x-signature=P{expires % 997}"
        )

    def _shared(self, post: Post) -> str:
        return f"https://www.tiktok.com/@{self._city.people[post.author].handle}/video/{post.id}"


def listed(name: str, entries: Sequence[Body], cursor: int, more: bool) -> Body:
    """One page of a list."""
    return {name: list(entries), "cursor": cursor, "has_more": more}
