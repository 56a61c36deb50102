"""What was first seen in private is stored once more when everybody sees it; what is seen again in private alone tells
who sees public things of no time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from archiver.capture.models import Exchange
from archiver.records.models import Record
from archiver.records.service import record
from archiver.viewing import Viewer
from connectors.contract import SweepKind
from tests.capture.rebuilding import check_rebuilt
from tests.capture_review.script import START, Stage, page

PUBLIC = Viewer(access=frozenset({"public"}))


@pytest.mark.law("R9", "R16")
def test_what_the_public_can_read_is_stored_as_such_and_its_times_are_of_what_it_could_read(stage: Stage) -> None:
    stage.connector.lists, stage.connector.private = ("list", "queue"), frozenset({"queue"})
    steps = [
        {"/list": page(("1", "said")), "/queue": page()},
        {"/list": page(), "/queue": page(("1", "edited"))},  # hidden, and edited meanwhile
        {"/list": page(("1", "edited")), "/queue": page()},  # shown again
        {"/list": page(("1", "edited")), "/queue": page(("1", "edited"))},
        {"/list": page(("2", "more")), "/queue": page(("1", "edited"))},
    ]
    for answers in steps:
        stage.answers |= answers
        stage.run(SweepKind.NEW)
        stage.later(minutes=55)
    lists = [one for one in stage.rows(Exchange) if one.uri.endswith("/list")]
    assert sorted(one.received_at.hour - START.hour for one in lists) == [0, 2, 4]
    check_rebuilt(stage)
    (one,) = stage.rows(Record, Record.key == "1")
    with stage.archive.database.read() as connection:
        everything, public = record(connection, one.id), record(connection, one.id, PUBLIC)

    def seen(at: datetime | None) -> float:
        assert at is not None
        return (at - START) // timedelta(hours=1)

    assert [(version.text, seen(version.last_seen_at)) for version in everything.versions] == [
        ("said", 0),
        ("edited", 4),
    ]
    spans = [(one.text, seen(one.first_seen_at), seen(one.last_seen_at)) for one in public.versions]
    assert spans == [("said", 0, 0), ("edited", 2, 3)]
    assert seen(public.last_seen_at) == 3
