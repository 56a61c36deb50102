"""Cuts the text of a query into pieces: words, phrases, fields, groups, operators. Takes any text; never fails.

What is not syntax is a word: a lone quotation mark, an ``OR`` with nothing on one side, a parenthesis without its
partner, an unknown field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

#: Groups nested deeper than this are read as if their parentheses were not there.
DEEPEST = 8
_OPENING = '"“”„'
_CLOSING = re.compile('["“”]')
_WORD = re.compile(r"\S+")
_WORD_IN_GROUP = re.compile(r"\S[^\s)]*")
_FIELD = re.compile(r"([A-Za-z]+):(?=\S)")
_OPERATORS = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Literal["word", "phrase", "open", "close", "and", "or", "not"]
    said: str
    """What was typed, without quotation marks, sign and field name."""
    field: str = ""
    negated: bool = False
    typed: str = ""
    """All of it, for messages."""


def cut(text: str, fields: frozenset[str]) -> list[Piece]:
    """The pieces of ``text``, in order. Every *open* has its *close*; operators stand only between operands."""
    return _settle_operators(_settle_groups(_Cutter(text, fields).run()))


class _Cutter:
    """Goes through the text once, from left to right."""

    def __init__(self, text: str, fields: frozenset[str]) -> None:
        self.text = text
        self.fields = fields
        self.at = 0
        self.depth = 0
        self.last_closing = max(text.rfind(sign) for sign in '"“”')

    def run(self) -> list[Piece]:
        pieces: list[Piece] = []
        while self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
            else:
                pieces.append(self._piece())
        return pieces

    def _piece(self) -> Piece:
        start = self.at
        negated = self.text[start] == "-" and start + 1 < len(self.text) and not self._is_space_or_dash(start + 1)
        self.at += negated
        sign = self.text[self.at]
        if sign == "(":
            self.at += 1
            self.depth += 1
            return Piece("open", "", negated=negated, typed="(")
        if sign == ")" and self.depth and not negated:
            self.at += 1
            self.depth -= 1
            return Piece("close", "", typed=")")
        piece = self._field() or self._phrase() or self._word()
        return replace(piece, negated=negated, typed=self.text[start : self.at])

    def _is_space_or_dash(self, at: int) -> bool:
        return self.text[at].isspace() or self.text[at] == "-"

    def _field(self) -> Piece | None:
        match = _FIELD.match(self.text, self.at)
        if match is None or match[1].lower() not in self.fields:
            return None
        if self.text[match.end()] == ")" and self.depth:
            return None
        self.at = match.end()
        return replace(self._phrase() or self._word(), field=match[1].lower())

    def _phrase(self) -> Piece | None:
        if self.text[self.at] not in _OPENING or self.at >= self.last_closing:
            return None
        closing = _CLOSING.search(self.text, self.at + 1)
        assert closing is not None
        said = self.text[self.at + 1 : closing.start()]
        self.at = closing.end()
        return Piece("phrase", said)

    def _word(self) -> Piece:
        match = (_WORD_IN_GROUP if self.depth else _WORD).match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return Piece("word", match[0])


def _settle_groups(pieces: list[Piece]) -> list[Piece]:
    """Leaves out parentheses without a partner, nested too deeply, or around nothing."""
    kept: list[Piece | None] = list(pieces)
    opened: list[tuple[int, int]] = []  # place of the parenthesis, and how many operands came before it
    operands = 0
    for place, piece in enumerate(pieces):
        if piece.kind == "open":
            opened.append((place, operands))
        elif piece.kind == "close":
            start, before = opened.pop()
            if len(opened) >= DEEPEST or operands == before:
                kept[start] = kept[place] = None
        else:
            operands += 1
    for place, _ in opened:
        kept[place] = None
    return [piece for piece in kept if piece is not None]


def _settle_operators(pieces: list[Piece]) -> list[Piece]:
    """Makes operators of ``AND``, ``OR`` and ``NOT`` where they have operands, and leaves them words elsewhere."""
    operand_follows = [False] * (len(pieces) + 1)
    for place in range(len(pieces) - 1, -1, -1):
        piece = pieces[place]
        is_not = _operator(piece) == "NOT" and operand_follows[place + 1]
        operand_follows[place] = is_not or piece.kind in ("word", "phrase", "open")
    settled: list[Piece] = []
    for place, piece in enumerate(pieces):
        operator = _operator(piece)
        before = bool(settled) and settled[-1].kind in ("word", "phrase", "close")
        if operator and operand_follows[place + 1] and (before or operator == "NOT"):
            piece = replace(piece, kind={"AND": "and", "OR": "or", "NOT": "not"}[operator])  # type: ignore[arg-type]
        settled.append(piece)
    return settled


def _operator(piece: Piece) -> str:
    is_plain = piece.kind == "word" and not piece.field and not piece.negated
    return piece.said if is_plain and piece.said in _OPERATORS else ""
