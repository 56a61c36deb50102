"""Challenges to the accuracy of records (Wis. Stat. 19.70), of all records that are seen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query

from archiver.challenges import listing
from archiver.challenges.listing import Listed
from archiver.challenges.rules import Outcome
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, needs
from archiver.web.places import seen_account
from archiver.web.programs import cursors
from archiver.web.programs.answers import Account, After, Answer, Limit, Page, Text, Time
from archiver.web.programs.description import routes

router = routes("records")
Stands = Literal["open", "corrected", "denied"]


class AChallenge(Answer):
    """All that is said now of one challenge. ``entered_at``, ``by``: of what was said last."""

    id: str
    record: str
    account: str
    entered_at: Time
    by: Text
    received_on: date
    individual: Text
    authorized: Text | None
    disputed: Text
    outcome: Stands
    decided_on: date | None
    decided_by: Text | None
    correction: Text | None
    reasons: Text | None
    statement_on: date | None
    statement: Text | None


@router.get("/challenges")
@needs(Action.RECORDS_VIEW)
def challenges(
    site: Here,
    viewer: Seen,
    account: Account = None,
    outcome: Annotated[Stands | None, Query(description="Only those that stand so.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[AChallenge]:
    """Challenges to records that you see, what was said last first."""
    place = cursors.read(after, "challenges", int)
    before = None if place is None else int(str(place[0]))
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        found = listing.listed(
            connection,
            viewer,
            account_id=account,
            outcome=Outcome(outcome) if outcome else None,
            limit=limit + 1,
            before=before,
        )
    part = cursors.page(found, limit, lambda one: cursors.write("challenges", one.number))
    return Page[AChallenge](items=[_shown(one) for one in part.items], next=part.next)


def _shown(one: Listed) -> AChallenge:
    said = one.view.says.model_dump()
    own = {"id": one.view.id, "entered_at": one.view.entered_at, "by": one.view.by}
    return AChallenge.model_validate(said | own)
