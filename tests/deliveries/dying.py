"""A process that takes deliveries, or archives them, and dies in the middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archiver import faults
from archiver.archive import Archive
from archiver.capture.delivering import Deliverer
from archiver.capture.receiving import Receiver
from archiver.capture.service import Capture
from archiver.clock import SetClock
from archiver.practice import deliveries
from archiver.settings import Settings
from tests.forking import CONTEXT

Sent = tuple[str, bytes, str]
"""Last part of the address, body, secret."""


def dies(
    settings: Mapping[str, Any], at: datetime, sent: Sequence[Sent], account: str | None, point: str
) -> int | None:
    """Take what is sent, then archive what waits for an account, if one is named. How the process ended."""
    process = CONTEXT.Process(target=_live, args=(dict(settings), at, list(sent), account, point))
    process.start()
    process.join()
    return process.exitcode


def _live(settings: dict[str, Any], at: datetime, sent: list[Sent], account: str | None, point: str) -> None:
    with Archive.open(Settings(**settings), kind="practice", clock=SetClock(at)) as archive:
        receiver = Receiver(archive)
        faults.arm(point)
        for path, body, secret in sent:
            headers, _ = deliveries.signed("facebook", secret, body)
            assert receiver.take("facebook", path, list(headers.items()), body).status == 200
        if account is not None:
            Deliverer(Capture(archive)).deliver(account)
