"""What somebody may see of what was captured. Part of every query and of every match, so that neither lists nor counts
nor facets tell of the rest. :mod:`archiver.people.permission` says what a person's is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

#: A record whose every word was seen by everybody has this class.
PUBLIC: Final = "public"
#: Kind of records that are open only to those who were granted them in so many words (law R4).
MESSAGE: Final = "message"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose eyes. What a viewer may not see does not exist for them. The default sees everything."""

    accounts: frozenset[str] | None = None
    """Ids of accounts; None: all of them."""
    access: frozenset[str] | None = None
    """Access classes of stored exchanges (:class:`connectors.contract.AccessClass`); None: all of them."""
    messages: bool = True
    """Also private messages, where their access class is among them."""
    also: tuple[Viewer, ...] = ()
    """Whoever holds several roles sees what any of them shows."""
    watched: bool = True
    """Also since when private messages were not looked at: of whoever keeps the capture going, and of whoever sees
    more than what was public."""
    EVERYTHING: ClassVar[Viewer]
    NOTHING: ClassVar[Viewer]

    @property
    def parts(self) -> tuple[Viewer, ...]:
        """What it is made of: viewers without others beside them."""
        if not self.also:
            return (self,)
        return (Viewer(self.accounts, self.access, self.messages, watched=self.watched), *self.also)

    @property
    def only_public(self) -> bool:
        """Whether this part shows what everybody saw, and nothing else."""
        return self.access is not None and self.access <= {PUBLIC}

    @property
    def account_ids(self) -> frozenset[str] | None:
        """Accounts of which anything is seen; None: all."""
        parts = self.parts
        if any(part.accounts is None for part in parts):
            return None
        return frozenset().union(*(part.accounts or () for part in parts))

    def sees(self, account_id: str) -> bool:
        """Whether anything of an account is seen."""
        ids = self.account_ids
        return ids is None or account_id in ids

    def sees_record(self, account_id: str, access: str, kind: str) -> bool:
        """Whether a record of an account is seen, by its access class and kind."""
        return any(
            (part.accounts is None or account_id in part.accounts)
            and (part.access is None or access in part.access)
            and (part.messages or kind != MESSAGE)
            for part in self.parts
        )

    def watches(self, account_id: str) -> bool:
        """Whether it may be known what of an account's private messages was not looked at."""
        return any(part.watched and (part.accounts is None or account_id in part.accounts) for part in self.parts)

    def sees_private_of(self, account_id: str) -> bool:
        """Whether what only an account's owner sees is seen; messages may be closed all the same."""
        return any(
            part.access is None and (part.accounts is None or account_id in part.accounts) for part in self.parts
        )

    def sees_all_of(self, account_id: str) -> bool:
        """Whether all of an account is seen: what was counted over all of it tells nothing new."""
        return any(
            part.access is None and part.messages and (part.accounts is None or account_id in part.accounts)
            for part in self.parts
        )


Viewer.EVERYTHING = Viewer()
Viewer.NOTHING = Viewer(accounts=frozenset(), access=frozenset(), messages=False, watched=False)
