"""Acts, and what people state by them: the register, challenges, moderation."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.events.forms import Code, Commitment, Count, EventKind, Facts, Time
from archiver.evidence.events.names import EventType


class ActRecorded(Facts):
    number: Annotated[Count, Field(description="of the act in this archive, from 1, without a gap")]
    commitment: Annotated[Commitment, Field(description="of the act, which is in a file of its own")]


class RegisterChanged(Facts):
    thing: Annotated[Code, Field(description="kind of thing that the act is about")]
    change: Annotated[Code, Field(description="`new`, `changed`, `corrected`, `void` or `kept`")]


class ChallengeStated(Facts):
    change: Annotated[Code, Field(description="`new`, `changed` or `void`")]


class RolesReviewed(Facts):
    change: Annotated[Code, Field(description="`new` or `void`")]


class RolesWarned(Facts):
    about: Annotated[Code, Field(description="`lost`, `few`, `untold` or `overdue`")]
    since: Annotated[Time, Field(description="since when it was seen to be so; the newest where several are")]


class ModerationStated(Facts):
    change: Annotated[Code, Field(description="`new`, `corrected` or `void`")]


_E = EventType
RECORDED: Final = (
    EventKind(
        _E.ACT_RECORDED,
        "act",
        "An act whose facts are in the database only was committed to; its file goes into the object store.",
        ActRecorded,
    ),
    EventKind(_E.REGISTER_CHANGED, "act", "The register of accounts changed by this act.", RegisterChanged),
)
CHALLENGED: Final = (
    EventKind(
        _E.CHALLENGE_STATED,
        "act",
        "Somebody said by this act what is known of a challenge to the accuracy of a record (Wis. Stat. 19.70).",
        ChallengeStated,
    ),
    EventKind(
        _E.ROLES_REVIEWED,
        "act",
        "Somebody said by this act that they reviewed who has which role on an account at its platform.",
        RolesReviewed,
    ),
    EventKind(
        _E.ROLES_WARNED,
        "account",
        "It was warned that a role on the account is told no more, or that too few administer it.",
        RolesWarned,
    ),
)
MODERATED: Final = (
    EventKind(
        _E.MODERATION_STATED,
        "act",
        "Somebody said by this act what they know of an act of moderation.",
        ModerationStated,
    ),
)
