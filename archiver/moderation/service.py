"""Saying what is known of an act of moderation: one transaction with its act and its event, asked of one guard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from archiver import ids
from archiver.archive import Archive
from archiver.clock import to_text
from archiver.database import among, take_chains
from archiver.errors import KEY_USED, Meanwhile, NotFound, Refused, SaidMeanwhile, UsageError
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import NewAct
from archiver.evidence.event_types import EventType
from archiver.evidence.matter_facts import MOST_RECORDS, ModerationSays
from archiver.evidence.register_facts import shaped
from archiver.moderation import acts, statements
from archiver.moderation.conditions import STATEMENT
from archiver.moderation.matching import EDITED, STATE, track_of
from archiver.moderation.models import ChangeMark
from archiver.moderation.words import By, Done, Outcome, Stage, grounds
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.service import viewer_of
from archiver.people.stating import stated
from archiver.records.stored import RECORD
from archiver.viewing import Viewer

LONGEST_WHY: Final = 2000
_CODES: Final = {"stage": Stage, "done": Done, "actor": By, "outcome": Outcome}


def state(
    archive: Archive, actor: Actor, several: Sequence[ModerationSays], moderation_id: str | None = None
) -> list[str]:
    """Say what is known of acts of moderation, each of one account; all of them or none. Their ids. ``moderation_id``:
    the one that a single one gets; where it is there, it was said already.

    Raises:
        Refused: the actor may not.
        NotFound: a record is not there, or not for them.
        UsageError: it contradicts itself.
        Meanwhile: something else has that id.
        Busy, MissingKey: as :meth:`archiver.evidence.acts.Acts.record`.
    """

    def say(connection: Connection) -> list[str]:
        viewer, said = viewer_of(connection, archive, actor, Action.MODERATION_STATE), []
        if moderation_id is not None:
            take_chains(
                connection, [moderation_id]
            )  # whoever sends it at the same time waits, and sees that it is said
        if moderation_id is not None and _is_said(connection, actor, moderation_id, several):
            return [moderation_id]
        for says in several:
            said.append(moderation_id or ids.new_id("mo"))
            _check(connection, archive, viewer, says)
            _record(connection, archive, actor, said[-1], says, None, change="new")
        return said

    return archive.database.act(say)


def correct(
    archive: Archive,
    actor: Actor,
    moderation_id: str,
    says: ModerationSays,
    *,
    why: str | None,
    void: bool = False,
    after: str | None = None,
) -> None:
    """Say it anew: what was said before stays, and counts no more. ``void``: it was entered by mistake. ``after``: the
    act that they had read when they wrote it; None: whatever holds.

    Raises:
        As :func:`state`.
        SaidMeanwhile: it is not the last one any more. Nothing is written.
        UsageError: also of one that was taken back, which stays so.
        NotFound: no such statement, or not for them.
        Refused: part of it is not shown to them, so they cannot know what they would take back.
    """
    if why is not None and len(why) > LONGEST_WHY:
        raise UsageError(f"a reason has at most {LONGEST_WHY:,} characters")

    def say(connection: Connection) -> None:
        viewer = viewer_of(connection, archive, actor, Action.MODERATION_STATE)
        take_chains(connection, [moderation_id])
        told = statements.one(connection, viewer, actor.person_id, moderation_id)
        before = told[0]
        if not before.whole:
            raise Refused("part of this statement is not open to you: somebody who sees all of it corrects it")
        if says.account != before.account_id:
            raise UsageError("a correction is about the same account")
        if before.says == says and before.void == void:
            return
        if before.void:
            raise UsageError("it was taken back as entered by mistake, and stays so: state it anew, as one of its own")
        if after is not None and before.act_id != after:
            raise SaidMeanwhile(next((changed(one.says, before.says) for one in told if one.act_id == after), ()))
        if not void:
            _check(connection, archive, viewer, says, before.says.ground)
        _record(connection, archive, actor, moderation_id, says, why, change="void" if void else "corrected")

    archive.database.act(say)


def changed(before: ModerationSays, now: ModerationSays) -> tuple[str, ...]:
    """Names of what is said otherwise."""
    return tuple(name for name in ModerationSays.model_fields if getattr(before, name) != getattr(now, name))


def shape(says: dict[str, Any]) -> ModerationSays:
    """What is said, checked for its form.

    Raises:
        UsageError: a field is missing, or holds what it cannot.
    """
    found = shaped(ModerationSays, says)
    for name, codes in _CODES.items():
        value = getattr(found, name)
        if value is not None and value not in {one.value for one in codes}:
            raise UsageError(f"{name} cannot be this: choose one of the list")
    return found


def mark(archive: Archive, person_id: str, at: datetime) -> datetime:
    """Remember that somebody looked at what changed up to a time; never earlier than before, nor in the future."""
    now = archive.clock.now()

    def keep(connection: Connection) -> datetime:
        row = connection.execute(select(ChangeMark.at).where(ChangeMark.person_id == person_id)).scalar()
        until = min(at, now) if row is None else max(row, min(at, now))
        table: Any = ChangeMark.__table__
        if row is None:
            connection.execute(table.insert().values(person_id=person_id, at=until))
        else:
            connection.execute(table.update().where(table.c.person_id == person_id).values(at=until))
        return until

    return archive.database.act(keep)


def marked(connection: Connection, person_id: str) -> datetime | None:
    """Up to when somebody looked at what changed; None: they never said so."""
    return connection.execute(select(ChangeMark.at).where(ChangeMark.person_id == person_id)).scalar()


def _is_said(connection: Connection, actor: Actor, moderation_id: str, several: Sequence[ModerationSays]) -> bool:
    """Whether it was, whatever was said of it since."""
    (says,) = several
    take_chains(connection, [moderation_id])
    query = select(STATEMENT.c.by_id, STATEMENT.c.says).where(STATEMENT.c.moderation_id == moderation_id)
    first = connection.execute(query.order_by(STATEMENT.c.number).limit(1)).first()
    if first is not None and (first.by_id != actor.id or first.says != says.model_dump()):
        raise Meanwhile(KEY_USED)
    return first is not None


def _check(
    connection: Connection, archive: Archive, viewer: Viewer, says: ModerationSays, ground: str | None = None
) -> None:
    """``ground``: what was said before, which may be off the city's list by now."""
    wanted = {one.record for one in says.records}
    if not says.records and not (says.against or says.words or says.matter):
        raise UsageError("say which record it is about, or at least whom it is against, or which matter")
    if len(says.records) > MOST_RECORDS or len(wanted) < len(says.records):
        raise UsageError(f"a statement is about at most {MOST_RECORDS} records, each once")
    if not viewer.sees(says.account):
        raise NotFound("there is no such account")
    query = select(RECORD.c.id, RECORD.c.account_id).where(among(connection, RECORD.c.id, [*wanted]))
    known = {row.id for row in connection.execute(query) if row.account_id == says.account}
    if wanted - (known & statements.seen_records(connection, viewer, wanted)):
        raise NotFound("a record is not there: choose those of this account that you see")
    _check_words(archive, says, ground)


