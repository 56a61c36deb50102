"""What a platform lets us see, as its connector says it. Import them from :mod:`connectors.contract`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors._contract_words import RecordKind, State


class Extent(StrEnum):
    """How far one of a platform's numbers ranges."""

    ANSWERS = "answers"
    """What answers the record directly."""
    THREAD = "thread"
    """Everything under it, at any depth."""
    ACCOUNT = "account"
    """What the account itself has published; on its profile."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of the platform that what was captured is set against, and what the platform counts in it (law R63)."""

    on: frozenset[RecordKind]
    """Kinds of records that bear it, as :attr:`SeenRecord.counted`."""
    of: Extent
    says: str
    """What the platform counts, one plain sentence."""
    states: frozenset[State] = frozenset()
    """States, beside *visible*, in which it still counts a record."""
    private: bool = False
    """Whether it also counts what not everybody sees under something that everybody sees."""
    kinds: frozenset[RecordKind] = frozenset()
    """Kinds of records that it counts; empty: all. For :attr:`Extent.ACCOUNT`."""
    withheld: str | None = None
    """What it may count and not return, to finish *perhaps*. None: it returns all that it counts."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this platform lets us see, in plain words for a custodian; None means it cannot be seen at all."""

    edits: str | None
    deletions: str | None
    hidden: str | None
    messages: str | None
    comments: str | None
    media: str | None
    counts: str | None
    history: str | None
    """How far back a first capture reaches."""
    limits: tuple[str, ...] = ()
    """What is known not to be seen, one plain sentence each."""
    moderation_signed_in: bool = False
    """The platform shows them only where the account is signed in, with leave to see them: it may be read without."""
    moderation: str | None = None
    """Which settings of moderation are captured as records: who is blocked, which words are filtered, who has a role,
    who may comment. None: no program is shown them, so somebody has to deposit them by hand, month after month."""
    moderation_by_hand: str | None = None
    """Which other such settings there are that no program is shown: they too are deposited by hand, month after month.
    None: there are none, or :attr:`moderation` is None, and it is all of them."""
    proven: str | None = None
    """What it was proven against; None shows *not yet proven against the live platform*."""
    counted: tuple[Counted, ...] = ()
    """Numbers that what was captured is set against; of a kind of record at most one. Empty: there are none."""

    @property
    def deposited(self) -> str:
        """What of the moderation settings somebody has to bring by hand, in words."""
        return self.moderation_by_hand or ("Nothing." if self.moderation else "All of them.")
