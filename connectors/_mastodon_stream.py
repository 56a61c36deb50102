"""What a Mastodon server pushes to the account that is signed in (``/api/v1/streaming/user``): server-sent events.
Pure.

Source: Mastodon's documentation *Streaming timelines*. The same stream brings what people write whom the account
follows: that is nobody's concern here and is not kept. It cannot be heard again from where it broke.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectors._mastodon_asks import Asks
from connectors._mastodon_statuses import key_of, status_record
from connectors.answers import moment
from connectors.contract import AccessClass, Answer, Ask, Heard, JSONValue, Reading, Stream
from connectors.values import Json, Unreadable, ident

EVENT = "event"
_STATUS = ("update", "status.update")


@dataclass(frozen=True, slots=True)
class _Event:
    """One event, taken apart."""

    name: str
    payload: JSONValue
    start: int
    end: int
    """Where its payload stands."""

    @property
    def status(self) -> Json | None:
        """The status it brings."""
        if not isinstance(self.payload, dict):
            return None
        found = self.payload.get("status") if self.name == "notification" else self.payload
        return found if isinstance(found, dict) and (self.name == "notification" or self.name in _STATUS) else None


def ask_of(asks: Asks) -> Ask:
    """The stream."""
    context = {"account": asks.account, "closed": asks.closed}
    return Ask(
        url=f"{asks.service}/api/v1/streaming/user",
        stream=Stream.MESSAGES,
        purpose=EVENT,
        access=AccessClass.PRIVATE,
        authorise="required",
        headers=(("Accept", "text/event-stream"),),
        context=context,
    )


def heard(account: str, event: bytes) -> tuple[Heard, AccessClass]:
    """What an event is to the account. All is kept as private, as whatever is asked for signed in: beside what
    everybody sees an event says what the account alone is shown, such as what it filters, mutes and bookmarks, and what
    it may see of what a post quotes."""
    found, private = _taken_apart(event), AccessClass.PRIVATE
    if found is None:
        return Heard(), private
    if found.name == "delete":
        known = _key(found.payload)
        return Heard(known is not None, keys=(known,) if known else (), only_known=True), private
    status = found.status
    if status is None:
        return Heard(), private
    own, told = _author(status) == account, _told(found)
    if not own and not (told == "update" or (told == "mention" and _mentions(status, account))):
        return Heard(), private  # (with somebody else's token: what is said to that person)
    key, first = _key(status.get("id")), _key(status.get("in_reply_to_id"))
    keys = (key,) if key else ()
    at = moment(status.get("edited_at")) or moment(status.get("created_at"))
    threads = tuple(one for one in (key if own else None, first) if one)
    # That somebody edited what the account has to do with is told also of what it only passed on.
    edited = not own and told == "update"
    return Heard(key is not None or not edited, keys=keys, threads=threads, at=at, only_known=edited), private


def reading(ask: Ask, answer: Answer) -> Reading:
    """The status it brings, where its words count."""
    event, said = _taken_apart(answer.body), ask.context.get("said")
    whole = f"bytes=0-{len(answer.body)}"
    if event is None:
        return Reading(quarantine=((whole, "not an event of this stream"),))
    if event.status is None:
        return Reading()
    try:
        place = f"bytes={event.start}-{event.end}"
        record = status_record(event.status, place, str(ask.context.get("account", "")))
    except Unreadable as error:
        return Reading(quarantine=((whole, str(error)),))
    counts = said if isinstance(said, list) else []
    if record.key not in counts:
        return Reading()
    # What it counts, and files, are for a sweep to see.
    return Reading(records=(replace(record, counts={}, counted=None, media=()),), cuts=(event.start, event.end))


def _taken_apart(event: bytes) -> _Event | None:
    name, data, position, start, end = "", None, 0, 0, 0
    for line in event.splitlines(keepends=True):
        field, _, value = line.rstrip(b"\r\n").partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("latin-1")
        elif field == b"data":
            if data is not None:
                return None  # (Mastodon writes one line)
            data = value
            start = position + line.find(value) if value else position
            end = start + len(value)
        position += len(line)
    if data is None:
        return None
    if name == "delete":
        return _Event(name, data.decode("latin-1").strip(), start, end)
    try:
        return _Event(name, json.loads(data.decode()), start, end)
    except (ValueError, RecursionError):
        return None


def _key(value: JSONValue) -> str | None:
    try:
        return None if value is None else key_of(ident(value, "a status"))
    except Unreadable:
        return None


def _author(status: Json) -> JSONValue:
    found = status.get("account")
    return found.get("id") if isinstance(found, Mapping) else None


def _mentions(status: Json, account: str) -> bool:
    found = status.get("mentions")
    return isinstance(found, list) and any(isinstance(one, Mapping) and one.get("id") == account for one in found)


def _told(event: _Event) -> JSONValue:
    """What kind of notification it is."""
    return event.payload.get("type") if event.name == "notification" and isinstance(event.payload, dict) else None
