"""What TikTok's webhooks say of an account: one event in each body. Pure.

Source: TikTok's documentation *Webhooks Overview* and *Webhook Verification* (``TikTok-Signature: t=…,s=…``), and of
the Accounts API's event ``comment.update``, which has the words of the comment (documented; a delivery that was
recorded had none). Whatever was done (``comment_action``) is a reason to look; words count only of what everybody sees
then: of a comment that was deleted, hidden or left to friends they would be told as if it stood.
TikTok sends again for three days what was not taken; whether it then signs with a new time is not said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from connectors._graph_deliveries import words_of
from connectors._tiktok_records import Place, comment
from connectors.contract import AccountRef, Answer, Ask, Heard, JSONValue, Reading, SeenRecord
from connectors.deliveries import Part, Receiving, Signed, body_of
from connectors.values import Json

RECEIVES: Final = Receiving(
    Signed("TikTok-Signature", {"": "sha256"}, fresh=timedelta(days=4)),
    None,
    (
        "Nothing has to be entered at TikTok: once the application is stored and an address is made, the archive enters"
        " it there for updates of comments, and does so again every day. The developer portal's own webhooks belong to"
        " TikTok's other API.",
    ),
)
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHOWN = frozenset({"insert", "set_to_public"})
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
    """The comment with its words. When it was written is for a sweep to see."""
    told = body_of(answer.body)
    if told is None:
        return Reading(quarantine=(("", "the delivery is not a JSON object"),))
    return words_of(ask, iter([("/content", lambda: _record(ask, _content(told)))]))


def _record(ask: Ask, told: Json) -> SeenRecord | None:
    named, video, words = _number(told.get("comment_id")), _number(told.get("video_id")), told.get("text")
    if named is None or video is None or told.get("comment_action") not in _SHOWN or not isinstance(words, str):
        return None
    site, above = str(ask.context.get("url", "")).rpartition("/")[0], _number(told.get("parent_comment_id"))
    given = {"comment_id": named, "video_id": video, "text": words, "status": "PUBLIC", "create_time": 1}
    given |= {"unique_identifier": told.get("unique_identifier")}
    place = Place("/content", site, str(ask.context.get("account", "")), "")
    record = comment(given, place, f"video/{video}", above if above and above.strip("0") else None)
    return replace(record, created_at=None)


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
