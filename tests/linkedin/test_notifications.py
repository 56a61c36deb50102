"""What LinkedIn remembers of what was done: the remedy where its webhooks are not set up, or deliveries were lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.capture.causes import REMEDIES, Cause
from archiver.capture.models import Segment
from archiver.practice import faults
from archiver.practice.linkedin_json import dump, error
from archiver.practice.messages import Request, Response
from connectors._linkedin_notifications import KEPT, wanted
from connectors.contract import AccessClass, ProblemKind, Reading, SweepKind
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.connectors.reading import AT, answer, sweep
from tests.linkedin.page import Page, page
from tests.linkedin.shapes import ACCOUNT, CONNECTOR, KEY, NOW, SHARE, URN, Json, asks
from tests.linkedin.shapes import page as shown

_MINUTES = timedelta(minutes=1) // timedelta(milliseconds=1)


@pytest.fixture
def found(house: House) -> Page:
    return page(house)


def notification(number: int = 1, **more: Json) -> dict[str, Json]:
    return {
        "notificationId": number,
        "organizationalEntity": URN,
        "action": "COMMENT_EDIT",
        "sourcePost": "urn:li:activity:7",
        "decoratedSourcePost": {"owner": URN, "entity": SHARE},
        "lastModifiedAt": NOW,
        "generatedActivity": "urn:li:comment:(activity:7,9)",
        "subscriber": "urn:li:person:adm1",
    } | more


def read(*entries: Json, bookmark: dict[str, Json] | None = None, **paging: Json) -> Reading:
    ask = wanted(asks(SweepKind.NEW), AT, bookmark or {})
    assert ask is not None
    return CONNECTOR.read(ask, answer(shown(entries, **paging)))


# What is asked, and what follows.


def test_the_first_question_goes_back_as_far_as_linkedin_remembers_and_later_ones_overlap() -> None:
    now = int(AT.timestamp()) * 1000 + AT.microsecond // 1000
    _, first = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    begins = now - KEPT // timedelta(milliseconds=1)
    assert f"timeRange=(start:{begins},end:{now})" in first.url
    assert "actions=List(COMMENT,ADMIN_COMMENT," in first.url
    assert "urn%3Ali%3Aorganization" in first.url
    assert first.access is AccessClass.PRIVATE
    later = wanted(asks(SweepKind.NEW), AT, {"notified": now - 61 * _MINUTES})
    assert later is not None
    assert f"(start:{now - 71 * _MINUTES},end:{now})" in later.url
    assert wanted(asks(SweepKind.NEW), AT, {"notified": now - 59 * _MINUTES}) is None
    for odd in ("x", -1, now + 9, None, True):
        assert (wanted(asks(SweepKind.NEW), AT, {"notified": odd}) or first).url == first.url
    assert [one.purpose for one in CONNECTOR.begin(ACCOUNT, sweep(SweepKind.FULL), None)].count("notifications") == 0


def test_posts_that_are_named_are_looked_at_with_all_that_stands_under_them() -> None:
    reading = read(notification(), notification(2, action="COMMENT_DELETE"))
    (ask,) = reading.asks
    assert (ask.purpose, ask.context["for"], ask.context["sweep"]) == ("known", [KEY], "watch")
    assert reading.part, "its bytes are kept"
    assert reading.records == ()
    assert reading.bookmark is not None
    # What was told before leads to nothing, and is no news.
    now = reading.bookmark["notified"]
    late = read(notification(lastModifiedAt=now), notification(2, lastModifiedAt=now - 11 * _MINUTES)).bookmark
    assert late == {"notified": now, "notifications": ["1"], "notifications_refused": None}
    again = read(notification(), bookmark={"notified": now - 90 * _MINUTES, "notifications": ["1"]})
    assert (again.asks, again.part) == ((), False)


def test_no_page_of_them_is_left_out_and_the_bookmark_waits_for_the_last() -> None:
    first = read(notification(1), notification(2), notification(3), following=3)
    assert first.bookmark is None
    assert first.next_page is not None
    last = CONNECTOR.read(first.next_page, answer(shown([notification(3), notification(4)], start=2)))
    assert last.next_page is None
    assert last.bookmark is not None


@pytest.mark.parametrize(
    ("entry", "quarantined"),
    [
        (notification(action="SHARE_MENTION", decoratedSourcePost={"owner": "urn:li:person:x", "entity": SHARE}), 0),
        (notification(organizationalEntity="urn:li:organization:7"), 1),
        (notification(organizationalEntity=None), 1),
        (notification(decoratedSourcePost=None), 1),
        (notification(action=[], decoratedSourcePost=[]), 1),
        ("x", 1),
    ],
)
def test_what_names_no_post_of_the_page_leads_nowhere(entry: Json, quarantined: int) -> None:
    reading = read(entry)
    assert reading.asks == ()
    assert len(reading.quarantine) == quarantined
    assert reading.part


def test_a_token_without_leave_is_told_and_asked_for_again_the_next_day() -> None:
    ask = wanted(asks(SweepKind.NEW), AT, {})
    assert ask is not None
    reading = CONNECTOR.read(ask, answer({"status": 403, "code": "ACCESS_DENIED", "message": "No."}, 403))
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.PERMISSION
    assert "rw_organization_admin" in reading.problem.detail
    assert reading.bookmark is not None
    known = dict(reading.bookmark)
    assert wanted(asks(SweepKind.NEW), AT + timedelta(hours=23), known) is None
    again = wanted(asks(SweepKind.NEW), AT + timedelta(days=1), known)
    assert again is not None
    gone = CONNECTOR.read(ask, answer({"status": 404, "code": "ROUTE_NOT_FOUND", "message": "No."}, 404))
    assert gone.bookmark is None


# Over a real socket.


@pytest.mark.law("R16", "R18")
def test_edits_and_deletions_are_seen_within_the_hour_without_any_webhook(found: Page) -> None:
    house, city = found.house, found.house.city
    _, (one, two, _) = found.talk()
    house.run(found.account, FULL)
    house.run(found.account, NEW)
    house.later(minutes=70)
    city.edit(one, "corrected")
    fleeting = city.say(
        found.cast.residents[0], "written and deleted between two looks", answering=city.posts[one].root
    )
    city.delete(fleeting)
    city.delete(two)
    city.say(found.cast.residents[1], f"well done @{city.people[found.id].handle}")
    assert house.run(found.account, NEW).outcome == "complete"
    assert [row.text for row in house.versions(found.key_of(one))] == ["comment 0", "corrected"]
    assert found.states(one, two) == ["visible", "not_returned"]
    # Of what nobody could look at any more the words are kept as they came, in private.
    assert found.key_of(fleeting) not in house.records()
    access = {one.id: one.access for one in house.rows(Segment)}
    kept = house.exchanges("notifications")
    assert {access[row.segment_id] for row in kept} == {"private"}
    assert len(kept) == 2, "nothing was news to the second question of the first hour"
    house.later(hours=2)
    assert house.run(found.account, NEW).outcome == "unchanged"
    check_rebuilt(house)


def says_no(request: Request, response: Response) -> Response:
    return Response(403, (("Content-Type", "application/json"),), dump(error(403, "ACCESS_DENIED", "No.")))


def test_notifications_that_are_refused_are_a_gap_and_make_no_sweep_partial(found: Page) -> None:
    house, city = found.house, found.house.city
    _, (one, *_) = found.talk()
    house.run(found.account, FULL)
    house.run(found.account, NEW)
    refused = house.server.faults.add(says_no, "/rest/organizationalEntity", times=None)
    for minutes in (50, 20, 20, 50):
        house.later(minutes=minutes)
        assert house.run(found.account, NEW).outcome in ("complete", "unchanged")
    assert refused.hits == 1, "once a day"
    city.edit(one, "corrected")
    (gap,) = [row for row in house.gaps(open_only=True) if row.cause == "permission"]
    assert (gap.stream, gap.remedy) == ("comments", REMEDIES[Cause.PERMISSION])
    assert house.account_state(found.account) == "active"
    # It stays one, whatever else is read, and the refusal is asked for again.
    house.later(hours=23)
    assert house.run(found.account, NEW).outcome in ("complete", "unchanged")
    assert refused.hits == 2
    assert [row.cause for row in house.gaps(open_only=True) if row.stream == "comments"] == ["permission"]
    # Leave is given: what was missed is made up for, from where it began.
    house.server.faults.clear()
    assert found.states(one) == ["visible"]
    house.later(hours=24)
    assert house.run(found.account, NEW).outcome == "complete"
    assert [row.text for row in house.versions(found.key_of(one))] == ["comment 0", "corrected"]
    assert "permission" not in {row.cause for row in house.gaps(open_only=True)}
    check_rebuilt(house)


def test_that_they_are_refused_hides_not_that_nothing_else_was_answered(found: Page) -> None:
    house = found.house
    house.run(found.account, FULL)
    house.server.faults.add(says_no, "/rest/organizationalEntity", times=None)
    house.server.faults.add(faults.html_page(404), "/rest/posts", times=None)
    run = house.run(found.account, NEW)
    assert (run.outcome, (run.reason or "").partition(":")[0]) == ("failed", "contract")


def test_notifications_that_fail_are_a_gap_and_made_up_for(found: Page) -> None:
    house, city = found.house, found.house.city
    _, (one, *_) = found.talk()
    house.run(found.account, FULL)
    house.run(found.account, NEW)
    house.later(hours=2)
    city.edit(one, "corrected")
    house.server.faults.add(faults.server_error(503), "/rest/organizationalEntity", times=None)
    assert house.run(found.account, NEW).outcome == "partial"
    assert found.states(one) == ["visible"]
    house.server.faults.clear()
    house.later(minutes=20)
    house.run(found.account, NEW)
    assert [row.text for row in house.versions(found.key_of(one))] == ["comment 0", "corrected"]
    assert {row.cause for row in house.gaps(open_only=True)} == {"not_running"}, "of other lists, by the pause"
