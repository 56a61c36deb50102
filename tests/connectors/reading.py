"""Reading recorded and made-up bodies through a connector, in the same way in every test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors._mastodon_asks import Asks
from connectors.contract import AccountRef, Answer, Ask, RecordKind, RecordRef, Sweep, SweepKind
from connectors.feed import Feed
from connectors.mastodon import Mastodon
from tests.recordings import Recorded

AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SERVER = "https://mastodon.example"
FEED_URL = "https://city.example/feed/"
MASTODON_ACCOUNT = AccountRef("ac_1", "mastodon", SERVER, "7", "city@mastodon.example", f"{SERVER}/@city")
FEED_ACCOUNT = AccountRef("ac_2", "feed", "https://city.example", FEED_URL, "city.example/feed", FEED_URL)

Json = Any


def answer(
    body: bytes | Json, status: int = 200, headers: tuple[tuple[str, str], ...] = (), url: str = "", kind: str = ""
) -> Answer:
    """An answer; anything but bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = headers if not kind else (("Content-Type", kind), *headers)
    return Answer(status, given, sent, AT, url)


def sweep(kind: SweepKind, *threads: RecordRef) -> Sweep:
    return Sweep(kind, AT, threads)


def mastodon_asks(
    kind: SweepKind = SweepKind.NEW, account: AccountRef = MASTODON_ACCOUNT, known: Json | None = None
) -> list[Ask]:
    return list(Mastodon().begin(account, sweep(kind), known))


def statuses_ask(kind: SweepKind = SweepKind.NEW, known: Json | None = None) -> Ask:
    return next(ask for ask in mastodon_asks(kind, known=known) if ask.purpose == "statuses")


def ask_for(recorded: Recorded, account: str = "7") -> Ask | None:
    """The ask this connector would have put to get a recorded answer; None where it never asks that."""
    path = recorded.url.partition("://")[2].partition("/")[2].partition("?")[0].rstrip("/")
    parts = path.split("/")
    asks = Asks(recorded.url.partition("/api/")[0], account, "new", AT.isoformat(), authorised=True)
    if recorded.method != "GET" or parts[:1] != ["api"] or "admin" in parts:
        return None
    ask = _ask_of(asks, parts[2:])
    return None if ask is None else replace(ask, url=recorded.url, parameters=())


def _ask_of(asks: Asks, parts: list[str]) -> Ask | None:
    match parts:
        case ["accounts", "lookup"]:
            return replace(asks, account="").lookup("anybody")
        case ["accounts", number] if number.isdigit():
            return replace(asks, account=number).profile()
        case ["accounts", _, "statuses"] | ["timelines", *_] | ["favourites"] | ["bookmarks"]:
            return next(iter(asks.listing("statuses", {})))
        case ["notifications" | "conversations" as purpose]:
            return next(iter(asks.listing(purpose, {})))
        case ["statuses", number]:
            return asks.status(RecordRef(f"status/{number}", RecordKind.POST))
        case ["statuses", number, "context"]:
            return asks.thread(f"status/{number}", private=False)
        case ["statuses", number, "history"]:
            thread = asks.thread(f"status/{number}", private=False)
            return replace(thread, purpose="history", context={"about": {"key": f"status/{number}", "kind": "post"}})
    return None


def replayable(recordings: tuple[Recorded, ...], *purposes: str) -> Iterator[tuple[Ask, Answer]]:
    """Recorded exchanges that this connector would have had, as ask and answer; compressed ones are left out."""
    for one in recordings:
        ask = ask_for(one)
        if ask is None or (purposes and ask.purpose not in purposes) or one.body[:2] == b"\x1f\x8b":
            continue
        if "/api/v2/notifications" not in one.url:
            yield ask, Answer(one.status, one.headers, one.body, AT, one.url)


def feed_ask(kind: SweepKind = SweepKind.FULL, *threads: RecordRef, known: Json | None = None) -> Ask:
    return next(iter(Feed().begin(FEED_ACCOUNT, sweep(kind, *threads), known)))


def status(number: int = 1, **other: Json) -> dict[str, Json]:
    """A status as Mastodon 4.7 sends it, by the captured account unless said otherwise."""
    author = {"id": "7", "username": "city", "acct": "city", "display_name": "City", "url": f"{SERVER}/@city"}
    return {
        "id": str(number),
        "created_at": "2026-10-14T19:07:53.867Z",
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "url": f"{SERVER}/@city/{number}",
        "replies_count": 0,
        "edited_at": None,
        "content": f"<p>post {number}</p>",
        "reblog": None,
        "account": author,
        "media_attachments": [],
        "poll": None,
    } | other


def stranger(number: int = 9) -> dict[str, Json]:
    return {"id": str(number), "username": "someone", "acct": "someone@elsewhere.example", "display_name": "Someone"}
