"""JSON bodies as Mastodon 4.7 writes them, in its order of keys, over the state of the city."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import Any

from archiver.practice.acts import Medium, Wording
from archiver.practice.city import City, Notice, Person, Post
from archiver.practice.mastodon_text import tags, to_html

JSON = Any
_CACHED = 20_000
_COUNTED = ("public", "unlisted")
"""Who sees an answer that is counted."""


def dump(value: JSON) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def moment(at: datetime) -> str:
    """A time as Mastodon writes it: milliseconds, ``Z``."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Bodies:
    """Renders people and posts. Keeps rendered parts until what they show changes.

    ``viewer`` is the id of the person whose sign-in is used, None for anybody.
    """

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base
        self.locked: set[int] = set()
        """People who approve each follower; to be told before anybody asks for them."""
        self._people: dict[int, tuple[int, bytes]] = {}
        self._posts: dict[tuple[int, str], tuple[int, bytes, bytes]] = {}

    def status(self, post: Post, viewer: int | None) -> bytes:
        """One status."""
        role = "any" if viewer is None else "own" if viewer == post.author else "other"
        cached = self._posts.get((post.id, role))
        if cached is None or cached[0] != post.revision or post.share_of is not None:
            cached = (post.revision, *self._status_parts(post, viewer))
            if len(self._posts) >= _CACHED:
                self._posts.clear()
            self._posts[post.id, role] = cached
        return cached[1] + self.account(self._city.people[post.author]) + cached[2]

    def statuses(self, posts: list[Post], viewer: int | None) -> bytes:
        """A list of statuses."""
        return b"[" + b",".join([self.status(post, viewer) for post in posts]) + b"]"

    def account(self, person: Person) -> bytes:
        """One account."""
        cached = self._people.get(person.id)
        if cached is None or cached[0] != person.revision:
            cached = (person.revision, dump(self.account_json(person)))
            self._people[person.id] = cached
        return cached[1]

    def account_json(self, person: Person) -> dict[str, JSON]:
        posts = [post for number in person.said if self._city.stands(post := self._city.posts[number])]
        public = [post for post in posts if post.visibility != "direct"]
        avatar = self._picture_address("accounts/avatars", person.id, person.profile.avatar, "original")
        header = f"{self._base}/headers/original/missing.png"
        return {
            "id": str(person.id),
            "username": person.handle,
            "acct": person.handle,
            "display_name": person.profile.name,
            "locked": person.id in self.locked,
            "bot": False,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": person.created_at.strftime("%Y-%m-%dT00:00:00.000Z"),
            "note": self.html(person.profile.note),
            "url": f"{self._base}/@{person.handle}",
            "uri": f"{self._base}/ap/users/{person.id}",
            "avatar": avatar,
            "avatar_static": avatar,
            "avatar_description": "",
            "header": header,
            "header_static": header,
            "header_description": "",
            "followers_count": len(self._city.people) * 7,
            "following_count": 0,
            "statuses_count": len(public),
            "last_status_at": public[-1].created_at.strftime("%Y-%m-%d") if public else None,
            "hide_collections": None,
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "noindex": False,
            "feature_approval": {"automatic": ["public"], "manual": [], "current_user": "denied"},
            "emojis": [],
            "roles": [],
            "fields": [],
        }

    def credentials(self, person: Person) -> bytes:
        """The account of a sign-in, with what only its owner sees."""
        source = {"privacy": "public", "sensitive": False, "language": "en", "note": person.profile.note, "fields": []}
        source |= {"follow_requests_count": 0, "hide_collections": None, "discoverable": True, "indexable": True}
        source |= {"attribution_domains": [], "quote_policy": "public"}
        role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
        return dump(self.account_json(person) | {"source": source, "role": role | {"collection_limit": 10}})

    def history(self, post: Post) -> bytes:
        """Every version, oldest first."""
        account = self.account_json(self._city.people[post.author])
        return dump(
            [
                {
                    "content": self.content(wording),
                    "spoiler_text": wording.warning,
                    "sensitive": wording.sensitive,
                    "created_at": moment(at),
                    "account": account,
                    "media_attachments": [self.medium(medium) for medium in wording.media],
                    "emojis": [],
                }
                for at, wording in post.versions
            ]
        )

    def source(self, post: Post) -> bytes:
        """The words as typed."""
        return dump({"id": str(post.id), "text": post.wording.text, "spoiler_text": post.wording.warning})

    def notification(self, notice: Notice, viewer: int) -> bytes:
        """One notification, ungrouped."""
        facts: dict[str, JSON] = {"id": str(notice.id), "type": notice.kind, "created_at": moment(notice.at)}
        head = dump(facts | {"group_key": f"ungrouped-{notice.id}"})[:-1]
        account = self.account(self._city.people[notice.person])
        status = self.status(self._city.posts[notice.post], viewer)
        return head + b',"account":' + account + b',"status":' + status + b"}"

    def conversation(self, number: int, people: list[Person], last: Post, viewer: int) -> bytes:
        """One conversation of direct messages."""
        accounts = b",".join(self.account(person) for person in people)
        head = dump({"id": str(number), "unread": False})[:-1]
        return head + b',"accounts":[' + accounts + b'],"last_status":' + self.status(last, viewer) + b"}"

    def content(self, wording: Wording) -> str:
        """The HTML of one version, as ``content`` shows it."""
        return self.html(wording.text) if wording.html is None else wording.html

    def html(self, text: str) -> str:
        return to_html(text, self._base, lambda handle: self._city.person_named(handle) is not None)

    def medium(self, medium: Medium) -> dict[str, JSON]:
        """One media attachment."""
        address = self._picture_address("media_attachments/files", medium.id, medium.number, "original")
        small = self._picture_address("media_attachments/files", medium.id, medium.number, "small")
        meta = {"original": _size(medium.width, medium.height), "small": _size(medium.width // 2, medium.height // 2)}
        return {
            "id": str(medium.id),
            "type": "image",
            "url": address,
            "preview_url": small,
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": meta,
            "description": medium.alt or None,
            "blurhash": "UGC~-#M{0JfkNFofR%M{IURj%Mt7E0oM%MR*",
        }

    # Parts of a status.

    def _status_parts(self, post: Post, viewer: int | None) -> tuple[bytes, bytes]:
        """Everything before and after the account, which changes far more often than the rest."""
        words, shared = post.wording, self._city.posts.get(post.share_of or 0)
        facts = self._facts(post, shared)
        if viewer is not None:
            facts |= {"favourited": False, "reblogged": False, "muted": False, "bookmarked": False}
            if viewer == post.author and shared is None:
                facts |= {"pinned": False}
        facts["content"] = "" if shared else self.content(words)
        if viewer is not None:
            facts["filtered"] = []
        reblog = b"null" if shared is None else self.status(shared, viewer)
        application = dump(None if shared else {"name": "Web", "website": None})
        head = dump(facts)[:-1] + b',"reblog":' + reblog + b',"application":' + application + b',"account":'
        return head, b"," + dump(self._attached(post, words, viewer))[1:]

    def _facts(self, post: Post, shared: Post | None) -> dict[str, JSON]:
        author = self._city.people[post.author]
        uri = f"{self._base}/ap/users/{author.id}/statuses/{post.id}"
        url = f"{self._base}/@{author.handle}/{post.id}"
        if shared is not None:
            uri, url = f"{uri}/activity", f"{self._base}/users/{author.handle}/statuses/{post.id}/activity"
        return {
            "id": str(post.id),
            "created_at": moment(post.created_at),
            "in_reply_to_id": None if post.parent is None else str(post.parent),
            "in_reply_to_account_id": None if post.parent_author is None else str(post.parent_author),
            "sensitive": post.wording.sensitive,
            "spoiler_text": post.wording.warning,
            "visibility": post.visibility,
            "language": None if shared else post.wording.language,
            "uri": uri,
            "url": url,
            "replies_count": sum(self._city.posts[one].visibility in _COUNTED for one in post.replies),
            "reblogs_count": len(post.shares),
            "favourites_count": post.likes,
            "quotes_count": 0,
            "edited_at": None if post.edited_at is None else moment(post.edited_at),
        }

    def _attached(self, post: Post, words: Wording, viewer: int | None) -> dict[str, JSON]:
        mentioned = [self._city.people[person] for person in post.mentions]
        user = "automatic" if viewer is not None else "denied"
        return {
            "media_attachments": [self.medium(medium) for medium in words.media],
            "mentions": [self._mention(person) for person in mentioned],
            "tags": [{"name": name, "url": f"{self._base}/tags/{name}"} for name in tags(words.text)],
            "emojis": [],
            "tagged_collections": [],
            "quote": None,
            "card": None,
            "poll": None,
            "quote_approval": {"automatic": ["public"], "manual": [], "current_user": user},
        }

    def _mention(self, person: Person) -> dict[str, JSON]:
        url = f"{self._base}/@{person.handle}"
        return {"id": str(person.id), "username": person.handle, "url": url, "acct": person.handle}

    def _picture_address(self, among: str, number: int, picture: int, size: str) -> str:
        digits = f"{number:018d}"
        folders = "/".join(digits[at : at + 3] for at in range(0, len(digits), 3))
        name = f"{zlib.crc32(str(picture).encode()):08x}{picture & 0xFFFFFFFF:08x}.png"
        return f"{self._base}/system/{among}/{folders}/{size}/{name}"


def _size(width: int, height: int) -> dict[str, JSON]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": round(width / height, 6)}
