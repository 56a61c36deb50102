"""What was sent by somebody who has to sign in first: nothing of it is done, and what they typed is not lost.

The form goes back to the browser, to be sent once more when they have signed in. Nothing of it is kept here.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from archiver.errors import UsageError
from archiver.web.door import SignInNeeded
from archiver.web.forms import is_form, read
from archiver.web.security import LARGEST_POST
from archiver.web.site import Site

#: What is typed there is secret, or counts once.
_NEVER: Final = ("/sign-in", "/sign-out", "/me/passkeys")


async def page(request: Request, site: Site, needed: SignInNeeded) -> HTMLResponse | None:
    """The page from which a form is sent once more; None: nothing was typed that could be lost."""
    path = str(request.scope["path"]).removeprefix(site.base)
    if request.method != "POST" or path.startswith(_NEVER):
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
    return await run_in_threadpool(site.page, "sent.html", status=401, **values)
