"""Whether the index holds what the log says was archived: every segment, exchange and run, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlalchemy.sql.elements import ColumnElement

from archiver.capture.models import Exchange, Run, Segment
from archiver.evidence.entry import Entry
from archiver.evidence.models import Event
from archiver.evidence.stored_check import LogProblem, Word
from archiver.storage.segment_check import Known

_AT_ONCE = 500
_SEGMENTS = ("segment.archived", "segment.adopted")
_RUNS = ("run.recorded", "run.finished")
_MOST = 1000


@dataclass(slots=True)
class IndexCheck:
    """Takes the entries of the log one by one, then says what does not fit."""

    connection: Connection
    entries: int = 0
    """Run records named below this position are looked for in the segments."""
    problems: list[LogProblem] = field(default_factory=list)
    segments: dict[str, Known] = field(default_factory=dict)
    """What the log says of every segment, by key."""
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Commitments of run records, by run."""
    _exchanges: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _runs: list[str] = field(default_factory=list)

    def see(self, position: int, entry: Entry, _body: bytes) -> None:
        """The next entry."""
        data = entry.data
        if entry.type == "exchange.archived":
            self._exchanges[entry.subject_id] = data
            if len(self._exchanges) >= _AT_ONCE:
                self._compare_exchanges()
        elif entry.type in _SEGMENTS:
            self.segments[data["key"]] = Known(data["sha256"], data["size"], data["warc_records"])
        elif entry.type in _RUNS:
            if position < self.entries:
                self.parts.setdefault(entry.subject_id, []).extend(data["commitments"].values())
            if entry.type == "run.finished":
                self._runs.append(entry.subject_id)

    def end(self, index: Mapping[str, Known]) -> None:
        """All entries were seen; ``index`` is what the index says of the segments."""
        self._compare_exchanges()
        self._compare_runs()
        self._compare_segments(index)
        for kind, model, types in (
            ("exchange", Exchange, ("exchange.archived",)),
            ("segment", Segment, _SEGMENTS),
        ):
            logged = exists().where(Event.subject_id == model.id, Event.type.in_(types))
            for name in self._ids(model.id, ~logged):
                self._add("untracked", f"{kind} {name} is in the index, and the log does not name it")

    def _compare_exchanges(self) -> None:
        columns = (Exchange.id, Exchange.commitment, Exchange.segment_id, Exchange.run_id, Exchange.account_id)
        rows = self.connection.execute(select(*columns).where(Exchange.id.in_(self._exchanges)))
        found = {
            row.id: {
                "commitment": row.commitment,
                "segment": row.segment_id,
                "run": row.run_id,
                "account": row.account_id,
            }
            for row in rows
        }
        for name, data in self._exchanges.items():
            if name not in found:
                self._add("missing", f"exchange {name} is in the log, and not in the index")
            elif found[name] != dict(data):
                self._add("changed", f"exchange {name} is not in the index as it is in the log")
        self._exchanges.clear()

    def _compare_runs(self) -> None:
        for start in range(0, len(self._runs), _AT_ONCE):
            some = self._runs[start : start + _AT_ONCE]
            found = set(self.connection.execute(select(Run.id).where(Run.id.in_(some))).scalars())
            for name in some:
                if name not in found:
                    self._add("missing", f"run {name} is in the log, and not in the index")

    def _compare_segments(self, index: Mapping[str, Known]) -> None:
        for key, known in self.segments.items():
            if key not in index:
                self._add("missing", "the log names this segment, and the index does not know it", key)
            elif replace(index[key], version_id=None) != known:
                self._add("changed", "the index does not say of this segment what the log does", key)

    def missing_parts(self, seen: set[str], waiting: set[str]) -> None:
        """Run records that the log commits to and no segment holds; those of ``waiting`` runs need not yet."""
        for run, commitments in self.parts.items():
            lost = [one for one in commitments if one not in seen]
            if lost and run not in waiting:
                self._add("missing", f"{len(lost)} parts of the record of run {run} are in no segment")

    def _ids(self, column: Any, condition: ColumnElement[bool]) -> Iterator[str]:
        yield from self.connection.execute(select(column).where(condition).limit(_MOST)).scalars()

    def _add(self, word: Word, detail: str, key: str | None = None) -> None:
        if len(self.problems) < _MOST:
            self.problems.append(LogProblem(word, detail, key))
