"""Everything that was ever said in the city, for platforms that go on naming what was deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from archiver.practice import acts
from archiver.practice.acts import Act
from archiver.practice.city import City
from archiver.practice.truth import TrueRecord, Truth


class History:
    """What the city's acts come to on one platform, brought up to date whenever it is asked."""

    def __init__(self, city: City, home: str) -> None:
        self._city = city
        self._home = home
        self._truth = Truth()
        self._read = 0
        self._under: dict[int, list[int]] = defaultdict(list)

    @property
    def records(self) -> Mapping[int, TrueRecord]:
        """Everything, by number."""
        for act in self._city.journal[self._read :]:
            self._truth.add(act)
            parent = act.parent if isinstance(act, acts.Say) else None
            if parent is not None and isinstance(act, acts.Say):
                self._under[parent].append(act.id)
        self._read = len(self._city.journal)
        return self._truth.records

    def said(self, *kinds: str) -> Iterator[TrueRecord]:
        """What people of this platform said, oldest first."""
        for one in self.records.values():
            if one.kind in kinds and self._city.people[one.author].home == self._home:
                yield one

    def under(self, number: int) -> list[TrueRecord]:
        """What answers it directly, oldest first."""
        known = self.records
        return [known[one] for one in self._under.get(number, ())]

    def root(self, one: TrueRecord) -> TrueRecord:
        """The first of its thread."""
        known = self.records
        while one.parent is not None:
            one = known[one.parent]
        return one

    def done(self, *kinds: type[Act]) -> list[tuple[int, Act]]:
        """Acts with their numbers in the journal, in their order, that concern this platform."""
        known, people = self.records, self._city.people
        found = []
        for number, act in enumerate(self._city.journal):
            if isinstance(act, kinds):
                about = known[act.id].author if isinstance(act, acts.Hide | acts.Unhide | acts.Delete) else None
                person = act.person if isinstance(act, acts.Block) else about
                if person is not None and people[person].home == self._home:
                    found.append((number, act))
        return found


def is_removed(one: TrueRecord) -> bool:
    """Whether those who look after the place took it out of sight, for now or for good."""
    return one.vanished_by == "page" or (one.vanished_at is None and bool(one.hidden) and one.hidden[-1][1] is None)
