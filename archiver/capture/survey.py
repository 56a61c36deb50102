"""What the store says of one account before anything of it is applied: its segments, the runs that filled them, and the
order in which all of it arrived. The first pass of a rebuild; it also proves every object against its key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from archiver.capture.adoption import finished_segment
from archiver.capture.batch import FinishedSegment
from archiver.capture.contents import check_hash, understood
from archiver.capture.parts import Part, part_from
from archiver.errors import IntegrityError
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.storage.protocol import ObjectStore, Stored
from archiver.storage.segment_names import parse_segment_key
from archiver.storage.segment_reader import ReadExchange, ReadInfo, ReadRunRecord, read_segment

_PartKey = tuple[str, int, str]
#: Place in the log of what has none yet: after everything else.
LAST: Final = 2**63
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One segment after the first pass."""

    finished: FinishedSegment
    stored: Stored
    run: str
    """That filled it; of one that holds run records only, the last of them."""
    number: int
    first: int
    """Lowest ordinal in it; -1: no exchange could be read."""
    holds_exchanges: bool
    at: datetime
    """When it was begun, by its warcinfo; where it could not be read, the beginning of time."""
    intact: bool = True
    """The object is what its key says. Of another one only those exchanges count whose commitment was logged."""


@dataclass(slots=True)
class Survey:
    """Everything the first pass learns about one account."""

    account: str
    segments: list[Surveyed] = field(default_factory=list)
    parts: dict[_PartKey, list[tuple[Part, Surveyed]]] = field(default_factory=dict)
    """By run, part and class, as it stands in each segment it was found in."""
    damaged: list[str] = field(default_factory=list)
    _about: tuple[int, dict[str, Any]] | None = None
    _first: tuple[int, dict[str, Any]] | None = None

    @property
    def found(self) -> Iterable[Part]:
        """Every part, as often as it was found."""
        return (part for several in self.parts.values() for part, _ in several)

    @property
    def about(self) -> dict[str, Any] | None:
        """The account as its newest run that says so has it."""
        return self._about[1] if self._about else None

    @property
    def first_about(self) -> dict[str, Any] | None:
        """The account as its first run that says so has it."""
        return self._first[1] if self._first else None

    def read(self, store: ObjectStore, stored: Stored) -> None:
        """Survey one more segment. Damage is noted and passed by."""
        named = parse_segment_key(stored.key)
        assert named is not None
        found, intact = _Found(), True
        try:
            check_hash(store, stored.key, named.sha256, stored.version_id)
            with store.open(stored.key, version_id=stored.version_id) as stream:
                for read in read_segment(stream, bodies=False, key=stored.key):
                    with understood(stored.key):
                        found.note(read)
        except IntegrityError as error:
            self.damaged.append(str(error))
            intact = False
        surveyed = replace(found.surveyed(stored), intact=intact)
        self.segments.append(surveyed)
        for part in found.parts:
            self.parts.setdefault((part.run, part.part, part.access), []).append((part, surveyed))
            if "about" in part.fields:
                self._learn(part.number, part.fields["about"])
        if found.account is not None:
            self._learn(-1, found.account)

    def _learn(self, number: int, about: dict[str, Any]) -> None:
        if self._about is None or number > self._about[0]:
            self._about = (number, about)
        if number >= 0 and (self._first is None or number < self._first[0]):
            self._first = (number, about)


@dataclass(slots=True)
class _Found:
    """What one segment holds, as it is read."""

    run: str = ""
    number: int = 0
    first: int = -1
    warc_records: int = 1
    account: dict[str, Any] | None = None
    at: datetime = _UNKNOWN
    parts: list[Part] = field(default_factory=list)

    def note(self, read: ReadInfo | ReadExchange | ReadRunRecord) -> None:
        if isinstance(read, ReadExchange):
            facts = read.facts
            self.run, self.number = facts["run"], facts["run_number"]
            self.first = facts["ordinal"] if self.first < 0 else min(self.first, facts["ordinal"])
            self.warc_records += 2 if read.request is None else 3
        elif isinstance(read, ReadRunRecord):
            self.parts.append(part_from(read.fields))
        else:
            self.account, self.at = read.account, read.at
            self.warc_records += 1

    def surveyed(self, stored: Stored) -> Surveyed:
        finished = finished_segment(stored, self.warc_records)
        if self.run or not self.parts:
            return Surveyed(finished, stored, self.run, self.number, self.first, bool(self.run), self.at)
        last = self.parts[-1]
        return Surveyed(finished, stored, last.run, last.number, max(last.through - 1, 0), False, self.at)


