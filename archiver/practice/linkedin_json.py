"""Bodies of LinkedIn's Community Management API, made from the state of the city.

Source of names and shapes: the documentation of the API on Microsoft Learn (Posts, Comments, Social Metadata, Images,
Videos, Documents, Organizations). Nobody has recorded an answer that could be read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archiver.practice.acts import Medium
from archiver.practice.city import City, Person, Post
from archiver.practice.ids import milliseconds
from archiver.practice.linkedin_ids import (
    activity_urn,
    comment_urn,
    page_number,
    page_urn,
    person_urn,
    post_urn,
)

Body = dict[str, Any]
_RESERVED = re.compile(r"([|{}@\[\]()<>#\\*_~])")
_HASHTAG = re.compile(r"#(\w+)")
KINDS = ("image", "video", "document")


def dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def error(status: int, code: str, message: str, service: int | None = None) -> Body:
    """An error in LinkedIn's form, which is flat."""
    body: Body = {"status": status, "code": code, "message": message}
    return body if service is None else body | {"serviceErrorCode": service}


def little(text: str) -> str:
    """*Little text*: hashtags as templates, and what would mean something escaped."""
    parts, at = [], 0
    for match in _HASHTAG.finditer(text):
        parts += [_escaped(text[at : match.start()]), rf"{{hashtag|\#|{_escaped(match[1])}}}"]
        at = match.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return _RESERVED.sub(r"\\\1", text)


def file_urn(medium: Medium, kind: str = "image") -> str:
    return f"urn:li:{kind}:P{medium.id}"


class Bodies:
    """Makes things. ``base``: origin of the server, for files."""

    def __init__(self, city: City, base: str) -> None:
        self._city = city
        self._base = base

    def organization(self, person: Person) -> Body:
        profile, logo = person.profile, f"urn:li:digitalmediaAsset:L{person.profile.avatar}"
        return {
            "id": page_number(person.id),
            "$URN": page_urn(person.id),
            "vanityName": person.handle,
            "localizedName": profile.name,
            "name": _localized(profile.name),
            "localizedDescription": profile.note,
            "description": _localized(profile.note),
            "localizedWebsite": "https://city.example/",
            "localizedSpecialties": [],
            "logoV2": {"cropped": logo, "original": logo, "cropInfo": {"x": 0, "y": 0, "width": 0, "height": 0}},
            "organizationType": "GOVERNMENT_AGENCY",
            "primaryOrganizationType": "NONE",
            "defaultLocale": {"country": "US", "language": "en"},
            "versionTag": str(person.revision),
        }

    def post(self, post: Post, kinds: Mapping[int, str], content: Body | None) -> Body:
        """``kinds``: of files that are no pictures, by their number. ``content``: in place of the files."""
        made = content if content is not None else self._content(post, kinds)
        body: Body = {
            "id": post_urn(post.id),
            "author": page_urn(post.author),
            "commentary": little(post.wording.text),
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "lifecycleStateInfo": {"isEditedByAuthor": post.edited_at is not None},
            "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
            "isReshareDisabledByAuthor": False,
            "createdAt": milliseconds(post.created_at),
            "publishedAt": milliseconds(post.created_at),
            "lastModifiedAt": milliseconds(post.edited_at or post.created_at),
        }
        if made:
            body["content"] = made
        if post.share_of is not None:
            body["reshareContext"] = {"parent": post_urn(post.share_of), "root": post_urn(post.share_of)}
        return body

    def _content(self, post: Post, kinds: Mapping[int, str]) -> Body:
        media = [self._medium(one, kinds.get(one.id, "image")) for one in post.wording.media]
        if len(media) > 1:
            return {"multiImage": {"images": media}}
        return {"media": media[0]} if media else {}

    @staticmethod
    def _medium(medium: Medium, kind: str) -> Body:
        named = {"id": file_urn(medium, kind)}
        if kind != "image":
            return named | {"title": medium.alt}
        return named | ({"altText": medium.alt} if medium.alt else {})

    def comment(self, post: Post, top: int, replies: Sequence[Post], *, summed: bool) -> Body:
        """``top``: number of the comment it stands under, its own where it is one. ``summed``: it says whether it has
        replies."""
        author, urn = self._actor(post.author), comment_urn(post.id, post.root)
        body: Body = {
            "id": str(post.id),
            "commentUrn": urn,
            "actor": author,
            "object": activity_urn(post.root),
            "message": {"attributes": [], "text": post.wording.text},
            "created": {"actor": author, "time": milliseconds(post.created_at)},
            "lastModified": {"actor": author, "time": milliseconds(post.edited_at or post.created_at)},
            "likesSummary": {
                "aggregatedTotalLikes": post.likes,
                "likedByCurrentUser": False,
                "selectedLikes": [],
                "totalLikes": post.likes,
            },
        }
        if post.wording.media:
            body["content"] = [
                {"type": "IMAGE", "entity": {"image": file_urn(one)}, "url": self.file_url(f"P{one.id}", "image")}
                for one in post.wording.media
            ]
        if top != post.id:
            return body | {"parentComment": comment_urn(top, post.root)}
        named = [comment_urn(one.id, one.root) for one in replies[:1]]
        summary = {"aggregatedTotalComments": len(replies), "totalFirstLevelComments": len(replies)}
        return body | ({"commentsSummary": {**summary, "selectedComments": named}} if summed else {})

    def metadata(self, post: Post, comments: int, tops: int, *, closed: bool) -> Body:
        likes = {"LIKE": {"reactionType": "LIKE", "count": post.likes}} if post.likes else {}
        return {
            "entity": activity_urn(post.id),
            "commentsState": "CLOSED" if closed else "OPEN",
            "commentSummary": {"count": comments, "topLevelCount": tops},
            "reactionSummaries": likes,
        }

    def file(self, urn: str, owner: int) -> Body:
        _, _, kind, name = urn.split(":")
        expires = milliseconds(self._city.clock.now()) + 3_600_000
        told: Body = {
            "id": urn,
            "owner": page_urn(owner),
            "status": "AVAILABLE",
            "downloadUrl": self.file_url(name, kind),
            "downloadUrlExpiresAt": expires,
        }
        return told | ({"duration": 12_000} if kind == "video" else {})

    def file_url(self, name: str, kind: str) -> str:
        """Signed for an hour."""
        expires = milliseconds(self._city.clock.now()) // 1000 + 3600
        return f"{self._base}/linkedin/dms/{kind}/{name}/0?e={expires}&v=beta&t=practice{expires % 99991}"

    def _actor(self, person: int) -> str:
        return page_urn(person) if self._city.people[person].official else person_urn(person)


def _localized(text: str) -> Body:
    return {"localized": {"en_US": text}, "preferredLocale": {"country": "US", "language": "en"}}


def paged(
    elements: Sequence[Body], start: int, count: int, following: str | None, total: int | None
) -> Body:  # fmt: skip
    """One page of a list. ``following``: address of the next one."""
    links = [] if following is None else [{"type": "application/json", "rel": "next", "href": following}]
    paging: Body = {"start": start, "count": count, "links": links}
    return {"elements": list(elements), "paging": paging | ({} if total is None else {"total": total})}


def at(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return milliseconds(moment)
