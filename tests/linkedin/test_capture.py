"""The LinkedIn connector in the engine, over a real socket: what is seen, by whom, what is not, what is never kept."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.linkedin_api import ADMIN, FEED, SOCIAL
from archiver.practice.linkedin_ids import post_urn
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import nothing_left, repeated
from tests.graph.truth import public_words
from tests.linkedin.page import TOKEN, Page, page, post_key

GOOD = {"complete", "unchanged"}


@pytest.fixture
def found(house: House) -> Page:
    return page(house)


def asked_of(house: House, part: str, since: int = 0) -> list[str]:
    """What was asked of a kind of thing."""
    return [one.target for one in list(house.server.log)[since:] if f"/rest/{part}" in one.target]


# What is seen.


def test_both_levels_of_comments_and_every_kind_of_file_are_seen_and_make_no_edits(found: Page) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    post, (top, *_) = found.talk(2)
    reply = city.say(people[1], "a reply", answering=top)
    own = city.say(found.id, "our answer to it", answering=reply)
    pictures, film, paper = (city.picture("a"), city.picture("b")), city.picture("Snow"), city.picture("Budget")
    city.edit(post, replace(city.posts[post].wording, media=pictures))
    found.server.kinds |= {film.id: "video", paper.id: "document"}
    shown = [city.say(found.id, Wording("See here", media=(one,))) for one in (film, paper)]
    photo = city.say(people[0], Wording("look", media=(city.picture("pothole"),)), answering=post)
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    keys = [found.key_of(one) for one in (post, top, reply, own, photo, *shown)]
    first = records[keys[0]].id
    assert [records[key].parent_id for key in keys[1:5]] == [first, records[keys[1]].id, records[keys[1]].id, first]
    assert {records[key].thread_id for key in keys[:5]} == {first}
    assert {records[key].access for key in keys} == {"public"}
    assert (records[keys[3]].author_name, records[keys[2]].author_name) == (
        city.people[found.id].handle, records[keys[2]].author_id,
    )  # fmt: skip
    fetched = {one.key: one.kind for one in house.media() if one.state == "fetched"}
    assert sorted(fetched.values()) == ["document", *["image"] * 4, "video"]
    assert {f"video/P{film.id}", f"document/P{paper.id}", f"image/P{pictures[0].id}"} <= set(fetched)
    files = [one for one in house.server.log if "/linkedin/dms/" in one.target]
    assert len(files) == len(fetched)
    assert not any(one.authorised for one in files), "the token goes to the API alone"
    # By now every address of a file is signed anew, and numbers are others.
    house.later(hours=30)
    stored = len(house.exchanges())
    for person in people:
        city.like(top, person)
        city.like(post, person)
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    assert {row.versions for row in house.records().values()} == {1}
    assert len([one for one in house.server.log if "/linkedin/dms/" in one.target]) == len(files)


@pytest.mark.long
def test_polls_articles_and_what_is_passed_on_are_told(found: Page) -> None:
    house, city = found.house, found.house.city
    asking, linked = city.say(found.id, "Which street first?"), city.say(found.id, "Read on")
    poll = {"question": "Which?", "options": [{"text": "Oak", "voteCount": 2}], "uniqueVotersCount": 2}
    found.server.contents[asking] = {"poll": {**poll, "settings": {"duration": "ONE_DAY"}}}
    found.server.contents[linked] = {"article": {"source": "https://city.example/n", "title": "News"}}
    passed_on = city.share(found.id, asking)
    assert house.run(found.account, FULL).outcome == "complete"
    told = [house.versions(found.key_of(one))[-1].text for one in (asking, linked)]
    assert told == ["Which street first?\n\nWhich?\n\nOak", "Read on\n\nNews\n\nhttps://city.example/n"]
    assert house.versions(post_key(passed_on))[-1].content["reshared"] == post_urn(asking)
    assert house.records()[post_key(passed_on)].word == "repost"


def test_the_cheap_sweep_finds_what_is_new_and_costs_three_questions_where_nothing_is(found: Page) -> None:
    house, city = found.house, found.house.city
    post, _ = found.talk()
    older = [found.talk(1) for _ in range(3)]
    house.run(found.account, NEW)
    house.later(hours=3)
    since = len(house.server.log)
    assert house.run(found.account, NEW).outcome == "unchanged"
    assert [one.split("?")[0].split("/")[-1] for one in asked_of(house, "", since)] == [
        "posts", "socialMetadata", "organizationalEntityNotifications",
    ]  # fmt: skip
    house.later(minutes=20)
    since = len(house.server.log)
    assert house.run(found.account, NEW).outcome == "unchanged"
    assert len(asked_of(house, "", since)) == 2, "notifications are asked for once an hour"
    late = city.say(found.cast.residents[0], "late comment", answering=post)
    city.edit(older[0][0], "Main Street is closed on Tuesday.")
    since = len(house.server.log)
    house.run(found.account, NEW)
    assert found.key_of(late) in house.records()
    assert house.records()[found.key_of(older[0][0])].versions == 2
    assert len(asked_of(house, "socialActions", since)) == 1
    assert len(asked_of(house, "", since)) == 4, "and the words of one post"


@pytest.mark.long
def test_a_watched_post_shows_edits_of_comments(found: Page) -> None:
    house, city = found.house, found.house.city
    _, (one, *_) = found.talk()
    house.run(found.account, NEW)
    house.later(hours=12)
    city.edit(one, "comment 0, corrected")
    assert house.run(found.account, NEW).outcome == "unchanged", "the number of comments is the same"
    assert house.run(found.account, WATCH).outcome == "complete"
    assert [row.text for row in house.versions(found.key_of(one))] == ["comment 0", "comment 0, corrected"]


# Edited, deleted, closed, not for everybody.


@pytest.mark.long
@pytest.mark.law("R4")
def test_comments_that_were_left_to_a_later_run_are_as_private_as_their_post_is_by_then(found: Page) -> None:
    house = found.house
    post, comments = found.talk()
    _, others = found.talk(1)
    house.server.faults.add(faults.server_error(503), f"/rest/socialActions/.*{post}/comments", times=None)
    assert house.run(found.account, FULL).outcome not in GOOD
    house.server.faults.clear()
    found.server.more[post] = {"visibility": "LOGGED_IN"}
    house.later(days=1)
    assert house.run(found.account, NEW).outcome in GOOD
    keys = {found.key_of(one) for one in comments}
    assert {house.records()[key].access for key in keys} == {"private"}
    assert not keys & public_words(house)
    assert house.records()[found.key_of(others[0])].access == "public"


@pytest.mark.law("R16", "R18", "R41")
def test_edits_and_deletions_are_told_with_evidence_and_again_from_the_store_alone(found: Page) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    kept, (one, two, three) = found.talk()
    gone, under = found.talk(2)
    answers = [city.say(people[n], f"answer {n}", answering=two) for n in range(2)]
    deeper = city.say(people[2], "answer below", answering=under[0])
    house.run(found.account, FULL)
    house.later(days=1)
    edited_at = house.clock.now()
    city.edit(kept, "Main Street is closed on Tuesday.")
    city.edit(one, "corrected")
    city.delete(two)
    city.delete(answers[0])
    city.delete(gone)
    house.run(found.account, FULL)
    assert found.states(kept, one, three) == ["visible"] * 3
    missing = (two, *answers, gone, *under, deeper)
    assert set(found.states(*missing)) == {"not_returned"}
    statuses = {row.id: row.status for row in house.exchanges()}
    for number in missing:
        evidence = house.states(found.key_of(number))[-1].evidence
        assert [statuses[exchange] for exchange in evidence] == [404, 200]
    versions = house.versions(found.key_of(one))
    assert [row.text for row in versions] == ["comment 0", "corrected"]
    assert versions[-1].as_of == edited_at, "when it was edited, not when it was seen"
    assert house.versions(found.key_of(kept))[-1].as_of == edited_at
    check_rebuilt(house)


@pytest.mark.long
def test_a_watched_post_that_is_deleted_is_looked_at_by_itself(found: Page) -> None:
    house, city = found.house, found.house.city
    said = [found.talk(1)[0] for _ in range(2)]
    house.run(found.account, NEW)
    house.later(hours=12)
    city.delete(said[0])
    assert house.run(found.account, WATCH).outcome == "complete"
    assert found.states(*said) == ["not_returned", "visible"]


@pytest.mark.long
def test_what_comes_back_is_visible_again(found: Page) -> None:
    house, city = found.house, found.house.city
    _, (one, *_) = found.talk()
    for hidden in (None, True, False):
        if hidden is not None:
            (city.hide if hidden else city.unhide)(one)
        house.run(found.account, FULL)
        house.later(days=1)
    assert [row.state for row in house.states(found.key_of(one))] == ["visible", "not_returned", "visible"]


@pytest.mark.long
@pytest.mark.law("R17")
def test_comments_that_are_closed_are_a_setting_and_go(found: Page) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    found.server.closed.add(post)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    told = [version.text for version in house.versions(f"comments/{found.key_of(post)}")]
    assert told == ["comments: open", "comments: closed"]
    assert set(found.states(*comments)) == {"not_returned"}
    assert found.states(post) == ["visible"]


@pytest.mark.law("R4", "R16")
def test_what_not_everybody_sees_is_kept_as_private_with_its_words(found: Page) -> None:
    house = found.house
    public, (seen, *_) = found.talk(1)
    members, (theirs, *_) = found.talk(1)
    targeted, (also, *_) = found.talk(1)
    draft = house.city.say(found.id, "not yet")
    found.server.more |= {
        members: {"visibility": "LOGGED_IN"},
        targeted: {"distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [{"geoLocations": ["x"]}]}},
        draft: {"lifecycleState": "DRAFT"},
    }
    for sweep in (NEW, FULL):
        house.run(found.account, sweep)
        house.later(days=1)
    assert {house.records()[found.key_of(one)].access for one in (public, seen)} == {"public"}
    hidden = (members, theirs, targeted, also)
    assert {house.records()[found.key_of(one)].access for one in hidden} == {"private"}
    assert not {found.key_of(one) for one in hidden} & public_words(house)
    told = [house.versions(found.key_of(one))[-1].text for one in hidden]
    assert told == [house.city.posts[one].wording.text for one in hidden]
    assert found.key_of(draft) not in house.records()
    # What everybody saw, and no longer does, is not taken for public from then on.
    found.server.more[public] = {"visibility": "LOGGED_IN"}
    house.city.edit(public, "for members only now")
    house.run(found.account, FULL)
    assert house.versions(found.key_of(public))[-1].text == "for members only now"
    purposes = {(row.purpose, row.status) for row in house.exchanges()}
    assert ("words", 200) in purposes


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    "permission", [pytest.param(SOCIAL, marks=pytest.mark.long), FEED, pytest.param(ADMIN, marks=pytest.mark.long)]
)
def test_a_permission_that_is_lost_is_no_deletion(found: Page, permission: str) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    found.server.withheld.add(permission)
    for sweep in (FULL, WATCH, FULL):
        house.later(days=1)
        assert house.run(found.account, sweep).outcome not in GOOD
    assert set(found.states(post, *comments)) == {"visible"}
    found.server.withheld.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *comments)) == {"visible"}


def test_a_file_that_comes_late_does_not_say_that_its_post_still_stands(found: Page) -> None:
    house, city = found.house, found.house.city
    found.talk(1)
    post = city.say(found.id, Wording("See", media=(city.picture("a"),)))
    house.server.faults.add(faults.server_error(503), "/rest/images.*P", times=None)
    house.run(found.account, FULL)
    house.server.faults.clear()
    house.later(days=1)
    city.hide(post)
    house.run(found.account, FULL)
    told = house.states(found.key_of(post))
    assert [row.state for row in told] == ["visible", "not_returned"]
    assert told[0].last_at < house.clock.now() - timedelta(hours=20)


def test_a_file_that_could_not_be_fetched_is_fetched_from_its_new_address(found: Page) -> None:
    """The address that was given with it has expired by then."""
    house, city = found.house, found.house.city
    city.say(found.id, Wording("See", media=(city.picture("a"),)))
    house.server.faults.add(faults.server_error(503), "/linkedin/dms/image/P", times=None)
    house.run(found.account, FULL)
    assert [one.state for one in house.media() if one.key.startswith("image/P")] == ["wanted"]
    house.server.faults.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert [one.state for one in house.media() if one.key.startswith("image/P")] == ["fetched"]
    check_rebuilt(house)


# Credentials.


def test_a_page_is_not_added_without_a_token_of_who_administers_it(found: Page) -> None:
    house = found.house
    other = house.city.join("other-city", "Other", home="linkedin", official=True)
    address = house.server.linkedin.account_url(other)
    with pytest.raises(UsageError, match="access token of an administrator"):
        accounts.add(house.archive, address, "linkedin")
    for token, told in ((TOKEN, "does not let the token"), ("AQX-no-such-token-0123456789", "does not know")):
        with pytest.raises(Refused, match=told) as refused:
            accounts.add(house.archive, address, "linkedin", credential=token)
        assert token not in str(refused.value)
    with pytest.raises(Refused, match="no such"):
        accounts.add(house.archive, address + "-nobody", "linkedin", credential=TOKEN)
    with house.archive.database.read() as connection:
        assert [one.id for one in accounts.list_accounts(connection)] == [found.account]


def test_a_page_is_the_same_by_its_name_and_by_its_number(found: Page) -> None:
    house = found.house
    with house.archive.database.read() as connection:
        known = accounts.get(connection, found.account)
    address = f"{house.server.base_url}/linkedin/company/{known.platform_id}"
    again = accounts.add(house.archive, address, "linkedin", credential=TOKEN)
    assert (again.account.id, again.new) == (found.account, False)


@pytest.mark.parametrize("how", ["expired", pytest.param("revoked", marks=pytest.mark.long)])
def test_a_token_that_ends_in_the_middle_needs_a_person(found: Page, how: str) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    ended = found.server.expired if how == "expired" else found.server.revoked

    def end(request: Any, response: Any) -> Any:
        ended.add(TOKEN)
        return response

    house.server.faults.add(end, "/rest/posts", times=1)
    result = house.run(found.account, FULL)
    assert result.outcome == "failed"
    assert how in str(result)
    assert house.account_state(found.account) == "sign_in_needed"
    assert set(found.states(post, *comments)) == {"visible"}
    ended.clear()
    tokens.keep(house.archive, found.account, TOKEN)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    "form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("percent", "link", "header", "escaped"))]
)
def test_no_token_is_left_anywhere(found: Page, form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    house = found.house
    found.server.page = 3
    found.talk(5)
    echo = faults.echoed_token(form) if form in ("header", "escaped") else repeated(TOKEN, form)
    house.server.faults.add(echo, times=None)
    results: list[Any] = [house.run(found.account, sweep) for sweep in (FULL, NEW, WATCH)]
    house.server.faults.add(faults.server_error(503), times=2)
    house.later(days=1)
    found.talk(1)
    results.append(house.run(found.account, NEW))
    house.capture.flush(all=True)
    said = (caplog.text + "".join(map(str, results))).encode()
    assert any(one.authorised for one in house.server.log)
    nothing_left(house.home, said, TOKEN)
