"""A town that several tests use one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults import checks
from tests.faults.town import FULL, Town

#: Points that are tried on one town: what is checked after each grows with what was captured before.
_POINTS_OF_A_TOWN = 6


class Shared:
    """One town for several points, as long as nothing fails.

    That the store alone gives the same index is tried after each point in a long run, else after every third one and
    the last of a town.
    """

    def __init__(
        self, folder: Path, *, thorough: bool, new: Callable[[Path], Town] = Town, most: int = _POINTS_OF_A_TOWN
    ) -> None:
        self._folder, self._new, self._most = folder, new, most
        self._every = 1 if thorough else 3
        self._count = 0
        self._used = 0
        self._town: Town | None = None

    def take(self) -> Town:
        """A town; it is given back by :meth:`check`."""
        if self._used == self._most:
            self.close()
        town, self._town = self._town, None
        if town is None:
            self._count += 1
            self._used = 0
            town = self._new(self._folder / f"town-{self._count}")
            town.session(*town.everything(FULL))
        self._used += 1
        return town

    def check(self, town: Town) -> None:
        checks.check(town, rebuilt=self._used % self._every == 0)
        self._town = town

    def close(self) -> None:
        if self._town is not None:
            town, self._town = self._town, None
            if self._used % self._every:
                checks.rebuilds_equal(town)
            town.close()
