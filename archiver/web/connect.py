"""What the owner of an account sees who was sent a link: what will be read and why, the way to the platform, and what
came of it. The only pages that people without any login here may reach, and the only ones that take a POST."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.accounts import connecting, links
from archiver.accounts.identify import asking
from archiver.accounts.links import LinkView
from archiver.errors import NotFound, Refused, Unreachable
from archiver.web.door import Here, open_door
from archiver.web.site import Site

router = APIRouter()
Token = Annotated[str, Path(max_length=100)]
_MINUTES = 30
_WHY = "owners of accounts have a link and no login here"


@router.get("/connect/return")
@open_door(_WHY)
def come_back(
    site: Here,
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str | None, Query(max_length=5000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    oauth_verifier: Annotated[str | None, Query(max_length=5000)] = None,
    oauth_token: Annotated[str | None, Query(max_length=5000)] = None,
) -> Response:
    """Where platforms send owners back to; those of OAuth 1.0a (RFC 5849 §2.2) with a verifier in place of a code. That
    it writes is the nature of it (RFC 6749 §4.1.2): what it may write was settled when the owner pressed the button,
    and it does so once."""
    cookie = connecting.cookie_of(state)
    browser = request.cookies.get(cookie, "")
    try:
        with asking(site.archive) as fetcher:
            given = {"code": code or oauth_verifier, "error": error, "named": oauth_token}
            link = connecting.finish(site.archive, state, browser, fetcher=fetcher, **given)
    except NotFound as failure:
        return _none(site, failure)
    response = RedirectResponse(f"{site.base}/connect/ended/{link}", status_code=303)
    response.delete_cookie(cookie, path=f"{site.base}/connect")
    return response


@router.get("/connect/ended/{link}", response_class=HTMLResponse)
@open_door(_WHY)
def show_end(site: Here, link: Annotated[str, Path(max_length=100)]) -> HTMLResponse:
    """What came of a link."""
    try:
        return site.page("connect_ended.html", link=connecting.ended(site.archive, link))
    except NotFound as failure:
        return _none(site, failure)


@router.get("/connect/{token}", response_class=HTMLResponse)
@open_door(_WHY)
def show_link(site: Here, token: Token) -> HTMLResponse:
    """What a link is for. Opening it changes nothing: mail programs do that by themselves."""
    try:
        return _asking(site, links.look(site.archive, token))
    except NotFound as failure:
        return _none(site, failure)


@router.post("/connect/{token}", response_class=HTMLResponse)
@open_door(_WHY)
def go(site: Here, token: Token) -> HTMLResponse:
    """To the platform. By a page that leads there, since a form may only be answered by us."""
    try:
        link = links.look(site.archive, token)
    except NotFound as failure:
        return _none(site, failure)
    try:
        with asking(site.archive) as fetcher:
            begun = connecting.begin(site.archive, token, fetcher)
    except (Unreachable, Refused, NotFound) as failure:
        return _asking(site, links.look(site.archive, token), str(failure))
    page = site.page("connect_leaving.html", link=link, address=begun.address)
    page.set_cookie(
        begun.cookie,
        begun.browser,
        max_age=_MINUTES * 60,
        path=f"{site.base}/connect",
        secure=links.base_url(site.archive).startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    return page


def _none(site: Site, failure: NotFound) -> HTMLResponse:
    return site.page("connect_none.html", status=404, message=str(failure))


def _asking(site: Site, link: LinkView, failure: str | None = None) -> HTMLResponse:
    status = 410 if link.closed else 503 if failure else 200
    return site.page("connect.html", status=status, link=link, failure=failure)
