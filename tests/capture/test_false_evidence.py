"""Whatever a server does on a bad day, the archive invents nothing, says what it missed, and catches up afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, NEW, START, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.told import check_mastodon

TOKEN = "tok-of-the-city-7d1f0a"


@pytest.fixture
def town(house: House) -> House:
    """Two pages of notices, some of them answered and one edited, and everything captured once."""
    house.account = house.office(TOKEN)  # type: ignore[attr-defined]
    city, cast = house.city, house.cast
    for number in range(45):
        notice = city.say(cast.city, f"Notice {number}: the bridge", at=START - timedelta(hours=200 - 2 * number))
        if number % 15 == 0:
            comment = city.say(cast.residents[0], f"Why {number}?", answering=notice, at=START - timedelta(hours=2))
            city.say(cast.city, "Because of the ice.", answering=comment, at=START - timedelta(hours=1))
    city.edit(notice, "The last notice, corrected", at=START - timedelta(minutes=30))
    city.say(cast.residents[1], "@larkmere in private", visibility="direct", at=START - timedelta(minutes=20))
    house.clock.at = START
    assert house.run(house.account).outcome == "complete"  # type: ignore[attr-defined]
    house.later(minutes=30)
    return house


def account(house: House) -> str:
    return house.account  # type: ignore[attr-defined,no-any-return]


def nothing_invented(house: House) -> None:
    """Not one version more than were written, and nothing that stands is called gone."""
    check_mastodon(house, house.cast.city, authorised=True)
    assert not [row for row in house.records().values() if row.state != "visible"]


def healed(house: House) -> None:
    """Once the server behaves, the next sweeps leave no gap and no difference to the truth."""
    house.server.faults.clear()
    house.later(minutes=30)
    for sweep in (NEW, WATCH, FULL):
        assert house.run(account(house), sweep).outcome in ("complete", "unchanged")
    nothing_invented(house)
    assert house.gaps(open_only=True) == []
    assert house.account_state(account(house)) == "active"


def something_happens(house: House) -> None:
    """What a sweep under a fault could miss: a new notice, an answer to an old one, and two edits of that."""
    city, cast = house.city, house.cast
    old = min(number for number in city.people[cast.city].said if city.posts[number].replies)
    city.say(cast.city, "A new notice")
    answer = city.say(cast.residents[2], "And now?", answering=old)
    house.later(minutes=2)
    city.edit(answer, "And now what?")
    house.later(minutes=2)
    city.edit(answer, "And now what, please?")
    house.later(minutes=2)


# What is no edit.


def test_a_new_field_in_every_status_is_no_edit(town: House) -> None:
    town.server.faults.add(faults.unknown_field("quote_count_new"), times=None)
    for sweep in (FULL, NEW, WATCH):
        town.run(account(town), sweep)
    nothing_invented(town)
    assert any("quote_count_new" in name for run in town.runs() for name in run.drift)
    stored = len(town.exchanges())
    assert town.run(account(town)).outcome == "unchanged", "one answer shows the new field, a second adds nothing"
    assert len(town.exchanges()) == stored
    healed(town)


def test_changed_pictures_of_people_are_no_edit(town: House) -> None:
    town.server.faults.add(faults.changed_avatars(), times=None)
    for person in (town.cast.city, town.cast.residents[0]):
        town.city.change_profile(person, avatar=4711)
    assert town.run(account(town)).outcome in ("complete", "unchanged")
    nothing_invented(town)
    assert len(town.versions(f"account/{town.cast.city}")) == 1
    healed(town)


def test_the_fields_of_another_endpoint_are_no_edit(town: House) -> None:
    """The edit history tells neither visibility nor language; a thread and a list tell both."""
    notice = max(town.city.people[town.cast.city].said)
    key = f"status/{notice}"
    town.city.edit(notice, "Because of the snow.")
    for sweep in (WATCH, FULL, WATCH, FULL):
        town.later(hours=3)
        town.run(account(town), sweep)
    assert [version.text for version in town.versions(key)] == ["Because of the ice.", "Because of the snow."]
    purposes = {exchange.purpose for exchange in town.exchanges()}
    assert {"statuses", "context", "history", "status"} & purposes >= {"statuses", "context", "history"}
    nothing_invented(town)


def test_said_changed_and_changed_back_is_three_versions(town: House) -> None:
    notice = min(town.city.people[town.cast.city].said)
    for text in ("Closed", "Notice 0: the bridge"):
        town.later(hours=1)
        town.city.edit(notice, text)
        town.later(hours=1)
        town.run(account(town))
    texts = [version.text for version in town.versions(f"status/{notice}")]
    assert texts == ["Notice 0: the bridge", "Closed", "Notice 0: the bridge"]
    nothing_invented(town)


def test_said_changed_and_changed_back_in_a_feed_is_three_versions(house: House) -> None:
    news = house.city.say(house.cast.news, "Open")
    feed = house.feed()
    for text in ("Open", "Shut", "Open"):
        if text != house.city.posts[news].wording.text:
            house.city.edit(news, text)
        house.run(feed)
        house.later(hours=1)
    (key,) = house.records()
    assert [version.text.split()[-1] for version in house.versions(key)] == ["Open", "Shut", "Open"]


def test_losing_what_it_answered_is_no_edit_of_an_answer(town: House) -> None:
    """Mastodon blanks the id of an answered status that is deleted."""
    comment = next(post for post in town.city.posts.values() if post.wording.text == "Why 0?")
    (answer,) = comment.replies
    town.city.delete(comment.id)
    for sweep in (WATCH, FULL):
        town.later(hours=1)
        town.run(account(town), sweep)
    assert town.records()[f"status/{comment.id}"].state == "not_returned"
    row = town.records()[f"status/{answer}"]
    assert (row.state, row.versions, row.kind) == ("visible", 1, "comment")
    assert row.parent_id == town.records()[f"status/{comment.id}"].id, "what it answered stays known"


def test_what_is_under_an_own_answer_whose_parent_was_deleted_is_still_captured(town: House) -> None:
    comment = next(post for post in town.city.posts.values() if post.wording.text == "Why 0?")
    (answer,) = comment.replies
    town.city.delete(comment.id)
    below = town.city.say(town.cast.residents[3], "Thank you", answering=answer)
    town.later(hours=1)
    town.run(account(town))
    assert f"status/{below}" in town.records()


# Lists that are not what they should be.


@pytest.mark.parametrize("keep_next", [False, True], ids=["without more", "with more"])
@pytest.mark.parametrize("where", [r"/statuses\?", r"/context"], ids=["notices", "threads"])
def test_a_list_cut_short_is_no_deletion(town: House, where: str, keep_next: bool) -> None:
    town.server.faults.add(faults.cut_list(1, keep_next=keep_next), where, times=None)
    for sweep in (FULL, NEW, WATCH):
        town.run(account(town), sweep)
    nothing_invented(town)
    healed(town)


@pytest.mark.parametrize("where", [r"/statuses\?", r"/context"], ids=["notices", "threads"])
def test_an_empty_list_where_there_were_records_is_suspicious(town: House, where: str) -> None:
    town.server.faults.add(faults.cut_list(0), where, times=None)
    run = town.run(account(town))
    assert run.outcome == "suspicious"
    assert "came back empty" in (run.reason or "")
    nothing_invented(town)
    healed(town)


def test_a_thread_whose_only_comments_were_deleted_is_not_suspicious(town: House) -> None:
    comment = next(post for post in town.city.posts.values() if post.wording.text == "Why 30?")
    deleted = (*comment.replies, comment.id)
    for number in deleted:
        town.city.delete(number)
    assert town.run(account(town)).outcome == "complete"
    gone = {row.key for row in town.records().values() if row.state == "not_returned"}
    assert gone == {f"status/{number}" for number in deleted}
    town.later(hours=1)
    assert town.run(account(town)).outcome == "unchanged"


@pytest.fixture
def small_town(house: House) -> House:
    """An account with two notices that nobody answered, captured once."""
    house.account = house.office()  # type: ignore[attr-defined]
    for words in ("The bridge is closed", "It is open again"):
        house.city.say(house.cast.city, words)
    assert house.run(account(house)).outcome == "complete"
    house.later(days=1)
    return house


def states(house: House) -> set[str]:
    return {row.state for key, row in house.records().items() if key.startswith("status/")}


def test_an_account_that_deleted_all_it_said_is_not_suspicious_for_ever(small_town: House) -> None:
    """The platform counts nothing any more, and says of each that it is not there."""
    for number in sorted(small_town.city.posts, reverse=True):
        small_town.city.delete(number)
    assert small_town.run(account(small_town)).outcome == "complete"
    assert states(small_town) == {"not_returned"}
    small_town.later(days=1)
    assert small_town.run(account(small_town)).outcome == "unchanged"
    assert small_town.gaps(open_only=True) == []
    check_rebuilt(small_town)


def test_that_the_account_emptied_itself_says_nothing_of_what_others_said_to_it(house: House) -> None:
    """The number on its profile does not count that: a server that shows no status any more, theirs included, and a
    profile that counts none, agree on what the account said alone."""
    house.account = house.office()  # type: ignore[attr-defined]
    city, cast = house.city, house.cast
    notice = city.say(cast.city, "The bridge is closed")
    theirs = city.say(cast.residents[0], "Since when?", answering=notice)
    own = city.say(cast.city, "Since noon.", answering=theirs)
    assert house.run(account(house)).outcome == "complete"
    house.later(days=1)
    for number in (own, notice):
        city.delete(number)
    house.server.faults.add(faults.not_found, r"/statuses/\d+", times=None)
    house.run(account(house))
    told = {key: row.state for key, row in house.records().items() if key.startswith("status/")}
    assert told == {
        f"status/{notice}": "not_returned",
        f"status/{own}": "not_returned",
        f"status/{theirs}": "visible",
    }


@pytest.mark.parametrize("standing", ["all", "statuses", "count", "profile"])
def test_an_empty_list_says_nothing_unless_all_else_says_the_same(small_town: House, standing: str) -> None:
    """What still shows that something stands: what is said itself, the number of it, or nobody vouches."""
    add = small_town.server.faults.add
    add(faults.cut_list(0), r"/accounts/\d+/statuses\?", times=None)
    if standing in ("statuses", "profile"):
        add(_counts_nothing, r"/accounts/\d+$", times=None)
    if standing in ("count", "profile"):
        add(faults.not_found, r"/statuses/\d+", times=None)
    if standing == "profile":
        add(faults.server_error(503), r"/accounts/\d+$", after=1, times=None)
    run = small_town.run(account(small_town))
    assert run.outcome in ("suspicious", "partial")
    assert "not_returned" not in run.counts
    assert states(small_town) == {"visible"}
    small_town.server.faults.clear()
    small_town.later(days=1)
    assert small_town.run(account(small_town)).outcome in ("complete", "unchanged")
    assert states(small_town) == {"visible"}


def _counts_nothing(request: Request, response: Response) -> Response:
    return faults.with_json(response, json.loads(response.body) | {"statuses_count": 0})


@pytest.mark.parametrize("sweep", [FULL, NEW, WATCH])
def test_not_found_for_everything_means_nothing(town: House, sweep: str) -> None:
    something_happens(town)
    town.later(hours=1)
    town.server.faults.add(faults.not_found, times=None)
    run = town.run(account(town), sweep)  # type: ignore[arg-type]
    assert run.outcome == "failed"
    assert "not_returned" not in run.counts
    assert not [row for row in town.records().values() if row.state != "visible"]
    assert town.account_state(account(town)) != "gone", "the server is confused, the account is not gone"
    healed(town)


def test_not_found_beside_a_control_that_fails_means_nothing(town: House) -> None:
    person = town.cast.city
    deleted = max(town.city.people[person].said)
    town.city.delete(deleted)
    town.server.faults.add(faults.html_page(200), rf"/statuses/(?!{deleted})\d+$", times=None)
    run = town.run(account(town))
    assert run.counts["looks_undecided"] > 0
    assert run.outcome == "partial"
    assert not [row for row in town.records().values() if row.state != "visible"]
    town.server.faults.clear()
    town.run(account(town))
    assert [row.key for row in town.records().values() if row.state != "visible"] == [f"status/{deleted}"]


@pytest.mark.parametrize("sweep", [FULL, WATCH])
def test_a_profile_that_counts_statuses_vouches_for_none_that_is_gone(town: House, sweep: str) -> None:
    """Every status and every list is said not to be there, and the profile still counts what was said."""
    town.later(hours=1)
    town.server.faults.add(faults.not_found, r"/statuses(/|\?|$)", times=None)
    run = town.run(account(town), sweep)  # type: ignore[arg-type]
    assert run.counts["looks_undecided"] > 0
    assert "not_returned" not in run.counts
    assert not [row for row in town.records().values() if row.state != "visible"]
    assert town.account_state(account(town)) == "active"
    healed(town)


def test_what_is_said_not_to_be_there_and_is_shown_right_afterwards_stands(small_town: House) -> None:
    """The list names it, so it is asked for once more, beside itself."""
    fault = small_town.server.faults.add(faults.not_found, rf"/statuses/{max(small_town.city.posts)}$")
    run = small_town.run(account(small_town), WATCH)
    assert (fault.hits, run.counts["looks_undecided"]) == (1, 1)
    assert states(small_town) == {"visible"}


def test_an_account_that_is_gone_is_said_to_be_gone(town: House) -> None:
    person = town.cast.city
    town.server.faults.add(faults.not_found, rf"/accounts/{person}(/|$)", times=None)
    run = town.run(account(town), NEW)
    assert (run.outcome, town.account_state(account(town))) == ("failed", "gone")
    assert town.records()[f"account/{person}"].state == "not_returned"
    healed_states = {row.state for key, row in town.records().items() if key.startswith("status/")}
    assert healed_states == {"visible"}, "of its statuses nobody said anything"


def test_a_list_that_is_gone_while_its_account_is_there_is_a_gap(town: House) -> None:
    town.server.faults.add(faults.not_found, r"/accounts/\d+/statuses", times=None)
    run = town.run(account(town), NEW)
    assert run.outcome in ("partial", "failed")
    assert town.account_state(account(town)) == "active"
    assert town.gaps(open_only=True)
    healed(town)


def test_a_cursor_in_circles_ends_the_list_with_a_gap(town: House) -> None:
    town.server.faults.add(faults.repeating_cursor, r"/statuses\?", times=None)
    run = town.run(account(town))
    assert run.outcome == "partial"
    assert "contract" in (run.reason or "")
    assert not town.coverage(run)["statuses"].complete
    assert town.gaps(open_only=True)
    assert len([one for one in town.server.log if one.target.endswith("statuses?limit=40")]) < 20
    nothing_invented(town)
    healed(town)


def test_an_empty_page_is_not_the_end(new_house: Callable[..., House]) -> None:
    house = new_house()
    for number in range(90):
        house.city.say(house.cast.city, f"Notice {number}", at=START - timedelta(hours=100 - number))
    office = house.office()
    house.server.faults.add(faults.empty_page, r"/statuses\?", after=1, times=1)
    assert house.run(office).outcome == "complete"
    check_mastodon(house, house.cast.city, authorised=False)
    assert len(house.records()) == 92


def test_records_on_two_pages_are_one_record(town: House) -> None:
    town.server.faults.add(faults.duplicate_across_pages(), r"/statuses\?", times=None)
    something_happens(town)
    assert town.run(account(town)).outcome == "complete"
    nothing_invented(town)
    healed(town)


# Answers that are none.

_BROKEN: dict[str, Alter] = {
    "an error page": faults.html_page(502),
    "a maintenance page in place of data": faults.html_page(200),
    "a cut body": faults.cut_body(100),
    "nothing at all": faults.cut_body(-1),
    "fewer bytes than stated": faults.wrong_length(10),
    "more bytes than stated": faults.wrong_length(-10),
    "an internal error": faults.server_error(500),
}


@pytest.mark.parametrize(
    ("where", "name"),
    [
        *((r"/accounts/\d+/statuses\?", name) for name in _BROKEN),
        *(("/context", name) for name in ("a maintenance page in place of data", "a cut body")),
        *(("/history", name) for name in ("a maintenance page in place of data", "an internal error")),
    ],
)
def test_an_answer_that_is_none_is_a_gap_and_made_up_for(town: House, where: str, name: str) -> None:
    something_happens(town)
    town.server.faults.add(_BROKEN[name], where, times=None)
    run = town.run(account(town))
    assert run.outcome == "partial", run.reason
    assert town.gaps(open_only=True)
    healed(town)


@pytest.mark.parametrize("name", [name for name in _BROKEN if "maintenance" not in name and "more bytes" not in name])
def test_an_answer_that_fails_once_is_asked_for_again(town: House, name: str) -> None:
    something_happens(town)
    town.server.faults.add(_BROKEN[name], r"/statuses\?", after=1, times=1)
    assert town.run(account(town)).outcome == "complete"
    assert town.gaps(open_only=True) == []
    nothing_invented(town)


@pytest.mark.parametrize("sweep", [FULL, NEW])
def test_an_error_on_the_third_page_keeps_the_first_two_and_is_a_gap(
    new_house: Callable[..., House], sweep: str
) -> None:
    house = new_house()
    for number in range(130):
        house.city.say(house.cast.city, f"Notice {number}", at=START - timedelta(hours=200 - number))
    office = house.office()
    house.server.faults.add(faults.server_error(503), r"/statuses\?", after=2, times=None)
    run = house.run(office, sweep)  # type: ignore[arg-type]
    assert run.outcome == "partial"
    assert (run.reason or "").startswith("statuses: transient")
    assert len(house.records()) == 82
    (gap,) = house.gaps(open_only=True)
    assert (gap.stream, gap.cause) == ("posts", "transient")
    house.server.faults.clear()
    house.later(minutes=30)
    assert house.run(office, sweep).outcome == "complete"  # type: ignore[arg-type]
    assert len(house.records()) == 132
    if sweep is NEW:
        assert house.run(office, FULL).outcome in ("complete", "unchanged")
    check_mastodon(house, house.cast.city, authorised=False)
    assert house.gaps(open_only=True) == []


def test_a_named_reset_is_waited_for(town: House) -> None:
    something_happens(town)
    reset = town.clock.now() + timedelta(minutes=4)
    limited = faults.too_many_requests(reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    town.server.faults.add(limited, r"/statuses\?", after=1, times=1)
    before = town.patience.waited
    assert town.run(account(town)).outcome == "complete"
    assert town.patience.waited - before >= timedelta(minutes=3, seconds=59)
    nothing_invented(town)


def test_a_reset_far_away_ends_the_run_with_a_gap(town: House) -> None:
    something_happens(town)
    reset = town.clock.now() + timedelta(hours=2)
    limited = faults.too_many_requests(reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    town.server.faults.add(limited, after=4, times=None)
    asked = len(town.server.log)
    run = town.run(account(town))
    assert run.outcome == "partial"
    assert "rate" in {gap.cause for gap in town.gaps(open_only=True)}
    assert len(town.server.log) - asked < 12, "asking on is what the platform asked not to do"
    town.later(hours=3)
    healed(town)


def test_a_sign_in_that_expires_needs_a_person_and_the_public_part_goes_on(town: House) -> None:
    something_happens(town)
    message = town.city.say(town.cast.residents[4], "@larkmere are you there?", visibility="direct")
    town.server.faults.add(faults.expired_token, times=None)
    asked = len(town.server.log)
    run = town.run(account(town))
    assert run.outcome == "failed"
    assert (run.reason or "").startswith("sign_in_expired")
    assert town.account_state(account(town)) == "sign_in_needed"
    signed = [one for one in list(town.server.log)[asked:] if one.authorised]
    assert len(signed) == 1, "never again with a sign-in that was refused"
    assert {"A new notice", "And now what, please?"} <= {row.text for row in town.rows_of_versions()}
    assert f"status/{message}" not in town.records()
    assert {gap.cause for gap in town.gaps(open_only=True)} == {"sign_in_expired"}
    healed(town)
    assert f"status/{message}" in town.records()


def test_a_sign_in_that_expires_in_the_middle_keeps_what_was_seen_before(town: House) -> None:
    something_happens(town)
    town.server.faults.add(faults.expired_token, r"/notifications", times=None)
    run = town.run(account(town))
    assert run.outcome == "failed"
    assert town.account_state(account(town)) == "sign_in_needed"
    nothing_invented(town)
    healed(town)


# Questions that are no list.


def test_a_question_that_is_given_up_is_a_gap_until_a_full_sweep_has_put_it_again(town: House) -> None:
    """Its answer alone tells of the state between two edits, and no list is asked for again because of it."""
    something_happens(town)
    fault = town.server.faults.add(faults.html_page(200), "/history", times=None)
    for sweep in (FULL, *[NEW] * 5):
        town.later(minutes=5)
        town.run(account(town), sweep)
    asked = fault.hits
    town.later(minutes=5)
    town.run(account(town), NEW)
    assert fault.hits == asked, "it is given up"
    town.run(account(town), FULL)
    assert fault.hits > asked
    assert town.gaps(open_only=True), "a full sweep that gets no answer either makes up for nothing"
    town.server.faults.clear()
    town.later(minutes=5)
    town.run(account(town), NEW)
    assert town.gaps(open_only=True), "nor does another sweep"
    town.later(minutes=5)
    assert town.run(account(town), FULL).outcome in ("complete", "unchanged")
    assert town.gaps(open_only=True) == []
    nothing_invented(town)
    check_rebuilt(town, anew=True)
