"""What legal custodians decided on whether records and accounts are official (law R8, R20)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from archiver.official import service
from archiver.official.rules import Finding
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, needs
from archiver.web.places import seen_account
from archiver.web.programs import cursors
from archiver.web.programs.answers import Account, After, Limit, Page
from archiver.web.programs.description import routes
from archiver.web.programs.records import OfficialDecision

router = routes("records")


class DecisionListed(OfficialDecision):
    """What counts now of one record, or of an account as a whole: then ``record`` is null."""

    account: str
    record: str | None


@router.get("/official")
@needs(Action.RECORDS_VIEW)
def decisions(
    site: Here,
    viewer: Seen,
    account: Account = None,
    finding: Annotated[Finding | None, Query(description="Only where this was found.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[DecisionListed]:
    """What was decided on records and accounts that you see, what was decided last first."""
    place = cursors.read(after, "official", int)
    before = None if place is None else int(str(place[0]))
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        found = service.listed(connection, viewer, account_id=account, finding=finding, limit=limit + 1, before=before)
    part = cursors.page(found, limit, lambda one: cursors.write("official", one.number))
    return Page[DecisionListed](items=[DecisionListed.model_validate(one.flat()) for one in part.items], next=part.next)
