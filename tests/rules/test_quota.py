"""What is used of an allowance, whether it lasts, and what is asked less often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.quota import choosing
from archiver.quota.buckets import Bucket, drawn_on, refused_until
from archiver.quota.choosing import LEAST, Wish, by_share, choose, longest, reserve, stopped
from archiver.quota.fairness import shares
from archiver.quota.standing import Said, forecast, slot_at, slot_of, standing, window
from connectors._limits import BLUESKY, FACEBOOK, FLICKR, MASTODON, YOUTUBE, X
from connectors.allowances import Allowance, Renewed, Shared
from connectors.contract import AccountRef, Ask, Problem, ProblemKind, Reading, Stream, SweepKind
from connectors.flickr import Flickr
from connectors.x import X as XConnector

NEW, WATCH, FULL = SweepKind.NEW, SweepKind.WATCH, SweepKind.FULL
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: 07:30 in California: the day there began half an hour less than eight hours ago.
NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
(UNITS,), (REQUESTS,), (USAGE,), (HOURLY,) = YOUTUBE, MASTODON, FACEBOOK, FLICKR
EVERY = {NEW: timedelta(minutes=5), WATCH: timedelta(minutes=10), FULL: timedelta(days=7)}
ALLOWANCES = st.sampled_from((UNITS, REQUESTS, USAGE, HOURLY, *X, *BLUESKY))

accounts = st.sampled_from("abcdefg")
kinds = st.sampled_from(SweepKind)
wishes = st.lists(
    st.builds(
        lambda account, kind, cost, waiting: Wish(account, kind, cost, EVERY[kind], waiting),
        accounts, kinds, st.floats(0, 500), st.integers(0, 1000),
    ),
    unique_by=lambda one: (one.account, one.sweep),
    max_size=21,
)  # fmt: skip
times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


# Sharing.


@given(
    st.dictionaries(st.text(max_size=3), st.floats(0, 1e6), max_size=12),
    st.floats(-10, 1e6),
    st.dictionaries(st.text(max_size=3), st.floats(0.1, 4), max_size=12),
)
def test_sharing_is_max_min_fair(wanted: dict[str, float], capacity: float, weights: dict[str, float]) -> None:
    given_to = shares(wanted, capacity, weights)
    assert given_to.keys() == wanted.keys()
    assert all(0 <= given_to[name] <= wanted[name] for name in wanted)
    total = min(sum(wanted.values()), max(capacity, 0.0))
    assert sum(given_to.values()) == pytest.approx(total, abs=1e-3), "something is left over though it is wanted"
    level = {name: given_to[name] / weights.get(name, 1.0) for name in wanted}
    short = [name for name in wanted if given_to[name] < wanted[name] - 1e-6]
    for name in short:
        assert all(level[other] <= level[name] + 1e-3 for other in wanted), "one has more than one who lacks"


def test_who_wants_little_gets_all_of_it_and_the_greedy_share_the_rest() -> None:
    assert shares({"quiet": 5, "busy": 1000, "other": 1000}, 105, {}) == {"quiet": 5, "busy": 50, "other": 50}


# What is known.


@pytest.mark.parametrize("month", [3, 7, 11])
def test_a_day_begins_at_the_platform_s_midnight(month: int) -> None:
    begin, end = window(UNITS, datetime(2026, month, 8, 20, tzinfo=UTC))
    local = begin.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (local.hour, local.minute) == (0, 0)
    assert end is not None
    assert timedelta(hours=22) < end - begin < timedelta(hours=26)


@given(ALLOWANCES, times)
def test_now_lies_in_its_window(allowance: Allowance, now: datetime) -> None:
    begin, end = window(allowance, now)
    assert begin <= now
    assert now - begin <= allowance.every + HOUR
    assert end is None or now < end
    assert slot_at(now, slot_of(allowance)) <= now < slot_at(now, slot_of(allowance)) + slot_of(allowance)


@given(ALLOWANCES, st.integers(1, 5000), st.integers(-5, 6000), st.integers(0, 400), st.integers(0, 9000))
def test_the_platform_s_word_counts_more_than_our_own(
    allowance: Allowance, limit: int, remaining: int, since: int, counted: int
) -> None:
    said = Said(limit, remaining, NOW + timedelta(minutes=3), NOW - timedelta(seconds=10), since)
    found = standing(allowance, said, {slot_at(NOW, slot_of(allowance)): counted}, NOW)
    assert found.told
    assert found.limit == limit
    assert 0 <= found.used <= limit
    if not allowance.percent:
        assert found.left == min(limit, max(remaining - since, 0))
    later = standing(allowance, said, {}, NOW + timedelta(minutes=4))
    assert later.used == 0 or not later.told, "what was told of the window before does not count any more"


@given(ALLOWANCES, st.dictionaries(st.integers(0, 200), st.integers(0, 500)))
def test_our_own_count_never_says_that_nothing_is_answered(allowance: Allowance, counts: dict[int, int]) -> None:
    slots = {slot_at(NOW, slot_of(allowance)) - slot_of(allowance) * back: used for back, used in counts.items()}
    found = standing(allowance, Said(), slots, NOW)
    assert found.empty_until is None
    assert not found.told
    assert found.used <= sum(counts.values())
    assert found.limit == allowance.limit


def test_only_what_was_used_since_the_window_began_counts() -> None:
    slots = {NOW - 9 * HOUR: 7000, NOW - timedelta(hours=3): 500, NOW - timedelta(minutes=20): 40}
    assert standing(UNITS, Said(), slots, NOW).used == 540


YEARS = timedelta(days=365 * 70)


@pytest.mark.parametrize("allowance", [UNITS, HOURLY, USAGE])
def test_a_clock_that_was_wrong_stops_nothing(allowance: Allowance) -> None:
    """Theirs, which names a time long ago or far ahead, or ours, which was set back."""
    later = NOW + allowance.every + HOUR
    for reset in (NOW - YEARS, NOW + YEARS):
        said = Said(1000, 0, reset, NOW)
        found = standing(allowance, said, {}, NOW)
        assert found.reset_at is None or found.reset_at <= NOW + allowance.every + HOUR
        assert not standing(allowance, said, {}, later).told
    ahead = Said(1000, 0, NOW + YEARS + HOUR, NOW + YEARS, empty_until=NOW + YEARS + HOUR)
    found = standing(allowance, ahead, {}, NOW)
    assert (found.told, found.empty_until, found.used) == (False, None, 0)


@pytest.mark.parametrize(("limit", "remaining"), [(0, 0), (-5, 3)])
def test_a_limit_of_nothing_is_none(limit: int, remaining: int) -> None:
    found = standing(REQUESTS, Said(limit, remaining, None, NOW), {}, NOW)
    assert (found.told, found.limit) == (False, 300)


def test_a_limit_that_was_only_met_with_is_believed_for_a_while() -> None:
    unknown, said = replace(UNITS, limit=None), Said(empty_until=NOW, met_limit=5)
    assert standing(unknown, said, {}, NOW + DAY).limit == 5
    assert standing(unknown, said, {}, NOW + 8 * DAY).limit is None, "perhaps it had another reason"
    more = {slot_at(NOW + DAY, slot_of(unknown)): 6}
    assert standing(unknown, said, more, NOW + DAY).limit is None, "more was used since, and nobody refused"


def test_a_refusal_empties_the_bucket_until_the_time_it_named() -> None:
    until = NOW + 5 * HOUR
    found = standing(UNITS, Said(empty_until=until, met_limit=300), {slot_at(NOW, slot_of(UNITS)): 300}, NOW)
    assert (found.empty_until, found.left, found.reset_at) == (until, 0, until)
    after = standing(UNITS, Said(empty_until=until, met_limit=300), {}, until + HOUR)
    assert (after.empty_until, after.limit) == (None, 10_000)
    unknown = replace(UNITS, limit=None)
    assert standing(unknown, Said(empty_until=until, met_limit=300), {}, until + HOUR).limit == 300, "the limit as met"


# Whether it lasts.


def at_pace(an_hour: int, hours: int = 7) -> dict[datetime, int]:
    """So much used an hour, evenly, in the last hours."""
    return {slot_at(NOW, slot_of(UNITS)) - slot_of(UNITS) * back: an_hour // 4 for back in range(1, 4 * hours + 1)}


def test_a_day_that_does_not_last_is_known_to_the_minute() -> None:
    slots = at_pace(1200)
    known = standing(UNITS, Said(), slots, NOW)
    coming = forecast(UNITS, known, slots, NOW)
    assert coming.runs_out_at is not None
    assert coming.pace == pytest.approx(1200, rel=0.1)
    left = known.left
    assert left is not None
    assert abs((coming.runs_out_at - NOW) - timedelta(hours=left / coming.pace)) < timedelta(seconds=1)


@given(st.integers(0, 3000), st.sampled_from((UNITS, HOURLY)))
def test_a_forecast_is_in_the_window_and_comes_true_at_this_pace(an_hour: int, allowance: Allowance) -> None:
    slots = at_pace(an_hour)
    known = standing(allowance, Said(), slots, NOW)
    coming = forecast(allowance, known, slots, NOW)
    left = known.left
    assert left is not None
    until = known.reset_at or NOW + allowance.every
    if coming.runs_out_at is None:
        assert coming.pace * ((until - NOW) / HOUR) <= left + 1 or coming.pace * (allowance.every / HOUR) <= 3600
    else:
        assert NOW <= coming.runs_out_at < until
        assert coming.pace * ((coming.runs_out_at - NOW) / HOUR) == pytest.approx(left, abs=1)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_faster_pace_never_lasts_longer(one: int, more: int) -> None:
    def out(an_hour: int) -> datetime:
        slots = at_pace(an_hour)
        found = forecast(UNITS, standing(UNITS, Said(), slots, NOW), slots, NOW)
        return found.runs_out_at or NOW + 10 * DAY

    assert out(one + more) <= out(one)


def test_nothing_is_forecast_where_no_limit_is_known_or_only_a_part_is_told() -> None:
    slots = at_pace(5000)
    unknown = replace(UNITS, limit=None)
    assert forecast(unknown, standing(unknown, Said(), slots, NOW), slots, NOW).runs_out_at is None
    told = Said(1000, 400, None, NOW)
    assert forecast(USAGE, standing(USAGE, told, slots, NOW), slots, NOW).runs_out_at is None


# What is chosen.


@given(wishes, st.integers(0, 20_000), st.integers(1, 20_000), st.floats(0.01, 48))
def test_what_is_chosen_lasts_and_nobody_starves(some: list[Wish], left: int, limit: int, hours: float) -> None:
    left, time_left = min(left, limit), timedelta(hours=hours)
    found = choose(left, limit, time_left, some)
    if not found.slower:
        assert found.wanted <= found.capacity or not found.wanted
        return
    used = 0.0
    for one in some:
        times = found.longer.get((one.account, one.sweep), 1.0)
        assert 1.0 <= times <= max(longest(one.sweep, one.every), 1.0), "slower than may be, or faster than usual"
        if one.sweep is FULL:
            used += min(found.budgets.get(one.account, one.cost), one.cost) if one.waiting else 0.0
        elif times < longest(one.sweep, one.every):
            used += one.cost * (time_left / one.every) / times
    assert used <= max(left - reserve(limit), 0) + 1e-3, "more than there is, and the reserve, would be used"


@given(wishes, st.integers(1, 20_000), st.integers(2, 20_000))
def test_more_left_is_never_slower(some: list[Wish], less: int, more: int) -> None:
    limit = max(less, more)
    low, high = (choose(one, limit, 8 * HOUR, some) for one in sorted((less, more)))
    news = [one for one in some if one.sweep is NEW]
    for one in news:
        name = (one.account, NEW)
        assert high.longer.get(name, 1.0) <= low.longer.get(name, 1.0) + 1e-6


def usual(accounts: int, cost: float = 3.0) -> list[Wish]:
    """Sweeps of so many accounts; nobody's full sweep is due."""
    return [Wish(str(number), kind, cost, EVERY[kind]) for number in range(accounts) for kind in (NEW, WATCH)]


