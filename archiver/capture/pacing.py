"""When the next question may be put to a platform. Pure rules, and the one object that waits by them.

Whatever shares one allowance on the other side (a server and whoever signs) is one *bucket*. The rules:

* Never ask before the time a platform named: ``Retry-After`` (RFC 9110 §10.2.3), the reset of an empty allowance, a
  connector's ``retry_at``.
* While more than half of an allowance is left, ask at once; then spread what is left evenly until it is renewed, and
  keep a tenth of it (at most ten) for a person who wants to look right now.
* After a passing failure wait a random time up to ``base · 2ⁿ`` (full jitter), so that many workers do not come back
  at once; n failures in a row on a bucket, not on one ask, since what fails is the server.
* After :data:`GIVE_UP_AFTER` failures in a row, or where a platform names a time further off than a run may wait, stop
  asking: the run ends with what it has, and the rest is a gap with its reason. After :data:`GIVE_UP_LASTS` one question
  is put again; an answer ends it, another failure prolongs it.
* A machine's clock that is set back prolongs no wait by more than :data:`SET_BACK`: what was noted by the time before
  is moved with it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from archiver.clock import Clock, SystemClock
from connectors.contract import Problem, ProblemKind, RateFacts

BASE = timedelta(seconds=1)
LONGEST_BACK_OFF = timedelta(minutes=2)
UNNAMED_RATE_WAIT = timedelta(minutes=1)
"""After a refusal for the rate where the platform does not say how long."""
LONGEST_WAIT = timedelta(minutes=15)
"""No run waits longer for one question; common allowances are renewed within it."""
GIVE_UP_AFTER = 8
GIVE_UP_LASTS = timedelta(minutes=2)
"""How long a bucket is left alone once it was given up."""
ATTEMPTS = 5
RETRIED = frozenset({ProblemKind.RATE, ProblemKind.TRANSIENT})
SET_BACK = timedelta(seconds=30)
"""A clock that goes back by less is only being adjusted; nothing is moved, so that nobody asks too early."""
_SANE = timedelta(days=366)
"""A platform that says to come back later than this has said nothing."""


class Random(Protocol):
    """A source of random numbers; :mod:`random` or a seeded :class:`random.Random`."""

    def uniform(self, a: float, b: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is known of one allowance."""

    ready_at: datetime | None = None
    """Nobody asks before this time."""
    failures: int = 0
    """Passing failures in a row."""
    failed_at: datetime | None = None
    """When the last of them was."""
    kind: ProblemKind | None = None
    """What the last of them was; None: there are none."""
    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None


def noted(
    bucket: Bucket,
    now: datetime,
    rate: RateFacts | None,
    problem: Problem | None,
    named: datetime | None,
    randomness: Random,
) -> Bucket:
    """The bucket after an answer (or the failure to get one).

    Args:
        rate: the platform's own pacing, where its answer told it.
        problem: what was wrong with the answer.
        named: the time of its ``Retry-After``, see :func:`retry_after`.
    """
    bucket = _with_facts(bucket, now, rate)
    if problem is None or problem.kind not in RETRIED:
        ready = _latest(_not_over(bucket.ready_at, now), _sane(named, now))
        return replace(bucket, failures=0, kind=None, ready_at=ready)
    failures = bucket.failures + 1
    wait = now + back_off(failures, randomness)
    told = _latest(_sane(problem.retry_at, now), _sane(named, now))
    if problem.kind is ProblemKind.RATE:
        renewed = bucket.reset_at if bucket.remaining == 0 or told is None else None
        told = _latest(told, renewed) or now + UNNAMED_RATE_WAIT
    ready = _latest(bucket.ready_at, wait, told)
    return replace(bucket, failures=failures, failed_at=now, kind=problem.kind, ready_at=ready)


def sent(bucket: Bucket, now: datetime, pause: timedelta = timedelta(0)) -> Bucket:
    """The bucket once a question goes out: one less is left, and the next keeps its distance."""
    remaining = None if bucket.remaining is None else max(bucket.remaining - 1, 0)
    spent = replace(bucket, remaining=remaining)
    return replace(spent, ready_at=now + max(spacing(spent, now), pause))


def ready_at(bucket: Bucket, now: datetime) -> datetime:
    """The earliest time of the next question: ``now``, or later."""
    emptied = bucket.reset_at if bucket.remaining == 0 else None
    return _latest(now, bucket.ready_at, emptied) or now


