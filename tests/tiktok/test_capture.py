"""The two TikTok connectors in the engine, over a real socket: what is seen, what is not, what is never kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archiver.accounts import service as accounts
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.faults import with_json
from archiver.practice.messages import Request, Response
from archiver.practice.tiktok_json import business
from archiver.records.models import Record
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import repeated
from tests.graph.scenes import ends_in_the_middle, keeps_no_token
from tests.graph.truth import public_words
from tests.tiktok.account import TOKEN, Account, Shown, account

GOOD = {"complete", "unchanged"}


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


def asked_of(house: House, part: str, since: int = 0) -> list[str]:
    """What was asked of a kind of thing."""
    return [one.target for one in list(house.server.log)[since:] if part in one.target]


# What is seen.


def test_both_levels_of_comments_and_every_picture_are_seen_and_make_no_edits(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    video, (top, *_) = found.talk(2)
    reply = city.say(people[1], "a reply", answering=top)
    own = city.say(found.id, "our answer to it", answering=reply)
    photo = city.say(people[0], Wording("look", media=(city.picture("pothole"),)), answering=video)
    many = [city.say(people[n % 3], f"reply {n}", answering=photo) for n in range(5)]
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    keys = [found.key_of(one) for one in (video, top, reply, own, photo, *many)]
    first = records[keys[0]].id
    assert [records[key].parent_id for key in keys[1:5]] == [first, records[keys[1]].id, records[keys[1]].id, first]
    assert {records[key].parent_id for key in keys[5:]} == {records[keys[4]].id}
    assert {records[key].thread_id for key in keys} <= {first, None}
    assert {records[key].access for key in keys} == {"private"}
    assert records[keys[3]].author_name == f"@{city.people[found.id].handle}"
    assert records[keys[2]].author_name == city.people[people[1]].profile.name
    assert [records[key].word for key in keys[:3]] == ["video", "comment", "reply"]
    fetched = [one.key.partition("/")[0] for one in house.media() if one.state == "fetched"]
    assert sorted(fetched) == ["avatar", "cover", "image"]
    files = asked_of(house, "/tiktok/obj/")
    assert not any(one.authorised for one in house.server.log if "/tiktok/obj/" in one.target)
    # By now every address of a picture is signed anew, and numbers are others.
    house.later(hours=30)
    stored = len(house.exchanges())
    for person in people:
        city.like(top, person)
        city.like(video, person)
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    assert {row.versions for row in house.records().values()} == {1}
    assert asked_of(house, "/tiktok/obj/") == files
    check_rebuilt(house)


@pytest.mark.law("R4")
def test_a_hidden_comment_is_seen_as_hidden_and_never_kept_as_public(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    video, (one, other, _) = found.talk()
    city.hide(one)
    answer = city.say(people[2], "a hidden reply", answering=other)
    city.hide(answer)
    house.run(found.account, FULL)
    assert found.states(video, one, other, answer) == ["visible", "hidden_by_page", "visible", "hidden_by_page"]
    assert public_words(house) == {f"account/{found.server.identity(found.id)}"}
    house.later(days=1)
    city.unhide(one)
    city.hide(other)
    assert house.run(found.account, FULL).outcome == "complete"
    assert found.states(one, other) == ["visible", "hidden_by_page"]
    assert {house.records()[found.key_of(number)].versions for number in (one, other)} == {1}


def test_the_cheap_sweep_finds_what_is_new_and_costs_one_question_where_nothing_is(found: Account) -> None:
    house, city = found.house, found.house.city
    video, _ = found.talk()
    older = [found.talk(1) for _ in range(3)]
    house.run(found.account, NEW)
    assert found.key_of(older[0][1][0]) in house.records()
    house.later(days=4)
    since = len(house.server.log)
    assert house.run(found.account, NEW).outcome == "unchanged"
    assert [one.split("?")[0].split("/")[-2] for one in asked_of(house, "/open_api/", since)] == ["list"]
    late = city.say(found.cast.residents[0], "late comment", answering=video)
    city.edit(older[0][0], "Main Street is closed on Tuesday.")
    since = len(house.server.log)
    house.run(found.account, NEW)
    assert found.key_of(late) in house.records()
    assert house.records()[found.key_of(older[0][0])].versions == 2
    assert len(asked_of(house, "/open_api/", since)) == 2, "videos, and the comments on one"


def test_a_comment_that_no_number_tells_of_yet_is_seen_at_once_and_not_taken_for_gone(found: Account) -> None:
    """TikTok tells how many comments a video has a day or two late."""
    house, city = found.house, found.house.city
    found.server.late = timedelta(hours=36)
    found.talk(1)
    video, _ = found.talk(0)
    house.run(found.account, FULL)
    fresh = city.say(found.cast.residents[0], "fresh", answering=video)
    house.later(minutes=5)
    house.run(found.account, NEW)
    assert found.states(fresh) == ["visible"]
    # The list does not show it for a moment, while the video still says that it has none.
    fault = house.server.faults.add(_nothing, rf"comment/list/.*{video}.*max_count=30", times=1)
    house.later(minutes=5)
    house.run(found.account, FULL)
    assert fault.hits == 1
    assert found.states(fresh) == ["visible"]
    city.delete(fresh)
    house.later(minutes=5)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(fresh) == ["not_returned"]


def _nothing(request: Request, response: Response) -> Response:
    return with_json(response, business(0, "OK", {"comments": [], "cursor": 0, "has_more": False}))


@pytest.mark.long
def test_a_watched_video_shows_edits_of_comments(found: Account) -> None:
    house, city = found.house, found.house.city
    _, (one, *_) = found.talk()
    house.run(found.account, NEW)
    house.later(days=4)
    city.edit(one, "comment 0, corrected")
    assert house.run(found.account, NEW).outcome == "unchanged", "the number of comments is the same"
    assert house.run(found.account, WATCH).outcome == "complete"
    assert [row.text for row in house.versions(found.key_of(one))] == ["comment 0", "comment 0, corrected"]


def test_what_is_gone_is_said_so_where_tiktok_still_answers(found: Account) -> None:
    house, city = found.house, found.house.city
    kept, (left,) = found.talk(1)
    video, comments = found.talk(2)
    alone, (only,) = found.talk(1)
    house.run(found.account, FULL)
    house.later(days=1)
    city.delete(video)
    city.delete(only)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(kept, left, alone) == ["visible"] * 3
    assert set(found.states(video, *comments, only)) == {"not_returned"}
    house.later(days=1)
    city.delete(kept)
    city.delete(alone)
    house.run(found.account, FULL)
    assert found.states(kept, alone) == ["visible"] * 2, "no video is left that could vouch"


def test_a_comment_on_an_older_video_vouches_where_the_newest_have_none(found: Account) -> None:
    """The only comment on a video is gone, and none of the newest videos has any: those that the archive knows vouch,
    one after the other."""
    house, city = found.house, found.house.city
    found.server.page = 3
    comments = []
    for count in (1, 1, 1, 0, 0, 0, 0):
        comments += found.talk(count)[1]
        house.later(seconds=5)
    left, gone_too, only = comments
    house.run(found.account, FULL)
    house.later(days=1)
    city.delete(only)
    city.delete(gone_too)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(only, gone_too, left) == ["not_returned", "not_returned", "visible"]
    check_rebuilt(house)
    city.delete(left)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "suspicious"
    assert found.states(left) == ["visible"], "no comment is left that could vouch"


@pytest.mark.law("R4")
def test_a_video_that_not_everybody_sees_is_returned_and_never_kept_as_public(found: Account) -> None:
    house = found.house
    video, comments = found.talk(2)
    found.server.private.add(video)
    assert house.run(found.account, FULL).outcome == "complete"
    keys = [found.key_of(one) for one in (video, *comments)]
    assert {house.records()[key].access for key in keys} == {"private"}
    assert not set(keys) & public_words(house)


@pytest.mark.long
def test_a_video_made_private_comes_back(house: House) -> None:
    found = account(house, Shown)
    found.talk(1)
    video = found.house.city.say(found.id, "for a while")
    house.run(found.account, FULL)
    found.server.private.add(video)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(video) == ["not_returned"]
    found.server.private.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(video) == ["visible"]


@pytest.mark.parametrize("kind", [Shown, pytest.param(Account, marks=pytest.mark.long)])
def test_videos_of_one_second_are_all_seen(house: House, kind: type[Account]) -> None:
    """A page ends among them: the next one is asked to begin within that second."""
    found = account(house, kind)
    found.server.page = 3
    videos = []
    for _ in range(3):
        videos += [found.house.city.say(found.id, f"scheduled {n}") for n in range(2)]
        house.later(seconds=5)
    house.run(found.account, FULL)
    assert {found.key_of(number) for number in videos} <= set(house.records())


@pytest.mark.long
def test_the_account_says_of_itself_what_it_may(found: Account) -> None:
    house = found.house
    found.talk(0)
    found.server.withheld = {"user.info.profile"}
    assert house.run(found.account, FULL).outcome == "complete"
    key = f"account/{found.server.identity(found.id)}"
    assert "bio_description" not in house.versions(key)[-1].content
    found.server.withheld = set()
    house.city.change_profile(found.id, name="City of Elsewhere", note="Moved.")
    house.later(days=1)
    house.run(found.account, FULL)
    assert house.versions(key)[-1].text.startswith("City of Elsewhere")
    assert house.versions(key)[-1].content["bio_description"] == "Moved."


# Credentials.


def test_an_account_is_not_added_without_a_token_of_its_owner_or_its_id(found: Account) -> None:
    house = found.house
    other = house.city.join("other.city", "Other", home="tiktok", official=True)
    address = house.server.tiktok.account_url(other)
    with pytest.raises(UsageError, match="access token of the account's owner"):
        accounts.add(house.archive, address, "tiktok")
    named = f"{address}?business_id={house.server.tiktok.identity(found.id)}"
    for url, token, told in (
        (address, TOKEN, "business_id"),
        (named, TOKEN, "another account"),
        (named, "act.no-such-token-0123456789", "does not know the access token"),
    ):
        with pytest.raises(Refused, match=told) as refused:
            accounts.add(house.archive, url, "tiktok", credential=token)
        assert token not in str(refused.value)
    with house.archive.database.read() as connection:
        assert [one.id for one in accounts.list_accounts(connection)] == [found.account]


def test_the_display_token_must_be_of_the_account_that_is_named(house: House) -> None:
    found = account(house, Shown)
    other = house.city.join("other.city", "Other", home="tiktok", official=True)
    with pytest.raises(Refused, match="another account"):
        accounts.add(house.archive, found.server.account_url(other), "tiktok_display", credential=TOKEN)


def test_an_account_may_be_read_through_both(found: Account) -> None:
    """Each app knows it by another id: these are two accounts of the archive, which hold the same videos."""
    house = found.house
    video, comments = found.talk(1)
    shown = house.server.tiktok_display
    shown.tokens[TOKEN] = found.id
    again = accounts.add(house.archive, shown.account_url(found.id), "tiktok_display", credential=TOKEN).account.id
    assert again != found.account
    house.run(found.account, FULL)
    assert house.run(again, FULL).outcome == "complete"
    held = {key: len(house.rows(Record, Record.key == key)) for key in map(found.key_of, (video, comments[0]))}
    assert list(held.values()) == [2, 1]


@pytest.mark.parametrize("how", ["expired", pytest.param("revoked", marks=pytest.mark.long)])
def test_a_token_that_ends_in_the_middle_needs_a_person(found: Account, how: str) -> None:
    ended = found.server.expired if how == "expired" else found.server.revoked
    ends_in_the_middle(found, ended, "/business/video/list", how)


@pytest.mark.law("R71")
@pytest.mark.parametrize("kind", [Account, pytest.param(Shown, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("percent", "link", "header", "escaped"))]
)
def test_no_token_is_left_anywhere(
    house: House, kind: type[Account], form: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = account(house, kind)
    found.server.page = 3
    echo = faults.echoed_token(form) if form in ("header", "escaped") else repeated(TOKEN, form)
    keeps_no_token(found, echo, caplog)
    assert not any("act." in one.target for one in house.server.log), "the token goes in a header"


@pytest.mark.long
def test_a_cover_that_was_in_trouble_is_fetched_later(found: Account) -> None:
    house, city = found.house, found.house.city
    video, _ = found.talk(0)
    city.edit(video, replace(city.posts[video].wording, media=(city.picture("snow"),)))
    house.server.faults.add(faults.server_error(503), "/tiktok/obj/cover/", times=None)
    house.run(found.account, FULL)
    assert [one.state for one in house.media() if one.key.startswith("cover/")] == ["wanted"]
    house.server.faults.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert [one.state for one in house.media() if one.key.startswith("cover/")] == ["fetched"]
    check_rebuilt(house)
