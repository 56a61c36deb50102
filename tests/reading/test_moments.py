"""What was known at a moment, as a rule: nothing that came later, and as of now everything there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from archiver import ids
from archiver.records.moments import Sight, named_as_now, seen_by, states_at, versions_at
from archiver.records.states import Observation, intervals
from archiver.records.threads import Line, Member, above, arrange, window
from archiver.records.versions import Occurrence, versions
from tests.effort import examples
from tests.records.city import START, at

RECORD = ids.record_id("ac_1", "status/1")
LAST = at(1000)


@st.composite
def told(draw: st.DrawFn) -> list[Occurrence]:
    """Sights in the order in which they arrive, some repeated later, some only remembered by the platform."""
    hours = sorted(draw(st.lists(st.integers(0, 30), min_size=1, max_size=8)))
    found = []
    for number, hour in enumerate(hours):
        back = number > 0 and draw(st.booleans())
        since = draw(st.integers(-5, hour)) if back or draw(st.booleans()) else None
        again = draw(st.none() | st.integers(0, 20))
        found.append(
            Occurrence(
                exchange_id=ids.exchange_id("rn_1", number),
                position=0,
                run_number=number + 1,
                ordinal=0,
                observed_at=at(hour),
                as_of=None if since is None else at(since),
                retrospective=back,
                scheme=draw(st.sampled_from((1, 1, 1, 2))),
                content={"text": (word := draw(st.sampled_from("ABC")))},
                text=word,
                last_seen_at=None if again is None else at(hour + again),
            )
        )
    return found


moments = st.integers(-1, 60).map(at)


@given(told())
def test_as_of_now_a_record_is_what_it_is(occurrences: list[Occurrence]) -> None:
    assert versions_at(RECORD, occurrences, LAST) == versions(RECORD, occurrences)


@given(told(), moments)
def test_nothing_that_was_seen_since_has_any_part_in_it(occurrences: list[Occurrence], moment: datetime) -> None:
    then = versions_at(RECORD, occurrences, moment)
    later = [one for one in occurrences if one.observed_at > moment]
    others = [replace(one, content={"text": "never said"}, text="never said") for one in later]
    kept = [one for one in occurrences if one.observed_at <= moment]
    assert then == versions_at(RECORD, [*kept, *others], moment), "whatever it was"
    for version in then:
        assert all(member.observed_at <= moment for member in version.members)
        assert version.last_seen_at is None or version.last_seen_at <= moment


@given(told(), moments, moments)
def test_what_was_known_once_stays_known(occurrences: list[Occurrence], one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    before, after = (versions_at(RECORD, occurrences, moment) for moment in (earlier, later))
    assert {each.id for each in before} <= {each.id for each in after}
    assert {each.exchange_id for each in seen_by(occurrences, earlier)} <= {
        each.exchange_id for each in seen_by(occurrences, later)
    }
    assert len(before) <= len(after)


@st.composite
def adopted(draw: st.DrawFn) -> list[Occurrence]:
    """Sights with words and without, adopted in any order."""
    one = st.tuples(st.integers(0, 9), st.sampled_from(["", "A", "B", "C"]))
    return [
        Occurrence(
            exchange_id=ids.exchange_id("rn_1", number),
            position=0,
            run_number=number,
            ordinal=0,
            observed_at=at(hour),
            as_of=None,
            retrospective=False,
            scheme=1,
            content={"text": word} if word else {},
            text=word,
            late=True,
        )
        for number, (hour, word) in enumerate(draw(st.lists(one, min_size=1, max_size=8)), 1)
    ]


@settings(max_examples=examples(300))
@given(adopted(), st.integers(-1, 10).map(at))
def test_what_a_version_said_as_of_a_moment_it_says_now(occurrences: list[Occurrence], moment: datetime) -> None:
    """Else whoever follows its id from what was known then would find other words."""
    found = versions(RECORD, occurrences)
    now, homes = (
        {one.id: one.content for one in found},
        {each.arrival: one.id for one in found for each in one.members},
    )
    then = named_as_now(RECORD, versions_at(RECORD, occurrences, moment), homes)
    assert len({one.id for one in then}) == len(then)
    assert all(now[one.id] == one.content for one in then if one.content)


def test_a_version_of_a_moment_has_the_id_under_which_its_words_are_known_now() -> None:
    """A sight without words gave the id of what was said around it first, and of something else as of earlier."""

    def sight(run: int, word: str, hour: int) -> Occurrence:
        content = {"text": word} if word else {}
        return Occurrence(f"ex_{run}", 0, run, 0, at(hour), None, False, 1, content, word, late=True)

    occurrences = [sight(1, "", 2), sight(2, "C", 5), sight(3, "B", 1)]
    found = versions(RECORD, occurrences)
    said = {one.id: one.text for one in found}
    assert [*said.values()] == ["B", "C"]
    homes = {each.arrival: one.id for one in found for each in one.members}
    (then,) = named_as_now(RECORD, versions_at(RECORD, occurrences, at(3)), homes)
    assert then.text == said[then.id] == "B"


@st.composite
def watched(draw: st.DrawFn) -> list[Observation]:
    hours = sorted(draw(st.lists(st.integers(0, 40), min_size=1, max_size=10)))
    return [Observation(draw(st.sampled_from(("visible", "hidden"))), at(hour), ("ex",)) for hour in hours]


@given(watched(), moments, moments)
def test_states_of_then_are_those_seen_by_then(seen: list[Observation], one: datetime, other: datetime) -> None:
    whole, sights = intervals(seen), [Sight(each.state, each.at) for each in seen]
    assert states_at(whole, sights, LAST) == whole
    earlier, later = sorted((one, other))
    before, after = states_at(whole, sights, earlier), states_at(whole, sights, later)
    assert len(before) <= len(after)
    for then, since in zip(before, after, strict=False):
        assert (then.state, then.from_at) == (since.state, since.from_at)
        assert then.last_at <= min(since.last_at, earlier)
    if before and not any(each.from_at == earlier for each in before):
        assert before == intervals([each for each in seen if each.at <= earlier]), "as it was worked out then"


@given(st.lists(st.integers(0, 60), max_size=60), st.integers(1, 20), st.integers(0, 80))
def test_every_line_stands_in_one_part_and_the_one_that_is_wanted_in_its_own(
    parents: Sequence[int], most: int, wanted: int
) -> None:
    members = [Member("r0", None, START)] + [
        Member(f"r{number}", f"r{min(parent, number - 1)}", START + timedelta(hours=number))
        for number, parent in enumerate(parents, 1)
    ]
    lines = arrange("r0", members, 12)
    start, end = window(lines, f"r{wanted}", most)
    assert (f"r{wanted}" in {one.id for one in lines[start:end]}) == (wanted < len(members))
    shown: list[Line] = []
    while True:
        first, after = window(lines, "r0", most, len(shown))
        shown += lines[first:after]
        if after == len(lines):
            break
    assert shown == lines
    over = above(lines, start)
    assert [one.depth for one in over] == sorted({one.depth for one in over})
    known = {one.id: one.parent_id for one in members}
    if over and lines[start].depth < 12:
        assert over[-1].id == known[lines[start].id]
        assert over[0].id == "r0"
    assert (not over) == (lines[start].depth == 0)


@given(st.integers(), st.integers(1, 9))
def test_a_part_that_nobody_can_ask_for_is_one_there_is(start: int, most: int) -> None:
    lines = arrange("r0", [Member("r0", None, START), Member("r1", "r0", START)], 12)
    first, end = window(lines, "r0", most, start)
    assert 0 <= first < end <= 2
