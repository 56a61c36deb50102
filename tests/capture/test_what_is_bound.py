"""What the facts of an exchange say of it, and so what its commitment binds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.capture.batch import record_year
from archiver.capture.commitments import Commitments
from archiver.capture.facts import RunIdentity, Taken, state
from archiver.wire.exchange import WireExchange
from connectors.contract import Ask, Reading, RecordKind, SeenRecord, Stream

AT = datetime(2026, 3, 2, tzinfo=UTC)
RUN = RunIdentity("rn_" + "a" * 32, 1, "ac_" + "a" * 32, "mastodon", "1")
WIRE = WireExchange(
    method="GET",
    url="https://city.example/",
    sent_at=AT,
    received_at=AT,
    status=200,
    headers=(),
    request=b"GET / HTTP/1.1\r\n\r\n",
    response=b"HTTP/1.1 200 OK\r\n\r\n{}",
    response_head=19,
    body=b"{}",
    body_sha256="0" * 64,
    body_size=2,
)
ASK = Ask("https://city.example/", Stream.POSTS, "statuses")


def test_that_an_answer_was_cut_off_is_committed_to() -> None:
    """Whether it is read at all depends on it, so nobody may strike it out or write it in unseen."""
    assert "truncated" not in _facts(WIRE)
    assert _facts(replace(WIRE, truncated="length"))["truncated"] == "length"


def _facts(wire: WireExchange) -> dict[str, Any]:
    return state(RUN, Taken(0, ASK, wire), Commitments(None)).committed().facts


def _seen(kind: RecordKind, created: int, edited: int | None = None) -> SeenRecord:
    as_of = None if edited is None else datetime(edited, 5, 1, tzinfo=UTC)
    return SeenRecord("status/1", kind, "", {}, "", created_at=datetime(created, 5, 1, tzinfo=UTC), as_of=as_of)


@pytest.mark.parametrize(
    ("seen", "year"),
    [
        ([_seen(RecordKind.POST, 2019), _seen(RecordKind.COMMENT, 2020)], 2020),
        ([_seen(RecordKind.POST, 2019, edited=2026)], None),
        ([_seen(RecordKind.PROFILE, 2017)], None),
        ([_seen(RecordKind.POST, 2027)], None),
        ([_seen(RecordKind.POST, 1)], None),
        ([], None),
    ],
)
def test_only_what_is_old_and_stays_as_it_was_goes_with_an_earlier_year(
    seen: list[SeenRecord], year: int | None
) -> None:
    assert record_year(Taken(0, ASK, WIRE, Reading(records=tuple(seen))), AT) == year
