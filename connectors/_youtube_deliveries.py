"""What Google's hub sends of a channel: its feed, each time a video is new, changed or deleted (WebSub). Pure.

Source: YouTube's documentation *Subscribe to Push Notifications*; W3C WebSub; RFC 6721 (deleted entries). Titles in
feeds lag behind, so nothing of what an entry says is compared: it says that the video is there, no more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from connectors._youtube_asks import YOUTUBE
from connectors.contract import AccessClass, AccountRef, Answer, Ask, Heard, Reading, RecordKind, SeenRecord
from connectors.deliveries import Part, Receiving, Signed

RECEIVES: Final = Receiving(
    Signed("X-Hub-Signature", {f"{name}=": name for name in ("sha1", "sha256", "sha384", "sha512")}),
    "websub",
    (
        "Nothing: the archive subscribes each channel at Google's hub by itself, and again before the subscription"
        " ends. ARCHIVER_WEB_URL must be an address that the hub reaches.",
    ),
    media_type="application/atom+xml",
    quiet=timedelta(days=90),
)
HUB: Final = "https://pubsubhubbub.appspot.com"
_CHANNEL = re.compile(rb"<yt:channelId>\s*(UC[A-Za-z0-9_-]{22})\s*</yt:channelId>")
_URI = re.compile(rb"<uri>\s*https?://www\.youtube\.com/channel/(UC[A-Za-z0-9_-]{22})\s*</uri>")
_VIDEO = re.compile(rb"<yt:videoId>\s*([A-Za-z0-9_-]{6,20})\s*</yt:videoId>")
_DELETED = re.compile(rb"""<at:deleted-entry\s[^>]{0,500}?ref\s*=\s*["']yt:video:([A-Za-z0-9_-]{6,20})["']""")
_MOST = 100


def topic(account: AccountRef) -> tuple[str, str]:
    """The hub and what is subscribed to there."""
    api = YOUTUBE.api_of(account.url)
    real = api == YOUTUBE.api
    site = "https://www.youtube.com" if real else api
    hub = f"{HUB}/subscribe" if real else f"{api}/hub/subscribe"
    return hub, f"{site}/xml/feeds/videos.xml?channel_id={account.platform_id}"


def parts(body: bytes) -> Sequence[Part] | None:
    """Whose a delivery is. The feed is what everybody sees."""
    named = {found.decode() for found in (*_CHANNEL.findall(body), *_URI.findall(body))}
    return [Part(named.pop(), None, AccessClass.PUBLIC)] if len(named) == 1 else None


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names."""
    found = [f"video/{one.decode()}" for one in (*_VIDEO.findall(body), *_DELETED.findall(body))][:_MOST]
    keys = tuple(dict.fromkeys(found))
    return Heard(True, keys=keys, threads=keys)


def reading(ask: Ask, answer: Answer) -> Reading:
    """Videos that nobody saw before."""
    said = ask.context.get("said")
    counts = set(said) if isinstance(said, list) else set()
    records = []
    site = str(ask.context.get("url", "")).partition("/channel/")[0]
    for match in list(_VIDEO.finditer(answer.body))[:_MOST]:
        identity, place = match[1].decode(), f"bytes={match.start()}-{match.end()}"
        key = f"video/{identity}"
        if key in counts:
            counts.discard(key)
            url = f"{site}/watch?v={identity}"
            records.append(SeenRecord(key, RecordKind.POST, place, {}, "", url=url, word="video"))
    return Reading(records=tuple(records))
