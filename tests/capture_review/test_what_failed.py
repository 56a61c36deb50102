"""Answers that were cut off, and redirects that led nowhere, are kept as what they are."""

from __future__ import annotations

from datetime import timedelta

from archiver.capture.models import Exchange
from archiver.capture.rebuild import rebuild
from archiver.storage.segment_reader import ReadExchange, read_segment
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

NEW = SweepKind.NEW
CUT_OFF: Said = (200, {"Content-Length": "1000", "Connection": "close"}, b'{"records": [{"key": "9", "text": "ha')


def test_an_answer_that_was_cut_off_is_kept_once_a_day_and_never_read(stage: Stage) -> None:
    stage.answers["/list"] = CUT_OFF
    stage.run(NEW)
    stage.run(NEW)

    (kept,) = stage.rows(Exchange)
    assert (kept.problem, kept.purpose) == ("transient", "list")
    assert not stage.records()

    stage.clock.advance(timedelta(days=1))
    stage.run(NEW)
    assert len(stage.rows(Exchange)) == 2


def test_the_bytes_that_came_of_it_are_there(stage: Stage) -> None:
    stage.answers["/list"] = CUT_OFF
    stage.run(NEW)
    (stored,) = stage.archive.store.list("segments/")
    with stage.archive.store.open(stored.key) as stream:
        (read,) = [one for one in read_segment(stream, bodies=True) if isinstance(one, ReadExchange)]
    assert read.truncated == "disconnect"
    assert read.facts["problem"]["kind"] == "transient"


def test_an_answer_that_comes_whole_at_a_later_try_is_kept_alone(stage: Stage) -> None:
    said = iter([CUT_OFF, page(("1", "one"))])
    stage.answers["/list"] = lambda: next(said)
    stage.run(NEW)
    assert [row.problem for row in stage.rows(Exchange)] == [None]


def test_redirects_that_lead_nowhere_are_kept_with_what_they_led_to(stage: Stage) -> None:
    stage.answers |= {
        "/list": (302, {"Location": f"{stage.origin}/lost"}, b""),
        "/lost": (302, {"Location": "http://10.0.0.1/inside"}, b""),
    }
    stage.run(NEW)
    stage.run(NEW)

    rows = sorted(stage.rows(Exchange), key=lambda row: row.ordinal)
    assert [(row.purpose, row.status) for row in rows] == [("redirect", 302), ("redirect", 302)]
    assert [row.problem for row in rows] == [None, "contract"]

    stage.capture.flush(all=True)
    before = stage.rows(Exchange)
    rebuild(stage.archive)
    assert stage.rows(Exchange) == before
