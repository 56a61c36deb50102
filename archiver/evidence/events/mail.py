"""Mail that leaves."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from archiver.evidence.events.forms import Code, ConnectionId, Count, EventKind, Facts
from archiver.evidence.events.names import EventType


class MailAsked(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]
    connection: Annotated[ConnectionId, Field(description="the link that it brings")]


class MailFacts(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]


class MailSent(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]
    attempts: Annotated[Count, Field(description="tries, the last of them included")]


class MailFailed(Facts):
    purpose: Annotated[Code, Field(description="what it is for")]
    attempts: Annotated[Count, Field(description="tries that came to nothing")]
    problem: Annotated[Code, Field(description="what the last try failed for")]


_E = EventType
EVENTS: Final = (
    EventKind(_E.MAIL_ASKED, "mail", "A mail was put into the outbox; its words and address are not told.", MailAsked),
    EventKind(_E.MAIL_SENT, "mail", "A mail was taken by the server, or written into the folder.", MailSent),
    EventKind(_E.MAIL_FAILED, "mail", "A mail was given up.", MailFailed),
    EventKind(_E.MAIL_DROPPED, "mail", "What a mail was about ended before it was sent.", MailFacts),
)