def _check_words(archive: Archive, says: ModerationSays, ground: str | None) -> None:
    now = archive.clock.now()
    if {one.change for one in says.records} - {STATE, EDITED}:
        raise UsageError("a change is of the state of a record, or an edit")
    named = [one for one in says.records if one.seen is None]
    for one in says.records:
        if one.change != track_of(says.done) and (one.seen is None or says.done != Done.OTHER):
            raise UsageError("what is done does not fit the change: an edit was edited, all else is of the state")
    if says.stage == Stage.ANNOUNCED and len(named) < len(says.records):
        raise UsageError("what was seen already is not about to be done")
    if says.stage == Stage.DONE and says.at is not None and says.at > to_text(now):
        raise UsageError("what was done was done before now; say that it is about to be done")
    if says.ground not in {None, ground, *grounds(archive.settings.moderation_grounds)}:
        raise UsageError("ground cannot be this: choose one of the list, or say it in words")
    days = (("appeal", says.appeal_on, says.notice_on), ("decision", says.decided_on, says.appeal_on))
    for name, later, earlier in days:
        if later is not None and earlier is not None and later < earlier:
            raise UsageError(f"the {name} cannot be earlier than what it follows")
    if says.outcome is not None and says.appeal_on is None:
        raise UsageError("an appeal has an outcome once it was asked for: say when")


def _record(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    moderation_id: str,
    says: ModerationSays,
    why: str | None,
    *,
    change: str,
) -> None:
    facts = stated(connection, actor, says, why=why, void=change == "void")
    new = NewAct(ActKind.MODERATION_STATED, moderation_id, facts, actor.pair)
    act = archive.acts.record(connection, new, archive.clock.now())
    acts.apply(connection, act)
    tell(connection, archive, actor, EventType.MODERATION_STATED, ("act", act.id), {"change": change})
