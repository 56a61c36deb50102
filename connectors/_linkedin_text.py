"""LinkedIn's *little text* as a reader sees it. Pure, linear time.

In it a mention is ``@[Name](urn:li:organization:123)``, a hashtag may be ``{hashtag|\\#|tag}``, and what would mean
something is escaped by a backslash (Microsoft Learn, *little Text Format*). What follows no rule is left as it is.
"""

from __future__ import annotations

import re

from connectors.text import tidy

_SIGN = r"[|{}@\[\]()<>#\\*_~]"
_INSIDE = r"(?:[^\\\[\]()]|\\.)"
_PIECE = re.compile(
    rf"""
    \\(?P<sign>{_SIGN})
    | @\[(?P<name>{_INSIDE}{{1,500}}+)\]\s?\(urn:li:[A-Za-z]{{1,40}}:[A-Za-z0-9_-]{{1,128}}\)
    | \{{hashtag\|\\?(?P<hash>[#\uff03])\|(?P<tag>(?:[^\\|{{}}]|\\.){{1,500}}+)\}}
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(rf"\\({_SIGN})")


def plain(source: str) -> str:
    """As plain text: names in place of mentions, ``#tag`` in place of hashtags, nothing escaped."""
    return tidy(_PIECE.sub(_seen, source))


def _seen(match: re.Match[str]) -> str:
    if match["sign"]:
        return match["sign"]
    if match["name"]:
        return _unescaped(match["name"])
    return f"{match['hash']}{_unescaped(match['tag'])}"


def _unescaped(part: str) -> str:
    return _ESCAPED.sub(r"\1", part)
