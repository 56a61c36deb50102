"""What LinkedIn's webhooks say of a page: up to ten notifications in one body, of several pages. Pure.

Source: LinkedIn's documentation *Organization Social Action Notifications* and *Webhook Validation*. They are sent
again every five minutes for eight hours until they are taken. They name what was done and where; the words are asked
for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connectors._linkedin_urns import comment_key, comment_parts, page_number, post_key
from connectors.contract import AccountRef, Answer, Ask, Heard, JSONValue, Reading
from connectors.deliveries import Keyed, Part, Receiving, Signed, body_of, entries
from connectors.values import Json, Unreadable

RECEIVES: Final = Receiving(
    Signed("X-LI-Signature", {"hmacsha256=": "sha256", "": "sha256"}, before=b"hmacsha256="),
    Keyed("challengeCode", "challengeResponse", echo="challengeCode"),
    (
        "In the developer portal, under Webhooks of the app, enter the address; then subscribe the page to"
        " ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS (eventSubscriptions). Both are done by the city: the archive's own"
        " token only reads.",
    ),
)
_LIST = "notifications"


def parts(body: bytes) -> Sequence[Part] | None:
    """Whose the notifications are."""
    listed = entries(body, _LIST)
    if listed is None:
        return None
    named = [_page(one) for one, _ in listed]
    return None if not all(named) else [Part(name, span) for name, (_, span) in zip(named, listed, strict=True)]


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names."""
    mine = list(_mine(body, account.platform_id))
    keys = [key for one in mine if (key := _comment(one.get("generatedActivity"))) is not None]
    threads = [key for one in mine if (key := _post(one.get("sourcePost"))) is not None]
    return Heard(True, keys=tuple(dict.fromkeys(keys)), threads=tuple(dict.fromkeys(threads)))


def reading(ask: Ask, answer: Answer) -> Reading:
    """Nothing but that it can be read."""
    if body_of(answer.body) is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    return Reading()


def _mine(body: bytes, account: str) -> Iterator[Json]:
    listed = (body_of(body) or {}).get(_LIST)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and _page(one) == account:
            yield one


def _page(value: Json) -> str:
    named = value.get("organizationalEntity")
    return page_number(named) if isinstance(named, str) else ""


def _post(urn: JSONValue) -> str | None:
    try:
        return post_key(urn)
    except Unreadable:
        return None


def _comment(urn: JSONValue) -> str | None:
    found = comment_parts(urn)
    return None if found is None else comment_key(found[1])
