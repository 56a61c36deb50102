"""One run in progress: what it has asked, kept and concluded so far, and how that becomes stored parts."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from archiver import clock
from archiver.capture import again, rounds
from archiver.capture.again import Again
from archiver.capture.batch import Batch, SegmentTerms
from archiver.capture.deposits import DEPOSIT
from archiver.capture.facts import RunIdentity, Taken
from archiver.capture.parts import PUBLIC, Part, Tally, seal_part
from archiver.capture.pushed import LISTENING
from archiver.capture.spool import Spool
from connectors.contract import AccessClass, SweepKind

#: Where the parts of a run go that speak of records of a class.
_CLASS_OF = {
    AccessClass.PUBLIC: AccessClass.PUBLIC,
    AccessClass.MEDIA: AccessClass.PUBLIC,
    AccessClass.SETTINGS: AccessClass.SETTINGS,
    AccessClass.PRIVATE: AccessClass.PRIVATE,
    AccessClass.PRIVATE_MEDIA: AccessClass.PRIVATE,
}
_PLACES = "archiver.looks"
"""Of the bookmark; connectors do not see it."""


def home_of(access: AccessClass) -> str:
    """Access class of the part of a run record that speaks of what is of this one."""
    return _CLASS_OF[access].value


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What is fixed for a run when it starts."""

    identity: RunIdentity
    sweep: SweepKind | None
    """None: it looks at nothing, files are deposited."""
    trigger: str
    started_at: datetime
    every: int
    """Seconds between two sweeps for what is new, as the settings have it: a longer pause is a gap."""
    settings_hash: str
    frozen: dict[str, Any] | None
    """The settings themselves, where no earlier run of the account used them."""
    about: dict[str, Any] | None
    """The account, where no earlier run said so or it changed."""
    segments: SegmentTerms

    def to_json(self) -> dict[str, Any]:
        """For the spool: what recovery must know to finish the run in its name."""
        return asdict(self) | {"started_at": clock.to_text(self.started_at)}


def terms_from(stored: Mapping[str, Any]) -> RunTerms:
    """Inverse of :meth:`RunTerms.to_json`."""
    return RunTerms(
        identity=RunIdentity(**stored["identity"]),
        sweep=None if stored["sweep"] is None else SweepKind(stored["sweep"]),
        trigger=stored["trigger"],
        started_at=clock.from_text(stored["started_at"]),
        every=stored["every"],
        settings_hash=stored["settings_hash"],
        frozen=stored["frozen"],
        about=stored["about"],
        segments=SegmentTerms(**stored["segments"]),
    )


