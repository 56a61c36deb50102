"""Saying that somebody reviewed who has which role on an account: one transaction with its act and its event, asked of
one guard. And reading it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from archiver import ids
from archiver.archive import Archive
from archiver.database import among, take_chains
from archiver.errors import Meanwhile, NotFound, UsageError
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import NewAct
from archiver.evidence.event_types import EventType
from archiver.evidence.page_role_facts import RoleReviewSays
from archiver.evidence.register_facts import shaped
from archiver.page_roles import acts, lists
from archiver.page_roles.models import RoleReviewStatement
from archiver.people import role_lists
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.service import viewer_of
from archiver.people.stating import stated

LONGEST_WHY: Final = 2000
NO_SUCH: Final = "there is no such account"
_NO_REVIEW: Final = "this account has no such review"
_TOLD_ANEW: Final = "the platform told something else meanwhile: look at who has a role now, and say it again"


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as it stands."""

    id: str
    entered_at: datetime
    by: str
    """Who entered it."""
    says: RoleReviewSays

    @property
    def day(self) -> date:
        return date.fromisoformat(self.says.on)

    @property
    def versions(self) -> frozenset[str]:
        """Ids of the versions of lists that were looked at."""
        return frozenset(one.version for one in self.says.lists)


def enter(
    archive: Archive,
    actor: Actor,
    account_id: str,
    *,
    on: str,
    reviewer: str,
    findings: str,
    seen: Sequence[str] = (),
) -> str:
    """Say that an account was reviewed; the id of the review.

    Args:
        on: the day, YYYY-MM-DD, by the city's calendar.
        seen: ids of the newest versions of its lists of roles, as whoever reviewed them had them before them.

    Raises:
        Refused: the actor may not.
        NotFound: the account is not there, or not for them.
        UsageError: something is missing, or the day is still to come.
        Meanwhile: the platform told something else meanwhile, which nobody has looked at. Nothing is written.
        Busy, MissingKey: as :meth:`archiver.evidence.acts.Acts.record`.
    """

    def say(connection: Connection) -> str:
        _require(connection, archive, actor, account_id)
        known = lists.of_accounts(connection, [account_id]).get(account_id, ())
        told = [{"record": one.record, "version": one.told[-1].version} for one in known]
        if {one["version"] for one in told} != set(seen):
            raise Meanwhile(_TOLD_ANEW)
        text = findings.replace("\r\n", "\n").strip()
        given = {"account": account_id, "on": on, "reviewer": reviewer.strip(), "findings": text, "lists": told}
        says = _shape(archive, given)
        review_id = ids.new_id("rv")
        _record(connection, archive, actor, review_id, says, None, "new")
        return review_id

    return archive.database.act(say)


def take_back(archive: Archive, actor: Actor, account_id: str, review_id: str, why: str) -> None:
    """Say that a review was entered by mistake: it counts no more, and stays in what was said.

    Raises:
        As :func:`enter`.
        UsageError: no reason was given.
    """
    if not why.strip() or len(why) > LONGEST_WHY:
        raise UsageError(f"say why it was a mistake, in at most {LONGEST_WHY:,} characters")

    def say(connection: Connection) -> None:
        _require(connection, archive, actor, account_id)
        take_chains(connection, [review_id])
        found = [one for one in of_account(connection, account_id) if one.id == review_id]
        if not found:
            raise NotFound(_NO_REVIEW)
        _record(connection, archive, actor, review_id, found[0].says, why.strip(), "void")

    archive.database.act(say)


def of_account(connection: Connection, account_id: str) -> list[ReviewView]:
    """The reviews of an account, the newest first."""
    return of_accounts(connection, [account_id]).get(account_id, [])


def of_accounts(connection: Connection, account_ids: Iterable[str]) -> dict[str, list[ReviewView]]:
    """The reviews of accounts, by account, those of the latest day first; of one day what was entered last."""
    query = select(RoleReviewStatement.__table__).where(
        among(connection, RoleReviewStatement.account_id, list(account_ids))  # type: ignore[arg-type]
    )
    latest: dict[str, Any] = {}
    for row in connection.execute(query.order_by(RoleReviewStatement.number)):
        latest[row.review_id] = row
    found: dict[str, list[ReviewView]] = {}
    for name, row in sorted(latest.items(), key=lambda one: (one[1].says["on"], one[1].number), reverse=True):
        if not row.void:
            view = ReviewView(name, row.entered_at, row.by, RoleReviewSays.model_validate(row.says))
            found.setdefault(row.account_id, []).append(view)
    return found


def _require(connection: Connection, archive: Archive, actor: Actor, account_id: str) -> None:
    """The guard: the role allows it, reaches the account, and opens who has a role there."""
    viewer = viewer_of(connection, archive, actor, Action.PAGE_ROLES_REVIEW)
    if not viewer.sees(account_id):
        raise NotFound(NO_SUCH)
    if actor.person_id is not None:
        asked = (actor.person_id, Action.PAGE_ROLES_REVIEW, archive.clock.now())
        if account_id not in role_lists.told(connection, *asked):
            raise NotFound(NO_SUCH)


def _shape(archive: Archive, given: dict[str, Any]) -> RoleReviewSays:
    if not given["reviewer"] or not given["findings"]:
        raise UsageError("say who reviewed it, and what they found; where nothing is amiss, say that")
    says = shaped(RoleReviewSays, given, {"on": "a day as YYYY-MM-DD"})
    if says.on > archive.clock.now().astimezone(archive.settings.zone).date().isoformat():
        raise UsageError("the day of a review is not still to come")
    return says


def _record(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    review_id: str,
    says: RoleReviewSays,
    why: str | None,
    change: str,
) -> None:
    facts = stated(connection, actor, says, why=why, void=change == "void")
    new = NewAct(ActKind.ROLES_REVIEWED, review_id, facts, actor.pair)
    act = archive.acts.record(connection, new, archive.clock.now())
    acts.apply(connection, act)
    tell(connection, archive, actor, EventType.ROLES_REVIEWED, ("act", act.id), {"change": change})
