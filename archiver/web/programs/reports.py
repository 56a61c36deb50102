"""Reports of the register: candidacies with what was published in their time (law R7), and the CIO's exceptions (law
R14)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Query

from archiver.operations import exceptions_report
from archiver.operations.candidacy_report import report
from archiver.operations.exceptions_report import Granted, Stands
from archiver.people.actions import Action
from archiver.web import candidacies as pages
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Id, Limit, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.register import Sees

router = routes("register", "/register")


class Candidacy(Answer):
    """One candidacy. ``now``: its window holds today. ``accounts``: of the City, that you see; ``posts``: that they
    published in the window."""

    id: str
    authority: str
    authority_name: Text
    person: Text
    office: Text
    since: date
    until: date
    now: bool
    accounts: int
    posts: int


class Published(Answer):
    """A post in the window of a candidacy. ``state`` and ``text`` null: not shown to you."""

    record: str
    account: str
    account_name: Text
    published_at: Time
    url: Text | None
    state: str | None
    text: Text | None


class ExceptionListed(Answer):
    """An exception that was granted. ``account``: the register's entry of the one it is for; null: for all of the
    authority's. ``needed``: accounts that would lack something without it."""

    id: str
    rule: Text
    authority: Text
    account: str | None
    about: Text
    reason: Text
    granted_by: Text
    since: date | None
    until: date | None
    stands: Stands
    needed: list[Text]


@router.get("/candidacies")
@needs(Action.RECORDS_VIEW)
def candidacies(site: Here, viewer: Seen, who: Who, limit: Limit = 50, after: After = None) -> Page[Candidacy]:
    """Candidacies of authorities that you see, by id."""
    place = cursors.read(after, "candidacies", str)
    with site.archive.database.read() as connection:
        register, sight = pages.register_of(site, connection, who, viewer)
        known = register.candidacies
        there = sorted(one for one, says in known.items() if sight.sees_authority(register, says.authority))
        wanted = [one for one in there if place is None or one > str(place[0])][: limit + 1]
        lines = [pages.line(site, connection, register, one, known[one], viewer) for one in wanted]
    return cursors.page([_candidacy(one) for one in lines], limit, lambda one: cursors.write("candidacies", one.id))


@router.get("/candidacies/{candidacy_id}/posts")
@needs(Action.RECORDS_VIEW)
def published(
    site: Here, viewer: Seen, who: Who, candidacy_id: Id, limit: Limit = 50, after: After = None
) -> Page[Published]:
    """What accounts of the City published in public while their official was a candidate, in the order of time."""
    place = cursors.read(after, "published", datetime, str)
    with site.archive.database.read() as connection:
        register, says = pages.seen(site, connection, who, viewer, candidacy_id)
        made = report(connection, register, says, site.zone, viewer, limit + 1, after=place)  # type: ignore[arg-type]
    shown = [
        Published(
            record=one.record_id,
            account=one.account_id,
            account_name=one.account,
            published_at=one.created_at,
            url=one.url,
            state=one.state or None,
            text=one.text or None,
        )
        for one in made.posts
    ]
    return cursors.page(shown, limit, lambda one: cursors.write("published", one.published_at, one.record))


@router.get("/exceptions")
@needs(Action.CAPTURE_VIEW)
def exceptions(
    site: Here,
    sight: Sees,
    stands: Annotated[Stands | None, Query(description="Only those that stand so today.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ExceptionListed]:
    """The CIO's exceptions that you see, by id."""
    place = cursors.read(after, "exceptions", str)
    with site.archive.database.read() as connection:
        found = sorted(exceptions_report.report(site.archive, connection, sight), key=lambda one: one.id)
    wanted = [one for one in found if stands in (None, one.stands) and (place is None or one.id > str(place[0]))]
    shown = [_exemption(one) for one in wanted[: limit + 1]]
    return cursors.page(shown, limit, lambda one: cursors.write("exceptions", one.id))


def _candidacy(one: pages.Candidacy) -> Candidacy:
    return Candidacy(
        id=one.id,
        authority=one.says.authority,
        authority_name=one.authority,
        person=one.says.person,
        office=one.says.office,
        since=date.fromisoformat(one.says.since),
        until=date.fromisoformat(one.says.until),
        now=one.open,
        accounts=one.accounts,
        posts=one.posts,
    )


def _exemption(one: Granted) -> ExceptionListed:
    says = one.says
    return ExceptionListed(
        id=one.id,
        rule=says.rule,
        authority=one.authority,
        account=one.listing,
        about=one.about,
        reason=says.reason,
        granted_by=says.approver,
        since=None if says.since is None else date.fromisoformat(says.since),
        until=None if says.until is None else date.fromisoformat(says.until),
        stands=one.stands,
        needed=list(one.needed),
    )
