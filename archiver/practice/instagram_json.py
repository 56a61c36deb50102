"""Bodies of the Instagram part of Meta's Graph API (v26.0), made from the state of the city.

Source of names and shapes: Meta's own lists of fields, and recorded answers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from archiver.practice.acts import Medium
from archiver.practice.city import City, Person, Post
from archiver.practice.graph_fields import Wanted
from archiver.practice.graph_json import Body, signed_picture, told

Nested = Callable[[Wanted], Body | None]


class Bodies:
    """Makes things. ``base``: origin of the server, for pictures."""

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base

    def linked(self, page: str, person: Person) -> Body:
        """The Page whose token it is, with the account that is linked to it."""
        account = {"id": str(person.id), "username": person.handle, "name": person.profile.name}
        return {"id": page, "name": f"{person.profile.name} (Page)", "instagram_business_account": account}

    def account(self, person: Person, posts: int) -> Body:
        return {
            "id": str(person.id),
            "username": person.handle,
            "name": person.profile.name,
            "biography": person.profile.note or None,
            "website": "https://city.example/",
            "followers_count": 1300,
            "follows_count": 12,
            "media_count": posts,
            "profile_picture_url": self._picture(f"{person.profile.avatar}_1_n", 200),
        }

    def media(self, post: Post, *, comments: Nested, counted: int, allowed: bool | None) -> Body:
        """``allowed``: whether it takes comments; None: of somebody else's that is not told."""
        shown = [self._shown(medium, post) for medium in self.pictures_of(post)]
        album = len(shown) > 1
        own = allowed is not None
        return {
            "id": str(post.id),
            "caption": post.wording.text or None,
            "media_type": "CAROUSEL_ALBUM" if album else "IMAGE",
            "media_product_type": "FEED",
            "media_url": shown[0]["media_url"],
            "permalink": f"https://www.instagram.com/p/{post.id:x}/",
            "shortcode": f"{post.id:x}",
            "timestamp": told(post.created_at),
            "username": self._city.people[post.author].handle,
            "owner": {"id": str(post.author)} if own else None,
            "alt_text": (post.wording.media[0].alt or None) if own and post.wording.media and not album else None,
            "like_count": post.likes,
            "comments_count": counted,
            "is_comment_enabled": allowed,
            "children": {"data": shown} if album else None,
            "comments": comments,
        }

    def pictures_of(self, post: Post) -> list[Medium]:
        """Nothing is published here without a picture."""
        return list(post.wording.media) or [Medium(post.id, post.id % 9973, 480, 480)]

    def story(self, number: int, person: Person, at: datetime, caption: str) -> Body:
        return {
            "id": str(number),
            "caption": caption or None,
            "media_type": "IMAGE",
            "media_product_type": "STORY",
            "media_url": self._picture(f"{number % 9973}_{number}_n", 360),
            "permalink": f"https://www.instagram.com/stories/{person.handle}/{number}",
            "shortcode": f"{number:x}",
            "timestamp": told(at),
            "username": person.handle,
            "owner": {"id": str(person.id)},
        }

    def comment(self, comment: Post, top: int | None, account: int, *, replies: Nested) -> Body:
        """``top``: the comment it is a reply to."""
        person = self._city.people[comment.author]
        own = comment.author == account
        return {
            "id": str(comment.id),
            "timestamp": told(comment.created_at),
            "text": comment.wording.text,
            "username": person.handle,
            "from": {"id": f"9{person.id}", "username": person.handle},
            "user": {"id": str(person.id)} if own else None,
            "hidden": comment.hidden,
            "like_count": comment.likes,
            "parent_id": None if top is None else str(top),
            "replies": replies,
        }

    def conversation(self, account: Person, other: Person, messages: list[Post]) -> Body:
        people = [{"username": one.handle, "id": str(one.id)} for one in (account, other)]
        return {
            "id": f"aWc_{other.id}",
            "updated_time": told(messages[-1].created_at),
            "message_count": len(messages),
            "participants": {"data": people},
        }

    def message(self, post: Post, account: Person, other: Person) -> Body:
        own = post.author == account.id
        sender, receiver = (account, other) if own else (other, account)
        return {
            "id": f"aWdf_{post.id:x}",
            "created_time": told(post.created_at),
            "from": {"username": sender.handle, "id": str(sender.id)},
            "to": {"data": [{"username": receiver.handle, "id": str(receiver.id)}]},
            "message": post.wording.text,
        }

    def _shown(self, medium: Medium, post: Post) -> Body:
        return {
            "id": str(medium.id),
            "media_type": "IMAGE",
            "media_url": self._picture(f"{medium.number}_{medium.id}_n", medium.width),
            "permalink": f"https://www.instagram.com/p/{medium.id:x}/",
            "timestamp": told(post.created_at),
        }

    def _picture(self, name: str, width: int) -> str:
        return signed_picture(f"{self._base}/instagram/pictures", name, width, self._city.clock.now())
