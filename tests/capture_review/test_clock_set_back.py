"""A clock that is set back between two runs turns nothing around: what was seen later is later."""

from __future__ import annotations

from itertools import groupby

import pytest

from archiver.capture.models import Exchange
from archiver.records.models import Record, Version
from connectors.contract import SweepKind
from tests.capture.rebuilding import check_rebuilt
from tests.capture_review.script import Stage, page


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("said", ["AB", "ABBA", "ABA"])
def test_an_edit_that_is_seen_after_the_clock_was_set_back_is_the_later_version(stage: Stage, said: str) -> None:
    for number, text in enumerate(said):
        stage.answers["/list"] = page(("1", text))
        stage.run(SweepKind.NEW)
        stage.later(minutes=-20 if number == 0 else 1)
    stage.run(SweepKind.NEW)
    different = [text for text, _ in groupby(said)]
    (record,) = stage.rows(Record)
    found = sorted(stage.rows(Version), key=lambda row: int(row.number))
    assert [row.text for row in found] == different
    assert record.version_id == found[-1].id
    assert len([one for one in stage.rows(Exchange) if one.uri.endswith("/list")]) == len(different), "stored once"
    check_rebuilt(stage)
