"""Links for one use with which somebody sets how they sign in: the first administrator's, and those made on the
machine. Opening one changes nothing."""

from __future__ import annotations

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from archiver.errors import NotFound, UsageError
from archiver.people import factors, links
from archiver.people.links import Answers, Welcome
from archiver.web import cookies
from archiver.web.door import Here, open_door
from archiver.web.forms import Typed
from archiver.web.site import Site

router = APIRouter()
Token = Annotated[str, Path(max_length=100)]
_WHY = "who has the link has nothing else yet"


@router.get("/welcome/{token}", response_class=HTMLResponse)
@open_door(_WHY)
def show(site: Here, token: Token) -> Response:
    """What to fill in."""
    try:
        return _page(site, links.look(site.archive, token))
    except NotFound as failure:
        return _none(site, failure)


@router.post("/welcome/{token}", response_class=HTMLResponse)
@open_door(_WHY)
def use(site: Here, request: Request, token: Token, form: Typed) -> Response:
    """Set a password and the code, and sign in."""
    answers = Answers(
        name=form["name"],
        password=form["password"],
        repeated=form["repeated"],
        code=form["code"],
        small_office=form["small_office"] == "yes",
    )
    try:
        welcome = links.look(site.archive, token)
        secret = links.use(site.archive, token, answers, request.headers.get("user-agent", ""))
    except NotFound as failure:
        return _none(site, failure)
    except UsageError as failure:
        return _page(site, welcome, failure, answers)
    answer = RedirectResponse(f"{site.base}/rules", status_code=303)
    cookies.put(answer, request, site, "session", secret)
    return answer


def _page(
    site: Site, welcome: Welcome, failure: UsageError | None = None, answers: Answers | None = None
) -> HTMLResponse:
    name = welcome.person.name if welcome.person else (answers.name if answers else "") or "administrator"
    address = factors.address(welcome.code_secret, name, site.title)
    spaced = " ".join(welcome.code_secret[start : start + 4] for start in range(0, len(welcome.code_secret), 4))
    return site.page(
        "welcome.html",
        status=200 if failure is None else 400,
        welcome=welcome,
        failure=failure,
        answers=answers,
        picture=_picture(address),
        secret=spaced,
        shortest=factors.SHORTEST,
    )


def _picture(address: str) -> Markup:
    """The address for an authenticator as a picture of squares, drawn here: it holds a secret."""
    drawn = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=False, scale=4, border=4, title="Code for the app", light="#fff")
    return Markup(drawn.getvalue().decode())  # noqa: S704 - made of squares; the address itself is not in it


def _none(site: Site, failure: NotFound) -> HTMLResponse:
    return site.page("welcome_none.html", status=404, message=str(failure))
