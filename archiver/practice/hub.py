"""A hub of feeds (W3C WebSub), as Google's: takes subscriptions, asks whether they are meant, and sends what is new,
over real connections. It does so when it is told to, so that a test has time to look."""

from __future__ import annotations

import hmac
import http.client
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from archiver.practice.messages import Request, Response


@dataclass(frozen=True, slots=True)
class Wanted:
    """One subscription as it was asked for."""

    callback: str
    topic: str
    secret: str
    lease: int


@dataclass
class Hub:
    """A site that is a hub."""

    base: str
    asked: list[Wanted] = field(default_factory=list)
    refuses: int | None = None
    """Status with which it refuses to take any."""

    def answer(self, request: Request) -> Response | None:
        """Take a subscription; None for anything else."""
        if request.path != "/hub/subscribe" or request.method != "POST":
            return None
        if self.refuses is not None:
            return Response(self.refuses)
        form = dict(parse_qsl(request.body.decode()))
        if form.get("hub.mode") != "subscribe" or not form.get("hub.secret"):
            return Response(400)
        lease = int(form["hub.lease_seconds"])
        self.asked.append(Wanted(form["hub.callback"], form["hub.topic"], form["hub.secret"], lease))
        return Response(202)

    def verify(self, wanted: Wanted, **other: str) -> tuple[int, bytes, str]:
        """Ask the subscriber whether it was meant, ``other`` in place of what is right: status and body of what it
        answers, and what it was to repeat."""
        challenge = secrets.token_hex(10)
        query = {
            "hub.mode": "subscribe",
            "hub.topic": wanted.topic,
            "hub.challenge": challenge,
            "hub.lease_seconds": str(wanted.lease),
        } | {f"hub.{name}": value for name, value in other.items()}
        status, body = exchange("GET", f"{wanted.callback}?{urlencode(query)}")
        return status, body, challenge

    def publish(self, wanted: Wanted, feed: bytes, *, secret: str | None = None) -> int:
        """Send what is new, signed."""
        signature = hmac.digest((secret or wanted.secret).encode(), feed, "sha1").hex()
        headers = {"Content-Type": "application/atom+xml", "X-Hub-Signature": f"sha1={signature}"}
        return exchange("POST", wanted.callback, headers, feed)[0]


def exchange(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> tuple[int, bytes]:
    """One request to a subscriber of ours: status and body of the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
