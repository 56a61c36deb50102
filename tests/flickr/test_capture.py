"""The Flickr connector in the engine, over a real socket: what is seen, what is not, what is fetched."""

from __future__ import annotations

import pytest

from tests.capture.house import FULL, NEW, WATCH, House
from tests.counts.asking import own, thread
from tests.flickr.place import Account, WithAlbum, account, says
from tests.graph.scenes import GOOD, go_together, is_away
from tests.graph.truth import public_words


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


def test_photos_albums_and_comments_are_seen_and_make_no_edits(found: Account) -> None:
    house, city = found.house, found.house.city
    found.server.albums[7] = ("Bridges", "All <b>seven</b> of them")
    photo, (one, *_) = found.talk()
    answer = city.say(found.id, "Thank you", answering=one)
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    keys = [found.key_of(number) for number in (photo, one, answer)]
    assert {records[key].thread_id for key in keys[1:]} == {records[keys[0]].id}
    assert {records[key].access for key in keys} == {"public"}
    assert set(keys) <= public_words(house)
    assert house.versions("album/7")[-1].text == "Bridges\n\nAll seven of them"
    assert [row.state for row in house.media()] == ["fetched"]
    assert not any("api_key" in line.target for line in house.server.log if "/flickr/files/" in line.target)
    city.like(photo, found.cast.residents[0])
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert {row.versions for row in house.records().values()} == {1}


@pytest.mark.law("R16")
def test_comments_on_an_album_are_seen_and_an_album_that_is_gone_is_told(house: House) -> None:
    found = WithAlbum.open(house)
    found.talk(1)
    found.server.albums[8] = ("Parks", "")
    one, gone = "comment/6065-7-1", found.remark(8, "A park")
    assert house.run(found.account, FULL).outcome == "complete"
    assert not any(run.drift for run in house.runs())
    record = house.records()[one]
    assert (record.access, record.thread_id) == ("public", house.records()["album/7"].id)
    assert house.versions(one)[-1].text == "Which one is the <oldest>?"
    house.later(days=1)
    late = found.remark(7, "And the newest?")
    assert house.run(found.account, FULL).outcome == "complete"
    assert house.records()[late].state == "visible"
    assert house.records()[one].versions == 1
    del found.server.albums[8], found.server.remarks[8]
    del found.server.remarks[7][1]
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    states = {key: house.records()[key].state for key in (one, late, gone, "album/7", "album/8")}
    assert states == {one: "visible", late: "not_returned", gone: "visible", "album/7": "visible",
                      "album/8": "not_returned"}  # fmt: skip


@pytest.mark.long
def test_numbers_are_held_against_what_is_there(found: Account) -> None:
    house = found.house
    photo, _ = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    house.run(found.account, WATCH)
    told = thread(house, found.account, "flickr", found.key_of(photo)).explained
    assert (told.platform, told.archived, told.state) == (3, 3, "complete")
    assert own(house, found.account, "flickr").explained.state == "complete"


def test_a_look_at_what_is_new_asks_for_comments_only_where_something_changed(found: Account) -> None:
    house, city = found.house, found.house.city
    photos = []
    for _ in range(4):
        house.later(minutes=1)
        photos.append(found.talk(1)[0])
    house.run(found.account, NEW)
    house.later(hours=3)
    late = city.say(found.cast.residents[0], "late", answering=photos[1])
    since = len(house.server.log)
    house.run(found.account, NEW)
    assert found.key_of(late) in house.records()
    asked = [one.target for one in list(house.server.log)[since:] if "comments.getList" in one.target]
    assert len([one for one in asked if f"photo_id={photos[1]}" in one]) == 1
    assert not any(f"photo_id={photos[0]}" in one for one in asked)


@pytest.mark.law("R16")
def test_what_is_gone_is_no_longer_returned_and_of_comments_on_it_nothing_is_said(found: Account) -> None:
    house, city = found.house, found.house.city
    photo, (one, two, _) = found.talk()
    other, kept = found.talk(1)
    house.run(found.account, FULL)
    city.delete(one)
    found.server.private.add(other)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(photo, one, two, other, *kept) == [
        "visible", "not_returned", "visible", "not_returned", "visible",
    ]  # fmt: skip
    found.server.private.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(other) == ["visible"]


@pytest.mark.long
@pytest.mark.law("R17")
def test_a_photo_that_is_closed_to_comments_is_told(found: Account) -> None:
    house = found.house
    photo, _ = found.talk()
    house.run(found.account, FULL)
    house.later(hours=12)
    house.run(found.account, WATCH)
    found.server.quiet.add(photo)
    house.later(days=1)
    house.run(found.account, WATCH)
    told = [one.text for one in house.versions(f"comments/{found.key_of(photo)}")]
    assert told == ["comments: open", "comments: not open to everybody"]


@pytest.mark.long
def test_a_file_that_was_replaced_is_fetched_and_is_no_edit(found: Account) -> None:
    house = found.house
    photo, _ = found.talk(1)
    house.run(found.account, FULL)
    found.server.replaced[photo] = 1
    house.later(days=1)
    house.run(found.account, FULL)
    assert [row.state for row in house.media() if row.key.startswith(str(photo))] == ["fetched"] * 2
    assert house.records()[found.key_of(photo)].versions == 1


@pytest.mark.long
def test_of_an_account_that_is_gone_nothing_is_said_to_be_gone(found: Account) -> None:
    is_away(found, found.server.away)


@pytest.mark.law("R16")
def test_photos_that_were_deleted_together_do_not_keep_each_other_in_doubt(found: Account) -> None:
    go_together(found)


@pytest.mark.law("R16")
def test_nothing_is_told_of_photos_where_no_single_one_is_answered(found: Account) -> None:
    house = found.house
    photos = [found.talk(1)[0] for _ in range(3)]
    house.run(found.account, FULL)
    house.server.faults.add(says(1), "photos.getInfo|photos.comments", times=None)
    for sweep in (WATCH, FULL):
        house.later(days=1)
        house.run(found.account, sweep)
        assert found.states(*photos) == ["visible"] * 3
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert not house.gaps(open_only=True)
