"""When the sweeps of an account are due for the first time, and how far apart they are."""

from __future__ import annotations

from datetime import datetime, timedelta

from archiver.settings import Settings
from connectors.contract import SweepKind


def interval(settings: Settings, sweep: SweepKind) -> timedelta:
    """Time between two sweeps of one kind."""
    seconds = {
        SweepKind.NEW: settings.sweep_new_seconds,
        SweepKind.WATCH: settings.sweep_watch_seconds,
        SweepKind.FULL: settings.sweep_full_seconds,
    }
    return timedelta(seconds=seconds[sweep])


def first_due(settings: Settings, now: datetime) -> list[tuple[str, datetime]]:
    """(sweep, time) of a new account: what is new at once, the others one interval later, when there is something to
    look at again."""
    return [
        (sweep.value, now if sweep is SweepKind.NEW else now + interval(settings, sweep))
        for sweep in (SweepKind.NEW, SweepKind.WATCH, SweepKind.FULL)
    ]
