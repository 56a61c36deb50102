"""Moments as fields of forms take them, where clocks are put back and forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from archiver.clock import to_text
from archiver.web.moments import Moment
from archiver.web.times import moment

_ZONE = ZoneInfo("America/Chicago")
_SITE: Any = cast(Any, SimpleNamespace(zone=_ZONE))
#: Clocks are put back on 2026-11-01 and forward on 2026-03-08.
_AROUND = st.sampled_from([datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC)])


@given(_AROUND, st.integers(-10_000_000_000, 10_000_000_000))
def test_what_a_form_holds_is_never_earlier_than_the_moment(around: datetime, microseconds: int) -> None:
    at = around + timedelta(microseconds=microseconds)
    again = moment(_SITE, Moment(at, _ZONE).typed)
    assert again is not None
    assert at <= again.astimezone(UTC) <= at + timedelta(hours=1, seconds=1)
    assert moment(_SITE, to_text(at)) == at, "a link has it exactly"
