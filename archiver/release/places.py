"""What of a stored exchange is shown, so that one record is proven and nothing of the others is told. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from archiver.evidence.as_written import Raw
from archiver.evidence.commitment import usable_cuts
from archiver.evidence.proofs import Path

#: Facts that are of the exchange itself, and of no record in it.
_ALWAYS: tuple[Path, ...] = (
    ("exchange",),
    ("run",),
    ("run_number",),
    ("ordinal",),
    ("account",),
    ("source",),
    ("connector",),
    ("sent_at",),
    ("received_at",),
    ("status",),
    ("network",),
    ("ask", "method"),
    ("ask", "scheme"),
    ("truncated",),
    ("no_answer",),
    ("follows",),
    ("control_of",),
    ("problem", "kind"),
)
_MEDIUM: tuple[Path, ...] = (("medium",), ("body_sha256",), ("body_size",))
_PICTURE: tuple[Path, ...] = (("source",), ("picture",), ("body_sha256",), ("body_size",))
#: What was asked for to find out where a short link leads, and which link that is.
_LINK: tuple[Path, ...] = (("ask", "purpose"), ("ask", "context"))
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{1,12})")
#: What a path or a query says that names nothing: words, versions, small numbers.
_HARMLESS = re.compile(r"[A-Za-z][A-Za-z_.-]{0,39}|v[0-9]{1,2}|[0-9]{1,3}|")
_WORDS = re.compile(r"[^/?&=,;:@#\[\]]+")
_SHORTEST = 4


class NotAlone(ValueError):  # noqa: N818 - named as the cause
    """The record cannot be shown without showing others. ``str`` is a code."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of one exchange is wanted."""

    positions: frozenset[int] = frozenset()
    """Records, by their position in the exchange facts."""
    medium: bool = False
    """It is a file of a record."""
    evidence: bool = False
    """It led to a conclusion about a record."""
    whole: bool = False
    """The stored bytes are handed out beside it."""
    picture: bool = False
    """It is a picture of a record that the archive drew."""
    link: bool = False
    """It says where a short link in the words of a record led. There is no record in it."""

    @property
    def any(self) -> bool:
        """Whether there is a reason to show it."""
        return bool(self.positions) or self.medium or self.evidence or self.picture or self.link


def paths(value: Mapping[str, Any], stored: Mapping[str, Any], wanted: Wanted) -> set[Path]:
    """Where the wanted nodes are, address apart.

    Args:
        value: what the exchange's root commits to.
        stored: the facts, as JSON (numbers as numbers).

    Raises:
        NotAlone: a wanted record has no node of its own.
    """
    shown = {("facts", *path) for path in _ALWAYS if _has(stored, path)}
    for position in wanted.positions:
        shown |= {("facts", "records", position), *record_paths(value, stored, position)}
    if wanted.medium:
        shown |= {("facts", *path) for path in _MEDIUM if _has(stored, path)}
    if wanted.picture:
        shown |= {("facts", *path) for path in _PICTURE if _has(stored, path)}
    if wanted.link:
        shown |= {("facts", *path) for path in _LINK if _has(stored, path)}
    if wanted.whole:
        shown.add(("response_sha256",))
    if wanted.evidence and not stored.get("records") and "control_of" not in stored and "body" in value:
        shown.add(("body",))  # it says that there is no such record, and of no other one
    return shown


def record_paths(value: Mapping[str, Any], stored: Mapping[str, Any], position: int) -> set[Path]:
    """The nodes of the record at a position: its own, without those of records that stand inside it.

    Raises:
        NotAlone: it has none, or they hold others too.
    """
    listed = stored.get("records", ())
    if position >= len(listed):
        raise NotAlone("listed_later")  # by a later reader; the facts as committed do not name it
    place = str(listed[position][1])
    if (match := _RANGE.fullmatch(place)) is not None:
        return _slices(value, stored, int(match[1]), int(match[2]))
    if "body" not in value:
        raise NotAlone("not_in_parts")
    own = _node(value["body"], place)
    others = {_node(value["body"], other) for _, other in listed if not _RANGE.fullmatch(other)}
    found = set(_without(value["body"], own, {one for one in others if len(one) > len(own)}))
    if not found:
        raise NotAlone("nothing_of_its_own")
    return {("body", *path) for path in found}


