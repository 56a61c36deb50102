"""The YouTube connector in the engine, over a real socket: what is seen, what is not, and what is never kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from archiver.accounts import service as accounts
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from archiver.practice.youtube_ids import video_id
from archiver.practice.youtube_json import dump, error
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.secrecy import nothing_left, repeated
from tests.youtube.channel import KEY, TOKEN, Channel, channel


def says(status: int, reason: str) -> Alter:
    """An error in YouTube's form."""

    def alter(request: Request, response: Response) -> Response:
        return Response(status, (("Content-Type", "application/json"),), dump(error(status, reason, "No.")))

    return alter


@pytest.fixture
def found(house: House) -> Channel:
    return channel(house)


def talk(found: Channel, comments: int = 2) -> tuple[int, list[int]]:
    """A video with comments."""
    city = found.house.city
    video = city.say(found.id, "Council meeting of March 2\n\nAgenda and votes. #council")
    people = found.cast.residents
    return video, [city.say(people[n % 3], f"comment {n}", answering=video) for n in range(comments)]


def test_more_replies_than_are_shown_are_asked_for(found: Channel) -> None:
    house = found.house
    house.server.youtube.page = 4
    video, (top,) = talk(found, 1)
    replies = [house.city.say(found.cast.residents[1], f"reply {n}", answering=top) for n in range(11)]
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    assert {found.key_of(one) for one in (video, top, *replies)} <= set(records)
    assert records[found.key_of(replies[0])].parent_id == records[found.key_of(top)].id


def test_a_channel_that_deleted_its_only_video_is_not_suspicious_for_ever(found: Channel) -> None:
    """YouTube itself counts none any more, and says of it that it is not there."""
    house = found.house
    video, _ = talk(found, 0)
    house.run(found.account, FULL)
    house.later(minutes=30)
    house.city.delete(video)
    assert house.run(found.account, FULL).outcome == "complete"
    assert house.records()[found.key_of(video)].state == "not_returned"
    house.later(minutes=30)
    assert house.run(found.account, FULL).outcome == "unchanged"


def test_a_new_comment_is_found_by_the_cheap_sweep(found: Channel) -> None:
    house = found.house
    video, _ = talk(found)
    house.run(found.account, NEW)
    house.later(minutes=5)
    late = house.city.say(found.cast.residents[0], "late comment", answering=video)
    before = house.server.youtube.used
    house.run(found.account, NEW)
    assert found.key_of(late) in house.records()
    assert house.server.youtube.used - before <= 4


@pytest.mark.law("R16")
def test_counts_and_pictures_are_no_edits_and_nothing_is_stored_for_them(found: Channel) -> None:
    house = found.house
    video, (one, _) = talk(found)
    house.run(found.account, FULL)
    stored = len(house.exchanges())
    for person in found.cast.residents:
        house.city.like(one, person)
        house.city.like(video, person)
        house.city.change_profile(person, avatar=person % 9973)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    assert {row.versions for row in house.records().values()} == {1}


@pytest.mark.law("R16")
def test_a_deleted_comment_is_not_returned_with_two_answers_as_evidence(found: Channel) -> None:
    house = found.house
    _, (one, other) = talk(found)
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.delete(one)
    house.run(found.account, FULL)
    assert house.records()[found.key_of(one)].state == "not_returned"
    assert house.records()[found.key_of(other)].state == "visible"
    (_, gone) = house.states(found.key_of(one))
    purposes = {row.id: row.purpose for row in house.exchanges()}
    assert [purposes[exchange] for exchange in gone.evidence] == ["look", "open"]


@pytest.mark.law("R17")
def test_comments_that_are_turned_off_are_a_setting_and_no_deletion(found: Channel) -> None:
    house = found.house
    video, comments = talk(found)
    house.run(found.account, FULL)
    for off in (True, False):
        house.later(days=1)
        house.server.youtube.comments_off = {video} if off else set()
        assert house.run(found.account, FULL).outcome in ("complete", "unchanged")
        assert {house.records()[found.key_of(one)].state for one in comments} == {"visible"}
    told = [version.text for version in house.versions(f"comments/{video_id(video)}")]
    assert told == ["comments: open", "comments: turned off", "comments: open"]


def test_of_comments_of_a_deleted_video_nothing_is_concluded(found: Channel) -> None:
    house = found.house
    video, comments = talk(found)
    house.run(found.account, FULL)
    for _ in range(2):
        house.later(days=1)
        if video in house.city.posts:
            house.city.delete(video)
        house.run(found.account, FULL)
    assert house.records()[found.key_of(video)].state == "not_returned"
    assert {house.records()[found.key_of(one)].state for one in comments} == {"visible"}
    kept = [(row.status, row.problem) for row in house.exchanges() if row.purpose == "gate" and row.problem]
    assert kept == [(404, "unsupported")], "what YouTube says of them is kept, once"


@pytest.mark.law("R16")
def test_the_owner_sees_what_is_held_and_all_of_it_is_private(house: House) -> None:
    found = channel(house, TOKEN)
    _, (one, _) = talk(found)
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.hide(one)
    house.run(found.account, FULL)
    row = house.records()[found.key_of(one)]
    assert (row.state, row.access) == ("held_for_review", "private")
    house.later(days=1)
    house.city.unhide(one)
    house.run(found.account, FULL)
    assert [state.state for state in house.states(found.key_of(one))] == ["visible", "held_for_review", "visible"]


