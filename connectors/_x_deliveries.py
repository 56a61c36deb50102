"""What the X Activity API sends to a webhook: one event of one account in each body. Pure.

Source: X's documentation *X Activity API* and *Webhooks* (the challenge, ``x-twitter-webhooks-signature``). Whether
everybody sees what an event tells of it does not say, so all of it is private.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from connectors._graph_deliveries import words_of
from connectors._x_posts import Around, Included, chain_of, key_of, post_record
from connectors._x_values import ID, given_at
from connectors.contract import AccountRef, Answer, Ask, Heard, JSONValue, Reading, SeenRecord
from connectors.deliveries import Keyed, Part, Receiving, Signed, body_of
from connectors.values import Json, Unreadable

RECEIVES: Final = Receiving(
    Signed("x-twitter-webhooks-signature", encoding="base64"),
    Keyed("crc_token", "response_token", "sha256=", "base64"),
    (
        "For an account that is read with the app's own bearer token the archive registers the address as a webhook of"
        " the app by itself, subscribes the account to post.create, post.delete, post.mention.create, post.reply.create"
        " and post.quote.create, and looks every day whether both still stand. X has to reach the address.",
        "For one that is read with its owner's token the city does both, with the app's bearer token: POST /2/webhooks,"
        " POST /2/activity/subscriptions.",
        "X signs with the API key secret (consumer secret), not with the OAuth 2.0 client secret: give it to"
        " archiver platform hook x --secret.",
    ),
    own_secret="API key secret",  # noqa: S106 - what it is called
)
_PAYLOAD = "/data/payload"
_MOST = 200


def parts(body: bytes) -> Sequence[Part] | None:
    """Whose a delivery is: the account whose activity is subscribed to."""
    told = body_of(body)
    if told is None:
        return None
    account = told.get("for_user_id") or _object(_object(told, "data"), "filter").get("user_id")
    return [Part(str(account))] if _is_id(account) else None


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names: posts, and the posts that their conversations begin with."""
    keys, threads = [], []
    for _, post in _posts(body_of(body) or {}):
        own, first = post.get("id"), post.get("conversation_id")
        keys.append(_key(post) or key_of(str(own)))
        threads.append(key_of(str(first if _is_id(first) else own)))
    return Heard(True, keys=tuple(dict.fromkeys(keys)), threads=tuple(dict.fromkeys(threads)))


def reading(ask: Ask, answer: Answer) -> Reading:
    """Posts with their words."""
    told = body_of(answer.body)
    if told is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    return words_of(ask, ((place, partial(_record, ask, post, place)) for place, post in _posts(told)))


def _record(ask: Ask, post: Json, place: str) -> SeenRecord | None:
    """When it was written its id says."""
    if not isinstance(post.get("text"), str) or not _is_id(post.get("author_id")):
        return None
    around = Around(str(ask.context.get("url", "")).rpartition("/")[0], str(ask.context.get("account", "")))
    record = post_record({name: one for name, one in post.items() if name != "created_at"}, place, Included(), around)
    return replace(record, as_of=record.as_of or given_at(str(post["id"])), counts={}, counted=None)


def _key(post: Json) -> str | None:
    try:
        return key_of(chain_of(post)[0])
    except Unreadable:
        return None


def _posts(told: Json) -> Iterator[tuple[str, Json]]:
    data = _object(told, "data")
    kind, payload = data.get("event_type"), _object(data, "payload")
    # Messages have ids of the same form, and are no posts.
    if (kind is None or str(kind).startswith("post.")) and _is_id(payload.get("id")):
        yield _PAYLOAD, payload
    listed = told.get("tweet_create_events")
    for number, one in enumerate((listed if isinstance(listed, list) else [])[:_MOST]):
        if isinstance(one, dict) and _is_id(one.get("id_str")):
            yield f"/tweet_create_events/{number}", {"id": one["id_str"]}


def _object(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _is_id(value: JSONValue) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None
