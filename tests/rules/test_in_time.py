"""Asking a platform ends in time, over however many questions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts import in_time
from archiver.accounts.in_time import InTime, Limit
from archiver.capture.fetch_errors import TimedOut
from archiver.errors import Unreachable
from connectors.contract import Answer

ANSWER = Answer(200, (), b"{}", datetime(2026, 11, 30, tzinfo=UTC))


class Slow:
    """Takes so many seconds for each answer, or as long as it is given."""

    def __init__(self, takes: list[int]) -> None:
        self.takes, self.now = takes, 1000.0

    def monotonic(self) -> float:
        return self.now

    def unrecorded(self, method: str, url: str, *, within: float, **rest: Any) -> Answer:
        assert within > 0
        seconds = self.takes.pop(0)
        self.now += min(seconds, within)
        if seconds > within:
            raise TimedOut("too slow")
        return ANSWER


@given(takes=st.lists(st.integers(0, 40), max_size=8), seconds=st.integers(1, 60))
def test_no_more_than_the_limit_is_waited_in_all(takes: list[int], seconds: int) -> None:
    slow = Slow(list(takes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(in_time, "time", slow)
        asked: Any = InTime(slow, Limit.of(seconds))  # type: ignore[arg-type]
        done = next((n for n in range(len(takes)) if _over(takes[:n], takes[n], seconds)), len(takes))
        for _ in range(done):
            assert asked.unrecorded("GET", "https://x.example/") is ANSWER
        if done < len(takes):
            with pytest.raises(Unreachable, match=f"may take {seconds} seconds"):
                asked.unrecorded("GET", "https://x.example/")
    assert slow.now - 1000 <= seconds


def _over(before: list[int], takes: int, seconds: int) -> bool:
    """Nothing is asked with no time left, and what takes longer than is left is given up."""
    left = seconds - sum(before)
    return left <= 0 or takes > left
