"""What a Mastodon server counts against what was captured of it, held against what really happened in the city."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from archiver.capture.models import Watch
from archiver.capture.rebuild import rebuild
from archiver.capture.standing import reached
from archiver.practice.faults import server_error
from archiver.records import digests
from archiver.records.completeness import Why
from tests.capture.house import FULL, NEW, START, WATCH, House
from tests.counts.asking import differing, own, shares, thread

MASTODON = "mastodon"


def said(house: House, answers: int = 3) -> tuple[int, list[int]]:
    """A post of the office, and answers to it."""
    post = house.city.say(house.cast.city, "The bridge is shut.", at=START - timedelta(hours=9))
    people = house.cast.residents
    return post, [
        house.city.say(people[n % 3], f"Why {n}?", answering=post, at=START - timedelta(hours=8 - n))
        for n in range(answers)
    ]


def key(number: int) -> str:
    return f"status/{number}"


def test_a_thread_that_was_read_whole_has_what_the_platform_counts(house: House) -> None:
    post, (first, *_) = said(house)
    house.city.say(house.cast.residents[1], "Ice, they say.", answering=first, at=START - timedelta(hours=2))
    house.clock.at = START
    office = house.office()
    house.run(office)
    found = thread(house, office, MASTODON, key(post))
    assert (found.explained.platform, found.explained.archived) == (4, 4)
    assert found.explained.state == "complete"
    assert found.words == ()
    assert shares(house, office, MASTODON).unexplained == 0
    assert shares(house, office, MASTODON).complete >= 1


def test_what_is_deleted_stays_in_the_archive_and_is_said_to(house: House) -> None:
    post, (first, *_) = said(house)
    house.clock.at = START
    office = house.office()
    house.run(office)
    house.later(hours=1)
    house.city.delete(first)
    house.run(office)
    found = thread(house, office, MASTODON, key(post))
    assert (found.explained.platform, found.explained.archived) == (2, 3)
    assert found.explained.parts == {Why.NOT_RETURNED: 1}
    assert found.words == ("1 the archive saw that the platform no longer returns",)


def test_what_is_counted_and_not_shown_is_told_and_not_asked_for_ever(house: House) -> None:
    post, (first, *_) = said(house)
    house.city.hide(first)
    house.clock.at = START
    office = house.office()
    house.run(office)
    found = thread(house, office, MASTODON, key(post))
    assert (found.explained.platform, found.explained.archived) == (3, 2)
    assert found.explained.parts == {Why.WITHHELD: 1}
    assert found.words[0].startswith("1 counted by the platform that it does not return to us, perhaps by people whom")


def test_a_number_that_changes_is_kept_though_its_answer_is_not_stored_again(house: House) -> None:
    """The post itself says what it said; only the number beside it is another."""
    post, _ = said(house, 1)
    house.clock.at = START
    office = house.office()
    house.run(office)
    before = thread(house, office, MASTODON, key(post))
    house.later(hours=1)
    house.city.say(house.cast.residents[2], "One more.", answering=post)
    house.run(office, WATCH)
    after = thread(house, office, MASTODON, key(post))
    assert (before.explained.platform, after.explained.platform) == (1, 2)
    assert after.explained.state == "complete"
    assert after.number_at > before.number_at
    stored = len(house.exchanges())
    house.later(hours=2)
    house.run(office, WATCH)
    assert len(house.exchanges()) == stored, "a number alone is no reason to store an answer again"
    assert thread(house, office, MASTODON, key(post)).number_at > after.number_at


@pytest.mark.law("R63")
def test_what_was_not_read_since_the_number_was_told_is_not_explained(house: House) -> None:
    post, _ = said(house, 2)
    house.clock.at = START
    office = house.office()
    house.run(office)
    house.later(hours=1)
    house.city.say(house.cast.residents[2], "One more.", answering=post)
    fault = house.server.faults.add(server_error(), where="/context", times=None)
    house.run(office, WATCH)
    house.server.faults.remove(fault)
    found = thread(house, office, MASTODON, key(post))
    assert (found.explained.missing, found.explained.parts) == (1, {})
    assert "the thread was not read to its end since the number was told" in found.words[0]
    assert differing(house, office, MASTODON) == [(1, found)]
    assert shares(house, office, MASTODON).unexplained == 1
    house.later(hours=1)
    house.run(office, WATCH)
    assert thread(house, office, MASTODON, key(post)).explained.state == "complete"
    assert differing(house, office, MASTODON) == []


def test_a_private_answer_is_not_counted_and_said_to_be_private(house: House) -> None:
    post, _ = said(house, 1)
    words = f"@{house.city.people[house.cast.city].handle} only for you."
    house.city.say(house.cast.residents[0], words, answering=post, visibility="direct", at=START)
    house.clock.at = START
    office = house.office(token="a-token-of-the-office")
    house.run(office)
    found = thread(house, office, MASTODON, key(post))
    assert (found.explained.platform, found.explained.archived) == (1, 2)
    assert found.explained.parts == {Why.PRIVATE: 1}


def test_what_the_account_published_is_what_its_profile_counts(house: House) -> None:
    post, _ = said(house)
    house.clock.at = START
    office = house.office()
    house.run(office)
    truth = house.city.people[house.cast.city].said
    found = own(house, office, MASTODON)
    assert found.explained.platform == found.explained.archived
    assert found.explained.platform == len([one for one in truth if house.city.stands(house.city.posts[one])]) > 0
    house.later(hours=1)
    house.city.delete(post)
    house.run(office)
    gone = own(house, office, MASTODON).explained
    assert (gone.platform, gone.archived - gone.platform, gone.parts) == (
        found.explained.platform - 1,
        1,
        {Why.NOT_RETURNED: 1},
    )


@pytest.mark.law("R63")
def test_a_rebuild_from_the_store_alone_gives_the_same_numbers_times_and_reaches(
    new_house: Callable[..., House],
) -> None:
    """Also where a number came with an answer that was not stored, for then the run record alone has it."""
    house = new_house()
    post, (first, *_) = said(house)
    house.clock.at = START
    office = house.office()
    house.run(office, NEW)
    house.later(hours=1)
    house.city.say(house.cast.residents[2], "One more.", answering=first)
    house.city.delete(first)
    for sweep in (WATCH, NEW, WATCH, FULL):
        house.run(office, sweep)
        house.later(hours=3)
    house.capture.flush(all=True)
    before = _all(house, office, post)
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert _all(house, office, post) == before


def _all(house: House, office: str, post: int) -> object:
    with house.archive.database.read() as connection:
        tables, reach = digests.digests(connection), reached(connection, [office])
    assert reach
    return (tables, reach, thread(house, office, MASTODON, key(post)), own(house, office, MASTODON))


@pytest.mark.law("R63")
@pytest.mark.parametrize("token", [None, pytest.param("a-token-of-the-office", marks=pytest.mark.long)])
def test_of_a_month_nothing_is_unexplained_and_what_differs_is_what_happened(
    new_house: Callable[..., House], token: str | None
) -> None:
    house = new_house(seed=1)
    office = house.office(token)
    acts = {"posts": 10, "comments": 60, "edits": 4, "deletions": 14, "hides": 8}
    house.play(office, timedelta(days=4), acts)
    counts = shares(house, office, MASTODON)
    assert counts.complete > 0
    assert counts.explained > 0
    assert counts.unexplained == 0, differing(house, office, MASTODON)
    standing = [one for one in house.city.posts.values() if house.city.stands(one)]
    begun = {one.id for one in standing if one.author == house.cast.city and one.root == one.id and not one.share_of}
    for root in begun:
        answered = [one for one in standing if one.root == root and one.visibility in ("public", "unlisted")]
        counted = sum(house.city.posts[answer].visibility == "public" for one in answered for answer in one.replies)
        assert thread(house, office, MASTODON, key(root)).explained.platform == counted


def test_a_thread_that_lacks_something_is_looked_at_again_soon_and_once(house: House) -> None:
    """What is counted and never shown does not make the archive ask for ever."""
    post, (first, *_) = said(house)
    house.clock.at = START
    office = house.office()
    house.run(office)
    house.later(hours=6)
    house.run(office, WATCH)
    usual = due(house, post) - house.clock.now()
    assert usual > timedelta(minutes=30)
    hidden = house.city.say(house.cast.residents[2], "Spam.", answering=first)
    house.city.hide(hidden)
    house.later(hours=6)
    house.run(office, WATCH)
    assert due(house, post) - house.clock.now() <= timedelta(minutes=10)
    house.later(minutes=11)
    house.run(office, WATCH)
    assert due(house, post) - house.clock.now() >= usual
    found = thread(house, office, MASTODON, key(post))
    assert found.explained.parts == {Why.WITHHELD: 1}


def due(house: House, post: int) -> datetime:
    """When the thread is looked at next."""
    (row,) = house.rows(Watch, Watch.record_id == house.records()[key(post)].id)
    return row.due_at  # type: ignore[no-any-return]
