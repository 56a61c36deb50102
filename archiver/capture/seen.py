"""What one run knows of its account: the index, the batch it is filling, and what it saw on the way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from archiver import ids
from archiver.capture import expecting, standing, watch_times
from archiver.capture.facts import Taken
from archiver.capture.listings import thread_of
from archiver.capture.models import BEYOND, Coverage, Exchange, Run
from archiver.database import Database, key_text, safe_text
from archiver.records import numbers
from archiver.records.choice import Choice, Kept, KnownRecord, Reason, choose, problem_key
from archiver.records.known import Known
from archiver.records.models import Medium, Record
from archiver.records.stored import chunks
from connectors.contract import MediaRef, Problem, Reading, RecordRef, State

_DRIFT = 200
"""Most unknown names of fields that are remembered of an account: a platform that makes up names all the time must not
fill the archive with them."""
_TOO_LONG_LASTS = timedelta(days=30)
_BESIDE = 30
"""Records of each kind that are offered as controls: so many that not all of them stand in one thread."""
_PROBLEM_LASTS = timedelta(days=1)
"""A problem that stays is stored once a day: often enough to show that it stayed."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What to do with an answer, and which files it shows for the first time (record key, file)."""

    choice: Choice
    new_media: tuple[tuple[str, MediaRef], ...]


