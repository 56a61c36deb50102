"""Decisions on whether something is official."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from archiver.evidence.events.forms import EventKind, Facts
from archiver.evidence.events.names import EventType


class OfficialDecided(Facts):
    about: Annotated[Literal["record", "account"], Field(description="what was decided on; the act says which")]


EVENTS: Final = (
    EventKind(
        EventType.OFFICIAL_DECIDED,
        "act",
        "A legal custodian decided by this act whether one record, or one account, is official.",
        OfficialDecided,
    ),
)
