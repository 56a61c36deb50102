"""What Meta's webhooks send for Facebook and Instagram: changes of several accounts in one body. Pure.

Source: Meta's documentation of Webhooks (*Getting Started*, *Webhooks for Pages*, *Webhooks for Instagram*), and bodies
that were captured. One body holds up to 1,000 changes; it is sent again for 36 hours until it is taken, and in any
order. Nothing in it says that everybody sees what it tells of, so all of it is private.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from connectors._graph_values import is_ident
from connectors.contract import Answer, Ask, Reading, SeenRecord
from connectors.deliveries import Part, Receiving, Signed, body_of, entries
from connectors.values import Json, Unreadable

SIGNED: Final = Signed("X-Hub-Signature-256")
FACEBOOK_FIELDS: Final = "feed,mention,messages,message_echoes,ratings"
_MOST = 1000


def receiving(what: str, fields: str, *, subscribed: bool) -> Receiving:
    """How deliveries of one of Meta's products come. ``subscribed``: the archive subscribes each account by itself."""
    last = (
        "The archive subscribes each account by itself, where its owner granted pages_manage_metadata."
        if subscribed
        else f"Subscribe there to the fields {fields.replace(',', ', ')}."
    )
    return Receiving(
        SIGNED,
        "verify_token",
        (
            f"In the app's dashboard, under Webhooks, choose {what} and enter the callback address and the verify"
            " token.",
            last,
        ),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one account."""

    field: str
    value: Json
    pointer: str
    """Where the value stands."""


def parts(body: bytes, what: str) -> Sequence[Part] | None:
    """Whose the entries of a delivery about ``what`` are (``page``, ``instagram``)."""
    told = body_of(body)
    if told is None:
        return None
    if told.get("object") != what:
        return ()
    listed = entries(body, "entry")
    if listed is None or not all(is_ident(entry.get("id")) for entry, _ in listed):
        return None
    return [Part(entry["id"], span) for entry, span in listed]


def changes(body: bytes, account: str) -> Iterator[Change]:
    """What of it is of one account."""
    told = body_of(body) or {}
    listed = told.get("entry")
    for place, entry in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(entry, dict) or entry.get("id") != account:
            continue
        changed = entry.get("changes")
        for number, one in enumerate((changed if isinstance(changed, list) else [])[:_MOST]):
            value = one.get("value") if isinstance(one, dict) else None
            if isinstance(value, dict):
                yield Change(str(one.get("field")), value, f"/entry/{place}/changes/{number}/value")


def read(ask: Ask, answer: Answer, make: Callable[[Change], SeenRecord | None]) -> Reading:
    """Records whose words count, since nobody saw them before; each once, as it was told first: in which order things
    happened a delivery does not say."""
    if body_of(answer.body) is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    found = changes(answer.body, str(ask.context.get("account", "")))
    return words_of(ask, ((one.pointer, partial(make, one)) for one in found))


def words_of(ask: Ask, told: Iterator[tuple[str, Callable[[], SeenRecord | None]]]) -> Reading:
    """The same of what any delivery tells, each thing with where it stands."""
    said = ask.context.get("said")
    counts = set(said) if isinstance(said, list) else set()
    records: list[SeenRecord] = []
    unread: list[tuple[str, str]] = []
    for place, make in told:
        try:
            record = make()
        except Unreadable as error:
            unread.append((place, str(error)))
            continue
        if record is not None and record.key in counts:
            counts.discard(record.key)
            records.append(record)
    return Reading(records=tuple(records), quarantine=tuple(unread))
