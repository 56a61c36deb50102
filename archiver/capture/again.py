"""Questions that followed from an answer and could not be answered: put again by the next run.

What an answer leads to (a thread, an edit history) is asked because of that answer. When the next run sees the same
again it has no reason to ask, so the question itself is kept with the bookmark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archiver.capture import asks
from connectors.contract import Ask, ProblemKind

_OURS = "archiver."
"""What members of the bookmark begin with that are the engine's own."""
KEY = "archiver.again"
"""Of the bookmark; connectors do not see it."""
_MOST = 50
_TRIES = 5
"""Runs in which a question is put before it is given up: what always fails must not keep every run from being whole."""
_PASSING = (ProblemKind.RATE, ProblemKind.TRANSIENT, ProblemKind.CONTRACT)


@dataclass(frozen=True, slots=True)
class Again:
    """One question and how many runs have put it in vain."""

    ask: Ask
    tries: int = 0


def waiting(bookmark: Mapping[str, Any]) -> list[Again]:
    """What the last run left. What cannot be read (a later version wrote it) is passed over."""
    found = []
    for tries, stored in bookmark.get(KEY, ()):
        try:
            found.append(Again(asks.from_json(stored), tries))
        except (KeyError, ValueError):
            continue
    return found


def is_passing(kind: ProblemKind) -> bool:
    """Whether a problem may be over the next time."""
    return kind in _PASSING


def to_json(left: Iterable[Again]) -> list[Any]:
    """What the bookmark says of the questions that are left to the next run, each once: one that waited and was not put
    again is told twice."""
    kept: dict[str, list[Any]] = {}
    for one in left:
        if one.tries < _TRIES:
            stored = asks.to_json(one.ask)
            kept.setdefault(json.dumps(stored, sort_keys=True), [one.tries, stored])
    return list(kept.values())[:_MOST]


def for_connector(bookmark: Mapping[str, Any]) -> dict[str, Any] | None:
    """The bookmark as its connector knows it."""
    return {name: value for name, value in bookmark.items() if not name.startswith(_OURS)} or None
