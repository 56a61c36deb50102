"""Who is legal custodian of what on a day (Wis. Stat. 19.33, 19.21(2); law R10, R11). Pure.

19.33(1): an elective official is legal custodian of their own records and those of their office, and may designate
somebody of their staff. 19.33(2), (3): of a committee, whoever chairs it, or whom they designate. 19.33(4): any other
authority designates positions in writing; where it has not, its highest ranking officer and its chief administrative
officer, if any, are legal custodians. 19.33(6): deputies act in a custodian's absence. 19.21(2): while an elective
office is vacant, the clerk keeps its records for the successor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from archiver.accounts.register.statements import Register, is_in
from archiver.evidence.register_facts import AuthorityKind, CustodianshipSays, Role


class Basis(StrEnum):
    """By what somebody is legal custodian."""

    ELECTED = "19.33(1)"
    COMMITTEE = "19.33(2)"
    DESIGNATED = "19.33(4)"
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


def _custody(
    register: Register, authority_id: str, department: str | None, listing: str | None, *, itself: bool = False
) -> Custody:
    """``itself``: of a vacant office nobody else is asked."""
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
    designated = _nearest(everybody, (Role.LEGAL_CUSTODIAN,), department, listing)
    if designated:
        return Custody(Basis.DESIGNATED, designated, (), deputies)
    officers = _of(everybody, (Role.HIGHEST_OFFICER, Role.CHIEF_ADMINISTRATOR), None, None)
    return Custody(Basis.DEFAULT if officers else Basis.NOBODY, officers, (), deputies)


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
