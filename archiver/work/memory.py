"""How often Python looks for garbage in cycles."""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 100_000, 50, 100


def settle() -> None:
    """Once a capturing process has started: what is loaded stays, so do not search it again; and look for cycles less
    often. Reading pages makes very many objects and next to no cycles; with Python's own thresholds a long sweep spent
    a third of its time searching (measured by ``python -m bench.capture``). Peak memory stays flat
    (``python -m bench.memory``)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
