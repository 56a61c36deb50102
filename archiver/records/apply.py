"""Stored exchanges become rows. The one way in, live and in a rebuild, so that both give the same index.

A batch is collected in memory and written in bulk by :meth:`Applier.flush`. Batches of an account are applied in order
of arrival (run number, then ordinal); inside a batch the order of the calls does not matter. Two cases cover almost
everything: a record seen for the first time, and a record seen again that says what it said. All others read the
record's stored occurrences and work its versions out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from archiver import ids
from archiver.database import safe_text
from archiver.records import numbers, stored
from archiver.records.applied import Applied, Revision, StateChange
from archiver.records.rows import Row
from archiver.records.sightings import Again, Arrived, Sighting
from archiver.records.states import Observation
from archiver.records.writer import Work, Writer
from connectors.contract import Reading, State

__all__ = ["Applied", "Applier", "Arrived", "Revision", "StateChange"]


class Applier:
    """Applies the exchanges of one account.

    Args:
        carried: (exchange, position) → id of the version that occurrence stands for since the one that gave the id
            was disposed of (WARC profile §2.4).
    """

    def __init__(
        self, connection: Connection, account_id: str, carried: Mapping[tuple[str, int], str] | None = None
    ) -> None:
        self._connection = connection
        self._account_id = account_id
        self._carried = carried or {}
        self._begin()

    def _begin(self) -> None:
        self._sightings: list[Sighting] = []
        self._same: dict[tuple[str, int], list[Again]] = {}
        self._named: dict[tuple[str, int], list[Again]] = {}
        self._concluded: list[tuple[str, Observation]] = []
        self._numbers: list[tuple[str, datetime, int, bool | None]] = []
        self._lists: list[tuple[str, datetime, bool]] = []
        self._media: list[tuple[str, Row]] = []
        self._pictures: list[Row] = []
        self._ids: dict[str, str] = {}

    # What the caller tells -------------------------------------------------------------------------------------

    def exchange(self, arrived: Arrived, reading: Reading, positions: Sequence[int] | None = None) -> None:
        """A stored exchange; its row is inserted by the caller, before :meth:`flush`.

        ``positions``: of the reading's records in the exchange facts, where they are not simply 0, 1, 2 … (a reader
        that sees more now than when the exchange was stored).

        Raises:
            ValueError: positions and records do not match.
        """
        numbered = range(len(reading.records)) if positions is None else positions
        for position, seen in zip(numbered, reading.records, strict=True):
            carries = self._carried.get((arrived.id, position))
            self._sightings.append(Sighting(self._id(seen.key), arrived, position, seen, carries=carries))
        deep = {seen.key: seen.counted_deep for seen in reading.records if seen.counted is not None}
        for key, number in numbers.told(reading).items():
            self.counted(key, number, arrived.received_at, deep=deep.get(key))

    def same(self, exchange_id: str, positions: Iterable[int], at: datetime, *, public: bool) -> None:
        """The records at these positions of a stored exchange were seen again, unchanged. ``public``: in an answer that
        everybody could have got."""
        for position in positions:
            self._same.setdefault((exchange_id, position), []).append((at, public))

    def named(self, exchange_id: str, positions: Iterable[int], at: datetime, *, public: bool) -> None:
        """The same of answers that did not show the words again: no sight of a version."""
        for position in positions:
            self._named.setdefault((exchange_id, position), []).append((at, public))

    def concluded(self, key: str, state: State, at: datetime, evidence: Sequence[str], run_number: int) -> None:
        """The engine concluded a state from ``evidence`` (ids of exchanges); ``run_number`` drew the conclusion. A
        record that is not in the index is passed over: nothing is invented."""
        self._concluded.append((self._id(key), Observation(state.value, at, tuple(evidence))))

    def counted(self, key: str, number: int, at: datetime, *, deep: bool | None = None) -> None:
        """The platform said that it counts so many records under this one. In order of arrival. ``deep``: at any depth;
        None: as before."""
        self._numbers.append((self._id(key), at, number, deep))

    def listed(self, key: str, at: datetime, *, whole: bool) -> None:
        """A list of what is under this record was read to its end. ``whole``: it was everything the platform has."""
        self._lists.append((self._id(key), at, whole))

    def medium(
        self,
        medium_id: str,
        state: str,
        reason: str | None,
        *,
        exchange_id: str | None = None,
        content_type: str | None = None,
        sha256: str | None = None,
        size: int | None = None,
    ) -> None:
        """What became of a file. One that was fetched stays so, whatever a later try meets."""
        row: Row = {"b_id": medium_id, "state": state, "reason": None if reason is None else safe_text(reason)}
        row["exchange_id"] = exchange_id
        if state == "fetched":
            row |= {"content_type": content_type and safe_text(content_type), "sha256": sha256, "size": size}
        self._media.append((state, row))

    def picture(self, row: Row) -> None:
        """A picture that we drew: a row of the table, whose exchange is inserted by the caller before :meth:`flush`."""
        self._pictures.append(row)

    def flush(self) -> Applied:
        """Write everything told since the last flush, and say what it changed."""
        works = self._works()
        again = [work for work in works if work.known is not None]
        intervals = stored.intervals(self._connection, [work.record_id for work in again])
        writer = Writer(self._connection, self._account_id)
        unclear = []
        for work in works:
            if work.known is None:
                writer.new(work)
            elif writer.repeats(work):
                writer.repeated(work, intervals.get(work.record_id, ()))
            else:
                unclear.append(work)
        writer.revise(unclear, intervals)
        writer.media(works)
        writer.rows.media_outcomes = self._media
        writer.rows.pictures = self._pictures
        self._begin()
        return writer.write()

    # What concerns which record --------------------------------------------------------------------------------

    def _id(self, key: str) -> str:
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = ids.record_id(self._account_id, key)
        return found

    def _works(self) -> list[Work]:
        """The records of this batch, each with all that was told of it in order of arrival or time."""
        self._sightings.sort(key=lambda sighting: sighting.arrival)
        references = self._references()
        self._forget_publicity(references)
        record_ids = dict.fromkeys(sighting.record_id for sighting in self._sightings)
        record_ids |= dict.fromkeys(reference.record_id for reference in references)
        record_ids |= dict.fromkeys(record_id for record_id, _ in self._concluded)
        record_ids |= dict.fromkeys(one[0] for one in self._numbers)
        record_ids |= dict.fromkeys(one[0] for one in self._lists)
        known = stored.records(self._connection, record_ids)
        works = {record_id: Work(record_id, known.get(record_id)) for record_id in record_ids}
        for sighting in self._sightings:
            works[sighting.record_id].take(sighting)
        for reference in references:
            place = reference.exchange_id, reference.position
            works[reference.record_id].take_again(reference, self._same.get(place, ()), self._named.get(place, ()))
        proven = self._proven_in_public()
        for record_id, observation in self._concluded:
            all_open = bool(observation.evidence) and proven.issuperset(observation.evidence)
            public = works[record_id].was_public and all_open
            works[record_id].observations.append(replace(observation, public=public) if public else observation)
        for record_id, at, number, deep in self._numbers:
            works[record_id].numbers.append((at, number, deep))
        for record_id, at, whole in self._lists:
            works[record_id].lists.append((at, whole))
        return [work for work in works.values() if work.known is not None or work.sightings]

    def _forget_publicity(self, references: Iterable[stored.Reference]) -> None:
        """A public answer that repeats what was stored in private makes that no public sight: what it showed then is
        not for everybody to read."""
        open_ids = stored.open_among(self._connection, {reference.exchange_id for reference in references})
        for told in (self._same, self._named):
            for exchange_id, position in [*told]:
                if exchange_id not in open_ids:
                    told[exchange_id, position] = _in_private(told[exchange_id, position])

    def _proven_in_public(self) -> set[str]:
        """Which of the exchanges that states were concluded from everybody could have got."""
        named = {each for _, observation in self._concluded for each in observation.evidence}
        return stored.open_among(self._connection, named)

    def _references(self) -> list[stored.Reference]:
        """What was seen again: occurrences of this very batch are told so themselves, stored ones are looked up."""
        if not (self._same or self._named):
            return []
        for sighting in self._sightings:
            place = sighting.arrived.id, sighting.position
            again, named = self._same.pop(place, []), self._named.pop(place, [])
            if not sighting.public:
                again, named = _in_private(again), _in_private(named)
            sighting.again, sighting.named = again, named
        wanted: dict[str, set[int]] = {}
        for exchange_id, position in self._same.keys() | self._named.keys():
            wanted.setdefault(exchange_id, set()).add(position)
        return sorted(stored.references(self._connection, wanted), key=lambda one: (one.exchange_id, one.position))


def _in_private(again: Iterable[Again]) -> list[Again]:
    return [(at, False) for at, _ in again]
