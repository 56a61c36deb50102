"""Who has which role on the City's accounts at their platforms, what does not fit the register, and the reviews of it
(law R71)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.clock import to_text
from archiver.errors import NotFound, Refused, UsageError
from archiver.operations import connections, page_roles
from archiver.operations.connections import ConnectionView
from archiver.operations.master_list import Entry, master_list
from archiver.operations.page_roles import AccountRoles
from archiver.page_roles import rules, service
from archiver.page_roles.rules import Holding, Misfit
from archiver.people import permission, role_lists
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.forms import Typed
from archiver.web.site import Site
from archiver.web.spreadsheet import Cell, as_csv

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
_ON_A_PAGE: Final = 40
_EMPTY: Final = dict.fromkeys(("on", "reviewer", "findings", "why"), "")
_TAKES: Final = 256 * 1024
"""Bytes of the form. The longest text that may be entered takes up to 12 for each of its characters."""
_LONGEST: Final = 20_000
_HEAD: Final = (
    *("authority", "account", "platform", "address", "told by", "who has a role", "id there", "roles", "administrator"),
    *("since, as the platform says", "seen since", "last seen", "owner", "owner until", "connected", "second owner"),
    *("what does not fit", "last review", "reviewed by", "findings", "next review due"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the report."""

    entry: Entry
    open: bool
    """Whoever asks is told who has a role there; else only that the account is."""
    roles: AccountRoles
    holdings: tuple[Holding, ...]
    joined: ConnectionView | None
    overdue: bool
    exists: bool
    """Somebody can have a role there at all."""

    @property
    def id(self) -> str:
        assert self.entry.account is not None
        return self.entry.account.id

    @property
    def source(self) -> str:
        """By whom it is known who has a role."""
        if not self.exists:
            return "nobody has a role there"
        if self.roles.lists:
            return "the platform"
        return "nobody can tell" if self.roles.deposit is None else "a deposit by hand"

    @property
    def seconds(self) -> tuple[str, str]:
        """How its owner is connected, and how a second one is."""
        tokens = () if self.joined is None else self.joined.tokens
        said = {one.second: one.standing.said for one in tokens}
        return said.get(False, ""), said.get(True, "")


@router.get("/register/page-roles", response_class=HTMLResponse)
@needs(Action.PAGE_ROLES_VIEW)
def report(
    site: Here,
    viewer: Seen,
    who: Who,
    only: Literal["all", "misfits", "overdue"] = "all",
    start: Annotated[int, Query(ge=0, le=1_000_000, description="How many accounts to pass over.")] = 0,
) -> HTMLResponse:
    """Every account that is seen: who has a role, what does not fit, when it was reviewed."""
    with site.archive.database.read() as connection:
        rows = _rows(site, connection, viewer, who)
    misfits = [one for one in rows if one.open and one.roles.findings]
    overdue = [one for one in rows if one.open and one.overdue]
    shown = {"all": rows, "misfits": misfits, "overdue": overdue}
    return site.page(
        "page_roles.html",
        here="register",
        rows=shown[only][start : start + _ON_A_PAGE],
        total=len(shown[only]),
        counts=[(name, len(some)) for name, some in shown.items()],
        closed=sum(not one.open for one in rows),
        only=only,
        start=start,
        each=_ON_A_PAGE,
        days=site.archive.settings.role_review_days,
    )


@router.get("/register/page-roles.csv")
@needs(Action.PAGE_ROLES_VIEW)
def download(site: Here, viewer: Seen, who: Who) -> Response:
    """All of it, for a spreadsheet: a line for everybody who has a role, and one for an account of which nobody is
    known."""
    with site.archive.database.read() as connection:
        rows = _rows(site, connection, viewer, who)
    return as_csv("page-roles", _HEAD, (line for one in rows for line in _lines(one)))


@router.get("/register/page-roles/{account_id}", response_class=HTMLResponse)
@needs(Action.PAGE_ROLES_VIEW)
def show(site: Here, viewer: Seen, who: Who, account_id: Id) -> HTMLResponse:
    """One account, its reviews, and the form for another one."""
    return _page(site, viewer, who, account_id)


