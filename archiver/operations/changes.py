"""Changes of records, and looks around a moment, in words and for programs."""

from __future__ import annotations

from typing import Any

from archiver.clock import to_text
from archiver.operations.poll_times import Look, PollTimes
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


def in_words(times: PollTimes) -> str:
    """What follows for something that is claimed to have been there, in a sentence or two."""
    if not times.before:
        return "Nobody looked at this account before that: what was there then was seen by nobody."
    if times.unseen is None:
        side = "before" if not any(one.complete for one in times.before) else "after"
        return f"No look near that moment {side} it was complete, so what was there then may never have been seen."
    said = (
        f"Between the last complete look before and the first complete one after lie {in_time(times.unseen)}. What was"
        " written and taken away again within that time was seen by nobody."
    )
    return said if not times.gaps else f"{said} The moment lies in a known gap."


def looks_as_json(times: PollTimes) -> dict[str, Any]:
    """The looks around a moment for programs."""
    return {
        "at": to_text(times.at),
        "before": [_look(one) for one in times.before],
        "after": [_look(one) for one in times.after],
        "unseen_seconds": None if times.unseen is None else times.unseen.total_seconds(),
        "gaps": [{"stream": one.stream, "cause": one.cause, "opened_by": one.opened_by} for one in times.gaps],
        "said": in_words(times),
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
