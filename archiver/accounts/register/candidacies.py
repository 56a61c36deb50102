"""Windows in which an elected official is a candidate (law R7; Wis. Stat. 11.1205). Pure. The archive reports what was
published inside one; it does not judge."""

from __future__ import annotations

from archiver.accounts.register.statements import Register, is_in
from archiver.evidence.register_facts import CandidacySays, Capacity


def windows(register: Register, authority_id: str) -> list[CandidacySays]:
    """Candidacies of an authority's official, in the order of their beginning."""
    found = [one for one in register.candidacies.values() if one.authority == authority_id]
    return sorted(found, key=lambda one: (one.since, one.until, one.person))


def open_windows(register: Register) -> list[CandidacySays]:
    """Those that are open on the register's day."""
    return [one for one in register.candidacies.values() if is_in(register.today, one.since, one.until)]


def city_accounts(register: Register, candidacy: CandidacySays) -> list[str]:
    """Accounts of the City that the candidate's authority has, whose posts the report lists: never those of the
    campaign. Ids of listings."""
    return [
        listing_id
        for listing_id, says in register.listings.items()
        if says.authority == candidacy.authority and says.capacity in (Capacity.OFFICIAL, Capacity.MIXED)
    ]
