"""Saying what is known of a challenge: one transaction with its act and its event, asked of one guard. And reading it,
for whoever sees the record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from archiver import ids
from archiver.archive import Archive
from archiver.challenges import acts
from archiver.challenges.models import ChallengeStatement
from archiver.challenges.rules import Outcome, complaint
from archiver.database import among, take_chains
from archiver.errors import NotFound, SaidMeanwhile, UsageError
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import NewAct
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.event_types import EventType
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.service import viewer_of
from archiver.people.stating import stated
from archiver.records import finding

LONGEST_WHY: Final = 2000
NO_SUCH: Final = "this record has no such challenge"


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """A challenge as it stands."""

    id: str
    entered_at: datetime
    by: str
    says: ChallengeSays
    statements: int
    """How often something was said of it."""
    act_id: str = field(compare=False)
    """Of what was said last; another where it is said anew under another key."""

    @property
    def decided(self) -> bool:
        """Then it is part of the record, and travels with it."""
        return self.says.outcome != Outcome.OPEN

    def flat(self) -> dict[str, Any]:
        """What is said of it, for programs: fields as docs/challenges.md lays them down."""
        said = {name: one for name, one in self.says.model_dump().items() if name not in ("account", "record")}
        return {"id": self.id, "entered_at": self.entered_at, **said}


def state(
    archive: Archive,
    actor: Actor,
    says: ChallengeSays,
    challenge_id: str | None = None,
    *,
    why: str | None = None,
    void: bool = False,
    after: str | None = None,
) -> str:
    """Say what is known of a challenge; of a new one where no id is given. Its id.

    Args:
        void: it was entered by mistake. Then ``why`` has to be said: nothing of it travels with the record any more.
        after: the act that was read before; None: whatever was said last.

    Raises:
        SaidMeanwhile: it is not the last one any more. Nothing is written.
        Refused: the actor may not.
        NotFound: the record or the challenge is not there, or not for them.
        UsageError: it contradicts itself.
        Busy, MissingKey: as :meth:`archiver.evidence.acts.Acts.record`.
    """
    if why is not None and len(why) > LONGEST_WHY:
        raise UsageError(f"a reason has at most {LONGEST_WHY:,} characters")
    if void and not (why and why.strip()):
        raise UsageError("say why it was a mistake: it no longer goes with the record")
    now = archive.clock.now()
    wrong = complaint(says, now.astimezone(archive.settings.zone).date().isoformat())
    if wrong is not None and not void:
        raise UsageError(wrong)

    def say(connection: Connection) -> str:
        row = finding.one(connection, says.record, viewer_of(connection, archive, actor, Action.CHALLENGES_DECIDE))
        if row.account_id != says.account:
            raise NotFound(NO_SUCH)
        known = challenge_id or ids.new_id("ch")
        take_chains(connection, [known])
        if challenge_id is not None:
            before = of_record(connection, says.record, challenge_id=challenge_id)
            if not before:
                raise NotFound(NO_SUCH)
            if before[0].says == says and not void:
                return known
            if after is not None and before[0].act_id != after:
                raise SaidMeanwhile(_changed(connection, after, before[0].says))
        change = "new" if challenge_id is None else "void" if void else "changed"
        _record(connection, archive, actor, known, says, why, change)
        return known

    return archive.database.act(say)


def of_record(
    connection: Connection, record_id: str, *, as_of: datetime | None = None, challenge_id: str | None = None
) -> list[ChallengeView]:
    """The challenges of a record that whoever asks sees, oldest first; as they were known at a moment."""
    return of_records(connection, [record_id], as_of=as_of, challenge_id=challenge_id).get(record_id, [])


def of_records(
    connection: Connection,
    record_ids: Iterable[str],
    *,
    as_of: datetime | None = None,
    challenge_id: str | None = None,
) -> dict[str, list[ChallengeView]]:
    """The challenges of records, by record."""
    query = select(ChallengeStatement.__table__).where(
        among(connection, ChallengeStatement.record_id, list(record_ids))  # type: ignore[arg-type]
    )
    if as_of is not None:
        query = query.where(ChallengeStatement.entered_at <= as_of)
    if challenge_id is not None:
        query = query.where(ChallengeStatement.challenge_id == challenge_id)
    latest: dict[str, Any] = {}
    said: dict[str, int] = {}
    for row in connection.execute(query.order_by(ChallengeStatement.number)):
        said[row.challenge_id] = said.get(row.challenge_id, 0) + 1
        latest[row.challenge_id] = row
    found: dict[str, list[ChallengeView]] = {}
    for name, row in latest.items():
        if not row.void:
            says = ChallengeSays.model_validate(row.says)
            view = ChallengeView(name, row.entered_at, row.by, says, said[name], row.act_id)
            found.setdefault(row.record_id, []).append(view)
    return found


def _changed(connection: Connection, after: str, now: ChallengeSays) -> tuple[str, ...]:
    """The fields in which what is said now differs from an act of before."""
    query = select(ChallengeStatement.says).where(ChallengeStatement.act_id == after)
    then = connection.execute(query.where(ChallengeStatement.record_id == now.record)).scalar()
    return () if then is None else tuple(name for name, said in now.model_dump().items() if then.get(name) != said)


def _record(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    challenge_id: str,
    says: ChallengeSays,
    why: str | None,
    change: str,
) -> None:
    facts = stated(connection, actor, says, why=why, void=change == "void")
    new = NewAct(ActKind.CHALLENGE_STATED, challenge_id, facts, actor.pair)
    act = archive.acts.record(connection, new, archive.clock.now())
    acts.apply(connection, act)
    tell(connection, archive, actor, EventType.CHALLENGE_STATED, ("act", act.id), {"change": change})
