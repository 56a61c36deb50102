"""Bodies of Meta's Graph API (v26.0), made from the state of the city.

Source of names and shapes: Meta's own lists of fields, and recorded answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from archiver.practice.acts import Medium
from archiver.practice.city import City, Person, Post
from archiver.practice.graph_fields import Wanted
from archiver.practice.graph_ids import comment_id, conversation_id, live_id, message_id, post_id, video_id

Body = dict[str, Any]
_NOBODY = {"allow": "", "deny": "", "description": "", "friends": "", "value": ""}
_ON_AIR = timedelta(hours=1)
_OFFICER = {"name": "Records Officer", "id": "1001"}
_EVERYBODY = _NOBODY | {"description": "Public", "value": "EVERYONE"}


def dump(value: Mapping[str, Any]) -> bytes:
    """As Meta writes it: compact, with slashes and all that is not ASCII escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def error(code: int, message: str, *, subcode: int | None = None, passing: bool = False) -> Body:
    """An error in Meta's form."""
    body: Body = {"message": message, "type": "OAuthException", "code": code}
    body |= {"error_subcode": subcode} if subcode is not None else {}
    body |= {"is_transient": True} if passing else {}
    return {"error": body | {"fbtrace_id": "APracticeTrace0123456789"}}


def not_there(identity: str) -> Body:
    """What is said of what is not there, and of what may not be seen."""
    message = (
        f"Unsupported get request. Object with ID '{identity}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation. Please read the Graph API documentation at"
        " https://developers.facebook.com/docs/graph-api"
    )
    return error(100, message, subcode=33)


def signed_picture(folder: str, name: str, width: int, now: datetime) -> str:
    """The address of a picture of Instagram or Threads: signed anew every hour, and of another size."""
    hour = int(now.timestamp()) // 3600
    seal = hashlib.sha256(f"{name} {hour}".encode()).hexdigest()
    query = f"_nc_cat={hour % 111}&ccb=1-7&_nc_ohc={seal[:16]}&oh={seal[16:48]}&oe={hour * 3600 + 86400:X}"
    return f"{folder}/v/t51.29350-15/{width + hour % 7}/{name}.png?{query}"


