"""What changed between two versions of a text, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")
#: Beyond so many pieces the whole text counts as replaced: comparing is quadratic, and the text is a stranger's.
MOST_PIECES = 4000

Change = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Part:
    change: Change
    text: str


def diff(before: str, after: str) -> list[Part]:
    """Parts in order; those not *added* give ``before``, those not *removed* give ``after``."""
    if before == after:
        return [Part("same", after)] if after else []
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if len(old) + len(new) > MOST_PIECES:
        return [part for part in (Part("removed", before), Part("added", after)) if part.text]
    parts: list[Part] = []
    for tag, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            _add(parts, "same", "".join(new[from_new:to_new]))
        else:
            _add(parts, "removed", "".join(old[from_old:to_old]))
            _add(parts, "added", "".join(new[from_new:to_new]))
    return parts


def _add(parts: list[Part], change: Change, text: str) -> None:
    if text:
        parts.append(Part(change, text))