def test_known_threads_wait_before_what_is_new_does() -> None:
    found = choose(9_000, 10_000, DAY, usual(8))
    assert all(kind is WATCH for _, kind in found.longer)
    both = choose(9_000, 10_000, DAY, usual(40))
    assert {kind for _, kind in both.longer} == {NEW, WATCH}
    assert min(times for (_, kind), times in both.longer.items() if kind is WATCH) > max(
        times for (_, kind), times in both.longer.items() if kind is NEW
    )


def test_a_busy_account_does_not_take_what_the_others_need() -> None:
    some = [*usual(8), Wish("busy", NEW, 400, EVERY[NEW]), Wish("busy", WATCH, 4000, EVERY[WATCH], 1000)]
    found = choose(10_000, 10_000, DAY, some)
    others = [found.longer.get((str(number), NEW), 1.0) for number in range(8)]
    assert max(others) == 1.0, "the others keep their pace for what is new"
    assert found.longer["busy", NEW] > 4


def test_a_first_capture_gets_what_the_others_leave() -> None:
    some = [*usual(4), Wish("first", FULL, 5000, EVERY[FULL], 1), Wish("second", FULL, 5000, EVERY[FULL], 1)]
    found = choose(10_000, 10_000, DAY, some)
    assert found.budgets["first"] == found.budgets["second"]
    assert LEAST < found.budgets["first"] < 4500
    empty = choose(reserve(10_000), 10_000, DAY, some)
    assert empty.budgets["first"] < LEAST, "only the reserve is left: it waits"


