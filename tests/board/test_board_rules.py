"""The colour of an account follows from its facts alone: amber comes before red, and nothing amiss is green."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archiver.accounts.register.missing import Completeness, Lack
from archiver.accounts.register.missing import Standing as Listed
from archiver.accounts.standing import Connection, Standing
from archiver.capture.gaps import AccountState, Cause, longest_pause
from archiver.capture.outcomes import RunOutcome
from archiver.operations.board_rules import (
    PATIENCE,
    Allowance,
    Colour,
    Deposit,
    Facts,
    Looks,
    OpenGap,
    Waits,
    colour,
    reasons,
    slips_after,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LISTED = Listed(Completeness.COMPLETE, ())
EVERY = timedelta(minutes=5)
GOOD = Facts(NOW, LISTED, looks=Looks(EVERY, NOW - timedelta(days=90), NOW - EVERY, RunOutcome.UNCHANGED.value))

spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=60))
moments = spans.map(lambda span: NOW - span)
intervals = st.timedeltas(min_value=timedelta(seconds=5), max_value=timedelta(days=2))
listed = st.builds(
    Listed,
    st.sampled_from(Completeness),
    st.lists(st.sampled_from(Lack), max_size=4).map(tuple),
    st.none() | st.just(date(2026, 3, 20)),
)
joined = st.none() | st.builds(
    Standing, st.sampled_from(Connection), st.none() | moments, st.just("it is so"), st.just("")
)
looks = st.builds(
    Looks, intervals, moments, st.none() | moments, st.none() | st.sampled_from([one.value for one in RunOutcome]),
    st.booleans(), st.none() | moments, st.booleans(), st.integers(0, 9),
)  # fmt: skip
gaps = st.builds(OpenGap, st.just("posts"), st.sampled_from([*(one.value for one in Cause), "unheard of"]), moments)
facts = st.builds(
    Facts,
    st.just(NOW),
    listed,
    waits=st.none() | st.sampled_from(Waits),
    why_not=st.just("somebody decided so"),
    state=st.sampled_from([*(one.value for one in AccountState), "paused", "closed", "of_a_later_version"]),
    joined=joined,
    looks=st.none() | looks,
    gaps=st.lists(gaps, max_size=3),
    allowances=st.lists(st.builds(Allowance, st.booleans(), st.just("x"), st.none() | moments), max_size=2),
    deposit=st.none() | st.builds(Deposit, moments, st.just(timedelta(days=31))),
    differing=st.integers(0, 3),
    own_differs=st.integers(0, 3),
    version_ends=st.none() | st.just("version 1 ends"),
)


def of(some: Facts) -> Colour:
    return colour(reasons(some))


@pytest.mark.law("R63")
@given(facts)
def test_every_colour_has_its_reason_in_words_the_worst_first(some: Facts) -> None:
    found = reasons(some)
    assert found
    assert [one.colour for one in found] == sorted((one.colour for one in found), reverse=True)
    assert found[0].colour is of(some)
    assert all(one.said and one.code and one.code.isidentifier() for one in found)
    assert of(some) is Colour.GREEN or any(one.colour is not Colour.GREEN for one in found)


@given(facts, gaps, st.sampled_from(Completeness))
def test_more_trouble_never_makes_it_greener(some: Facts, gap: OpenGap, state: Completeness) -> None:
    assert of(replace(some, gaps=[*some.gaps, gap])) >= of(some)
    assert of(replace(some, differing=some.differing + 1)) >= of(some)
    if some.waits is None and some.state == "active":
        assert of(replace(some, state="revoked")) is Colour.RED
    late = replace(some, register=replace(some.register, state=Completeness.OVERDUE, lacks=(Lack.OWNER,)))
    if some.waits is not Waits.NEVER:
        assert of(late) is Colour.RED


def test_a_version_that_ends_is_amber_and_one_that_has_ended_is_red() -> None:
    ends = replace(GOOD, version_ends="version 1 goes out of service")
    assert [of(GOOD), of(ends), of(replace(ends, version_over=True))] == [Colour.GREEN, Colour.AMBER, Colour.RED]
    assert of(replace(GOOD, version_over=True)) is Colour.GREEN, "nothing is said without words"


@pytest.mark.law("R63")
@given(intervals)
def test_a_schedule_that_slips_is_amber_before_it_is_red(every: timedelta) -> None:
    assert slips_after(every) < longest_pause(every)

    def after(quiet: timedelta) -> Colour:
        return of(replace(GOOD, looks=Looks(every, NOW - timedelta(days=90), NOW - quiet, "unchanged")))

    second = timedelta(seconds=1)
    assert [after(one) for one in (every, slips_after(every), slips_after(every) + second)] == [
        Colour.GREEN, Colour.GREEN, Colour.AMBER,
    ]  # fmt: skip
    assert (after(longest_pause(every)), after(longest_pause(every) + second)) == (Colour.AMBER, Colour.RED)


@given(facts, spans)
def test_time_alone_heals_nothing(some: Facts, later: timedelta) -> None:
    assume(not any(one.empty for one in some.allowances))  # an allowance is renewed by time alone
    assert of(replace(some, now=NOW + later)) >= of(some)


@pytest.mark.parametrize("state", [one.value for one in AccountState if one is not AccountState.ACTIVE])
def test_an_account_that_cannot_be_read_is_red(state: str) -> None:
    assert of(GOOD) is Colour.GREEN
    assert of(replace(GOOD, state=state)) is Colour.RED


@pytest.mark.parametrize(
    ("connection", "expected"),
    [(Connection.CONNECTED, Colour.GREEN), (Connection.EXPIRING, Colour.AMBER), (Connection.REVOKED, Colour.RED),
     (Connection.SIGN_IN_NEEDED, Colour.RED), (Connection.PERMISSION_LOST, Colour.RED)],
)  # fmt: skip
def test_consent_that_ends_is_amber_before_it_is_red(connection: Connection, expected: Colour) -> None:
    end = NOW + timedelta(days=3)
    found = reasons(replace(GOOD, joined=Standing(connection, end, "it is so", "")))
    assert colour(found) is expected
    if connection is Connection.EXPIRING:
        assert (found[0].at, found[0].said) == (end, "the owner's consent ends on")


@pytest.mark.law("R63")
@pytest.mark.parametrize("cause", list(Cause))
def test_gaps_are_explained_pass_or_are_red(cause: Cause) -> None:
    fresh, old = (of(replace(GOOD, gaps=[OpenGap("posts", cause.value, NOW - age)])) for age in (EVERY, 2 * PATIENCE))
    unknown = {Cause.CONTRACT, Cause.OTHER, Cause.SIGN_IN_EXPIRED, Cause.REVOKED, Cause.WITHDRAWN}
    passing = {Cause.INTERRUPTED, Cause.RATE, Cause.TRANSIENT, Cause.NOT_RUNNING}
    expected = Colour.RED if cause in unknown else Colour.GREEN if cause is Cause.UNSUPPORTED else Colour.AMBER
    assert (fresh, old) == (expected, Colour.RED if cause in passing else expected)


@pytest.mark.parametrize(
    ("changed", "expected", "code"),
    [
        (
            {"register": Listed(Completeness.PROVISIONAL, (Lack.OWNER,), date(2026, 3, 9))},
            Colour.AMBER,
            "register_provisional",
        ),
        ({"register": Listed(Completeness.OVERDUE, (Lack.OWNER,), date(2026, 2, 9))}, Colour.RED, "register_overdue"),
        ({"register": Listed(Completeness.COMPLETE, (Lack.ATTESTATION_DUE,))}, Colour.AMBER, "register_complete"),
        ({"state": "paused", "state_reason": "a test"}, Colour.AMBER, "paused"),
        ({"waits": Waits.OWNER, "why_not": "nobody asked"}, Colour.AMBER, "not_captured_owner"),
        ({"waits": Waits.NEVER, "why_not": "a campaign account"}, Colour.GREEN, "not_captured_never"),
        ({"allowances": [Allowance(False, "it runs out")]}, Colour.AMBER, "quota"),
        ({"allowances": [Allowance(True, "x", NOW + EVERY)]}, Colour.AMBER, "quota_empty"),
        ({"allowances": [Allowance(True, "x", NOW + PATIENCE)]}, Colour.RED, "quota_empty"),
        ({"deposit": Deposit(NOW + EVERY, timedelta(days=31))}, Colour.GREEN, "public"),
        ({"deposit": Deposit(NOW - EVERY, timedelta(days=31))}, Colour.AMBER, "deposit_overdue"),
        ({"deposit": Deposit(NOW - timedelta(days=32), timedelta(days=31))}, Colour.RED, "deposit_overdue"),
        ({"differing": 2}, Colour.AMBER, "counts"),
        ({"own_differs": 2}, Colour.AMBER, "counts_own"),
        ({"looks": Looks(EVERY, NOW - EVERY)}, Colour.AMBER, "new"),
        ({"looks": Looks(EVERY, NOW - PATIENCE)}, Colour.RED, "silent"),
        ({"looks": Looks(EVERY, NOW - EVERY, NOW - PATIENCE, "unchanged")}, Colour.GREEN, "public"),
        ({"looks": Looks(EVERY, NOW - PATIENCE, None, None, True, NOW - 3 * EVERY)}, Colour.GREEN, "public"),
        ({"looks": Looks(EVERY, NOW - PATIENCE, NOW, "suspicious")}, Colour.RED, "suspicious"),
        ({"looks": Looks(EVERY, NOW - PATIENCE, NOW, "failed", failures=2)}, Colour.AMBER, "failing"),
    ],
)  # fmt: skip
def test_the_reasons_one_by_one(changed: dict[str, object], expected: Colour, code: str) -> None:
    found = reasons(replace(GOOD, **changed))  # type: ignore[arg-type]
    assert (found[0].colour, found[0].code) == (expected, code)
