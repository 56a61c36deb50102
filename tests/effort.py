"""How much tests try, and that hostile input does not make work grow without bound, on a machine of any speed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: How many times the standard piece of work may be done meanwhile: some ten seconds of a fast machine. What is measured
#: here takes at most two, and far more than ten where its effort grows with the square of its input.
BOUND = 1000
#: Whether the long versions run (``--long``).
long = False


def examples(number: int) -> int:
    """How many examples a property is held against: that many in a long run, a third of it in ``make test``. They are
    the same ones every time, so that the many find nothing in one run that they did not find in the last."""
    return number if long else number // 3


@contextmanager
def bounded(most: float = BOUND) -> Iterator[None]:
    """Fails when this thread works longer than ``most`` pieces of standard work take.

    Counted is what this thread works, not what it waits, in pieces of standard work that are done right before
    and after: neither a slow machine nor a busy one makes it fail.
    """
    before = _standard()
    started = time.thread_time()
    yield
    taken = time.thread_time() - started
    pieces = taken / max(before, _standard())
    assert pieces < most, f"{taken:.1f} seconds of work, {pieces:.0f} pieces"


def _standard() -> float:
    started = time.thread_time()
    sum(number * number for number in range(150_000))
    return time.thread_time() - started
