"""How long after a run the next one is due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.capture.due import wait_after

MINUTES, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("interval", [MINUTES, HOUR, 7 * DAY])
def test_without_a_failure_it_is_the_interval_and_never_much_more(interval: timedelta) -> None:
    assert wait_after(0, interval) == interval
    waits = [wait_after(failures, interval) for failures in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[-1] <= min(interval + DAY, 64 * interval)


def test_a_rare_sweep_that_failed_is_tried_again_within_hours() -> None:
    assert [wait_after(failures, 7 * DAY) for failures in (1, 2, 3)] == [2 * HOUR, 4 * HOUR, 8 * HOUR]
    assert wait_after(1, MINUTES) == 2 * MINUTES
