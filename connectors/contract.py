"""What a connector is: it says what to ask a platform and what an answer means, and does no I/O at all.

A connector never opens a socket, a file or a database, never sleeps, never sees a token and knows nothing of
retention. The engine owns tokens, pacing, retries, recording and stopping. So the same :meth:`Connector.read` runs
live, in a test on a recorded file, and in a rebuild ten years later: same bytes in, same :class:`Reading` out.

Third parties add a platform by registering a :class:`Connector` under the entry point group ``archiver.connectors``.
Everything is imported from here; the words are explained in ``_contract_words.py``, what is asked in
``_contract_asks.py``, what comes back and what it means in ``_contract_answers.py``, what a platform lets us see in
``_contract_capabilities.py``, what only some platforms have in ``_contract_more.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from connectors._contract_answers import (
    MOST_PARTS,
    Answer,
    Author,
    MediaRef,
    RateFacts,
    Reading,
    SeenRecord,
)
from connectors._contract_asks import (
    AccountFacts,
    AccountRef,
    Ask,
    Claim,
    RecordAddress,
    RecordRef,
    Sweep,
)
from connectors._contract_capabilities import (
    Capabilities,
    Counted,
    Extent,
)
from connectors._contract_more import (
    PASSWORD,
    Addressed,
    Declines,
    Heard,
    Listens,
    LooksBeside,
    LooksInTurns,
    NamesRecords,
    Signature,
    SignIn,
    Signs,
    SignsIn,
    Streams,
)
from connectors._contract_words import (
    SIGN_IN_PROBLEMS,
    AccessClass,
    Bookmark,
    JSONValue,
    Problem,
    ProblemKind,
    RecordKind,
    State,
    Stream,
    SweepKind,
)

if TYPE_CHECKING:  # takes longer to load than all else that a helping process needs
    from pydantic import BaseModel

__all__ = [
    "MOST_PARTS",
    "PASSWORD",
    "SIGN_IN_PROBLEMS",
    "AccessClass",
    "AccountFacts",
    "AccountRef",
    "Addressed",
    "Answer",
    "Ask",
    "Author",
    "Bookmark",
    "Capabilities",
    "Claim",
    "Connector",
    "Counted",
    "Declines",
    "Extent",
    "Heard",
    "JSONValue",
    "Listens",
    "LooksBeside",
    "LooksInTurns",
    "MediaRef",
    "NamesRecords",
    "Problem",
    "ProblemKind",
    "RateFacts",
    "Reading",
    "RecordAddress",
    "RecordKind",
    "RecordRef",
    "SeenRecord",
    "SignIn",
    "Signature",
    "Signs",
    "SignsIn",
    "State",
    "Stream",
    "Streams",
    "Sweep",
    "SweepKind",
]


@runtime_checkable
class Connector(Protocol):
    """One platform. Stateless; one instance serves every account and thread."""

    platform: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[str]
    """Of the reader; stored with every exchange."""
    scheme: ClassVar[int]
    """Newest content projection. ``read`` keeps honouring every older ``Ask.scheme``."""
    capabilities: ClassVar[Capabilities]
    settings: ClassVar[type[BaseModel]]
    media_hosts: ClassVar[tuple[str, ...]]
    """Host suffixes media may be fetched from; ``*`` where any public host may serve them."""

    def claim(self, url: str) -> Claim | None:
        """Recognise an address without asking anybody, or None."""
        ...

    def identify(self, claim: Claim) -> Ask:
        """The question whose reading gives :attr:`Reading.account`."""
        ...

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """First questions of a sweep. One with ``context["vouches"]`` asks whose token the account is read with: it is
        put before all others, and until it is answered well nothing is asked signed in (R5, R6)."""
        ...

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask directly for known records, each ask with ``context["look"]`` = list of their keys and a control. Without
        a control nothing follows from it that a record is not there.

        Empty where the platform offers no direct look: then nothing is ever declared not returned.
        """
        ...

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means. Pure; never raises for anything a platform may send."""
        ...