def spacing(bucket: Bucket, now: datetime) -> timedelta:
    """How far apart questions are put, so that what is left lasts until it is renewed."""
    if bucket.remaining is None or bucket.reset_at is None or bucket.reset_at <= now:
        return timedelta(0)
    if bucket.limit is not None and bucket.remaining > bucket.limit / 2:
        return timedelta(0)
    reserve = min(10, (bucket.limit or bucket.remaining) // 10)
    left = bucket.remaining - reserve
    return (bucket.reset_at - now) / left if left > 0 else bucket.reset_at - now


def back_off(failures: int, randomness: Random) -> timedelta:
    """A random wait after the n-th failure in a row: full jitter, between nothing and ``base · 2ⁿ⁻¹``."""
    most = min(BASE * 2 ** min(max(failures - 1, 0), 30), LONGEST_BACK_OFF)
    return timedelta(seconds=randomness.uniform(0, most.total_seconds()))


def give_up(bucket: Bucket, now: datetime, longest: timedelta = LONGEST_WAIT) -> Problem | None:
    """Why it makes no sense to go on asking in this run, with words for a person; None: go on. A wait is for the rate,
    unless what the platform said with it was that it cannot answer at all."""
    rested = bucket.failed_at is not None and now - bucket.failed_at >= GIVE_UP_LASTS
    if bucket.failures >= GIVE_UP_AFTER and not rested:
        return Problem(bucket.kind or ProblemKind.TRANSIENT, f"{bucket.failures} failures in a row")
    wait = ready_at(bucket, now) - now
    if wait > longest:
        kind = ProblemKind.RATE if bucket.remaining == 0 or bucket.kind is None else bucket.kind
        return Problem(kind, f"the platform asks to wait {round(wait.total_seconds() / 60)} minutes")
    return None


def moved(bucket: Bucket, by: timedelta) -> Bucket:
    """The bucket by a clock that was set: as far from everything as it was."""
    times = {name: getattr(bucket, name) for name in ("ready_at", "failed_at", "reset_at")}
    return replace(bucket, **{name: at + by for name, at in times.items() if at is not None})


def retry_after(headers: Iterable[tuple[str, str]], received_at: datetime) -> datetime | None:
    """The time a ``Retry-After`` names, seconds or an HTTP date (RFC 9110 §10.2.3); None where it says nothing."""
    value = next((value.strip() for name, value in headers if name.lower() == "retry-after"), "")
    if value.isascii() and value.isdigit():
        return received_at + timedelta(seconds=int(value[:9]))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _with_facts(bucket: Bucket, now: datetime, rate: RateFacts | None) -> Bucket:
    if rate is not None and (rate.remaining is not None or rate.reset_at is not None):
        reset_at = _sane(rate.reset_at, now)
        remaining = None if rate.remaining is None else max(rate.remaining, 0)
        return replace(bucket, limit=rate.limit or bucket.limit, remaining=remaining, reset_at=reset_at)
    if bucket.reset_at is not None and bucket.reset_at <= now:
        return replace(bucket, remaining=None, reset_at=None)
    return bucket


def _not_over(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None


def _sane(at: datetime | None, now: datetime) -> datetime | None:
    """A time the platform named, unless it is past or absurd."""
    return at if at is not None and now < at < now + _SANE else None


def _latest(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


class Answered(Protocol):
    """As much of an answer as tells when to come back."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...

    @property
    def received_at(self) -> datetime: ...


@dataclass(slots=True)
class Pacer:
    """The buckets of one process, shared by its workers; the only place that waits for a platform.

    Args:
        pause: seconds between two questions to one bucket, whatever the platform allows.
        longest: how long a run may wait for one question.
    """

    pause: float = 0.0
    longest: timedelta = LONGEST_WAIT
    clock: Clock = field(default_factory=SystemClock)
    randomness: Random = field(default_factory=random.SystemRandom)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _noted: dict[str, Problem | None] = field(default_factory=dict)
    """The very problem last noted of each bucket, so that it is not counted twice."""
    _seen: datetime | None = None
    """The time when the clock was last read."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _now(self) -> datetime:
        """The time, whatever was noted by another one moved to it. Under the lock."""
        now = self.clock.now()
        if self._seen is not None and self._seen - now > SET_BACK:
            by = now - self._seen
            self._buckets = {name: moved(bucket, by) for name, bucket in self._buckets.items()}
        self._seen = now
        return now

    def wait(self, name: str, stop: threading.Event) -> None:
        """Return when this caller may ask, or at once when ``stop`` is set. Callers get turns, never the same one."""
        while not stop.is_set():
            with self._lock:
                now = self._now()
                bucket = self._buckets.get(name, Bucket())
                left = (ready_at(bucket, now) - now).total_seconds()
                if left <= 0:
                    self._buckets[name] = sent(bucket, now, timedelta(seconds=self.pause))
                    return
            stop.wait(min(left, 60.0))

    def note(self, name: str, rate: RateFacts | None, problem: Problem | None, answer: Answered | None) -> None:
        """Learn from an answer, or from the failure to get one (``answer`` None)."""
        with self._lock:
            now = self._now()
            named = None if answer is None else retry_after(answer.headers, min(answer.received_at, now))
            self._note(name, rate, problem, named, now)

    def again(self, name: str, problem: Problem, attempt: int, stop: threading.Event) -> bool:
        """Whether to put the same question again, after :meth:`note`; :meth:`wait` then waits as long as it takes.

        ``attempt`` counts from 0; no question is put more than :data:`ATTEMPTS` times. False: give up on this part.
        """
        if stop.is_set() or problem.kind not in RETRIED or attempt + 1 >= ATTEMPTS:
            return False
        with self._lock:
            now, bucket = self._now(), self._buckets.get(name, Bucket())
            if self._noted.get(name) is not problem:
                # There was no answer to note: nobody was reached.
                bucket = self._note(name, None, problem, None, now)
            return give_up(bucket, now, self.longest) is None

    def _note(
        self, name: str, rate: RateFacts | None, problem: Problem | None, named: datetime | None, now: datetime
    ) -> Bucket:
        bucket = noted(self._buckets.get(name, Bucket()), now, rate, problem, named, self.randomness)
        self._buckets[name], self._noted[name] = bucket, problem
        return bucket

    def gives_up(self, name: str, longest: timedelta | None = None) -> Problem | None:
        """Why this bucket is not asked any more in this run; None: it is. ``longest``: how long whoever asks waits,
        where that is less than a run would."""
        with self._lock:
            now = self._now()
            return give_up(self._buckets.get(name, Bucket()), now, longest or self.longest)
