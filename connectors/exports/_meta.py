"""What the exports of Facebook and Instagram have in common, as JSON. Pure.

Meta writes every text as the bytes of its UTF-8, each as one character of Latin-1: é as the two characters of 0xC3 and
0xA9. Nothing in it has an id that captures know, so records have :mod:`keys of their own <connectors.exports.unnamed>`.
Texts are read as they were meant; the stored bytes stay as they came. Written from what others who read these exports
say of them: Meta documents none of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.contract import (
    AccessClass,
    Answer,
    Ask,
    Author,
    JSONValue,
    MediaRef,
    RecordKind,
    SeenRecord,
    Stream,
)
from connectors.exports.contract import ImportReading, Part, Planned, Use
from connectors.exports.elements import parse
from connectors.exports.unnamed import Keys, stable_name
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, part, thing

_RUN = re.compile("[\x80-\xff]+")
_PERSONAL = re.compile(rb'"(upload_ip|ip_address|device_id)"\s*:\s*"([^"\\]*+)"')
"""Who uploaded a picture from where, and on which device: it stands among what is said of the picture. A quote inside
a text is written ``\\"``, so no text that somebody wrote looks like this."""
_LATEST = 253_402_300_799
"""Seconds; the last moment of the year 9999."""
_BOX = r"messages/(?:inbox|message_requests|filtered_threads|archived_threads|e2ee_cutover)/[^/]{1,200}"
MESSAGES = re.compile(rf"{_BOX}/message_\d{{1,4}}\.json")
MESSAGE_FILE = re.compile(rf"{_BOX}/(?:photos|videos|audio|files|gifs)/[^/]{{1,300}}")
_THREAD = re.compile(r"[^/]*?_?(\d{8,25})")
_SENT = ("photos", "videos", "audio_files", "files", "gifs")
_KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "heic"), "image"),
    **dict.fromkeys(("mp4", "mov", "webm", "m4v"), "video"),
    **dict.fromkeys(("mp3", "m4a", "aac", "wav", "ogg"), "audio"),
}
OTHER_LANGUAGE = (
    "it is written in another form or language than is known; have the export made anew with the account's language set"
    " to English"
)


def meant(text: str) -> str:
    """What a text says, behind Meta's way to write it. What cannot be undone stays as it is."""
    if any(ord(char) > 0xFF for char in text):
        return text  # no byte, so it was not written that way
    return _RUN.sub(_decoded, text)


def _decoded(run: re.Match[str]) -> str:
    try:
        return run[0].encode("latin-1").decode()
    except UnicodeDecodeError:
        return run[0]


def said(value: Json, name: str) -> str:
    """A text as it was meant; empty where it is left out.

    Raises:
        Unreadable: it is something else.
    """
    found = value.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Unreadable(f"{name} is not text")
    return tidy(meant(found))


def listed(value: Json, name: str) -> list[Json]:
    """Objects in a list; none where it is left out.

    Raises:
        Unreadable: it is something else.
    """
    found = value.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable(f"{name} is not a list of objects")
    return found


def moment_of(value: JSONValue, per_second: int = 1) -> datetime:
    """A time in whole seconds (or parts of one) since 1970.

    Raises:
        Unreadable: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _LATEST * per_second:
        raise Unreadable("an entry without a usable time")
    return datetime.fromtimestamp(value // per_second, UTC)


def masked_part(body: bytes) -> list[Part]:
    """All of a file, with what names who uploaded something overwritten."""
    hidden = tuple((*found.span(2), found[1].decode()) for found in _PERSONAL.finditer(body))
    return [Part(0, len(body), hidden=tuple(one for one in hidden if one[1] > one[0]))]


def planned_file(name: str, access: AccessClass) -> Planned:
    """What becomes of a picture, video or sound."""
    return Planned(Use.FILE, "file", Stream.MEDIA, access)


def is_file(name: str) -> bool:
    """Whether it is a picture, video or sound, by its name."""
    return name.rpartition(".")[2].lower() in _KINDS


@dataclass(slots=True)
class Found:
    """What was read of one file so far."""

    ask: Ask
    records: list[SeenRecord] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    private: set[str] = field(default_factory=set)
    keys: Keys = field(default_factory=Keys)
    told: set[str] = field(default_factory=set)
    """Keys of what stands in several places."""

    @property
    def name(self) -> str:
        """The account's, as the export has it."""
        return str(self.ask.context.get("name", ""))

    def own(self) -> Author:
        handle, url = (str(self.ask.context.get(name, "")) for name in ("handle", "url"))
        return Author(str(self.ask.context.get("account", "")), self.name or handle, handle or None, url or None)

    def by(self, name: str) -> Author:
        """Who goes by a name: the export tells nothing else of anybody."""
        return self.own() if not name or name == self.name else Author(None, name)

    def add(self, record: SeenRecord, *, private: bool) -> None:
        self.records.append(record)
        if private:
            self.private.add(record.key)

    def reading(self) -> ImportReading:
        return ImportReading(tuple(self.records), quarantine=tuple(self.wrong), private=frozenset(self.private))


