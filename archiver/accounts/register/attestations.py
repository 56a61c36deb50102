"""When control of an account has to be attested again (law R6). Pure.

An attestation holds for a year unless it says another day. It is due on the last working day on or before its end, and
warned of ten working days before that. A lapsed one alerts; it stops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from archiver.accounts.working_days import is_working_day, working_day_before
from archiver.evidence.register_facts import AttestationSays

WARNED_BEFORE = 10
"""Working days."""


class Attested(StrEnum):
    """How an attestation stands."""

    NONE = "none"
    GOOD = "good"
    DUE = "due"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Due:
    """When it has to be attested again."""

    state: Attested
    due: date | None = None
    warned: date | None = None


def due_on(attestation: AttestationSays) -> date:
    """The last day on which it is in time to attest again, a working day."""
    end = ends_on(attestation)
    return end if is_working_day(end) else working_day_before(end)


def ends_on(attestation: AttestationSays) -> date:
    """The last day on which it holds."""
    if attestation.until is not None:
        return date.fromisoformat(attestation.until)
    return _a_year_after(date.fromisoformat(attestation.on))


def standing(attestation: AttestationSays | None, day: date) -> Due:
    """How the newest attestation of an account stands on a day. One of a later day says nothing of this one."""
    if attestation is None or date.fromisoformat(attestation.on) > day:
        return Due(Attested.NONE)
    due = due_on(attestation)
    warned = due
    for _ in range(WARNED_BEFORE):
        warned = working_day_before(warned)
    end = ends_on(attestation)
    state = Attested.LAPSED if day > end else Attested.DUE if day >= warned else Attested.GOOD
    return Due(state, due, warned)


def _a_year_after(day: date) -> date:
    """The day before its anniversary; of 29 February, 28 February."""
    if day.year >= date.max.year:
        return date.max
    try:
        anniversary = day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)
    return anniversary - timedelta(days=1)
