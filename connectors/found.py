"""What one body holds, collected while it is read: records, what could not be read, and names nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from connectors import drift
from connectors.contract import Ask, JSONValue, Problem, Reading, SeenRecord
from connectors.values import Unreadable


@dataclass(slots=True)
class Finding:
    """What one body holds. Each platform says which names its things have."""

    ask: Ask
    records: list[SeenRecord] = field(default_factory=list)
    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)
    problem: Problem | None = None

    def unknown(self, kind: str, value: JSONValue) -> Collection[str]:
        """Names in ``value`` that this kind of thing does not have."""
        raise NotImplementedError

    def note(self, kind: str, value: JSONValue) -> None:
        """Note such names."""
        self.drift |= set(self.unknown(kind, value))

    def add(self, kind: str, value: JSONValue, place: str, make: Callable[[], SeenRecord]) -> SeenRecord | None:
        """Add what ``make`` reads; None where it is unreadable."""
        self.note(kind, value)
        try:
            record = make()
        except Unreadable as error:
            self.quarantine.append((place, str(error)))
            return None
        self.records.append(record)
        return record

    def reading(self) -> Reading:
        """All of it."""
        return Reading(
            records=tuple(self.records),
            quarantine=tuple(self.quarantine),
            drift=drift.report(self.drift),
            problem=self.problem,
        )
