"""Deliveries as platforms send them: bodies, and signatures over them. For the practice platforms and for tests.

Source: each platform's documentation of its webhooks; bodies of Meta as they were captured.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

Sent = tuple[dict[str, str], bytes]
"""Headers and body."""
SIGNERS: Final = ("facebook", "instagram", "threads", "x", "linkedin", "tiktok")


def signed(platform: str, secret: str, body: bytes, at: int = 0) -> Sent:
    """A body with the headers with which a platform sends it."""
    key, headers = secret.encode(), {"Content-Type": "application/json"}
    if platform == "x":
        headers["x-twitter-webhooks-signature"] = f"sha256={b64encode(hmac.digest(key, body, 'sha256')).decode()}"
    elif platform == "linkedin":
        headers["X-LI-Signature"] = hmac.digest(key, b"hmacsha256=" + body, "sha256").hex()
    elif platform == "tiktok":
        headers["TikTok-Signature"] = f"t={at},s={hmac.digest(key, b'%d.' % at + body, 'sha256').hex()}"
    else:
        headers["X-Hub-Signature-256"] = f"sha256={hmac.digest(key, body, 'sha256').hex()}"
    return headers, body


def page_changes(pages: Mapping[str, Sequence[Mapping[str, Any]]], *, what: str = "page", at: int = 0) -> bytes:
    """Changes of several Pages in one body (``what``: of accounts on Instagram)."""
    field = "comments" if what == "instagram" else "feed"
    entry = [
        {"id": page, "time": at, "changes": [{"field": field, "value": value} for value in values]}
        for page, values in pages.items()
    ]
    return dump({"object": what, "entry": entry})


def page_messages(page: str, words: str, *, at: int = 0) -> bytes:
    """A message to a Page."""
    message = {"sender": {"id": "7"}, "recipient": {"id": page}, "message": {"mid": "m_1", "text": words}}
    return dump({"object": "page", "entry": [{"id": page, "time": at, "messaging": [message]}]})


def page_comment(post: str, comment: str, words: str | None, *, verb: str = "add", by: str = "7") -> dict[str, Any]:
    """What is said of a comment."""
    value: dict[str, Any] = {"item": "comment", "verb": verb, "post_id": post, "comment_id": comment, "parent_id": post}
    value |= {"from": {"id": by, "name": "Somebody"}, "created_time": 1772440000}
    return value if words is None else value | {"message": words}


def video_feed(channel: str, video: str, *, deleted: bool = False) -> bytes:
    """The feed of a channel with one entry."""
    where = f"https://www.youtube.com/channel/{channel}"
    entry = (
        f'<at:deleted-entry ref="yt:video:{video}" when="2026-03-02T08:00:00+00:00">'
        f"<at:by><name>City</name><uri>{where}</uri></at:by></at:deleted-entry>"
        if deleted
        else f"<entry><id>yt:video:{video}</id><yt:videoId>{video}</yt:videoId><yt:channelId>{channel}</yt:channelId>"
        "<title>Old title</title><published>2026-03-02T08:00:00+00:00</published></entry>"
    )
    head = '<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom"'
    return f'<?xml version="1.0"?>{head} xmlns:at="http://purl.org/atompub/tombstones/1.0">{entry}</feed>'.encode()


def page_action(page: str, post: str, comment: int, words: str | None, **more: Any) -> dict[str, Any]:
    """What was done on a page of LinkedIn, as a recorded notification has it: only what it is decorated with names the
    post as such, and the comment by its whole URN."""
    activity = 7_094_637_247_890_620_418
    said = {
        "owner": "urn:li:person:zLqTygBP8S",
        "entity": f"urn:li:comment:(urn:li:activity:{activity},{comment})",
        "object": f"urn:li:activity:{activity}",
    } | ({} if words is None else {"text": words})
    return {
        "subscriber": "urn:li:person:adm1",
        "lastModifiedAt": 1691574506310,
        "decoratedSourcePost": {"owner": page, "mediaCategory": "NONE", "text": "A post", "entity": post},
        "sourcePost": f"urn:li:activity:{activity}",
        "decoratedGeneratedActivity": {"comment": said},
        "action": "COMMENT",
        "notificationId": comment,
        "organizationalEntity": page,
        "generatedActivity": f"urn:li:comment:(activity:{activity},{comment})",
    } | more


def page_actions(*actions: Mapping[str, Any]) -> bytes:
    """Several of them in one body."""
    return dump({"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": actions})


def activity(account: str, post: Mapping[str, Any], kind: str = "post.create") -> bytes:
    """One event of the X Activity API."""
    return dump({"data": {"event_type": kind, "filter": {"user_id": account}, "payload": post}})


def thread_reply(account: str, root: str, reply: str, words: str) -> bytes:
    """A reply on Threads."""
    value = {
        "id": reply,
        "username": "somebody",
        "text": words,
        "replied_to": {"id": root},
        "root_post": {"id": root, "owner_id": account, "username": "city"},
        "timestamp": "2026-03-02T08:00:00+0000",
    }
    return dump({"app_id": "1", "topic": "moderate", "target_id": "2", "values": {"value": value, "field": "replies"}})


def comment_update(
    account: str, video: str, comment: str, words: str | None = None, *, action: str = "insert", under: int = 0
) -> bytes:
    """A comment on TikTok. Numbers are written as such, beyond what a double holds."""
    told: dict[str, Any] = {"comment_id": int(comment), "video_id": int(video), "parent_comment_id": under}
    told |= {"comment_type": "reply" if under else "comment", "comment_action": action, "timestamp": 1719535947074}
    told |= {"unique_identifier": "+ZMA8o3/HUke"} | ({} if words is None else {"text": words})
    return dump({"event": "comment.update", "user_openid": account, "content": json.dumps(told)})


def dump(body: Any) -> bytes:
    """As Meta writes JSON: everything beyond ASCII escaped."""
    return json.dumps(body, separators=(",", ":")).encode()
