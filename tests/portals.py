"""Requests of tests to pages in their own process go through one event loop for all tests of that process. Otherwise
each request would start and end two threads and a loop, which takes longer than many an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient

_opened = ExitStack()
_portal: list[BlockingPortal] = []
_opening = threading.Lock()


def share() -> None:
    """Let every client that is made from now on use it, but for those that a test enters."""
    TestClient._portal_factory = contextmanager(_shared)  # type: ignore[method-assign]


def close() -> None:
    """End it, where it was needed."""
    _portal.clear()
    _opened.close()


def _shared(self: TestClient) -> Iterator[BlockingPortal]:
    with _opening:
        if self.portal is None and not _portal:
            _portal.append(_opened.enter_context(start_blocking_portal(**self.async_backend)))
    yield self.portal or _portal[0]
