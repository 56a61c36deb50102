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
from archiver.search import terms
from archiver.search.analyser import Token, analyse, is_joiner, stem, tokens
from archiver.search.conditions import All, Any, Condition, Run
from archiver.search.meaning import text as meaning_of
from archiver.search.tree import Node, Text, leaves

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


class Finder:
    """Finds in a text what a query asked for. Made once per query."""

    def __init__(self, root: Node) -> None:
        asked = [leaf for leaf in leaves(root, positive_only=True) if isinstance(leaf, Text)]
        self._stems: set[str] = set()
        self._runs: dict[str, list[tuple[list[str], bool, bool]]] = {}
        for leaf in asked:
            self._add(meaning_of(leaf), leaf)

    def _add(self, condition: Condition, leaf: Text) -> None:
        if isinstance(condition, All | Any):
            for part in condition.parts:
                self._add(part, leaf)
        elif isinstance(condition, Run):
            kind = condition.terms[0][0]
            words = [term[1:] for term in condition.terms]
            if kind == terms.STEM:
                self._stems.add(words[0])
            else:
                if kind in (terms.HASHTAG, terms.NAME):
                    words = analyse(leaf.said).words
                is_marked = kind == terms.MARKED
                first = "" if condition.prefix and len(words) == 1 else words[0]
                self._runs.setdefault(first, []).append((words, condition.prefix, is_marked))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Places of what was found, in order, not overlapping."""
        if not self._stems and not self._runs:
            return []
        found = tokens(text)
        places: list[int] = []
        if self._stems:
            places = [place for place, token in enumerate(found) if stem(token.plain) in self._stems]
            places.extend(self._joined(text, found))
        if self._runs:
            places.extend(self._run_places(found))
        return _close(found[place] for place in sorted(set(places)))

    def _run_places(self, found: list[Token]) -> Iterable[int]:
        for place, token in enumerate(found):
            for first in {token.plain, token.marked, ""} & self._runs.keys():
                for run in self._runs[first]:
                    if _stands_at(run, found, place):
                        yield from range(place, place + len(run[0]))

    def _joined(self, text: str, found: list[Token]) -> Iterable[int]:
        """Words that are parts of a joined word that was asked for."""
        if text.isascii() and "-" not in text and "'" not in text:
            return
        start = 0
        for place in range(1, len(found) + 1):
            if place < len(found) and is_joiner(text[found[place - 1].end : found[place].start]):
                continue
            if place - start > 1 and stem("".join(token.plain for token in found[start:place])) in self._stems:
                yield from range(start, place)
            start = place


def _stands_at(run: tuple[list[str], bool, bool], found: list[Token], place: int) -> bool:
    words, is_prefix, is_marked = run
    there = [token.marked if is_marked else token.plain for token in found[place : place + len(words)]]
    if len(there) < len(words) or there[:-1] != words[:-1]:
        return False
    return there[-1].startswith(words[-1]) if is_prefix else there[-1] == words[-1]


def _close(found: Iterable[tuple[int, int, *tuple[str, ...]]]) -> list[tuple[int, int]]:
    """Spans of tokens in order; neighbours with no more than one sign or space between them become one."""
    spans: list[tuple[int, int]] = []
    for start, end, *_ in found:
        if spans and start <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


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


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    start, end = _window(text, spans)
    pieces: list[str] = ["… " if start else ""]
    at = start
    for left, right in spans:
        if left >= start and right <= end:
            pieces += (_shown(text[at:left]), _ON, _shown(text[left:right]), _OFF)
            at = right
    pieces += (_shown(text[at:end]), " …" if end < len(text) else "")
    return "".join(pieces).strip()


def _window(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    if len(text) <= LENGTH:
        return 0, len(text)
    first, first_end = spans[0] if spans else (0, 0)
    start = max(0, min(first - _BEFORE, len(text) - LENGTH))
    end = min(len(text), max(start + LENGTH, first_end))
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