def read_entries(
    ask: Ask, answer: Answer, lists: tuple[str, ...], one_of: Callable[[Found, Json, str], None]
) -> ImportReading:
    """The entries of a file, one after the other: a list, or an object with one under one of the names ``lists``."""
    found = Found(ask)
    try:
        for place, entry in _entries(parse(answer.body), lists):
            try:
                one_of(found, thing(entry, "no object"), place)
            except Unreadable as error:
                found.wrong.append((place, str(error)))
    except ValueError as error:
        wrong = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:200]
        found.wrong.append(("", wrong))
    return found.reading()


def _entries(value: JSONValue, lists: tuple[str, ...]) -> Iterator[tuple[str, JSONValue]]:
    if isinstance(value, list):
        yield from ((f"/{number}", one) for number, one in enumerate(value))
        return
    within = thing(value, "neither a list nor an object")
    known = [name for name in lists if isinstance(within.get(name), list)]
    if not known:
        raise Unreadable(OTHER_LANGUAGE)
    for name in known:
        yield from ((f"/{name}/{number}", one) for number, one in enumerate(within[name]))


def media_of(several: list[Json]) -> tuple[MediaRef, ...]:
    """Files that entries name by where they stand in the export."""
    found: dict[str, MediaRef] = {}
    for one in several:
        uri = one.get("uri")
        if isinstance(uri, str) and uri:
            path = storable(meant(uri))
            kind = _KINDS.get(path.rpartition(".")[2].lower(), "document")
            about = said(one, "description") or None
            found.setdefault(path, MediaRef(f"file/{path}", path, kind, None, about))
    return tuple(found.values())


def names_of(media: tuple[MediaRef, ...]) -> list[str]:
    """What of their names is the same in every export."""
    return [f"file {stable_name(one.url)}" for one in media]


def web(value: JSONValue) -> str | None:
    """An address on the web; None for anything else."""
    if not isinstance(value, str):
        return None
    address = storable(meant(value))
    return address if is_web(address) else None


# Messages, which both write alike.


def read_messages(ask: Ask, answer: Answer) -> ImportReading:
    """The messages of a conversation, or of a part of it."""
    found = Found(ask)
    try:
        talk = thing(parse(answer.body), "no object")
        path = said(talk, "thread_path").rpartition("/")[2]
        entries = listed(talk, "messages")
        if "messages" not in talk:
            raise Unreadable(OTHER_LANGUAGE)
    except ValueError as error:
        return ImportReading(quarantine=(("", str(error)[:200]),))
    named = _THREAD.fullmatch(path)
    conversation = named[1] if named else path
    for number, entry in enumerate(entries):
        place = f"/messages/{number}"
        try:
            found.add(_message(found, entry, place, conversation), private=True)
        except Unreadable as error:
            found.wrong.append((place, str(error)))
    return found.reading()


def _message(found: Found, message: Json, place: str, conversation: str) -> SeenRecord:
    stamp = message.get("timestamp_ms")
    at = moment_of(stamp, 1000)
    words, shared = said(message, "content"), part(message, "share")
    files = media_of([one for name in _SENT for one in listed(message, name)])
    address, passed_on = web(shared.get("link")), said(shared, "share_text")
    content: dict[str, JSONValue] = {"conversation": conversation, "message": words}
    if address is not None or passed_on:
        content["shared"] = {"url": address, "text": passed_on}
    if files:
        content["files"] = [one.url for one in files]
    facts = (conversation, str(stamp), words, address or "", *names_of(files))
    return SeenRecord(
        key=found.keys.of(RecordKind.MESSAGE, at, *facts),
        kind=RecordKind.MESSAGE,
        place=place,
        content=content,
        text="\n\n".join(one for one in (words, passed_on, address) if one),
        author=found.by(said(message, "sender_name")),
        created_at=at,
        media=files,
        word="message",
    )
