"""Queries made narrower and wider by a field, as text: what a reader may click is what they could have typed.

Whatever was typed before keeps its meaning; that is checked by reading both, since a lone quotation mark or an *or* may
make anything of what is put behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from archiver.search import fields
from archiver.search.pieces import Piece, cut
from archiver.search.tree import And, Everything, Node, Query, Value

Read = Callable[[str], Query]
#: A field and a value that any register knows, to try with.
_TRIED = Value("kind", "post", ("post",))
#: What is one word behind a field.
_BARE = re.compile(r"""[^\s"“”„()]+""")


def term(field: str, value: str) -> str | None:
    """``field:value`` as it is typed; None: no quotation marks go around this value."""
    if _BARE.fullmatch(value):
        return f"{field}:{value}"
    return f'{field}:"{value}"' if value.strip() and not any(one in '"“”' for one in value) else None


def narrower(text: str, read: Read) -> Callable[[str], str] | None:
    """How to put a field behind a query so that both have to be true; None: it cannot be said in this query's words."""
    before, tried = read(text).root, f"kind:{_TRIED.said}"
    for form in ("{} {}", "({}) {}"):
        # In quotation marks too: they find a partner where one stood alone.
        probes = ((tried, _TRIED), (f'kind:"{_TRIED.said}"', _TRIED))
        if all(read(form.format(text, probe)).root == _both(before, leaf) for probe, leaf in probes):
            return lambda more, form=form: form.format(text, more).strip()  # type: ignore[misc]
    return None


def narrowed_by(text: str, read: Read) -> Iterator[tuple[str, str]]:
    """The fields that narrow a query: each as it was typed, and the query without it."""
    whole = read(text).root
    if not isinstance(whole, And):
        one = cut(text, fields.NAMES)
        if len(one) == 1 and one[0].field:
            yield one[0].typed, ""
        return
    for piece in _top(cut(text, fields.NAMES)):
        at = text.rfind(piece.typed)
        rest = _closed_up(text[:at], text[at + len(piece.typed) :])
        if any(read(rest).root == _without(whole, part) for part in whole.parts):
            yield piece.typed, rest


def _closed_up(before: str, after: str) -> str:
    return f"{before.rstrip()} {after.lstrip()}".strip()


def _top(pieces: list[Piece]) -> Iterator[Piece]:
    """Those with a field that stand in no group."""
    depth = 0
    for piece in pieces:
        depth += (piece.kind == "open") - (piece.kind == "close")
        if piece.field and not depth:
            yield piece


def _both(before: Node, leaf: Node) -> Node:
    if isinstance(before, Everything):
        return leaf
    return And((*before.parts, leaf)) if isinstance(before, And) else And((before, leaf))


def _without(whole: And, part: Node) -> Node:
    rest = tuple(one for one in whole.parts if one is not part)
    return rest[0] if len(rest) == 1 else And(rest)
