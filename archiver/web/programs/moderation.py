"""What is known of acts of moderation: statements, and how much was hidden or removed, by ground and by actor."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query

from archiver.moderation import statements
from archiver.moderation.statements import StatementView
from archiver.moderation.words import OUTCOMES, By, Done, Outcome, Stage, grounds
from archiver.operations import moderation_report
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.places import seen_account
from archiver.web.programs import cursors
from archiver.web.programs.answers import Account, After, Answer, Id, Limit, Moment, Page, Text, Time
from archiver.web.programs.description import routes

router = routes("moderation")


class Meant(Answer):
    """One record of a statement. ``seen``: of which change it is said, by when the archive saw that; null: of the first
    that fits. ``at``: when the archive saw it; null: it did not."""

    record: str
    change: Literal["state", "edited"]
    seen: Time | None
    at: Time | None


class Statement(Answer):
    """All that is said now of one act of moderation. ``whole`` false: part of it is not open to you, and names and free
    words are left out. ``unseen``: it tells of a change that the archive has not seen."""

    id: str
    act: str
    account: str
    entered_at: Time
    by: Text | None
    why: Text | None
    void: bool
    mine: bool
    whole: bool
    unseen: bool
    stage: Stage
    done: Done
    at: Time | None
    actor: By
    actor_name: Text | None
    against: Text | None
    matter: Text | None
    ground: str | None
    words: Text | None
    notice_on: date | None
    notice: Text | None
    appeal_on: date | None
    appeal: Text | None
    decided_on: date | None
    decided_by: Text | None
    outcome: Outcome | None
    restored_on: date | None
    records: list[Meant]


class StatementHistory(Answer):
    """What was said of one act of moderation, the last first: only the first counts."""

    said: list[Statement]


class ReportLine(Answer):
    """Changes of one ground, or of one kind of actor. ``share``: of all that are counted. ``median_seconds``: how long
    they stood. ``outcomes``: appeals that were decided."""

    code: str
    words: Text
    changes: int
    share: float
    median_seconds: float | None
    appeals: int
    outcomes: dict[str, int]


class ModerationReport(Answer):
    """How much was hidden or removed. ``unexplained``: that somebody of the city has to explain, and nobody has."""

    changes: int
    unexplained: int
    by_ground: list[ReportLine]
    by_actor: list[ReportLine]


@router.get("/moderation")
@needs(Action.RECORDS_VIEW)
def list_statements(
    site: Here,
    viewer: Seen,
    who: Who,
    account: Account = None,
    unseen: Annotated[bool, Query(description="Only of changes that the archive has not seen.")] = False,
    appeal: Annotated[
        Literal["any", "open"] | None, Query(description="Only with an appeal; `open`: that nobody has decided.")
    ] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Statement]:
    """What is said now of acts of moderation, what was said last first."""
    place = cursors.read(after, "moderation", int)
    before = None if place is None else int(str(place[0]))
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        found = statements.listed(
            connection,
            viewer,
            who.person.id,
            account_id=account,
            limit=limit + 1,
            before=before,
            only_unseen=unseen,
            appeal=appeal or "",
        )
    part = cursors.page(found, limit, lambda one: cursors.write("moderation", one[0]))
    return Page[Statement](items=[statement(one) for _, one in part.items], next=part.next)


@router.get("/moderation/report")
@needs(Action.RECORDS_VIEW)
def report(
    site: Here,
    viewer: Seen,
    who: Who,
    account: Account = None,
    authority: Annotated[str, Query(max_length=100, description="Only of accounts of this one: its short name.")] = "",
    since: Annotated[Moment | None, Query(description="From then on; a moment with its zone.")] = None,
    until: Annotated[Moment | None, Query(description="Until then, not counted.")] = None,
) -> ModerationReport:
    """How much was hidden or removed of what you see, by ground and by actor. What each number means is in
    docs/moderation.md. More than 20,000 changes are refused: ask for a shorter time or one account."""
    with site.archive.database.read() as connection:
        if account is not None:
            seen_account(connection, viewer, account)
        some = moderation_report.accounts_of(connection, viewer, account or "", authority)
        listed = grounds(site.archive.settings.moderation_grounds)
        made = moderation_report.report(
            connection, viewer, who.person.id, listed, since=since, until=until, account_ids=some
        )
    return ModerationReport(
        changes=made.total,
        unexplained=made.unexplained,
        by_ground=[_line(one) for one in made.by_ground],
        by_actor=[_line(one) for one in made.by_actor],
    )


@router.get("/moderation/{moderation_id}")
@needs(Action.RECORDS_VIEW)
def one_statement(site: Here, viewer: Seen, who: Who, moderation_id: Id) -> StatementHistory:
    """Everything that was said of one act of moderation."""
    with site.archive.database.read() as connection:
        found = statements.one(connection, viewer, who.person.id, moderation_id)
    return StatementHistory(said=[statement(one) for one in found])


def statement(one: StatementView) -> Statement:
    """A statement for programs."""
    own = {name: getattr(one, name) for name in ("id", "entered_at", "by", "why", "void", "mine", "whole", "unseen")}
    said = one.says.model_dump(exclude={"account", "records"})
    records = [
        Meant.model_validate({"record": each.record_id, "change": each.change, "seen": each.seen, "at": each.at})
        for each in one.records
    ]
    return Statement.model_validate(own | said | {"act": one.act_id, "account": one.account_id, "records": records})


def _line(one: moderation_report.Line) -> ReportLine:
    return ReportLine(
        code=one.code,
        words=one.words,
        changes=one.count,
        share=one.share,
        median_seconds=None if one.median is None else one.median.total_seconds(),
        appeals=one.appealed,
        outcomes={code: one.outcomes.get(code, 0) for code in OUTCOMES},
    )
