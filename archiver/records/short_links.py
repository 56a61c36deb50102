"""Shortened links in what a record says: which they are, and one form for each. Pure.

A shortened link says nothing of where it leads. Services that make them are listed in the settings; nothing but that
list decides what is ever asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from archiver.records import links

_BARE = re.compile(
    r"(?<![\w@/.:=&?#%+~-])((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}/[\w!$%&'()*+,./:;=?@~|-]+)",
    re.IGNORECASE | re.ASCII,
)
"""An address without ``https://``, as people type them: ``bit.ly/abc``."""
_MOST = 100
_LONGEST = 2000
"""Of an address, bytes: fewer than where addresses in words are cut off, and than a key of an index may have."""
_DEEPEST = 12
_CARDS = ("embed", "article")
"""Members of a content that hold the card of a link (Bluesky, LinkedIn)."""
_CARD_WORDS = ("description", "title")
"""What a card says in the words of whoever wrote the page that it leads to: what stands last first, so that nothing is
taken for what stands before it."""


def named(content: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """Every address that a version names, in the form in which it is asked; each once, at most 100."""
    found: dict[str, None] = {}
    for address in (*links.targets(content), *bare(text)):
        form = normal(address)
        if form is not None:
            found.setdefault(form)
        if len(found) >= _MOST:
            break
    return tuple(found)


def short(content: Mapping[str, Any], text: str, services: Collection[str]) -> tuple[str, ...]:
    """The shortened links of a version of which the platform does not tell where they lead. Those in the words of a
    card are none: a stranger wrote them, who could so make the archive ask."""
    told = set(_told(content, 0))
    own = named(*_without_cards(content, text))
    return tuple(one for one in own if one not in told and of_service(one, services))


def _without_cards(content: Mapping[str, Any], text: str) -> tuple[Mapping[str, Any], str]:
    """What an account says itself: content and words without those of cards, which stand after its own."""
    cards = {name: content[name] for name in _CARDS if isinstance(content.get(name), Mapping)}
    for card in cards.values():
        for said in (card.get(name) for name in _CARD_WORDS):
            if isinstance(said, str) and said:
                text = _without_last(text, said)
    own = {name: {one: said for one, said in card.items() if one not in _CARD_WORDS} for name, card in cards.items()}
    return {**content, **own}, text


def _without_last(text: str, lines: str) -> str:
    """Words without these lines, where they stand last: whole ones, since they may stand within others, too."""
    found = [*re.finditer(rf"(?<![^\n]){re.escape(lines)}(?![^\n])", text)]
    return f"{text[: found[-1].start()]}\n{text[found[-1].end() :]}" if found else text


def of_service(address: str, services: Collection[str]) -> bool:
    """Whether an address belongs to one of the services: ``bit.ly``, or with the beginning of its paths,
    ``city.example.gov/go/``. A host's subdomains are the service's too."""
    parts = _parts(address)
    if parts is None:
        return False
    host = parts.hostname or ""
    for service in services:
        name, _, path = service.lower().partition("/")
        mine = host == name or host.endswith(f".{name}")
        rest = parts.path[1:]
        if mine and rest != "" and (not path or _below(rest, path)):
            return True
    return False


def _below(rest: str, path: str) -> bool:
    """Whether a path is below one that a service begins with, however a server reads it: ``go/../admin`` is not."""
    steps = re.split(r"[/\\]", unquote(unquote(rest)))
    return rest.lower().startswith(path) and len(rest) > len(path) and not {".", ".."} & set(steps)


def bare(text: str) -> tuple[str, ...]:
    """Addresses that stand in words without ``https://``."""
    return tuple(f"https://{trimmed}" for one in _BARE.findall(text) if (trimmed := links.trimmed(one)))


def normal(address: str) -> str | None:
    """One form of an address: without its fragment, which no server sees, the host in small letters, and ``https``
    where no port is named. None: it cannot be read as one, or is too long to be a short link."""
    parts = _parts(address)
    if parts is None:
        return None
    scheme = "https" if parts.port is None else parts.scheme
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{parts.netloc.lower()}{path}{query}"


def _parts(address: str) -> SplitResult | None:
    if len(address.encode("utf-8", "surrogatepass")) > _LONGEST:
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        _ = parts.port  # which may be no number
    except ValueError:
        return None
    return parts if usable else None


def _told(value: Any, depth: int) -> Iterator[str]:
    """Addresses that the platform maps to where they lead: names of members whose value is an address."""
    if depth >= _DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, one in value.items():
            if isinstance(one, str) and "://" in one and (form := normal(str(name))) is not None:
                yield form
            else:
                yield from _told(one, depth + 1)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _told(one, depth + 1)
