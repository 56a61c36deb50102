"""What a record said, from when to when: versions out of occurrences. Pure.

Each occurrence is one sight of the record in a stored answer. They are taken in order of arrival and each is put at its
place in time. There it joins the version it stands in or beside, if their contents do not contradict each other;
otherwise it establishes a version of its own, and where it fell inside a version, that version's two sides become two
versions. So:

* A, B, A again is three versions, since only neighbours in time are compared.
* A field that one side does not have is not compared: another endpoint's field set is no edit. A version's content is
  what all its occurrences say together.
* An old answer out of a cache carries its own time, so it joins the version it belongs to.
* What runs archived themselves was seen in the order in which it arrived, whatever our clock said: one that was set
  back in between makes no earlier version of what was seen later. What was adopted or pushed may have waited, and is
  placed by the clock.
* Contents under different projection schemes cannot be compared and never make an edit: the newer scheme's content
  stands beside the older one's in the same version, and only the newest scheme's is shown. A change that fell exactly
  between the last answer read with the old scheme and the first read with the new one is therefore shown once the next
  answer differs, not at the seam.
* A version's id comes from its occurrence that arrived first. What arrives later may split a version or move numbers,
  but every id that was given stays, and stays with the occurrence that gave it: versions are split, never joined. Where
  that one showed no words, the id stays with the words that it was first known with.
* Neighbours in time with equal contents are always in one version. What a split leaves beside a version that it does
  not contradict is that version, and no version of its own: where an edit is learnt that was seen between words and a
  later sight without any, that sight shows the edit, and the edit may be known already from afterwards.
* A version was seen when any of it was, and by everybody when an answer that everybody could have got showed any of
  it; no other changes those times. What stands without its words (deleted, hidden) or is only named is a sight of
  the record, in its state, and never one of the words that stood there before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archiver import ids
from archiver.records.contents import Content, contradict, equal, share

Arrival = tuple[int, int, str, int]
"""Run number, ordinal, exchange, position: one order for everything an account has stored."""
_Time = tuple[datetime, bool, datetime, Arrival]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One sight of one record in one stored answer."""

    exchange_id: str
    position: int
    run_number: int
    """Of the run it arrived with: the adopting run's, for an adopted segment."""
    ordinal: int
    observed_at: datetime
    as_of: datetime | None
    """Since when it stood so, by the platform's clock."""
    retrospective: bool
    scheme: int
    content: Content
    text: str
    last_seen_at: datetime | None = None
    """Last time an answer that was not stored again repeated it."""
    seen_in_public_at: datetime | None = None
    """The same of answers that everybody could have got."""
    public: bool = False
    """Everybody could have got this answer."""
    late: bool = False
    """It may have been seen before what arrived before it: adopted, read again, or pushed and archived later."""
    carries: str | None = None
    """Id of the version it stands for, where the occurrence that gave that id was disposed of."""

    @property
    def arrival(self) -> Arrival:
        return self.run_number, self.ordinal, self.exchange_id, self.position

    def time(self, seen_at: datetime | None = None) -> _Time:
        """Its place in time: the platform's own where it says so, what it only remembers before what stands.
        ``seen_at``: not before then, whatever our clock said."""
        at = max(self.observed_at, seen_at or self.observed_at)
        return self.as_of or at, not self.retrospective, at, self.arrival

    @property
    def seen_until(self) -> datetime:
        return max(self.observed_at, self.last_seen_at or self.observed_at)

    @property
    def public_until(self) -> datetime:
        """The same of one that is public."""
        return max(self.observed_at, self.seen_in_public_at or self.observed_at)


@dataclass(frozen=True, slots=True)
class Version:
    """What a record said for a while."""

    id: str
    number: int
    """In order of time, from 1."""
    scheme: int
    content: Content
    text: str
    as_of: datetime | None
    first_seen_at: datetime | None
    """When any of it was first seen standing; None: never, the platform only remembers it."""
    last_seen_at: datetime | None
    """When any of it was last seen standing. The record itself may be seen later, without its words."""
    public: bool
    """Everybody could see any of it, be it in the platform's history."""
    public_first_at: datetime | None
    """The same times of what everybody could see."""
    public_last_at: datetime | None
    members: tuple[Occurrence, ...]
    """Its occurrences in order of time."""
    reference: Occurrence
    """What an unchanged answer repeats: the latest to arrive of those that show the whole of it, or else anything of
    it; live ones first."""


