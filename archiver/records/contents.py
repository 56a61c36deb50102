"""Comparing content projections: when two answers say the same of a record, and when they contradict. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Content = Mapping[str, Any]
_PLAIN = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """A JSON value in the types :func:`json.loads` gives, so that what was just read compares equal to what was stored
    (a tuple becomes a list)."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {str(key): child if type(child) in _PLAIN else plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [child if type(child) in _PLAIN else plain(child) for child in value]
    return value


def equal(left: Any, right: Any) -> bool:
    """Whether two plain JSON values are the same value. Unlike ``==``, ``1``, ``1.0`` and ``true`` differ."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(child, right[key]) for key, child in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def contradict(left: Content, right: Content) -> bool:
    """Whether a field that both have differs. A field that only one has is another endpoint's, never an edit."""
    return any(name in right and not equal(value, right[name]) for name, value in left.items())


def share(left: Content, right: Content) -> bool:
    """Whether there is a field that both have."""
    return not left.keys().isdisjoint(right.keys())


def within(part: Content, whole: Content) -> bool:
    """Whether ``whole`` says everything that ``part`` says."""
    return all(name in whole and equal(value, whole[name]) for name, value in part.items())
