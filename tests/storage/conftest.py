"""Stores that have to behave alike: every test that takes ``store`` runs on each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.clock import SetClock
from archiver.storage.directory import DirectoryStore
from archiver.storage.protocol import ObjectStore
from tests.storage.samples import NOW


@pytest.fixture
def clock() -> SetClock:
    """The clock of every store in a test."""
    return SetClock(NOW)


def _directory(tmp_path: Path, clock: SetClock) -> ObjectStore:
    return DirectoryStore(tmp_path / "store", clock)


#: Another store joins by adding how it is opened.
OPENERS: dict[str, Callable[[Path, SetClock], ObjectStore]] = {"directory": _directory}


@pytest.fixture(params=sorted(OPENERS))
def open_again(request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock) -> Callable[[], ObjectStore]:
    """Opens the same store as another process would."""
    return lambda: OPENERS[request.param](tmp_path, clock)


@pytest.fixture
def store(open_again: Callable[[], ObjectStore]) -> ObjectStore:
    return open_again()
