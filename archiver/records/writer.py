"""The rows of a batch's records: new ones, ones that say what they said, ones whose versions are worked out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from archiver import ids
from archiver.database import safe_text
from archiver.records import differing, links, stored, versions
from archiver.records.applied import Applied, NewRecord, Revision, StateChange
from archiver.records.rows import PASSING, SEEN, Row, Rows
from archiver.records.sightings import Again, Sighting, either, first_row, fold, latest, latest_in_public
from archiver.records.states import Interval, Observation, cuts, ends, intervals, observe
from archiver.records.versions import Occurrence, Version
from archiver.records.withheld import is_looked_at_in_private
from connectors.contract import MediaRef


@dataclass(slots=True)
class Work:
    """One record of the batch."""

    record_id: str
    known: stored.Held | None
    sightings: list[Sighting] = field(default_factory=list)
    again: list[tuple[stored.Reference, datetime]] = field(default_factory=list)
    again_in_public: list[tuple[stored.Reference, datetime]] = field(default_factory=list)
    """The same of answers that everybody could have got."""
    there: list[Again] = field(default_factory=list)
    """When unchanged answers showed the record, with its words or without."""
    observations: list[Observation] = field(default_factory=list)
    numbers: list[tuple[datetime, int, bool | None]] = field(default_factory=list)
    """When the platform said how many records it counts under it, at any depth or not, in order of arrival."""
    lists: list[tuple[datetime, bool]] = field(default_factory=list)
    """When a list of them was read to its end, and whether that was everything."""

    def take(self, sighting: Sighting) -> None:
        """One more sighting, in order of arrival. A version out of the platform's history says nothing of the state,
        except where it is the first that is known of a record: then that it was answered is what was seen."""
        if not sighting.seen.retrospective or (self.known is None and not self.sightings):
            times = ((sighting.arrived.received_at, sighting.public), *sighting.again, *sighting.named)
            self._observe(sighting.seen.state.value, sighting.arrived.id, *times)
        self.sightings.append(sighting)

    def take_again(self, reference: stored.Reference, times: Sequence[Again], named: Sequence[Again] = ()) -> None:
        """Unchanged answers repeated a stored occurrence; at some times they only ``named`` it."""
        for last, where in ((latest(times), self.again), (latest_in_public(times), self.again_in_public)):
            if last is not None:
                where.append((reference, last))
        self.there += [*times, *named]
        if not reference.retrospective:
            self._observe(reference.state, reference.exchange_id, *times, *named)

    def _observe(self, state: str, shown_by: str, *times: Again) -> None:
        self.observations.extend(Observation(state, at, (shown_by,), public) for at, public in times)

    @property
    def was_public(self) -> bool:
        """Whether everybody saw it: that they do not find what they never saw tells that somebody else did. In order
        of arrival, whatever our clock said."""
        if self.known is not None and self.known.row["public_first_at"] is not None:
            return True
        return any(sighting.public for sighting in self.sightings)

    def count(self, row: Row) -> None:
        """Bring its row up to date with what was said of what stands under it: the latest holds, of several at one time
        the one that arrived last."""
        for at, number, deep in self.numbers:
            if row["counted_at"] is None or row["counted_at"] <= at:
                row["counted"], row["counted_at"] = number, at
            if deep is not None:
                row["counted_deep"] = deep
        for at, whole in self.lists:
            if row["read_at"] is None or row["read_at"] <= at:
                row["read_at"], row["read_whole"] = at, whole


class Writer:
    """Turns what was told of the records of one account into rows. One batch long."""

    def __init__(self, connection: Connection, account_id: str) -> None:
        self._connection = connection
        self._account_id = account_id
        self.rows = Rows()
        self._applied = Applied()
        self._names: dict[str, None] = {}
        self._recount: set[str] = set()
        self._is_closed: bool | None = None
        """Whether not everybody could see all that is stored of the account; None: nobody asked yet."""

    def write(self) -> Applied:
        """Write the rows; returns what they change."""
        self.rows.write(self._connection)
        differing.bring_up_to_date(self._connection, self._recount)
        self._applied.changed = list(self._names)
        self._applied.made = self._made()
        return self._applied

    def _made(self) -> dict[str, NewRecord]:
        versions: dict[str, list[tuple[str, str]]] = {}
        for version in self.rows.versions:  # of a new record they stand in order of time
            versions.setdefault(version["record_id"], []).append(
                (version["id"], links.searched(version["content"], version["text"]))
            )
        with_media = {medium["record_id"] for medium in self.rows.media}
        return {
            row["id"]: NewRecord(row, tuple(versions[row["id"]]), row["id"] in with_media) for row in self.rows.records
        }

    # A record seen for the first time --------------------------------------------------------------------------

    def new(self, work: Work) -> None:
        first, *others = work.sightings
        row = first_row(self._account_id, first)
        if others:
            for sighting in others:
                fold(row, self._account_id, sighting, latest=True)
            computed = versions.versions(work.record_id, (sighting.occurrence() for sighting in work.sightings))
            for version in computed:
                self.rows.versions.append(_version_row(work.record_id, version))
                if version.number > 1:
                    self._applied.revised.append(_revision(work.record_id, version))
            self._place(work, computed)
            row["version_id"], row["versions"] = computed[-1].id, len(computed)
        else:
            row["version_id"], row["versions"] = self._only_version(first), 1
        work.count(row)
        row["differs"] = differing.alone(row)
        row["state"] = self._observe(work, ())
        self.rows.records.append(row)
        self._recount |= differing.concerned(row)
        self._applied.new_records.append(work.record_id)
        self._changed(work.record_id)

    def _only_version(self, sighting: Sighting) -> str:
        """The rows of a record's only occurrence and version: what :func:`versions.versions` gives for one."""
        arrived = sighting.arrived
        live = not sighting.seen.retrospective
        version_id = sighting.carries or ids.version_id(sighting.record_id, arrived.id, sighting.position)
        self.rows.versions.append(
            {
                "id": version_id,
                "record_id": sighting.record_id,
                "number": 1,
                "content": sighting.content,
                "text": sighting.text,
                "scheme": arrived.ask.scheme,
                "as_of": sighting.as_of,
                "first_seen_at": arrived.received_at if live else None,
                "last_seen_at": sighting.seen_until if live else None,
                "public": sighting.public,
                "public_first_at": sighting.public_first_at if live else None,
                "public_last_at": sighting.public_until if live else None,
                "exchange_id": arrived.id,
                "position": sighting.position,
            }
        )
        self.rows.occurrences.append(sighting.row(version_id, None))
        return version_id

    def _place(self, work: Work, computed: Sequence[Version]) -> None:
        """Insert the batch's occurrences of a record under their versions."""
        homes = {member.arrival: version for version in computed for member in version.members}
        for sighting in work.sightings:
            version = homes[sighting.arrival]
            self.rows.occurrences.append(sighting.row(version.id, _partial(sighting.occurrence(), version)))

    # A record that says what it said ---------------------------------------------------------------------------

    def repeats(self, work: Work) -> bool:
        """Whether everything told of a known record is certain to leave its versions as they are."""
        assert work.known is not None
        current = work.known.current
        for sighting in work.sightings:
            occurrence = sighting.occurrence()
            if not versions.repeats(current, occurrence):
                return False
            current = replace(current, arrival=sighting.arrival, last_seen_at=sighting.there_until)
        return True

    def repeated(self, work: Work, before: tuple[Interval, ...]) -> None:
        """A known record whose versions stay as they are."""
        assert work.known is not None
        row = dict(work.known.row)
        self._seen_again(work, row)
        for seen, rows in (
            (work.again, self.rows.versions_seen),
            (work.again_in_public, self.rows.versions_seen_in_public),
        ):
            rows += [{"b_id": reference.version_id, "at": at} for reference, at in seen if reference.shows]
        for sighting in work.sightings:
            fold(row, self._account_id, sighting, latest=True)
            self.rows.occurrences.append(sighting.row(row["version_id"], None))
        if work.sightings:
            self._repeat_version(work, work.known)
        work.count(row)
        row["state"] = self._observe(work, before)
        self._write_record(work.known.row, row)

    def _repeat_version(self, work: Work, known: stored.Held) -> None:
        last = work.sightings[-1]
        seen = [sighting.seen_until for sighting in work.sightings]
        first_in_public, last_in_public = known.public_first_at, known.public_last_at
        for sighting in work.sightings:
            first_in_public = either(min, first_in_public, sighting.public_first_at)
            last_in_public = either(max, last_in_public, sighting.public_until)
        public = known.public or first_in_public is not None
        if (public and not known.public) or self._tells_all_more(work):
            self._changed(work.record_id)  # what was held back is held back no longer
        self.rows.versions_repeated.append(
            {
                "b_id": known.row["version_id"],
                "first_seen_at": known.first_seen_at or work.sightings[0].arrived.received_at,
                "last_seen_at": max([*seen, known.last_seen_at] if known.last_seen_at else seen),
                "public": public,
                "public_first_at": first_in_public,
                "public_last_at": last_in_public,
                "exchange_id": last.arrived.id,
                "position": last.position,
            }
        )

    def _tells_all_more(self, work: Work) -> bool:
        """Whether everybody may have seen of a record now what was only seen in private of it. Its rows do not say."""
        if not any(sighting.public for sighting in work.sightings):
            return False
        if self._is_closed is None:
            self._is_closed = is_looked_at_in_private(self._connection, self._account_id)
        return self._is_closed

    def _seen_again(self, work: Work, row: Row) -> None:
        for seen, rows in (
            (work.again, self.rows.occurrences_seen),
            (work.again_in_public, self.rows.occurrences_seen_in_public),
        ):
            rows += [{"b_exchange_id": one.exchange_id, "b_position": one.position, "at": at} for one, at in seen]
        row["last_seen_at"] = max((row["last_seen_at"], *(at for at, _ in work.there)))
        if row["public_first_at"] is not None:
            row["public_last_at"] = either(max, row["public_last_at"], latest_in_public(work.there))

    def _write_record(self, before: Row, after: Row) -> None:
        changed = {name for name, value in after.items() if before[name] != value}
        if not changed:
            return
        if not changed.isdisjoint(differing.DEPENDS_ON):
            self._recount |= differing.concerned(before) | differing.concerned(after)
        keyed = {"b_id": after["id"], **{name: value for name, value in after.items() if name not in _FIXED}}
        if changed <= _SEEN:
            self.rows.records_seen.append(_only(keyed, *SEEN))
        elif changed <= _PASSING:
            self.rows.records_occurred.append(_only(keyed, *_PASSING))
        else:
            self.rows.records_changed.append(keyed)
            self._changed(after["id"])

    # A record that says something else, or what arrives late ---------------------------------------------------

    def revise(self, works: Sequence[Work], before_states: Mapping[str, tuple[Interval, ...]]) -> None:
        """Work the versions of these records out again, from all their occurrences."""
        record_ids = [work.record_id for work in works]
        before = stored.version_rows(self._connection, record_ids)
        placed = stored.occurrences(self._connection, record_ids, before)
        for work in works:
            assert work.known is not None
            row = dict(work.known.row)
            self._seen_again(work, row)
            for sighting in work.sightings:
                fold(row, self._account_id, sighting, latest=sighting.arrival > work.known.latest)
            computed = self._reworked(work, placed.get(work.record_id, []))
            self._place(work, computed)
            self._write_versions(work.record_id, before.get(work.record_id, {}), computed)
            if self._tells_all_more(work):
                self._changed(work.record_id)
            row["version_id"], row["versions"] = computed[-1].id, len(computed)
            work.count(row)
            row["state"] = self._observe(work, before_states.get(work.record_id, ()))
            self._write_record(work.known.row, row)

    def _reworked(self, work: Work, placed: Sequence[stored.Placed]) -> tuple[Version, ...]:
        again, in_public = (
            {(reference.exchange_id, reference.position): at for reference, at in seen}
            for seen in (work.again, work.again_in_public)
        )
        seen = [_until(one.occurrence, again, in_public) for one in placed]
        computed = versions.versions(work.record_id, [*seen, *(sighting.occurrence() for sighting in work.sightings)])
        homes = {member.arrival: version for version in computed for member in version.members}
        for one in placed:
            version = homes[one.occurrence.arrival]
            partial = _partial(one.occurrence, version)
            if version.id != one.version_id or partial != one.partial:
                self.rows.occurrences_placed.append(
                    {
                        "b_exchange_id": one.occurrence.exchange_id,
                        "b_position": one.occurrence.position,
                        "version_id": version.id,
                        "partial": partial,
                    }
                )
        return computed

    def _write_versions(self, record_id: str, before: Mapping[str, Row], computed: Sequence[Version]) -> None:
        changed = False
        for version in computed:
            row = _version_row(record_id, version)
            old = before.get(version.id)
            if old is None:
                self.rows.versions.append(row)
                self._applied.revised.append(_revision(record_id, version))
            elif row != old:
                self.rows.versions_changed.append(
                    {"b_id": version.id, **{name: row[name] for name in row if name not in ("id", "record_id")}}
                )
            changed |= old is None or any(row[name] != old[name] for name in ("number", "content", "text", "public"))
        gone = before.keys() - {version.id for version in computed}
        self.rows.versions_gone.extend(sorted(gone))
        if changed or gone:
            self._changed(record_id)

    # States and media ------------------------------------------------------------------------------------------

    def _observe(self, work: Work, before: tuple[Interval, ...]) -> str:
        """Write what was seen of the record's visibility; returns its state now."""
        after = self._intervals(work, before)
        self.rows.intervals(work.record_id, before, after)
        if before and [one.is_known_to_all for one in before] != [one.is_known_to_all for one in after]:
            self._changed(work.record_id)
        last = after[-1]
        was = before[-1].state if before else after[0].state
        if was != last.state:
            self._applied.states.append(StateChange(work.record_id, was, last.state, last.from_at, last.evidence))
        return last.state

    def _intervals(self, work: Work, before: tuple[Interval, ...]) -> tuple[Interval, ...]:
        after = before
        ordered = sorted(work.observations, key=lambda one: one.at)
        for observation in ordered:
            if cuts(after, observation):
                shown = stored.observations(self._connection, work.record_id)
                return intervals([*shown, *ends(before), *ordered])  # what is stored shows it best
            after = observe(after, observation)
        return after

    def media(self, works: Sequence[Work]) -> None:
        shown = [work for work in works if any(sighting.seen.media for sighting in work.sightings)]
        known = stored.media(self._connection, [work.record_id for work in shown if work.known is not None])
        for work in shown:
            for sighting in work.sightings:
                for ref in sighting.seen.media:
                    self._medium_of(sighting, ref, known)

    def _medium_of(self, sighting: Sighting, ref: MediaRef, known: dict[str, Row]) -> None:
        medium_id = ids.medium_id(sighting.record_id, ref.key)
        shown: Row = {
            "kind": safe_text(ref.kind),
            "url": safe_text(ref.url),
            "alt_text": None if ref.alt_text is None else safe_text(ref.alt_text),
        }
        old = known.get(medium_id)
        if old is None:
            known[medium_id] = shown
            self.rows.media.append(
                {"id": medium_id, "record_id": sighting.record_id, "key": safe_text(ref.key), **shown, **_WANTED}
            )
            self._changed(sighting.record_id)
        elif not sighting.seen.retrospective and any(old[name] != value for name, value in shown.items()):
            known[medium_id] = shown
            self.rows.media_changed.append({"b_id": medium_id, **shown})

    def _changed(self, record_id: str) -> None:
        self._names[record_id] = None


