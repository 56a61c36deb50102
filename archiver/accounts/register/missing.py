"""What the register still lacks of an account, and what follows from it (law R10, R12, R13). Pure.

An account that is claimed as official is captured at once, provisionally: 30 days in which the register is completed.
It is shown amber meanwhile and red afterwards. What is missing, or has lapsed, alerts. It never stops capture: what is
not captured is lost for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from archiver.accounts.register import attestations, custody
from archiver.accounts.register.attestations import Attested
from archiver.accounts.register.capacity import May, may_run
from archiver.accounts.register.statements import Register
from archiver.evidence.register_facts import ListingSays

PROVISIONAL_DAYS = 30


class Lack(StrEnum):
    """What is missing. Also the names of rules that an exception can waive."""

    LISTING = "listing"
    AUTHORITY = "authority"
    CAPACITY = "capacity"
    DECISION = "decision"
    CUSTODIAN = "custodian"
    DESIGNATION = "designation"
    OWNER = "owner"
    OWNER_LEFT = "owner_left"
    SERIES = "series"
    ATTESTATION = "attestation"
    ATTESTATION_LAPSED = "attestation_lapsed"
    ATTESTATION_DUE = "attestation_due"


#: The same in words, for whoever has to mend it.
WORDS: dict[Lack, str] = {
    Lack.LISTING: "it is not in the register",
    Lack.AUTHORITY: "no authority",
    Lack.CAPACITY: "it is not said whether it is official",
    Lack.DECISION: "no decision of the City Attorney on its mixed use",
    Lack.CUSTODIAN: "nobody is its legal custodian",
    Lack.DESIGNATION: "no legal custodian is designated in writing by whoever has to",
    Lack.OWNER: "no owner",
    Lack.OWNER_LEFT: "its owner has left",
    Lack.SERIES: "no record series",
    Lack.ATTESTATION: "nobody attested that the City controls it",
    Lack.ATTESTATION_LAPSED: "the attestation has lapsed",
    Lack.ATTESTATION_DUE: "it has to be attested again soon",
}
#: What only warns: the register is complete all the same.
WARNINGS = frozenset({Lack.ATTESTATION_DUE, Lack.DESIGNATION})


class Completeness(StrEnum):
    """How an account's entry stands."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """It is not captured either."""
    PROVISIONAL = "provisional"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands in the register."""

    state: Completeness
    lacks: tuple[Lack, ...]
    until: date | None = None
    """Last day of the time in which it is captured provisionally; None where it is not captured."""
    waived: tuple[Lack, ...] = ()

    @property
    def tone(self) -> str:
        """*good*, *warn* (amber) or *bad* (red)."""
        if self.state is Completeness.COMPLETE:
            return "warn" if self.lacks else "good"
        return "bad" if self.state is Completeness.OVERDUE or Lack.OWNER_LEFT in self.lacks else "warn"

    @property
    def words(self) -> list[str]:
        return [WORDS[one] for one in self.lacks]


def lacks(register: Register, listing_id: str | None) -> tuple[tuple[Lack, ...], tuple[Lack, ...]]:
    """What is missing of an account on the register's day, and what of it an exception waives."""
    if listing_id is None:
        return (Lack.LISTING,), ()
    listing = register.listings[listing_id]
    if may_run(listing)[0] is May.NEVER or (listing.closed is not None and listing.closed < register.today):
        return tuple(_use(listing)), ()
    found = [
        *_use(listing),
        *_custody(register, listing_id),
        *_owner(listing, register.today),
        *([] if listing.series else [Lack.SERIES]),
        *_attestation(register, listing_id),
    ]
    rules = {one.rule for one in register.excepted(listing_id)}
    return tuple(one for one in found if one not in rules), tuple(one for one in found if one in rules)


def standing(register: Register, listing_id: str | None, added_at: datetime | None, zone: ZoneInfo) -> Standing:
    """How an account stands on the register's day; ``added_at``: when its capture began, None where it is not."""
    found, waived = lacks(register, listing_id)
    until = None if added_at is None else provisional_until(added_at, zone)
    if not set(found) - WARNINGS:
        return Standing(Completeness.COMPLETE, found, until, waived)
    if until is None:
        return Standing(Completeness.INCOMPLETE, found, None, waived)
    overdue = register.day > until
    return Standing(Completeness.OVERDUE if overdue else Completeness.PROVISIONAL, found, until, waived)


def provisional_until(added_at: datetime, zone: ZoneInfo) -> date:
    """The thirtieth day after the one on which the capture began, by the city's calendar."""
    return added_at.astimezone(zone).date() + timedelta(days=PROVISIONAL_DAYS)


def _use(listing: ListingSays) -> list[Lack]:
    found = [] if listing.authority is not None else [Lack.AUTHORITY]
    may, _ = may_run(listing)
    if may is May.NOT_BEGIN:
        found.append(Lack.DECISION if listing.capacity == "mixed" else Lack.CAPACITY)
    return found


def _custody(register: Register, listing_id: str) -> list[Lack]:
    found = custody.of_account(register, listing_id)
    if not found.custodians:
        return [Lack.CUSTODIAN]
    return [Lack.DESIGNATION] if found.basis is custody.Basis.DEFAULT or found.others_to_designate else []


def _owner(listing: ListingSays, day: str) -> list[Lack]:
    if not listing.owner:
        return [Lack.OWNER]
    return [Lack.OWNER_LEFT] if listing.owner_until is not None and listing.owner_until < day else []


def _attestation(register: Register, listing_id: str) -> list[Lack]:
    signed = [one for one in register.attested.get(listing_id, ()) if one.on <= register.today]
    state = attestations.standing(signed[0] if signed else None, register.day).state
    found = {
        Attested.NONE: Lack.ATTESTATION,
        Attested.LAPSED: Lack.ATTESTATION_LAPSED,
        Attested.DUE: Lack.ATTESTATION_DUE,
    }
    return [found[state]] if state in found else []
