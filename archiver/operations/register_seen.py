"""What somebody sees of the register: all of the authorities that their roles reach, and else what is said of single
accounts that they do. Every page and file of the register is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archiver.accounts.register.statements import Register
from archiver.operations.master_list import Entry, MasterList
from archiver.viewing import Viewer


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose eyes."""

    viewer: Viewer
    """Says of which accounts anything is seen."""
    authorities: frozenset[str] | None
    """Short names of authorities, all of whose entries are seen; None: everything."""
    departments: frozenset[str] = frozenset()
    """Ids of departments, all of whose accounts are seen."""
    set_up: bool = True
    """Whether they may know what the City has set up at platforms."""

    def sees_authority(self, register: Register, authority_id: str | None) -> bool:
        """Whether all that is said of an authority is seen."""
        if self.authorities is None:
            return True
        found = register.authorities.get(authority_id or "")
        return found is not None and found.short in self.authorities

    def sees(self, register: Register, entry: Entry) -> bool:
        """Whether an entry is seen. One of a captured account goes by that account, as everywhere else."""
        if self.authorities is None:
            return True
        if entry.account is not None:
            return self.viewer.sees(entry.account.id)
        listing = entry.listing
        if listing is None:
            return False
        return listing.department in self.departments or self.sees_authority(register, listing.authority)


#: Of whoever may run commands on this machine.
ALL = Sight(Viewer.EVERYTHING, None)


def seen(made: MasterList, sight: Sight) -> MasterList:
    """The entries of a list that somebody sees, and nothing else."""
    found = (one for one in made.entries if sight.sees(made.register, one))
    return replace(made, entries=tuple(found if sight.set_up else map(_untold, found)))


def _untold(entry: Entry) -> Entry:
    """The same without what is set up at platforms."""
    why = entry.not_captured
    return entry if why is None or not why.of_set_up else replace(entry, not_captured=why.untold())
