"""What accounts of the City published while their official was a candidate (law R7), for whoever reads records there.
The archive reports; it does not judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from archiver.accounts.register import service
from archiver.accounts.register.statements import Register, is_in
from archiver.clock import to_text
from archiver.errors import NotFound
from archiver.evidence.register_facts import CandidacySays
from archiver.operations.candidacy_report import Report, report
from archiver.operations.register_seen import Sight
from archiver.people import permission
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.site import Site
from archiver.web.spreadsheet import Cell, as_csv

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
_ON_A_PAGE: Final = 50
_AT_ONCE: Final = 500
_HEAD: Final = ("published", "account", "record", "address", "state", "text")


@dataclass(frozen=True, slots=True)
class Candidacy:
    """One candidacy in the list."""

    id: str
    says: CandidacySays
    authority: str
    open: bool
    accounts: int
    posts: int


@router.get("/register/candidacies", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def every(site: Here, viewer: Seen, who: Who) -> HTMLResponse:
    """Every candidacy of an authority that is seen, the newest first."""
    with site.archive.database.read() as connection:
        register, sight = register_of(site, connection, who, viewer)
        found = [
            line(site, connection, register, one, says, viewer)
            for one, says in register.candidacies.items()
            if sight.sees_authority(register, says.authority)
        ]
    found.sort(key=lambda one: (one.says.since, one.says.person), reverse=True)
    return site.page("candidacies.html", here="register", candidacies=found)


@router.get("/register/candidacies/{candidacy_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here,
    viewer: Seen,
    who: Who,
    candidacy_id: Id,
    start: Annotated[int, Query(ge=0, le=10_000_000, description="How many posts to pass over.")] = 0,
) -> HTMLResponse:
    """What was published from its first to its last day."""
    with site.archive.database.read() as connection:
        register, says = seen(site, connection, who, viewer, candidacy_id)
        made = report(connection, register, says, site.zone, viewer, _ON_A_PAGE, start)
    known = register.listings
    return site.page(
        "candidacy.html",
        here="register",
        id=candidacy_id,
        report=made,
        authority=_authority(register, says),
        open=is_in(register.today, says.since, says.until),
        listings=[(one, known[one], one in made.not_captured) for one in made.listings],
        start=start,
        each=_ON_A_PAGE,
    )


@router.get("/register/candidacies/{candidacy_id}/posts.csv")
@needs(Action.RECORDS_VIEW)
def download(site: Here, viewer: Seen, who: Who, candidacy_id: Id) -> Response:
    """All of it, for a spreadsheet."""
    with site.archive.database.read() as connection:
        register, says = seen(site, connection, who, viewer, candidacy_id)

    def part(start: int) -> Report:
        with site.archive.database.read() as connection:
            return report(connection, register, says, site.zone, viewer, _AT_ONCE, start)

    def rows() -> Iterator[tuple[Cell, ...]]:
        start = 0
        while posts := part(start).posts:
            for one in posts:
                yield to_text(one.created_at), one.account, one.record_id, one.url, one.state, one.text
            start += len(posts)

    return as_csv("posts-during-a-candidacy", _HEAD, rows())


def register_of(site: Site, connection: Connection, who: Visitor, viewer: Seen) -> tuple[Register, Sight]:
    """The register today, and of which authorities this visitor reads records."""
    register = service.read(connection, service.today(site.archive))
    asked = (connection, who.person.id, Action.RECORDS_VIEW, site.archive.clock.now())
    return register, Sight(viewer, permission.authorities_seen(*asked))


def seen(
    site: Site, connection: Connection, who: Visitor, viewer: Seen, candidacy_id: str
) -> tuple[Register, CandidacySays]:
    """One of them.

    Raises:
        NotFound: there is none, or not for this visitor.
    """
    register, sight = register_of(site, connection, who, viewer)
    says = register.candidacies.get(candidacy_id)
    if says is None or not sight.sees_authority(register, says.authority):
        raise NotFound("there is no such candidacy in the register")
    return register, says


def line(
    site: Site, connection: Connection, register: Register, candidacy_id: str, says: CandidacySays, viewer: Seen
) -> Candidacy:
    """One of them, counted."""
    made = report(connection, register, says, site.zone, viewer, 0)
    there = is_in(register.today, says.since, says.until)
    return Candidacy(candidacy_id, says, _authority(register, says), there, len(made.listings), made.total)


def _authority(register: Register, says: CandidacySays) -> str:
    found = register.authorities.get(says.authority)
    return says.authority if found is None else found.name
