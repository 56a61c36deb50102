"""What is said of an answer that is not understood stays small enough to be read back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from archiver.capture.reading import understand
from connectors.contract import Answer, Ask, Connector, Reading, Stream


class _Lost:
    """Understands nothing, part by part."""

    def read(self, ask: Ask, answer: Answer) -> Reading:
        return Reading(quarantine=tuple((f"/{number}", "not a status") for number in range(5000)))


def test_parts_that_are_not_understood_are_named_up_to_a_bound_and_then_counted() -> None:
    ask = Ask("https://city.example/", Stream.POSTS, "statuses")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    lost = cast(Connector, _Lost())
    found = understand(
        lost, ask, status=200, headers=(), body=b"[]", received_at=at, url=ask.url, truncated=None
    ).quarantine
    assert len(found) == 1001
    assert found[-1] == ("", "4000 more parts that could not be understood")
