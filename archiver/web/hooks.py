"""Where platforms send deliveries to, without any login: the only address that takes a body from anybody.

A body is taken only as far as the limit goes, only for so long, and only so many at a time; whoever is slow makes room
for who is not. All that takes time happens in another thread, and nothing but keeping the bytes happens before the
answer."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.exc import DatabaseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from archiver import logs
from archiver.capture.receiving import LARGEST, Reply
from archiver.errors import ArchiverError
from archiver.web.door import Here, open_door
from archiver.web.site import Site

_log = logs.get(__name__)
router = APIRouter()
SECONDS: float = 10.0
"""For the whole body."""
MOST: int = 32
"""Bodies that are being taken at a time."""
_BUSY: Final = Reply(503)
_NONE: Final = Reply(404)
_open: int = 0
_WHY: Final = "platforms have no sign-in: what they send is known by the address and by its signature"


@router.get("/hooks/{platform}/{path}")
@open_door(_WHY, foreign=True)
async def ask(site: Here, request: Request, platform: str, path: str) -> Response:
    """The platform asks whether the address is ours."""
    query = request.query_params.multi_items()
    try:
        return _said(await run_in_threadpool(site.receiver.challenge, platform, path, query))
    except (ArchiverError, DatabaseError, OSError) as error:
        return _later(error)


@router.post("/hooks/{platform}/{path}")
@open_door(_WHY, foreign=True)
async def take(site: Here, request: Request, platform: str, path: str) -> Response:
    """A delivery. Of whoever does not know the address nothing is read: he takes no room from a platform."""
    try:
        if not await run_in_threadpool(site.receiver.knows, platform, path):
            return _said(_NONE)
        return await _take(site, request, platform, path)
    except (ArchiverError, DatabaseError, OSError) as error:
        return _later(error)


async def _take(site: Site, request: Request, platform: str, path: str) -> Response:
    global _open
    if _open >= MOST:
        return _said(_BUSY)
    _open += 1
    try:
        async with asyncio.timeout(SECONDS):
            body = await _body(request)
        if body is None:
            return _said(Reply(413))
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        return _said(await run_in_threadpool(site.receiver.take, platform, path, headers, body))
    except (TimeoutError, ClientDisconnect):
        return _said(Reply(408))
    finally:
        _open -= 1


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too large: then no more of it is read."""
    said = request.headers.get("content-length")
    if said is not None and (not said.isdigit() or int(said) > LARGEST):
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _later(error: Exception) -> Response:
    """Nothing was taken: the platform sends it again."""
    _log.error("delivery.not_taken", exc_info=error)
    return _said(_BUSY)


def _said(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, media_type=reply.media_type)
    if reply.status != 200:
        response.headers["connection"] = "close"  # what is left of a body is not waited for
    return response
