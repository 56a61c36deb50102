"""What a program says of an act of moderation, and says anew (law R16, R22)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from archiver.clock import to_text
from archiver.database import safe_text
from archiver.evidence.matter_facts import MOST_RECORDS, ModerationSays
from archiver.moderation import service, statements
from archiver.moderation.service import LONGEST_WHY
from archiver.moderation.words import By, Done, Outcome, Stage
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, Who, acts
from archiver.web.programs import keys
from archiver.web.programs.answers import Id, Key, Moment, Said, SaidDay
from archiver.web.programs.description import routes
from archiver.web.programs.moderation import Statement, statement

router = routes("acts")
_TAKES = 2**17
Line = Annotated[str, Field(max_length=500)]
Words = Annotated[str, Field(max_length=20_000)]


class OfRecord(Said):
    """A record, and which of its changes is meant: the one that was in effect at ``seen``, as `changes` tells it; null:
    the first that fits."""

    record: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$")]
    change: Literal["state", "edited"] = "state"
    seen: Moment | None = None


class Says(Said):
    """All that is known of one act of moderation (docs/moderation.md). ``ground``: a code of the city's list."""

    account: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,100}$")]
    records: Annotated[list[OfRecord], Field(max_length=MOST_RECORDS, default_factory=list)]
    stage: Stage = Stage.DONE
    done: Done
    at: Moment | None = None
    actor: By
    actor_name: Line | None = None
    against: Line | None = None
    matter: Line | None = None
    ground: Annotated[str, Field(max_length=100)] | None = None
    words: Words | None = None
    notice_on: SaidDay | None = None
    notice: Words | None = None
    appeal_on: SaidDay | None = None
    appeal: Words | None = None
    decided_on: SaidDay | None = None
    decided_by: Line | None = None
    outcome: Outcome | None = None
    restored_on: SaidDay | None = None


class Correction(Said):
    """What holds instead. ``after``: `act` of the statement that you read; where another was made since, nothing is
    done. ``says`` null: there was no such act of moderation, it was entered by mistake."""

    after: Annotated[str, Field(min_length=1, max_length=100)]
    why: Annotated[str, Field(max_length=LONGEST_WHY)] | None = None
    says: Says | None


@router.post("/moderation", status_code=201)
@acts(Action.MODERATION_STATE, largest=_TAKES)
def state_moderation(site: Here, viewer: Seen, who: Who, key: Key, said: Says) -> Statement:
    """Say what is known of an act of moderation, or that one follows."""
    person_id = who.person.id
    moderation_id = keys.made_by("mo", person_id, key)
    service.state(site.archive, of_person(person_id), [_shaped(said)], moderation_id)
    return _now(site, viewer, who, moderation_id)


@router.post("/moderation/{moderation_id}")
@acts(Action.MODERATION_STATE, largest=_TAKES)
def correct_moderation(site: Here, viewer: Seen, who: Who, moderation_id: Id, said: Correction) -> Statement:
    """Say it anew, or that it was a mistake: what was said before stays, and counts no more."""
    before = _before(site, viewer, who, moderation_id)
    says = before if said.says is None else _shaped(said.says)
    actor, void = of_person(who.person.id), said.says is None
    service.correct(site.archive, actor, moderation_id, says, why=said.why or None, void=void, after=said.after)
    return _now(site, viewer, who, moderation_id)


def _shaped(said: Says) -> ModerationSays:
    given: dict[str, Any] = said.model_dump(mode="json")
    given = {name: safe_text(one).strip() or None if isinstance(one, str) else one for name, one in given.items()}
    given["at"] = None if said.at is None else to_text(said.at)
    given["records"] = [
        {"record": one.record, "change": one.change, "seen": one.seen and to_text(one.seen)} for one in said.records
    ]
    return service.shape(given)


def _before(site: Here, viewer: Seen, who: Who, moderation_id: str) -> ModerationSays:
    with site.archive.database.read() as connection:
        return statements.one(connection, viewer, who.person.id, moderation_id)[0].says


def _now(site: Here, viewer: Seen, who: Who, moderation_id: str) -> Statement:
    with site.archive.database.read() as connection:
        return statement(statements.one(connection, viewer, who.person.id, moderation_id)[0])
