"""The journal of truth, the state, and the script that makes both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.clock import SetClock
from archiver.practice import acts
from archiver.practice.acts import Wording
from archiver.practice.cast import Cast, populate
from archiver.practice.city import City
from archiver.practice.ids import IdSource, milliseconds, time_of, to_millisecond
from archiver.practice.journal import from_line, to_line
from archiver.practice.script import backlog, live, month
from archiver.practice.truth import Truth
from tests import effort

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def played(seed: int = 1, **sizes: int) -> tuple[City, Cast]:
    city = City(SetClock(START), seed)
    cast = populate(city)
    for _ in month(city, cast, seed, **sizes):  # type: ignore[arg-type]
        pass
    return city, cast


def test_the_truth_says_the_same_of_the_present_as_the_state() -> None:
    city, _ = played(3, posts=60, comments=300, edits=60, deletions=60, hides=20, shares=12)
    truth = Truth(city.journal)
    now = city.now()

    assert {number for number in truth.records if truth.records[number].exists_at(now)} == set(city.posts)
    assert truth.standing_at(now) == {number for number, post in city.posts.items() if city.stands(post)}
    for number, post in city.posts.items():
        record = truth.records[number]
        assert record.versions == post.versions
        assert (record.author, record.visibility, record.share_of) == (post.author, post.visibility, post.share_of)
        assert record.hidden_at(now) == post.hidden
        parent_stands = record.parent in city.posts
        assert post.parent == (record.parent if parent_stands else None)


def test_the_truth_says_the_same_of_every_moment_as_the_state_then() -> None:
    city = City(SetClock(START), 5)
    cast = populate(city)
    then = [
        (step.at, {number for number, post in city.posts.items() if city.stands(post)})
        for step in month(city, cast, 5, posts=20, comments=80, edits=20, deletions=20, hides=10)
    ]
    truth = Truth(city.journal)
    assert [truth.standing_at(at) for at, _ in then] == [ids for _, ids in then]


def test_replaying_the_journal_gives_the_same_city() -> None:
    city, _ = played(4)
    again = City.replay(SetClock(city.now()), city.journal, 4)
    assert (again.posts, again.people, again.notices, again.media) == (
        city.posts,
        city.people,
        city.notices,
        city.media,
    )


def test_every_act_survives_being_written_down() -> None:
    city, cast = played(6, hides=8)
    city.block(cast.city, cast.residents[0])
    assert {type(act) for act in city.journal} == set(acts.Act.__args__)
    assert [from_line(to_line(act)) for act in city.journal] == city.journal


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b'{"act":"Nothing"}', b'{"act":"Hide","id":1}', b'{"act":[1]}'])
def test_what_is_not_an_act_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        from_line(line)


def test_the_same_seed_gives_the_same_month_and_another_seed_another() -> None:
    assert played(8)[0].journal == played(8)[0].journal
    assert played(8)[0].journal != played(9)[0].journal


def test_a_month_holds_exactly_what_was_asked_for() -> None:
    city, _ = played(11, posts=30, comments=200, depth=9, edits=33, deletions=21, hides=9, shares=7, messages=5)
    kinds = [type(act).__name__ for act in city.journal]
    assert [kinds.count(name) for name in ("Edit", "Delete", "Hide", "Unhide", "Share")] == [33, 21, 9, 4, 7]
    truth = Truth(city.journal)
    counts = [sum(record.kind == kind for record in truth.said()) for kind in ("comment", "message")]
    assert counts == [200, 5]
    assert max(_level(truth, record.id) for record in truth.said()) == 9


def _level(truth: Truth, number: int) -> int:
    parent = truth.records[number].parent
    return 0 if parent is None else 1 + _level(truth, parent)


def test_a_month_holds_edits_that_are_taken_back() -> None:
    city, _ = played(2, edits=60)
    truth = Truth(city.journal)
    assert any(_goes_back(record.versions) for record in truth.changed())


def _goes_back(versions: list[tuple[datetime, Wording]]) -> bool:
    words = [wording for _, wording in versions]
    return any(earlier == later for earlier, later in zip(words, words[2:], strict=False))


def test_no_edit_leaves_the_words_as_they_were() -> None:
    truth = Truth(played(7, edits=80)[0].journal)
    for record in truth.changed():
        words = [wording for _, wording in record.versions]
        assert all(earlier != later for earlier, later in pairwise(words))


def test_the_clock_stands_at_each_step_and_time_only_goes_forward() -> None:
    clock = SetClock(START)
    city = City(clock)
    cast = populate(city)
    last = START
    for step in month(city, cast):
        assert clock.at == step.at > last
        assert step.act.at == to_millisecond(step.at)
        last = step.at
    assert last <= START + timedelta(days=31)


def test_a_month_of_edits_without_posts_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing in the city"):
        played(posts=1, comments=0, depth=0, edits=0, hides=3)


def test_what_a_looker_can_know_follows_from_when_he_looks() -> None:
    city = City(SetClock(START))
    cast = populate(city)

    def after(minutes: int) -> datetime:
        return START + timedelta(minutes=minutes)

    notice = city.say(cast.city, "Closed on Monday", at=after(1))
    comment = city.say(cast.residents[0], "Why?", answering=notice, at=after(2))
    brief = city.say(cast.residents[1], "Never seen", answering=notice, at=after(12))
    city.edit(notice, "Closed on Tuesday", at=after(5))
    city.delete(brief, at=after(13))
    city.hide(comment, at=after(25))
    answer = city.say(cast.residents[2], "Under a hidden comment", answering=comment, at=after(26))
    city.unhide(comment, at=after(35))
    city.delete(comment, by="page", at=after(45))
    city.edit(answer, "Edited when cut off", at=after(46))

    sights = Truth(city.journal).sights([after(10), after(20), after(30), after(40), after(50)], cast.city)
    assert set(sights) == {notice, comment, answer}
    assert [wording.text for wording in sights[notice].versions] == ["Closed on Monday", "Closed on Tuesday"]
    assert sights[notice].missing_from is None
    assert (sights[comment].first_seen, sights[comment].missing_from) == (after(10), after(50))
    assert sights[comment].last_standing == after(40)
    assert (sights[answer].last_listed, sights[answer].last_standing) == (after(40), after(50))
    assert [wording.text for wording in sights[answer].versions] == ["Under a hidden comment", "Edited when cut off"]


def test_messages_and_mentions_are_known_only_to_who_is_signed_in() -> None:
    city = City(SetClock(START))
    cast = populate(city)
    message = city.say(cast.residents[0], "@larkmere in private", visibility="direct")
    mention = city.say(cast.residents[1], "I told @larkmere so")
    truth = Truth(city.journal)
    assert truth.listed_at(city.now(), cast.city) == set()
    assert truth.listed_at(city.now(), cast.city, authorised=True) == {message, mention}


def test_what_was_said_around_a_mention_is_not_part_of_what_an_account_leads_to() -> None:
    city = City(SetClock(START))
    cast = populate(city)
    mention = city.say(cast.residents[1], "I told @larkmere so")
    city.say(cast.residents[2], "So did I", answering=mention)
    assert Truth(city.journal).listed_at(city.now(), cast.city, authorised=True) == {mention}


def test_what_an_office_passes_on_is_known_with_it() -> None:
    city = City(SetClock(START))
    cast = populate(city)
    told = city.say(cast.residents[0], "Told")
    below = city.say(cast.residents[1], "Below", answering=told)
    share = city.share(cast.city, told)
    known = Truth(city.journal).listed_at(city.now(), cast.city)
    assert (known, below in known) == ({told, share}, False)


def test_deleting_cuts_off_what_is_below_and_takes_shares_with_it() -> None:
    city = City(SetClock(START))
    cast = populate(city)
    notice = city.say(cast.works, "Notice")
    comment = city.say(cast.residents[0], "Comment", answering=notice)
    below = city.say(cast.residents[1], "Below", answering=comment)
    share = city.share(cast.city, notice)
    city.delete(comment)
    assert city.posts[below].parent is None
    assert city.posts[below].is_reply
    city.delete(notice)
    assert share not in city.posts
    assert {record.id for record in Truth(city.journal).vanished()} == {notice, comment, share}


def test_what_does_not_exist_can_not_be_changed() -> None:
    city = City(SetClock(START))
    cast = populate(city)
    notice = city.say(cast.city, "Notice")
    city.delete(notice)
    before = len(city.journal)
    for act in (city.delete, city.hide, city.unhide):
        with pytest.raises(KeyError):
            act(notice)
    with pytest.raises(KeyError):
        city.say(cast.city, "Answer", answering=notice)
    assert len(city.journal) == before


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), st.integers(0, 5))
@settings(max_examples=effort.examples(50))
def test_ids_are_unique_tell_their_time_and_rise_within_a_moment(offsets: list[int], seed: int) -> None:
    source = IdSource(seed)
    given_at = [START + timedelta(milliseconds=offset) for offset in offsets]
    ids = [source.next(at) for at in given_at]
    assert len(set(ids)) == len(ids)
    assert [time_of(number) for number in ids] == given_at
    for at in set(given_at):
        same = [number for number, when in zip(ids, given_at, strict=True) if when == at]
        assert same == sorted(same)
    assert all(number >> 16 == milliseconds(at) for number, at in zip(ids, given_at, strict=True))


def test_the_first_minute_shows_posts_comments_an_edit_and_a_deletion_by_the_page() -> None:
    clock = SetClock(START)
    city = City(clock)
    cast = populate(city)
    before = len(city.journal)
    for seconds in live(city, cast):
        if clock.at + timedelta(seconds=seconds) > START + timedelta(seconds=60):
            break
        clock.advance(timedelta(seconds=seconds))
    truth = Truth(city.journal)
    happened = city.journal[before:]
    closure = next(record for record in truth.changed() if "Cooper Avenue" in record.versions[0][1].text)
    removed = [act for act in happened if isinstance(act, acts.Delete)]
    assert sum(isinstance(act, acts.Say) for act in happened) >= 8
    assert len(closure.versions) == 2
    assert [act.by for act in removed] == ["page"]
    gone = truth.records[removed[0].id]
    assert gone.author in cast.residents
    assert gone.vanished_at is not None
    assert gone.vanished_at - gone.created_at > timedelta(seconds=25), "a sweep must have time to see it"


def test_life_slows_down_and_ends_at_its_limit() -> None:
    clock = SetClock(START)
    city = City(clock)
    cast = populate(city)
    waits = []
    for seconds in live(city, cast, limit=700):
        waits.append(seconds)
        clock.advance(timedelta(seconds=seconds))
    assert len(city.journal) == 700
    assert max(waits[20:40]) < 20
    assert 150 <= min(waits[-100:]) <= max(waits) <= 450


def test_the_past_lies_before_now_and_in_both_places() -> None:
    city = City(SetClock(START))
    cast = populate(city, START - timedelta(days=30))
    backlog(city, cast)
    assert all(act.at < START for act in city.journal)
    assert {city.people[post.author].home for post in city.posts.values()} == {"mastodon", "web"}
