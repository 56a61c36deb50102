"""Flickr's API over the state of the city: one address, methods by name, the city's key, errors in answers of 200.

Source: the descriptions of its methods that the API gives of itself (``flickr.reflection.getMethodInfo``). Photos are
what offices on the platform ``flickr`` post: the first line is the title, words behind ``#`` are tags. There are no
answers to comments, so all stand under the photo, whatever they answer.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archiver.practice.city import City, Person, Post
from archiver.practice.flickr_oauth import FlickrOAuth, Rejected
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

HOME = "flickr"
Body = dict[str, Any]
_WORD = re.compile(r"#(\w+)")
_FILE = re.compile(r"/flickr/files/(\d{1,20})_([0-9a-f]{1,10})_o\.png")


class Failure(Exception):  # noqa: N818 - an answer of the platform, not an error of this program
    """``stat`` = ``fail``."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.body = {"stat": "fail", "code": code, "message": message}


@dataclass
class FlickrApi:
    """A site that speaks Flickr's API.

    ``keys``: API keys it takes. ``page``: most entries of a page. ``away``: people whose accounts are gone.
    ``private``: photos that only their owners see, by number. ``quiet``: photos that not everybody may comment on.
    ``albums``: title and description of albums, by number; ``remarks``: comments on them, each its number, who wrote
    it, what and when. ``replaced``: how often the file of a photo was.
    """

    city: City
    base: str
    keys: set[str] = field(default_factory=set)
    page: int = 500
    away: set[int] = field(default_factory=set)
    private: set[int] = field(default_factory=set)
    quiet: set[int] = field(default_factory=set)
    shared: dict[int, int] = field(default_factory=dict)
    """Photos that are for friends (2), family (3) or both (4), by number."""
    albums: dict[int, tuple[str, str]] = field(default_factory=dict)
    remarks: dict[int, list[tuple[int, int, str, datetime]]] = field(default_factory=dict)
    replaced: dict[int, int] = field(default_factory=dict)
    used: int = 0
    _viewer: int | None = None
    """Whose token the question under way is signed with."""

    def __post_init__(self) -> None:
        self.oauth = FlickrOAuth(self.city, self.base)

    def account_url(self, person: int) -> str:
        """Address of the account."""
        return f"{self.base}/flickr/photos/{self.city.people[person].handle}"

    def answer(self, request: Request) -> Response | None:
        """Answer what is Flickr's; None for anything else."""
        file = _FILE.fullmatch(request.path)
        if file is not None:
            return Response(200, (("Content-Type", "image/png"),), png(int(file[1]) + len(file[2]), 320, 240))
        if request.path != "/services/rest/":
            with self.city.lock:
                return self.oauth.answer(request)
        with self.city.lock:
            self.used += 1
            try:
                signed = self.oauth.signed(request)
                self._viewer = signed.person if signed else None
                body = self._called(request) | {"stat": "ok"}
            except Rejected as rejected:
                body = Failure(98, f"Invalid auth token ({rejected})").body
            except Failure as failure:
                body = failure.body
        return Response(200, (("Content-Type", "application/json"),), json.dumps(body).encode())

    def _called(self, request: Request) -> Body:
        known = {*self.keys, *self.oauth.clients}
        if self._viewer is None and request.parameter("api_key") not in known:
            raise Failure(100, "Invalid API Key (Key has invalid format)")
        if (request.parameter("format"), request.parameter("nojsoncallback")) != ("json", "1"):
            raise Failure(111, 'Format "xml" not found')
        method = _METHODS.get((request.parameter("method") or "").removeprefix("flickr."))
        if method is None:
            raise Failure(112, "Method not found")
        return method(self, request)

    # Accounts

    def _echo(self, request: Request) -> Body:
        return {"method": {"_content": "flickr.test.echo"}}

    def _check_token(self, request: Request) -> Body:
        given = self.oauth.signed_with(request)
        if given is None:
            raise Failure(98, "Invalid token")
        token, one = given
        person = self.city.people[one.person]
        user = {"nsid": nsid(person.id), "username": person.handle, "fullname": person.profile.name}
        return {"oauth": {"token": {"_content": token}, "perms": {"_content": one.permission}, "user": user}}

    def _lookup(self, request: Request) -> Body:
        name = (request.parameter("url") or "").rstrip("/").rpartition("/")[2]
        person = self.city.person_named(name) or self._person_of(name)
        if person is None or person.home != HOME or person.id in self.away:
            raise Failure(1, "User not found")
        return {"user": {"id": nsid(person.id), "username": {"_content": person.profile.name}}}

    def _person(self, request: Request) -> Body:
        person = self._asked(request)
        shown = {"username": {"_content": person.profile.name}, "realname": {"_content": person.profile.name},
                 "location": {"_content": "Larkmere"}, "description": {"_content": person.profile.note}}  # fmt: skip
        photos = {"count": {"_content": len(self._photos_of(person))}, "firstdatetaken": {"_content": ""}}
        named = {"id": nsid(person.id), "nsid": nsid(person.id), "ispro": 0, "path_alias": person.handle}
        return {"person": named | shown | {"photos": photos, "iconserver": "1", "iconfarm": 1}}

    def _asked(self, request: Request) -> Person:
        person = self._person_of(request.parameter("user_id") or "")
        if person is None or person.id in self.away:
            raise Failure(1, "User not found")
        return person

    def _person_of(self, identity: str) -> Person | None:
        number, _, realm = identity.partition("@")
        person = self.city.people.get(int(number)) if number.isdigit() and realm == "N08" else None
        return person if person is not None and person.home == HOME else None

    # Lists

    def _photos(self, request: Request) -> Body:
        found = [one for one in self._photos_of(self._asked(request)) if self._level(one) == 1]
        extras = set((request.parameter("extras") or "").split(","))
        listed = [self._listed(one, extras) for one in found]
        return {"photos": self._paged(request, listed, "photo")}

    def _hidden(self, request: Request) -> Body:
        """What not everybody sees, as its owner asks for it."""
        person = self._asked(request)
        if self._viewer is None:
            raise Failure(99, "User not logged in / Insufficient permissions")
        level, extras = request.parameter("privacy_filter"), set((request.parameter("extras") or "").split(","))
        found = [one for one in self._photos_of(person) if level in (None, str(self._level(one)))]
        listed = [self._listed(one, extras) for one in found]
        return {"photos": self._paged(request, listed, "photo")}

    def _albums(self, request: Request) -> Body:
        person = self._asked(request)
        listed = [self._album(number) for number in sorted(self.albums, reverse=True)]
        return {"photosets": self._paged(request, listed, "photoset") | {"cancreate": 0, "user_id": nsid(person.id)}}

    def _paged(self, request: Request, found: Sequence[Body], name: str) -> Body:
        size = min(int(request.parameter("per_page") or 100), self.page)
        page, pages = int(request.parameter("page") or 1), max(1, -(-len(found) // size))
        page = min(page, pages)  # (Flickr gives the last page to who asks for one behind it)
        shown = list(found[(page - 1) * size : page * size])
        return {"page": page, "pages": pages, "perpage": size, "total": len(found), name: shown}

    def _photos_of(self, person: Person) -> list[Post]:
        return [one for number in reversed(person.said) if self._stands(one := self.city.posts[number])]

    def _stands(self, post: Post) -> bool:
        own = not post.is_reply and post.share_of is None and self.city.people[post.author].official
        seen = self._level(post) == 1 or self._viewer == post.author
        return own and seen and self.city.stands(post)

    def _level(self, post: Post) -> int:
        """Who sees a photo, as lists are asked for it; 1: everybody."""
        return 5 if post.id in self.private else self.shared.get(post.id, 1)

    def _flags(self, post: Post) -> Body:
        level = self._level(post)
        return {"ispublic": int(level == 1), "isfriend": int(level in (2, 4)), "isfamily": int(level in (3, 4))}

    # Photos and albums

    def _listed(self, post: Post, extras: set[str]) -> Body:
        title, description = _parts(post)
        url = f"{self.base}/flickr/files/{post.id}_{'a' * (1 + self.replaced.get(post.id, 0))}_o.png"
        more = {
            "description": {"_content": description},
            "dateupload": _time(post.created_at),
            "lastupdate": _time(self._changed(post)),
            "datetaken": f"{post.created_at:%Y-%m-%d %H:%M:%S}",
            "tags": " ".join(_tags(post)),
            "media": "photo",
            "license": "0",
            "views": str(post.likes * 3),
            "pathalias": self.city.people[post.author].handle,
            "url_o": url,
            "url_m": url.replace("_o.", "_m."),
        }
        named = {"date_upload": "dateupload", "last_update": "lastupdate", "date_taken": "datetaken"}
        wanted = {named.get(one, one) for one in extras} | {"pathalias"}
        shown = {
            "id": str(post.id),
            "owner": nsid(post.author),
            "secret": "a",
            "server": "1",
            "farm": 1,
            "title": title,
        }
        return shown | self._flags(post) | {name: value for name, value in more.items() if name in wanted}

    def _changed(self, post: Post) -> datetime:
        """Moves when something of it is edited, or somebody comments."""
        said = [one.created_at for one in self._said_under(post)]
        return max([post.created_at, post.edited_at or post.created_at, *said])

    def _info(self, request: Request) -> Body:
        post = self._photo(request)
        title, description = _parts(post)
        person = self.city.people[post.author]
        tags = [{"id": f"{post.id}-{one}", "author": nsid(person.id), "raw": one.title(), "_content": one}
                for one in _tags(post)]  # fmt: skip
        return {"photo": {
            "id": str(post.id), "secret": "a", "server": "1", "farm": 1, "dateuploaded": _time(post.created_at),
            "owner": {"nsid": nsid(person.id), "username": person.profile.name, "realname": person.profile.name},
            "title": {"_content": title}, "description": {"_content": description}, "tags": {"tag": tags},
            "visibility": self._flags(post), "views": str(post.likes * 3),
            "dates": {"posted": _time(post.created_at), "lastupdate": _time(self._changed(post))}, "media": "photo",
            "publiceditability": {"cancomment": 0 if post.id in self.quiet else 1, "canaddmeta": 0},
            "comments": {"_content": str(len(self._said_under(post)))},
        } | self._permissions(post)}  # fmt: skip

    def _permissions(self, post: Post) -> Body:
        """Told to the owner alone."""
        if self._viewer != post.author:
            return {}
        return {"permissions": {"permcomment": 1 if post.id in self.quiet else 3, "permaddmeta": 2}}

    def _photo(self, request: Request) -> Post:
        number = request.parameter("photo_id") or ""
        post = self.city.posts.get(int(number)) if number.isdigit() else None
        if post is None or not self._stands(post) or self.city.people[post.author].home != HOME:
            raise Failure(1, f'Photo "{number}" not found (invalid ID)')
        return post

    def _album(self, number: int) -> Body:
        title, description = self.albums[number]
        named = {"id": str(number), "title": {"_content": title}, "description": {"_content": description}}
        comments = str(len(self.remarks.get(number, ())))
        return named | {"photos": 2, "videos": 0, "count_comments": comments, "date_create": "1772000000",
                        "date_update": "1772000000"}  # fmt: skip

    def _album_info(self, request: Request) -> Body:
        if request.parameter("user_id") is None:
            raise Failure(2, "User not found")
        self._asked(request)
        return {"photoset": self._album(self._album_asked(request))}

    def _album_asked(self, request: Request) -> int:
        number = request.parameter("photoset_id") or ""
        if not number.isdigit() or int(number) not in self.albums:
            raise Failure(1, "Photoset not found")
        return int(number)

    # Comments

    def _comments(self, request: Request) -> Body:
        post = self._photo(request)
        found = [self._comment(one, post) for one in self._said_under(post)]
        return {"comments": {"photo_id": str(post.id)} | ({"comment": found} if found else {})}

    def _remarks(self, request: Request) -> Body:
        """Comments on an album: their time has another name than that of those on photos."""
        album = self._album_asked(request)
        found = [
            {"id": f"6065-{album}-{number}", "author": nsid(person), "authorname": self.city.people[person].handle,
             "date_create": _time(at), "permalink": f"{self.base}/flickr/photos/x/{album}/#comment{number}",
             "_content": html.escape(words, quote=False)}
            for number, person, words, at in self.remarks.get(album, ())
        ]  # fmt: skip
        return {"comments": {"photoset_id": str(album)} | ({"comment": found} if found else {})}

    def _said_under(self, post: Post) -> list[Post]:
        return [one for one in self.city.posts.values() if one.is_reply and one.root == post.id and not one.hidden]

    def _comment(self, one: Post, photo: Post) -> Body:
        author = self.city.people[one.author]
        return {
            "id": f"{photo.id}-{photo.id}-{one.id}"[-64:], "author": nsid(author.id), "author_is_deleted": 0,
            "authorname": author.handle, "realname": author.profile.name, "path_alias": author.handle,
            "iconserver": "1", "iconfarm": 1, "datecreate": _time(one.created_at),
            "_content": html.escape(one.wording.text, quote=False),
            "permalink": f"{self.base}/flickr/photos/{author.handle}/{photo.id}/#comment{one.id}",
        }  # fmt: skip


def nsid(person: int) -> str:
    """An account's id."""
    return f"{person}@N08"


def _parts(post: Post) -> tuple[str, str]:
    """Title and description."""
    title, _, rest = post.wording.text.partition("\n\n")
    return title, html.escape(rest, quote=False)


def _tags(post: Post) -> list[str]:
    return sorted({one.lower() for one in _WORD.findall(post.wording.text)})


def _time(at: datetime) -> str:
    return str(int(at.timestamp()))


_METHODS: dict[str, Callable[[FlickrApi, Request], Body]] = {
    "test.echo": FlickrApi._echo,
    "auth.oauth.checkToken": FlickrApi._check_token,
    "people.getPhotos": FlickrApi._hidden,
    "urls.lookupUser": FlickrApi._lookup,
    "people.getInfo": FlickrApi._person,
    "people.getPublicPhotos": FlickrApi._photos,
    "photosets.getList": FlickrApi._albums,
    "photosets.getInfo": FlickrApi._album_info,
    "photos.getInfo": FlickrApi._info,
    "photos.comments.getList": FlickrApi._comments,
    "photosets.comments.getList": FlickrApi._remarks,
}
