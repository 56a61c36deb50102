"""Who is legal custodian of what on a day (Wis. Stat. 19.33, 19.21(2); law R10, R11). Pure.

19.33(1): an elective official is legal custodian of their own records and those of their office, and may designate
somebody of their staff. 19.33(2), (3): of a committee, whoever chairs it, or whom they designate. 19.33(4): any other
authority designates positions in writing; where it has not, its highest ranking officer and its chief administrative
officer, if any, are legal custodians. 19.33(5): where another authority appoints it or its members, that one may
designate instead; where it is attached to another for administrative purposes, that other one does. 19.33(6): deputies
act in a custodian's absence. 19.21(2): while an elective office is vacant, the clerk keeps its records for the
successor. After its last day the records of an authority that was merged are those of the one into which it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from archiver.accounts.register.statements import Register, is_in
from archiver.evidence.register_facts import AuthorityKind, AuthoritySays, CustodianshipSays, Role


class Basis(StrEnum):
    """By what somebody is legal custodian."""

    ELECTED = "19.33(1)"
    COMMITTEE = "19.33(2)"
    DESIGNATED = "19.33(4)"
    BY_ANOTHER = "19.33(5)"
    DEFAULT = "19.33(4), default"
    CLERK = "19.21(2)"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has custody of something on a day."""

    basis: Basis
    custodians: tuple[CustodianshipSays, ...] = ()
    designees: tuple[CustodianshipSays, ...] = ()
    """Of the elected official's staff, or whom a chair designated: act as legal custodian too."""
    deputies: tuple[CustodianshipSays, ...] = ()
    because: str = ""
    """Why it is not the authority's own matter, in words: who designated, or with which it was merged."""
    others_to_designate: bool = False
    """Another authority has to designate the legal custodian, and has not."""

    @property
    def is_vacant(self) -> bool:
        """Nobody whom the authority itself has is there."""
        return self.basis in (Basis.CLERK, Basis.NOBODY)

    @property
    def names(self) -> str:
        return ", ".join(one.person for one in self.custodians)


def of_account(register: Register, listing_id: str) -> Custody:
    """Who is legal custodian of an account: designated for it alone, for its department, or its authority."""
    listing = register.listings[listing_id]
    if listing.authority is None:
        return Custody(Basis.NOBODY)
    return _custody(register, listing.authority, listing.department, listing_id)


def of_authority(register: Register, authority_id: str) -> Custody:
    """Who is legal custodian of an authority's records as a whole."""
    return _custody(register, authority_id, None, None)


def successor(register: Register, authority_id: str) -> str:
    """Whose an authority's records are on the day: its own, or after its last day those of the one into which it was
    merged, and so on."""
    passed = {authority_id}
    while True:
        one = register.authorities.get(authority_id)
        if one is None or one.until is None or one.until >= register.today or one.merged_into in (None, *passed):
            return authority_id
        assert one.merged_into is not None
        authority_id = one.merged_into
        passed.add(authority_id)


def _custody(
    register: Register,
    authority_id: str,
    department: str | None,
    listing: str | None,
    *,
    itself: bool = False,
    merged: bool = True,
) -> Custody:
    """``itself``: of a vacant office nobody else is asked. ``merged``: of one that was merged, the one into which."""
    now = successor(register, authority_id) if merged else authority_id
    if now != authority_id:
        found = _custody(register, now, None, listing, itself=itself, merged=False)
        return replace(found, because=f"of {_name(register, now)}, with which it was merged")
    authority = register.authorities.get(authority_id)
    if authority is None or not is_in(register.today, authority.since, authority.until):
        return Custody(Basis.NOBODY)
    everybody = register.of_authority(authority_id)
    deputies = _nearest(everybody, (Role.DEPUTY,), department, listing)
    if authority.kind in (AuthorityKind.ELECTED, AuthorityKind.COMMITTEE):
        holders = _of(everybody, (Role.HOLDER,), None, None)
        if not holders:
            return Custody(Basis.NOBODY) if itself else _vacant(register, authority_id)
        designees = _nearest(everybody, (Role.DESIGNEE, Role.LEGAL_CUSTODIAN), department, listing)
        basis = Basis.ELECTED if authority.kind == AuthorityKind.ELECTED else Basis.COMMITTEE
        return Custody(basis, holders, designees, deputies)
    return _of_agency(register, authority, everybody, deputies, (department, listing))


def _of_agency(
    register: Register,
    authority: AuthoritySays,
    everybody: Sequence[CustodianshipSays],
    deputies: tuple[CustodianshipSays, ...],
    of: tuple[str | None, str | None],
) -> Custody:
    """Whom the authority that may do so instead designated, else whom it designated itself, else its officers."""
    other = authority.attached_to or authority.appointed_by
    theirs = [one for one in everybody if other is not None and one.designated_by == other]
    designated = _nearest(theirs, (Role.LEGAL_CUSTODIAN,), *of)
    if other is not None and designated:
        because = f"designated by {_name(register, other)}"
        return Custody(Basis.BY_ANOTHER, designated, (), deputies, because)
    lacks = authority.attached_to is not None
    own = [one for one in everybody if one.designated_by is None]
    designated = _nearest(own, (Role.LEGAL_CUSTODIAN,), *of)
    if designated:
        return Custody(Basis.DESIGNATED, designated, (), deputies, others_to_designate=lacks)
    officers = _of(everybody, (Role.HIGHEST_OFFICER, Role.CHIEF_ADMINISTRATOR), None, None)
    basis = Basis.DEFAULT if officers else Basis.NOBODY
    return Custody(basis, officers, (), deputies, others_to_designate=lacks)


def _name(register: Register, authority_id: str) -> str:
    found = register.authorities.get(authority_id)
    return authority_id if found is None else found.name


def _vacant(register: Register, authority_id: str) -> Custody:
    """An office without its official: the clerk's legal custodian keeps the records for the successor."""
    for clerk_id in sorted(one for one, says in register.authorities.items() if says.clerk):
        kept = _custody(register, clerk_id, None, None, itself=True)
        if clerk_id != authority_id and kept.custodians:
            return Custody(Basis.CLERK, kept.custodians, kept.designees, kept.deputies)
    return Custody(Basis.NOBODY)


def _nearest(
    some: Sequence[CustodianshipSays], roles: Iterable[str], department: str | None, listing: str | None
) -> tuple[CustodianshipSays, ...]:
    """Those with a role for the account itself; else for its department; else for the whole authority."""
    roles = tuple(roles)
    narrow = _of(some, roles, None, listing) if listing is not None else ()
    middle = _of(some, roles, department, None) if department is not None else ()
    return narrow or middle or _of(some, roles, None, None)


def _of(
    some: Sequence[CustodianshipSays], roles: Iterable[str], department: str | None, listing: str | None
) -> tuple[CustodianshipSays, ...]:
    wanted = tuple(roles)
    found = [
        one
        for one in some
        if one.role in wanted and one.listing == listing and (listing is not None or one.department == department)
    ]
    return tuple(sorted(found, key=lambda one: (wanted.index(Role(one.role)), one.since or "", one.person)))
