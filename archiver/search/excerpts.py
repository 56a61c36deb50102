"""A few words of a record around what was searched for. Archived text is written by strangers: it leaves here escaped.

The places found are marked with two private characters, which are taken out of the text beforehand; escaping comes
first, then the marks are replaced. So nothing in a text can look like a mark, and no mark can hide markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from archiver.database import safe_text
from archiver.search.finder import Finder, Span

#: Characters of an excerpt, about.
LENGTH = 240
_BEFORE = 80
#: A text is looked through up to here.
_READ = 100_000
_ON, _OFF = "\ue000", "\ue001"

#: Characters that a screen would obey rather than show: control characters, and direction overrides and isolates.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000\ue001]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of one version's text, on one line, with marks."""

    version_id: str | None
    marked: str
    """With private marks; use :meth:`html` or :meth:`plain`."""

    def html(self, before: str = "<mark>", after: str = "</mark>") -> str:
        """Safe to put into a page; ``before`` and ``after`` are put around what was found."""
        return html.escape(self.marked).replace(_ON, before).replace(_OFF, after)

    def plain(self, before: str = "", after: str = "") -> str:
        """For a terminal or a file: no control characters."""
        return self.marked.replace(_ON, before).replace(_OFF, after)

    @property
    def found(self) -> bool:
        """Whether anything is marked."""
        return _ON in self.marked


def excerpt(finder: Finder, versions: Iterable[tuple[str, str]]) -> Excerpt:
    """From the first of these (version id, text) in which something is found, else the beginning of the first."""
    first: tuple[str | None, str] | None = None
    for version_id, text in versions:
        text = text[:_READ]
        if spans := finder.spans(text):
            return Excerpt(version_id, _cut(text, spans))
        first = first or (version_id, text)
    version_id_or_none, text = first or (None, "")
    return Excerpt(version_id_or_none, _cut(text, []))


def _cut(text: str, spans: list[Span]) -> str:
    start, end = _window(text, spans)
    pieces: list[str] = ["… " if start else ""]
    at = start
    for left, right in spans:
        left, right = max(left, at), min(right, end)
        if left < right:
            pieces += (_shown(text[at:left]), _ON, _shown(text[left:right]), _OFF)
            at = right
    pieces += (_shown(text[at:end]), " …" if end < len(text) else "")
    return "".join(pieces).strip()


def _window(text: str, spans: list[Span]) -> Span:
    if len(text) <= LENGTH:
        return 0, len(text)
    first, first_end = spans[0] if spans else (0, 0)
    start = max(0, min(first - _BEFORE, len(text) - LENGTH))
    end = min(len(text), start + LENGTH)
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", max(first_end, end - 40), end)
        end = space if space > 0 else end
    return start, end


def _shown(text: str) -> str:
    """One line of characters that are seen as what they are."""
    if not text.isascii() or not text.isprintable():
        text = _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", safe_text(text))
    return _SPACE.sub(" ", text)
