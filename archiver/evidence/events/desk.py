"""What people do with records: frozen searches, tags and notes."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from archiver.evidence.events.forms import Count, Digest, EventKind, Facts
from archiver.evidence.events.names import EventType


class SearchFrozen(Facts):
    sha256: Annotated[
        Digest, Field(description="of the statement, which holds a random salt so that no one can guess it")
    ]
    hits: Annotated[Count, Field(description="records that answered")]


class RecordsMarked(Facts):
    what: Annotated[Literal["tag", "note"], Field(description="what was written on records, or taken away")]
    done: Annotated[Literal["added", "removed"], Field(description="which of the two")]
    records: Annotated[Count, Field(description="of the account")]


_E = EventType
FROZEN: Final = (EventKind(_E.SEARCH_FROZEN, "search", "A search was frozen into a statement.", SearchFrozen),)
MARKED: Final = (
    EventKind(
        _E.RECORDS_MARKED,
        "account",
        "A person wrote a tag or a note on records of the account, or took one away: their own work, whose words"
        " no entry holds.",
        RecordsMarked,
    ),
)
