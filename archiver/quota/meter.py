"""Counting in one process: in memory with every answer, into the ledger every so often.

What is not written down when a process dies is lost: fifteen seconds of counting at most. Nothing is ever stopped or
failed because the ledger could not be written.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from archiver import logs
from archiver.clock import Clock
from archiver.database import Database
from archiver.quota import ledger
from archiver.quota.buckets import Bucket, drawn_on, refused_until
from archiver.quota.ledger import Noted
from archiver.quota.standing import slot_at, slot_of
from connectors.contract import AccountRef, Ask, RateFacts, Reading, SweepKind

_log = logs.get(__name__)
_EVERY = timedelta(seconds=15)
_FORGET_EVERY = timedelta(hours=6)
_FINE = timedelta(days=3)
"""How long use is kept by the quarter of an hour."""

_LARGEST = 2**53

Spent = Mapping[str, int]
"""What was used, by the key of each bucket."""


@dataclass(slots=True)
class Meter:
    """Counts for all runs of a process. Safe for several threads."""

    database: Database
    clock: Clock
    _noted: dict[str, Noted] = field(default_factory=dict)
    _costs: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _written_at: datetime | None = None
    _forgot_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, connector: object, platform: str, account: AccountRef, ask: Ask, reading: Reading) -> Spent:
        """Note an answer; what it has used, by bucket."""
        drawn = list(drawn_on(connector, platform, account, ask))
        if not drawn:
            return {}
        now = self.clock.now()
        refused = refused_until(reading.problem, now, drawn)
        spent = {}
        with self._lock:
            for bucket in drawn:
                cost = bucket.allowance.cost(ask, reading)
                spent[bucket.key] = cost
                self._note(bucket, cost, reading, now)
                noted = self._noted[bucket.key]
                if refused is not None and refused[0] is bucket:
                    noted.empty_until = refused[1]
                elif reading.problem is None and cost > 0:
                    noted.empty_until, noted.answered_at = None, now
        return spent

    def ran(self, account: str, sweep: SweepKind, spent: Mapping[str, int]) -> None:
        """Note what a whole sweep has used."""
        with self._lock:
            for key, cost in spent.items():
                self._costs[key, account, sweep.value] = cost

    def flush(self, *, force: bool = False) -> None:
        """Write into the ledger what was noted, if the last time was long enough ago, or ``force``."""
        now = self.clock.now()
        with self._lock:
            recent = self._written_at is not None and timedelta(0) <= now - self._written_at < _EVERY
            if (recent and not force) or not (self._noted or self._costs):
                return
            noted, costs = self._noted, self._costs
            self._noted, self._costs, self._written_at = {}, {}, now
        try:
            self.database.act(lambda connection: self._write(connection, noted, costs, now))
        except Exception as error:  # noqa: BLE001 - whatever it is, no capture fails for the ledger's sake
            _log.warning("quota.not_written", reason=type(error).__name__)

    def _write(
        self, connection: Connection, noted: dict[str, Noted], costs: dict[tuple[str, str, str], float], now: datetime
    ) -> None:
        ledger.write(connection, noted.values(), costs)
        if self._forgot_at is None or not timedelta(0) <= now - self._forgot_at < _FORGET_EVERY:
            ledger.forget(connection, now - ledger.KEPT, now - _FINE)
            self._forgot_at = now

    def _note(self, bucket: Bucket, cost: int, reading: Reading, now: datetime) -> None:
        noted = self._noted.setdefault(bucket.key, Noted(bucket))
        noted.used[slot_at(now, slot_of(bucket.allowance))] += cost
        if bucket.allowance.told and _is_usable(reading.rate):
            noted.told, noted.told_at, noted.since = reading.rate, now, 0
        else:
            noted.since += cost


def _is_usable(rate: RateFacts | None) -> bool:
    """Whether an answer tells numbers that can be true, and kept."""
    if rate is None or rate.remaining is None:
        return False
    return all(one is None or 0 <= one < _LARGEST for one in (rate.limit, rate.remaining))


@dataclass(slots=True)
class RunMeter:
    """The meter of one run."""

    meter: Meter
    platform: str
    spent: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def answered(self, connector: object, account: AccountRef, ask: Ask, reading: Reading) -> None:
        """Note an answer."""
        for key, cost in self.meter.answered(connector, self.platform, account, ask, reading).items():
            self.spent[key] += cost