def test_a_spent_quota_ends_the_run_and_the_next_day_goes_on(found: Channel) -> None:
    house = found.house
    talk(found, 3)
    house.server.youtube.quota = house.server.youtube.used + 2
    assert house.run(found.account, FULL).outcome not in ("complete", "unchanged")
    asked = len(house.server.log)
    house.run(found.account, NEW)
    assert len(house.server.log) == asked, "asked before midnight in California"
    house.server.youtube.quota = None
    house.later(days=1, hours=1)
    assert house.run(found.account, FULL).outcome == "complete"


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [
        (says(400, "processingFailure"), {"complete", "unchanged"}),
        (says(400, "invalidPageToken"), {"incomplete", "partial", "failed"}),
        (says(401, "authError"), {"failed", "incomplete", "partial"}),
        (faults.html_page(200), {"incomplete", "partial", "failed"}),
        (faults.cut_body(400), {"complete", "unchanged"}),
    ],
)
def test_a_fault_in_the_middle_is_no_deletion(found: Channel, alter: Alter, outcomes: set[str]) -> None:
    house = found.house
    _, comments = talk(found, 3)
    house.run(found.account, FULL)
    house.later(days=1)
    house.server.faults.add(alter, "commentThreads", times=1)
    assert house.run(found.account, FULL).outcome in outcomes
    assert {house.records()[found.key_of(one)].state for one in comments} == {"visible"}
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in ("complete", "unchanged")


def test_a_key_that_is_no_longer_taken_needs_a_person(found: Channel) -> None:
    house = found.house
    talk(found)
    house.run(found.account, FULL)
    house.server.youtube.keys.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "failed"
    assert house.account_state(found.account) == "sign_in_needed"


def test_an_account_is_not_added_without_a_credential_or_with_a_wrong_one(house: House) -> None:
    found = channel(house)
    other = house.city.join("other_channel", "Other", home="youtube", official=True)
    address = house.server.youtube.account_url(other)
    with pytest.raises(UsageError, match="API key or access token"):
        accounts.add(house.archive, address, "youtube")
    with pytest.raises(Refused) as refused:
        accounts.add(house.archive, address, "youtube", credential="AIza-no-such-key")
    assert "AIza-no" not in str(refused.value)
    with house.archive.database.read() as connection:
        assert [one.id for one in accounts.list_accounts(connection)] == [found.account]


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    ("credential", "form"), [(KEY, "body"), (KEY, "percent"), (KEY, "link"), (TOKEN, "body"), (TOKEN, "link")]
)
def test_no_key_or_token_is_left_anywhere(
    house: House, credential: str, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = channel(house, credential)
    talk(found)
    house.server.faults.add(repeated(credential, form), times=None)
    results: list[Any] = [house.run(found.account, sweep) for sweep in (FULL, NEW, WATCH)]
    house.server.faults.add(faults.server_error(503), times=2)
    house.later(days=1)
    house.city.say(found.id, "another video")
    results.append(house.run(found.account, NEW))
    house.capture.flush(all=True)
    said = (caplog.text + "".join(map(str, results))).encode()
    sent = [one.target for one in house.server.log if "/youtube/v3/" in one.target]
    assert all((f"key={KEY}" in target) == (credential == KEY) for target in sent)
    nothing_left(house.home, said, credential)


def test_a_key_goes_to_the_platform_alone(new_house: Callable[..., House]) -> None:
    found = channel(new_house())
    house = found.house
    talk(found)
    house.city.say(found.id, house.city.posts[max(house.city.posts)].wording)
    house.run(found.account, FULL)
    pictures = [one.target for one in house.server.log if "/youtube/pictures/" in one.target]
    assert pictures
    assert all("key=" not in target for target in pictures)


@pytest.mark.law("R17")
def test_whether_comments_wait_for_the_owner_is_a_record_of_its_own(found: Channel) -> None:
    house = found.house
    house.run(found.account, FULL)
    house.server.youtube.bodies.approving.add(found.id)
    for _ in range(2):
        house.later(days=1)
        house.run(found.account, FULL)
    told = [row.text for row in house.versions("settings/comments")]
    assert told == [f"comments of the channel: moderateComments {said}" for said in ("no", "yes")]


def test_what_a_quick_sweep_had_left_over_takes_nothing_from_the_full_one(found: Channel) -> None:
    """The same question leads on to the comments of a new video where a full sweep asks it, and only there."""
    house = found.house
    talk(found)
    house.run(found.account, FULL)
    house.later(days=1)
    video, comments = talk(found, 3)
    house.server.faults.add(faults.server_error(503), "/videos", times=None)
    house.server.faults.add(faults.html_page(404), "/commentThreads", times=None)
    assert house.run(found.account, NEW).outcome == "partial"
    house.server.faults.clear()
    house.later(hours=3)
    assert house.run(found.account, FULL).outcome == "complete"
    assert {found.key_of(one) for one in (video, *comments)} <= set(house.records())
