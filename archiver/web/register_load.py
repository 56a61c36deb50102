"""Loading a city's list of accounts: what would come of it line by line, and then the same for good."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from archiver.accounts.register import sheets
from archiver.accounts.register.columns import COLUMNS, header_of, values_of
from archiver.accounts.register.loading import Loaded, Taken, load
from archiver.accounts.register.service import LONGEST_WHY
from archiver.errors import Refused, UsageError
from archiver.people import registering
from archiver.people.actions import Action
from archiver.people.registering import Reach
from archiver.web.door import Here, NotAllowed, Visitor, Who, needs
from archiver.web.site import Site
from archiver.web.uploads import Upload, Uploaded

router = APIRouter()
LARGEST: Final = 2**20
"""Bytes of a list. It is sent once more with the confirmation, as text: hence what the route takes."""
MOST_LINES: Final = 1000
"""A longer one takes longer than a page can wait: it is loaded by command."""
_TAKES: Final = 2 * LARGEST
_FIELDS: Final = {one.key: one.title for one in COLUMNS}


@dataclass(frozen=True, slots=True)
class Row:
    """One line that can be taken."""

    taken: Taken
    account: str
    """Its address, as the list has it."""
    changes: tuple[str, ...]
    """Titles of what it changes."""


@router.get("/register/load", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def choose(site: Here, who: Who) -> HTMLResponse:
    """The form."""
    _require(site, who)
    return _page(site)


@router.post("/register/load", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE, largest=_TAKES)
def take(site: Here, who: Who, form: Uploaded) -> Response:
    """Say what would come of a list; or load it, where it was shown before."""
    _require(site, who)
    try:
        name, content, why = form.name or form["name"], _content(form), form["why"].strip() or None
        rows = _addresses(content)
        if why is not None and len(why) > LONGEST_WHY:
            raise UsageError(f"a reason has at most {LONGEST_WHY:,} characters")
        told = _load(site, who, content, why, for_good=form["step"] == "load")
    except (UsageError, Refused) as failure:
        return _page(site, failure=str(failure), why=form["why"])
    return _page(site, told=told, rows=_rows(told, rows), name=name, why=why or "", kept=b64encode(content).decode())


def may_load(site: Site, who: Visitor) -> bool:
    """Whether a list may be loaded: it can be about any authority, so that it takes a role for everything."""
    with site.archive.database.read() as connection:
        return Reach.of(connection, who.person.id, site.archive.clock.now()).over(None).allowed


def _require(site: Site, who: Visitor) -> None:
    if not may_load(site, who):
        raise NotAllowed("a list can be about any authority: loading one takes a role for everything")


def _load(site: Site, who: Visitor, content: bytes, why: str | None, *, for_good: bool) -> Loaded:
    actor = registering.actor_of(site.archive.clock, who.person)
    return load(site.archive, content, actor, try_only=not for_good, why=why)


def _content(form: Upload) -> bytes:
    """The file that was chosen, or that was shown before."""
    if form.content is not None:
        content = form.content
    elif form["kept"]:
        try:
            content = b64decode(form["kept"], validate=True)
        except Error:
            raise UsageError("that form cannot be read") from None
    else:
        raise UsageError("choose the file with the list first")
    if len(content) > LARGEST:
        raise UsageError(f"the file is larger than {LARGEST // 2**20} MiB: load it with the command")
    return content


def _addresses(content: bytes) -> dict[int, str]:
    """What each line is about, by its number."""
    try:
        sheet = sheets.read(content)
    except sheets.Unreadable as error:
        raise UsageError(str(error)) from None
    if len(sheet.lines) > MOST_LINES:
        raise UsageError(f"the list has more than {MOST_LINES:,} lines: load it with the command, or in parts")
    header, found = header_of(sheet.header), {}
    for line in sheet.lines:
        said = values_of(line, header)[0]
        found[line.number] = next((str(said[key]) for key in ("name", "url", "handle", "id") if said.get(key)), "")
    return found


def _rows(told: Loaded, addresses: dict[int, str]) -> list[Row]:
    """Lines that change something, those that end a capture first."""
    rows = [
        Row(one, addresses.get(one.line, ""), tuple(_FIELDS.get(name, name.replace("_", " ")) for name in one.fields))
        for one in told.taken
        if one.change != "same"
    ]
    return sorted(rows, key=lambda row: (row.taken.stopped is None, row.taken.line))


def _page(site: Site, failure: str | None = None, **values: Any) -> HTMLResponse:
    given: dict[str, Any] = {"told": None, "rows": [], "name": "", "why": "", "kept": "", **values}
    given |= {"columns": COLUMNS, "lines": MOST_LINES, "failure": failure}
    return site.page("register_load.html", here="register", status=200 if failure is None else 400, **given)
