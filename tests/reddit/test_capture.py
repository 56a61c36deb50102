"""The Reddit connector in the engine, over a real socket: what is seen, by whom, what is not, what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archiver.accounts import tokens
from archiver.practice.acts import Wording
from archiver.practice.words import CITY
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.counts.asking import thread
from tests.graph.scenes import GOOD, is_away
from tests.graph.truth import public_words
from tests.reddit.place import Subreddit, User


@pytest.fixture
def found(house: House) -> Subreddit:
    return Subreddit.open(house)


def deep(found: Subreddit, levels: int) -> tuple[int, list[int]]:
    """A post with one branch of so many levels."""
    city, people = found.house.city, found.cast.residents
    post = city.say(found.id, "Which street first?")
    below = [post]
    for level in range(levels):
        below.append(city.say(people[level % 3], f"level {level}", answering=below[-1]))
    return post, below[1:]


@pytest.mark.parametrize("at_once", [3, pytest.param(100, marks=pytest.mark.long)])
def test_every_level_of_a_deep_thread_is_seen_and_makes_no_edits(found: Subreddit, at_once: int) -> None:
    house = found.house
    found.server.at_once, found.server.depth = at_once, 4
    post, below = deep(found, 14)
    wide = [house.city.say(found.cast.residents[0], f"wide {n}", answering=below[2]) for n in range(7)]
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    parents = [records[found.key_of(one)].parent_id for one in (*below, *wide)]
    above = [records[found.key_of(one)].id for one in (post, *below[:-1], *[below[2]] * 7)]
    assert parents == above
    assert {records[found.key_of(one)].thread_id for one in below} == {records[found.key_of(post)].id}
    told = thread(house, found.account, "reddit", found.key_of(post)).explained
    assert (told.platform, told.archived, told.state) == (21, 21, "complete")
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert {row.versions for row in house.records().values()} == {1}, "blurred scores are no edits"


@pytest.mark.law("R16")
def test_what_moderators_remove_keeps_its_words_and_says_who_hid_it(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    post, (one, two, three) = found.talk()
    house.run(found.account, FULL)
    house.later(hours=1)
    city.hide(one)
    city.delete(two)
    city.delete(three, "platform")
    assert house.run(found.account, NEW).outcome == "complete"
    assert found.states(one) == ["hidden_by_page"], "the log of moderators led to it"
    house.later(hours=1)
    house.run(found.account, FULL)
    assert found.states(post, one, two, three) == [
        "visible", "hidden_by_page", "deleted_by_author", "removed_by_platform",
    ]  # fmt: skip
    assert [house.versions(found.key_of(number))[-1].text for number in (one, two)] == ["comment 0", "comment 1"]
    (action,) = [row for key, row in house.records().items() if key.startswith("action/")]
    assert "removecomment" in house.versions(action.key)[-1].text
    city.unhide(one)
    house.later(hours=1)
    house.run(found.account, NEW)
    assert found.states(one) == ["visible"]


@pytest.mark.law("R16", "R18")
def test_what_stands_without_its_words_is_stored_once_and_every_wording_is_kept(found: Subreddit) -> None:
    """It stands so in every list for ever: that is no news, and no sight of what it said."""
    house, city = found.house, found.house.city
    post, (one, two, three) = found.talk()
    for answered in (one, two):
        city.say(found.cast.residents[1], "an answer to it", answering=answered)
    assert house.run(found.account, FULL).outcome == "complete"
    words_seen = house.versions(found.key_of(one))[-1].last_seen_at
    house.later(hours=1)
    city.delete(one)
    city.delete(two, "platform")
    assert house.run(found.account, FULL).outcome == "complete"
    for _ in range(2):
        house.later(hours=1)
        assert house.run(found.account, FULL).outcome == "unchanged"
    city.edit(three, Wording("said otherwise"))
    house.later(hours=1)
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    assert found.states(one, two, three) == ["deleted_by_author", "removed_by_platform", "visible"]
    (kept,) = house.versions(found.key_of(one))
    assert (kept.text, kept.last_seen_at) == ("comment 0", words_seen)
    assert records[found.key_of(one)].last_seen_at > words_seen
    assert [version.text for version in house.versions(found.key_of(three))] == ["comment 2", "said otherwise"]
    assert records[found.key_of(post)].versions == 1
    check_rebuilt(house, anew=True)
    tokens.keep(house.archive, found.account, found.token)
    house.later(hours=1)
    assert house.run(found.account, FULL).outcome == "unchanged", "a rebuilt index knows what stands there"


@pytest.mark.long
def test_a_removed_post_is_said_to_be_so_and_its_thread_goes_on(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    post, answers = found.talk()
    house.run(found.account, FULL)
    city.delete(post)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(post, *answers) == ["deleted_by_author", *["visible"] * 3]
    late = city.say(found.cast.residents[0], "still here", answering=answers[0])
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(late) == ["visible"]


@pytest.mark.long
def test_without_being_a_moderator_what_is_removed_is_said_to_be_so_without_its_words(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    found.server.strangers.add(found.id)
    _, (one, two, three) = found.talk()
    city.say(found.cast.residents[1], "an answer to it", answering=one)
    city.hide(one)
    house.run(found.account, FULL)
    assert house.versions(found.key_of(one))[-1].content == {}
    assert house.records()[found.key_of(one)].author_name is None
    city.hide(two)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(one, two, three) == ["hidden_by_page", "hidden_by_page", "visible"]
    assert house.versions(found.key_of(two))[-1].text == "comment 1"
    assert not [key for key in house.records() if key.startswith("action/")]


@pytest.mark.long
def test_words_of_who_closed_the_account_stand_without_a_name(found: Subreddit) -> None:
    house = found.house
    _, (one, *_) = found.talk()
    found.server.bodies.closed.add(found.cast.residents[0])
    house.run(found.account, FULL)
    row = house.records()[found.key_of(one)]
    assert (row.state, row.author_name, row.versions) == ("visible", None, 1)


def test_pictures_galleries_and_videos_are_fetched_once(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    pictures, film = [city.picture(f"view {n}") for n in range(3)], city.picture("snow")
    found.server.bodies.videos.add(film.id)
    single, gallery, video = (
        city.say(found.id, Wording("See here", media=media))
        for media in ((pictures[0],), tuple(pictures[1:]), (film,))
    )  # fmt: skip
    house.run(found.account, FULL)
    files = [(one.kind, one.state) for one in house.media() if one.record_id != _profile(house)]
    assert sorted(files) == [("image", "fetched")] * 3 + [("video", "fetched")]
    asked = len([one for one in house.server.log if "/reddit/" in one.target])
    assert not any(one.authorised for one in house.server.log if "/reddit/" in one.target)
    city.edit(gallery, replace(city.posts[gallery].wording, media=(replace(pictures[1], alt="north"), pictures[2])))
    house.later(days=1)
    house.run(found.account, FULL)
    assert [house.records()[found.key_of(one)].versions for one in (single, gallery, video)] == [1, 2, 1]
    assert len([one for one in house.server.log if "/reddit/" in one.target]) == asked


def _profile(house: House) -> str:
    (row,) = [row for key, row in house.records().items() if key.startswith(("subreddit/", "user/"))]
    return str(row.id)


@pytest.mark.long
@pytest.mark.law("R17")
def test_a_ban_and_a_locked_post_are_told(found: Subreddit) -> None:
    house = found.house
    post, _ = found.talk()
    house.run(found.account, FULL)
    house.city.block(found.id, found.cast.residents[2])
    found.server.bodies.locked.add(post)
    house.later(hours=1)
    house.run(found.account, WATCH)
    assert [one.text for one in house.versions(f"comments/{found.key_of(post)}")] == [
        "comments: open",
        "comments: locked",
    ]
    house.run(found.account, NEW)
    actions = [house.versions(key)[-1].text for key in house.records() if key.startswith("action/")]
    assert any("banuser" in one for one in actions)


@pytest.mark.long
def test_an_edit_is_seen_with_its_time_and_one_within_three_minutes_without(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    post, (one, two, _) = found.talk()
    house.run(found.account, FULL)
    city.edit(one, "comment 0, at once")
    house.later(hours=12)
    city.edit(two, "comment 1, later")
    house.run(found.account, WATCH)
    for number, marked in ((one, False), (two, True)):
        before, after = house.versions(found.key_of(number))
        assert (after.as_of > before.as_of) == marked
    assert house.records()[found.key_of(post)].versions == 1


@pytest.mark.law("R4")
def test_a_user_s_account_shows_its_posts_its_comments_elsewhere_and_its_messages(house: House) -> None:
    found = User.open(house)
    city, people = house.city, found.cast.residents
    mine, answers = found.talk()
    theirs = city.say(people[0], "Where is the office?")
    answer, second = (city.say(found.id, text, answering=theirs) for text in ("In Main Street.", "Second floor."))
    reaction = city.say(people[1], "Thank you!", answering=answer)
    aside = city.say(people[2], "None of your business", answering=theirs)
    message = city.say(people[0], f"@{CITY}_Gov my permit?", visibility="direct")
    assert house.run(found.account, FULL).outcome == "complete"
    known = set(house.records())
    assert {found.key_of(one) for one in (mine, *answers, answer, second, reaction, message)} <= known
    assert not {found.key_of(one) for one in (theirs, aside)} & known
    assert public_words(house) == set()
    city.delete(answer)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(answer, second) == ["deleted_by_author", "visible"]


@pytest.mark.long
def test_without_the_permission_messages_are_a_gap_and_the_rest_is_read(house: House) -> None:
    found = User.open(house)
    found.server.without.add("privatemessages")
    post, answers = found.talk()
    result = house.run(found.account, FULL)
    assert result.outcome == "partial"
    assert any("permission" in (row.reason or "") for row in house.coverage(result).values())
    assert set(found.states(post, *answers)) == {"visible"}


@pytest.mark.law("R16")
@pytest.mark.parametrize("why", ["private", pytest.param("banned", marks=pytest.mark.long),
                                 pytest.param("quarantined", marks=pytest.mark.long)])  # fmt: skip
def test_of_a_subreddit_that_is_closed_nothing_is_said_to_be_gone(found: Subreddit, why: str) -> None:
    house = found.house
    post, answers = found.talk()
    house.run(found.account, FULL)
    found.server.closed = why
    for _ in range(2):
        house.later(days=1)
        assert house.run(found.account, FULL).outcome not in GOOD
    assert set(found.states(post, *answers)) == {"visible"}
    found.server.closed = None
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD


@pytest.mark.long
@pytest.mark.parametrize("how", ["suspended", "away"])
def test_of_an_account_that_is_away_nothing_is_said_to_be_gone(house: House, how: str) -> None:
    found = User.open(house)
    is_away(found, getattr(found.server, how))


@pytest.mark.long
def test_a_list_ends_at_its_thousandth_entry_and_nothing_behind_it_is_said_to_be_gone(found: Subreddit) -> None:
    """Here a list has 950 entries; a thousand and some were posted."""
    house, city = found.house, found.house.city
    found.server.most = 950
    posts = [city.say(found.id, f"Notice {n}") for n in range(1000)]
    house.run(found.account, FULL)
    known = set(house.records())
    assert len({found.key_of(one) for one in posts} & known) == 950
    later = [city.say(found.id, f"News {n}") for n in range(60)]
    house.later(days=1)
    house.run(found.account, FULL)
    assert set(found.states(*posts[50:], *later)) == {"visible"}
