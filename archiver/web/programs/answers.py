"""What answers are made of. Pure.

Every answer has a model of its own, from which the description is made, and which no answer differs from. A field may
be added; what a field means never changes within one version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic import WithJsonSchema as AsJsonSchema

from archiver.clock import to_text
from archiver.database import safe_text

T = TypeVar("T")
_DAY_FIRST = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = "^[A-Za-z0-9_-]{1,100}$"
MOST = 200
"""Entries of a page."""


class Answer(BaseModel):
    """Base of all answers: made of what services return, by the names of its fields."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class Said(BaseModel):
    """Base of what programs send: nothing that is not named, so that a misspelt field is no answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Answer, Generic[T]):
    """One page of a list. ``next`` is the ``after`` of the following page; null: this is the last."""

    items: list[T]
    next: str | None


class FieldProblem(Answer):
    """What one field of a body lacks; of one within another the path, with dots."""

    field: str
    detail: str


class Problem(Answer):
    """Why not (RFC 9457). ``id`` finds an unexpected failure in the service's log; ``errors`` are the fields of what
    was sent that it is about."""

    type: str
    title: str
    status: int
    detail: str
    id: str | None = None
    errors: list[FieldProblem] | None = None


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("that moment is before or after every calendar") from None


def _written(said: Any) -> Any:
    """Days and moments are written out (RFC 3339); pydantic would also take numbers, as seconds since 1970."""
    if isinstance(said, str) and not _DAY_FIRST.match(said):
        raise ValueError("say the year, month and day first, such as 2026-05-01")
    if isinstance(said, int | float):
        raise ValueError("a number is no moment and no day; write it out, such as 2026-05-01")
    return said


def clean(value: Any) -> Any:
    """A value of archived JSON with every text encodable: lone surrogates become U+FFFD, at any depth."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, Mapping):
        return {safe_text(str(name)): clean(one) for name, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list | tuple) else value


#: A moment, always UTC with microseconds and ``Z``.
Time = Annotated[
    datetime,
    PlainSerializer(to_text, return_type=str),
    AsJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
#: Archived JSON, as the platform's connector read it.
Content = Annotated[dict[str, Any], BeforeValidator(clean)]
#: A text that strangers wrote.
Text = Annotated[str, BeforeValidator(clean)]
#: A moment in a question, of any zone.
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_utc)]
#: A day that somebody says.
SaidDay = Annotated[date, BeforeValidator(_written)]
#: An id in an address.
Id = Annotated[str, Path(pattern=_ID)]
#: An id in a question.
Account = Annotated[str | None, Query(pattern=_ID, description="Only of this account: its id.")]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern="^[A-Za-z0-9_.~-]{8,100}$",
        description="Made up by you, another for each act: sent again with the same one, it is done once.",
    ),
]
After = Annotated[str | None, Query(max_length=400, description="`next` of the page before, from the same question.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries of a page.")]
