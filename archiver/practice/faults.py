"""Misbehaviour on demand: what real servers do on bad days, switched on per address and count."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from archiver.practice.messages import Request, Response

Alter = Callable[[Request, Response], Response]


@dataclass(slots=True)
class Fault:
    """One kind of misbehaviour.

    ``where`` is searched in the request target (path and query); the first ``after`` matching requests are answered
    well, the next ``times`` badly (None: until removed).
    """

    name: str
    alter: Alter
    where: re.Pattern[str]
    after: int = 0
    times: int | None = 1
    seen: int = 0
    hits: int = 0

    def strikes(self, request: Request) -> bool:
        """Count the request if it matches, and say whether its answer is spoiled."""
        if not self.where.search(request.target):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults now switched on. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, alter: Alter, where: str = "", *, after: int = 0, times: int | None = 1, name: str = "") -> Fault:
        """Switch one on; several that match apply in order. ``hits`` of what is returned tells how often it struck."""
        fault = Fault(name or getattr(alter, "__name__", "fault"), alter, re.compile(where), after, times)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch one off; nothing happens if it is off already."""
        with self._lock:
            self._faults = [other for other in self._faults if other is not fault]

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._faults.clear()

    def apply(self, request: Request, response: Response) -> Response:
        """The response as spoiled by every fault that strikes."""
        with self._lock:
            striking = [fault.alter for fault in self._faults if fault.strikes(request)]
        for alter in striking:
            response = alter(request, response)
        return response


# Another answer altogether.


def _json_error(response: Response, status: int, text: str) -> Response:
    body = json.dumps({"error": text}, separators=(",", ":")).encode()
    kept = response.with_header("ETag", None).with_header("Link", None)
    return replace(kept, status=status, body=body).with_header("Content-Type", "application/json; charset=utf-8")


def expired_token(request: Request, response: Response) -> Response:
    """Whoever is signed in no longer is; anybody else is served."""
    if request.token is None:
        return response
    text = "The access token expired"
    challenge = f'Bearer realm="Doorkeeper", error="invalid_token", error_description="{text}"'
    return _json_error(response, 401, text).with_header("WWW-Authenticate", challenge)


def too_many_requests(reset: str, *, retry_after: str | None = None) -> Alter:
    """429; ``reset`` goes into ``X-RateLimit-Reset`` as it is (ISO 8601 on Mastodon)."""

    def alter(request: Request, response: Response) -> Response:
        refused = _json_error(response, 429, "Too many requests").with_header("X-RateLimit-Remaining", "0")
        return refused.with_header("X-RateLimit-Reset", reset).with_header("Retry-After", retry_after)

    return alter


def server_error(status: int = 503) -> Alter:
    """The platform's own 5xx."""

    def alter(request: Request, response: Response) -> Response:
        text = "There was a temporary problem serving your request, please try again"
        return _json_error(response, status, text)

    return alter


def html_page(status: int = 502) -> Alter:
    """What a proxy in front says, in HTML; with status 200 a maintenance page in place of data."""

    def alter(request: Request, response: Response) -> Response:
        body = b"<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body><h1>Bad Gateway</h1></body>\r\n</html>\r\n"
        return Response(status, (("Server", "nginx"), ("Content-Type", "text/html")), body)

    return alter


def not_found(request: Request, response: Response) -> Response:
    """404 for what is there: the ambiguous not-found."""
    return _json_error(response, 404, "Record not found")


def dead_cursor(request: Request, response: Response) -> Response:
    """A page that was named as next is refused."""
    return _json_error(response, 422, "Mastodon::ValidationError") if request.parameter("max_id") else response


# Lists.


def empty_page(request: Request, response: Response) -> Response:
    """An empty page that is not the end: nothing on it, and a next page that has what this one should have had."""
    posts = _list(response)
    if not posts:
        return response
    base = response_base(request)
    kept = [(key, value) for key, value in request.parameters if key not in ("max_id", "since_id", "min_id")]
    query = "&".join(f"{quote(key)}={quote(value)}" for key, value in sorted([*kept, ("max_id", _above(posts[0]))]))
    return with_json(response, []).with_header("Link", f'<{base}{request.path}?{query}>; rel="next"')


def repeating_cursor(request: Request, response: Response) -> Response:
    """The next page is this page."""
    return response.with_header("Link", f'<{response_base(request)}{request.target}>; rel="next"')


def cut_list(keep: int = 0, *, keep_next: bool = False) -> Alter:
    """A list cut short to its first ``keep``, with or without a word of more. Nothing is wrong but what is missing."""

    def alter(request: Request, response: Response) -> Response:
        try:
            cut = with_json(response, _cut(json.loads(response.body), keep))
        except ValueError:
            return response
        return cut if keep_next else cut.with_header("Link", None)

    return alter


def duplicate_across_pages() -> Alter:
    """Each page begins with the last of the page before."""
    last: dict[str, Any] = {}
    lock = threading.Lock()

    def alter(request: Request, response: Response) -> Response:
        posts = _list(response)
        with lock:
            before = last.get(request.path) if request.parameter("max_id") else None
            if posts:
                last[request.path] = posts[-1]
        return response if before is None else with_json(response, [before, *posts])

    return alter


# Contents.


