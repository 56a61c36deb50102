"""Versions out of occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver import ids
from archiver.records.contents import contradict, equal, plain, within
from archiver.records.versions import Current, Occurrence, Timeline, Version, repeats, versions
from tests.effort import examples

START = datetime(2026, 3, 1, tzinfo=UTC)
RECORD = "rc_test"


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def sight(
    run: int,
    content: Mapping[str, Any] | str,
    *,
    seen: int | None = None,
    as_of: int | None = None,
    back: bool = False,
    scheme: int = 1,
    position: int = 0,
    late: bool | None = None,
) -> Occurrence:
    """``late``: it was adopted; where it is not said, whether it was seen before the run it arrived with."""
    said = {"text": content} if isinstance(content, str) else content
    return Occurrence(
        exchange_id=f"ex_{run:03}",
        position=position,
        run_number=run,
        ordinal=0,
        observed_at=at(run if seen is None else seen),
        as_of=None if as_of is None else at(as_of),
        retrospective=back,
        scheme=scheme,
        content=said,
        text=str(said.get("text", "")),
        late=(seen is not None and seen < run) if late is None else late,
    )


def in_time(history: list[Occurrence]) -> list[Occurrence]:
    """In order of time, given in order of arrival: what was not adopted was seen in that order, whatever the clock."""
    latest, placed = START, []
    for one in history:
        seen = one.observed_at if one.late else max(one.observed_at, latest)
        latest = latest if one.late else seen
        placed.append(((one.as_of or seen, not one.retrospective, seen, one.arrival), one))
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


def texts(found: tuple[Version, ...]) -> list[str]:
    return [version.text for version in found]


def made_by(version: Version) -> str | None:
    """The run whose occurrence gave the version its id; None: it showed no words, and they were split from it."""
    return next(
        (
            one.exchange_id
            for one in version.members
            if ids.version_id(RECORD, one.exchange_id, one.position) == version.id
        ),
        None,
    )


# Examples of what must and must not be an edit


@pytest.mark.law("R18")
def test_an_edit_undone_is_three_versions() -> None:
    found = versions(RECORD, [sight(1, "A"), sight(2, "B"), sight(3, "A")])
    assert texts(found) == ["A", "B", "A"]
    assert [version.number for version in found] == [1, 2, 3]
    assert len({version.id for version in found}) == 3


def test_the_same_words_seen_again_are_one_version_from_first_to_last_sight() -> None:
    (version,) = versions(RECORD, [sight(1, "A"), sight(2, "A"), sight(5, "A")])
    assert (version.first_seen_at, version.last_seen_at) == (at(1), at(5))
    assert version.id == ids.version_id(RECORD, "ex_001", 0)
    assert version.reference.exchange_id == "ex_005"


def test_another_endpoints_field_set_is_no_edit() -> None:
    full = {"text": "A", "language": "en", "warning": ""}
    (version,) = versions(RECORD, [sight(1, full), sight(2, {"text": "A"}), sight(3, {"text": "A", "poll": None})])
    assert version.content == full | {"poll": None}
    assert version.reference.exchange_id == "ex_003"


def test_an_answer_that_shares_no_field_with_what_is_known_is_no_edit() -> None:
    (version,) = versions(RECORD, [sight(1, {"text": "A"}), sight(2, {"language": "en"})])
    assert version.content == {"text": "A", "language": "en"}
    assert version.text == "A"


def test_null_is_a_value_and_a_missing_field_is_not() -> None:
    assert len(versions(RECORD, [sight(1, {"text": "A", "poll": None}), sight(2, {"text": "A", "poll": 1})])) == 2
    assert len(versions(RECORD, [sight(1, {"text": "A"}), sight(2, {"text": "A", "poll": 1})])) == 1


def test_a_change_is_seen_through_an_answer_that_does_not_show_the_field() -> None:
    sights = [sight(1, {"text": "A", "n": 1}), sight(2, {"n": 1}), sight(3, {"text": "B", "n": 1})]
    assert texts(versions(RECORD, sights)) == ["A", "B"]


def test_an_old_answer_out_of_a_cache_joins_the_version_it_shows() -> None:
    found = versions(RECORD, [sight(1, "A", as_of=1), sight(2, "B", as_of=2), sight(3, "A", as_of=1)])
    assert texts(found) == ["A", "B"]
    assert found[0].last_seen_at == at(3)


def test_an_earlier_wording_learnt_later_moves_numbers_and_no_id() -> None:
    before = versions(RECORD, [sight(1, "B", as_of=2), sight(2, "C", as_of=3)])
    history = [sight(3, word, as_of=n, back=True, position=n) for n, word in ((1, "A"), (2, "B"), (3, "C"))]
    after = versions(RECORD, [sight(1, "B", as_of=2), sight(2, "C", as_of=3), *history])
    assert texts(after) == ["A", "B", "C"]
    assert [version.id for version in after[1:]] == [version.id for version in before]
    assert after[0].first_seen_at is None
    assert after[0].last_seen_at is None


def test_a_wording_between_two_equal_ones_that_nobody_saw_splits_them() -> None:
    sights = [sight(1, "A", as_of=1), sight(2, "A", as_of=3)]
    (before,) = versions(RECORD, sights)
    after = versions(RECORD, [*sights, sight(3, "B", as_of=2, back=True)])
    assert texts(after) == ["A", "B", "A"]
    assert after[0].id == before.id


def test_an_edit_learnt_late_before_a_sight_without_words_is_the_edit_that_is_known_from_afterwards() -> None:
    """Who saw it first was killed; what they saw is adopted after others saw it without words, and then the words."""
    before = versions(RECORD, [sight(1, "A"), sight(3, {}), sight(4, "B")])
    after = versions(RECORD, [sight(1, "A"), sight(3, {}), sight(4, "B"), sight(5, "B", seen=2)])
    assert [(one.id, one.text) for one in after] == [(one.id, one.text) for one in before]
    assert after[1].first_seen_at == at(2)


def test_an_id_that_a_sight_without_words_gave_stays_with_the_words_that_it_was_known_with() -> None:
    seen = [sight(2, {}), sight(3, "A", seen=0), sight(4, "B")]
    before = versions(RECORD, seen)
    after = versions(RECORD, [*seen, sight(5, "B", seen=1)])
    assert [(one.id, one.text) for one in after] == [(one.id, one.text) for one in before]
    assert before[0].id == ids.version_id(RECORD, "ex_002", 0)


def test_an_id_that_a_sight_without_words_gave_is_given_to_no_other_version_where_that_sight_stands_now() -> None:
    found = versions(RECORD, [sight(1, {}, seen=7), *(sight(9, w, seen=n, position=n) for n, w in enumerate("BCA", 2))])
    assert texts(found) == ["B", "C", "A"]
    assert len({version.id for version in found}) == 3


def test_another_scheme_is_never_an_edit() -> None:
    found = versions(RECORD, [sight(1, "A"), sight(2, {"words": "A"}, scheme=2), sight(3, {"words": "A"}, scheme=2)])
    assert len(found) == 1
    assert (found[0].scheme, found[0].content) == (2, {"words": "A"})
    edited = versions(RECORD, [sight(1, "A"), sight(2, {"words": "A"}, scheme=2), sight(3, {"words": "B"}, scheme=2)])
    assert len(edited) == 2
    older = versions(RECORD, [sight(1, "A"), sight(2, {"words": "A"}, scheme=2), sight(3, "B")])
    assert len(older) == 2


def test_true_one_and_one_point_nought_are_different_values() -> None:
    assert len(versions(RECORD, [sight(1, {"n": 1}), sight(2, {"n": True}), sight(3, {"n": 1.0})])) == 3
    assert equal(plain({"a": (1, [2])}), {"a": [1, [2]]})
    assert not equal({"a": [1]}, {"a": [True]})


def test_an_occurrence_that_carries_an_id_gives_it_to_its_version() -> None:
    carrying = Occurrence(
        "ex_002", 0, 2, 0, at(2), None, retrospective=False, scheme=1, content={}, text="", carries="ve_old"
    )
    assert versions(RECORD, [carrying])[0].id == "ve_old"


def test_a_version_seen_again_lasts_until_then() -> None:
    again = Occurrence(
        "ex_001", 0, 1, 0, at(1), None, retrospective=False, scheme=1, content={}, text="", last_seen_at=at(9)
    )
    assert versions(RECORD, [again])[0].last_seen_at == at(9)


# Properties

values = st.sampled_from(["A", "B"])
full = st.fixed_dictionaries({"text": values, "warning": st.sampled_from(["", "x"])})
words = st.sampled_from([{}, *({"text": text, "warning": ""} for text in "ABC")])
some = st.dictionaries(st.sampled_from(["text", "warning", "poll"]), values, max_size=3)


def _arrived(drawn: list[tuple[dict[str, str], int, int | None, bool, int, bool]]) -> list[Occurrence]:
    return [
        sight(run, content, seen=seen, as_of=as_of, back=back, scheme=scheme, late=late)
        for run, (content, seen, as_of, back, scheme, late) in enumerate(drawn, 1)
    ]


def histories(contents: st.SearchStrategy[dict[str, str]], schemes: int = 1) -> st.SearchStrategy[list[Occurrence]]:
    times = st.integers(0, 8), st.none() | st.integers(0, 5)
    one = st.tuples(contents, *times, st.booleans(), st.integers(1, schemes), st.booleans())
    return st.lists(one, min_size=1, max_size=9).map(_arrived)


@given(histories(some, 2), st.randoms(use_true_random=False))
def test_the_order_in_which_occurrences_are_given_does_not_matter(history: list[Occurrence], randomness: Any) -> None:
    shuffled = history.copy()
    randomness.shuffle(shuffled)
    assert versions(RECORD, shuffled) == versions(RECORD, history)


@given(histories(some, 2))
def test_every_occurrence_is_in_one_version_and_versions_follow_each_other_in_time(history: list[Occurrence]) -> None:
    found = versions(RECORD, history)
    members = [member for version in found for member in version.members]
    assert members == in_time(history)
    assert [version.number for version in found] == list(range(1, len(found) + 1))


@given(st.lists(st.tuples(full, st.integers(0, 4)), min_size=1, max_size=8), st.booleans())
def test_what_runs_see_one_after_another_is_in_that_order_whatever_the_clock_says(
    seen: list[tuple[dict[str, str], int]], dated: bool
) -> None:
    """A clock that stands still or is set back between two runs, and a platform that dates edits to the hour."""
    history = [
        sight(run, content, seen=clock, as_of=0 if dated else None, late=False)
        for run, (content, clock) in enumerate(seen, 1)
    ]
    found = versions(RECORD, history)
    assert [dict(one.content) for one in found] == [content for content, _ in groupby(one for one, _ in seen)]


@given(histories(full))
def test_with_whole_contents_a_version_is_a_stretch_of_equal_ones(history: list[Occurrence]) -> None:
    ordered = in_time(history)
    stretches = [list(group) for _, group in groupby(ordered, key=lambda one: one.content)]
    found = versions(RECORD, history)
    assert [list(version.members) for version in found] == stretches
    for version in found:
        first = min(version.members, key=lambda one: one.arrival)
        assert version.id == ids.version_id(RECORD, first.exchange_id, first.position)


@settings(max_examples=examples(300))
@given(histories(words))
def test_where_an_answer_shows_all_words_or_none_no_two_neighbours_say_the_same(history: list[Occurrence]) -> None:
    """An edit that nobody made would be seen between them."""
    for before, after in pairwise(versions(RECORD, history)):
        assert not equal(before.content, after.content)


@settings(max_examples=examples(300))
@given(histories(words))
def test_what_a_version_was_known_to_say_it_says_for_ever(history: list[Occurrence]) -> None:
    timeline = Timeline(RECORD)
    said: dict[str, Mapping[str, Any]] = {}
    for occurrence in history:
        timeline.arrive(occurrence)
        now = {version.id: version.content for version in timeline.versions()}
        assert all(equal(now[one], content) for one, content in said.items() if content)
        said = now


@given(histories(some, 2))
def test_neighbours_with_equal_contents_are_never_in_different_versions(history: list[Occurrence]) -> None:
    for before, after in pairwise(versions(RECORD, history)):
        left, right = before.members[-1], after.members[0]
        assert not (left.scheme == right.scheme and equal(left.content, right.content))


@given(histories(some, 2))
def test_nothing_inside_a_version_contradicts_anything_else_in_it(history: list[Occurrence]) -> None:
    for version in versions(RECORD, history):
        for member in version.members:
            if member.scheme == version.scheme:
                assert within(member.content, version.content)
            same = [one for one in version.members if one.scheme == member.scheme]
            assert not any(contradict(member.content, one.content) for one in same)


@given(histories(some, 2))
def test_an_id_that_was_given_stays_and_stays_with_the_occurrence_that_gave_it(history: list[Occurrence]) -> None:
    timeline = Timeline(RECORD)
    given_ids: dict[str, str | None] = {}
    wordless = {ids.version_id(RECORD, one.exchange_id, one.position) for one in history if not one.content}
    for occurrence in history:
        timeline.arrive(occurrence)
        now = {version.id: made_by(version) for version in timeline.versions()}
        assert given_ids.keys() <= now.keys()
        assert len(now) == len(timeline.versions())
        assert all(now[one] == run for one, run in given_ids.items() if one not in wordless)
        given_ids = now


@given(histories(some), some, st.integers(0, 5))
def test_learning_an_earlier_version_never_moves_an_existing_id(
    history: list[Occurrence], content: dict[str, str], as_of: int
) -> None:
    before = versions(RECORD, history)
    after = versions(RECORD, [*history, sight(99, content, as_of=as_of, back=True)])
    were, are = ({version.id: made_by(version) for version in found} for found in (before, after))
    assert were.keys() <= are.keys()
    shown = {one.exchange_id for one in history if one.content}
    assert all(are[one] == run for one, run in were.items() if run in shown)


@given(histories(some, 2))
def test_arriving_one_by_one_gives_the_same_as_all_at_once(history: list[Occurrence]) -> None:
    timeline = Timeline(RECORD)
    for count, occurrence in enumerate(history, 1):
        timeline.arrive(occurrence)
        assert timeline.versions() == versions(RECORD, history[:count])


@settings(max_examples=examples(300))
@given(histories(some, 2), st.booleans(), st.none() | st.integers(0, 5), st.integers(0, 4))
def test_the_short_way_is_only_taken_where_it_gives_what_the_long_way_gives(
    history: list[Occurrence], newest: bool, as_of: int | None, later: int
) -> None:
    before = versions(RECORD, history)
    current = before[-1]
    last_seen = max(one.observed_at for one in history)
    known = Current(current.scheme, current.content, current.as_of, last_seen, max(one.arrival for one in history))
    seen = Occurrence(
        "ex_900",
        0,
        900 if newest else 1,
        0,
        last_seen + timedelta(hours=later - 1),
        None if as_of is None else at(as_of),
        retrospective=False,
        scheme=current.scheme,
        content=current.content,
        text=current.text,
    )
    if not repeats(known, seen):
        return
    after = versions(RECORD, [*history, seen])
    assert after[:-1] == before[:-1]
    last = after[-1]
    assert (last.id, last.number, last.content, last.text, last.scheme, last.as_of) == (
        current.id,
        current.number,
        current.content,
        current.text,
        current.scheme,
        current.as_of,
    )
    assert last.first_seen_at == (current.first_seen_at or seen.observed_at)
    assert last.last_seen_at == max(current.last_seen_at or seen.observed_at, seen.observed_at)
    assert last.reference == seen


def test_the_short_way_is_taken_for_an_ordinary_unchanged_sight() -> None:
    (version,) = versions(RECORD, [sight(1, "A", as_of=0)])
    known = Current(1, version.content, version.as_of, at(1), version.reference.arrival)
    assert repeats(known, sight(2, "A", as_of=0))
    assert not repeats(known, sight(2, "B", as_of=0))
    assert not repeats(known, sight(2, "A", as_of=0, scheme=2))
    assert not repeats(known, sight(2, "A", as_of=0, back=True))
    assert not repeats(known, sight(2, "A", as_of=0, seen=0))
    assert not repeats(known, sight(2, "A"))
