"""The CIO's exceptions: for what, by whom, until when, and which of them are over or end soon (law R14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from archiver.accounts.register.statements import Register
from archiver.archive import Archive
from archiver.evidence.register_facts import ExemptionSays
from archiver.operations.master_list import Entry, master_list
from archiver.operations.register_seen import Sight, seen

NEAR: Final = timedelta(days=30)


class Stands(StrEnum):
    """How an exception stands on a day."""

    ENDED = "ended"
    NEAR = "ends soon"
    HOLDS = "holds"
    COMING = "not yet"


_ORDER: Final = tuple(Stands)


@dataclass(frozen=True, slots=True)
class Granted:
    """One exception."""

    id: str
    says: ExemptionSays
    stands: Stands
    about: str
    """Name of the account, or of the authority for all of its accounts."""
    authority: str
    listing: str | None
    """Id of the account's entry."""
    needed: tuple[str, ...]
    """Names of accounts that would lack something without it."""

    @property
    def whole(self) -> bool:
        """Whether it is for all accounts of the authority."""
        return self.listing is None


def stands(since: str | None, until: str | None, day: date) -> Stands:
    """How an exception stands on a day; both its days are counted, and one that is left open never ends."""
    today = day.isoformat()
    if until is not None and until < today:
        return Stands.ENDED
    if since is not None and since > today:
        return Stands.COMING
    return Stands.NEAR if until is not None and until <= (day + NEAR).isoformat() else Stands.HOLDS


def report(archive: Archive, connection: Connection, sight: Sight) -> list[Granted]:
    """Every exception that is seen: those that are over or end soon first."""
    made = seen(master_list(archive, connection), sight)
    register, entries = made.register, {one.id: one for one in made.entries if one.id}
    found = [
        _one(register, one, says, entries)
        for one, says in register.exemptions.items()
        if (says.listing in entries if says.listing else sight.sees_authority(register, says.authority))
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.stands), one.says.until or "9", one.authority, one.id))


def _one(register: Register, exemption_id: str, says: ExemptionSays, entries: dict[str, Entry]) -> Granted:
    entry = entries.get(says.listing or "")
    authority_id = says.authority if entry is None or entry.listing is None else entry.listing.authority
    known = register.authorities.get(authority_id or "")
    authority = known.name if known is not None else ""
    over = [
        one
        for one in entries.values()
        if one.listing is not None and (one is entry if says.listing else one.listing.authority == says.authority)
    ]
    needed = tuple(one.name for one in over if says.rule in {lack.value for lack in one.standing.waived})
    about = authority if entry is None else entry.name
    how = stands(says.since, says.until, register.day)
    return Granted(exemption_id, says, how, about, authority, says.listing, needed)