_FIXED = frozenset({"id", "account_id", "key"})
_PASSING = frozenset(PASSING)
_SEEN = frozenset(SEEN)
_WANTED: Row = {
    "state": "wanted",
    "reason": None,
    "exchange_id": None,
    "content_type": None,
    "sha256": None,
    "size": None,
}


def _partial(occurrence: Occurrence, version: Version) -> Row | None:
    if not versions.differs(occurrence, version.scheme, version.content):
        return None
    return {"content": dict(occurrence.content), "text": occurrence.text}


def _until(
    occurrence: Occurrence,
    again: Mapping[tuple[str, int], datetime],
    in_public: Mapping[tuple[str, int], datetime],
) -> Occurrence:
    place = occurrence.exchange_id, occurrence.position
    if place not in again:
        return occurrence
    return replace(
        occurrence,
        last_seen_at=either(max, occurrence.last_seen_at, again[place]),
        seen_in_public_at=either(max, occurrence.seen_in_public_at, in_public.get(place)),
    )


def _version_row(record_id: str, version: Version) -> Row:
    return {
        "id": version.id,
        "record_id": record_id,
        "number": version.number,
        "content": dict(version.content),
        "text": version.text,
        "scheme": version.scheme,
        "as_of": version.as_of,
        "first_seen_at": version.first_seen_at,
        "last_seen_at": version.last_seen_at,
        "public": version.public,
        "public_first_at": version.public_first_at,
        "public_last_at": version.public_last_at,
        "exchange_id": version.reference.exchange_id,
        "position": version.reference.position,
    }


def _revision(record_id: str, version: Version) -> Revision:
    remembered = version.first_seen_at is None
    return Revision(record_id, version.id, version.number, version.reference.exchange_id, remembered)


def _only(row: Row, *names: str) -> Row:
    return {"b_id": row["b_id"], **{name: row[name] for name in names}}
