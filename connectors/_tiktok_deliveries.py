"""What TikTok's webhooks say of an account: one event in each body. Pure.

Source: TikTok's documentation *Webhooks Overview* and *Webhook Verification* (``TikTok-Signature: t=…,s=…``), and of
the Accounts API's event ``comment.update``. It names the comment and the video; the words are asked for.
TikTok sends again for three days what was not taken; whether it then signs with a new time is not said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from connectors.contract import AccountRef, Answer, Ask, Heard, JSONValue, Reading
from connectors.deliveries import Part, Receiving, Signed, body_of
from connectors.values import Json

RECEIVES: Final = Receiving(
    Signed("TikTok-Signature", {"": "sha256"}, fresh=timedelta(days=4)),
    None,
    (
        "In the developer portal enter the address as callback URL of the app's webhooks, and subscribe to the updates"
        " of comments.",
    ),
)
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NUMBER = re.compile(r"[0-9]{1,25}")


def parts(body: bytes) -> Sequence[Part] | None:
    """Whose a delivery is."""
    told = body_of(body)
    if told is None:
        return None
    account = told.get("user_openid") or _content(told).get("business_id")
    return [Part(account)] if isinstance(account, str) and _ACCOUNT.fullmatch(account) else None


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names."""
    told = _content(body_of(body) or {})
    comment, video = _number(told.get("comment_id")), _number(told.get("video_id"))
    threads = (f"video/{video}",) if video else ()
    return Heard(True, keys=(f"comment/{comment}",) if comment else (), threads=threads)


def reading(ask: Ask, answer: Answer) -> Reading:
    """Nothing but that it can be read."""
    if body_of(answer.body) is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    return Reading()


def _content(told: Json) -> Json:
    """What happened: an object, or one that is written as a text."""
    found = told.get("content")
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def _number(value: JSONValue) -> str | None:
    named = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return named if isinstance(named, str) and _NUMBER.fullmatch(named) else None
