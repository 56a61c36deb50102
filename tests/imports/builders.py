"""Exports as platforms make them, small, written from their documentation."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import libipld

_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
MADE_AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


def snowflake(at: datetime, number: int = 0) -> str:
    """An id as X gave it at that time."""
    return str((int((at - _EPOCH) / timedelta(milliseconds=1)) << 22) + number)


def ytd(name: str, things: Iterable[Any], part: int = 0) -> bytes:
    """One file of an X archive."""
    return f"window.YTD.{name}.part{part} = {json.dumps(list(things), indent=2)}".encode()


def tweet(identity: str, words: str, **more: Any) -> dict[str, Any]:
    """One post in an X archive."""
    return {
        "tweet": {
            "id": identity,
            "id_str": identity,
            "full_text": words,
            "created_at": "Mon Jan 05 10:00:00 +0000 2026",
            "favorite_count": "3",
            "retweet_count": "1",
            "entities": {"urls": [], "hashtags": [], "user_mentions": []},
            "edit_info": {"initial": {"editTweetIds": [identity]}},
        }
        | more
    }


def message(identity: str, sender: str, words: str) -> dict[str, Any]:
    """One message in an X archive."""
    made = {"id": identity, "senderId": sender, "recipientId": "5", "text": words, "mediaUrls": [], "urls": []}
    return {"messageCreate": made | {"createdAt": "2026-01-06T10:00:00.000Z"}}


def x_files(
    account: str,
    handle: str,
    tweets: Iterable[Any] = (),
    *,
    deleted: Iterable[Any] = (),
    messages: Iterable[Any] = (),
    media: Mapping[str, bytes] | None = None,
    made_at: datetime = MADE_AT,
) -> dict[str, bytes]:
    """The files of an X archive."""
    manifest = {
        "userInfo": {"accountId": account, "userName": handle, "displayName": "City of Elm"},
        "archiveInfo": {"generationDate": made_at.isoformat().replace("+00:00", "Z"), "isPartialArchive": False},
    }
    own = {"accountId": account, "username": handle, "email": "clerk@city.example", "createdVia": "web"}
    talk = {"dmConversation": {"conversationId": f"5-{account}", "messages": list(messages)}}
    files = {
        "data/manifest.js": b"window.__THAR_CONFIG = " + json.dumps(manifest).encode(),
        "data/account.js": ytd("account", [{"account": own}]),
        "data/tweets.js": ytd("tweets", tweets),
        "data/deleted-tweets.js": ytd("deleted_tweets", deleted),
        "data/direct-messages.js": ytd("direct_messages", [talk] if talk["dmConversation"]["messages"] else []),
        "data/ip-audit.js": ytd("ip_audit", [{"ipAudit": {"accountId": account, "loginIp": "203.0.113.9"}}]),
        "data/like.js": ytd("like", [{"like": {"tweetId": "1"}}]),
        "data/some-new-thing.bin": b"?",
        "Your archive.html": b"<html></html>",
    }
    return files | {f"data/tweets_media/{name}": body for name, body in (media or {}).items()}


def zipped(path: Path, files: Mapping[str, bytes], root: str = "") -> Path:
    """A ZIP of files, the same bytes for the same files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as into:
        for name, body in files.items():
            into.writestr(zipfile.ZipInfo(f"{root}{name}"), body, zipfile.ZIP_DEFLATED)
    return path


