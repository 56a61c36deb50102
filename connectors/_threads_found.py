"""What a body about an account on Threads holds, collected while it is read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from connectors import _graph_found as graph
from connectors import _threads_fields as fields
from connectors._graph_found import idents
from connectors._threads_asks import MENTION, POST, REPLY, Asks
from connectors._threads_records import (
    Place,
    above,
    everybody_sees_post,
    everybody_sees_reply,
    is_known_status,
    listed_mention,
    listed_post,
    listed_reply,
    mention_record,
    post_record,
    reply_record,
)
from connectors.contract import JSONValue, SeenRecord
from connectors.values import Json

Maker = Callable[[JSONValue, Place], SeenRecord]
LISTED: Mapping[str, Maker] = {POST: listed_post, REPLY: listed_reply, MENTION: listed_mention}
SAID: Mapping[str, Maker] = {POST: post_record, REPLY: reply_record, MENTION: mention_record}


@dataclass(slots=True)
class Found(graph.Found[Place]):
    """What one body holds, collected while it is read."""

    known: ClassVar[Mapping[str, frozenset[str]]] = fields.KNOWN

    hidden: set[str] = field(default_factory=set)
    """Ids of replies that not everybody sees, on this page and before."""
    withheld: list[str] = field(default_factory=list)
    """Ids of what an answer that is kept as public shows, though not everybody sees it (any more)."""

    def __post_init__(self) -> None:
        self.hidden.update(idents(self.ask, "hidden"))

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    @property
    def beyond(self) -> bool:
        """Whether so many replies before this page are hidden that they are not named."""
        return self.ask.context.get("hidden") is True

    def place(self, pointer: str) -> Place:
        return Place(pointer, self.named("site") or "", self.named("account") or "", self.named("thread"))

    def list_one(self, what: str, entry: JSONValue, pointer: str) -> SeenRecord | None:
        """Add that something is there, without its words."""
        return self.add(what, entry, pointer, LISTED[what])

    def everybody_sees(self, what: str, entry: Json) -> bool:
        """Whether the answer says so. What is under a hidden reply is hidden with it; what is noted as hidden once
        stays so in this list."""
        if what != REPLY:
            return what == MENTION or everybody_sees_post(entry)
        if not is_known_status(entry):
            self.drift.add("reply.hide_status (another word)")
        if not self.beyond and everybody_sees_reply(entry) and not self.hidden & {str(entry.get("id")), above(entry)}:
            return True
        self.hidden.add(str(entry.get("id")))
        return False


def number(record: SeenRecord) -> str:
    """The platform's own id of a record."""
    return record.key.partition("/")[2]