def _node(body: Any, pointer: str) -> Path:
    """The path that a JSON pointer names."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        name: str | int = part.replace("~1", "/").replace("~0", "~")
        if isinstance(body, list) and part.isdigit() and int(part) < len(body):
            name = int(part)
        elif not isinstance(body, dict) or name not in body:
            raise NotAlone("not_in_parts")
        body = body[name]
        path.append(name)
    return tuple(path)


def _without(body: Any, own: Path, others: Collection[Path]) -> Iterator[Path]:
    """``own``, or of it all that is none of ``others``."""
    inside = [one for one in others if one[: len(own)] == own]
    if not inside:
        yield own
    elif own not in inside:
        node = body
        for part in own:
            node = node[part]
        for part in node if isinstance(node, dict) else range(len(node)):
            yield from _without(body, (*own, part), inside)


def _slices(value: Mapping[str, Any], stored: Mapping[str, Any], start: int, end: int) -> set[Path]:
    """The slices that are just these bytes, with the cuts around them."""
    slices: Sequence[Raw] = value.get("slices", ())
    size = sum(map(len, slices))
    cuts = usable_cuts(stored.get("cuts", ()), size)
    edges = [0, *cuts, size]
    if start >= end or start not in edges or end not in edges:
        raise NotAlone("not_in_parts")
    found: set[Path] = set()
    for index in range(edges.index(start), edges.index(end)):
        found.add(("slices", index))
        found |= {("facts", "cuts", cut) for cut in (index - 1, index) if 0 <= cut < len(cuts)}
    return found


def _has(stored: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(stored, dict) or part not in stored:
            return False
        stored = stored[part]
    return True


# --- the address ---------------------------------------------------------------------------------------------------


def names_no_other(url: str, known: Iterable[str], hidden: Iterable[str]) -> bool:
    """Whether an address may be shown beside a record: everything in it is a plain word, or stands in what is shown.

    Args:
        known: texts that are shown, or that everybody may know: the record's, its account's, its thread's first post.
        hidden: texts of the other records.
    """
    about = "\n".join(known)
    others = {text for text in hidden if len(text) >= _SHORTEST and text not in about}
    parts = urlsplit(url)
    said = unquote(f"{parts.path}?{parts.query}#{parts.fragment}")
    if any(other in said for other in others):
        return False
    return all(_HARMLESS.fullmatch(word) or (len(word) > 1 and word in about) for word in _WORDS.findall(said))


def texts(value: Any) -> Iterator[str]:
    """Every text and number in a parsed value."""
    if isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for element in value:
            yield from texts(element)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")


def split(value: Any, shown: Collection[Path]) -> tuple[list[str], list[str]]:
    """The texts of what is shown, and of everything else."""
    own: list[str] = []
    others: list[str] = []
    _split(value, (), shown, own, others)
    return own, others


def _split(value: Any, at: Path, shown: Collection[Path], own: list[str], others: list[str]) -> None:
    if at in shown:
        own.extend(texts(value))
    elif isinstance(value, dict | list) and any(path[: len(at)] == at for path in shown):
        for part in value if isinstance(value, dict) else range(len(value)):
            _split(value[part], (*at, part), shown, own, others)
    else:
        others.extend(texts(value))


def key_words(key: str) -> Iterator[str]:
    """The parts of a record's key that could stand in an address."""
    yield from (word for word in re.split(r"[/:]", key) if len(word) >= _SHORTEST)


def as_ascii(value: Any) -> bytes:
    """A proof as written: sorted, no spaces, everything beyond ASCII escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
