"""What one part of a run has to say beside its exchanges: the run record of the WARC profile §2.4, kept compact."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archiver import clock
from archiver.capture.asks import encode_bytes
from archiver.capture.facts import stored_json
from archiver.evidence.commitment import commit_run_record
from archiver.records import ranges
from archiver.records.choice import Choice
from connectors.contract import State, Stream

PUBLIC = "public"
"""Access class of a run's main part: outcome, bookmark and what concerns no single record stand there."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How far one run looked at one listing."""

    listing: str
    stream: Stream
    span_from: datetime | None
    """Back to when; None: from the beginning."""
    complete: bool
    seen: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Concluded:
    """What the engine concluded about a record, and from which exchanges."""

    key: str
    state: State
    at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediumOutcome:
    """Why a file could not be had."""

    medium: str
    state: str
    reason: str


@dataclass(slots=True)
class Tally:
    """Collects what a part will say. Everything in here is about answers that were received."""

    asks: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    same: defaultdict[tuple[str, datetime], set[int]] = field(default_factory=lambda: defaultdict(set))
    named: defaultdict[tuple[str, datetime], set[int]] = field(default_factory=lambda: defaultdict(set))
    stored: int = 0
    counted: list[tuple[str, int, datetime]] = field(default_factory=list)
    """What the platform counts under records, as answers said that were not stored."""
    concluded: list[Concluded] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    media: list[MediumOutcome] = field(default_factory=list)
    links: list[Mapping[str, Any]] = field(default_factory=list)
    """Where short links led, as the run record has it."""
    drift: set[str] = field(default_factory=set)
    marked: bool = False
    """The bookmark of this class changed."""

    @property
    def empty(self) -> bool:
        told = self.asks or self.same or self.stored or self.concluded or self.covered or self.media
        return not (told or self.links or self.named or self.counted or self.drift or self.marked)

    def asked(self, purpose: str, status: int | str) -> None:
        self.asks[purpose][str(status)] += 1

    def seen_again(self, choice: Choice, at: datetime) -> None:
        """An answer that is not stored."""
        for exchange, position in choice.same:
            self.same[exchange, at].add(position)
        for exchange, position in choice.named:
            self.named[exchange, at].add(position)

    def fields(self) -> dict[str, Any]:
        """The JSON fields, empty ones left out; everything in a fixed order."""
        return without_empty(
            {
                "stored": self.stored or None,
                "asks": {purpose: dict(sorted(counts.items())) for purpose, counts in sorted(self.asks.items())},
                "same": _references(self.same),
                "named": _references(self.named),
                "counted": [[key, number, clock.to_text(at)] for key, number, at in self.counted],
                "states": [
                    [one.key, one.state.value, clock.to_text(one.at), list(one.evidence)] for one in self.concluded
                ],
                "coverage": [_coverage_fields(covered) for covered in self.covered],
                "media": [[one.medium, one.state, one.reason] for one in self.media],
                "links": self.links,
                "drift": sorted(self.drift),
            }
        )


def _references(told: Mapping[tuple[str, datetime], Iterable[int]]) -> list[list[str]]:
    return [
        [exchange, ranges.encode(positions), clock.to_text(at)] for (exchange, at), positions in sorted(told.items())
    ]


def _coverage_fields(covered: Covered) -> dict[str, Any]:
    return without_empty(
        {
            "listing": covered.listing,
            "stream": covered.stream.value,
            "from": clock.to_text(covered.span_from) if covered.span_from else None,
            "complete": covered.complete,
            "seen": covered.seen,
            "reason": covered.reason,
        }
    )


def without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


@dataclass(frozen=True, slots=True)
class Part:
    """A run record as it stands in a segment (or waits in the spool for one)."""

    run: str
    account: str
    number: int
    part: int
    at: datetime
    fields: dict[str, Any]

    @property
    def access(self) -> str:
        return str(self.fields.get("access", PUBLIC))

    @property
    def final(self) -> bool:
        return bool(self.fields.get("final"))

    @property
    def started_at(self) -> datetime:
        return clock.from_text(self.fields["started_at"])

    @property
    def through(self) -> int:
        """Exchanges with an ordinal below this came before this part."""
        return int(self.fields["through"])

    @property
    def same(self) -> list[tuple[str, list[int], datetime]]:
        return self._references("same")

    @property
    def named(self) -> list[tuple[str, list[int], datetime]]:
        return self._references("named")

    def _references(self, name: str) -> list[tuple[str, list[int], datetime]]:
        return [
            (exchange, list(ranges.decode(positions)), clock.from_text(at))
            for exchange, positions, at in self.fields.get(name, ())
        ]

    @property
    def counted(self) -> list[tuple[str, int, datetime]]:
        return [(key, int(number), clock.from_text(at)) for key, number, at in self.fields.get("counted", ())]

    @property
    def concluded(self) -> list[Concluded]:
        return [
            Concluded(key, State(state), clock.from_text(at), tuple(evidence))
            for key, state, at, evidence in self.fields.get("states", ())
        ]

    @property
    def covered(self) -> list[Covered]:
        return [_coverage_from(fields) for fields in self.fields.get("coverage", ())]

    @property
    def media(self) -> list[MediumOutcome]:
        return [MediumOutcome(*row) for row in self.fields.get("media", ())]

    @property
    def links(self) -> list[Mapping[str, Any]]:
        return list(self.fields.get("links", ()))

    @property
    def adopted(self) -> Sequence[str]:
        return list(self.fields.get("adopted", ()))


def _coverage_from(fields: dict[str, Any]) -> Covered:
    span_from = fields.get("from")
    return Covered(
        fields["listing"],
        Stream(fields["stream"]),
        clock.from_text(span_from) if span_from else None,
        bool(fields["complete"]),
        int(fields.get("seen", 0)),
        fields.get("reason"),
    )


def seal_part(fields: dict[str, Any]) -> Part:
    """A run record with its own commitment, ready to be stored."""
    plain = without_empty(fields)
    if fields.get("bookmark") is not None:
        plain["bookmark"] = fields["bookmark"]  # an empty one says that there is none any more
    seed = os.urandom(32)
    commitment = commit_run_record(seed, stored_json(plain))
    return part_from(plain | {"seed": encode_bytes(seed), "commitment": commitment})


def part_from(fields: dict[str, Any]) -> Part:
    """A stored run record as a :class:`Part`.

    Raises:
        KeyError, ValueError: not one this version knows.
    """
    return Part(
        run=fields["run"],
        account=fields["account"],
        number=int(fields["number"]),
        part=int(fields["part"]),
        at=clock.from_text(fields["at"]),
        fields=fields,
    )
