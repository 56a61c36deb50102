"""What a Mastodon server shows outside its API: picture files, profile pages, pages of single posts."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit

from archiver.practice.city import City
from archiver.practice.mastodon_json import Bodies
from archiver.practice.messages import Request, Response
from archiver.practice.pictures import png

_FILE = re.compile(
    r"/system/(?P<among>accounts/avatars|media_attachments/files)/(?P<id>[0-9/]{1,40})/(?P<size>original|small)/"
)
_PAGE = re.compile(r"/@(?P<handle>\w+)(/(?P<id>[0-9]{1,20}))?/?")
_AVATAR = 120
_CACHED_FOR_EVER = ("Cache-Control", "public, max-age=315360000, immutable")


class Pages:
    """Picture files stay until the post they belong to is deleted; an avatar until it is replaced."""

    def __init__(self, city: City, base: str, bodies: Bodies) -> None:
        self._city = city
        self._base = base
        self._bodies = bodies

    def answer(self, request: Request) -> Response | None:
        """None for addresses of other sites."""
        if request.path.startswith("/system/"):
            return self._file(request)
        if request.path == "/headers/original/missing.png":
            return Response(200, (("Content-Type", "image/png"), _CACHED_FOR_EVER), png(0, 150, 50))
        found = _PAGE.fullmatch(request.path)
        return None if found is None else self._page(found["handle"], found["id"])

    def _file(self, request: Request) -> Response:
        found = _FILE.match(request.path)
        content = None if found is None else self._content(found, request.path)
        if content is None:
            return Response(404, (("Content-Type", "text/html; charset=utf-8"),), b"<h1>404 Not Found</h1>")
        return Response(200, (("Content-Type", "image/png"), _CACHED_FOR_EVER), content)

    def _content(self, found: re.Match[str], path: str) -> bytes | None:
        number = int("0" + found["id"].replace("/", ""))
        person, medium = self._city.people.get(number), self._city.media.get(number)
        if found["among"] == "accounts/avatars" and person is not None:
            known = urlsplit(self._bodies.account_json(person)["avatar"]).path
            return png(person.profile.avatar, _AVATAR, _AVATAR) if known == path else None
        if medium is None:
            return None
        shown = self._bodies.medium(medium)
        small = found["size"] == "small"
        if urlsplit(shown["preview_url" if small else "url"]).path != path:
            return None
        part = 2 if small else 1
        return png(medium.number, medium.width // part, medium.height // part)

    def _page(self, handle: str, number: str | None) -> Response:
        person = self._city.person_named(handle)
        post = None if number is None else self._city.posts.get(int(number))
        gone = number is not None and (post is None or not self._city.stands(post) or not self._city.sees(None, post))
        if person is None or gone:
            return _html(404, "The page you are looking for isn't here.")
        words = self._bodies.html(person.profile.note) if post is None else self._bodies.content(post.wording)
        return _html(200, person.profile.name, words)


def _html(status: int, title: str, body: str = "") -> Response:
    text = f"<!DOCTYPE html><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}\n"
    return Response(status, (("Content-Type", "text/html; charset=utf-8"),), text.encode("utf-8", "replace"))
