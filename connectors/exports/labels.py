"""Entries of Meta's exports in their newer form, in which each value stands beside its label. Pure.

``{"timestamp": 1767607445, "fbid": "…", "label_values": [{"label": "Message", "value": "…"}, …]}``. A value may be a
text, an address, a time, files, or more values inside (``dict``, ``vec``). Labels are words in the language of the
account. Written from what others who read these exports say of them: Meta documents none of it.

Nothing is half read: an entry of which no label is known is not understood, and of one that is read every label that is
not known here stands in it, with its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connectors.contract import JSONValue, MediaRef
from connectors.exports._meta import OTHER_LANGUAGE, listed, media_of, moment_of, said, web
from connectors.values import Json, Unreadable

_WORDS = ("Message", "Post", "Text", "Comment", "Caption", "Description")
"""Labels of what somebody wrote."""
_FILES = ("Media", "Photos", "Videos", "Photo", "Video")
_LINKS = ("URL", "Link", "External link")
_KNOWN = frozenset((*_WORDS, *_FILES, *_LINKS))
_NAMES = frozenset({"label", "title", "ent_field_name"})
_VALUES = frozenset({"value", "href", "timestamp_value", "media"})
_AUDIENCE = re.compile(r"audience|privacy|visib|shared with|who can see", re.IGNORECASE)
_EVERYBODY = frozenset({"public", "everyone", "anyone"})
_DEEPEST = 8
_MOST = 1000
"""Labels of one entry."""


@dataclass(slots=True)
class Labelled:
    """What one entry says."""

    at: datetime
    identity: str
    """The platform's id of it; empty where the entry has none."""
    words: str
    links: list[str] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    """Labels that are not known here, with what stands beside them."""
    media: tuple[MediaRef, ...] = ()
    hung: list[Json] = field(default_factory=list)
    """Its files as they stand in it."""

    @property
    def restricted(self) -> bool:
        """Whether it says of itself that not everybody could see it, or not surely that everybody could."""
        return any(_AUDIENCE.search(name) and value.casefold() not in _EVERYBODY for name, value in self.others)

    @property
    def lines(self) -> list[str]:
        """All of it, as it reads."""
        described = [ref.alt_text for ref in self.media if ref.alt_text and ref.alt_text != self.words]
        others = (f"{name}: {value}" if name else value for name, value in self.others)
        told = [self.words, *dict.fromkeys(described), *self.links, *others]
        return [line for line in told if line]


def is_labelled(entry: Json) -> bool:
    """Whether an entry has this form."""
    return "label_values" in entry


def labelled(entry: Json) -> Labelled:
    """What an entry says.

    Raises:
        Unreadable: it has another shape, or none of its labels is known.
    """
    found = list(_flat(entry.get("label_values"), "", 0))
    hung = [*listed(entry, "media"), *(one for _, value in found for one in listed(value, "media"))]
    if not hung and not any(name in _KNOWN and _value(value) for name, value in found):
        raise Unreadable(OTHER_LANGUAGE)
    words = [_value(value) for name, value in found if name in _WORDS]
    links = [address for name, value in found if name in _LINKS if (address := _address(value)) is not None]
    others = [
        (name, told)
        for name, value in found
        if name not in _KNOWN or name in _FILES or (name in _LINKS and _address(value) is None)
        if (told := _value(value) or _address(value))
    ]
    identity = entry.get("fbid")
    return Labelled(
        at=moment_of(entry.get("timestamp", _time_of(found))),
        identity=identity if isinstance(identity, str) and identity.isascii() and identity.isdigit() else "",
        words="\n\n".join(one for one in dict.fromkeys(words) if one),
        links=list(dict.fromkeys(links)),
        others=others,
        media=media_of(hung),
        hung=hung,
    )


def _flat(value: JSONValue, above: str, depth: int) -> Iterator[tuple[str, Json]]:
    """Every label with what stands beside it; labels inside of something else bear its name before their own.

    Raises:
        Unreadable: it is no list of objects, or goes too deep, or on for too long, or holds what is not known here.
    """
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable("label_values is not a list of objects")
    if depth > _DEEPEST or len(value) > _MOST:
        raise Unreadable("an entry of more labels than anybody reads")
    for one in value:
        name = " / ".join(part for part in (above, said(one, "label") or said(one, "title")) if part)
        within = [one[kind] for kind in ("dict", "vec") if kind in one]
        beside = {
            key for key, held in one.items() if key not in ("dict", "vec", *_NAMES) and held not in (None, "", [])
        }
        if beside - _VALUES or len(within) > 1 or (within and beside):
            raise Unreadable("a label with something beside it that is not known here")
        if not within:
            yield name, one
        else:
            yield from _flat(within[0], name, depth + 1)


def _value(one: Json) -> str:
    """A text or a time, as it reads."""
    value = one.get("value")
    if isinstance(value, bool | int | float):
        return str(value)
    if value is None and one.get("timestamp_value"):
        return moment_of(one["timestamp_value"]).isoformat()
    return said(one, "value")


def _address(one: Json) -> str | None:
    return web(one.get("href")) or web(one.get("value"))


def _time_of(found: list[tuple[str, Json]]) -> JSONValue:
    return next((one["timestamp_value"] for _, one in found if one.get("timestamp_value")), None)
