"""Platforms that count differently: what is hidden, held, restricted or protected, against what was captured."""

from __future__ import annotations

import json
import re

import pytest

from archiver.capture.gaps import OUT_OF_REACH
from archiver.capture.rebuild import rebuild
from archiver.capture.standing import reached
from archiver.operations.reach import goes_back
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from archiver.records.completeness import Why
from archiver.viewing import Viewer
from archiver.web.pages import list_gaps
from archiver.web.site import Site
from connectors._x_asks import LISTED
from tests.capture.house import FULL, NEW, WATCH, House
from tests.counts.asking import own, shares, thread
from tests.facebook.page import page
from tests.instagram.account import account
from tests.x.place import key_of as key_on_x
from tests.x.place import place
from tests.youtube.channel import TOKEN, channel


@pytest.mark.law("R63")
def test_facebook_counts_what_the_page_hid_and_not_what_is_gone(house: House) -> None:
    found = page(house)
    post, (one, two, _) = found.talk()
    house.run(found.account, FULL)
    assert thread(house, found.account, "facebook", found.key_of(post)).explained.state == "complete"
    house.later(days=1)
    house.city.hide(one)
    house.city.delete(two)
    house.run(found.account, FULL)
    hidden = thread(house, found.account, "facebook", found.key_of(post))
    assert (hidden.explained.platform, hidden.explained.archived) == (2, 3)
    assert hidden.explained.parts == {Why.NOT_RETURNED: 1}
    assert {house.records()[found.key_of(number)].state for number in (one, two)} == {"hidden_by_page", "not_returned"}


def test_facebook_counts_messages_of_a_conversation(house: House) -> None:
    found = page(house)
    house.city.say(found.cast.residents[0], "@larkmerepage my permit?", visibility="direct")
    house.run(found.account, FULL)
    (conversation,) = [key for key in house.records() if key.startswith("conversation/")]
    explained = thread(house, found.account, "facebook", conversation).explained
    assert (explained.platform, explained.state) == (1, "complete")


def test_instagram_s_number_comes_with_a_question_that_shows_no_post(house: House) -> None:
    found = account(house)
    post, _ = found.talk()
    house.run(found.account, NEW)
    house.later(hours=1)
    house.city.say(found.cast.residents[0], "one more", answering=post)
    house.run(found.account, NEW)
    told = thread(house, found.account, "instagram", found.key_of(post))
    assert (told.explained.platform, told.explained.state) == (4, "complete")
    house.run(found.account, FULL)
    assert own(house, found.account, "instagram").explained.state == "complete"


def test_what_restricted_people_said_is_no_longer_counted_on_instagram(house: House) -> None:
    found = account(house)
    post, (first, *_) = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    found.gallery.restricted.add(house.city.posts[first].author)
    house.run(found.account, FULL)
    told = thread(house, found.account, "instagram", found.key_of(post))
    assert told.explained.platform == 2
    assert told.explained.parts == {Why.NOT_RETURNED: 1}


def test_youtube_does_not_count_what_is_held(house: House) -> None:
    found = channel(house, TOKEN)
    people = found.cast.residents
    video = house.city.say(found.id, "Council meeting of March 2\n\nAgenda and votes. #council")
    one, _ = (house.city.say(people[n], f"comment {n}", answering=video) for n in range(2))
    house.run(found.account, FULL)
    assert thread(house, found.account, "youtube", found.key_of(video)).explained.state == "complete"
    house.later(days=1)
    house.city.hide(one)
    house.run(found.account, FULL)
    told = thread(house, found.account, "youtube", found.key_of(video))
    assert (told.explained.platform, told.explained.archived) == (1, 2)
    assert told.words == ("1 held for review, which the platform does not count",)
    assert own(house, found.account, "youtube").explained.unexplained == 0


def test_x_counts_answers_of_protected_accounts_and_shows_none(house: House) -> None:
    found = place(house)
    post = found.say(found.id, "Main Street is closed on Monday.")
    people = found.cast.residents
    house.server.x.protected.add(people[0])
    for n in range(3):
        found.say(people[n], f"answer {n}", answering=post)
    house.run(found.account, FULL)
    told = thread(house, found.account, "x", key_on_x(post))
    assert (told.explained.platform, told.explained.archived) == (3, 2)
    assert told.explained.unexplained == 0
    assert {*told.explained.parts} <= {Why.WITHHELD, Why.BEYOND}
    house.later(days=9)
    found.say(people[1], "very late", answering=post)
    house.run(found.account, WATCH)
    house.later(hours=1)
    house.run(found.account, FULL)
    assert shares(house, found.account, "x").unexplained == 0


@pytest.mark.law("R63")
def test_what_lies_before_the_newest_posts_is_an_entry_of_the_ledger(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X lists 3,200 posts; here it lists 4. The account counts more, and where the list ends is said, with why."""
    monkeypatch.setitem(LISTED, "posts", 4)
    found = place(house)
    posts = []
    for number in range(6):
        house.later(hours=1)
        posts.append(found.say(found.id, f"Notice {number}."))
    house.server.faults.add(without_the_oldest(2), r"/2/users/\d+/tweets", times=None)
    house.run(found.account, FULL)
    with house.archive.database.read() as connection:
        (entry,) = [
            one for one in goes_back(connection, found.account, house.archive.platforms) if one.listing == "posts"
        ]
        assert entry.since == found.row(posts[2]).created_at
        assert "3,200" in (entry.cause or "")
        assert entry.remedy == OUT_OF_REACH
        before = reached(connection, [found.account])[found.account]
    page = bytes(list_gaps(Site(house.archive), Viewer.EVERYTHING).body).decode()
    assert "3,200" in page
    assert entry.remedy in re.sub("</?code>", "`", page.replace("&#39;", "'"))
    published = own(house, found.account, "x").explained
    assert (published.platform, published.archived) == (6, 4)
    assert published.parts == {Why.BEYOND: 2}
    house.later(hours=1)
    house.run(found.account, NEW)
    house.capture.flush(all=True)
    with house.archive.database.read() as connection:
        after = reached(connection, [found.account])[found.account]
    assert [one.since for one in after] == [one.since for one in before]
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    with house.archive.database.read() as connection:
        assert reached(connection, [found.account])[found.account] == after


def without_the_oldest(number: int) -> Alter:
    """A list that ends before its last entries, as if they were too old to be listed."""

    def alter(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        if not body.get("data"):
            return response
        body["data"] = body["data"][:-number]
        body["meta"]["result_count"] = len(body["data"])
        return with_json(response, body)

    return alter
