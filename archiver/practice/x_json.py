"""Bodies of the X API v2, made from the state of the city.

Source of names and shapes: the specification (OpenAPI 2.167), which says *post* where older answers say *tweet*.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from archiver.practice.acts import Medium
from archiver.practice.city import MENTION, City, Person, Post
from archiver.practice.x_ids import versions_of, x_id

Body = dict[str, Any]
_LONGEST = 280
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")
STATUS = re.compile(r"https?://\S+/status/(\d{1,19})")
_PROBLEMS = "https://api.x.com/2/problems/"
_TITLES = {
    "resource-not-found": "Not Found Error",
    "not-authorized-for-resource": "Authorization Error",
    "invalid-request": "Invalid Request",
}


def dump(value: Mapping[str, Any]) -> bytes:
    """As X writes it: without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def problem(kind: str, detail: str, **more: Any) -> Body:
    """One problem object."""
    return {"title": _TITLES.get(kind, kind), "detail": detail, "type": f"{_PROBLEMS}{kind}"} | more


def refused(kind: str, resource: str, parameter: str, identity: str, detail: str | None = None) -> Body:
    """A problem about one thing that was asked for."""
    told = {
        "resource-not-found": f"Could not find {resource} with {parameter}",
        "not-authorized-for-resource": f"Sorry, you are not authorized to see the {resource} with {parameter}",
    }
    about = {"value": identity, "resource_id": identity, "resource_type": resource, "parameter": parameter}
    return about | problem(kind, detail or f"{told[kind]}: [{identity}].")


