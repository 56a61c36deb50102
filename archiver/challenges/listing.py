"""Challenges of all records that somebody sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from archiver.challenges.models import ChallengeStatement
from archiver.challenges.rules import Outcome
from archiver.challenges.service import ChallengeView
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD, table
from archiver.viewing import Viewer

_SAID: Final = table(ChallengeStatement)
_EACH: Final = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """One challenge in the list. ``number``: its place."""

    number: int
    view: ChallengeView


def listed(
    connection: Connection,
    viewer: Viewer,
    *,
    account_id: str | None = None,
    outcome: Outcome | None = None,
    limit: int = 50,
    before: int | None = None,
) -> list[Listed]:
    """Challenges that were not entered by mistake, what was said last first, of records that the viewer sees."""
    found: list[Listed] = []
    while len(found) < limit:
        rows = _rows(connection, viewer, account_id, before)
        found += [_listed(row) for row in rows if outcome is None or row.says["outcome"] == outcome.value]
        if len(rows) < _EACH:
            break
        before = rows[-1].number
    return found[:limit]


def _rows(connection: Connection, viewer: Viewer, account_id: str | None, before: int | None) -> list[Any]:
    later = _SAID.alias("later")
    last = select(later.c.act_id).where(later.c.challenge_id == _SAID.c.challenge_id, later.c.number > _SAID.c.number)
    own = _SAID.alias("own")
    times = select(func.count()).where(own.c.challenge_id == _SAID.c.challenge_id).scalar_subquery()
    query = (
        select(_SAID, times.label("times"))
        .join(RECORD, RECORD.c.id == _SAID.c.record_id)
        .where(~_SAID.c.void, ~last.exists(), *allowed(viewer))
    )
    if account_id is not None:
        query = query.where(_SAID.c.account_id == account_id)
    if before is not None:
        query = query.where(_SAID.c.number < before)
    return [*connection.execute(query.order_by(_SAID.c.number.desc()).limit(_EACH))]


def _listed(row: Any) -> Listed:
    says = ChallengeSays.model_validate(row.says)
    return Listed(row.number, ChallengeView(row.challenge_id, row.entered_at, row.by, says, row.times, row.act_id))
