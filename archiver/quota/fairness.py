"""Sharing what is not enough for all: max-min fairness, by weight. Pure.

Nobody gets more than they want, and nobody who gets less than that could get more without taking it from somebody who
has, by weight, no more. So whoever wants little gets all of it, and the greedy share the rest evenly.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

_K = TypeVar("_K", bound=Hashable)


def shares(wanted: Mapping[_K, float], capacity: float, weights: Mapping[_K, float]) -> dict[_K, float]:
    """Part of ``capacity`` for each.

    Args:
        wanted: what each would use, not negative.
        capacity: what there is.
        weights: above zero; 1 where not named.
    """
    given: dict[_K, float] = {}
    left = max(capacity, 0.0)
    total = sum(weights.get(name, 1.0) for name in wanted)
    for name in sorted(wanted, key=lambda one: wanted[one] / weights.get(one, 1.0)):
        weight = weights.get(name, 1.0)
        given[name] = min(wanted[name], left * min(weight / total, 1.0) if total > 0 else left)
        left = max(left - given[name], 0.0)
        total -= weight
    return given
