"""What a direct look at a status is made beside: another status, asked for by its id. Pure.

Of a server that says of every status that it is not there, the profile may still be shown, with the number of what was
said. So a profile vouches only where it counts nothing, and that a status is listed vouches for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors._beside import MOST, in_order
from connectors._mastodon_asks import BESIDE, Asks
from connectors._mastodon_statuses import key_of, profile_record, status_record
from connectors.bodies import quarantined
from connectors.contract import Ask, JSONValue, Reading, State
from connectors.values import Json, Unreadable, ident

_PRIVATE = ("private", "direct")


def witness(ask: Ask, body: Sequence[JSONValue]) -> Reading:
    """The newest statuses of the account. They are asked for, one after the other; signed in, first those that not
    everybody sees."""
    asks, private = Asks.of(ask), ask.context.get("signed_in") is True
    listed = [one for one in body if isinstance(one, dict)]
    listed.sort(key=lambda one: private and one.get("visibility") not in _PRIVATE)
    try:
        keys = [key_of(ident(one.get("id"), "a status")) for one in listed[:MOST]]
    except Unreadable as error:
        return quarantined(str(error))
    control = in_order([asks.beside(key, private=private) for key in keys])
    return Reading(asks=() if control is None else (control,))


def read(ask: Ask, body: Mapping[str, JSONValue]) -> Reading:
    """Whether what was asked for is there. Of it nothing is told: its edits are asked for by what looks at it."""
    account = str(ask.context.get("account", ""))
    try:
        shown = _status(ask, body, account) if ask.purpose == BESIDE else _emptied(body, account)
    except Unreadable as error:
        return quarantined(str(error))
    return Reading(present=() if shown is None else (shown,))


def _status(ask: Ask, body: Json, account: str) -> str | None:
    key = status_record(dict(body), "", account).key
    return key if key == ask.context.get("beside") else None


def _emptied(body: Json, account: str) -> str | None:
    """The account, where it is there and counts not one status."""
    profile = profile_record(dict(body), "")
    none = profile.counted == 0 and profile.state is State.VISIBLE
    return profile.key if none and profile.key == f"account/{account}" else None
