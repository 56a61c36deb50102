"""What is stored when little changes; ``make bench`` measures the same at full size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import growth


@pytest.mark.parametrize("token", [None, "a-token-of-the-city"], ids=["public", "signed in"])
@pytest.mark.parametrize("polls", [24, pytest.param(growth.POLLS, marks=pytest.mark.long)])
def test_an_unchanged_poll_stores_no_answer_and_at_most_one_kilobyte(
    tmp_path: Path, token: str | None, polls: int
) -> None:
    is_quiet(tmp_path, token, polls=polls)


def is_quiet(home: Path, token: str | None, **where: Any) -> None:
    found = growth.quiet_poll(home, token, **where)
    assert found["quiet_poll_exchanges"] == 0
    assert 0 < found["quiet_poll_bytes"] <= 1024


@pytest.mark.slow
@pytest.mark.parametrize(("replies", "changes", "days"), [(60, 6, 1), pytest.param(300, 60, 7, marks=pytest.mark.long)])
def test_a_busy_thread_is_stored_at_most_ten_times_its_size(
    tmp_path: Path, replies: int, changes: int, days: int
) -> None:
    found = growth.busy_thread(tmp_path, replies, changes, days)
    assert found["thread_stored"] > 3
    assert found["thread_ratio"] <= 10
