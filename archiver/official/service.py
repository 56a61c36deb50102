"""Deciding whether something is official: one transaction with its act and its event, asked of one guard. And reading
it, for whoever sees the record or the account.

A decision changes nothing of what is captured, kept or shown: it is told beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select, true
from sqlalchemy.exc import NoResultFound

from archiver import ids
from archiver.archive import Archive
from archiver.database import take_chains
from archiver.errors import NotFound, SaidMeanwhile, UsageError
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import NewAct
from archiver.evidence.event_types import EventType
from archiver.evidence.official_facts import OfficialSays
from archiver.official import acts
from archiver.official.models import OfficialDecision
from archiver.official.rules import Finding, complaint
from archiver.people import guard
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.people.service import viewer_of
from archiver.people.stating import stated
from archiver.records import finding as reading
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD, table
from archiver.viewing import Viewer

_ROW: Final = table(OfficialDecision)
NO_SUCH: Final = "there is no such account in this archive"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. ``number``: its place among all."""

    id: str
    entered_at: datetime
    by: str
    says: OfficialSays
    number: int = field(compare=False)
    act_id: str = field(compare=False)
    """Of the decision; another where it is said anew under another key."""

    @property
    def stands(self) -> bool:
        """Whether it says anything: one that takes another back does not."""
        return self.says.finding != Finding.UNDECIDED

    def flat(self) -> dict[str, Any]:
        """As programs are told: fields as docs/official.md lays them down."""
        return {"id": self.id, "entered_at": self.entered_at, "by": self.by, **self.says.model_dump()}


def decide(archive: Archive, actor: Actor, says: OfficialSays, *, after: str | None) -> str:
    """Decide whether a record, or an account as a whole, is official. The id of the decision.

    Args:
        after: the act of the decision that was read before; None: there was none.

    Raises:
        SaidMeanwhile: somebody decided meanwhile. Nothing is written.
        Refused: the actor may not.
        NotFound: the record or the account is not there, or not for them.
        UsageError: it contradicts itself, or there is nothing to take back.
        Busy, MissingKey: as :meth:`archiver.evidence.acts.Acts.record`.
    """
    wrong = complaint(says, archive.clock.now().astimezone(archive.settings.zone).date().isoformat())
    if wrong is not None:
        raise UsageError(wrong)

    def say(connection: Connection) -> str:
        _require_seen(connection, viewer_of(connection, archive, actor, Action.OFFICIAL_DECIDE), says)
        guard.require(connection, archive, actor, Action.OFFICIAL_DECIDE, Resource(says.account))
        take_chains(connection, [says.record or says.account])
        known = _of(connection, says)
        last = known[-1] if known else None
        if after != (last and last.act_id):
            raise SaidMeanwhile(() if last is None else _changed(last.says, says))
        if last is not None and last.says == says:
            return last.id
        if says.finding == Finding.UNDECIDED and (last is None or not last.stands):
            raise UsageError("nothing was decided that could be taken back")
        return _record(connection, archive, actor, says)

    return archive.database.act(say)


def of_record(connection: Connection, record_id: str, *, as_of: datetime | None = None) -> list[Decision]:
    """What was decided on one record that whoever asks sees, the oldest first; as it was known at a moment."""
    return _decisions(connection, _ROW.c.record_id == record_id, _until(as_of))


def of_account(connection: Connection, account_id: str, *, as_of: datetime | None = None) -> list[Decision]:
    """What was decided on an account as a whole, the oldest first."""
    own = and_(_ROW.c.account_id == account_id, _ROW.c.record_id.is_(None))
    return _decisions(connection, own, _until(as_of))


def reads(viewer: Viewer, account_id: str) -> bool:
    """Whether a viewer reads anything of an account: then what was decided of it as a whole is told. That there is such
    an account is known to more."""
    return any(_opens(part) and (part.accounts is None or account_id in part.accounts) for part in viewer.parts)


def _opens(part: Viewer) -> bool:
    return part.access is None or bool(part.access)


def standing(decisions: Sequence[Decision]) -> Decision | None:
    """The one that counts; None: nothing is decided."""
    return decisions[-1] if decisions and decisions[-1].stands else None