@given(st.integers(1, 60), st.integers(30, 3000))
def test_first_captures_take_their_turns_however_many_there_are(accounts: int, limit: int) -> None:
    some = usual(accounts) + [Wish(str(number), FULL, 5000, EVERY[FULL], 1 + number) for number in range(accounts)]
    begun = {name for name, budget in choose(limit, limit, DAY, some).budgets.items() if budget >= LEAST}
    if limit >= 75:
        assert begun, "with so much, one of them goes on"
    assert all(int(one) >= accounts - len(begun) for one in begun), "those that have waited longest"


def test_what_is_new_never_waits_so_long_that_the_pause_is_a_gap() -> None:
    for every in (timedelta(minutes=5), timedelta(minutes=30), 6 * HOUR):
        pause = every * longest(NEW, every)
        assert pause < max(3 * every, HOUR)


def test_a_platform_that_refuses_is_asked_for_what_is_new_alone() -> None:
    found = stopped([*usual(1), Wish("0", FULL, 10, EVERY[FULL], 1)])
    assert found.budgets == {"0": 0}
    assert found.longer["0", NEW] * EVERY[NEW] == timedelta(minutes=50)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_more_of_an_allowance_is_used_the_slower(one: float, other: float) -> None:
    some = [*usual(2), Wish("0", FULL, 10, EVERY[FULL], 1)]
    low, high = (by_share(share, some) for share in sorted((one, other)))
    for name in {*low.longer, *high.longer}:
        assert low.longer.get(name, 1.0) <= high.longer.get(name, 1.0)
    assert low.budgets.keys() <= high.budgets.keys()
    assert not by_share(0.74, some).slower
    assert choosing.by_share(0.8, some).budgets == {"0": 0}


