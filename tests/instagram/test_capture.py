"""The Instagram connector in the engine, over a real socket: what is seen, by whom, what is not, what is never kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archiver.accounts import tokens
from archiver.capture import watching
from archiver.practice.faults import Alter
from archiver.practice.instagram_api import BASIC, COMMENTS, MESSAGES
from tests.capture.house import FULL, NEW, WATCH, House
from tests.graph.scenes import (
    GOOD,
    goes_and_comes_back,
    in_every_form,
    in_the_middle,
    is_left_undecided,
    is_no_deletion,
    is_not_added,
    leaves_no_token,
    loses_no_record,
    waits_until_access_is_regained,
)
from tests.graph.truth import public_words
from tests.instagram.account import TOKEN, Account, account

_YEAR = timedelta(days=365)


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


# What is seen.


def test_comments_at_every_level_pictures_and_counts_are_seen_and_make_no_edits(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    found.gallery.inside = 1  # so that replies go on in a list of their own
    post, (top, *_) = found.talk(2)
    reply = city.say(people[1], "a reply", answering=top)
    deeper = city.say(people[2], "a reply to it", answering=reply)
    city.edit(post, replace(city.posts[post].wording, media=(city.picture("a"), city.picture("b"))))
    city.like(post, people[0])
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    row = records[found.key_of(post)]
    assert {records[found.key_of(one)].parent_id for one in (reply, deeper)} == {records[found.key_of(top)].id}
    assert {records[found.key_of(one)].thread_id for one in (reply, deeper, top)} == {row.id}
    assert (row.word, row.counts["likes"], row.counts["comments"]) == ("album", 1, 4)
    assert records[f"comments/{post}"].kind == "settings"
    pictures = [one for one in house.server.log if "/instagram/pictures/" in one.target]
    assert len([one for one in house.media() if one.state == "fetched" and one.key.startswith("image/")]) == 2
    assert pictures
    assert not any(one.authorised for one in pictures), "the token goes to the API alone"
    # By now every address is signed anew, and counts and names of people are others.
    house.later(hours=2)
    stored = len(house.exchanges())
    for person in people:
        city.like(top, person)
        city.change_profile(person, avatar=person % 9973, name="Another Name")
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    assert {row.versions for row in house.records().values()} == {1}
    assert len([one for one in house.server.log if "/instagram/pictures/" in one.target]) == len(pictures)


def test_a_new_comment_is_found_by_the_cheap_sweep_also_under_an_old_post(found: Account) -> None:
    house, city = found.house, found.house.city
    old, _ = found.talk()
    for _ in range(3):
        found.talk(1)
    tagged = city.say(found.cast.residents[0], "Snow on Oak Street, @larkmere_photos")
    house.run(found.account, NEW)
    house.later(days=3)
    late = city.say(found.cast.residents[0], "late comment", answering=old)
    asked = len(house.server.log)
    house.run(found.account, NEW)
    records = house.records()
    assert (records[f"tag/{tagged}"].kind, records[f"tag/{tagged}"].access) == ("mention", "public")
    assert found.key_of(late) in records
    assert len([one for one in list(house.server.log)[asked:] if f"/{old}/comments?" in one.target]) == 2
    assert len([one for one in list(house.server.log)[asked:] if "/comments?" in one.target]) == 2, "only of that one"


# Edited, hidden, deleted, not to be told.


@pytest.mark.law("R16", "R18")
def test_edits_hiding_and_deletions_are_told_with_evidence(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    kept, (one, two, three) = found.talk()
    gone, under = found.talk(1)
    answers = [city.say(people[n], f"answer {n}", answering=three) for n in range(2)]
    city.say(people[0], "@larkmere_photos my permit?", visibility="direct")
    house.run(found.account, FULL)

    house.later(days=1)
    hidden_at = house.clock.now()
    city.edit(kept, "Main Street is closed on Tuesday.")
    city.edit(one, "corrected")
    city.hide(two)
    city.delete(three)
    city.delete(gone)
    house.run(found.account, FULL)
    assert found.states(kept, one, two) == ["visible", "visible", "hidden_by_page"]
    assert set(found.states(three, *answers, gone, *under)) == {"not_returned"}
    evidence = [len(house.states(found.key_of(number))[-1].evidence) for number in (three, *answers, gone, *under)]
    assert evidence == [2] * 5

    house.later(days=1)
    last = house.clock.now()
    city.unhide(two)
    city.edit(one, "comment 0")
    house.later(minutes=1)
    house.run(found.account, FULL)
    told = house.states(found.key_of(two))
    assert [state.state for state in told] == ["visible", "hidden_by_page", "visible"]
    assert hidden_at <= told[1].from_at <= told[1].last_at <= last <= told[2].from_at
    versions = house.versions(found.key_of(one))
    assert [row.text for row in versions] == ["comment 0", "corrected", "comment 0"]
    assert [row.text for row in house.versions(found.key_of(kept))] == [
        "Main Street is closed on Monday.", "Main Street is closed on Tuesday.",
    ]  # fmt: skip
    assert {row.as_of for row in versions} == {None}, "Instagram gives no time of an edit"


@pytest.mark.law("R16")
def test_what_is_deleted_while_nothing_else_vouches_is_left_undecided(found: Account) -> None:
    is_left_undecided(found)


@pytest.mark.law("R4", "R16")
def test_what_not_everybody_sees_is_kept_as_private_with_its_words(found: Account) -> None:
    house, city, (anna, ben, *_) = found.house, found.house.city, found.cast.residents
    _, (one, other, last) = found.talk()
    reply = city.say(ben, "under what is hidden", answering=one)
    city.hide(one)
    asked = city.say(anna, "@larkmere_photos my permit?", visibility="direct")
    house.run(found.account, NEW)
    house.later(days=1)
    again = city.say(anna, "@larkmere_photos hello?", visibility="direct")
    house.run(found.account, NEW)
    house.run(found.account, FULL)
    records = house.records()
    hidden = [found.key_of(one), found.key_of(reply)]
    messages = [f"message/aWdf_{number:x}" for number in (asked, again)]
    private = {*hidden, *messages, f"conversation/aWc_{anna}"}
    assert {key for key, row in records.items() if row.access == "private"} == private
    assert {records[found.key_of(n)].access for n in (other, last)} == {"public"}
    assert not private & public_words(house)
    assert [house.versions(key)[-1].text for key in hidden] == ["comment 0", "under what is hidden"]
    assert {records[key].thread_id for key in messages} == {records[f"conversation/aWc_{anna}"].id}


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    "permissions", [{COMMENTS}, pytest.param({BASIC}, marks=pytest.mark.long)], ids=["comments", "everything"]
)
def test_a_permission_that_is_lost_is_no_deletion(found: Account, permissions: set[str]) -> None:
    def withhold(some: set[str]) -> None:
        found.gallery.withheld = some

    loses_no_record(found, withhold, permissions)


@pytest.mark.law("R17")
def test_comments_that_are_turned_off_are_a_setting_and_no_deletion(found: Account) -> None:
    house = found.house
    post, comments = found.talk()
    found.talk()
    house.run(found.account, FULL)
    found.gallery.closed.add(post)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    house.later(hours=1)
    house.run(found.account, WATCH)
    assert set(found.states(post, *comments)) == {"visible"}
    assert [row.text for row in house.versions(f"comments/{post}")] == ["comments: open", "comments: turned off"]
    found.gallery.closed.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert [row.text for row in house.versions(f"comments/{post}")][-1] == "comments: open"


@pytest.mark.long
def test_what_restricted_people_said_is_not_returned_and_comes_back(found: Account) -> None:
    goes_and_comes_back(found, found.gallery.restricted)


def test_a_story_is_seen_on_every_sweep_and_that_it_is_over_says_nothing(found: Account) -> None:
    house = found.house
    found.talk()
    house.run(found.account, FULL)
    for sweep, number in ((NEW, 91), (WATCH, 92)):
        found.gallery.stories.append((number, house.clock.now(), "City Hall at night"))
        house.later(hours=1)
        house.run(found.account, sweep)
    house.later(days=2)
    for sweep in (NEW, WATCH, FULL):
        assert house.run(found.account, sweep).outcome in GOOD
    records = house.records()
    for key in ("story/91", "story/92"):
        assert (records[key].kind, records[key].access, records[key].state) == ("story", "public", "visible")
        assert [state.state for state in house.states(key)] == ["visible"]
    assert {one.key for one in house.media() if one.state == "fetched"} >= {"image/91", "image/92"}
    with house.archive.database.read() as connection:
        watched = watching.threads(connection, found.account, house.archive.settings, house.clock.now() + _YEAR)
    assert not any(ref.key.startswith("story/") for ref in watched), "what nobody answers is not looked at again"


@pytest.mark.long
def test_a_part_that_is_not_permitted_is_a_gap_and_the_rest_goes_on(found: Account) -> None:
    house = found.house
    found.gallery.withheld = {MESSAGES}
    _, comments = found.talk()
    assert house.run(found.account, FULL).outcome == "partial"
    assert set(found.states(*comments)) == {"visible"}
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"messages"}


def test_conversations_of_another_page_are_not_taken_for_those_of_the_account(found: Account) -> None:
    """A token of another Page, with an account of its own, was stored by mistake."""
    house, city = found.house, found.house.city
    other = city.join("another_account", "Another", home="instagram", official=True)
    city.say(found.cast.residents[0], "@another_account not for the city", visibility="direct")
    found.server.tokens["EAAOtherToken0123456789abcdef"] = other
    found.talk()
    house.run(found.account, FULL)
    tokens.keep(house.archive, found.account, "EAAOtherToken0123456789abcdef")
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert not any(key.startswith(("conversation/", "message/")) for key in house.records())
    assert {row.state for row in house.records().values()} == {"visible"}


# Faults.


def test_an_empty_page_is_not_the_end_and_no_address_with_the_token_is_followed(found: Account) -> None:
    house = found.house
    found.server.page, found.server.empty_pages, found.gallery.inside = 2, True, 1
    said = [found.talk(3) for _ in range(3)]
    replies = [house.city.say(found.cast.residents[0], f"r{n}", answering=said[0][1][0]) for n in range(4)]
    assert house.run(found.account, FULL).outcome == "complete"
    numbers = [*replies, *(n for post, comments in said for n in (post, *comments))]
    assert {found.key_of(n) for n in numbers} <= set(house.records())
    assert not any("access_token" in one.target for one in house.server.log)


@in_the_middle("ambiguous")
def test_a_fault_in_the_middle_is_no_deletion(found: Account, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, "/comments")


@pytest.mark.long
def test_a_spent_allowance_ends_the_run_until_access_is_regained(found: Account) -> None:
    waits_until_access_is_regained(found)


# Secrets.


def test_an_account_is_not_added_without_the_token_of_its_page(found: Account) -> None:
    is_not_added(
        found,
        "linked Page",
        {
            TOKEN: "not linked to this account",
            "EAA-no-such-token-0123456789": "does not accept",
            "IGAAnotATokenOfAPage0123456789": "Instagram login",
        },
    )


@pytest.mark.law("R71")
@in_every_form
def test_no_token_is_left_anywhere(found: Account, form: str, caplog: pytest.LogCaptureFixture) -> None:
    leaves_no_token(found, form, caplog)
