"""What was first seen in private is stored once more when everybody sees it; what is seen again in private alone tells
who sees public things of no time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from archiver.capture.models import Exchange
from archiver.records import followed
from archiver.records.models import Record
from archiver.records.service import record
from archiver.viewing import Viewer
from connectors.contract import SweepKind
from tests.capture.rebuilding import check_rebuilt
from tests.capture_review.script import START, Stage, page

PUBLIC = Viewer(access=frozenset({"public"}))


@pytest.mark.law("R4", "R16")
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


@pytest.mark.law("R4")
def test_a_short_link_in_words_that_only_some_could_see_is_not_asked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run record that tells where it leads, and the service, would tell everybody what those words name."""
    monkeypatch.setattr(followed, "_FEEDS", ("scripted",))  # whatever is there is the account's own
    stage.connector.lists, stage.connector.private = ("list", "queue"), frozenset({"queue"})
    first, hidden, shown = (f"See https://short.example/{name}" for name in ("first", "hidden", "shown"))
    for answers, wanted in (
        ({"/list": page(("1", first)), "/queue": page()}, {"first"}),
        ({"/list": page(), "/queue": page(("1", hidden))}, {"first"}),
        ({"/list": page(("1", shown)), "/queue": page()}, {"first", "shown"}),
    ):
        stage.answers |= answers
        stage.run(SweepKind.NEW)
        with stage.archive.database.read() as connection:
            found = followed.open_links(connection, stage.account, ["short.example"], stage.clock.now())
        assert {one.address.rpartition("/")[2] for one in found.wanted} == wanted
        stage.later(minutes=55)