@dataclass(slots=True)
class RunState:
    """Collects one run between commits. One thread."""

    terms: RunTerms
    spool: Spool
    batch: Batch
    bookmarks: dict[str, dict[str, Any]] | None
    """By access class, as :func:`archiver.capture.run_rows.last_bookmarks` gives them, and kept up to date by the run.
    None: this run has nothing to say of them."""
    part: int = 1
    ordinal: int = 0
    tallies: defaultdict[AccessClass, Tally] = field(default_factory=lambda: defaultdict(Tally))
    counts: dict[str, int] = field(default_factory=dict)
    adopted: list[str] = field(default_factory=list)
    places: dict[str, str] = field(init=False)
    """Where direct looks that must take turns go on, by why they are made."""

    def __post_init__(self) -> None:
        self.places = dict((self.bookmarks or {}).get(PUBLIC, {}).get(_PLACES, {}))

    @property
    def tally(self) -> Tally:
        """Of what concerns no single record, and of public ones."""
        return self.tallies[AccessClass.PUBLIC]

    def tally_of(self, access: AccessClass) -> Tally:
        return self.tallies[_CLASS_OF[access]]

    @property
    def bookmark(self) -> dict[str, Any]:
        """Where to go on, of all classes together."""
        return {name: value for one in (self.bookmarks or {}).values() for name, value in one.items()}

    def mark(self, access: AccessClass, bookmark: Mapping[str, Any]) -> None:
        """Take in where to go on, as an answer of this class says it. A member of null is forgotten, since every run
        record holds all of it; but where nothing else is left: that there is a bookmark says something, too."""
        home = _CLASS_OF[access]
        for other, one in self._bookmarks().items():
            moved = bookmark.keys() & one.keys() if other != home.value else ()
            for name in moved:
                del one[name]
            if moved:
                self.tallies[AccessClass(other)].marked = True
        mine = self._bookmarks().setdefault(home.value, {})
        before, told = dict(mine), {**mine, **bookmark}
        mine.clear()
        mine.update({name: value for name, value in told.items() if value is not None} or told)
        if mine != before:
            self.tallies[home].marked = True

    def leave(self, left: Iterable[Again]) -> None:
        """Leave questions to the next run, each beside the bookmark of its class."""
        by_class: defaultdict[str, list[Again]] = defaultdict(list)
        for one in left:
            by_class[home_of(one.ask.access)].append(one)
        self._note(again.KEY, {name: again.to_json(several) for name, several in by_class.items()})
        self._note(_PLACES, {PUBLIC: self.places})

    def go_on(self, told: Mapping[str, dict[str, Any]]) -> None:
        """Leave the rest of a full sweep to the next ones, as :func:`rounds.to_json` tells it; nothing: it is done."""
        self._note(rounds.KEY, told)

    def listened(self, place: Mapping[str, Any]) -> None:
        """Note how far the platform's stream was listened to."""
        self._note(LISTENING, {PUBLIC: dict(place)})

    def _note(self, key: str, by_class: Mapping[str, Any]) -> None:
        """Write one of the engine's own members into the bookmarks, or take it out of them."""
        for name in {*self._bookmarks(), *by_class}:
            bookmark = self._bookmarks().setdefault(name, {})
            before = bookmark.pop(key, None)
            if by_class.get(name):
                bookmark[key] = copy.deepcopy(by_class[name])
            if bookmark.get(key) != before:
                self.tallies[AccessClass(name)].marked = True

    def _bookmarks(self) -> dict[str, dict[str, Any]]:
        self.bookmarks = {} if self.bookmarks is None else self.bookmarks
        return self.bookmarks

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def store(self, taken: Iterable[Taken]) -> None:
        """Put exchanges into the batch's segments."""
        for one in taken:
            self.batch.store(one)
            self.tally_of(one.ask.access).stored += 1

    def parts(self, at: datetime, ordinal: int, outcome: tuple[str, str | None] | None) -> list[Part]:
        """This batch's run records: the public one always, others where they have something to say. ``outcome`` makes
        them final."""
        others = [
            access for access, tally in self.tallies.items() if access is not AccessClass.PUBLIC and not tally.empty
        ]
        return [
            seal_part(self._fields(access, self.tallies[access], at, ordinal, outcome))
            for access in (AccessClass.PUBLIC, *sorted(others))
        ]

    def _fields(
        self, access: AccessClass, tally: Tally, at: datetime, ordinal: int, outcome: tuple[str, str | None] | None
    ) -> dict[str, Any]:
        terms, main = self.terms, access is AccessClass.PUBLIC
        first = main and self.part == 1
        fields: dict[str, Any] = {
            "v": 1,
            "run": terms.identity.run,
            "number": terms.identity.number,
            "part": self.part,
            "access": access.value if not main else None,
            "account": terms.identity.account,
            "sweep": DEPOSIT if terms.sweep is None else terms.sweep.value,
            "trigger": terms.trigger,
            "started_at": clock.to_text(terms.started_at),
            "at": clock.to_text(at),
            "through": ordinal,
            "every": terms.every,
            "connector": terms.identity.connector,
            "settings": terms.settings_hash,
            "frozen": terms.frozen if first else None,
            "about": terms.about if first else None,
        }
        fields |= tally.fields()
        if self.bookmarks is not None:
            fields["bookmark"] = dict(self.bookmarks.get(access.value, {}))
        if main:
            fields |= {"counts": self.counts, "adopted": self.adopted}
            if outcome is not None:
                fields |= {"final": True, "outcome": outcome[0], "reason": outcome[1]}
        return fields

    def next_batch(self) -> None:
        """Start the next batch of the same run."""
        self.part += 1
        self.tallies.clear()
        self.counts = {}
        self.adopted = []
        self.batch = Batch(
            self.spool.folder, self.terms.identity, self.part, self.terms.segments, self.batch.commitments
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """What a watching person is told while a run is under way."""

    account_id: str
    asked: int
    records: int
    stored: int
    doing: str


Watcher = Callable[[Progress], None]
