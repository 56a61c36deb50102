"""Changes of records, and looks around a moment, in words and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from archiver.capture.models import Exchange, Run
from archiver.clock import to_text
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.moderation.matching import EDITED, STATE, TO_EXPLAIN
from archiver.moderation.statements import StatementView
from archiver.operations.poll_times import Around, Look, PollTimes
from archiver.operations.quota import in_time
from archiver.records.changes import WHO
from archiver.records.views import Change


def as_json(one: Change) -> dict[str, Any]:
    """A change for programs."""
    return {
        "at": to_text(one.at),
        "record": one.record_id,
        "account": one.account.id,
        "kind": one.kind,
        "author": one.author_name,
        "change": "edited" if one.after is None else "state",
        "text_before": one.text_before,
        "text": one.text,
        "state_before": one.before,
        "state": one.after,
        "seen_before": one.seen_before and to_text(one.seen_before),
        "who": None if one.after is None else WHO.get(one.after),
        "evidence": list(one.evidence),
    }


def in_words(times: PollTimes) -> list[str]:
    """What follows for something that is claimed to have been there, sentence by sentence."""
    if not times.before:
        return ["Nobody looked at this account before that: what was there then was seen by nobody."]
    said = [_around(one) for one in times.streams]
    if times.gaps:
        said.append("The moment lies in a known gap.")
    if not times.told:
        said.append(
            "What each look read is told to whoever may see more of this account than what is public, so nothing can be"
            " concluded here of what came and went between two looks."
        )
    return said or ["The runs near that moment looked at nothing."]


def _around(one: Around) -> str:
    name = one.stream.replace("_", " ").capitalize()
    if one.unseen is None:
        side = "before" if one.before is None else "after"
        return f"{name}: no complete look {side} that moment is near it, so what was there may never have been seen."
    part = " Not every thread is looked at each time, so for one thread it may be longer." if one.in_part else ""
    return (
        f"{name}: from the last complete look before it to the end of the first one after it are"
        f" {in_time(one.unseen)}. What came and went again within that time was seen by nobody.{part}"
    )


def looks_as_json(times: PollTimes) -> dict[str, Any]:
    """The looks around a moment for programs."""
    return {
        "at": to_text(times.at),
        "before": [_look(one) for one in times.before],
        "after": [_look(one) for one in times.after],
        "streams": [
            {
                "stream": one.stream,
                "last_before": one.before and to_text(one.before),
                "first_after": one.after and to_text(one.after),
                "unseen_seconds": None if one.unseen is None else one.unseen.total_seconds(),
                "single_threads": one.in_part,
            }
            for one in times.streams
        ],
        "gaps": [{"stream": one.stream, "cause": one.cause, "opened_by": one.opened_by} for one in times.gaps],
        "said": " ".join(in_words(times)),
    }


def _look(one: Look) -> dict[str, Any]:
    return {
        "run": one.run.id,
        "started_at": to_text(one.run.started_at),
        "finished_at": one.run.finished_at and to_text(one.run.finished_at),
        "sweep": one.run.sweep,
        "outcome": one.run.outcome,
        "complete": one.complete,
        "streams": {part.stream: {"lists": part.lists, "complete": part.complete} for part in one.streams},
    }


def about(one: Change, said: Sequence[StatementView]) -> list[StatementView]:
    """Which statements on a record are about one change of it."""
    track = EDITED if one.after is None else STATE
    return [
        view
        for view in said
        if any(
            each.record_id == one.record_id and each.change == track and each.number == one.number
            for each in view.records
        )
    ]


def lacks(one: Change, said: Sequence[StatementView]) -> bool:
    """Whether somebody has to explain a change, and nobody has."""
    return one.after in TO_EXPLAIN and not about(one, said)


def new_since(connection: Connection, mark: datetime) -> datetime:
    """From when on changes may be new to who looked at ``mark``: what a run saw before, and archived afterwards, or
    what was adopted afterwards, was not there then. Rather twice than never."""
    began = select(func.min(Run.started_at))
    ended = began.join(Event, Event.subject_id == Run.id).where(Event.type == EventType.RUN_FINISHED.value)
    adopted = began.join(Exchange, Exchange.run_id == Run.id).join(Event, Event.subject_id == Exchange.segment_id)
    adopted = adopted.where(Event.type == EventType.SEGMENT_ADOPTED.value)
    found = [connection.execute(query.where(Event.at >= mark)).scalar() for query in (ended, adopted)]
    return min([mark, *(at for at in found if at is not None)])
