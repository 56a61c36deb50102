"""Tables are made here, as an archive makes them."""

from __future__ import annotations

import pytest

from archiver import migrate
from tests import tables


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "upgrade", tables.make)
