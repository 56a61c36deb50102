"""How often a program or a stranger may ask: so much at once, and as much again in a minute. Kept in memory, in each
process for itself, by a clock that nobody sets: a count in the database would cost more than most questions do. The
tries of a sign-in are few and dear, and are counted there (:mod:`archiver.people.waiting`)."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from archiver import logs

_log = logs.get(__name__)
_MINUTE: Final = 60.0
_ROUNDED: Final = 1e-6
"""So much of a question is lost in adding up parts of a second: whoever waited as long as was said is answered."""
_MOST: Final = 10_000
"""Askers that are remembered; of more, whoever asked longest ago is forgotten."""


class TooOften(Exception):  # noqa: N818 - named as the cause
    """Whoever asks has to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"That was more than is answered in a minute: wait {seconds} s (Retry-After), then ask on.")


@dataclass(slots=True)
class _Asker:
    left: float
    at: float
    told_at: float = -math.inf


class Rate:
    """A limit for each of many. Safe to use from several threads.

    Args:
        per_minute: how many questions; 0: no limit.
        clock: seconds that only grow.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = per_minute, clock
        self._askers: OrderedDict[str, _Asker] = OrderedDict()
        self._alone = threading.Lock()

    def take(self, who: str, kind: str) -> None:
        """Count a question of somebody. ``kind``: of asker, for the log, which names nobody.

        Raises:
            TooOften: it is not to be answered yet; it does not count.
        """
        if self._most == 0:
            return
        with self._alone:
            now = self._clock()
            one = self._askers.setdefault(who, _Asker(self._most, now))
            self._askers.move_to_end(who)
            while len(self._askers) > _MOST:
                self._askers.popitem(last=False)
            one.left = min(self._most, one.left + (now - one.at) * self._most / _MINUTE)
            one.at = now
            if one.left > 1 - _ROUNDED:
                one.left -= 1
                return
            tells = now - one.told_at >= _MINUTE
            if tells:
                one.told_at = now
            seconds = math.ceil((1 - one.left) * _MINUTE / self._most)
        if tells:
            _log.warning("api.too_often", kind=kind, per_minute=self._most)
        raise TooOften(max(1, seconds))


def neighbourhood(address: str) -> str:
    """What strangers are counted by: their address; of IPv6 the network of 64 bits, which is one subscriber's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
