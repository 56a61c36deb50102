"""What changed: edits and new states, with what is said of who did it and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query

from archiver.moderation import statements
from archiver.moderation.conditions import to_explain
from archiver.moderation.statements import StatementView
from archiver.operations import changes as told
from archiver.people.actions import Action
from archiver.records import changes as changed
from archiver.records.changes import Kind, Place, Wanted
from archiver.records.views import Change as ChangeView
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.programs import cursors
from archiver.web.programs.answers import Account, After, Answer, Limit, Moment, Page, Text, Time
from archiver.web.programs.description import routes
from archiver.web.programs.moderation import Statement, statement

router = routes("records")


class Change(Answer):
    """An edit (`change` is *edited*), or a new state. ``statements``: what is said now of who did it and why;
    ``unexplained``: somebody of the city has to say, and nobody has."""

    at: Time
    record: str
    account: str
    kind: str
    author: Text | None
    change: Literal["edited", "state"]
    text_before: Text | None
    text: Text
    state_before: str | None
    state: str | None
    seen_before: Time | None
    who: str | None
    evidence: list[str]
    unexplained: bool
    statements: list[Statement]


@router.get("/changes")
@needs(Action.RECORDS_VIEW)
def changes(
    site: Here,
    viewer: Seen,
    who: Who,
    account: Account = None,
    kind: Annotated[Kind | None, Query(description="Only this kind of change.")] = None,
    since: Annotated[Moment | None, Query(description="From then on; a moment with its zone.")] = None,
    unexplained: Annotated[bool, Query(description="Only what somebody has to explain, and nobody has.")] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[Change]:
    """What was edited, hidden, or is no longer returned, newest first, with what it said before and now, and what is
    known of who did it and why."""
    place = cursors.read(after, "changes", datetime, str, int, int)
    before = None if place is None else Place(*place)  # type: ignore[arg-type]
    wanted = Wanted(account, kind, since, more=to_explain if unexplained else None)
    with site.archive.database.read() as connection:
        some = changed.recent(connection, viewer, wanted=wanted, limit=limit + 1, before=before)
        part = cursors.page(some, limit, lambda one: _place(changed.place_of(one)))
        said = statements.of_records(connection, viewer, who.person.id, {one.record_id for one in part.items})
    return Page[Change](items=[_change(one, said.get(one.record_id, [])) for one in part.items], next=part.next)


def _change(one: ChangeView, said: list[StatementView]) -> Change:
    about = [statement(each) for each in told.about(one, said)]
    return Change.model_validate(told.as_json(one) | {"unexplained": told.lacks(one, said), "statements": about})


def _place(one: Place) -> str:
    return cursors.write("changes", one.at, one.record, one.what, one.number)
