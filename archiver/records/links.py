"""Where the links of a post lead, as far as the platform says it. Pure.

A version's content holds whatever the platform told of its links: addresses in its words or their markup, entities with
expanded targets, cards, attachments. Read from there, so nothing stored depends on it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

_ADDRESS = re.compile(r"""https?://[^\s<>"'\\^`{|}\u201c\u201d\u00bb\u200b-\u200f\u202a-\u202e\u2066-\u2069]+""", re.I)
_NAMED = re.compile("https?://[^/?#]", re.I)
_REFERENCE = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ENDING = ".,;:!?)]…*_"
_MOST, _LONGEST = 100, 2048
_DEEPEST = 12


def targets(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses that a version names, each once, in order, at most 100 of them."""
    found: dict[str, None] = {}
    for text in _texts(content, 0):
        if "://" not in text:
            continue
        for address in map(trimmed, _ADDRESS.findall(_plain(text))):
            if _NAMED.match(address):
                found.setdefault(address)
            if len(found) >= _MOST:
                return tuple(found)
    return tuple(found)


def unsaid(content: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """Those that do not stand in the words: what a shortened link leads to, the address of a card."""
    return tuple(one for one in targets(content) if one not in text)


def searched(content: Mapping[str, Any], text: str) -> str:
    """What a version is found by: its words, and where its links lead. Nothing stored says it so."""
    beyond = unsaid(content, text)
    return "\n\n".join((text, "\n".join(beyond))) if beyond else text


def _texts(value: Any, depth: int) -> Iterator[str]:
    """All text in a JSON value, names of members included: some name a short link and say where it leads."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts(one, depth + 1)
    elif depth < _DEEPEST and isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one, depth + 1)


def _plain(text: str) -> str:
    """Markup's references resolved, of those that end as they should: ``&section=4`` in an address is none."""
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def trimmed(address: str) -> str:
    """Without what ends a sentence; a closing bracket stays where it was opened."""
    address = address[:_LONGEST]
    unopened, end = address.count(")") - address.count("("), len(address)
    while end and address[end - 1] in _ENDING:
        if address[end - 1] == ")":
            if unopened <= 0:
                break
            unopened -= 1
        end -= 1
    return address[:end]
