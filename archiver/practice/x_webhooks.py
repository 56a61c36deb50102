"""X's webhooks and activity subscriptions: takes an address once it has answered the challenge over a real connection,
and sends to it what happens to accounts that are subscribed there. Names and shapes as in the specification."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from archiver.practice import deliveries
from archiver.practice.hub import exchange
from archiver.practice.messages import Request, Response
from archiver.practice.x_json import Body, dump, problem

_MADE = "2026-03-01T08:00:00.000Z"


@dataclass
class Webhooks:
    """What one app has registered.

    ``secret``: its API key secret. ``reached``: how addresses begin, and what to put in place of that. ``most``:
    webhooks that it may have. ``closed``: status with which all is refused.
    """

    secret: str = ""
    reached: dict[str, str] = field(default_factory=dict)
    most: int = 1
    closed: int | None = None
    made: dict[str, Body] = field(default_factory=dict)
    subscriptions: list[Body] = field(default_factory=list)

    def answer(self, request: Request) -> Response | None:
        """Answer what is about webhooks and subscriptions; None for anything else."""
        path = request.path
        if not path.startswith(("/2/webhooks", "/2/activity/subscriptions")):
            return None
        if self.closed is not None:
            return _json(
                self.closed, problem("client-forbidden", "This app has no such access.") | {"status": self.closed}
            )
        if path == "/2/webhooks":
            return self._listed() if request.method == "GET" else self._make(request)
        if path.startswith("/2/webhooks/") and request.method == "PUT":
            return self._validate(path.rpartition("/")[2])
        if request.method == "GET":
            return _json(200, {"data": list(self.subscriptions)} if self.subscriptions else {})
        return self._subscribe(request)

    def lapse(self) -> None:
        """X gives up an address that did not answer for a while."""
        for one in self.made.values():
            one["valid"] = False

    def send(self, account: str, post: Body, kind: str = "post.create") -> list[int]:
        """Send an event to whoever is subscribed to it; what was answered."""
        told = [one for one in self.subscriptions
                if one["event_type"] == kind and one["filter"] == {"user_id": account}]  # fmt: skip
        body = deliveries.activity(account, post, kind)
        headers, _ = deliveries.signed("x", self.secret, body)
        valid = [self.made[one["webhook_id"]] for one in told if self.made[one["webhook_id"]]["valid"]]
        return [exchange("POST", self._reached(one["url"]), headers, body)[0] for one in valid]

    def _listed(self) -> Response:
        return _json(200, {"data": list(self.made.values()), "meta": {"result_count": len(self.made)}})

    def _make(self, request: Request) -> Response:
        url = _body(request).get("url")
        if (
            not isinstance(url, str)
            or len(self.made) >= self.most
            or any(one["url"] == url for one in self.made.values())
        ):
            return _json(400, problem("invalid-request", "Too many, or there already.") | {"status": 400})
        identity = str(19_000_000_000 + len(self.made))
        self.made[identity] = {"id": identity, "url": url, "valid": self._is_ours(url), "created_at": _MADE}
        return _json(200, {"data": self.made[identity]})

    def _validate(self, identity: str) -> Response:
        if identity not in self.made:
            return _json(404, problem("resource-not-found", "There is none.") | {"status": 404})
        self.made[identity]["valid"] = self._is_ours(self.made[identity]["url"])
        return _json(200, {"data": {"valid": self.made[identity]["valid"]}})

    def _subscribe(self, request: Request) -> Response:
        told = _body(request)
        known = {"event_type", "filter", "webhook_id", "tag"}
        if not told.keys() <= known or told.get("webhook_id") not in self.made:
            return _json(400, problem("invalid-request", "No such webhook.") | {"status": 400})
        for one in self.subscriptions:
            if {name: one[name] for name in told} == told:
                return _json(409, problem("conflict", "There already.") | {"status": 409})
        made = told | {"subscription_id": str(len(self.subscriptions) + 1), "created_at": _MADE, "updated_at": _MADE}
        self.subscriptions.append(made)
        return _json(200, {"data": {"subscription": made}})

    def _is_ours(self, url: str) -> bool:
        token = secrets.token_hex(12)
        try:
            status, body = exchange("GET", f"{self._reached(url)}?crc_token={token}")
            told = json.loads(body)["response_token"] if status == 200 else None
        except (OSError, ValueError, KeyError):
            return False
        digest = base64.b64encode(hmac.digest(self.secret.encode(), token.encode(), "sha256")).decode()
        return bool(told == f"sha256={digest}")

    def _reached(self, url: str) -> str:
        for before, instead in self.reached.items():
            if url.startswith(before):
                return instead + url.removeprefix(before)
        return url


def _body(request: Request) -> Body:
    try:
        found: Any = json.loads(request.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(status: int, body: Body) -> Response:
    return Response(status, (("Content-Type", "application/json; charset=utf-8"),), dump(body))
