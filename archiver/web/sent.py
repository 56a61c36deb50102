"""What was sent by somebody who has to sign in first: nothing of it is done, and what they typed is not lost.

The form goes back to the browser, to be sent once more when they have signed in. Nothing of it is kept here.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from archiver.errors import UsageError
from archiver.people import sessions
from archiver.web import cookies
from archiver.web.door import TYPED_BY, SignInNeeded
from archiver.web.forms import is_form, read
from archiver.web.security import LARGEST_POST
from archiver.web.site import Site

#: What is typed there is secret, or counts once.
_NEVER: Final = ("/sign-in", "/sign-out", "/me/passkeys")
_NEVER_THERE: Final = "/application"
"""An application's secret is sent to no page again."""


async def page(request: Request, site: Site, needed: SignInNeeded) -> HTMLResponse | None:
    """The page from which a form is sent once more; None: nothing was typed that could be lost."""
    path = str(request.scope["path"]).removeprefix(site.base)
    if request.method != "POST" or path.startswith(_NEVER) or path.endswith(_NEVER_THERE):
        return None
    length = request.headers.get("content-length", "")
    fields: list[tuple[str, str]] = []
    if is_form(request) and length.isdigit() and int(length) <= LARGEST_POST:
        try:
            fields = read(await request.body())
        except UsageError:
            return None
        if not any(value.strip() for _, value in fields):
            return None
    elif length in ("", "0"):
        return None
    values: dict[str, Any] = {"path": path, "fields": fields, "again": needed.again, "back": needed.address}
    return await run_in_threadpool(_page, request, site, values)


def _page(request: Request, site: Site, values: dict[str, Any]) -> HTMLResponse:
    """With whoever typed it, where the browser still holds their session: nobody else sends it in their own name."""
    secret = cookies.read(request, site, "session")
    typed_by = request.query_params.get(TYPED_BY) or (sessions.whose(site.archive, secret) if secret else None)
    query = "" if typed_by is None else f"?{urlencode({TYPED_BY: typed_by})}"
    return site.page("sent.html", status=401, query=query, **values)
