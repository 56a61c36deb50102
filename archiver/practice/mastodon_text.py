"""Plain text made into the HTML that Mastodon shows; everything a person typed is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

_PARTS = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?<![\w/@])@(?P<mention>[a-z0-9_]{1,30})(?![\w@])"
    r"|(?<![\w/#&])#(?P<tag>\w*[^\W\d]\w*)",
    re.IGNORECASE,
)
_SHOWN = 30


def to_html(text: str, base: str, is_person: Callable[[str], bool]) -> str:
    """Paragraphs at empty lines, breaks at line ends, links for addresses, known people and hashtags."""
    paragraphs = re.split(r"\n{2,}", text.strip("\n"))
    made = ("<br />".join(_line(line, base, is_person) for line in part.split("\n")) for part in paragraphs)
    return "".join(f"<p>{part}</p>" for part in made) if text else ""


def tags(text: str) -> list[str]:
    """Hashtags in the text, lower case, each once."""
    return list(dict.fromkeys(found["tag"].lower() for found in _PARTS.finditer(text) if found["tag"]))


def _line(line: str, base: str, is_person: Callable[[str], bool]) -> str:
    parts, at = [], 0
    for found in _PARTS.finditer(line):
        parts += [_escaped(line[at : found.start()]), _linked(found, base, is_person)]
        at = found.end()
    return "".join([*parts, _escaped(line[at:])])


def _linked(found: re.Match[str], base: str, is_person: Callable[[str], bool]) -> str:
    if found["url"]:
        return _address(found["url"])
    if found["tag"]:
        name = found["tag"]
        return f'<a href="{base}/tags/{name}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'
    name = found["mention"]
    if not is_person(name):
        return _escaped(found[0])
    link = f'<a href="{base}/@{name}" class="u-url mention">@<span>{name}</span></a>'
    return f'<span class="h-card" translate="no">{link}</span>'


def _address(url: str) -> str:
    start = re.match(r"https?://(?:www\.)?", url)
    prefix = start[0] if start else ""
    shown, rest = url[len(prefix) : len(prefix) + _SHOWN], url[len(prefix) + _SHOWN :]
    kind = "ellipsis" if rest else ""
    return (
        f'<a href="{_escaped(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{_escaped(prefix)}</span><span class="{kind}">{_escaped(shown)}</span>'
        f'<span class="invisible">{_escaped(rest)}</span></a>'
    )


def _escaped(text: str) -> str:
    return escape(text, quote=True).replace("&#x27;", "&#39;")
