"""Noting who looked at what (law R42), once it has been answered: views and searches of whoever is signed in, and what
they were refused."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archiver.people.access_log import Looked
from archiver.web.site import Shown, Site, visiting

_SUBJECTS = (
    *("saved_id", "selection_id", "record_id", "account_id", "run_id", "exchange_id", "person_id", "listing_id"),
    *("authority_id", "handover_id", "candidacy_id", "document_id", "thing_id", "moderation_id"),
    "statement_id",
)


class Noting:
    """Around one site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, app = 0, scope["app"]

        async def noticing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = visiting.set(Shown())
        try:
            await self._app(scope, receive, noticing)
        finally:
            visiting.reset(token)
        if scope["app"] is not app:
            return  # a mounted site notes for itself
        looked = _looked(scope, app.state.site, status)
        if looked is not None:
            await run_in_threadpool(app.state.site.access_log.note, looked)


def _looked(scope: Scope, site: Site, status: int) -> Looked | None:
    """What is noted of a request; nothing of what is open to everybody, of sign-in, of people about themselves, and of
    what shows nothing that is kept (:func:`archiver.web.door.needs`)."""
    state = scope.get("state", {})
    visitor, said = state.get("visitor"), state.get("door")
    if visitor is None or said is None or said.action is None or not (said.noted or status >= 400):
        return None
    asked = scope.get("path_params", {})
    query = QueryParams(scope["query_string"])
    sought = query.get("q")
    return Looked(
        at=site.archive.clock.now(),
        person_id=visitor.person.id,
        through=visitor.through,
        action=said.action.value,
        route=str(getattr(scope.get("route"), "path", "unknown")),
        subject=next((str(asked[name])[:100] for name in _SUBJECTS if name in asked), query.get("account", "")[:100]),
        status=status,
        sought=sought[:2000] if sought else None,
    )
