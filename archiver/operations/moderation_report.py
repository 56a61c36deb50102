"""How much was hidden or removed, on which ground and by whom (law R16). What each number means is laid down in
``docs/moderation.md``; the counting is pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from sqlalchemy import Connection, select

from archiver.accounts import service as accounts
from archiver.accounts.register import sheets
from archiver.errors import Refused
from archiver.moderation import statements
from archiver.moderation.matching import TO_EXPLAIN
from archiver.moderation.statements import StatementView
from archiver.moderation.words import ACTORS, OUTCOMES
from archiver.operations import changes as told
from archiver.records import changes
from archiver.records.changes import Kind, Wanted
from archiver.records.stored import RECORD, chunks
from archiver.records.views import Change
from archiver.records.withheld import times_of
from archiver.viewing import Viewer

#: Most changes that one report counts.
MOST: Final = 20_000
_APPEALS: Final = tuple(f"appeal {code}" for code in OUTCOMES)
UNEXPLAINED: Final = "unexplained"
PLATFORM: Final = "platform_says"
NO_GROUND: Final = "no_ground"


@dataclass(frozen=True, slots=True)
class Counted:
    """One change that is counted."""

    change: Change
    stood: timedelta
    """From when the archive first saw the record to when it saw the change."""
    said: StatementView | None
    """The first statement that is about it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: all changes of one ground, or of one kind of actor."""

    code: str
    words: str
    count: int
    share: float
    """Of all changes that are counted, from 0 to 1."""
    median: timedelta | None
    """Of how long they stood."""
    appealed: int
    outcomes: Mapping[str, int]
    """Appeals that were decided, by outcome."""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it."""

    total: int
    by_ground: tuple[Line, ...]
    by_actor: tuple[Line, ...]

    @property
    def unexplained(self) -> int:
        """How many nobody has explained who has to be."""
        return sum(one.count for one in self.by_ground if one.code == UNEXPLAINED)


def report(
    connection: Connection,
    viewer: Viewer,
    person_id: str | None,
    grounds: Mapping[str, str],
    *,
    since: datetime | None,
    until: datetime | None,
    account_ids: Collection[str] | None = None,
) -> Report:
    """What a viewer may see of it, counted; ``since`` counted, ``until`` not.

    Raises:
        Refused: it is more than one report counts.
    """
    found: list[Change] = []
    for kind in (Kind.HIDDEN, Kind.GONE):
        for account_id in [None] if account_ids is None else sorted(account_ids):
            wanted = Wanted(account_id, kind, since, until=until)
            found += changes.recent(connection, viewer, wanted=wanted, limit=MOST + 1 - len(found))
            if len(found) > MOST:
                raise Refused(f"there are more than {MOST:,} changes: choose a shorter time or one account")
    ids = {one.record_id for one in found}
    said = statements.of_records(connection, viewer, person_id, ids)
    first = _first_seen(connection, viewer, ids)
    counted = [
        Counted(
            one,
            one.at - first.get(one.record_id, one.at),
            next(iter(told.about(one, said.get(one.record_id, []))), None),
        )
        for one in found
    ]
    return tables(counted, grounds)


def tables(counted: Sequence[Counted], grounds: Mapping[str, str]) -> Report:
    """Count. Pure."""
    rest = {
        NO_GROUND: "A statement without a ground of the list",
        PLATFORM: "No statement; the platform says that its author deleted it or that it removed it",
        UNEXPLAINED: "Unexplained",
    }
    return Report(
        len(counted),
        tuple(_lines(counted, _ground, {**grounds, **rest})),
        tuple(_lines(counted, _actor, {**ACTORS, **rest})),
    )


def as_csv(made: Report) -> bytes:
    """Both tables, for a spreadsheet, as every other sheet of the archive is written."""
    rows = [["table", "code", "words", "changes", "share", "median seconds", "appeals", *_APPEALS]]
    for name, lines in (("ground", made.by_ground), ("actor", made.by_actor)):
        rows += [[name, *_cells(one)] for one in lines]
    return sheets.write(rows)


def _cells(one: Line) -> list[str]:
    stood = "" if one.median is None else str(round(one.median.total_seconds()))
    given = [str(one.outcomes.get(code, 0)) for code in OUTCOMES]
    return [one.code, one.words, str(one.count), f"{one.share:.4f}", stood, str(one.appealed), *given]


def accounts_of(connection: Connection, viewer: Viewer, account: str, authority: str) -> list[str] | None:
    """The accounts that were chosen; None: all."""
    if account:
        return [account]
    if not authority:
        return None
    return [one.id for one in accounts.list_accounts(connection) if viewer.sees(one.id) and one.authority == authority]


def _ground(one: Counted) -> str:
    if one.said is not None:
        return one.said.says.ground or NO_GROUND
    return UNEXPLAINED if one.change.after in TO_EXPLAIN else PLATFORM


def _actor(one: Counted) -> str:
    return _ground(one) if one.said is None else one.said.says.actor


def _lines(counted: Sequence[Counted], of: Callable[[Counted], str], words: Mapping[str, str]) -> Iterable[Line]:
    """A line for each code of which there is any, in the order of the list; codes that the list lost come last."""
    found: dict[str, list[Counted]] = {}
    for one in counted:
        found.setdefault(of(one), []).append(one)
    for code in [*words, *sorted(found.keys() - words.keys())]:
        mine = found.get(code, [])
        if not mine:
            continue
        acts = {one.said.id: one.said.says for one in mine if one.said is not None}
        appealed = [says for says in acts.values() if says.appeal_on is not None]
        outcomes = [says.outcome for says in appealed if says.outcome is not None]
        yield Line(
            code,
            words.get(code, code),
            len(mine),
            len(mine) / len(counted),
            timedelta(seconds=median(one.stood.total_seconds() for one in mine)),
            len(appealed),
            {code: outcomes.count(code) for code in OUTCOMES if code in outcomes},
        )


def _first_seen(connection: Connection, viewer: Viewer, record_ids: Collection[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    at = times_of(viewer)(RECORD.c.first_seen_at, RECORD.c.public_first_at)
    for chunk in chunks(sorted(record_ids)):
        query = select(RECORD.c.id, at.label("at")).where(RECORD.c.id.in_(chunk))
        found |= {row.id: row.at for row in connection.execute(query) if row.at is not None}
    return found