def found(connection: Connection, viewer: Viewer, finding: Finding) -> list[str]:
    """The records that a viewer sees of which, by itself, this is what was decided last."""
    query = select(_ROW.c.record_id).join(RECORD, RECORD.c.id == _ROW.c.record_id)
    query = query.where(_last(), _ROW.c.finding == finding.value, *allowed(viewer))
    return [*connection.scalars(query.order_by(_ROW.c.number))]


def counts(connection: Connection, viewer: Viewer) -> list[tuple[str, int]]:
    """Of how many records that a viewer sees each thing was decided, each by itself."""
    query = select(_ROW.c.finding, func.count()).join(RECORD, RECORD.c.id == _ROW.c.record_id)
    query = query.where(_last(), _ROW.c.finding != Finding.UNDECIDED.value, *allowed(viewer))
    return [(row[0], row[1]) for row in connection.execute(query.group_by(_ROW.c.finding).order_by(_ROW.c.finding))]


def listed(
    connection: Connection,
    viewer: Viewer,
    *,
    account_id: str | None = None,
    finding: Finding | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Decision]:
    """What is decided now of records and accounts that the viewer sees, what was decided last first; also what only
    takes another back."""
    of_records = and_(_ROW.c.record_id.is_not(None), RECORD.c.id.is_not(None), *allowed(viewer))
    reads = [part for part in viewer.parts if _opens(part)]
    known = [true() if part.accounts is None else _ROW.c.account_id.in_(sorted(part.accounts)) for part in reads]
    of_accounts = and_(_ROW.c.record_id.is_(None), or_(false(), *known))
    query = select(_ROW).outerjoin(RECORD, RECORD.c.id == _ROW.c.record_id).where(or_(of_records, of_accounts), _last())
    if account_id is not None:
        query = query.where(_ROW.c.account_id == account_id)
    if finding is not None:
        query = query.where(_ROW.c.finding == finding.value)
    if before is not None:
        query = query.where(_ROW.c.number < before)
    return [_decision(row) for row in connection.execute(query.order_by(_ROW.c.number.desc()).limit(limit))]


def _last() -> ColumnElement[bool]:
    """The row is the last on its record, or on its account as a whole."""
    later = _ROW.alias("later")
    same = or_(
        later.c.record_id == _ROW.c.record_id,
        and_(later.c.record_id.is_(None), _ROW.c.record_id.is_(None), later.c.account_id == _ROW.c.account_id),
    )
    return ~select(later.c.act_id).where(same, later.c.number > _ROW.c.number).exists()


def _until(as_of: datetime | None) -> ColumnElement[bool]:
    return _ROW.c.act_id.is_not(None) if as_of is None else _ROW.c.entered_at <= as_of


def _decisions(connection: Connection, *where: ColumnElement[bool]) -> list[Decision]:
    return [_decision(row) for row in connection.execute(select(_ROW).where(*where).order_by(_ROW.c.number))]


def _decision(row: Any) -> Decision:
    says = OfficialSays.model_validate(row.says)
    return Decision(row.decision_id, row.entered_at, row.by, says, row.number, row.act_id)


def _of(connection: Connection, says: OfficialSays) -> list[Decision]:
    return of_record(connection, says.record) if says.record else of_account(connection, says.account)


def _require_seen(connection: Connection, viewer: Viewer, says: OfficialSays) -> None:
    if says.record is not None:
        if reading.one(connection, says.record, viewer).account_id != says.account:
            raise NotFound(NO_SUCH)
        return
    try:
        reading.account_named(connection, says.account)
    except NoResultFound:
        raise NotFound(NO_SUCH) from None
    if not reads(viewer, says.account):
        raise NotFound(NO_SUCH)


def _changed(then: OfficialSays, now: OfficialSays) -> tuple[str, ...]:
    given = now.model_dump()
    return tuple(name for name, one in then.model_dump().items() if given[name] != one)


def _record(connection: Connection, archive: Archive, actor: Actor, says: OfficialSays) -> str:
    decision_id = ids.new_id("od")
    new = NewAct(ActKind.OFFICIAL_DECIDED, decision_id, stated(connection, actor, says), actor.pair)
    act = archive.acts.record(connection, new, archive.clock.now())
    acts.apply(connection, act)
    about = "account" if says.record is None else "record"
    tell(connection, archive, actor, EventType.OFFICIAL_DECIDED, ("act", act.id), {"about": about})
    return decision_id
