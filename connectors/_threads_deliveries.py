"""What Meta's webhooks say of an account on Threads: one thing in each body. Pure.

Source: Meta's documentation *Threads API: Webhooks*. A reply names the account whose post it is under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from connectors._graph_deliveries import receiving, words_of
from connectors._graph_values import is_ident
from connectors._threads_records import Place, reply_record
from connectors.contract import AccountRef, Answer, Ask, Heard, Reading, SeenRecord
from connectors.deliveries import Part, Receiving, body_of
from connectors.values import Json

RECEIVES: Final[Receiving] = receiving("Threads (Moderate)", "replies,mentions,delete", subscribed=False)
_VALUE = "/values/value"


def parts(body: bytes) -> Sequence[Part] | None:
    """Whose a delivery is."""
    told = body_of(body)
    if told is None:
        return None
    account = _root(told).get("owner_id") or told.get("target_id")
    return [Part(str(account))] if is_ident(account) else None


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names."""
    told = body_of(body) or {}
    own, root = _value(told).get("id"), _root(told).get("id")
    keys = (f"media/{own}",) if is_ident(own) and _field(told) == "replies" else ()
    return Heard(True, keys=keys, threads=(f"media/{root}",) if is_ident(root) else ())


def reading(ask: Ask, answer: Answer) -> Reading:
    """The reply, with its words. When it was written it does not say: that is for a sweep to see."""
    told = body_of(answer.body)
    if told is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    return words_of(ask, iter([(_VALUE, lambda: _record(ask, told))]))


def _record(ask: Ask, told: Json) -> SeenRecord | None:
    value, root = _value(told), _root(told).get("id")
    if _field(told) != "replies" or not is_ident(root):
        return None
    site = str(ask.context.get("url", "")).rpartition("/")[0]
    place = Place(_VALUE, site, str(ask.context.get("account", "")), f"media/{root}")
    given = {name: value[name] for name in ("id", "username", "text", "permalink", "timestamp") if name in value}
    above = value.get("replied_to")
    record = reply_record({**given, "replied_to": above} if isinstance(above, dict) else given, place)
    return replace(record, created_at=None)


def _values(told: Json) -> Json:
    found = told.get("values")
    return found if isinstance(found, dict) else {}


def _value(told: Json) -> Json:
    found = _values(told).get("value")
    return found if isinstance(found, dict) else {}


def _field(told: Json) -> str:
    return str(_values(told).get("field"))


def _root(told: Json) -> Json:
    found = _value(told).get("root_post")
    return found if isinstance(found, dict) else {}