@dataclass(slots=True)
class Seen:
    """Knowledge of one run. Not thread-safe."""

    database: Database
    account: str
    run: str
    began: datetime
    count: int = 0
    """Records seen so far, each as often as it was."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Where files are now that earlier runs came upon and did not fetch, by their ids: the address that was given then
    may have expired."""
    _postponed: frozenset[str] | None = None
    _known: Known = field(init=False)
    _before: dict[str, KnownRecord] = field(default_factory=dict)
    _ordinals: set[int] = field(default_factory=set)
    _problems: set[str] = field(default_factory=set)
    _drift: set[str] | None = None
    _keys: set[str] = field(default_factory=set)
    """Of every record seen or looked for in this run."""
    _numbers: dict[str, int] = field(default_factory=dict)
    """What the platform counts under records, as far as the batch knows more of it than the index."""
    _gone: set[str] = field(default_factory=set)
    """Ids of records that this run found gone."""

    def __post_init__(self) -> None:
        self._known = Known(self.account)

    def choose(self, taken: Taken, reading: Reading) -> Taking:
        """Whether an answer brings anything new."""
        self.count += len(reading.records)
        looked_for = [key for key in taken.ask.context.get("look", ()) if isinstance(key, str)]
        keys = [*(seen.key for seen in reading.records), *reading.present, *looked_for, *numbers.told(reading)]
        self._keys.update(keys)
        if keys:
            with self.database.read() as connection:
                self._before = self._known.of(connection, keys)
        else:
            self._before = {}
        choice = choose(reading, self._before, taken.ask, self._kept(taken, reading))
        unread = taken.wire.truncated or taken.wire.no_answer
        if unread and not choice.store and not self.has_problem(taken, reading):
            choice = Choice(True, (Reason.PROBLEM,))  # cut off, or no answer, to the last try: kept, and never read
        return Taking(choice, tuple(self._new_media(reading)))

    def _new_media(self, reading: Reading) -> list[tuple[str, MediaRef]]:
        new = []
        for seen in reading.records:
            known = self._before.get(seen.key)
            for medium in seen.media:
                medium_id = ids.medium_id(ids.record_id(self.account, seen.key), medium.key)
                if known is None or medium_id not in known.media:
                    new.append((seen.key, medium))
                elif medium_id in self._not_fetched():
                    self.addresses[medium_id] = medium.url
        return new

    def _not_fetched(self) -> frozenset[str]:
        """Ids of files that earlier runs did not fetch."""
        if self._postponed is None:
            query = (
                select(Medium.id)
                .join(Record, Record.id == Medium.record_id)
                .where(Record.account_id == self.account, Medium.state.in_(("wanted", "missing")))
            )
            with self.database.read() as connection:
                self._postponed = frozenset(connection.execute(query).scalars())
        return self._postponed

    def recount(self, reading: Reading) -> dict[str, int]:
        """What the answer that was last chosen says the platform counts under records, where that is another number
        than the last one."""
        changed = {}
        for key, number in numbers.told(reading).items():
            known = self._before.get(key)
            before = self._numbers.get(key, known.counted if known is not None else None)
            if number != before:
                self._numbers[key] = changed[key] = number
        return changed

    def knows(self, key: str) -> bool:
        """Whether a record that the answer last chosen names was known before it."""
        return key in self._before

    def has_problem(self, taken: Taken, reading: Reading) -> bool:
        """Whether the problem of an answer was stored within a day already."""
        problem = reading.problem
        if problem is None:
            return True
        since = taken.wire.received_at - _PROBLEM_LASTS
        return problem_key(taken.ask, problem) in self._problems or self._stored_since(taken, problem, since)

    def had_problem(self, taken: Taken, reading: Reading) -> bool:
        """Whether the problem of an answer was ever stored."""
        problem = reading.problem
        if problem is None:
            return True
        return problem_key(taken.ask, problem) in self._problems or self._stored_since(taken, problem, None)

    def stored(self, taken: Taken, reading: Reading) -> None:
        """The batch will store the answer that was last chosen."""
        self._ordinals.add(taken.ordinal)
        self._known.learn(ids.exchange_id(self.run, taken.ordinal), taken.ask, reading, self._before)
        if reading.problem is not None:
            self._problems.add(problem_key(taken.ask, reading.problem))
        if reading.drift:
            self._known_drift().update(self.new_drift(reading))

    def new_drift(self, reading: Reading) -> list[str]:
        """Names of unknown fields that no answer of the account had before, as many as are remembered."""
        if not reading.drift:
            return []
        known = self._known_drift()
        return sorted(set(reading.drift) - known)[: max(_DRIFT - len(known), 0)]

    def concluded(self, key: str, state: State) -> None:
        """The batch will hold a conclusion about a record."""
        self._gone.add(ids.record_id(self.account, key))
        with self.database.read() as connection:
            self._known.concluded(key, state, self._known.of(connection, [key]))

    def committed(self) -> None:
        """The batch is in the index now."""
        self._known = Known(self.account)
        self._numbers.clear()

    def is_stored(self, ordinal: int) -> bool:
        """Whether this run stored the exchange of an ordinal."""
        return ordinal in self._ordinals

    def is_visible(self, key: str) -> bool:
        """Whether a record is known, and not known as not returned already."""
        with self.database.read() as connection:
            self._before = self._known.of(connection, [key])
        known = self._before.get(key)
        return known is not None and known.state != State.NOT_RETURNED

    def is_to_conclude(self, key: str) -> bool:
        """Whether a record is known, and this run has not found it gone yet."""
        with self.database.read() as connection:
            known = self._known.of(connection, [key])
        return key in known and ids.record_id(self.account, key) not in self._gone

    def expected(
        self, listing: str, since: datetime | None, shown: Collection[str] = frozenset()
    ) -> tuple[int, list[RecordRef]]:
        """How many records a list should show, as far as they are known; and those whose keys are not ``shown``."""
        with self.database.read() as connection:
            if thread_of(listing) is not None:
                found = expecting.in_thread(connection, self.account, listing, since, self._gone)
                members = [ref for record_id, ref in found.items() if record_id not in self._gone]
                return len(members), [ref for ref in members if ref.key not in shown]
            known, missing = 0, []
            for record_id, key in expecting.in_listing(connection, self.account, listing, since):
                if record_id not in self._gone:
                    known += 1
                    if key not in shown:
                        missing.append(record_id)
            return known, expecting.refs(connection, missing)

    def of_gone(self, records: Collection[RecordRef]) -> set[str]:
        """Keys of those records that are settings of what has gone: nothing shows them any more."""
        with self.database.read() as connection:
            return expecting.settings_of_gone(connection, self.account, records, self._gone)

    def others(self) -> list[RecordRef]:
        """Records that have not gone and that nothing in this run led to."""
        with self.database.read() as connection:
            return expecting.others(connection, self.account, self._keys)

    def refs(self, keys: Collection[str]) -> list[RecordRef]:
        """Those of the named records that have not gone."""
        with self.database.read() as connection:
            found = expecting.with_keys(connection, self.account, keys)
        return [ref for ref in found if ids.record_id(self.account, ref.key) not in self._gone]

    def standing(self, own: str, without: Collection[str]) -> list[RecordRef]:
        """Known records that everybody saw when they were last seen, some of each kind that ``own`` wrote and some of
        other people, seen last first, each with its author; but for those with the keys ``without``, and for what this
        run found gone."""
        with self.database.read() as connection:
            found = expecting.standing(connection, self.account, own, _BESIDE + len(without) + len(self._gone))
        here = [ref for ref in found if ref.key not in without]
        return [ref for ref in here if ids.record_id(self.account, ref.key) not in self._gone]

    def last_seen(self, keys: Collection[str]) -> dict[str, datetime]:
        """When each of the named records was last seen, those that have gone included."""
        with self.database.read() as connection:
            return expecting.last_seen(connection, self.account, keys)

    def gone_for_long(self, shortest: timedelta, most: int) -> list[RecordRef]:
        """Records that have gone and are due for another look, longest overdue first."""
        with self.database.read() as connection:
            found = expecting.gone(connection, self.account)
        due = []
        for ref, gone_at, looked_at in found:
            at = watch_times.look_again(gone_at, looked_at, shortest)
            if at is not None and at <= self.began and ref.key not in self._keys:
                due.append((at, ref))
        return [ref for _, ref in sorted(due, key=lambda one: one[0])[:most]]

    def profiles(self) -> list[RecordRef]:
        """The account itself, where it is known as a record."""
        with self.database.read() as connection:
            return expecting.profiles(connection, self.account)

    def since(self, listing: str) -> datetime | None:
        """When a listing was last covered completely."""
        query = select(func.max(Coverage.at)).where(
            Coverage.account_id == self.account, Coverage.listing == key_text(listing), Coverage.complete.is_(True)
        )
        with self.database.read() as connection:
            return connection.execute(query).scalar()

    def too_long(self) -> dict[str, str]:
        """Lists that were longer than is taken in when they were last read, with what was said of it, and that are not
        to be read again yet: some platforms bill every entry. They are read once in every :data:`_TOO_LONG_LASTS` since
        that was first seen."""
        query = (
            select(Coverage.listing, func.min(Coverage.at), func.max(Coverage.at), func.max(Coverage.reason))
            .where(Coverage.account_id == self.account, BEYOND)
            .group_by(Coverage.listing)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        found: dict[str, str] = {}
        for listing, first, last, reason in rows:
            read = self.since(listing)
            rested = (self.began - first) // _TOO_LONG_LASTS == (last - first) // _TOO_LONG_LASTS
            if rested and (read is None or read < last):
                found[listing] = reason or ""
        return found

    def unanswered(self) -> dict[str, str]:
        """Names of questions that are no list, and keep a gap open because they got no answer; with their streams."""
        with self.database.read() as connection:
            return standing.unanswered(connection, self.account)

    def known_since(self, listing: str, keys: Collection[str]) -> bool:
        """Whether all these records were known when the listing was last covered completely."""
        covered_at = self.since(listing)
        if covered_at is None:
            return False
        wanted = [ids.record_id(self.account, key) for key in keys]
        known = 0
        with self.database.read() as connection:
            for chunk in chunks(wanted):
                query = select(func.count()).where(Record.id.in_(chunk), Record.first_seen_at <= covered_at)
                known += connection.execute(query).scalar_one()
        return known == len(wanted)

    def _kept(self, taken: Taken, reading: Reading) -> Kept:
        drift: frozenset[str] = frozenset()
        problems: frozenset[str] = frozenset()
        if reading.drift:
            known = self._known_drift()
            drift = frozenset(known if len(known) < _DRIFT else reading.drift)
        if reading.problem is not None and self.has_problem(taken, reading):
            problems = frozenset({problem_key(taken.ask, reading.problem)})
        return Kept(drift, problems, (bool(reading.quarantine) or reading.part) and self._has_bytes(taken))

    def _has_bytes(self, taken: Taken) -> bool:
        """Whether the same body was stored from there before. What cannot be read can be compared by its bytes only."""
        query = select(Exchange.id).where(
            Exchange.account_id == self.account,
            Exchange.uri == safe_text(taken.wire.url),
            Exchange.body_sha256 == taken.wire.body_sha256,
        )
        with self.database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _known_drift(self) -> set[str]:
        if self._drift is None:
            # A run names only what is new, so no more runs than names have any.
            query = select(Run.drift).where(Run.account_id == self.account, Run.drift != []).limit(_DRIFT)
            with self.database.read() as connection:
                self._drift = {name for row in connection.execute(query) for name in row.drift}
        return self._drift

    def _stored_since(self, taken: Taken, problem: Problem, since: datetime | None) -> bool:
        query = select(Exchange.id).where(
            Exchange.account_id == self.account,
            Exchange.uri == taken.wire.url,
            Exchange.problem == problem.kind.value,
        )
        if since is not None:
            query = query.where(Exchange.received_at > since)
        with self.database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None
