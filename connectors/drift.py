"""Drift: names of fields that a platform did not have when its connector was written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Set

from connectors.contract import JSONValue

_LONGEST = 64
_MOST = 100


def unknown(known: Set[str], kind: str, value: JSONValue) -> set[str]:
    """Names in ``value`` that are not ``known``, as ``kind.name``. Only plain words are repeated."""
    if not isinstance(value, dict) or value.keys() <= known:
        return set()
    return {f"{kind}.{name if _is_word(name) else '(not a plain name)'}" for name in value.keys() - known}


def report(names: Collection[str]) -> tuple[str, ...]:
    """Drift as a reading gives it: in order, and not more than anybody reads."""
    return tuple(sorted(names)[:_MOST])


def _is_word(name: str) -> bool:
    return len(name) <= _LONGEST and name.isascii() and name.replace("_", "a").isalnum()
