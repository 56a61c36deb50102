"""Bodies of Meta's Threads API (v1.0), made from the state of the city.

Source of names and shapes: Meta's documentation of the API, and its own example programs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from archiver.practice.acts import Medium
from archiver.practice.city import City, Person, Post
from archiver.practice.graph_json import Body, signed_picture, told

GHOST_LASTS = timedelta(hours=24)


class Bodies:
    """Makes things. ``base``: origin of the server, for pictures."""

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base

    def account(self, person: Person) -> Body:
        return {
            "id": str(person.id),
            "username": person.handle,
            "name": person.profile.name,
            "is_verified": False,
            "threads_biography": person.profile.note or None,
            "threads_profile_picture_url": self._picture(f"{person.profile.avatar}_1_n", 200),
        }

    def post(self, post: Post, account: int, *, ghost_until: datetime | None, **more: object) -> Body:
        """``more``: fields that not every post has."""
        own = post.author == account
        active = ghost_until is not None and self._city.clock.now() < ghost_until
        return self._media(post) | {
            "owner": {"id": str(post.author)} if own else None,
            "reply_audience": "EVERYONE" if own else None,
            "is_reply": False,
            "ghost_post_status": None if ghost_until is None else "ACTIVE" if active else "ARCHIVED",
            "ghost_post_expiration_timestamp": None if ghost_until is None else told(ghost_until),
        } | more  # fmt: skip

    def repost(self, post: Post) -> Body:
        return {
            "id": str(post.id),
            "media_product_type": "THREADS",
            "media_type": "REPOST_FACADE",
            "permalink": self._permalink(post),
            "owner": {"id": str(post.author)},
            "username": self._city.people[post.author].handle,
            "timestamp": told(post.created_at),
            "shortcode": f"{post.id:x}",
            "is_quote_post": False,
            "has_replies": False,
            "reposted_post": {"id": str(post.share_of)},
        }

    def reply(self, post: Post, account: int, *, answers: int, hide_status: str | None, **more: object) -> Body:
        own = post.author == account
        return self._media(post) | {
            "reply_audience": "EVERYONE" if own else None,
            "is_reply": True,
            "is_reply_owned_by_me": own,
            "root_post": {"id": str(post.root)},
            "replied_to": {"id": str(answers)},
            "hide_status": hide_status,
        } | more  # fmt: skip

    def _media(self, post: Post) -> Body:
        shown = [self._shown(medium, post) for medium in post.wording.media]
        album = len(shown) > 1
        return {
            "id": str(post.id),
            "media_product_type": "THREADS",
            "media_type": "CAROUSEL_ALBUM" if album else "IMAGE" if shown else "TEXT_POST",
            "media_url": shown[0]["media_url"] if shown else None,
            "permalink": self._permalink(post),
            "username": self._city.people[post.author].handle,
            "text": post.wording.text or None,
            "timestamp": told(post.created_at),
            "shortcode": f"{post.id:x}",
            "children": {"data": shown} if album else None,
            "is_quote_post": False,
            "alt_text": shown[0]["alt_text"] if len(shown) == 1 else None,
            "has_replies": bool(post.replies),
        }

    def _shown(self, medium: Medium, post: Post) -> Body:
        return {
            "id": str(medium.id),
            "media_type": "IMAGE",
            "media_url": self._picture(f"{medium.number}_{medium.id}_n", medium.width),
            "alt_text": medium.alt or None,
        }

    def _permalink(self, post: Post) -> str:
        return f"https://www.threads.com/@{self._city.people[post.author].handle}/post/{post.id:x}"

    def _picture(self, name: str, width: int) -> str:
        return signed_picture(f"{self._base}/threads/pictures", name, width, self._city.clock.now())
