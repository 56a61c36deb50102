"""The register as a list of statements, and what it says of a day. Pure.

A statement says all of one thing from a day on. For a day that counts which begins last on or before it; of several
that begin on the same day, the one that was entered last. So a correction is entered from the day of what it corrects,
a change from its own day, and nothing that was said is lost: what was known at an earlier time can still be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final, TypeVar

from archiver.evidence.act_types import ActKind
from archiver.evidence.register_facts import (
    AttestationSays,
    AuthoritySays,
    CandidacySays,
    CustodianshipSays,
    DepartmentSays,
    ExemptionSays,
    Facts,
    HandoverSays,
    ListingSays,
    NoticeSays,
)

#: Day from which something holds that was so before anybody wrote it down.
BEGINNING: Final = "0001-01-01"


class Thing(StrEnum):
    """What the register knows."""

    AUTHORITY = "authority"
    DEPARTMENT = "department"
    CUSTODIANSHIP = "custodianship"
    LISTING = "listing"
    ATTESTATION = "attestation"
    EXEMPTION = "exemption"
    CANDIDACY = "candidacy"
    HANDOVER = "handover"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Sort:
    """How one kind of thing is written."""

    kind: ActKind
    prefix: str
    says: type[Facts]


SORTS: Final[dict[Thing, Sort]] = {
    Thing.AUTHORITY: Sort(ActKind.AUTHORITY_STATED, "au", AuthoritySays),
    Thing.DEPARTMENT: Sort(ActKind.DEPARTMENT_STATED, "dp", DepartmentSays),
    Thing.CUSTODIANSHIP: Sort(ActKind.CUSTODIANSHIP_STATED, "cu", CustodianshipSays),
    Thing.LISTING: Sort(ActKind.LISTING_STATED, "li", ListingSays),
    Thing.ATTESTATION: Sort(ActKind.ATTESTATION_STATED, "an", AttestationSays),
    Thing.EXEMPTION: Sort(ActKind.EXEMPTION_STATED, "xm", ExemptionSays),
    Thing.CANDIDACY: Sort(ActKind.CANDIDACY_STATED, "cy", CandidacySays),
    Thing.HANDOVER: Sort(ActKind.HANDOVER_STATED, "ho", HandoverSays),
    Thing.NOTICE: Sort(ActKind.NOTICE_STATED, "pn", NoticeSays),
}
THING_OF: Final = {sort.kind.value: thing for thing, sort in SORTS.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, as it was entered."""

    act_id: str
    number: int
    thing: Thing
    id: str
    effective: str
    void: bool
    entered_at: datetime
    by: str
    why: str | None
    says: Facts


_F = TypeVar("_F", bound=Facts)


def is_in(day: str, since: str | None, until: str | None) -> bool:
    """Whether ``day`` is one of the days from ``since`` to ``until``, both counted; None: no end on that side."""
    return (since is None or since <= day) and (until is None or day <= until)