class Timeline:
    """The versions of one record while occurrences arrive. The one mutable thing here; small, and private to a call."""

    def __init__(self, record_id: str) -> None:
        self._record_id = record_id
        self._spans: list[_Span] = []
        self._latest: datetime | None = None
        """By our clock, of what runs archived themselves so far."""

    def arrive(self, occurrence: Occurrence) -> None:
        """Take the next occurrence, in order of arrival."""
        sight = self._placed(occurrence)
        index = bisect_right(self._spans, sight.time, key=lambda span: span.placed[0].time) - 1
        if index >= 0 and sight.time < self._spans[index].placed[-1].time:
            span = self._spans[index]
            if span.fit(sight) is not None:
                span.insert(sight)
                return
            self._spans[index : index + 1] = span.split(sight.time)
            self._place_beside(index, sight)
            self._settle()
        else:
            self._place_beside(index, sight)

    def _place_beside(self, index: int, sight: _Placed) -> None:
        beside = [span for span in self._spans[max(index, 0) : index + 2] if span.fit(sight) is not None]
        if beside:
            max(beside, key=lambda span: span.fit(sight) or 0).insert(sight)  # the earlier one, if both fit
        else:
            self._spans.insert(index + 1, _Span.of(sight))

    def _settle(self) -> None:
        """What a split left over without an id goes to the version beside it, where they agree, or is one by itself."""
        index = next(index for index, span in enumerate(self._spans) if span.anchor is None)
        left_over = self._spans[index]
        for other in self._spans[max(index - 1, 0) : index] + self._spans[index + 1 : index + 2]:
            if other.agrees(left_over):
                other.join(left_over)
                del self._spans[index]
                return
        left_over.name({id(span.giver) for span in self._spans})

    def _placed(self, occurrence: Occurrence) -> _Placed:
        if occurrence.late:
            return _Placed(occurrence.time(), occurrence)
        time = occurrence.time(self._latest)
        self._latest = max(occurrence.observed_at, self._latest or occurrence.observed_at)
        return _Placed(time, occurrence)

    def versions(self) -> tuple[Version, ...]:
        """As they stand now, in order of time."""
        return tuple(span.version(self._record_id, number) for number, span in enumerate(self._spans, 1))


def versions(record_id: str, occurrences: Iterable[Occurrence]) -> tuple[Version, ...]:
    """The versions of one record, in order of time. The order in which ``occurrences`` are given does not matter."""
    timeline = Timeline(record_id)
    for occurrence in sorted(occurrences, key=lambda one: one.arrival):
        timeline.arrive(occurrence)
    return timeline.versions()


@dataclass(frozen=True, slots=True)
class Current:
    """As much of a record's latest version as decides the common case without its other occurrences."""

    scheme: int
    content: Content
    as_of: datetime | None
    last_seen_at: datetime
    """Of the record: no occurrence of any version was observed later."""
    arrival: Arrival
    """Of the record's occurrence that arrived last."""


def repeats(current: Current, occurrence: Occurrence) -> bool:
    """Whether it is certain, without looking at other occurrences, that this one joins the current version and adds
    nothing to it but its time. False means: :func:`versions` decides."""
    return (
        not occurrence.retrospective
        and occurrence.scheme == current.scheme
        and occurrence.arrival > current.arrival
        and occurrence.observed_at >= current.last_seen_at
        and _not_before(occurrence.as_of, current.as_of)
        and equal(occurrence.content, current.content)
    )


def differs(occurrence: Occurrence, scheme: int, content: Content) -> bool:
    """Whether an occurrence's own content must be kept beside its version's, because it is not the same."""
    return occurrence.scheme != scheme or not equal(occurrence.content, content)


def shows(occurrence: Occurrence, scheme: int, content: Content) -> bool:
    """Whether an occurrence shows anything of its version, so that this was seen then."""
    return bool(occurrence.content) or not differs(occurrence, scheme, content)


def _not_before(as_of: datetime | None, start: datetime | None) -> bool:
    if as_of is None or start is None:
        return as_of is start
    return as_of >= start


@dataclass(frozen=True, slots=True)
class _Placed:
    """An occurrence at its place in time."""

    time: _Time
    occurrence: Occurrence


