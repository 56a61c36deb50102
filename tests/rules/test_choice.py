"""What is not stored again is no loss: whatever a record goes through and however it is looked at, what is told of it
in the end is what would be told had every answer been stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archiver.records.choice import KnownRecord, choose, learn
from archiver.records.contents import within
from archiver.records.states import Interval, Observation, intervals
from archiver.records.versions import Occurrence, Version, versions
from connectors.contract import Reading, SeenRecord, State
from tests.effort import examples
from tests.records.city import ask, at, seen

_KEY, _RECORD = "comment/1", "rc_test"


_STATES = (State.VISIBLE, State.DELETED_BY_AUTHOR, State.HIDDEN_BY_PAGE)
_ENDPOINTS = ("whole", "part", "bare", "other")
"""What lists show: ``part`` has only one of the fields, ``bare`` only names the record, ``other`` has another field."""
_ABSENT = "absent"
"""It is looked for and not returned."""


@dataclass
class Comment:
    """One on its platform."""

    timed: bool
    """The platform says when it was last edited."""
    words_stay: bool
    """Lists show the words of what is not visible."""
    words: str = "A"
    state: State = State.VISIBLE
    edits: int = 0

    def do(self, act: str | State) -> None:
        if isinstance(act, State):
            self.state = act
        else:
            self.words, self.edits = act, self.edits + 1

    def seen(self, endpoint: str) -> SeenRecord:
        """What a list shows of it."""
        said: dict[str, Any] = {"text": self.words, "title": self.words.lower()}
        if endpoint == "part":
            del said["text"]
        elif endpoint == "other":
            said = {"text": self.words, "language": "en"}
        if endpoint == "bare" or not (self.state is State.VISIBLE or self.words_stay):
            said = {}
        edited = self.edits - 1000 if self.timed and said else None
        return replace(seen(_KEY, content=said, as_of=edited, state=self.state), text=str(said.get("text", "")))


ACTS = st.sampled_from([*"ABA", *_STATES, *_ENDPOINTS, *_ENDPOINTS, _ABSENT])


@dataclass
class Archive:
    """Takes looks, one an hour, and stores what must be."""

    stored: list[Occurrence] = field(default_factory=list)
    observed: list[Observation] = field(default_factory=list)
    known: KnownRecord | None = None
    hour: int = 0
    everything: bool = False

    def look(self, one: SeenRecord) -> None:
        """Store an answer, or note what it repeats."""
        self.hour += 1
        now, name = at(self.hour), f"ex_{self.hour:03}"
        before = {} if self.known is None else {_KEY: self.known}
        choice = choose(Reading(records=(one,)), before, ask())
        if choice.store or self.everything:
            self.known = learn(self.known, one, _RECORD, name, 0, ask())
            self.stored.append(_occurrence(one, name, self.hour, now))
            self.observed.append(Observation(one.state.value, now, (name,)))
            return
        ((exchange, _),) = [*choice.same, *choice.named]
        index = next(number for number, stored in enumerate(self.stored) if stored.exchange_id == exchange)
        self._is_this(one, self.stored[index], named=bool(choice.named))
        if choice.same:
            self.stored[index] = replace(self.stored[index], last_seen_at=now)
        self.observed.append(Observation(one.state.value, now, (exchange,)))

    def conclude(self) -> None:
        """A direct look did not return it."""
        self.hour += 1
        if self.known is not None:
            self.known = replace(self.known, state=State.NOT_RETURNED.value)
            self.observed.append(Observation(State.NOT_RETURNED.value, at(self.hour), ("ex_look",)))

    def _is_this(self, one: SeenRecord, repeated: Occurrence, *, named: bool) -> None:
        """A repeated occurrence is one of what was seen, in the state that was seen; words repeat words only."""
        (version,) = [each for each in self.versions if repeated in each.members]
        assert within(one.content, version.content)
        assert bool(repeated.content) == (bool(one.content) or named)
        if one.as_of != repeated.as_of:
            assert _between(version.as_of, one.as_of, repeated.as_of), "a time in between, where there is one at all"
        assert one.state.value == next(each.state for each in self.observed if each.evidence == (repeated.exchange_id,))

    @property
    def versions(self) -> tuple[Version, ...]:
        return versions(_RECORD, self.stored)

    @property
    def states(self) -> tuple[Interval, ...]:
        return intervals(self.observed)


def _between(*times: datetime | None) -> bool:
    told = [one for one in times if one is not None]
    return len(told) == len(times) and told == sorted(told)


def _occurrence(one: SeenRecord, name: str, run: int, now: datetime) -> Occurrence:
    return Occurrence(
        exchange_id=name,
        position=0,
        run_number=run,
        ordinal=0,
        observed_at=now,
        as_of=one.as_of,
        retrospective=one.retrospective,
        scheme=1,
        content=dict(one.content),
        text=one.text,
    )


def _told(archive: Archive) -> Iterator[Any]:
    yield [(one.content, one.text, one.first_seen_at, one.last_seen_at, one.as_of) for one in archive.versions]
    yield list(archive.states)  # each begins with an answer of its own


_SEEN, _GONE, _HIDDEN = _STATES
_AGAIN = ("whole", _GONE, "whole", "B", _SEEN, "whole", _GONE, "whole", "A", _SEEN, "whole", _GONE, "whole", "whole")
_BETWEEN = ("whole", _HIDDEN, "bare", "whole", "bare", "part", "bare", _GONE, "bare", "whole", _HIDDEN, "whole", "bare")
_SAME = ("whole", "A", "whole", "whole", "part")
_BACK = ("whole", _GONE, "bare", _ABSENT, "bare", "bare", "B", "bare", "whole")


@pytest.mark.law("R16", "R18")
@settings(max_examples=examples(600), deadline=None)
@example(_AGAIN, Comment(timed=True, words_stay=False))
@example(_AGAIN, Comment(timed=False, words_stay=False))
@example(_BETWEEN, Comment(timed=False, words_stay=True))
@example(_BETWEEN, Comment(timed=True, words_stay=True))
@example(_SAME, Comment(timed=True, words_stay=False))
@example(_BACK, Comment(timed=True, words_stay=False))
@given(st.lists(ACTS, max_size=16), st.builds(Comment, timed=st.booleans(), words_stay=st.booleans()))
def test_what_is_not_stored_again_changes_nothing_of_what_is_told(acts: Sequence[str | State], one: Comment) -> None:
    archive, everything = Archive(), Archive(everything=True)
    one = replace(one)
    for act in acts:
        if act in _ENDPOINTS:
            archive.look(one.seen(act))
            everything.look(one.seen(act))
        elif act == _ABSENT:
            archive.conclude()
            everything.conclude()
        else:
            one.do(act)
    assert list(_told(archive)) == list(_told(everything))
