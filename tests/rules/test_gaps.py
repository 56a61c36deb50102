"""Gaps and account states, from runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.gaps import (
    REMEDIES,
    WORDS,
    AccountState,
    Cause,
    Gap,
    Looked,
    RunFacts,
    Watch,
    cause_of,
    derive,
    in_words,
    overdue,
)
from archiver.capture.outcomes import RunOutcome
from connectors.contract import ProblemKind

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
EXPECTED = timedelta(minutes=5)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def run(number: int, minutes: float, outcome: str = "complete", *looked: Looked, reason: str | None = None) -> RunFacts:
    return RunFacts(f"rn_{number}", at(minutes), at(minutes + 1), outcome, reason, looked)


def posts(complete: bool = True, since: datetime | None = None, reason: str | None = None) -> Looked:
    return Looked("statuses", "posts", since, complete, reason)


def thread(name: str, complete: bool = True, reason: str | None = None) -> Looked:
    return Looked(f"context:{name}", "comments", None, complete, reason)


def test_runs_that_cover_everything_leave_no_gap() -> None:
    derived = derive([run(n, 5 * n, "unchanged", posts(since=at(-60))) for n in range(20)], EXPECTED)
    assert derived.gaps == ()
    assert derived.transitions == ()


def test_a_gap_opens_where_a_run_could_not_look_and_closes_when_a_later_one_reaches_back() -> None:
    runs = [
        run(1, 0, "complete", posts()),
        run(2, 5, "failed", posts(False, reason="transient: the server failed"), reason="transient: the server failed"),
        run(3, 10, "failed", posts(False, reason="rate: too many"), reason="rate: too many"),
        run(4, 15, "complete", posts(since=at(-3))),
    ]
    opened = Gap("posts", "rn_2", at(1), at(6), Cause.TRANSIENT)
    assert derive(runs[:2], EXPECTED).gaps == (opened,)
    assert derive(runs[:3], EXPECTED).gaps == (opened,)
    (closed,) = derive(runs, EXPECTED).gaps
    assert (closed.opened_by, closed.closed_by, closed.closed_at) == ("rn_2", "rn_4", at(16))


def test_a_look_that_does_not_reach_back_leaves_the_gap_open() -> None:
    runs = [
        run(1, 0, "complete", posts()),
        run(2, 5, "partial", posts(False, reason="transient")),
        run(3, 10, "complete", posts(since=at(8))),
    ]
    (gap,) = derive(runs, EXPECTED).gaps
    assert gap.closed_at is None
    (gap,) = derive([*runs, run(4, 15, "complete", posts(since=None))], EXPECTED).gaps
    assert gap.closed_by == "rn_4"


def test_every_missed_thread_must_be_looked_at_before_a_gap_closes() -> None:
    runs = [
        run(1, 0, "complete", thread("1"), thread("2")),
        run(2, 5, "partial", thread("1", False, "transient"), thread("2", False, "transient")),
        run(3, 10, "complete", thread("1"), thread("3")),
    ]
    (gap,) = derive(runs, EXPECTED).gaps
    assert gap.closed_at is None
    (gap,) = derive([*runs, run(4, 15, "complete", thread("2"))], EXPECTED).gaps
    assert gap.closed_by == "rn_4"


def test_streams_have_gaps_of_their_own() -> None:
    runs = [
        run(1, 0, "complete", posts(), thread("1")),
        run(2, 5, "partial", posts(), thread("1", False, "permission: not allowed")),
    ]
    (gap,) = derive(runs, EXPECTED).gaps
    assert (gap.stream, gap.cause) == ("comments", Cause.PERMISSION)
    assert gap.remedy == REMEDIES[Cause.PERMISSION]


def test_a_thread_that_is_gone_is_no_gap() -> None:
    runs = [run(1, 0, "complete", thread("1")), run(2, 5, "partial", thread("1", False, "gone: not found"), posts())]
    assert derive(runs, EXPECTED).gaps == ()


def test_a_run_that_never_asked_misses_every_stream_there_is() -> None:
    runs = [
        run(1, 0, "complete", posts(), thread("1")),
        run(2, 5, "interrupted", reason="the service was stopped"),
    ]
    assert {(gap.stream, gap.cause) for gap in derive(runs, EXPECTED).gaps} == {
        ("posts", Cause.INTERRUPTED),
        ("comments", Cause.INTERRUPTED),
    }
    later = run(3, 10, "complete", posts(since=at(-9)), thread("1"))
    assert all(gap.closed_by == "rn_3" for gap in derive([*runs, later], EXPECTED).gaps)


def test_an_account_that_never_worked_has_a_gap_without_a_beginning() -> None:
    (gap,) = derive([run(1, 0, "failed", reason="sign_in_expired: sign in")], EXPECTED).gaps
    assert gap.span_from is None
    assert gap.cause is Cause.SIGN_IN_EXPIRED


@pytest.mark.law("R21", "R63")
def test_a_pause_of_the_service_is_a_gap_even_if_the_next_run_catches_up() -> None:
    runs = [run(1, 0, "complete", posts()), run(2, 3000, "complete", posts(since=at(-5)))]
    (gap,) = derive(runs, EXPECTED).gaps
    assert gap.cause is Cause.NOT_RUNNING
    assert (gap.span_from, gap.opened_at) == (at(1), at(6))
    assert (gap.opened_by, gap.closed_by) == ("rn_2", "rn_2")


def test_a_failed_run_that_covered_one_stream_is_no_pause_of_the_service() -> None:
    runs = [
        run(1, 0, "complete", posts()),
        run(2, 50, "failed", posts(since=at(-5)), thread("1", False, "transient")),
        run(3, 75, "complete", posts(since=at(-5))),
    ]
    assert [gap.stream for gap in derive(runs, EXPECTED).gaps] == ["comments"]


def test_a_short_delay_is_no_gap() -> None:
    runs = [run(1, 0, "complete", posts()), run(2, 50, "complete", posts(since=at(-5)))]
    assert derive(runs, EXPECTED).gaps == ()
    assert not overdue(at(0), at(50), EXPECTED)
    assert overdue(at(0), at(61), EXPECTED)
    assert not overdue(None, at(61), EXPECTED)


@pytest.mark.law("R63")
def test_lists_of_a_stream_are_made_up_for_one_by_one() -> None:
    """The one was missed, then the other, each for one look, and each begins again where it had come to itself."""

    def listed(name: str, since: float | None, reason: str | None = None) -> Looked:
        return Looked(name, "posts", None if since is None else at(since), reason is None, reason)

    runs = [
        run(1, 0, "complete", listed("own", None), listed("others", None)),
        run(2, 5, "partial", listed("own", 0, "transient"), listed("others", 1)),
        run(3, 10, "partial", listed("own", 1), listed("others", 6, "transient")),
        run(4, 15, "complete", listed("own", 11), listed("others", 6)),
    ]
    (gap,) = derive(runs, EXPECTED).gaps
    assert (gap.opened_by, gap.closed_by) == ("rn_2", "rn_4")
    (gap,) = derive([*runs[:3], run(4, 15, "complete", listed("own", 11), listed("others", 8))], EXPECTED).gaps
    assert gap.closed_by is None


def test_what_fell_out_of_a_window_is_a_gap_that_stays() -> None:
    runs = [
        run(1, 0, "complete", posts(since=at(-600))),
        run(2, 30, "complete", posts(since=at(20))),
        run(3, 35, "complete", posts(since=at(21))),
    ]
    (gap,) = derive(runs, EXPECTED).gaps
    assert (gap.cause, gap.span_from, gap.closed_at) == (Cause.WINDOW, at(1), None)
    (gap,) = derive([*runs, run(4, 40, "complete", posts(since=at(-10)))], EXPECTED).gaps
    assert gap.closed_by == "rn_4"


def test_an_account_that_needs_sign_in_says_so_until_a_run_works() -> None:
    runs = [
        run(1, 0, "complete", posts()),
        run(2, 5, "failed", posts(False, reason="sign_in_expired: expired"), reason="sign_in_expired: expired"),
        run(3, 10, "failed", posts(False, reason="sign_in_expired: expired"), reason="sign_in_expired: expired"),
        run(4, 15, "complete", posts()),
    ]
    transitions = derive(runs, EXPECTED).transitions
    assert [(one.state, one.run) for one in transitions] == [
        (AccountState.SIGN_IN_NEEDED, "rn_2"),
        (AccountState.ACTIVE, "rn_4"),
    ]


def test_an_account_is_unreachable_after_three_failures_in_a_row() -> None:
    failed = [run(n, 5 * n, "failed", posts(False, reason="transient: no answer")) for n in range(1, 4)]
    assert derive(failed[:2], EXPECTED).watch.state is AccountState.ACTIVE
    assert derive(failed, EXPECTED).watch.state is AccountState.UNREACHABLE


def test_an_interruption_does_not_change_what_is_known_of_an_account() -> None:
    runs = [
        run(1, 0, "failed", reason="gone: no such account"),
        run(2, 5, "interrupted", reason="the service was stopped"),
    ]
    assert derive(runs, EXPECTED).watch.state is AccountState.GONE


@pytest.mark.parametrize("kind", ProblemKind)
def test_every_problem_kind_is_a_cause_with_a_remedy(kind: ProblemKind) -> None:
    assert REMEDIES[cause_of(f"{kind.value}: words")]
    assert cause_of(f"{kind.value}: words") == kind.value


def test_unknown_reasons_have_a_cause_too() -> None:
    assert cause_of("the platform gave a page it had given before") is Cause.OTHER
    assert cause_of(None, "interrupted") is Cause.INTERRUPTED
    assert set(REMEDIES) == set(WORDS) == set(Cause)


@given(st.sampled_from(Cause), st.text())
def test_a_stored_reason_is_read_in_words_and_loses_nothing(cause: Cause, more: str) -> None:
    assert in_words(cause.value) == WORDS[cause]
    assert in_words(f"{cause.value}: {more}").startswith(WORDS[cause])
    assert in_words(f"{cause.value}: {more}").endswith(more.strip() or WORDS[cause])


def test_a_reason_that_names_no_cause_is_read_as_it_is() -> None:
    assert in_words("page limit: 400") == "page limit: 400"
    assert in_words(None) == WORDS[Cause.OTHER]


looks = st.builds(
    Looked,
    st.sampled_from(["statuses", "context:1", "context:2"]),
    st.sampled_from(["posts", "comments"]),
    st.none() | st.integers(-100, 500).map(at),
    st.booleans(),
    st.sampled_from([None, *Cause]),
)
runs_of_an_account = st.lists(
    st.tuples(st.integers(1, 200), st.sampled_from(RunOutcome), st.lists(looks, max_size=3)), max_size=12
)


def as_runs(drawn: list[tuple[int, RunOutcome, list[Looked]]]) -> list[RunFacts]:
    minutes, runs = 0, []
    for number, (pause, outcome, looked) in enumerate(drawn, 1):
        minutes += pause
        runs.append(run(number, minutes, outcome.value, *looked))
    return runs


@given(runs_of_an_account, st.integers(0, 12))
def test_going_on_from_where_an_account_stood_gives_the_same_as_all_runs_at_once(
    drawn: list[tuple[int, RunOutcome, list[Looked]]], cut: int
) -> None:
    runs = as_runs(drawn)
    whole = derive(runs, EXPECTED)
    first = derive(runs[:cut], EXPECTED)
    second = derive(runs[cut:], EXPECTED, first.watch)
    merged = {(gap.stream, gap.opened_by): gap for gap in (*first.gaps, *second.gaps)}
    assert second.watch == whole.watch
    assert tuple(merged.values()) == whole.gaps
    assert (*first.transitions, *second.transitions) == whole.transitions


@given(runs_of_an_account)
def test_a_stream_has_at_most_one_open_gap_and_closed_ones_end_after_they_began(
    drawn: list[tuple[int, RunOutcome, list[Looked]]],
) -> None:
    derived = derive(as_runs(drawn), EXPECTED)
    still_open = [gap.stream for gap in derived.gaps if gap.closed_at is None]
    assert len(still_open) == len(set(still_open))
    assert {stream for stream, watch in derived.watch.streams.items() if watch.gap} == set(still_open)
    for gap in derived.gaps:
        assert gap.span_from is None or gap.span_from <= gap.opened_at
        assert gap.closed_at is None or gap.opened_at <= gap.closed_at


def test_a_fresh_account_stands_nowhere() -> None:
    assert derive([], EXPECTED).watch == Watch()


# How far back.


def reaches(*runs: RunFacts) -> dict[str, datetime | None]:
    return {name: one.since for name, one in derive(runs, EXPECTED).watch.reach.items()}


@pytest.mark.law("R63")
def test_the_first_look_says_how_far_back_a_list_goes_and_later_ones_move_it_back_only() -> None:
    first = run(1, 0, "complete", posts(since=at(-9000)))
    assert reaches(first) == {"statuses": at(-9000)}
    assert reaches(first, run(2, 5, "complete", posts(since=at(1)))) == {"statuses": at(-9000)}
    further = run(3, 10, "complete", posts(since=at(-9001)))
    assert derive([first, further], EXPECTED).watch.reach["statuses"].run == "rn_3"
    whole = run(4, 15, "complete", posts())
    assert reaches(first, further, whole) == {"statuses": None}
    assert reaches(whole, first) == {"statuses": None}


def test_what_was_not_looked_at_completely_or_is_no_list_goes_back_to_nowhere() -> None:
    looked = (posts(False, reason="rate: too many"), thread("1"), Looked("profile (profile)", "profile", None, True))
    assert reaches(run(1, 0, "partial", looked[0], looked[2])) == {}
    assert reaches(run(1, 0, "complete", Looked("threads", "comments", None, True))) == {}


def test_a_look_from_the_last_one_on_says_nothing_where_the_first_is_not_remembered() -> None:
    before = Watch(listings={"statuses": at(-60)})
    later = derive([run(2, 0, "complete", posts(since=at(-60)))], EXPECTED, before)
    assert later.watch.reach == {}
    whole = derive([run(3, 5, "complete", posts())], EXPECTED, later.watch)
    assert whole.watch.reach["statuses"].since is None