def tarred(path: Path, files: Mapping[str, bytes], root: str = "") -> Path:
    """A packed TAR of files."""
    with gzip.GzipFile(path, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as into:
        for name, body in files.items():
            info = tarfile.TarInfo(f"{root}{name}")
            info.size = len(body)
            into.addfile(info, io.BytesIO(body))
    return path


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """The files in a folder."""
    for name, body in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def note(site: str, user: str, identity: str, words: str, *, to: str = PUBLIC, **more: Any) -> dict[str, Any]:
    """One status in a Mastodon archive."""
    status = {
        "id": f"{site}/users/{user}/statuses/{identity}",
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": "2026-01-05T10:00:00Z",
        "url": f"{site}/@{user}/{identity}",
        "to": [to],
        "cc": [f"{site}/users/{user}/followers"],
        "content": f"<p>{words}</p>",
        "attachment": [],
    } | more
    activity = {"id": f"{status['id']}/activity", "type": "Create", "published": status["published"]}
    return activity | {"to": status["to"], "cc": status["cc"], "object": status}


def boost(site: str, user: str, identity: str, shared: str) -> dict[str, Any]:
    """One boost in a Mastodon archive."""
    return {
        "id": f"{site}/users/{user}/statuses/{identity}/activity",
        "type": "Announce",
        "published": "2026-01-07T10:00:00Z",
        "to": [PUBLIC],
        "cc": [],
        "object": shared,
    }


def mastodon_files(
    site: str, user: str, items: Iterable[Any], *, number: str | None = None, media: Mapping[str, bytes] | None = None
) -> dict[str, bytes]:
    """The files of a Mastodon archive. ``number``: of the account, where the server writes it into addresses."""
    actor = {
        "id": f"{site}/ap/users/{number}" if number else f"{site}/users/{user}",
        "type": "Person",
        "preferredUsername": user,
        "name": "City of Elm",
        "summary": "<p>News of the city</p>",
        "url": f"{site}/@{user}",
        "published": "2020-01-01T00:00:00Z",
        "attachment": [{"type": "PropertyValue", "name": "Web", "value": "city.example"}],
    }
    listed = list(items)
    outbox = {"id": "outbox.json", "type": "OrderedCollection", "totalItems": len(listed), "orderedItems": listed}
    files = {"actor.json": json.dumps(actor).encode(), "outbox.json": json.dumps(outbox).encode()}
    files["likes.json"] = b'{"orderedItems": []}'
    return files | dict(media or {})


def cid_of(block: bytes) -> bytes:
    """The CID of a block of DAG-CBOR."""
    return b"\x01\x71\x12\x20" + hashlib.sha256(block).digest()


class _Link:
    def __init__(self, cid: bytes) -> None:
        self.cid = cid


def _cbor(value: Any) -> bytes:
    """DAG-CBOR (deterministic, links as tag 42): the encoder of the library writes no links from Python."""
    if isinstance(value, _Link):
        return b"\xd8\x2a" + _cbor(b"\x00" + value.cid)
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(_cbor, value))
    ordered = sorted(value.items(), key=lambda one: (len(one[0].encode()), one[0].encode()))
    return _head(5, len(ordered)) + b"".join(_cbor(key) + _cbor(one) for key, one in ordered)


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([kind << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def car(did: str, records: Mapping[str, Mapping[str, Any]], *, rev: str = "3mdvxdi5wi22a") -> bytes:
    """A repository in one CAR file: a signed commit (the signature is made up), a tree of two levels, the records.
    ``records``: by key (``app.bsky.feed.post/…``)."""
    blocks: dict[bytes, bytes] = {}

    def add(value: Any) -> bytes:
        block = _cbor(value)
        blocks[cid_of(block)] = block
        assert libipld.decode_dag_cbor(block) is not None
        return cid_of(block)

    entries = [(key.encode(), add(dict(value))) for key, value in sorted(records.items())]

    def node(some: list[tuple[bytes, bytes]], left: bytes | None = None) -> bytes:
        told, before = [], b""
        for key, cid in some:
            shared = len(_shared(before, key))
            told.append({"p": shared, "k": key[shared:], "v": _Link(cid), "t": None})
            before = key
        return add({"l": None if left is None else _Link(left), "e": told})

    half = len(entries) // 2
    top = node(entries[half:], node(entries[:half]) if half else None)
    commit = {"did": did, "version": 3, "data": _Link(top), "rev": rev, "prev": None, "sig": bytes(64)}
    root = add(commit)
    header = _cbor({"version": 1, "roots": [_Link(root)]})
    body = [_varint(len(header)) + header]
    body += [_varint(len(cid) + len(block)) + cid + block for cid, block in blocks.items()]
    return b"".join(body)


def _shared(left: bytes, right: bytes) -> bytes:
    count = 0
    while count < min(len(left), len(right)) and left[count] == right[count]:
        count += 1
    return left[:count]