# What a question draws on.


def ask(url: str = "https://api.example/x", purpose: str = "posts") -> Ask:
    return Ask(url, Stream.POSTS, purpose)


ACCOUNT = AccountRef("ac_1", "x", "https://x.com", "1", "city", "https://x.com/city")


def test_an_application_s_bucket_is_shared_and_an_account_s_is_its_own() -> None:
    posts, window_ = drawn_on(XConnector(), "x", ACCOUNT, ask())
    assert posts.key == "x posts https://api.example"
    assert window_.key == "x window ac_1 posts", "each endpoint by itself"
    other = replace(ACCOUNT, id="ac_2")
    assert next(one.key for one in drawn_on(XConnector(), "x", other, ask())) == posts.key
    (flickr,) = drawn_on(Flickr(), "flickr", ACCOUNT, ask("http://[broken"))
    assert flickr.key, "any address has a bucket"


def test_what_is_counted_by_records_costs_as_many_as_an_answer_shows() -> None:
    (posts, _) = X
    assert posts.cost(ask(), Reading()) == 0
    assert UNITS.cost(ask(), Reading()) == 1


@pytest.mark.parametrize(
    ("wait", "which"),
    [
        (timedelta(minutes=10), "window"),
        (9 * DAY, "posts"),
        (timedelta(days=60), None),
        (timedelta(seconds=-5), None),
    ],
)
def test_a_refusal_is_of_the_bucket_whose_time_it_fits(wait: timedelta, which: str | None) -> None:
    drawn = list(drawn_on(XConnector(), "x", ACCOUNT, ask()))
    found = refused_until(Problem(ProblemKind.RATE, "no", NOW + wait), NOW, drawn)
    assert (found[0].allowance.name if found else None) == which


def test_a_short_pause_is_no_spent_day() -> None:
    bucket = Bucket("youtube", UNITS, "s")
    assert refused_until(Problem(ProblemKind.RATE, "no", NOW + timedelta(minutes=2)), NOW, [bucket]) is None
    assert refused_until(Problem(ProblemKind.TRANSIENT, "no", NOW + DAY / 2), NOW, [bucket]) is None
    assert refused_until(Problem(ProblemKind.RATE, "no", NOW + DAY / 2), NOW, [bucket]) is not None


def test_what_is_renewed_within_the_hour_is_left_to_the_pacing() -> None:
    assert not Bucket("mastodon", REQUESTS, "s").planned
    assert Bucket("flickr", HOURLY, "s").planned
    assert BLUESKY[0].shared == Shared.SERVER
    assert REQUESTS.renewed == Renewed.TOLD