# --- what the log says ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Logged:
    """Which segments and runs have entries in the event log, by id, and where the last of them is."""

    archived: Mapping[str, int]
    adopted: Mapping[str, int]
    runs: Mapping[str, int]


def read_logged(connection: Connection) -> Logged:
    """Of the database's copy of the log, which a rebuild has made equal to the store's before."""

    def subjects(*kinds: EventType) -> dict[str, int]:
        query = select(Event.subject_id, Event.position).where(Event.type.in_([kind.value for kind in kinds]))
        found = connection.execute(query.order_by(Event.position.nulls_last()))
        return {subject: LAST if position is None else position for subject, position in found}

    return Logged(
        subjects(EventType.SEGMENT_ARCHIVED),
        subjects(EventType.SEGMENT_ADOPTED),
        subjects(EventType.RUN_RECORDED, EventType.RUN_FINISHED),
    )


# --- the order of arrival ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """What was committed together: a part of a run with the segments of its batch, or an adoption."""

    number: int
    part: int
    parts: Sequence[Part]
    segments: Sequence[Surveyed]
    adopted: Sequence[Surveyed] = ()

    def is_logged(self, logged: Logged) -> bool:
        """Whether the log has what was logged in the same transaction."""
        if self.segments:
            return all(one.finished.id in logged.archived for one in self.segments)
        return all(part.run in logged.runs for part in self.parts)

    def position(self, logged: Logged) -> int:
        """Where in the log its commit stands; :data:`LAST` where it has no entry."""
        if self.segments:
            return min(logged.archived.get(one.finished.id, LAST) for one in self.segments)
        return max((logged.runs.get(part.run, LAST) for part in self.parts), default=LAST)


def steps(survey: Survey, logged: Logged) -> list[Step]:
    """Everything that was committed, in order of arrival. A segment stands with the part whose ordinals its own are
    among. One that was never committed is in no step: it is adopted later, like any object without a row."""
    named = {key for part in survey.found for key in part.adopted}
    adopted = {one.stored.key: one for one in survey.segments if one.stored.key in named}
    refused = _refused(survey, logged, named)
    own: defaultdict[str, list[Surveyed]] = defaultdict(list)
    for one in survey.segments:
        if one.stored.key not in adopted and one.stored.key not in refused:
            own[one.run].append(one)
    outside = {*adopted, *refused}
    runs: defaultdict[tuple[int, str], defaultdict[int, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for several in survey.parts.values():
        # What a run said of itself in a segment that was refused does not count, what rode along does.
        counts = (part for part, home in several if part.run != home.run or home.stored.key not in outside)
        if (part := next(counts, None)) is not None:
            runs[part.number, part.run][part.part].append(part)
    found = [
        step for (number, run), parts in runs.items() for step in _of_run(number, parts, own.pop(run, []), adopted)
    ]
    # Segments whose run record is lost with another object: the exchanges count, the run stays interrupted.
    found += [Step(segments[0].number, 0, (), segments) for segments in own.values()]
    return sorted(found, key=lambda step: (step.number, step.part))


def _of_run(
    number: int, parts: dict[int, list[Part]], segments: Iterable[Surveyed], adopted: dict[str, Surveyed]
) -> Iterable[Step]:
    left = sorted(segments, key=lambda one: one.first)
    for index in sorted(parts):
        through = max(part.through for part in parts[index])
        here = [one for one in left if one.first < through]
        left = left[len(here) :]
        taken_in = [adopted[key] for part in parts[index] for key in part.adopted if key in adopted]
        yield Step(number, index, parts[index], here, taken_in)
    if left:  # of a later batch, whose run record is lost
        yield Step(number, max(parts) + 1, (), left)


def _refused(survey: Survey, logged: Logged, adopted: set[str]) -> set[str]:
    """Keys of segments that stand in the store without ever having been committed, or whose adoption is lost.

    Commits are logged in their own transaction and the log is stored without holes. So what has no entry, while a
    later run of the account has one, was never committed; and what has none, with nothing after it, was logged last.
    """
    later = max((part.number for part in survey.found if part.run in logged.runs), default=0)
    refused = set()
    for one in survey.segments:
        key, segment = one.stored.key, one.finished.id
        known = key in adopted or segment in logged.archived
        if not known and (segment in logged.adopted or one.number < later):
            refused.add(key)
    return refused
