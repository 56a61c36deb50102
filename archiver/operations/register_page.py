"""What the pages show of the register: one authority, one listed account, the list as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from archiver.accounts.register import attestations, custody, handover
from archiver.accounts.register.attestations import Due
from archiver.accounts.register.custody import Custody
from archiver.accounts.register.handover import Step
from archiver.accounts.register.missing import WORDS
from archiver.accounts.register.statements import Register, Statement, changed, is_in
from archiver.archive import Archive
from archiver.errors import NotFound
from archiver.evidence.register_facts import (
    AttestationSays,
    AuthoritySays,
    CandidacySays,
    CustodianshipSays,
    DepartmentSays,
    ExemptionSays,
    HandoverSays,
)
from archiver.operations.master_list import Entry, MasterList, custody_words, master_list
from archiver.operations.register_seen import ALL, Sight, seen


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of a history, with what it changed."""

    statement: Statement
    fields: tuple[str, ...]

    @property
    def from_the_beginning(self) -> bool:
        return self.statement.effective == "0001-01-01"


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """One authority of the list."""

    id: str
    says: AuthoritySays
    custody: Custody
    by: str
    accounts: int
    lacking: int


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """One hand-over, as far as it has come."""

    id: str
    says: HandoverSays
    authority: str
    next: Step | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role, now or at another time."""

    id: str
    says: CustodianshipSays
    now: bool
    scope: str
    designated: str
    """Name of another authority that designated them (19.33(5)); empty: none did."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception, with its id; what it is for, where that is all of an authority."""

    id: str
    says: ExemptionSays
    now: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class AuthorityPage:
    """Everything of one authority."""

    id: str
    says: AuthoritySays
    custody: Custody
    by: str
    people: tuple[Person, ...]
    departments: tuple[tuple[str, DepartmentSays], ...]
    """With the id of each."""
    entries: tuple[Entry, ...]
    candidacies: tuple[tuple[str, CandidacySays], ...]
    """With the id of each; so below."""
    exemptions: tuple[Waiver, ...]
    handovers: tuple[HandoverRow, ...]
    history: tuple[Said, ...]
    named: Mapping[str, str]
    """Names of other authorities that it says something of, by their ids."""


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Everything of one listed account."""

    entry: Entry
    authority_id: str | None
    """None: it has none, or not all of it is seen."""
    by: str
    attested: tuple[AttestationSays, ...]
    due: Due
    waived: tuple[str, ...]
    attestations: tuple[tuple[str, AttestationSays], ...]
    """With the id of each, newest first."""
    exemptions: tuple[Waiver, ...]
    history: tuple[Said, ...]


def authorities(made: MasterList, sight: Sight = ALL) -> list[AuthorityRow]:
    """All authorities that are seen, by name."""
    found = []
    for authority_id, says in made.register.authorities.items():
        if not sight.sees_authority(made.register, authority_id):
            continue
        kept = custody.of_authority(made.register, authority_id)
        mine = [one for one in made.entries if one.listing is not None and one.listing.authority == authority_id]
        lacking = sum(bool(one.standing.lacks) for one in mine)
        found.append(AuthorityRow(authority_id, says, kept, custody_words(kept), len(mine), lacking))
    return sorted(found, key=lambda one: one.says.name.casefold())


def handovers(register: Register, authority_id: str | None = None, sight: Sight = ALL) -> list[HandoverRow]:
    """Hand-overs of authorities that are seen, those that are under way first."""
    found = [
        HandoverRow(one, says, _name(register, says.authority), handover.next_step(says))
        for one, says in register.handovers.items()
        if authority_id in (None, says.authority) and sight.sees_authority(register, says.authority)
    ]
    return sorted(found, key=lambda one: (one.next is None, one.authority.casefold(), one.id))


def authority(archive: Archive, connection: Connection, authority_id: str, sight: Sight = ALL) -> AuthorityPage:
    """One authority.

    Raises:
        NotFound: there is none, or it is not seen.
    """
    made = seen(master_list(archive, connection), sight)
    register = made.register
    if authority_id not in register.authorities or not sight.sees_authority(register, authority_id):
        raise NotFound("there is no such authority in the register")
    kept = custody.of_authority(register, authority_id)
    people = [_person(register, *pair) for pair in register.custodianships.items() if pair[1].authority == authority_id]
    people.sort(key=lambda one: (not one.now, one.says.role, one.says.since or "", one.says.person))
    return AuthorityPage(
        id=authority_id,
        says=register.authorities[authority_id],
        custody=kept,
        by=custody_words(kept),
        people=tuple(people),
        departments=tuple(pair for pair in register.departments.items() if pair[1].authority == authority_id),
        entries=tuple(one for one in made.entries if one.listing and one.listing.authority == authority_id),
        candidacies=tuple(
            sorted(
                (pair for pair in register.candidacies.items() if pair[1].authority == authority_id),
                key=lambda pair: (pair[1].since, pair[1].until, pair[1].person),
            )
        ),
        exemptions=_exemptions(register, None, authority_id),
        handovers=tuple(handovers(register, authority_id)),
        history=history(register, authority_id),
        named={one: _name(register, one) for one in _others(register.authorities[authority_id])},
    )


def listing(archive: Archive, connection: Connection, listing_id: str, sight: Sight = ALL) -> ListingPage:
    """One listed account.

    Raises:
        NotFound: there is none, or it is not seen.
    """
    made = seen(master_list(archive, connection), sight)
    entry = next((one for one in made.entries if one.id == listing_id), None)
    if entry is None or entry.listing is None:
        raise NotFound("there is no such account in the register")
    register = made.register
    signed = tuple(register.attested.get(listing_id, ()))
    whose = entry.listing.authority if sight.sees_authority(register, entry.listing.authority) else None
    return ListingPage(
        entry=entry,
        authority_id=whose,
        by=custody_words(entry.custody),
        attested=signed,
        due=attestations.standing(signed[0] if signed else None, register.day),
        waived=tuple(WORDS[one] for one in entry.standing.waived),
        attestations=tuple(
            sorted(
                (pair for pair in register.attestations.items() if pair[1].listing == listing_id),
                key=lambda pair: (pair[1].on, pair[0]),
                reverse=True,
            )
        ),
        exemptions=_exemptions(register, listing_id, whose),
        history=history(register, listing_id),
    )


def of_account(archive: Archive, connection: Connection, account_id: str) -> Entry | None:
    """How a captured account stands in the register."""
    found = master_list(archive, connection).entries
    return next((one for one in found if one.account is not None and one.account.id == account_id), None)


def history(register: Register, thing_id: str) -> tuple[Said, ...]:
    """Everything that was said of a thing, newest first, with what each statement changed of the one entered before."""
    told = register.history(thing_id)
    before = [None, *told[:-1]]
    return tuple(
        Said(one, changed(last.says, one.says) if last is not None else ())
        for last, one in reversed(list(zip(before, told, strict=True)))
    )


def _person(register: Register, custodianship_id: str, says: CustodianshipSays) -> Person:
    if says.listing is not None:
        known = register.listings.get(says.listing)
        scope = f"only {known.name or known.handle or known.url}" if known is not None else "only one account"
    elif says.department is not None and says.department in register.departments:
        scope = f"only {register.departments[says.department].name}"
    else:
        scope = ""
    designated = "" if says.designated_by is None else _name(register, says.designated_by)
    return Person(custodianship_id, says, is_in(register.today, says.since, says.until), scope, designated)


def _exemptions(register: Register, listing_id: str | None, authority_id: str | None) -> tuple[Waiver, ...]:
    """Exceptions for an account and for all of its authority, also those whose time is over or has not come."""
    found = [
        Waiver(one, says, is_in(register.today, says.since, says.until), says.listing is None)
        for one, says in register.exemptions.items()
        if (says.listing is not None and says.listing == listing_id)
        or (says.listing is None and authority_id is not None and says.authority == authority_id)
    ]
    return tuple(sorted(found, key=lambda one: (not one.now, one.says.rule, one.says.since or "", one.id)))


def _others(says: AuthoritySays) -> list[str]:
    return [one for one in (says.merged_into, says.appointed_by, says.attached_to) if one is not None]


def _name(register: Register, authority_id: str) -> str:
    found = register.authorities.get(authority_id)
    return authority_id if found is None else found.name
