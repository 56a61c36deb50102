"""One answer of the X API while it is read: its posts, and what it gives beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors import _x_fields as fields
from connectors import drift
from connectors._x_asks import Asks
from connectors._x_people import message_record
from connectors._x_posts import Around, Included, key_of, post_record, references, reply_setting
from connectors._x_problems import Refusal, refusals
from connectors.contract import Ask, JSONValue, Reading, RecordKind, SeenRecord
from connectors.values import Json, Unreadable


@dataclass(slots=True)
class Found:
    """What one body holds, collected while it is read."""

    ask: Ask
    body: Json
    received_at: datetime
    records: list[SeenRecord] = field(default_factory=list)
    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)
    included: Included = field(default_factory=Included)
    settings: list[SeenRecord] = field(default_factory=list)
    """Who may reply to the account's own posts."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    @property
    def around(self) -> Around:
        context, asks = self.ask.context, self.asks
        key = context.get("key")
        return Around(
            asks.site,
            asks.account,
            thread=key if isinstance(key, str) else None,
            by=asks.account if self.ask.purpose == "posts" else None,
            kinds=kinds_of(context),
        )

    @property
    def refusals(self) -> list[Refusal]:
        return list(refusals(self.body))

    @property
    def unread(self) -> bool:
        """Something of the list could not be read, on this page or one before."""
        return self.ask.context.get("unread") is True or bool(self.quarantine)

    def post(self, value: JSONValue, place: str, *, passed_on: bool | None = None) -> None:
        """Add one version of a post. ``passed_on``: of one that is only given beside what was asked for, whether it is
        there because the account passed it on."""
        around = self.around if passed_on is None else replace(self.around, by=None, thread=None)
        self.drift |= fields.unknown("post", value)
        try:
            if not isinstance(value, dict):
                raise Unreadable("not a post")
            record = post_record(value, place, self.included, around, passed_on=passed_on is True)
            self.records.append(record)
            self.settings += reply_setting(value, record, around.account)
        except Unreadable as error:
            self.quarantine.append((place, str(error)))

    def message(self, event: JSONValue, place: str) -> None:
        """Add one message; not that somebody joined a conversation, or left it."""
        self.drift |= fields.unknown("message", event)
        try:
            if not isinstance(event, dict):
                raise Unreadable("not a message")
            if event.get("event_type") in ("MessageCreate", None):
                self.records.append(message_record(event, place, self.included, self.asks.account))
        except Unreadable as error:
            self.quarantine.append((place, str(error)))

    def reading(self) -> Reading:
        records = (*self.records, *self.settings)
        return Reading(records=records, quarantine=tuple(self.quarantine), drift=drift.report(self.drift))


# What an answer gives beside its data.


def include(found: Found) -> None:
    """Authors, files and polls by id, and which ids are edits of which."""
    given = found.body.get("includes")
    given = given if isinstance(given, dict) else {}
    found.drift |= fields.unknown("includes", given)
    for kind, name, named in (("user", "users", "id"), ("media", "media", "media_key"), ("poll", "polls", "id")):
        for one in _listed(given.get(name)):
            found.drift |= fields.unknown(kind, one)
            if isinstance(one, dict) and isinstance(one.get(named), str):
                getattr(found.included, name)[one[named]] = one
    for _, post in included_posts(found):
        found.included.learn(post)
    data = found.body.get("data")
    for post in data if isinstance(data, list) else ():
        found.included.learn(post)


def included_posts(found: Found) -> Iterator[tuple[str, JSONValue]]:
    given = found.body.get("includes")
    for name in ("posts", "tweets"):
        for number, post in enumerate(_listed(given.get(name)) if isinstance(given, dict) else ()):
            yield f"/includes/{name}/{number}", post


def add_included(found: Found, data: Sequence[JSONValue]) -> None:
    """Read what an answer gives beside its posts, where it belongs to the account: other versions of what is listed,
    what is the account's own or answers it, what was said in the conversation that was asked for, and what the account
    itself answered, quoted or passed on. What strangers quote or answer among themselves is no record of the account,
    though the stored bytes hold it."""
    asks, key = found.asks, found.around.thread
    listed = {record.key for record in found.records}
    referred = _referred(found, data)
    for place, post in included_posts(found):
        try:
            if not isinstance(post, dict):
                raise Unreadable("not a post")
            mine = asks.account in (post.get("author_id"), post.get("in_reply_to_user_id"))
            first = key_of(found.included.chain(post)[0])
            conversation = post.get("conversation_id")
        except Unreadable as error:
            found.quarantine.append((place, str(error)))
            continue
        in_thread = key is not None and isinstance(conversation, str) and key_of(conversation) == key
        if mine or in_thread or first in listed or first in referred:
            passed_on = first not in listed and referred.get(first, "replied_to") != "replied_to"
            found.post(post, place, passed_on=passed_on)


def _referred(found: Found, data: Sequence[JSONValue]) -> dict[str, str]:
    """Keys of posts that the account's own posts refer to, and how."""
    referred: dict[str, str] = {}
    for post in data:
        if isinstance(post, dict) and post.get("author_id", found.around.by) == found.asks.account:
            try:
                referred |= {key_of(found.included.first(one)): kind for kind, one in references(post).items()}
            except Unreadable:
                continue  # noted where the post itself is read
    return referred


def unshown(found: Found) -> list[str]:
    """Ids of versions of what was asked for that an answer names and does not show. What was refused is not asked for
    again."""
    shown = {record.content.get("version") for record in found.records}
    known = {record.key for record in found.records if record.place.startswith("/data/")}
    refused = {one.identity for one in found.refusals}
    named = {one for chain in found.included.chains.values() if key_of(chain[0]) in known for one in chain}
    return sorted(named - shown - refused, key=int)


# Small parts.


def looked_for(ask: Ask) -> list[str]:
    looked = ask.context.get("look")
    return [key for key in looked if isinstance(key, str)] if isinstance(looked, list | tuple) else []


def kinds_of(context: Mapping[str, JSONValue]) -> dict[str, str]:
    looked, kinds = context.get("look"), context.get("kinds")
    if not isinstance(looked, list | tuple) or not isinstance(kinds, list | tuple):
        return {}
    known = set(RecordKind)
    return {str(key): kind for key, kind in zip(looked, kinds, strict=False) if kind in known}


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []
