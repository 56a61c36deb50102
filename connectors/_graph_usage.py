"""How much of an allowance is used, as Meta's Graph API says it: in per cent, in three headers. Pure.

A token of a Page or system user counts by business use case, one of a user or an app by the app. Only above
:data:`SLOW` per cent is anything said to the engine: it then spreads its questions; from :data:`STOP` on it waits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.answers import within_a_day
from connectors.contract import Answer, JSONValue, RateFacts

SLOW, STOP = 75, 95
_HEADERS = ("X-Business-Use-Case-Usage", "X-App-Usage", "X-Page-Usage")
_SHARES = ("call_count", "total_cputime", "total_time")
_REGAIN = "estimated_time_to_regain_access"
_LONGEST = 16_384
_WHOLE = 1000
"""An allowance as the engine is told it: how large it really is the platform does not say."""
_HOUR, _PAUSE = timedelta(hours=1), timedelta(minutes=10)
"""Usage is counted over a rolling hour. A pause that the platform does not name is short enough to be waited for."""


def rate_of(answer: Answer) -> RateFacts | None:
    """The platform's own pacing; None where it says nothing."""
    used = [share for usage in _usages(answer) for share in _shares(usage)]
    if not used:
        return None
    most = min(max(used), 100)
    if most < SLOW:
        return RateFacts(_WHOLE, _WHOLE - most * 10, None)
    if most < STOP:
        return RateFacts(_WHOLE, (100 - most) * 10, answer.received_at + _HOUR)
    return RateFacts(_WHOLE, 0, regained_at(answer) or answer.received_at + _PAUSE)


def regained_at(answer: Answer) -> datetime | None:
    """When access is regained, where the platform names a time (in minutes from now)."""
    minutes = max((_count(usage.get(_REGAIN)) for usage in _usages(answer)), default=0)
    return within_a_day(answer.received_at + timedelta(minutes=minutes), answer) if minutes else None


def _usages(answer: Answer) -> Iterator[dict[str, JSONValue]]:
    for name in _HEADERS:
        try:
            value = json.loads((answer.header(name) or "")[:_LONGEST])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value
            for listed in value.values():
                yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _shares(usage: dict[str, JSONValue]) -> Iterator[int]:
    return (_count(usage[name]) for name in _SHARES if name in usage)


def _count(value: JSONValue) -> int:
    return (
        min(int(value), 100_000) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0
    )
