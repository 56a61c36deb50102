"""Is it captured? What is known of the record that an address names, and what came of having it looked at (law R22)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from archiver.operations import is_captured
from archiver.operations.is_captured import Looks
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, needs
from archiver.web.places import counted_for, seen_account, told
from archiver.web.programs import sheets
from archiver.web.programs.answers import Answer, Moment, Text
from archiver.web.programs.capture import OfAccount, Run
from archiver.web.programs.description import routes
from archiver.web.programs.sheets import Sheet

router = routes("captured")
Url = Annotated[str, Query(min_length=1, max_length=is_captured.LONGEST, description="Address of a post or a comment.")]
Asked = Annotated[Moment, Query(description="When it was asked for, as `captured/look` answered.")]


class Candidate(Answer):
    """An account that the address may be of."""

    id: str
    platform: str
    handle: Text
    name: Text


class IsCaptured(Answer):
    """What is known of an address. ``usable`` false: it is no web address. ``platforms``: that know such an address;
    ``records``: that it names, and that you see; none: it is not captured, or not open to you. ``sure``: the address
    says which account it is of. It is no permission to remove anything."""

    url: Text
    usable: bool
    platforms: list[Text]
    records: list[str]
    accounts: list[Candidate]
    sure: bool


class LooksSince(Answer):
    """What came of asking. ``done``: everything that was asked for was looked at; ``saw_all``: and to its end, so that
    what it did not see is not there. ``waits``: a look is still to come; ``behind``: one that began before goes on."""

    done: bool
    saw_all: bool
    waits: bool
    behind: bool
    runs: list[Run]


@router.get("/captured")
@needs(Action.RECORDS_VIEW)
def is_it_captured(site: Here, viewer: Seen, q: Url) -> IsCaptured:
    """Whether what an address names is captured. Nothing is asked of any platform: see `captured/look` for that."""
    with site.archive.database.read() as connection:
        found = is_captured.find(connection, site.archive, viewer, q)
    accounts = [Candidate(id=one.id, platform=one.platform, handle=one.handle, name=one.name) for one in found.accounts]
    return IsCaptured(
        url=found.url,
        usable=found.usable,
        platforms=list(found.platforms),
        records=list(found.records),
        accounts=accounts,
        sure=found.sure,
    )


@router.get("/captured/looks")
@needs(Action.RECORDS_VIEW)
def looks_since(site: Here, viewer: Seen, account: OfAccount, asked: Asked) -> LooksSince:
    """What came of having an account looked at."""
    archive = site.archive
    with archive.database.read() as connection:
        seen_account(connection, viewer, account)
        now = archive.clock.now()
        found = is_captured.looks_since(connection, account, asked, now, site.dead(), viewer)
        counted = counted_for(site, connection, viewer)
    return _looks(found, counted)


@router.get("/captured/looks.csv", response_class=Sheet)
@needs(Action.RECORDS_VIEW)
def looks_sheet(site: Here, viewer: Seen, account: OfAccount, asked: Asked) -> Sheet:
    """The runs that came of it, as CSV (docs/api.md)."""
    return sheets.whole("looks-since-it-was-asked", Run, looks_since(site, viewer, account, asked).runs)


def _looks(found: Looks, counted: frozenset[str]) -> LooksSince:
    runs = [Run.model_validate(told(counted, one)) for one in found.runs]
    return LooksSince(done=found.done, saw_all=found.saw_all, waits=found.waits, behind=found.behind, runs=runs)
