"""Nextdoor's Publish API over the state of the city, as far as it reads: which profiles somebody has, and what one of
them published, with the comments inside.

Sources of names and shapes: Nextdoor's developer documentation and client libraries. Assumed is what they leave open:
that a list has the newest posts first and ends somewhere, that comments stand inside of what they answer, and that what
is hidden or deleted is left out, with what answers it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archiver.practice.city import City, Person, Post
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

HOME = "nextdoor"
_PARTNER = "/external/api/partner/v1/"
_FILE = re.compile(r"/nextdoor/photos/(\d{1,20})\.png")
Body = dict[str, Any]


def agency_number(person: int) -> str:
    """What Nextdoor knows an agency by."""
    return str(1000 + person % 999_983)


def profile_id(person: int) -> str:
    """What somebody's profile at an agency goes by."""
    return f"sp_{person:x}"


@dataclass
class NextdoorApi:
    """A site that speaks it.

    ``tokens``: token to the agency that its owner looks after. ``withheld``: permissions that tokens do not have.
    ``most``: posts that a list has; None: all. ``named``: whether comments say who wrote them. ``paused``: seconds to
    wait, where too much was asked.
    """

    city: City
    base: str
    tokens: dict[str, int] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    most: int | None = None
    named: bool = True
    paused: int | None = None

    def account_url(self, person: int) -> str:
        """Address of the agency."""
        return f"{self.base}/nextdoor/{self._path(self.city.people[person])}"

    @staticmethod
    def _path(person: Person) -> str:
        return f"agency-detail/wi/larkmere/{person.handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is under the partners' part, and pictures; None for anything else."""
        picture = _FILE.fullmatch(request.path)
        if picture is not None:
            return Response(200, (("Content-Type", "image/png"),), png(int(picture[1]) % 9973, 480, 320))
        if not request.path.startswith(_PARTNER):
            return None
        with self.city.lock:
            return self._answer(request, request.path.removeprefix(_PARTNER))

    def _answer(self, request: Request, path: str) -> Response:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        owner = self.tokens.get(token) if scheme == "Bearer" else None
        if self.paused is not None:
            return _json(429, {"error": "too_many_requests"}, (("Retry-After", str(self.paused)),))
        if owner is None:
            return _json(401, {"error": "invalid_token", "error_description": "The access token is invalid"})
        needed = {"me/profiles": "profile:read", "post/": "post:read"}.get(path)
        if needed is None or request.method != "GET":
            return Response(404, (("Content-Type", "text/html"),), b"<h1>Not Found</h1>")
        if needed in self.withheld:
            return _json(403, {"error": "insufficient_scope", "error_description": needed})
        if path == "me/profiles":
            return _json(200, self._profiles(self.city.people[owner]))
        if request.parameter("secure_profile_id") != profile_id(owner):
            return _json(400, {"error": "invalid_input", "invalid_parameter": "secure_profile_id"})
        return _json(200, self._posts(owner))

    def _profiles(self, person: Person) -> Body:
        own = {
            "id": f"sp_own_{person.id:x}", "first_name": "Robin", "last_name": "Practice", "verified": "true",
            "is_agency_profile": "false", "is_business_profile": "false", "is_neighbor_profile": "true",
            "neighborhood_name": "Old Mill", "city_name": "Larkmere",
        }  # fmt: skip
        agency = {
            "id": profile_id(person.id), "is_agency_profile": "true", "is_business_profile": "false",
            "is_neighbor_profile": "false", "agency_id": agency_number(person.id), "agency_name": person.profile.name,
            "agency_url_at_nextdoor": f"https://nextdoor.com/{self._path(person)}/", "agency_state": "WI",
            "agency_external_url": "https://city.example/", "agency_city": "Larkmere",
            "agency_photo": f"{self.base}/nextdoor/photos/{person.profile.avatar}.png",
        }  # fmt: skip
        return {"primary_profile_id": own["id"], "profile_list": [own, agency]}

    def _posts(self, owner: int) -> Body:
        found = [one for one in self.city.posts.values() if self._is_post(one, owner)]
        shown = sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)[: self.most]
        return {"posts": [self._post(one) for one in shown], "posts_length": len(shown)}

    def _is_post(self, post: Post, owner: int) -> bool:
        own = post.author == owner and not post.is_reply and post.share_of is None
        return own and post.visibility == "public" and self.city.stands(post)

    def _post(self, post: Post) -> Body:
        return {
            "id": str(post.id),
            "author_id": post.author % 10**9,
            "title": "",
            "body": post.wording.text,
            "creation_date_epoch_seconds": int(post.created_at.timestamp()),
            "embed_url": f"https://nextdoor.com/embed/{post.id}",
            "url": f"https://nextdoor.com/p/{post.id:x}?utm_source=share&extras=practice",
            "media": [
                {"is_photo": True, "is_video": False, "width": one.width, "height": one.height,
                 "url": f"{self.base}/nextdoor/photos/{one.number}.png?request_version=v2&t={self.city.revision}"}
                for one in post.wording.media
            ],
            "reactions": [
                {"id": n, "post_id": str(post.id), "comment_id": None, "type": "LIKE"} for n in range(post.likes)
            ],
            "comments": list(self._under(post, None)),
        }  # fmt: skip

    def _under(self, post: Post, above: int | None) -> Iterator[Body]:
        for number in sorted(post.replies):
            said = self.city.posts.get(number)
            if said is None or not self.city.stands(said):
                continue
            body: Body = {
                "id": said.id,
                "body": said.wording.text,
                "creation_date_epoch_seconds": int(said.created_at.timestamp()),
                "parent_comment_id": above,
                "like_count": said.likes,
                "comments": list(self._under(said, said.id)),
            }
            yield body | ({"author_name": self.city.people[said.author].profile.name} if self.named else {})


def _json(status: int, body: Mapping[str, Any], more: tuple[tuple[str, str], ...] = ()) -> Response:
    sent = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return Response(status, (("Content-Type", "application/json"), *more), sent)
