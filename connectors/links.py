"""Web links: the ``Link`` header (RFC 8288) and whether an address may be followed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

_LONGEST = 8192
_TARGET = re.compile(r"\s*<([^<>]*)>")
_PARAMETER = re.compile(r"""\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?""")
_UNUSABLE = re.compile(r"""[\s<>"\\]""")
#: What most addresses are; :func:`web` takes every one of these.
_USUAL = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?/[A-Za-z0-9/@._~%=&?-]*"
)
_COMMA = re.compile(r"\s*,")
_QUOTED_PAIR = re.compile(r"\\(.)")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a ``Link`` header."""

    target: str
    relations: tuple[str, ...]
    """Lower-case relation types; empty where none was given."""


def parse(header: str) -> tuple[Link, ...]:
    """The links of one ``Link`` header field value (RFC 8288 §3). What is not well-formed ends the parse."""
    found: list[Link] = []
    position = 0
    header = header[:_LONGEST]
    while (target := _TARGET.match(header, position)) is not None:
        position = target.end()
        relations: tuple[str, ...] | None = None
        while (parameter := _PARAMETER.match(header, position)) is not None:
            position = parameter.end()
            if parameter[1].lower() == "rel" and relations is None:
                relations = tuple(_value(parameter[2]).lower().split())
        found.append(Link(target[1].strip(), relations or ()))
        comma = _COMMA.match(header, position)
        if comma is None:
            break
        position = comma.end()
    return tuple(found)


def _value(written: str | None) -> str:
    if written is None:
        return ""
    return _QUOTED_PAIR.sub(r"\1", written[1:-1]) if written.startswith('"') else written


def target(headers: Iterable[tuple[str, str]], relation: str) -> str | None:
    """Target of the first link with that relation in all ``Link`` headers, as written."""
    for name, value in headers:
        if name.lower() == "link":
            for link in parse(value):
                if relation in link.relations:
                    return link.target
    return None


@lru_cache(maxsize=512)  # one page names its authors, and their pictures, again and again
def web(url: str, base: str | None = None) -> SplitResult | None:
    """The parts of an absolute ``http`` or ``https`` URL, resolved against ``base``; None for anything else.

    Refused: other schemes, no host, user names and passwords, spaces and control characters, more than 8 KiB.
    """
    if len(url) > _LONGEST or not url.isprintable() or _UNUSABLE.search(url):
        return None
    try:
        parts = urlsplit(urljoin(base, url) if base else url)
        usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and "@" not in parts.netloc else None


def is_web(url: str) -> bool:
    """Whether :func:`web` takes it, without taking it apart where that can be seen."""
    return (len(url) <= _LONGEST and _USUAL.fullmatch(url) is not None) or web(url) is not None


def origin(parts: SplitResult) -> str:
    """Scheme, host and port in the normal form (RFC 6454), without the port that the scheme implies."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def same_origin(one: str, other: str) -> bool:
    """Whether both are web addresses of one origin."""
    first, second = web(one), web(other)
    return first is not None and second is not None and origin(first) == origin(second)


def same_site(one: str, other: str) -> bool:
    """Whether one's host is the other's, or a sub-domain of it (``www.`` aside)."""
    first, second = web(one), web(other)
    if first is None or second is None:
        return False
    hosts = [(parts.hostname or "").lower().removeprefix("www.") for parts in (first, second)]
    longer, shorter = sorted(hosts, key=len, reverse=True)
    return longer == shorter or ("." in shorter and longer.endswith(f".{shorter}"))
