"""What is read of the live videos of a Facebook Page, and what of it is an edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from archiver.records.choice import choose, learn
from connectors._facebook_live import STATUSES
from connectors.contract import AccessClass, Reading, RecordKind, SeenRecord, SweepKind
from connectors.facebook import FacebookSettings
from tests.connectors.reading import answer, sweep
from tests.connectors.test_facebook_reading import ACCOUNT, CONNECTOR, KNOWN, PAGE, WHEN, ask_for, page_of

LIVE = ask_for("live_videos")
_PLANNED = "2026-10-14T20:00:00+0000"


def live(status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "77", "status": status, "title": "Council meeting", "description": "Item 4: the budget",
        "creation_time": WHEN, "permalink_url": f"/{PAGE}/videos/78/", "from": {"id": PAGE, "name": "City"},
        "planned_start_time": _PLANNED, "broadcast_start_time": WHEN, "video": {"id": "78"},
    } | more  # fmt: skip


def _read(entry: dict[str, Any]) -> SeenRecord:
    (record,) = CONNECTOR.read(LIVE, answer(page_of(entry))).records
    return record


def test_a_broadcast_is_a_private_record_of_its_own_kind_in_no_thread_of_a_post() -> None:
    record = _read(live("LIVE"))
    assert (record.key, record.kind, record.thread, record.parent) == (
        "live/77", RecordKind.BROADCAST, f"page/{PAGE}", None,
    )  # fmt: skip
    assert record.text == "Council meeting\n\nItem 4: the budget"
    assert record.url == f"https://www.facebook.com/{PAGE}/videos/78/"
    assert (record.author and record.author.id, record.word, record.counted) == (PAGE, "live video", None)
    assert LIVE.access is AccessClass.PRIVATE
    assert _read(live("VOD", permalink_url="https://www.facebook.com/x/videos/78/")).url is not None
    assert _read(live("VOD", permalink_url="javascript:alert(1)")).url is None


def test_no_key_to_broadcast_with_and_nothing_that_changes_by_itself_is_asked_for() -> None:
    asked = parse_qs(urlsplit(LIVE.url).query)
    assert set(asked["broadcast_status"][0].strip('[]"').split('","')) == set(STATUSES)
    unwanted = ("stream", "ingest", "live_views", "total_views", "seconds_left", "dash", "embed")
    assert not any(name in asked["fields"][0] for name in unwanted)


@pytest.mark.law("R18")
def test_going_on_air_and_ending_is_stored_once_each_and_is_no_edit() -> None:
    known, stored = None, []
    for number, status in enumerate(("SCHEDULED_UNPUBLISHED", "LIVE", "LIVE", "LIVE_STOPPED", "PROCESSING", "VOD")):
        seen = _read(live(status))
        new = known is None or choose(Reading(records=(seen,)), {seen.key: known}, LIVE).store
        if new:
            stored.append(status)
            known = learn(known, seen, "rc_1", f"ex_{number}", 0, LIVE)
    assert stored == ["SCHEDULED_UNPUBLISHED", "LIVE", "LIVE_STOPPED"]
    assert known is not None
    (version,) = known.versions
    assert (version.content["over"], version.content["began"]) == (True, "2026-10-14T19:07:53+00:00")
    edited = _read(live("VOD", title="Special meeting"))
    assert len(learn(known, edited, "rc_1", "ex_9", 0, LIVE).versions) == 2, "somebody gave it another title"


@pytest.mark.parametrize(
    ("status", "word", "there", "absent"),
    [
        ("UNPUBLISHED", "unpublished live video", {"planned"}, {"began", "over", "called_off"}),
        ("SCHEDULED_LIVE", "planned live video", {"planned"}, {"began", "over"}),
        ("SCHEDULED_CANCELED", "live video called off", {"called_off"}, {"began", "over"}),
        ("SCHEDULED_EXPIRED", "live video called off", {"called_off"}, {"began"}),
        ("LIVE", "live video", {"began"}, {"over", "called_off"}),
        ("VOD", "live video", {"began", "over", "video"}, {"called_off"}),
        ("SOMETHING_NEW", "live video", {"planned"}, {"began", "over", "called_off"}),
    ],
)
def test_what_became_of_it_is_told_by_its_status(status: str, word: str, there: set[str], absent: set[str]) -> None:
    record = _read(live(status))
    assert record.word == word
    assert there <= record.content.keys()
    assert not absent & record.content.keys()


def test_what_it_does_not_say_is_left_out_and_what_cannot_be_read_is_kept_aside() -> None:
    assert _read({"id": "77"}).content == {}
    assert _read(live("LIVE", targeting={"age_min": 21})).content["targeting"] == ["age_min: 21"]
    broken: list[dict[str, Any]] = [
        {"id": ["77"]},
        {"title": 5},
        {"status": {}},
        {"video": "78"},
        {"video": {"id": 78}},
    ]
    for wrong in broken:
        reading = CONNECTOR.read(LIVE, answer(page_of(live("LIVE") | wrong, live("VOD", id="79"))))
        assert [record.key for record in reading.records] == ["live/79"]
        assert reading.quarantine


def test_they_are_listed_by_new_and_full_sweeps_unless_they_are_left_out() -> None:
    without = replace(ACCOUNT, settings=FacebookSettings(live_videos=False))
    for kind, listed in ((SweepKind.NEW, True), (SweepKind.FULL, True), (SweepKind.WATCH, False)):
        for account, wanted in ((ACCOUNT, listed), (without, False)):
            purposes = {ask.purpose for ask in CONNECTOR.begin(account, sweep(kind), KNOWN)}
            assert ("live_videos" in purposes) == wanted
    (gate,) = CONNECTOR.begin(without, sweep(SweepKind.NEW), None)
    assert "live_videos" not in {ask.purpose for ask in CONNECTOR.read(gate, answer({"id": PAGE})).asks}
    reading = CONNECTOR.read(LIVE, answer(page_of()))
    assert not reading.whole, "that one is not listed any more says nothing"
