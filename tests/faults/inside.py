"""An archive captured in the test's own process, where system calls and the database can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from archiver.archive import Archive
from archiver.capture.service import Capture, RunResult
from connectors.contract import SweepKind
from tests.faults.sessions import open_archive
from tests.faults.town import NEW, Town


@dataclass
class Inside:
    """One open archive of a town and its capturing."""

    town: Town
    archive: Archive
    capture: Capture

    @property
    def office(self) -> str:
        """The account whose news the tests make."""
        return self.town.office

    def say(self, text: str = "The bridge is open again", *, picture: bool = False) -> str:
        """Let the office say something; the key of its record."""
        return self.town.say(text, picture=picture)

    def run(self, sweep: SweepKind = NEW) -> RunResult:
        return self.capture.run(self.office, sweep, trigger="person")

    def asked(self) -> int:
        """How many requests the server has answered."""
        return len(self.town.server.log)

    def served(self, path: str) -> int:
        """How many of them were for an address with that in it."""
        return sum(path in one.target for one in self.town.server.log)


@contextmanager
def inside(town: Town, *, recover: bool = True, **settings: Any) -> Iterator[Inside]:
    """Open the archive here; closed as far as it still can be."""
    with open_archive(town.home, {**town.settings, **settings}) as archive:
        capture = Capture(archive)
        try:
            if recover:
                capture.recover()
            yield Inside(town, archive, capture)
        finally:
            capture.close()


def at_point(patch: pytest.MonkeyPatch, module: str, point: str, act: Callable[[], None]) -> None:
    """Have ``act`` called once, when ``module`` passes a crash point."""
    waiting = [act]

    def passed(name: str) -> None:
        if name == point and waiting:
            waiting.pop()()

    patch.setattr(f"{module}.crash_point", passed)
