"""Says in plain words how a query was read, so that nobody has to guess."""

from __future__ import annotations

from typing import Final

from archiver.search.analyser import analyse, tokens
from archiver.search.meaning import sole_sign
from archiver.search.tree import (
    Accounts,
    And,
    Author,
    Dated,
    Everything,
    Leaf,
    Node,
    Not,
    Nothing,
    Or,
    Query,
    Text,
)

#: Most sentences on what was not understood, and characters of what was typed that each repeats.
MOST_NOTES: Final = 10
_REPEATED: Final = 80
_DATE: Final = "a year, month, day or minute"
_WANTED: Final = {"before": _DATE, "after": _DATE, "on": _DATE, "author": "words of a name, or a handle"}
_NAMED: Final = {"account": "account", "department": "department or authority"}


def describe(query: Query) -> str:
    """One line. ``a b OR -"c d"`` → *either (the word “a” in any form and …) or not exactly “c d”*."""
    said = _node(query.root, is_inner=False)
    if query.left_out:
        signs = ", ".join(f"“{text}”" for text in query.left_out)
        said += f" (left out: {signs})"
    return said


def whole(query: Query) -> str:
    """How the query was read and what in it was not understood: what is kept of a frozen search."""
    notes = f". Not understood: {'; '.join(query.not_understood)}" if query.not_understood else ""
    return describe(query) + notes


def misread(field: str, said: str) -> str:
    """That the value of a field is none, so that it counted as words."""
    shown = _repeated(said)
    if field in _WANTED:
        return f"“{field}:” wants {_WANTED[field]}; “{shown}” is none, so it was searched for as words"
    return f"“{field}:” has no value “{shown}”, so it was searched for as words"


def unknown(field: str, said: str) -> str:
    """That nobody goes by the name in a field. Who is hidden from whoever asks is told of in the same words."""
    return f"no {_NAMED[field]} that you may see is called “{_repeated(said)}”"


def _repeated(said: str) -> str:
    return said if len(said) <= _REPEATED else said[:_REPEATED] + "…"


def dates(field: str, said: str, zone: str) -> str:
    """How a date field was read."""
    how = {"before": f"dated before {said} begins", "after": f"dated {said} or later", "on": f"dated {said}"}
    return f"{how[field]} ({zone})"


def _node(node: Node, *, is_inner: bool) -> str:
    match node:
        case Everything():
            return "everything"
        case Nothing():
            return "nothing, because the query has no words"
        case And(parts):
            said = " and ".join(_node(part, is_inner=True) for part in parts)
        case Or(parts):
            said = "either " + " or ".join(_node(part, is_inner=True) for part in parts)
        case Not(part):
            return f"not {_node(part, is_inner=True)}"
        case _:
            return _leaf(node)
    return f"({said})" if is_inner else said


def _leaf(leaf: Leaf) -> str:
    match leaf:
        case Text():
            return _text(leaf)
        case Author():
            return f"author {'exactly ' if leaf.exact else ''}“{leaf.said}{'*' if leaf.prefix else ''}”"
        case Accounts():
            return f"{leaf.field} “{leaf.said}” ({_count(len(leaf.ids))})"
        case Dated():
            return leaf.words
        case _:
            values = " or ".join(value.replace("_", " ") for value in leaf.values)
            return f"{leaf.field} {values}"


def _core(said: str) -> str:
    """Without the signs around it."""
    found = tokens(said)
    return said[found[0].start : found[-1].end]


def _count(number: int) -> str:
    return {0: "no such account", 1: "one account"}.get(number, f"{number} accounts")


def _text(leaf: Text) -> str:
    if leaf.exact:
        return f"exactly “{leaf.said}”"
    if leaf.prefix:
        return f"a word that begins with “{leaf.said}”"
    found = analyse(leaf.said)
    said = _core(leaf.said)
    if sole_sign(leaf.said, found):
        return f"the {'hashtag' if found.hashtags else 'name'} {leaf.said}"
    if len(found.words) == 1:
        return f"the word “{said}” in any form"
    return f"“{said}” side by side" + (" or as one word" if "".join(found.words) in found.joined else "")
