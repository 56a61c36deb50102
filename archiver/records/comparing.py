"""Two versions of a record side by side: what stayed, came and went, word by word and field by field. Pure.

Fields are compared where both versions have them. A field that only one of them has is told as that, and is no change:
another endpoint's answer may leave it out. Versions that were read with different projection schemes are compared in
their words only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archiver.records.contents import equal
from archiver.records.differences import Segment, differences
from archiver.records.views import VersionView

LONGEST = 4_000
"""Characters of a field's value that are shown."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that is not the same in both."""

    name: str
    left: str | None
    """As text; None: this version does not have it."""
    right: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two versions."""

    left: VersionView
    right: VersionView
    before: tuple[Segment, ...]
    """The words of the left one: what stayed, and what is not in the right one."""
    after: tuple[Segment, ...]
    """The words of the right one: what stayed, and what is not in the left one."""
    changed: tuple[Field, ...]
    """Fields that both have and that differ."""
    alone: tuple[Field, ...]
    """Fields that only one of them has."""
    same_scheme: bool

    @property
    def same_words(self) -> bool:
        return all(one.kind == "same" for one in (*self.before, *self.after))


def compare(left: VersionView, right: VersionView) -> Comparison:
    """What differs between two versions of one record."""
    words = differences(left.text, right.text)
    same_scheme = left.scheme == right.scheme
    names = sorted(left.content.keys() | right.content.keys()) if same_scheme else []
    both = [name for name in names if name in left.content and name in right.content]
    return Comparison(
        left,
        right,
        tuple(one for one in words if one.kind != "added"),
        tuple(one for one in words if one.kind != "removed"),
        tuple(_field(name, left, right) for name in both if not equal(left.content[name], right.content[name])),
        tuple(_field(name, left, right) for name in names if name not in both),
        same_scheme,
    )


def _field(name: str, left: VersionView, right: VersionView) -> Field:
    return Field(name, _text(left.content, name), _text(right.content, name))


def _text(content: Mapping[str, Any], name: str) -> str | None:
    if name not in content:
        return None
    value = content[name]
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    return said if len(said) <= LONGEST else said[:LONGEST] + " …"