def told(at: datetime) -> str:
    """A time as Meta writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}+0000"


class Bodies:
    """Makes things. ``base``: origin of the server, for pictures."""

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base

    def page(self, person: Person, *, published: bool) -> Body:
        picture = self._picture(f"{person.profile.avatar}_1_n", 200)
        return {
            "id": str(person.id),
            "name": person.profile.name,
            "username": person.handle,
            "link": f"https://www.facebook.com/{person.handle}",
            "about": person.profile.note or None,
            "category": "Government Organization",
            "website": "https://city.example/",
            "fan_count": 1200,
            "followers_count": 1300,
            "is_published": published,
            "verification_status": "not_verified",
            "picture": {"data": {"url": picture}},
        }

    def post(self, post: Post, page: int, *, comments: Callable[[Wanted], Body], draft: bool = False) -> Body:
        """``page``: whose timeline it stands on. ``comments``: makes the list of its comments."""
        touched = max(post.created_at, post.versions[-1][0])
        attached = [self._photo(medium) for medium in post.wording.media]
        own = post.author == page
        return {
            "id": post_id(page, post.id),
            "created_time": told(post.created_at),
            "updated_time": told(touched),
            "is_published": not draft,
            "is_hidden": post.hidden,
            "is_expired": False,
            "timeline_visibility": "hidden" if post.hidden else "normal",
            "privacy": dict(_EVERYBODY if not draft else _NOBODY),
            "from": self._named(post.author),
            "admin_creator": dict(_OFFICER) if own else None,
            "application": {"name": "City Desk", "id": "291500"} if own else None,
            "message": post.wording.text,
            "status_type": ("added_photos" if attached else "mobile_status_update") if own else "wall_post",
            "permalink_url": f"https://www.facebook.com/{page}/posts/{post.id}/",
            "attachments": {"data": self._grouped(post, attached)} if attached else None,
            "shares": {"count": len(post.shares)} if post.shares else None,
            "reactions": lambda wanted: _reactions(post, wanted),
            "comments": comments,
            "scheduled_publish_time": int(post.created_at.timestamp()) + 86400 if draft else None,
        }

    def live(self, post: Post, page: int) -> Body:
        """The broadcast whose film stands in a post: on air for an hour. More and more people watch it."""
        over = self._city.clock.now() - post.created_at > _ON_AIR
        key = hashlib.sha256(f"{post.id} {self._city.clock.now()}".encode()).hexdigest()
        return {
            "id": live_id(post.id),
            "status": "VOD" if over else "LIVE",
            "title": post.wording.text,
            "creation_time": told(post.created_at),
            "broadcast_start_time": told(post.created_at),
            "permalink_url": f"/{page}/videos/{video_id(post.id)}/",
            "from": self._named(page),
            "video": {"id": video_id(post.id)},
            "live_views": int(self._city.clock.now().timestamp()) % 997,
            "stream_url": f"rtmp://live-api.example:80/rtmp/{key}",
            "seconds_left": 0 if over else 14_400,
        }

    def film(self, post: Post) -> Body:
        """The film of a broadcast, as its post shows it."""
        source = self._picture(f"{post.id % 9973}_{post.id}_n", 480)
        return {
            "media_type": "video",
            "type": "video_inline",
            "media": {"image": {"height": 320, "src": source, "width": 480}},
            "target": {"id": video_id(post.id), "url": f"https://www.facebook.com/watch/?v={video_id(post.id)}"},
        }

    def comment(self, comment: Post, top: Post | None, likes: int, replies: int) -> Body:
        """``top``: the comment it is a reply to."""
        above = None
        if top is not None:
            above = {"id": comment_id(top.root, top.id), "is_hidden": top.hidden, "is_private": False}
            above["created_time"] = told(top.created_at)
        wording = comment.wording
        return {
            "id": comment_id(comment.root, comment.id),
            "created_time": told(comment.created_at),
            "is_hidden": comment.hidden,
            "is_private": False,
            "parent": above,
            "from": self._named(comment.author),
            "message": wording.text,
            "attachment": self._photo(wording.media[0]) if wording.media else None,
            "permalink_url": f"https://www.facebook.com/{comment.root}?comment_id={comment.id}",
            "like_count": likes,
            "comment_count": replies,
        }

    def conversation(self, page: int, person: int, messages: list[Post]) -> Body:
        people = [self._named(person), self._named(page)]
        return {
            "id": conversation_id(person),
            "updated_time": told(messages[-1].created_at),
            "message_count": len(messages),
            "participants": {"data": people},
            "link": f"/{page}/inbox/{person}/",
        }

    def message(self, post: Post, page: int, person: int) -> Body:
        other = person if post.author == page else page
        return {
            "id": message_id(post.id),
            "created_time": told(post.created_at),
            "from": self._named(post.author),
            "to": {"data": [self._named(other)]},
            "message": post.wording.text,
        }

    def _named(self, person: int) -> Body:
        return {"name": self._city.people[person].profile.name, "id": str(person)}

    def _grouped(self, post: Post, attached: list[Body]) -> list[Body]:
        """One picture stands for itself, several as an album."""
        if len(attached) == 1:
            return attached
        album = {**attached[0], "media_type": "album", "type": "album", "subattachments": {"data": attached}}
        return [album | {"target": {"id": str(post.id)}}]

    def _photo(self, medium: Medium) -> Body:
        address = f"https://www.facebook.com/photo/?fbid={medium.id}"
        source = self._picture(f"{medium.number}_{medium.id}_n", medium.width)
        return {
            "media_type": "photo",
            "type": "photo",
            "media": {"image": {"height": medium.height, "src": source, "width": medium.width}},
            "target": {"id": str(medium.id), "url": address},
            "url": address,
            "unshimmed_url": address,
        }

    def _picture(self, name: str, width: int) -> str:
        """Signed anew every hour, and from another folder."""
        hour = int(self._city.clock.now().timestamp()) // 3600
        seal = hashlib.sha256(f"{name} {hour}".encode()).hexdigest()
        query = f"_nc_cat={hour % 111}&ccb=1-7&_nc_ohc={quote(seal[:16])}&oh={seal[16:48]}&oe={hour * 3600 + 86400:X}"
        return f"{self._base}/facebook/pictures/v/t39.30808-6/p{width}x{width + hour % 7}/{name}.png?{query}"


def _reactions(post: Post, wanted: Wanted) -> Body:
    kind = wanted.calls.get("type")
    total = post.likes if kind in (None, "LIKE") else 0
    return {"data": [], "summary": {"total_count": total} | ({} if kind else {"viewer_reaction": "NONE"})}
