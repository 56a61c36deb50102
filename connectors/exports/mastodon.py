"""Mastodon's archive of an account: ``actor.json``, ``outbox.json`` (ActivityPub) and the account's own files. Pure.

A status gets the key that the connector gives it: its number stands at the end of its ActivityPub id. Who may see a
status is told by ``to`` and ``cc`` (ActivityPub §7; Mastodon's own use of them): only what is addressed to everybody is
public.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from connectors._mastodon_statuses import key_of
from connectors.answers import moment
from connectors.contract import (
    AccessClass,
    AccountRef,
    Answer,
    Ask,
    Author,
    JSONValue,
    MediaRef,
    RecordKind,
    SeenRecord,
    Stream,
)
from connectors.exports.contract import Identity, ImportReading, Planned, Use, Why
from connectors.exports.elements import parse
from connectors.links import is_web
from connectors.text import plain, reduced, storable, tidy
from connectors.values import Json, Unreadable, objects, text, thing, when

_EVERYBODY = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_STATUS = re.compile(r"https?://[^/?#]{1,255}/(?:users/[^/?#]{1,100}|ap/users/\d{1,20})/statuses/(\d{1,20})")
_NUMBERED = re.compile(r"https?://[^/?#]{1,255}/ap/users/(\d{1,20})")
_FILE = re.compile(r"(?:media_attachments|files)/.{1,500}|(?:avatar|header)\.[a-z0-9]{1,5}")
_LISTS = frozenset({"likes.json", "bookmarks.json"})
_KINDS = {"image": "image", "video": "video", "audio": "audio"}


class MastodonArchive:
    """The archive that a Mastodon server makes for whoever runs the account."""

    name: ClassVar[str] = "mastodon-archive"
    platform: ClassVar[str] = "mastodon"
    title: ClassVar[str] = "Mastodon archive (outbox.json and actor.json)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        for name in sorted(names, key=lambda one: (one.count("/"), one)):
            root = name.removesuffix("outbox.json")
            if name.endswith("outbox.json") and (root == "" or root.endswith("/")) and f"{root}actor.json" in names:
                return root
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        return ["actor.json"]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        actor = thing(parse(files["actor.json"]), "actor.json holds no object")
        identity, shown = text(actor, "id"), actor.get("url")
        numbered = _NUMBERED.fullmatch(identity)
        urls = tuple(one for one in (identity, shown) if isinstance(one, str) and is_web(one))
        handle = storable(text(actor, "preferredUsername"))
        name = actor.get("name")
        host = urlsplit(urls[0]).netloc if urls else ""
        full = f"{handle}@{host}" if host else handle
        return Identity(full, tidy(name) if isinstance(name, str) else "", numbered[1] if numbered else None, urls)

    def plan(self, name: str) -> Planned:
        if name == "outbox.json":
            return Planned(Use.READ, "outbox")
        if name == "actor.json":
            # It holds the account's public key, and no private one; and where the picture is.
            return Planned(Use.READ, "actor", Stream.PROFILE)
        if _FILE.fullmatch(name):
            # Of a file it cannot be told by its name who was meant to see it.
            portrait = name.startswith(("avatar", "header"))
            access = AccessClass.MEDIA if portrait else AccessClass.PRIVATE_MEDIA
            return Planned(Use.FILE, "file", Stream.MEDIA, access)
        if name in _LISTS:
            return Planned(Use.LEFT_OUT, why=Why.NO_RECORD)
        return Planned(Use.LEFT_OUT, why=Why.UNKNOWN)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """By the number, where the server writes it into its addresses. Otherwise, on the same server, by the name
        alone, which may have been given to somebody else since."""
        hosts = {urlsplit(one).netloc.casefold() for one in identity.urls}
        if urlsplit(account.service).netloc.casefold() not in hosts:
            return False
        if identity.platform_id is not None:
            return identity.platform_id == account.platform_id
        return None if _local(identity.handle) == _local(account.handle) else False

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        try:
            body = thing(parse(answer.body), "no object")
            if ask.purpose == "actor":
                return ImportReading((_profile(ask, body),))
            return _outbox(ask, objects(body, "orderedItems")) if ask.purpose == "outbox" else ImportReading()
        except ValueError as error:
            wrong = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:120]
            return ImportReading(quarantine=(("", wrong),))


def _local(handle: str) -> str:
    return handle.lstrip("@").partition("@")[0].casefold()


@dataclass(frozen=True, slots=True)
class _Activity:
    kind: str
    value: Json
    place: str

    @property
    def public(self) -> bool:
        """Whether it is addressed to everybody: in ``to`` (public) or in ``cc`` (unlisted)."""
        named = [one for name in ("to", "cc") for one in _listed(self.value.get(name))]
        return not _EVERYBODY.isdisjoint(one for one in named if isinstance(one, str))


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _outbox(ask: Ask, items: list[Json]) -> ImportReading:
    records: dict[tuple[str, str], SeenRecord] = {}
    wrong, private = [], set()
    for number, item in enumerate(items):
        place = f"/orderedItems/{number}"
        try:
            activity = _Activity(text(item, "type"), item, place)
            record = _record(ask, activity)
        except Unreadable as error:
            wrong.append((place, str(error)))
            continue
        if record is not None:
            records[record.key, record.place] = record
            if not activity.public:
                private.add(record.key)
    return ImportReading(tuple(records.values()), quarantine=tuple(wrong), private=frozenset(private))


def _record(ask: Ask, activity: _Activity) -> SeenRecord | None:
    if activity.kind == "Announce":
        return _boost(ask, activity)
    if activity.kind == "Create" and isinstance(activity.value.get("object"), dict):
        return _status(ask, activity, thing(activity.value["object"], "no status"))
    return None


def _boost(ask: Ask, activity: _Activity) -> SeenRecord:
    shared = activity.value.get("object")
    address = shared if isinstance(shared, str) else shared.get("id") if isinstance(shared, dict) else None
    if not isinstance(address, str) or not is_web(address):
        raise Unreadable("a boost of nothing")
    at = when(activity.value, "published")
    return SeenRecord(
        key=_key(text(activity.value, "id").removesuffix("/activity")),
        kind=RecordKind.SHARE,
        place=activity.place,
        content={"shared_url": storable(address)},
        text=storable(address),
        author=_author(ask),
        created_at=at,
        as_of=at,
        word="boost",
    )


def _status(ask: Ask, activity: _Activity, status: Json) -> SeenRecord:
    key = _key(text(status, "id"))
    created = when(status, "published")
    content = _said(status)
    answered = status.get("inReplyTo")
    parts = [content["spoiler_text"], plain(content["content"]), *(content.get("poll") or ())]
    parts += [one["description"] or "" for one in content["media"]]
    url = status.get("url")
    return SeenRecord(
        key=key,
        kind=_kind(activity, answered),
        place=f"{activity.place}/object",
        content=content,
        text="\n\n".join(one for one in parts if one),
        author=_author(ask),
        created_at=created,
        as_of=moment(status.get("updated")) or created,
        parent=_parent(ask, answered),
        url=url if isinstance(url, str) and is_web(url) else None,
        media=tuple(_files(ask, status)),
        word="post" if answered is None else "reply",
    )


def _kind(activity: _Activity, answered: JSONValue) -> RecordKind:
    if not activity.public:
        return RecordKind.MESSAGE
    return RecordKind.POST if answered is None else RecordKind.COMMENT


def _key(address: str) -> str:
    found = _STATUS.fullmatch(address)
    if found is None:
        raise Unreadable("a status without a usable id")
    return key_of(found[1])


def _parent(ask: Ask, answered: JSONValue) -> str | None:
    """Only statuses of its own server have numbers there."""
    found = _STATUS.fullmatch(answered) if isinstance(answered, str) else None
    same = found is not None and urlsplit(str(answered)).netloc == urlsplit(str(ask.context.get("site", ""))).netloc
    return key_of(found[1]) if found is not None and same else None


def _said(status: Json) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {
        "content": reduced(text(status, "content", missing="")),
        "spoiler_text": tidy(text(status, "summary", missing="")),
        "media": [
            {"url": storable(text(one, "url")), "description": tidy(text(one, "name", missing="")) or None}
            for one in _attached(status)
        ],
    }
    for name in ("oneOf", "anyOf"):
        if isinstance(status.get(name), list):
            content["poll"] = [tidy(text(one, "name")) for one in objects(status, name)]
    return content


def _attached(status: Json) -> list[Json]:
    return objects(status, "attachment") if status.get("attachment") else []


def _files(ask: Ask, status: Json) -> list[MediaRef]:
    """An archive names its own files from its root: ``/media_attachments/files/…``."""
    found = []
    for one in _attached(status):
        address, media_type = text(one, "url"), one.get("mediaType")
        full = address if is_web(address) else f"{ask.context.get('site', '')}{address}"
        kind = _KINDS.get(str(media_type).partition("/")[0], "document")
        said = one.get("name")
        alt = tidy(said) or None if isinstance(said, str) else None
        if is_web(full):
            found.append(MediaRef(address, full, kind, media_type if isinstance(media_type, str) else None, alt))
    return found


def _author(ask: Ask) -> Author:
    context = ask.context
    name = tidy(str(context.get("name", ""))) or str(context.get("handle", ""))
    return Author(str(context.get("account", "")), name, str(context.get("handle", "")), str(context.get("url", "")))


def _profile(ask: Ask, actor: Json) -> SeenRecord:
    author = _author(ask)
    content: dict[str, JSONValue] = {"name": author.name, "note": reduced(text(actor, "summary", missing=""))}
    fields = [one for one in _attached(actor) if one.get("type") == "PropertyValue"]
    content["fields"] = [{"name": tidy(text(one, "name")), "value": reduced(text(one, "value"))} for one in fields]
    lines = [author.name, plain(content["note"])] + [
        f"{one['name']}: {plain(one['value'])}" for one in content["fields"]
    ]
    return SeenRecord(
        key=f"account/{author.id}",
        kind=RecordKind.PROFILE,
        place="",
        content=content,
        text="\n\n".join(line for line in lines if line),
        author=author,
        created_at=moment(actor.get("published")),
        url=author.url,
        word="profile",
    )