class _Span:
    """Occurrences next to each other in time that do not contradict each other.

    ``giver``: the occurrence whose id is the version's; ``anchor``: the one that it stays with. Both None: what a split
    left over, which has no id yet. A giver that showed no words may stand in another version by now.
    """

    __slots__ = ("anchor", "contents", "giver", "placed")

    def __init__(
        self, placed: list[_Placed], giver: Occurrence | None = None, anchor: Occurrence | None = None
    ) -> None:
        self.placed = placed
        self.giver, self.anchor = giver, anchor
        self.contents: dict[int, dict[str, object]] = {}
        for one in placed:
            self._merge(one.occurrence)

    @classmethod
    def of(cls, sight: _Placed) -> _Span:
        return cls([sight], sight.occurrence, sight.occurrence)

    @property
    def members(self) -> list[Occurrence]:
        return [one.occurrence for one in self.placed]

    def fit(self, sight: _Placed) -> int | None:
        """None: they contradict. Else how well they go together: 2, equal to its neighbour in time; 1, they agree on
        what both have; 0, nothing to compare."""
        occurrence = sight.occurrence
        known = self.contents.get(occurrence.scheme)
        if known is None:
            return 0
        if contradict(occurrence.content, known):
            return None
        if any(_same(occurrence, member) for member in self._neighbours(sight)):
            return 2
        return 1 if share(occurrence.content, known) else 0

    def insert(self, sight: _Placed) -> None:
        self.placed.insert(self._index(sight.time), sight)
        self._merge(sight.occurrence)
        if self.anchor is not None and not self.anchor.content and sight.occurrence.content:
            self.anchor = sight.occurrence

    def split(self, at: _Time) -> list[_Span]:
        index = self._index(at)
        return [self._part(self.placed[:index]), self._part(self.placed[index:])]

    def _part(self, placed: list[_Placed]) -> _Span:
        if any(one.occurrence is self.anchor for one in placed):
            return _Span(placed, self.giver, self.anchor)
        return _Span(placed)

    def name(self, givers: set[int]) -> None:
        """Give what a split left over an id of its own: none that one of ``givers`` (:func:`id`) has given. Not all of
        its occurrences have: where one without words stands here, one with words does, and that gives no other's."""
        arrived = sorted(self.members, key=lambda one: one.arrival)
        self.giver = next(one for one in arrived if id(one) not in givers)
        self.anchor = next((one for one in arrived if one.content), self.giver)

    def agrees(self, other: _Span) -> bool:
        """Whether both have a field in common and contradict each other in none."""
        schemes = self.contents.keys() & other.contents.keys()
        pairs = [(self.contents[scheme], other.contents[scheme]) for scheme in schemes]
        return any(share(*pair) for pair in pairs) and not any(contradict(*pair) for pair in pairs)

    def join(self, other: _Span) -> None:
        """Take in what stands before or after; the id stays."""
        for one in other.placed:
            self.insert(one)

    def version(self, record_id: str, number: int) -> Version:
        scheme = max(self.contents)
        content, members = self.contents[scheme], self.members
        showing = [one for one in members if shows(one, scheme, content)]
        live = [one for one in showing if not one.retrospective]
        public = [one for one in live if one.public]
        fullest = min(members, key=lambda one: (-one.scheme, -len(one.content), one.arrival))
        return Version(
            id=_id(record_id, self.giver or members[0]),
            number=number,
            scheme=scheme,
            content=content,
            text=fullest.text,
            as_of=min((member.as_of for member in members if member.as_of is not None), default=None),
            first_seen_at=min((member.observed_at for member in live), default=None),
            last_seen_at=max((member.seen_until for member in live), default=None),
            public=any(one.public for one in showing),
            public_first_at=min((member.observed_at for member in public), default=None),
            public_last_at=max((member.public_until for member in public), default=None),
            members=tuple(members),
            reference=max(
                members,
                key=lambda one: (
                    not one.retrospective,
                    not differs(one, scheme, content),
                    bool(one.content),
                    one.arrival,
                ),
            ),
        )

    def _neighbours(self, sight: _Placed) -> list[Occurrence]:
        index = self._index(sight.time)
        return [one.occurrence for one in self.placed[max(index - 1, 0) : index + 1]]

    def _index(self, at: _Time) -> int:
        return bisect_right(self.placed, at, key=lambda one: one.time)

    def _merge(self, occurrence: Occurrence) -> None:
        self.contents.setdefault(occurrence.scheme, {}).update(occurrence.content)


def _same(left: Occurrence, right: Occurrence) -> bool:
    return left.scheme == right.scheme and equal(left.content, right.content)


def _id(record_id: str, first: Occurrence) -> str:
    return first.carries or ids.version_id(record_id, first.exchange_id, first.position)