class Bodies:
    """Makes objects. ``base``: origin of the server, for pictures. ``polls``: options of the poll that a post has."""

    def __init__(self, city: City, base: str, polls: Mapping[int, Sequence[str]]) -> None:
        self._city = city
        self._base = base
        self._polls = polls
        self.reply_settings: dict[int, str] = {}
        """Who may reply, by post, where it is not everybody."""

    def user(self, person: Person, *, protected: bool) -> Body:
        return {
            "id": x_id(person.id),
            "name": person.profile.name,
            "username": person.handle[:15],
            "created_at": moment(person.created_at),
            "description": person.profile.note,
            "url": "",
            "profile_image_url": f"{self._base}/x/pictures/{person.profile.avatar}-48.png",
            "protected": protected,
            "public_metrics": {
                "followers_count": 0, "following_count": 0, "post_count": len(person.said), "listed_count": 0,
                "like_count": 0,
            },
        }  # fmt: skip

    def post(self, post: Post, version: int, *, parent: int | None, quotes: int, withheld: Sequence[str] = ()) -> Body:
        """One version of a post. ``parent``: what it answers, be that deleted. ``quotes``: how many quote it."""
        chain = versions_of(post)
        at, wording = post.versions[version]
        author = self._city.people[post.author]
        body: Body = {
            "id": chain[version],
            "author_id": x_id(post.author),
            "conversation_id": x_id(post.root),
            "created_at": moment(at),
            "edit_history_post_ids": chain,
            "edit_controls": {
                "edits_remaining": max(0, 6 - len(chain)),
                "is_edit_eligible": not post.is_reply,
                "editable_until": moment(post.created_at + timedelta(minutes=30)),
            },
            "lang": "en",
            "source": "X Web App",
            "possibly_sensitive": False,
            "reply_settings": self.reply_settings.get(post.id, "everyone"),
            "public_metrics": {
                "repost_count": len(post.shares), "reply_count": len(post.replies), "like_count": post.likes,
                "quote_count": quotes, "bookmark_count": 0, "impression_count": post.likes * 9,
            },
        }  # fmt: skip
        references = self._references(post, parent)
        if references:
            body["referenced_posts"] = references
        if post.parent_author is not None:
            body["in_reply_to_user_id"] = x_id(post.parent_author)
        attached = self._attachments(post, wording.media)
        if attached:
            body["attachments"] = attached
        described = [{"media_key": _media_key(one), "alt_text": one.alt} for one in wording.media if one.alt]
        if described:
            body["media_metadata"] = described
        body |= self._said(post, wording.text)
        if withheld:
            body["withheld"] = {"copyright": False, "country_codes": list(withheld), "scope": "post"}
            body["text"] = f"This Post from @{author.handle[:15]} has been withheld in response to a legal demand."
        return body

    def media(self, media: Iterable[Medium]) -> list[Body]:
        found = []
        for medium in media:
            url = f"{self._base}/x/pictures/{medium.number}-{medium.width}.png"
            body: Body = {"media_key": _media_key(medium), "type": "photo", "url": url}
            body |= {"width": medium.width, "height": medium.height}
            found.append(body | ({"alt_text": medium.alt} if medium.alt else {}))
        return found

    def poll(self, number: int) -> Body:
        options = [
            {"position": place, "label": label, "votes": place} for place, label in enumerate(self._polls[number], 1)
        ]
        return {"id": x_id(number), "options": options, "duration_minutes": 1440, "voting_status": "open"}

    def message(self, post: Post) -> Body:
        other = next(one for one in (*post.mentions, post.author) if one != post.author or len(post.mentions) < 1)
        return {
            "id": x_id(post.id),
            "event_type": "MessageCreate",
            "text": html.escape(post.wording.text, quote=False),
            "sender_id": x_id(post.author),
            "dm_conversation_id": "-".join(sorted((x_id(post.author), x_id(other)), key=int)),
            "created_at": moment(post.created_at),
        }

    def _references(self, post: Post, parent: int | None) -> list[Body]:
        found = []
        if post.share_of is not None:
            shared = self._city.posts[post.share_of]
            found.append({"type": "retweeted", "id": versions_of(shared)[-1]})
        quoted = quoted_by(post)
        if quoted is not None:
            found.append({"type": "quoted", "id": quoted})
        if parent is not None:
            found.append({"type": "replied_to", "id": x_id(parent)})
        return found

    def _attachments(self, post: Post, media: Sequence[Medium]) -> Body:
        found: Body = {"media_keys": [_media_key(medium) for medium in media]} if media else {}
        return found | ({"poll_ids": [x_id(post.id)]} if post.id in self._polls else {})

    def _said(self, post: Post, text: str) -> Body:
        if post.share_of is not None:
            shared = self._city.posts[post.share_of]
            text = f"RT @{self._city.people[shared.author].handle[:15]}: {shared.wording.text}"[:140]
        short, urls = _shortened(text)
        entities = {"urls": urls} if urls else {}
        entities |= {"mentions": mentions} if (mentions := self._mentions(short)) else {}
        shown = html.escape(short, quote=False)
        found: Body = {"text": shown}
        if len(short) > _LONGEST:
            found["text"] = f"{html.escape(short[:250], quote=False)}… {_shorter(text)}"
            found["note_post"] = {"text": shown, "entities": entities}
            entities = {}
        return found | ({"entities": entities} if entities else {})

    def _mentions(self, text: str) -> list[Body]:
        found = []
        for match in MENTION.finditer(text):
            person = self._city.person_named(match[1])
            if person is not None:
                start, end = match.span()
                found.append({"start": start, "end": end, "username": match[1], "id": x_id(person.id)})
        return found


def quoted_by(post: Post) -> str | None:
    """Id of the post that a post quotes: the one whose address it gives last."""
    found = STATUS.findall(post.wording.text)
    return found[-1] if found else None


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _media_key(medium: Medium) -> str:
    return f"3_{x_id(medium.id)}"


def _shortened(text: str) -> tuple[str, list[Body]]:
    """The text as X keeps it, with every address shortened."""
    urls: list[Body] = []
    parts, at = [], 0
    for match in _LINK.finditer(text):
        parts.append(text[at : match.start()])
        at, short = match.end(), _shorter(match[0])
        start = len("".join(parts))
        parts.append(short)
        url = match[0]
        urls.append({"start": start, "end": start + len(short), "url": short, "expanded_url": url, "display_url": url})
    return "".join([*parts, text[at:]]), urls


def _shorter(url: str) -> str:
    return f"https://t.co/{hashlib.sha256(url.encode()).hexdigest()[:10]}"
