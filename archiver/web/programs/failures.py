"""Why a program's act was not done, as a problem says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from archiver.database import safe_text
from archiver.errors import ArchiverError, Meanwhile, SaidMeanwhile, Unreachable, UsageError, WrongField
from archiver.web.places import BadPlace

_MOST: Final = 20
"""Fields that are told; of more the first."""
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A status, what to do, and the fields that it is about with what each lacks."""

    status: int
    detail: str
    fields: tuple[tuple[str, str], ...] = ()


def of_act(error: ArchiverError | Exception) -> Told | None:
    """What a service would not do; None: what any page says of it."""
    if isinstance(error, SaidMeanwhile):
        return Told(409, str(error), tuple((name, "was said otherwise meanwhile") for name in error.fields))
    if isinstance(error, Meanwhile):
        return Told(409, str(error))
    if isinstance(error, WrongField):
        return Told(422, str(error), ((error.field, error.problem),))
    if isinstance(error, UsageError) and not isinstance(error, BadPlace):
        return Told(422, str(error))
    if isinstance(error, Unreachable):
        return Told(503, str(error))
    return None


def of_body(errors: Sequence[Mapping[str, Any]]) -> Told | None:
    """What a body lacks; None: it is not about the body, but the address or a header."""
    if any(one["type"] == "json_invalid" for one in errors):
        return Told(400, "What was sent is no JSON.")
    if not errors or any(one["loc"][:1] != ("body",) for one in errors):
        return None
    fields = tuple((_name(one["loc"][1:]), _shortened(str(one["msg"]))) for one in errors[:_MOST])
    return Told(422, "What was sent cannot be used: `errors` says which fields, and why.", fields)


def _name(place: Sequence[object]) -> str:
    return _shortened(".".join(str(one) for one in place)) or "body"


def _shortened(text: str) -> str:
    return safe_text(text)[:_LONGEST]
