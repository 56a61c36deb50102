"""The hand-over of an office's accounts when a term ends, or the office becomes vacant (Wis. Stat. 19.21(2); law R11):
which step comes next, and what it needs. Pure.

The officer delivers the records to the successor, who gives a receipt, which is filed with the clerk. While there is no
successor yet the clerk receives for them. What is archived stays where it is; who has custody of it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from archiver.accounts.register.statements import Register, is_in
from archiver.clock import from_text
from archiver.evidence.register_facts import AuthorityKind, CustodianshipSays, HandoverSays, Role, shaped


class Step(StrEnum):
    """How far a hand-over has come."""

    BEGUN = "begun"
    FROZEN = "frozen"
    """Which accounts, and of which moment, is settled."""
    SWEPT = "swept"
    """Every account was looked at whole once more, its settings included."""
    TRANSFERRED = "transferred"
    """Owner, custodian and tokens are those of afterwards."""
    INVENTORIED = "inventoried"
    RECEIPTED = "receipted"
    FILED = "filed"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Why an office changes hands."""

    TERM = "term"
    VACANCY = "vacancy"
    DEATH = "death"
    OTHER = "other"


class Token(StrEnum):
    """What became of what an account was read with."""

    NONE = "none"
    REPLACED = "replaced"
    REMOVED = "removed"
    KEPT = "kept"


NEXT: Final[Mapping[Step, Step]] = {
    Step.BEGUN: Step.FROZEN,
    Step.FROZEN: Step.SWEPT,
    Step.SWEPT: Step.TRANSFERRED,
    Step.TRANSFERRED: Step.INVENTORIED,
    Step.INVENTORIED: Step.RECEIPTED,
    Step.RECEIPTED: Step.FILED,
}
#: Afterwards the successor has signed: what is wrong is a new hand-over.
_TOO_LATE: Final = (Step.RECEIPTED, Step.FILED, Step.WITHDRAWN)


_LEAVE: Final = (Role.HOLDER, Role.HIGHEST_OFFICER, Role.LEGAL_CUSTODIAN, Role.CHIEF_ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run that looked at an account."""

    id: str
    full: bool
    good: bool
    began: datetime
    """When the look began that it ended: one may take several runs."""


def next_step(says: HandoverSays) -> Step | None:
    """What comes next; None where it is done, or was withdrawn."""
    return NEXT.get(Step(says.step))


def refused(says: HandoverSays, to: Step) -> str | None:
    """Why a hand-over cannot go to a step now; None where it can."""
    now = Step(says.step)
    if to is Step.WITHDRAWN:
        return f"it is {now} already" if now in _TOO_LATE else None
    if NEXT.get(now) is to or (now is to is Step.RECEIPTED):  # another page of the receipt, until it is filed
        return None
    wanted = NEXT.get(now)
    return f"it is {now}; " + (f"next it has to be {wanted}, not {to}" if wanted else "nothing follows")


def lacks(says: HandoverSays, to: Step, accounts: Mapping[str, str]) -> list[str]:
    """What is missing before it may be said to be at a step, in words.

    Args:
        says: as it would be at that step.
        accounts: listing → captured account, of those in it that are captured.
    """
    checks = {
        Step.FROZEN: lambda: [] if says.listings and says.frozen_at else ["no account is in it"],
        Step.SWEPT: lambda: _unswept(says, accounts),
        Step.TRANSFERRED: lambda: [f"the token of {one}" for one in accounts.values() if one not in says.tokens],
        Step.INVENTORIED: lambda: [] if says.inventory and says.inventory_pdf else ["the inventory"],
        Step.RECEIPTED: lambda: _receipt(says),
        Step.FILED: lambda: [] if says.filed_on and says.filed_with else ["when and with whom it was filed"],
    }
    return checks[to]() if to in checks else []


def suits(says: HandoverSays, sweep: Sweep) -> bool:
    """Whether a run is the last look at an account that the hand-over needs: all of it, without a gap, begun after the
    accounts were settled."""
    return says.frozen_at is not None and sweep.full and sweep.good and sweep.began >= from_text(says.frozen_at)


def staying(register: Register, says: HandoverSays) -> list[str]:
    """Listings of a hand-over that are the authority's still. One that was taken out of the register, or is another
    authority's since, is not handed over by who leaves this one."""
    known = register.listings
    return [one for one in says.listings if one in known and known[one].authority == says.authority]


def ended(register: Register, says: HandoverSays, day: date) -> list[str]:
    """Custodianships that are over on ``day``, the successor's first: of an elected office or a committee its holder's,
    and those of whoever the holder designated, whom the successor designates anew (19.33(1), (2), (6)); of an agency
    the roles of who leaves."""
    roles, agency = _roles(register, says)
    return [
        one
        for one, held in register.custodianships.items()
        if held.authority == says.authority
        and held.role in roles
        and (not agency or _is(held, says.outgoing))
        and (held.since is None or held.since < day.isoformat())
        and (held.until is None or held.until >= day.isoformat())
    ]


def holder(register: Register, authority_id: str) -> str | None:
    """Who leaves where an authority's term ends today, as far as the register knows: who holds the office, or of an
    agency is its legal custodian."""
    there = register.of_authority(authority_id)
    return next((one.person for role in _LEAVE for one in there if one.role == role and one.listing is None), None)


def begun(register: Register, says: HandoverSays, incoming: str, day: date) -> list[CustodianshipSays]:
    """What the successor is from ``day`` on; nothing where that was entered already. Of an agency, the roles of who
    leaves."""
    new: dict[str, Any] = {
        "person": incoming, "contact": None, "since": day.isoformat(), "until": None, "ended": None, "documents": [],
        "trained_on": None,
    }  # fmt: skip
    _, agency = _roles(register, says)
    if agency:
        found = [register.custodianships[one].model_copy(update=new) for one in ended(register, says, day)]
    else:
        place = {"authority": says.authority, "department": None, "listing": None, "role": Role.HOLDER.value}
        found = [shaped(CustodianshipSays, {**place, "position": None, **new})]
    return [one for one in found if not any(_replaces(held, one, day) for held in register.custodianships.values())]


def _roles(register: Register, says: HandoverSays) -> tuple[tuple[Role, ...], bool]:
    agency = register.authorities[says.authority].kind == AuthorityKind.AGENCY
    if agency:
        return (Role.LEGAL_CUSTODIAN, Role.HIGHEST_OFFICER, Role.CHIEF_ADMINISTRATOR), True
    return (Role.HOLDER, Role.DESIGNEE, Role.LEGAL_CUSTODIAN, Role.DEPUTY), False


def _is(held: CustodianshipSays, person: str) -> bool:
    return held.person.casefold() == person.strip().casefold()


def _replaces(held: CustodianshipSays, new: CustodianshipSays, day: date) -> bool:
    """Whether somebody has entered the successor already."""
    same = ("authority", "department", "listing", "role")
    there = is_in(day.isoformat(), held.since, held.until)
    return there and _is(held, new.person) and all(getattr(held, one) == getattr(new, one) for one in same)


def _unswept(says: HandoverSays, accounts: Mapping[str, str]) -> list[str]:
    return [
        f"a full sweep of {account}"
        for listing, account in accounts.items()
        if listing not in says.left_out and account not in says.sweeps
    ]


def _receipt(says: HandoverSays) -> list[str]:
    found = [] if says.receipt else ["the signed receipt"]
    return found if says.received_by and says.received_on else [*found, "who received it, and when"]
