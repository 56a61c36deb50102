"""Cookies of sign-in. Where people come over TLS their names begin with ``__Host-``, so that no other host and no plain
connection can set them; on the machine itself, over plain HTTP, they are plain. From anywhere else over plain HTTP no
browser keeps them, so nobody signs in there."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import Request
from starlette.responses import Response

from archiver.web.security import LOOPBACK, host_of
from archiver.web.site import Site

Name = Literal["session", "browser", "trip"]
_DAYS: Final = {"session": None, "browser": 180 * 86400, "trip": 600}


def read(request: Request, site: Site, name: Name) -> str:
    """What the browser holds; empty where it holds nothing."""
    return request.cookies.get(_named(request, site, name), "")


def put(response: Response, request: Request, site: Site, name: Name, value: str) -> None:
    """Let the browser hold something. A session's cookie ends with the browser; here it ends sooner."""
    response.set_cookie(
        _named(request, site, name),
        value,
        max_age=_DAYS[name],
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop(response: Response, request: Request, site: Site, name: Name) -> None:
    """Let the browser hold it no longer."""
    response.delete_cookie(
        _named(request, site, name), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def is_secure(request: Request) -> bool:
    """Whether people come over TLS: always, but on the machine itself."""
    return host_of(request.scope) not in LOOPBACK


def _named(request: Request, site: Site, name: Name) -> str:
    whose = "archiver-practice" if site.practice else "archiver"
    return f"{'__Host-' if is_secure(request) else ''}{whose}-{name}"
