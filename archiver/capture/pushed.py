"""What a platform pushes: frames of a stream, stored as they came, and where to listen on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from archiver.clock import from_text, to_text
from archiver.wire.exchange import MaskedRange, Network, WireExchange
from connectors.contract import AccountRef, Ask, Heard, JSONValue, Listens

LISTENING = "archiver.listening"
"""Of the bookmark; connectors do not see it: how far a stream was listened to, and since when without a hole."""
STREAM = "stream"
"""Trigger of a run that archives what was pushed."""
DELIVERY = "delivery"
"""The same, of what was safe on the disk before it: it can be heard from nowhere again."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One frame that concerns an account."""

    frame: bytes
    media_type: str
    received_at: datetime
    heard: Heard
    network: Network = field(default_factory=Network)
    ask: Ask | None = None
    """What it is read with, where that is not what all of them are."""
    headers: tuple[tuple[str, str], ...] = ()
    """Those of a delivery that are stored."""
    masked: tuple[MaskedRange, ...] = ()

    def news(self, seen_at: Mapping[str, datetime]) -> list[str]:
        """Keys of records whose words count: those that nobody had seen (``seen_at`` has when each was seen last), or
        not since this happened. A frame that is heard late may be older than what was seen in the meantime. Pure."""
        happened = min(self.heard.at or _NEVER, self.received_at)
        return [key for key in self.heard.keys if (last := seen_at.get(key)) is None or happened > last]

    def wire(self, url: str) -> WireExchange:
        """As captured."""
        return WireExchange(
            method="GET",
            url=url,
            sent_at=self.received_at,
            received_at=self.received_at,
            status=0,
            headers=self.headers or (("Content-Type", self.media_type),),
            request=b"",
            response=self.frame,
            response_head=0,
            body=self.frame,
            body_sha256=hashlib.sha256(self.frame).hexdigest(),
            body_size=len(self.frame),
            network=self.network,
            masked_response=self.masked,
            pushed=self.media_type,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account's platform is listened to."""

    connector: Listens
    account: AccountRef
    ask: Ask
    place: str | None
    since: datetime | None
    """Since when nothing was missed; None: nobody has listened yet."""


def place_of(
    connector: Listens, account: AccountRef, bookmark: Mapping[str, Any], kept: Mapping[str, JSONValue]
) -> Place | None:
    """What was last heard, as the bookmark has it."""
    place, since = kept.get("place"), kept.get("since")
    known = place if isinstance(place, str) and isinstance(since, str) else None
    ask = connector.listen(account, bookmark, known)
    if ask is None:
        return None
    return Place(connector, account, ask, known, from_text(since) if known is not None and since else None)


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one run takes in: frames in order, and where to listen on after them."""

    ask: Ask
    frames: Sequence[Pushed]
    place: str | None
    since: datetime
    listens: bool = True
    """The frames are all there is since ``since``. Deliveries are no such list: nothing follows from one that did not
    come."""
    again: Sequence[Heard] = ()
    """What frames named that are archived already, and was not looked at yet."""

    @property
    def keys(self) -> list[str]:
        """Records that the frames name."""
        return list(dict.fromkeys(key for one in self.frames for key in one.heard.keys))

    @property
    def threads(self) -> list[str]:
        """Keys of what to look at because of them."""
        heard = [*(one.heard for one in self.frames), *self.again]
        return list(dict.fromkeys(key for one in heard for key in (one.keys if one.threads is None else one.threads)))

    @property
    def trigger(self) -> str:
        """Of the run that takes it in."""
        return STREAM if self.listens else DELIVERY

    def asked(self, pushed: Pushed, said: Sequence[str]) -> Ask:
        """What a frame is read with. ``said``: the keys of records whose words count."""
        ask = pushed.ask or self.ask
        more = {"since": to_text(self.since)} if self.listens else {}
        return replace(ask, context={**ask.context, "said": list(said), **more})

    def bookmark(self) -> dict[str, JSONValue]:
        """What the next listener must know."""
        return {} if self.place is None else {"place": self.place, "since": to_text(self.since)}
