"""Finds in a text the places of what a query asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archiver.search import terms
from archiver.search.analyser import Token, analyse, ascii_words, is_joiner, stem, tokens
from archiver.search.conditions import All, Any, Condition, Run
from archiver.search.meaning import text as meaning_of
from archiver.search.tree import Node, Text, leaves

#: Start and end of a place in a text.
Span = tuple[int, int]

#: With more runs than this, trying them one by one is slower than looking each word up.
_MOST_TRIED = 30


class _Run(NamedTuple):
    words: list[str]
    is_prefix: bool
    is_marked: bool


class Finder:
    """Made once per query, used for every text of a page. Only what is asked for is found, not what is excluded."""

    def __init__(self, root: Node) -> None:
        self._stems: set[str] = set()
        self._runs: list[_Run] = []
        for leaf in leaves(root, positive_only=True):
            if isinstance(leaf, Text):
                self._add(meaning_of(leaf), leaf)
        self._by_first: dict[str, list[_Run]] = {}
        for run in self._runs:
            self._by_first.setdefault("" if run.is_prefix and len(run.words) == 1 else run.words[0], []).append(run)
        self._pattern = _pattern(self._runs) if len(self._runs) <= _MOST_TRIED else None

    def _add(self, condition: Condition, leaf: Text) -> None:
        if isinstance(condition, All | Any):
            for part in condition.parts:
                self._add(part, leaf)
        elif isinstance(condition, Run):
            kind = condition.terms[0][0]
            words = [term[1:] for term in condition.terms]
            if kind == terms.STEM:
                self._stems.add(words[0])
            elif kind in (terms.HASHTAG, terms.NAME):
                self._runs.append(_Run(analyse(leaf.said).words, is_prefix=False, is_marked=False))
            else:
                self._runs.append(_Run(words, condition.prefix, is_marked=kind == terms.MARKED))

    def spans(self, text: str) -> list[Span]:
        """Places of what was found, in order, not overlapping."""
        if not self._stems and not self._runs:
            return []
        if self._pattern is not None and text.isascii() and not self._has_joined(text):
            return _close(sorted(self._ascii_places(text.lower(), self._pattern)))
        found = tokens(text)
        places: list[Span] = []
        if self._stems:
            places.extend((token.start, token.end) for token in found if stem(token.plain) in self._stems)
            places.extend(self._joined_places(text, found))
        if self._runs:
            places.extend(self._run_places(found))
        return _close(sorted(places))

    def _ascii_places(self, text: str, pattern: re.Pattern[str]) -> Iterator[Span]:
        """The same for a text without surprises, by patterns: several times faster."""
        if self._runs:
            yield from (match.span(1) for match in pattern.finditer(text))
        if self._stems:
            for word in {word for word in ascii_words(text) if stem(word) in self._stems}:
                yield from (match.span() for match in re.finditer(_WHOLE.format(word), text))

    def _has_joined(self, text: str) -> bool:
        if not self._stems or ("-" not in text and "'" not in text):
            return False
        return any(stem(word) in self._stems for word in analyse(text).joined)

    def _run_places(self, found: list[Token]) -> Iterator[Span]:
        for place, token in enumerate(found):
            for first in {token.plain, token.marked, ""} & self._by_first.keys():
                for run in self._by_first[first]:
                    if _stands_at(run, found, place):
                        yield token.start, found[place + len(run.words) - 1].end

    def _joined_places(self, text: str, found: list[Token]) -> Iterator[Span]:
        """Words that are parts of a joined word that was asked for."""
        start = 0
        for place in range(1, len(found) + 1):
            if place < len(found) and is_joiner(text[found[place - 1].end : found[place].start]):
                continue
            if place - start > 1 and stem("".join(token.plain for token in found[start:place])) in self._stems:
                yield found[start].start, found[place - 1].end
            start = place


_WHOLE = "(?<![a-z0-9]){}(?![a-z0-9])"


def _pattern(runs: list[_Run]) -> re.Pattern[str]:
    """Every run in ASCII text; inside a lookahead, so that runs that overlap are all found."""
    tried = "|".join(
        "[^a-z0-9]+".join(run.words) + ("[a-z0-9]*" if run.is_prefix else "(?![a-z0-9])")
        for run in runs
        if all(word.isascii() for word in run.words)
    )
    return re.compile(f"(?<![a-z0-9])(?=({tried or '(?!)'}))")


def _stands_at(run: _Run, found: list[Token], place: int) -> bool:
    words = run.words
    there = [token.marked if run.is_marked else token.plain for token in found[place : place + len(words)]]
    if len(there) < len(words) or there[:-1] != words[:-1]:
        return False
    return there[-1].startswith(words[-1]) if run.is_prefix else there[-1] == words[-1]


def _close(found: Iterable[Span]) -> list[Span]:
    """Neighbours with no more than one sign or space between them become one."""
    spans: list[Span] = []
    for start, end in found:
        if spans and start <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
