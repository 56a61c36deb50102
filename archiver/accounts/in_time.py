"""How long asking a platform may take in all while somebody waits for a page: over every question that it needs,
however slowly each is answered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from archiver.accounts.trades import Unrecorded
from archiver.capture.fetch_errors import TimedOut
from archiver.capture.secret_forms import Secret
from archiver.errors import Unreachable
from connectors.contract import Answer


@dataclass(frozen=True, slots=True)
class Limit:
    """Seconds that all of it may take, and when they are over by the clock of this process."""

    seconds: float
    until: float

    @classmethod
    def of(cls, seconds: float) -> Self:
        """From now on."""
        return cls(seconds, time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds; 0 when it is over."""
        return max(self.until - time.monotonic(), 0.0)

    @property
    def over(self) -> Unreachable:
        """What whoever waits is told: what came of it, and what to do."""
        return Unreachable(
            f"the platform takes too long to answer: all of it may take {self.seconds:g} seconds, and nothing was kept."
            " Try again in a while; where it stays so, tell the records custodian: whoever runs the archive can raise"
            " that limit"
        )


@dataclass(frozen=True, slots=True)
class InTime:
    """Has exchanges of which nothing is kept, all of them together within a limit."""

    fetcher: Unrecorded
    limit: Limit

    def unrecorded(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        authorization: Secret | None = None,
        limit: int = 2**20,
        within: float | None = None,
    ) -> Answer:
        """As :meth:`archiver.http.Fetcher.unrecorded`.

        Raises:
            Unreachable: the time is over.
        """
        left = self.limit.left
        if not left:
            raise self.limit.over
        seconds = left if within is None else min(left, within)
        given = {"headers": headers, "body": body, "authorization": authorization, "limit": limit, "within": seconds}
        try:
            return self.fetcher.unrecorded(method, url, **given)  # type: ignore[arg-type]
        except TimedOut:
            if self.limit.left:
                raise
            raise self.limit.over from None