def unknown_field(name: str = "practice_field", value: Any = None) -> Alter:
    """Every status has one more field."""

    def alter(request: Request, response: Response) -> Response:
        extra = {"since": "4.9", "list": [1, 2]} if value is None else value
        return _changed(
            response, lambda found: found | {name: extra} if "content" in found and "uri" in found else found
        )

    return alter


def changed_avatars(mark: str = "moved") -> Alter:
    """Every account has another picture address, as after a change of picture or of the media host."""

    def change(found: dict[str, Any]) -> dict[str, Any]:
        if "avatar" not in found:
            return found
        return found | {key: f"{found[key]}?{mark}" for key in ("avatar", "avatar_static")}

    return lambda request, response: _changed(response, change)


def echoed_token(*forms: str) -> Alter:
    """The secret that was sent comes back. ``forms``: ``body`` (as it is), ``escaped`` (JSON ``\\u`` escapes),
    ``percent`` (URL-escaped), ``cookie``, ``header``, ``link``."""

    def alter(request: Request, response: Response) -> Response:
        return response if request.token is None else _leaked(response, request.token, forms)

    return alter


def issued_secret(secret: str, *forms: str) -> Alter:
    """A secret the client never had is given out, in the same forms."""
    return lambda request, response: _leaked(response, secret, forms)


def _leaked(response: Response, secret: str, forms: tuple[str, ...]) -> Response:
    shown = {
        "body": secret,
        "escaped": "".join(f"\\u{ord(letter):04x}" for letter in secret),
        "percent": "".join(f"%{byte:02X}" for byte in secret.encode()),
    }
    for form in forms:
        if form in shown:
            response = replace(response, body=_inserted(response.body, shown[form]))
    if "cookie" in forms:
        cookie = f"_mastodon_session={quote(secret, safe='')}; path=/; secure; HttpOnly; SameSite=Lax"
        response = replace(response, headers=(*response.headers, ("Set-Cookie", cookie)))
    if "header" in forms:
        response = response.with_header("X-Echo", f"Bearer {secret}")
    link = response.header("Link")
    if "link" in forms and link:
        response = response.with_header("Link", link.replace("?", f"?access_token={quote(secret, safe='')}&"))
    return response


def _inserted(body: bytes, shown: str) -> bytes:
    """A JSON body with one more member or element that holds the text, otherwise byte for byte the same."""
    text = body.rstrip()
    if text[-1:] not in (b"]", b"}"):
        return body + f"<!-- {shown} -->".encode()
    comma = "" if text[:-1].rstrip()[-1:] in (b"[", b"{") else ","
    closing = text[-1:]
    member = f'{comma}"echo":"{shown}"' if closing == b"}" else f'{comma}{{"echo":"{shown}"}}'
    return text[:-1] + member.encode() + closing


# The wire.


def cut_body(at: int) -> Alter:
    """The connection breaks after ``at`` bytes of the body; -1: before anything is answered."""
    return lambda request, response: replace(response, wire=replace(response.wire, cut_at=at, close=True))


def slow_body(piece: int, pause: float) -> Alter:
    """``piece`` bytes at a time, ``pause`` seconds before each."""
    return lambda request, response: replace(response, wire=replace(response.wire, piece=piece, pause=pause))


def wrong_length(difference: int) -> Alter:
    """Content-Length states so many bytes more (or fewer) than there are; the connection is closed after."""

    def alter(request: Request, response: Response) -> Response:
        stated = max(0, len(response.body) + difference)
        return replace(response, wire=replace(response.wire, stated_length=stated, close=True))

    return alter


def odd_chunks(
    sizes: tuple[int, ...] = (1, 7, 1000), extension: str = ';name="va;l\\"ue"', *, padded: bool = True
) -> Alter:  # fmt: skip
    """Chunked framing that is right but unusual: tiny chunks, extensions, leading zeros, trailers (RFC 9112 §7.1)."""

    def alter(request: Request, response: Response) -> Response:
        trailers = (("X-Checked", "yes"),)
        wire = replace(response.wire, chunks=sizes, extension=extension, padded=padded, trailers=trailers)
        return replace(response, wire=wire)

    return alter


# Parts.


def response_base(request: Request) -> str:
    """Origin the client used."""
    return f"http://{request.header('Host') or '127.0.0.1'}"


def with_json(response: Response, value: Any) -> Response:
    """The same response saying ``value``."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return replace(response, body=body).with_header("ETag", None)


def _list(response: Response) -> list[Any]:
    try:
        value = json.loads(response.body)
    except ValueError:
        return []
    posts = value if isinstance(value, list) else []
    return posts if all(isinstance(post, dict) and "id" in post for post in posts) else []


def _above(post: Any) -> str:
    return str(int(post["id"]) + 1)


def _cut(value: Any, keep: int) -> Any:
    """The lists in an answer cut: itself, or those of a thread."""
    if isinstance(value, list):
        return value[:keep]
    if not isinstance(value, dict):
        return value
    return {key: part[:keep] if isinstance(part, list) else part for key, part in value.items()}


def _changed(response: Response, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    try:
        value = json.loads(response.body)
    except ValueError:
        return response
    return with_json(response, _walked(value, change))


def _walked(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_walked(part, change) for part in value]
    if isinstance(value, dict):
        return change({key: _walked(part, change) for key, part in value.items()})
    return value
