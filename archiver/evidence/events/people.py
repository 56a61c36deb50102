"""People, their roles, and how they sign in."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.events.accounts import AccountChanged
from archiver.evidence.events.forms import Code, Codes, Count, EventKind, Facts, NoFacts, PersonId, Time
from archiver.evidence.events.names import EventType


class RoleGrantFacts(Facts):
    person: Annotated[PersonId, Field(description="who has the role")]
    role: Annotated[Code, Field(description="the role")]
    scope: Annotated[Code, Field(description="kind of what it reaches; the act says what")]
    access: Annotated[Codes, Field(description="access classes that it opens")]


class ReserveFacts(Facts):
    access: Annotated[Codes, Field(description="access classes that whoever looks at it needs besides")]


class HowFacts(Facts):
    how: Annotated[Code, Field(description="way of signing in")]


class PasskeyRefused(Facts):
    why: Annotated[Code, Field(description="`counter`: it counts as a copy would; `not_verified`: any other reason")]


class SessionsEnded(Facts):
    why: Annotated[Code, Field(description="why")]
    count: Annotated[Count, Field(description="how many")]


class TokenMade(Facts):
    person: Annotated[PersonId, Field(description="whose token it is")]
    ends: Annotated[Time, Field(description="until when it counts")]


_E = EventType
EVENTS: Final = (
    EventKind(_E.PERSON_ADDED, "person", "Somebody was added who may be given roles.", NoFacts),
    EventKind(_E.PERSON_CHANGED, "person", "What is kept of a person changed.", AccountChanged),
    EventKind(_E.PERSON_ENDED, "person", "Somebody may do nothing here any more.", NoFacts),
    EventKind(_E.ROLE_GRANTED, "grant", "A person was given a role.", RoleGrantFacts),
    EventKind(_E.ROLE_REVOKED, "grant", "A role was taken back.", NoFacts),
    EventKind(_E.ACCOUNT_RESERVED, "account", "What is needed to look at an account changed.", ReserveFacts),
    EventKind(_E.SIGN_IN_OFFERED, "archive", "A link was made with which somebody sets how they sign in.", NoFacts),
    EventKind(_E.SIGN_IN_SET, "person", "Somebody set how they sign in.", HowFacts),
    EventKind(_E.SESSION_BEGUN, "person", "Somebody signed in.", HowFacts),
    EventKind(_E.SESSION_CONFIRMED, "person", "Somebody who was signed in showed again who it is.", HowFacts),
    EventKind(_E.SESSION_ENDED, "person", "Somebody was signed out.", SessionsEnded),
    EventKind(_E.PASSKEY_ADDED, "person", "Somebody added a passkey.", NoFacts),
    EventKind(_E.PASSKEY_ENDED, "person", "A passkey no longer counts.", NoFacts),
    EventKind(_E.PASSKEY_REFUSED, "person", "A passkey that is known was refused.", PasskeyRefused),
    EventKind(_E.ADDRESS_ASKED, "person", "Another mail address was asked for, for somebody else.", NoFacts),
    EventKind(_E.ADDRESS_REFUSED, "person", "It was refused, or withdrawn.", NoFacts),
    EventKind(_E.TOKEN_MADE, "token", "A token for programs was made.", TokenMade),
    EventKind(_E.TOKEN_ENDED, "token", "A token for programs no longer counts.", NoFacts),
)
