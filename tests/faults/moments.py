"""Random moments at which processes are killed or paused, on a machine of any speed."""

from __future__ import annotations

import random
import time
from typing import Any

from connectors.contract import SweepKind
from tests.faults.town import Town

_SHORTEST, _LONGEST = 0.02, 5.0


class Moments:
    """Draws how long a process may go on. Whenever one has ended before its moment came the moments come earlier, and
    when one has not, a little later, so that about as many come too late on a fast machine as on a slow one. Nothing
    may be concluded from a process that was not killed."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._longest = 0.5

    def kill(self, town: Town, *sweeps: tuple[str, SweepKind], **orders: Any) -> bool:
        """Kill a process at such a moment; whether it had not ended by then."""
        killed = town.killed(*sweeps, after=self._next(), **orders)
        self.learn(killed)
        return killed

    def wait(self) -> None:
        """Let such a time pass."""
        time.sleep(self._next())

    def learn(self, in_time: bool) -> None:
        """Whether the last moment came before the end of what it was to interrupt."""
        self._longest = min(max(self._longest * (1.1 if in_time else 0.7), 2 * _SHORTEST), _LONGEST)

    def _next(self) -> float:
        return self._draw.uniform(_SHORTEST, self._longest)
