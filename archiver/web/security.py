"""What protects every page: the Host allow-list, methods, response headers, errors that tell nothing. What changes
something is taken from our own pages only, or with a token, which no browser sends by itself.

Written as plain ASGI, outermost, so that no route and no error escapes it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archiver import logs
from archiver.settings import is_loopback

_log = logs.get(__name__)
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
#: Of a page that runs a script: one of our own files, and none that a page names or writes by itself.
WITH_SCRIPT = f"{_POLICY}; script-src 'self'; require-trusted-types-for 'script'"
#: The same, and the script asks these pages for something, and writes nothing into them but plain words.
WITH_QUESTIONS = f"{WITH_SCRIPT}; trusted-types 'none'; connect-src 'self'"
#: Of a stranger's file that is handed out to be shown: opened by itself it is a page that may do nothing at all.
OF_A_FILE = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "interest-cohort=()",
}
LARGEST_POST = 16 * 1024
"""Bytes of a form, where a route does not say otherwise."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_BEARER = re.compile(r"(?i)bearer ([\x21-\x7e]{1,200})")
_FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")


@dataclass(frozen=True, slots=True)
class Takes:
    """A route that takes a POST."""

    path: re.Pattern[str]
    foreign: bool
    """Others may send to it: it knows them by itself."""
    largest: int = LARGEST_POST
    """Bytes."""
    program: bool = False
    """It takes a token, and nothing that a browser sends by itself."""


#: Renders an error: status, what to say, id, what was asked → content type and body.
ErrorPage = Callable[[int, str, str, Scope], tuple[str, bytes]]


class Guard:
    """Wraps the whole application: who may be asked for, what may be asked, and the headers of every answer."""

    def __init__(self, app: ASGIApp, names: Sequence[str], error_page: ErrorPage, takes: Sequence[Takes] = ()) -> None:
        self._app = app
        self._takes = tuple(takes)
        self._names = frozenset(name.lower() for name in (*LOOPBACK, *names))
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _WithHeaders(send)
        if host_of(scope) not in self._names:
            await refuse(self._error_page, scope, guarded, 400, "This service does not answer to that name.")
        elif scope["method"] == "POST" and (taker := self._taker(scope["path"])) is not None:
            if taker.program and bearer_of(scope) is None:
                await refuse(self._error_page, scope, guarded, 401, "Send a token: Authorization: Bearer …")
            elif not (taker.foreign or bearer_of(scope) is not None or comes_from_here(scope)):
                await refuse(self._error_page, scope, guarded, 403, "Go on from the page itself.")
            elif not taker.foreign and not _is_small(scope, taker.largest):
                await refuse(self._error_page, scope, guarded, 413, "That is more than this page takes.")
            else:
                await self._app(scope, receive, guarded)
        elif scope["method"] not in ("GET", "HEAD"):
            await refuse(self._error_page, scope, guarded, 405, "These pages can only be read.")
        else:
            await self._app(scope, receive, guarded)

    def _taker(self, path: str) -> Takes | None:
        return next((one for one in self._takes if one.path.fullmatch(path)), None)


class LastResort:
    """Inside one site: an error that nobody expected is told to the log with an id, never to the reader."""

    def __init__(self, app: ASGIApp, error_page: ErrorPage) -> None:
        self._app = app
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        noticed = _WithHeaders(send)
        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            if scope["type"] != "http" or noticed.started:
                raise
            number = secrets.token_hex(6)
            _log.error("page.failed", id=number, route=_route(scope), exc_info=error)
            message = "Something went wrong. Nothing archived is affected."
            await refuse(self._error_page, scope, noticed, 500, message, number)


async def refuse(page: ErrorPage, scope: Scope, send: Send, status: int, message: str, number: str = "") -> None:
    """Answer with an error page."""
    kind, body = page(status, message, number, scope)
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


class _WithHeaders:
    """A ``send`` that puts our headers on every response."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            said = headers.get("content-security-policy")
            for name, value in HEADERS.items():
                headers[name] = value
            if said in (WITH_SCRIPT, WITH_QUESTIONS, OF_A_FILE):
                headers["content-security-policy"] = said
            if "server" in headers:
                del headers["server"]
        await self._send(message)


def host_of(scope: Scope) -> str:
    """The one Host header without its port, lower case; empty where it is missing, doubled or unreadable."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return ""
    host: str = hosts[0].decode("latin-1").lower()
    if host.startswith("["):
        end = host.find("]")
        return host[: end + 1] if _is_port(host[end + 1 :]) else ""
    name, colon, port = host.partition(":")
    return name if not colon or _is_port(colon + port) else ""


def comes_from_here(scope: Scope) -> bool:
    """Whether a browser says that one of our own pages sent this (Fetch Metadata; Origin, RFC 6454 §7). ``null`` is
    what it says of whoever hides where they are, a sandboxed frame of anybody's too: our pages have no need to. Over
    TLS a page of the same name that came without it is somebody else's."""
    said: dict[bytes, str] = {name: value.decode("latin-1").lower() for name, value in scope["headers"]}
    site, origin = said.get(b"sec-fetch-site"), said.get(b"origin")
    if site is not None:
        return bool(site == "same-origin")
    scheme, _, host = (origin or "").partition("://")
    schemes = ("http", "https") if host_of(scope) in LOOPBACK else ("https",)
    return scheme in schemes and host == said.get(b"host")


def bearer_of(scope: Scope) -> str | None:
    """The token that a program sent; None: it sent none. With one, nothing else says who it is."""
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    if not sent:
        return None
    found = _BEARER.fullmatch(sent[0]) if len(sent) == 1 else None
    return "" if found is None else found[1]


def is_own_machine(scope: Scope) -> bool:
    """Whether a request comes from this machine, not by way of a proxy, and to a name that only this machine has. A
    proxy may say nothing of itself, and put another name in place of the one that was asked for: it mostly speaks an
    older HTTP then, and what a browser says of the page before tells the name."""
    client = scope.get("client")
    passed_on = any(name in _FORWARDED or name.startswith(b"x-forwarded-") for name, _ in scope["headers"])
    passed_on = passed_on or scope.get("http_version") == "1.0" or not _is_loopback_page(scope)
    return bool(client and is_loopback(client[0])) and host_of(scope) in LOOPBACK and not passed_on


def _is_loopback_page(scope: Scope) -> bool:
    """Whether the pages that a browser says it comes from, if it says so, are of this machine."""
    said = [value.decode("latin-1") for name, value in scope["headers"] if name in (b"origin", b"referer")]
    hosts = [one.partition("://")[2].partition("/")[0].lower() for one in said]
    return all(one.startswith("[::1]") or one.partition(":")[0] in LOOPBACK for one in hosts)


def _is_small(scope: Scope, largest: int) -> bool:
    lengths: list[bytes] = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        return False
    return not lengths or (lengths[0].isdigit() and int(lengths[0]) <= largest)


def _is_port(text: str) -> bool:
    return text == "" or (text[0] == ":" and text[1:].isdigit() and text.isascii())


def wants_json(scope: Scope) -> bool:
    """Whether the reader is a program: by where the address begins, below what the application stands under. An id or
    an archived address further on may hold anything."""
    path, under = str(scope["path"]), str(scope.get("root_path", ""))
    path = path.removeprefix(under) if path.startswith(f"{under}/") else path
    return path.startswith("/api/") or path == "/healthz"


def _route(scope: Scope) -> str:
    """The route's pattern, which holds no query and no id."""
    return str(getattr(scope.get("route"), "path", "unknown"))
