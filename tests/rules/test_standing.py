"""How long a connection lasts, when it is renewed, and when somebody is warned."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.standing import Connection, TokenFacts, best, ends_at, renew_at, standing, warn_at
from archiver.accounts.working_days import is_working_day, working_day_before

ZONE = ZoneInfo("America/Chicago")
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
lives = st.timedeltas(timedelta(minutes=1), timedelta(days=800))


@st.composite
def tokens(draw: st.DrawFn) -> TokenFacts:
    got = draw(moments)
    expires = draw(st.none() | lives.map(lambda life: got + life))
    consent = draw(st.none() | lives.map(lambda life: got + life))
    return TokenFacts(got, expires, consent, draw(st.booleans()))


@given(tokens(), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_token_is_renewed_while_it_counts_and_never_too_young(facts: TokenFacts, youngest: timedelta) -> None:
    at = renew_at(facts, youngest)
    if at is None:
        assert not facts.renewable or facts.expires_at is None
        return
    assert facts.expires_at is not None
    assert at >= facts.got_at + youngest
    assert at < facts.expires_at or at == facts.got_at + youngest


@given(tokens())
def test_a_warning_comes_on_a_working_day_or_two_weeks_before_the_end(facts: TokenFacts) -> None:
    """Law R63's remedy in time: a person is told while offices are open, on the last such day at the latest."""
    end, at = ends_at(facts), warn_at(facts, ZONE)
    assert (end is None) == (at is None)
    if end is None or at is None:
        return
    local = end.astimezone(ZONE).date()
    last = datetime.combine(working_day_before(local), time(8), ZONE)
    assert at <= last
    assert at == last or end - at == timedelta(days=14)
    assert at < end


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_working_day_before_is_the_last_one(day: date) -> None:
    before = working_day_before(day)
    assert before < day
    assert is_working_day(before)
    between = [before + timedelta(days=n) for n in range(1, (day - before).days)]
    assert not [one for one in between if is_working_day(one)]


@pytest.mark.parametrize(
    ("day", "open"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 1), False),
        (date(2026, 1, 19), False),
        (date(2026, 7, 3), False),
        (date(2026, 11, 26), False),
        (date(2026, 12, 24), False),
        (date(2026, 12, 28), True),
    ],
)
def test_offices_are_closed_on_weekends_and_holidays(day: date, open: bool) -> None:
    assert is_working_day(day) is open


@pytest.mark.parametrize(
    ("facts", "account", "later", "state"),
    [
        (None, "active", {}, Connection.NONE),
        (TokenFacts(AT), "active", {}, Connection.CONNECTED),
        (TokenFacts(AT, AT + timedelta(days=60), renewable=True), "active", {"days": 59}, Connection.CONNECTED),
        (TokenFacts(AT, AT + timedelta(days=60)), "active", {"days": 45}, Connection.CONNECTED),
        (TokenFacts(AT, AT + timedelta(days=60)), "active", {"days": 47}, Connection.EXPIRING),
        (TokenFacts(AT, AT + timedelta(days=60)), "active", {"days": 60}, Connection.SIGN_IN_NEEDED),
        (TokenFacts(AT, AT + timedelta(hours=2)), "active", {}, Connection.EXPIRING),
        (
            TokenFacts(AT, AT + timedelta(hours=2), AT + timedelta(days=90), renewable=True),
            "active",
            {"days": 77},
            Connection.EXPIRING,
        ),
        (TokenFacts(AT, refused="sign_in_expired"), "active", {}, Connection.SIGN_IN_NEEDED),
        (TokenFacts(AT, refused="revoked"), "active", {}, Connection.REVOKED),
        (
            TokenFacts(AT, AT + timedelta(hours=2), renewable=True),
            "sign_in_needed",
            {"hours": 3},
            Connection.SIGN_IN_NEEDED,
        ),
        (TokenFacts(AT, AT + timedelta(hours=2), renewable=True), "sign_in_needed", {"hours": 1}, Connection.CONNECTED),
        (TokenFacts(AT), "no_permission", {}, Connection.PERMISSION_LOST),
        (TokenFacts(AT), "withdrawn", {}, Connection.WITHDRAWN),
    ],
)
def test_the_state_says_what_somebody_has_to_do(
    facts: TokenFacts | None, account: str, later: dict[str, float], state: Connection
) -> None:
    found = standing(facts, account, AT + timedelta(**later), ZONE)
    assert found.state is state
    assert bool(found.remedy) == (state not in (Connection.NONE, Connection.CONNECTED))
    assert found.said


def test_one_good_token_is_enough() -> None:
    good = standing(TokenFacts(AT), "active", AT, ZONE)
    bad = standing(TokenFacts(AT, refused="revoked"), "active", AT, ZONE)
    assert best([bad, good]) is good
    assert best([bad, bad]) is bad
