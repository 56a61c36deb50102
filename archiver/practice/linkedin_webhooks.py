"""LinkedIn's subscriptions of webhooks (``eventSubscriptions``): a list of those that somebody has with an app, and a
key of four parts under which one is put. In the words of the documentation."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from archiver.practice.linkedin_json import Body, paged
from archiver.practice.messages import Request

EVENT = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
_PATH = "/rest/eventSubscriptions"
_KEY = re.compile(r"/\(developerApplication:([^:,()]+),user:([^:,()]+),entity:([^:,()]+),eventType:([A-Z_]+)\)")
_NAMES = ("developerApplication", "user", "entity", "eventType")
_MOST = 10
_YEAR = 365 * 24 * 3_600_000


def subscription(app: int, user: str, page: str, webhook: str, ends: int | None) -> Body:
    """One of them. ``ends``: in milliseconds."""
    told = {"developerApplication": f"urn:li:developerApplication:{app}", "user": user, "entity": page}
    return told | {"eventType": EVENT, "webhook": webhook} | ({} if ends is None else {"expiresAt": ends})


def is_of_webhooks(request: Request) -> bool:
    return request.target.partition("?")[0].startswith(_PATH)


def subscriptions(request: Request, made: list[Body], now: int = 0) -> Body | None:
    """What is answered, and done; None where the question is none. ``made``: all that there are."""
    path = request.target.partition("?")[0].removeprefix(_PATH)
    if request.method == "GET" and not path:
        return _listed(request, made)
    match, told = _KEY.fullmatch(path), _body(request)
    if request.method != "PUT" or match is None or set(told) != {"webhook"} or not _is_secure(told["webhook"]):
        return None
    key = dict(zip(_NAMES, map(unquote, match.groups()), strict=True))
    made[:] = [one for one in made if {name: one[name] for name in _NAMES} != key]
    made.append(key | told | {"expiresAt": now + _YEAR})
    return {}


def _listed(request: Request, made: list[Body]) -> Body | None:
    if request.parameter("q") != "subscriberAndEventType" or request.parameter("eventType") != EVENT:
        return None
    start, count = int(request.parameter("start") or "0"), int(request.parameter("count") or _MOST)
    return paged(made[start : start + count], start, count, None, None)


def _is_secure(webhook: Any) -> bool:
    return isinstance(webhook, str) and webhook.startswith(("https://", "http://127.0.0.1"))


def _body(request: Request) -> Body:
    try:
        found: Any = json.loads(request.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
