"""Bodies of Reddit's API, made from everything that was said in the city. Names and shapes as in recorded answers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from string import ascii_lowercase, digits
from typing import Any

from archiver.practice.acts import Medium
from archiver.practice.city import City, Person
from archiver.practice.history import is_removed
from archiver.practice.truth import TrueRecord
from archiver.practice.words import CITY

Body = dict[str, Any]
_DIGITS = digits + ascii_lowercase
_NINJA = 180
"""Seconds after writing in which an edit is not marked."""


def base36(number: int) -> str:
    """A number as Reddit writes ids."""
    found = ""
    while number:
        number, digit = divmod(number, 36)
        found = _DIGITS[digit] + found
    return found or "0"


def number_of(identity: str) -> int | None:
    """Inverse of :func:`base36`; None for what is no id."""
    try:
        return int(identity, 36) if identity.isalnum() else None
    except ValueError:
        return None


def listing(children: Sequence[Body], after: str | None = None) -> Body:
    """A list, or one page of it."""
    data = {"after": after, "dist": len(children), "modhash": None, "geo_filter": "", "children": list(children)}
    return {"kind": "Listing", "data": data | {"before": None}}


def fullname(one: TrueRecord) -> str:
    """With its kind."""
    kind = {"comment": "t1", "message": "t4"}.get(one.kind, "t3")
    return f"{kind}_{base36(one.id)}"


class Bodies:
    """Makes things. ``base``: origin of the server, for pictures. ``locked``: posts that take no comments, by number.
    ``closed``: people who closed their accounts. ``videos``: media that are videos, by number."""

    def __init__(self, city: City, base: str, main: int) -> None:
        self._city = city
        self._base = base
        self.main = main
        self.locked: set[int] = set()
        self.closed: set[int] = set()
        self.videos: set[int] = set()
        self.polls: dict[int, list[str]] = {}
        self.flags: dict[int, dict[str, Any]] = {}
        self._reads = 0

    @property
    def subreddit(self) -> Body:
        named = {"subreddit": CITY, "subreddit_name_prefixed": f"r/{CITY}", "subreddit_type": "public"}
        return named | {"subreddit_id": f"t5_{base36(self.main)}"}

    # Posts and comments

    def post(self, one: TrueRecord, comments: int, moderator: bool, original: TrueRecord | None = None) -> Body:
        """``moderator``: as one sees it."""
        wording = one.versions[-1][1]
        gone, removed = one.vanished_by in ("author", "platform"), is_removed(one)
        title, _, rest = wording.text.partition("\n\n")
        title = (title if original is None else "Passed on")[:300]
        path = f"/r/{CITY}/comments/{base36(one.id)}/post/"
        data = self._common(one, gone or (removed and not moderator)) | {
            "title": title,
            "selftext": rest,
            "selftext_html": html.escape(rest) or None,
            "is_self": not wording.media and original is None,
            "url": f"{self._base}{path}",
            "permalink": path,
            "num_comments": comments,
            "num_crossposts": 0,
            "removed_by_category": None,
            "removed_by": None,
            "locked": one.id in self.locked,
            "upvote_ratio": 0.9,
            "is_video": False,
            "media": None,
            "domain": f"self.{CITY}",
            "thumbnail": "self",
            "over_18": False,
            "spoiler": False,
            "stickied": False,
            "pinned": False,
        }
        data |= self._files(wording.media) if not gone else {}
        if original is not None:
            data |= {"crosspost_parent": fullname(original), "is_self": False, "crosspost_parent_list": []}
        if one.id in self.polls:
            data["poll_data"] = {"options": [{"id": str(n), "text": t} for n, t in enumerate(self.polls[one.id])]}
        if gone:
            category = "deleted" if one.vanished_by == "author" else "content_takedown"
            said = "[deleted]" if one.vanished_by == "author" else "[ Removed by Reddit on account of its rules ]"
            data |= {"selftext": said, "removed_by_category": category, "is_self": True}
            data |= {"title": "[ Removed by Reddit ]"} if one.vanished_by == "platform" else {}
        elif removed:
            data |= {"removed_by_category": "moderator"} | ({} if moderator else {"selftext": "[removed]"})
        return {"kind": "t3", "data": data | self._moderation(one, moderator) | self.flags.get(one.id, {})}

    def comment(self, one: TrueRecord, root: TrueRecord, moderator: bool, **more: Any) -> Body:
        gone, removed = one.vanished_by in ("author", "platform"), is_removed(one)
        silent = gone or (removed and not moderator)
        said = {"author": "[deleted]", "platform": "[ Removed by Reddit ]"}.get(one.vanished_by or "", "[removed]")
        said = "[deleted]" if one.vanished_by == "author" else said
        body = said if silent else one.versions[-1][1].text
        data = self._common(one, silent) | {
            "body": body,
            "body_html": f'<div class="md"><p>{html.escape(body)}</p>\n</div>',
            "link_id": fullname(root),
            "parent_id": f"{'t3' if one.parent == root.id else 't1'}_{base36(one.parent or 0)}",
            "permalink": f"/r/{CITY}/comments/{base36(root.id)}/post/{base36(one.id)}/",
            "replies": "",
            "collapsed": silent,
            "collapsed_reason_code": "DELETED" if silent else None,
            "controversiality": 0,
            "is_submitter": one.author == root.author,
            "score_hidden": False,
            "locked": False,
            "stickied": False,
        }
        return {"kind": "t1", "data": data | self._moderation(one, moderator) | self.flags.get(one.id, {}) | more}

    def more(self, children: Sequence[str], parent: str, count: int, depth: int) -> Body:
        """What was cut off: named, or where only the comment above it is."""
        identity = children[0] if children else "_"
        named = {"count": count, "name": f"t1_{identity}", "id": identity, "parent_id": parent, "depth": depth}
        return {"kind": "more", "data": named | {"children": list(children)}}

    def _common(self, one: TrueRecord, silent: bool) -> Body:
        person = self._city.people[one.author]
        nameless = silent or one.author in self.closed
        self._reads += 1
        marked = [at for at, _ in one.versions[1:] if (at - one.created_at).total_seconds() > _NINJA]
        score = 1 + (one.id + self._reads) % 7  # blurred: another one each time
        data: Body = {
            "id": base36(one.id),
            "name": fullname(one),
            "author": "[deleted]" if nameless else person.handle,
            "created_utc": float(int(one.created_at.timestamp())),
            "created": float(int(one.created_at.timestamp())),
            "edited": float(int(marked[-1].timestamp())) if marked and not silent else False,
            "score": score,
            "ups": score,
            "downs": 0,
            "likes": None,
            "saved": False,
            "archived": False,
            "gilded": 0,
            "distinguished": None,
            "total_awards_received": 0,
            "all_awardings": [],
            "send_replies": True,
        }
        if not nameless:
            data |= {"author_fullname": f"t2_{base36(person.id)}", "author_premium": False}
        return data | self.subreddit

    def _moderation(self, one: TrueRecord, moderator: bool) -> Body:
        names = ("approved_by", "approved_at_utc", "banned_by", "banned_at_utc", "mod_note", "removal_reason")
        data: Body = dict.fromkeys(names) | {"can_mod_post": moderator, "mod_reports": [], "user_reports": []}
        if moderator:
            removed = is_removed(one)
            data |= {"removed": removed, "spam": False, "approved": False, "ban_note": "remove not spam"}
            data |= {"banned_by": self._city.people[self.main].handle} if removed else {}
        return data

    def _files(self, media: Sequence[Medium]) -> Body:
        if len(media) == 1 and media[0].id in self.videos:
            url = f"{self._base}/reddit/v/{media[0].id}/DASH_720.mp4"
            video = {"fallback_url": f"{url}?source=fallback", "duration": 6, "is_gif": False, "height": 720}
            return {"is_video": True, "media": {"reddit_video": video}, "url": f"{self._base}/reddit/v/{media[0].id}"}
        if len(media) == 1:
            url = self._picture(media[0])
            return {"url": url, "url_overridden_by_dest": url, "post_hint": "image", "domain": "i.redd.it"}
        if not media:
            return {}
        items = [{"media_id": f"g{one.id}", "id": one.id, "caption": one.alt} for one in media]
        shown = {
            f"g{one.id}": {"status": "valid", "e": "Image", "m": "image/png", "id": f"g{one.id}",
                           "s": {"u": f"{self._picture(one)}?s=signed{self._reads}", "x": one.width, "y": one.height}}
            for one in media
        }  # fmt: skip
        return {"is_gallery": True, "gallery_data": {"items": items}, "media_metadata": shown,
                "url": f"{self._base}/reddit/gallery/{media[0].id}"}  # fmt: skip

    def _picture(self, medium: Medium) -> str:
        return f"{self._base}/reddit/pictures/{medium.number}-{medium.width}x{medium.height}.png"

    # Messages, accounts, the log of moderators

    def message(self, one: TrueRecord, to: Person) -> Body:
        body, author = one.versions[-1][1].text, self._city.people[one.author]
        data = {
            "id": base36(one.id), "name": fullname(one), "author": author.handle, "dest": to.handle,
            "subject": "A word", "body": body, "body_html": html.escape(body),
            "created_utc": float(int(one.created_at.timestamp())),
            "was_comment": False, "new": False, "first_message": None, "first_message_name": None, "parent_id": None,
            "replies": "", "context": "", "type": "unknown", "subreddit": None, "distinguished": None, "score": 0,
        }  # fmt: skip
        return {"kind": "t4", "data": data}

    def answered(self, one: TrueRecord, root: TrueRecord) -> Body:
        """A comment as the inbox has it."""
        full = self.comment(one, root, False)["data"]
        names = (
            "id",
            "name",
            "author",
            "body",
            "body_html",
            "created_utc",
            "parent_id",
            "replies",
            "score",
            "subreddit",
        )
        path = f"/r/{CITY}/comments/{base36(root.id)}/post/{base36(one.id)}/?context=3"
        kind = "post_reply" if one.parent == root.id else "comment_reply"
        return {"kind": "t1", "data": {name: full[name] for name in names} | {
            "context": path, "type": kind, "was_comment": True, "subject": "comment reply", "dest": "", "new": True,
            "first_message": None, "first_message_name": None, "link_title": "post", "num_comments": 1,
        }}  # fmt: skip

    def user(self, person: Person) -> Body:
        about = {
            "title": person.profile.name, "public_description": person.profile.note,
            "display_name": f"u_{person.handle}", "subreddit_type": "user", "subscribers": 0,
            "url": f"/user/{person.handle}/",
            "icon_img": f"{self._base}/reddit/pictures/{person.profile.avatar}-64x64.png",
        }  # fmt: skip
        data = {
            "id": base36(person.id), "name": person.handle, "created_utc": float(int(person.created_at.timestamp())),
            "is_employee": False, "is_mod": True, "is_gold": False, "link_karma": 1, "comment_karma": 1,
            "total_karma": 2, "verified": True, "has_verified_email": True, "subreddit": about,
            "icon_img": about["icon_img"],
        }  # fmt: skip
        return {"kind": "t2", "data": data}

    def place(self, moderator: bool) -> Body:
        """The subreddit."""
        profile = self._city.people[self.main].profile
        data = {
            "id": base36(self.main), "name": f"t5_{base36(self.main)}", "display_name": CITY,
            "display_name_prefixed": f"r/{CITY}", "title": profile.name, "public_description": profile.note,
            "description": "Rules of the house", "submit_text": "", "subreddit_type": "public", "subscribers": 41,
            "url": f"/r/{CITY}/", "created_utc": 1.5e9, "user_is_moderator": moderator, "quarantine": False,
            "community_icon": f"{self._base}/reddit/pictures/{profile.avatar}-64x64.png", "icon_img": "",
            "over18": False, "restrict_posting": True, "restrict_commenting": False, "submission_type": "any",
            "should_archive_posts": False,
        }  # fmt: skip
        return {"kind": "t5", "data": data}

    def action(self, number: int, name: str, at: datetime, about: TrueRecord | None, whom: str) -> Body:
        data = {
            "id": f"ModAction_{number:08x}-0000-11e6-b779-0e58e8a5b9dc", "action": name, "details": "remove",
            "mod": self._city.people[self.main].handle, "mod_id36": base36(self.main), "sr_id36": base36(self.main),
            "subreddit": CITY, "subreddit_name_prefixed": f"r/{CITY}", "description": None, "target_author": whom,
            "target_fullname": None if about is None else fullname(about), "target_title": None,
            "target_body": None if about is None else about.versions[-1][1].text, "target_permalink": None,
            "created_utc": float(int(at.timestamp())),
        }  # fmt: skip
        return {"kind": "modaction", "data": data}
