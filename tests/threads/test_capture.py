"""The Threads connector in the engine, over a real socket: what is seen, by whom, what is not, what is never kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from archiver.accounts import tokens
from archiver.capture import watching
from archiver.practice.faults import Alter
from archiver.practice.threads_api import BASIC, MENTIONS, READ_REPLIES
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.scenes import (
    GOOD,
    goes_and_comes_back,
    in_every_form,
    in_the_middle,
    is_no_deletion,
    is_not_added,
    leaves_no_token,
    loses_no_record,
    waits_until_access_is_regained,
)
from tests.graph.truth import public_words
from tests.threads.account import TOKEN, Account, account, key_of

_YEAR = timedelta(days=365)


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


def asked_of(house: House, edge: str, since: int = 0) -> list[dict[str, list[str]]]:
    """What was asked of an edge, as the parameters of each question."""
    targets = [urlsplit(one.target) for one in list(house.server.log)[since:]]
    return [parse_qs(one.query) for one in targets if one.path.endswith(f"/{edge}")]


# What is seen.


def test_replies_at_every_level_pictures_and_polls_are_seen_and_make_no_edits(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    post, (top, *_) = found.talk(2)
    reply = city.say(people[1], "a reply", answering=top)
    own = city.say(found.id, "our answer to it", answering=reply)
    deeper = city.say(people[2], "and to that", answering=own)
    city.edit(post, replace(city.posts[post].wording, media=(city.picture("a"), city.picture("b"))))
    asking = city.say(found.id, "Which street first?")
    poll = {"option_a": "Oak", "option_b": "Elm", "option_a_votes_percentage": 0.5, "total_votes": 4}
    found.talks.more[asking] = {
        "poll_attachment": poll, "topic_tag": "Streets", "link_attachment_url": "https://city.example/?fbclid=x",
        "text_attachment": {"plaintext": "All of the plan."},
    }  # fmt: skip
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    chain = [key_of(one) for one in (post, top, reply, own, deeper)]
    assert [records[key].parent_id for key in chain[1:]] == [records[key].id for key in chain[:-1]]
    assert {records[key].thread_id for key in chain} == {records[chain[0]].id}
    assert {records[key].access for key in chain} == {"public"}
    assert records[chain[3]].author_id == str(found.id)
    told = records[key_of(asking)]
    assert told.counts == {"votes": 4}
    assert house.versions(told.key)[-1].text == "Which street first?\n\nAll of the plan.\n\nOak\nElm"
    pictures = [one for one in house.server.log if "/threads/pictures/" in one.target]
    assert len([one for one in house.media() if one.state == "fetched" and one.key.startswith("image/")]) == 2
    assert not any(one.authorised for one in pictures), "the token goes to the API alone"
    # By now every address is signed anew, and names of people and votes are others.
    house.later(hours=2)
    stored = len(house.exchanges())
    poll["total_votes"] = 9
    for person in people:
        city.change_profile(person, avatar=person % 9973, name="Another Name")
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    assert {row.versions for row in house.records().values()} == {1}
    assert len([one for one in house.server.log if "/threads/pictures/" in one.target]) == len(pictures)


def test_a_new_reply_is_found_by_the_cheap_sweep_also_under_an_old_post(found: Account) -> None:
    house, city = found.house, found.house.city
    _, (first, *_) = found.talk()
    for _ in range(3):
        found.talk(1)
    house.run(found.account, NEW)
    house.later(days=3)
    late = city.say(found.cast.residents[0], "late reply", answering=first)
    since = len(house.server.log)
    house.run(found.account, NEW)
    assert key_of(late) in house.records()
    indexes = [one for one in asked_of(house, "conversation", since) if one["reverse"] == ["false"]]
    assert len(indexes) == 2, "which there are and their words, only of that one"
    since = len(house.server.log)
    assert house.run(found.account, NEW).outcome == "unchanged"
    assert {tuple(one["limit"]) for one in asked_of(house, "conversation", since)} == {("1",)}


def test_what_is_said_elsewhere_is_seen_once_and_by_whom(found: Account) -> None:
    house, city, (anna, ben, *_) = found.house, found.house.city, found.cast.residents
    handle = city.people[found.id].handle
    _, (under, *_) = found.talk()
    naming = city.say(anna, f"Snow on Oak Street, @{handle}")
    answer = city.say(found.id, "We are on our way.", answering=naming)
    elsewhere = city.say(ben, f"@{handle} here too", answering=naming)
    here = city.say(ben, f"@{handle} thanks", answering=under)
    hidden = city.say(ben, f"@{handle} you fools", answering=under)
    city.hide(hidden)
    passed_on = city.share(found.id, naming)
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    for number in (naming, elsewhere):
        row = records[f"mention/{number}"]
        assert (row.kind, row.access, row.state) == ("mention", "public", "visible")
        assert city.posts[number].wording.text == house.versions(row.key)[-1].text
    assert {f"mention/{one}" for one in (here, hidden)} & set(records) == set(), "they stand under our own posts"
    assert [records[key_of(one)].kind for one in (answer, here, hidden)] == ["comment"] * 3
    assert [records[key_of(one)].access for one in (answer, here, hidden)] == ["public", "public", "private"]
    assert (records[key_of(passed_on)].kind, records[key_of(passed_on)].word) == ("share", "repost")
    assert key_of(hidden) not in public_words(house)
    house.later(days=1)
    city.delete(answer)
    city.delete(elsewhere)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(answer) == ["not_returned"]
    assert house.records()[f"mention/{elsewhere}"].state == "visible", "nothing is said of what others said elsewhere"
    with house.archive.database.read() as connection:
        watched = watching.threads(connection, found.account, house.archive.settings, house.clock.now() + _YEAR)
    assert not {ref.key for ref in watched} & {f"mention/{naming}", key_of(passed_on)}


def test_of_a_reply_elsewhere_that_nobody_says_who_sees_nothing_is_public(found: Account) -> None:
    house, city = found.house, found.house.city
    naming = city.say(found.cast.residents[0], "Snow on Oak Street")
    answer = city.say(found.id, "We are on our way.", answering=naming)
    found.talks.statuses[answer] = None
    house.run(found.account, FULL)
    assert house.records()[key_of(answer)].access == "private"
    assert house.versions(key_of(answer))[-1].text == "We are on our way."


# Edited, hidden, deleted, not to be told.


@pytest.mark.law("R16", "R18", "R41")
def test_edits_hiding_and_deletions_are_told_with_evidence_and_again_from_the_store_alone(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    kept, (one, two, three, four) = found.talk(4)
    gone, under = found.talk(1)
    answers = [city.say(people[n], f"answer {n}", answering=three) for n in range(2)]
    house.run(found.account, FULL)

    house.later(days=1)
    hidden_at = house.clock.now()
    city.edit(kept, "Main Street is closed on Tuesday.")
    city.edit(one, "corrected")
    city.hide(two)
    city.delete(three)
    city.delete(gone)
    house.run(found.account, FULL)
    assert found.states(kept, one, two, four) == ["visible", "visible", "hidden_by_page", "visible"]
    assert set(found.states(three, *answers, gone, *under)) == {"not_returned"}
    evidence = [len(house.states(key_of(number))[-1].evidence) for number in (three, *answers, gone, *under)]
    assert evidence == [2] * 5

    house.later(days=1)
    last = house.clock.now()
    city.unhide(two)
    city.edit(one, "comment 0")
    house.later(minutes=1)
    house.run(found.account, FULL)
    told = house.states(key_of(two))
    assert [state.state for state in told] == ["visible", "hidden_by_page", "visible"]
    assert hidden_at <= told[1].from_at <= told[1].last_at <= last <= told[2].from_at
    versions = house.versions(key_of(one))
    assert [row.text for row in versions] == ["comment 0", "corrected", "comment 0"]
    assert {row.as_of for row in versions} == {None}, "Threads gives no time of an edit"
    check_rebuilt(house)


@pytest.mark.law("R16")
def test_what_is_deleted_while_nobody_else_vouches_is_left_undecided(found: Account) -> None:
    """The only reply of anybody: whether it is gone, or replies may not be read any more, nobody can tell."""
    house, city = found.house, found.house.city
    _, (one,) = found.talk(1)
    own = city.say(found.id, "our own answer", answering=one)
    other, _ = found.talk(0)
    city.say(found.id, "more of ours", answering=other)
    house.run(found.account, FULL)
    house.later(days=1)
    city.delete(one)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert found.states(one, own) == ["visible", "visible"]
    house.later(days=1)
    city.say(found.cast.residents[2], "somebody else, elsewhere", answering=other)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(one, own) == ["not_returned", "not_returned"]


@pytest.mark.beyond("SOMETHING_NEW")
@pytest.mark.law("R4", "R16")
def test_what_not_everybody_sees_is_kept_as_private_with_its_words(found: Account) -> None:
    house, city, (_, ben, carla, *_) = found.house, found.house.city, found.cast.residents
    _, (one, other, last) = found.talk()
    reply = city.say(ben, "under what is hidden", answering=one)
    below = city.say(carla, "and under that", answering=reply)
    city.hide(one)
    found.talks.statuses |= {reply: "NOT_HUSHED", below: "NOT_HUSHED"}  # it goes by what they answer all the same
    blocked = city.say(ben, "from somebody blocked", answering=other)
    covered = city.say(ben, "covered", answering=other)
    unknown = city.say(ben, "in a word nobody knows", answering=other)
    found.talks.statuses |= {blocked: "BLOCKED", covered: "COVERED", unknown: "SOMETHING_NEW"}
    ghost = city.say(found.id, "Ask us anything, today only")
    found.talks.ghosts.add(ghost)
    house.run(found.account, NEW)
    house.run(found.account, FULL)
    assert key_of(ghost) in public_words(house), "it stands for a day"
    house.later(days=2)
    late = city.say(found.id, "Only yesterday")
    found.talks.ghosts.add(late)
    house.later(days=2)
    assert house.run(found.account, FULL).outcome in GOOD
    hidden = [one, reply, below, blocked, covered, unknown, late]
    records = house.records()
    private = {key for key, row in records.items() if row.access == "private" and row.kind != "settings"}
    assert private == {key_of(number) for number in hidden}
    assert {records[key_of(n)].access for n in (other, last, ghost)} == {"public"}
    assert not {key_of(number) for number in hidden} & public_words(house)
    assert [house.versions(key_of(n))[-1].text for n in hidden] == [city.posts[n].wording.text for n in hidden]
    assert found.states(one, blocked, covered, unknown, ghost, late) == [
        "hidden_by_page", "restricted", "restricted", "visible", "restricted", "restricted",
    ]  # fmt: skip


def test_where_nothing_of_others_is_shown_by_its_id_words_are_kept_and_nothing_is_told_as_gone(found: Account) -> None:
    """As to an app that Meta has not reviewed yet."""
    house, city = found.house, found.house.city
    found.talks.own_only = True
    _, (one, two, three) = found.talk()
    city.hide(two)
    assert house.run(found.account, FULL).outcome == "complete"
    assert [house.versions(key_of(n))[-1].text for n in (one, two, three)] == ["comment 0", "comment 1", "comment 2"]
    assert {house.records()[key_of(n)].access for n in (one, two, three)} == {"private"}
    house.later(days=1)
    city.delete(three)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert found.states(one, two, three) == ["visible", "hidden_by_page", "visible"]


@pytest.mark.law("R16", "R17")
def test_a_reply_that_waits_is_held_and_private_until_it_is_approved(found: Account) -> None:
    house = found.house
    post = house.city.say(found.id, "Tell us what you think.")
    found.talks.approving.add(post)
    waiting, passed_over, last = [
        house.city.say(found.cast.residents[n], f"opinion {n}", answering=post) for n in range(3)
    ]
    found.talks.ignored.add(passed_over)
    other, _ = found.talk()
    assert house.run(found.account, FULL).outcome == "complete"
    assert set(found.states(waiting, passed_over, last)) == {"held_for_review"}
    assert not {key_of(one) for one in (waiting, passed_over, last)} & public_words(house)
    assert house.versions(f"approvals/{post}")[-1].text == "replies: shown once they are approved"
    assert f"approvals/{other}" not in house.records()
    found.talks.approved.add(waiting)
    house.later(days=1)
    house.city.delete(last)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(waiting, passed_over, last) == ["visible", "held_for_review", "not_returned"]
    told = [state.state for state in house.states(key_of(waiting))]
    assert told == ["held_for_review", "visible"]
    assert house.records()[key_of(waiting)].access == "public"
    assert len(house.versions(key_of(waiting))) == 1, "that it was approved is no edit"


@pytest.mark.law("R17")
def test_who_may_answer_is_a_setting_of_its_own(found: Account) -> None:
    house = found.house
    post, replies = found.talk()
    house.run(found.account, FULL)
    found.talks.audiences[post] = "MENTIONED_ONLY"
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    told = [row.text for row in house.versions(f"audience/{post}")]
    assert told == ["who may reply: everyone", "who may reply: mentioned only"]
    assert house.records()[f"audience/{post}"].kind == "settings"
    assert {house.records()[key_of(one)].versions for one in (post, *replies)} == {1}


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    "permissions", [{READ_REPLIES}, pytest.param({BASIC}, marks=pytest.mark.long)], ids=["replies", "everything"]
)
def test_a_permission_that_is_lost_is_no_deletion(found: Account, permissions: set[str]) -> None:
    def withhold(some: set[str]) -> None:
        found.talks.withheld = some

    loses_no_record(found, withhold, permissions)


@pytest.mark.long
def test_what_people_said_who_closed_their_profile_is_not_returned_and_comes_back(found: Account) -> None:
    goes_and_comes_back(found, found.talks.closed)


@pytest.mark.long
def test_a_part_that_is_not_permitted_is_a_gap_and_the_rest_goes_on(found: Account) -> None:
    house = found.house
    found.talks.withheld = {MENTIONS}
    _, replies = found.talk()
    assert house.run(found.account, FULL).outcome == "partial"
    assert set(found.states(*replies)) == {"visible"}
    assert house.gaps(open_only=True)


def test_the_token_of_another_account_shows_nothing_of_it(found: Account) -> None:
    """One was stored by mistake."""
    house, city = found.house, found.house.city
    other = city.join("another_account", "Another", home="threads", official=True)
    city.say(other, "not for the city")
    found.server.tokens["THAAOtherToken0123456789abcdef"] = other
    found.talk()
    house.run(found.account, FULL)
    before = set(house.records())
    tokens.keep(house.archive, found.account, "THAAOtherToken0123456789abcdef")
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert set(house.records()) == before
    assert {row.state for row in house.records().values()} == {"visible"}


# Faults.


def test_an_empty_page_is_not_the_end_and_no_address_with_the_token_is_followed(found: Account) -> None:
    house = found.house
    found.server.page, found.server.empty_pages = 2, True
    said = [found.talk(3) for _ in range(3)]
    replies = [house.city.say(found.cast.residents[0], f"r{n}", answering=said[0][1][0]) for n in range(4)]
    house.city.hide(said[0][1][1])
    assert house.run(found.account, FULL).outcome == "complete"
    numbers = [*replies, *(n for post, under in said for n in (post, *under))]
    assert {key_of(n) for n in numbers} <= set(house.records())
    assert key_of(said[0][1][1]) not in public_words(house)
    assert not any("access_token" in one.target for one in house.server.log)


@in_the_middle("ambiguous")
def test_a_fault_in_the_middle_is_no_deletion(found: Account, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, "/conversation")


@pytest.mark.long
def test_a_spent_allowance_ends_the_run_until_access_is_regained(found: Account) -> None:
    waits_until_access_is_regained(found)


# Secrets.


def test_an_account_is_not_added_without_a_token_of_its_own(found: Account) -> None:
    is_not_added(
        found,
        "access token of the account",
        {
            TOKEN: "one of another account",
            "THAA-no-such-token-0123456789": "does not accept",
            "EAAnotATokenOfThreads0123456789": "Facebook",
        },
    )


@pytest.mark.law("R71")
@in_every_form
def test_no_token_is_left_anywhere(found: Account, form: str, caplog: pytest.LogCaptureFixture) -> None:
    leaves_no_token(found, form, caplog)