@dataclass(frozen=True)
class Register:
    """All statements, asked as of one day and, where ``known_at`` is given, as they were known at that time."""

    statements: tuple[Statement, ...]
    day: date
    known_at: datetime | None = None

    @cached_property
    def _by_id(self) -> dict[str, list[Statement]]:
        found: defaultdict[str, list[Statement]] = defaultdict(list)
        for one in self.statements:
            if self.known_at is None or one.entered_at <= self.known_at:
                found[one.id].append(one)
        return found

    @cached_property
    def _now(self) -> dict[Thing, dict[str, Statement]]:
        found: dict[Thing, dict[str, Statement]] = {thing: {} for thing in Thing}
        for thing_id, some in self._by_id.items():
            said = said_on(some, self.day.isoformat())
            if said is not None and not said.void:
                found[said.thing][thing_id] = said
        return found

    def on(self, day: date) -> Register:
        """The same, asked as of another day."""
        return Register(self.statements, day, self.known_at)

    @property
    def today(self) -> str:
        return self.day.isoformat()

    def and_said(self, one: Statement) -> Register:
        """The same with one more statement, the newest. What was worked out before is not worked out again."""
        new = Register((*self.statements, one), self.day, self.known_at)
        if self.known_at is not None:
            return new
        told = {**self._by_id, one.id: [*self._by_id.get(one.id, ()), one]}
        said = said_on(told[one.id], self.today)
        mine = dict(self._now[one.thing])
        mine.pop(one.id, None)
        if said is not None and not said.void:
            mine[one.id] = said
        kept = {name: made for name, made in self.__dict__.items() if _MADE_OF.get(name, one.thing) is not one.thing}
        new.__dict__.update(kept | {"_by_id": told, "_now": {**self._now, one.thing: mine}})
        return new

    def history(self, thing_id: str) -> list[Statement]:
        """Everything that was said of a thing, in the order of entering."""
        return sorted(self._by_id.get(thing_id, ()), key=lambda one: one.number)

    def current(self, thing_id: str) -> Statement | None:
        """What holds of a thing on the day; None where there is no such thing, or none any more."""
        said = said_on(self._by_id.get(thing_id, ()), self.today)
        return None if said is None or said.void else said

    def _all(self, thing: Thing, shape: type[_F]) -> Iterator[tuple[str, _F]]:
        for thing_id, said in self._now[thing].items():
            assert isinstance(said.says, shape)
            yield thing_id, said.says

    @cached_property
    def authorities(self) -> dict[str, AuthoritySays]:
        return dict(self._all(Thing.AUTHORITY, AuthoritySays))

    @cached_property
    def departments(self) -> dict[str, DepartmentSays]:
        return dict(self._all(Thing.DEPARTMENT, DepartmentSays))

    @cached_property
    def custodianships(self) -> dict[str, CustodianshipSays]:
        return dict(self._all(Thing.CUSTODIANSHIP, CustodianshipSays))

    @cached_property
    def listings(self) -> dict[str, ListingSays]:
        return dict(self._all(Thing.LISTING, ListingSays))

    @cached_property
    def attestations(self) -> dict[str, AttestationSays]:
        return dict(self._all(Thing.ATTESTATION, AttestationSays))

    @cached_property
    def exemptions(self) -> dict[str, ExemptionSays]:
        return dict(self._all(Thing.EXEMPTION, ExemptionSays))

    @cached_property
    def candidacies(self) -> dict[str, CandidacySays]:
        return dict(self._all(Thing.CANDIDACY, CandidacySays))

    @cached_property
    def notices(self) -> dict[str, NoticeSays]:
        return dict(self._all(Thing.NOTICE, NoticeSays))

    @cached_property
    def handovers(self) -> dict[str, HandoverSays]:
        return dict(self._all(Thing.HANDOVER, HandoverSays))

    @cached_property
    def by_account(self) -> dict[str, str]:
        """Account → its listing; of several the one that was entered first."""
        found: dict[str, str] = {}
        for listing_id, says in self.listings.items():
            if says.account is not None:
                found.setdefault(says.account, listing_id)
        return found

    def of_authority(self, authority_id: str) -> list[CustodianshipSays]:
        """Who has a role for an authority or a part of it on the day."""
        return [one for one in self._by_authority.get(authority_id, ()) if is_in(self.today, one.since, one.until)]

    @cached_property
    def _by_authority(self) -> dict[str, list[CustodianshipSays]]:
        found: defaultdict[str, list[CustodianshipSays]] = defaultdict(list)
        for one in self.custodianships.values():
            found[one.authority].append(one)
        return found

    @cached_property
    def attested(self) -> dict[str, list[AttestationSays]]:
        """Listing → attestations, newest first."""
        found: defaultdict[str, list[AttestationSays]] = defaultdict(list)
        for one in sorted(self.attestations.values(), key=lambda one: one.on, reverse=True):
            found[one.listing].append(one)
        return found

    def excepted(self, listing_id: str) -> list[ExemptionSays]:
        """Exceptions that hold for an account on the day, its own and those of its authority."""
        listing = self.listings[listing_id]
        return [
            one
            for one in self.exemptions.values()
            if is_in(self.today, one.since, one.until)
            and (one.listing == listing_id or (one.listing is None and one.authority == listing.authority))
        ]


#: What a register works out once, and the one kind of thing that it is made of.
_MADE_OF: Final = {
    "authorities": Thing.AUTHORITY,
    "departments": Thing.DEPARTMENT,
    "custodianships": Thing.CUSTODIANSHIP,
    "_by_authority": Thing.CUSTODIANSHIP,
    "listings": Thing.LISTING,
    "by_account": Thing.LISTING,
    "attestations": Thing.ATTESTATION,
    "attested": Thing.ATTESTATION,
    "exemptions": Thing.EXEMPTION,
    "candidacies": Thing.CANDIDACY,
    "handovers": Thing.HANDOVER,
    "notices": Thing.NOTICE,
}


def said_on(statements: Iterable[Statement], day: str) -> Statement | None:
    """The statement that counts for ``day``; None where nothing was said of it."""
    held = (one for one in statements if one.effective <= day)
    return max(held, key=lambda one: (one.effective, one.number), default=None)


def changed(before: Facts, after: Facts) -> tuple[str, ...]:
    """Names of the fields that differ."""
    left, right = before.model_dump(), after.model_dump()
    return tuple(name for name in right if left.get(name) != right[name])