@router.post("/register/page-roles/{account_id}", response_class=HTMLResponse)
@needs(Action.PAGE_ROLES_REVIEW, largest=_TAKES)
def review(site: Here, viewer: Seen, who: Who, account_id: Id, form: Typed) -> Response:
    """Say that it was reviewed, or that a review was entered by mistake."""
    with site.archive.database.read() as connection:
        _one(site, connection, viewer, who, account_id)
    actor, typed = of_person(who.person.id), {name: form[name] for name in _EMPTY}
    try:
        if form["step"] == "void":
            service.take_back(site.archive, actor, account_id, form["review"], form["why"])
        else:
            said = {name: typed[name] for name in ("on", "reviewer", "findings")}
            service.enter(site.archive, actor, account_id, **said, seen=form.all("seen"))
    except (UsageError, Refused) as failure:
        return _page(site, viewer, who, account_id, str(failure), typed)
    return RedirectResponse(f"{site.base}/register/page-roles/{account_id}#reviews", status_code=303)


def _page(
    site: Site, viewer: Seen, who: Visitor, account_id: str, failure: str | None = None, typed: Any = None
) -> HTMLResponse:
    today = site.archive.clock.now().astimezone(site.zone).date().isoformat()
    with site.archive.database.read() as connection:
        row = _one(site, connection, viewer, who, account_id)
        asked = (connection, who.person.id, Action.PAGE_ROLES_REVIEW)
        may = permission.may(*asked, Resource(account_id), site.archive.clock.now()).allowed
    lost = [each for one in row.roles.lists for each in rules.lost(one)]
    return site.page(
        "page_roles_of.html",
        here="register",
        status=200 if failure is None else 400,
        row=row,
        lost=sorted(lost, key=lambda one: one.gone_at, reverse=True),
        may=may and row.open and row.exists,
        typed=typed or _EMPTY | {"on": today, "reviewer": who.person.name},
        today=today,
        failure=failure,
        longest=_LONGEST,
    )


def _one(site: Site, connection: Connection, viewer: Seen, who: Visitor, account_id: str) -> Row:
    found = [one for one in _rows(site, connection, viewer, who) if one.id == account_id]
    if not found:
        raise NotFound(service.NO_SUCH)
    return found[0]


def _rows(site: Site, connection: Connection, viewer: Seen, who: Visitor) -> list[Row]:
    """What whoever was let in sees: those first of which something does not fit, in the order of the master list."""
    archive, now = site.archive, site.archive.clock.now()
    made = master_list(archive, connection)
    entries = {one.account.id: one for one in made.entries if one.account is not None and viewer.sees(one.account.id)}
    known = [one.account for one in entries.values() if one.account is not None]
    found = page_roles.of_accounts(connection, archive, known, made.register)
    told = role_lists.told(connection, who.person.id, Action.PAGE_ROLES_VIEW, now)
    joined = connections.connections(connection, archive)
    rows = [
        Row(
            entry=entries[one.id],
            open=one.id in told,
            roles=found[one.id],
            holdings=tuple(each for listed in found[one.id].lists for each in rules.holdings(listed)),
            joined=joined.get(one.id),
            overdue=any(each.misfit is Misfit.OVERDUE for each in found[one.id].findings),
            exists=page_roles.has_roles(one),
        )
        for one in known
    ]
    return sorted(rows, key=lambda one: not (one.open and one.roles.warnings))


def _lines(row: Row) -> Iterator[tuple[Cell, ...]]:
    account, listing = row.entry.account, row.entry.listing
    assert account is not None
    begin = (row.entry.authority, row.entry.name, account.platform, account.url)
    owned = ("", "") if listing is None else (listing.owner, listing.owner_until)
    if not row.open:
        yield (*begin, "not open to you", *[None] * 7, *owned, *[None] * 7)
        return
    last = row.roles.reviews[0] if row.roles.reviews else None
    misfits = "; ".join(f"{one.said} {to_text(one.at) if one.at else ''}".strip() for one in row.roles.findings)
    reviewed = (None, None, None) if last is None else (last.says.on, last.says.reviewer, last.says.findings)
    due = to_text(row.roles.due_at) if row.roles.due_at else None
    end = (*owned, *row.seconds, misfits, *reviewed, due)
    for one in row.holdings:
        yield (*begin, row.source, *_held(one), *end)
    if not row.holdings:
        deposited = None if row.roles.deposit is None else f"as of {row.roles.deposit.as_of}"
        yield (*begin, row.source, *[None] * 6, deposited, *end)


def _held(one: Holding) -> tuple[Cell, ...]:
    holder = one.holder
    seen = (to_text(one.seen_since), to_text(one.last_seen_at))
    return (
        *(holder.name, holder.id, ", ".join(holder.roles), "yes" if holder.administers else "no", holder.since, *seen),
    )
