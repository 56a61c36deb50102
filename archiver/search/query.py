"""The query language: text → tree → condition. Any text is a query; nothing a person may type is an error.

=====================  ==============================================================================================
``water main``         both words, in any form (*mains*, *WATER*), anywhere in any version of a record
``"water main"``       exactly these words side by side, in one version; case does not count, diacritics only if typed
``C-SPAN``             words joined by signs stand side by side, or are written as one word
``park*``              any word that begins so
``#parkday @mayor``    the hashtag, the name called; ``parkday`` finds both the word and the hashtag
``a OR b``             either; binds less than the *and* between words, so ``a b OR c`` is ``(a b) OR c``
``-word -"a b" -(…)``  in no version of the record; also ``NOT``
``( … )``              groups, up to eight deep
``account: department:``  an account by id, handle, address or name; those of a department or authority
``author:``            words of the author's name or handle, or the whole handle or id
``platform: kind: state: has: series:``  a whole value
``after: before: on:``  a year, month, day or minute of the city's calendar; *after* begins with it, *before* ends at it
=====================  ==============================================================================================

``AND``, ``OR`` and ``NOT`` count as operators only in capitals and only between what they could join.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from archiver.database import safe_text
from archiver.search import conditions, days, fields, meaning, reading
from archiver.search.analyser import analyse
from archiver.search.documents import Document
from archiver.search.pieces import Piece, cut
from archiver.search.tree import (
    Accounts,
    And,
    Author,
    Dated,
    Everything,
    Node,
    Not,
    Nothing,
    OnlyIds,
    Or,
    Query,
    Register,
    Text,
    Value,
)

#: The time zone of dates where nothing else is said.
DEFAULT_ZONE = "America/Chicago"
#: Characters of a query that are read; what comes after is left out, and the reading says so.
LONGEST = 20_000

describe, whole = reading.describe, reading.whole


def parse(text: str, *, zone: str = DEFAULT_ZONE, register: Register | None = None) -> Query:
    """Read a query. ``zone`` is the city's, for dates; ``register`` says which accounts a name stands for.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: no such time zone (a setting, never something typed into a query).
    """
    text = safe_text(text)
    rest = len(text) - LONGEST
    text = text[:LONGEST]
    parser = _Parser(cut(text, fields.NAMES), ZoneInfo(zone), register or OnlyIds())
    root = parser.alternatives()
    if root is None:
        root = Nothing() if text.strip() else Everything()
    too_long = (f"the last {rest:,} characters",) if rest > 0 else ()
    notes = tuple(dict.fromkeys(parser.not_understood))[: reading.MOST_NOTES]
    return Query(text, root, zone, (*parser.left_out, *too_long), notes)


def matches(query: Query, document: Document) -> bool:
    """Whether the record answers the query: the same decision as the index makes, for one record at hand."""
    return conditions.holds(meaning.condition(query.root), document)


class _Parser:
    """Recursive descent over pieces, which are already well-formed."""

    def __init__(self, pieces: list[Piece], zone: ZoneInfo, register: Register) -> None:
        self.pieces = pieces
        self.at = 0
        self.zone = zone
        self.register = register
        self.left_out: list[str] = []
        self.not_understood: list[str] = []

    def alternatives(self) -> Node | None:
        found = [self._together()]
        while self._next_is("or"):
            self.at += 1
            found.append(self._together())
        return _join(Or, found)

    def _together(self) -> Node | None:
        found: list[Node | None] = []
        while self.at < len(self.pieces) and not self._next_is("or", "close"):
            if self._next_is("and"):
                self.at += 1
            else:
                found.append(self._operand())
        return _join(And, found)

    def _operand(self) -> Node | None:
        negated = False
        while self._next_is("not"):
            self.at += 1
            negated = not negated
        piece = self.pieces[self.at]
        self.at += 1
        if piece.kind == "open":
            inner = self.alternatives()
            self.at += 1  # its close
        else:
            inner = self._leaf(piece)
        return _negated(inner) if piece.negated != negated else inner

    def _next_is(self, *kinds: str) -> bool:
        return self.at < len(self.pieces) and self.pieces[self.at].kind in kinds

    def _leaf(self, piece: Piece) -> Node | None:
        if piece.field:
            found = self._field(piece)
            if found is not None:
                return found
            self.not_understood.append(reading.misread(piece.field, piece.said.strip()))
            piece = Piece("word", piece.typed.removeprefix("-") if piece.negated else piece.typed, typed=piece.typed)
        text = _text(piece)
        if text is None:
            self.left_out.append(piece.typed)
        return text

    def _field(self, piece: Piece) -> Node | None:
        name, said = piece.field, piece.said.strip()
        if name in ("account", "department"):
            return self._accounts(name, said)
        if name == "author":
            words = _text(Piece(piece.kind, said))
            return Author(words.said, words.exact, words.prefix) if words else None
        if name in ("before", "after", "on"):
            return self._dated(name, said)
        if name == "series" and (ids := self.register.series(said)):
            return Accounts("series", said, ids)
        values = fields.values(name, said)
        return Value(name, said, values) if values else None  # type: ignore[arg-type]

    def _accounts(self, name: str, said: str) -> Node | None:
        if not said:
            return None
        ids = self.register.accounts(said) if name == "account" else self.register.departments(said)
        if not ids:
            self.not_understood.append(reading.unknown(name, said))
        return Accounts("account" if name == "account" else "department", said, ids)

    def _dated(self, name: str, said: str) -> Node | None:
        span = days.span(said, self.zone)
        if span is None:
            return None
        words = reading.dates(name, said, self.zone.key)
        first, after = (int(moment.timestamp()) for moment in span)
        if name == "before":
            return Dated("before", said, None, first, words)
        return Dated("on", said, first, after, words) if name == "on" else Dated("after", said, first, None, words)


def _text(piece: Piece) -> Text | None:
    """Words as they are to be searched for; None where there are no words in it."""
    said, is_phrase = piece.said, piece.kind == "phrase"
    stump = said.rstrip("*")
    is_prefix = not is_phrase and stump != said and bool(analyse(stump[-1:]).words)
    if not analyse(said).words:
        return None
    return Text(stump if is_prefix else said, exact=is_phrase, prefix=is_prefix)


def _negated(node: Node | None) -> Node | None:
    if node is None:
        return None
    return node.part if isinstance(node, Not) else Not(node)


def _join(join: type[And] | type[Or], found: Iterable[Node | None]) -> Node | None:
    parts: list[Node] = []
    for node in found:
        if isinstance(node, join):
            parts.extend(node.parts)
        elif node is not None:
            parts.append(node)
    if len(parts) > 1:
        return join(tuple(parts))
    return parts[0] if parts else None
