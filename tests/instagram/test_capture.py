"""The Instagram connector in the engine, over a real socket: what is seen, by whom, what is not, what is never kept."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.capture import watching
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.faults import Alter
from archiver.practice.instagram_api import BASIC, COMMENTS, MESSAGES
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.secrecy import nothing_left
from tests.facebook.page import public_words
from tests.facebook.test_capture import says
from tests.instagram.account import TOKEN, Account, account, talk

_GOOD = {"complete", "unchanged"}
_YEAR = timedelta(days=365)


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


def states(found: Account, *numbers: int) -> list[str]:
    records = found.house.records()
    return [records[found.key_of(number)].state for number in numbers]


# What is seen.


def test_comments_at_every_level_pictures_and_counts_are_seen_and_make_no_edits(found: Account) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    found.gallery.inside = 1  # so that replies go on in a list of their own
    post, (top, *_) = talk(found, 2)
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
    old, _ = talk(found)
    for _ in range(3):
        talk(found, 1)
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
    kept, (one, two, three) = talk(found)
    gone, under = talk(found, 1)
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
    assert states(found, kept, one, two) == ["visible", "visible", "hidden_by_page"]
    assert set(states(found, three, *answers, gone, *under)) == {"not_returned"}
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
    """The only comment of the account: whether it is gone, or comments may not be read any more, nobody can tell."""
    house = found.house
    _, (one,) = talk(found, 1)
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.delete(one)
    assert house.run(found.account, FULL).outcome not in _GOOD
    assert states(found, one) == ["visible"]


@pytest.mark.law("R4", "R16")
def test_what_not_everybody_sees_is_kept_as_private_with_its_words(found: Account) -> None:
    house, city, (anna, ben, *_) = found.house, found.house.city, found.cast.residents
    _, (one, other, last) = talk(found)
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
    house, city = found.house, found.house.city
    post, comments = talk(found)
    own = city.say(found.id, "our own answer", answering=comments[0])
    house.run(found.account, FULL)
    found.gallery.withheld = permissions
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in _GOOD
    house.run(found.account, WATCH)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in _GOOD
    assert set(states(found, post, own, *comments)) == {"visible"}
    found.gallery.withheld = set()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in _GOOD
    assert set(states(found, post, own, *comments)) == {"visible"}


@pytest.mark.law("R17")
def test_comments_that_are_turned_off_are_a_setting_and_no_deletion(found: Account) -> None:
    house = found.house
    post, comments = talk(found)
    talk(found)
    house.run(found.account, FULL)
    found.gallery.closed.add(post)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in _GOOD
    house.later(hours=1)
    house.run(found.account, WATCH)
    assert set(states(found, post, *comments)) == {"visible"}
    assert [row.text for row in house.versions(f"comments/{post}")] == ["comments: open", "comments: turned off"]
    found.gallery.closed.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in _GOOD
    assert [row.text for row in house.versions(f"comments/{post}")][-1] == "comments: open"


@pytest.mark.long
def test_what_restricted_people_said_is_not_returned_and_comes_back(found: Account) -> None:
    """Nobody says that they are restricted, so nothing more is said than that it was not returned."""
    house = found.house
    _, comments = talk(found)
    house.run(found.account, FULL)
    found.gallery.restricted.add(found.cast.residents[0])
    house.later(days=1)
    house.run(found.account, FULL)
    assert states(found, *comments) == ["not_returned", "visible", "visible"]
    found.gallery.restricted.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert set(states(found, *comments)) == {"visible"}


def test_a_story_is_seen_on_every_sweep_and_that_it_is_over_says_nothing(found: Account) -> None:
    house = found.house
    talk(found)
    house.run(found.account, FULL)
    for sweep, number in ((NEW, 91), (WATCH, 92)):
        found.gallery.stories.append((number, house.clock.now(), "City Hall at night"))
        house.later(hours=1)
        house.run(found.account, sweep)
    house.later(days=2)
    for sweep in (NEW, WATCH, FULL):
        assert house.run(found.account, sweep).outcome in _GOOD
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
    _, comments = talk(found)
    assert house.run(found.account, FULL).outcome == "partial"
    assert set(states(found, *comments)) == {"visible"}
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"messages"}


def test_conversations_of_another_page_are_not_taken_for_those_of_the_account(found: Account) -> None:
    """A token of another Page, with an account of its own, was stored by mistake."""
    house, city = found.house, found.house.city
    other = city.join("another_account", "Another", home="instagram", official=True)
    city.say(found.cast.residents[0], "@another_account not for the city", visibility="direct")
    found.api.tokens["EAAOtherToken0123456789abcdef"] = other
    talk(found)
    house.run(found.account, FULL)
    tokens.keep(house.archive, found.account, "EAAOtherToken0123456789abcdef")
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in _GOOD
    assert not any(key.startswith(("conversation/", "message/")) for key in house.records())
    assert {row.state for row in house.records().values()} == {"visible"}


# Faults.


def test_an_empty_page_is_not_the_end_and_no_address_with_the_token_is_followed(found: Account) -> None:
    house = found.house
    found.api.page, found.api.empty_pages, found.gallery.inside = 2, True, 1
    said = [talk(found, 3) for _ in range(3)]
    replies = [house.city.say(found.cast.residents[0], f"r{n}", answering=said[0][1][0]) for n in range(4)]
    assert house.run(found.account, FULL).outcome == "complete"
    numbers = [*replies, *(n for post, comments in said for n in (post, *comments))]
    assert {found.key_of(n) for n in numbers} <= set(house.records())
    assert not any("access_token" in one.target for one in house.server.log)


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [
        (says(100, subcode=33), {"partial", *_GOOD}),
        pytest.param(says(2, passing=True, status=500), _GOOD, marks=pytest.mark.long),
        pytest.param(says(100), {"partial"}, marks=pytest.mark.long),
        pytest.param(says(190, subcode=463, status=401), {"failed"}, marks=pytest.mark.long),
        pytest.param(says(10, status=403), {"partial"}, marks=pytest.mark.long),
        pytest.param(faults.html_page(200), {"partial"}, marks=pytest.mark.long),
        pytest.param(faults.cut_body(200), _GOOD, marks=pytest.mark.long),
    ],
    ids=["ambiguous", "transient", "parameter", "expired", "permission", "html", "cut"],
)
def test_a_fault_in_the_middle_is_no_deletion(found: Account, alter: Alter, outcomes: set[str]) -> None:
    house = found.house
    post, comments = talk(found)
    house.run(found.account, FULL)
    house.later(days=1)
    house.server.faults.add(alter, "/comments", times=1)
    assert house.run(found.account, FULL).outcome in outcomes
    assert set(states(found, post, *comments)) == {"visible"}
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in _GOOD


@pytest.mark.long
def test_a_spent_allowance_ends_the_run_until_access_is_regained(found: Account) -> None:
    house = found.house
    talk(found)
    found.api.used, found.api.regain = 100, 45
    assert house.run(found.account, FULL).outcome not in _GOOD
    asked = len(house.server.log)
    house.later(minutes=20)
    house.run(found.account, NEW)
    assert len(house.server.log) == asked, "asked before access was regained"
    found.api.used, found.api.regain = 10, 0
    house.later(minutes=30)
    assert house.run(found.account, FULL).outcome == "complete"


# Secrets.


def test_an_account_is_not_added_without_the_token_of_its_page(house: House) -> None:
    found = account(house)
    other = house.city.join("another_account", "Another", home="instagram", official=True)
    address = found.api.account_url(other)
    with pytest.raises(UsageError, match="linked Page"):
        accounts.add(house.archive, address, "instagram")
    for credential, told in (
        (TOKEN, "not linked to this account"),
        ("EAA-no-such-token-0123456789", "does not accept"),
        ("IGAAnotATokenOfAPage0123456789", "Instagram login"),
    ):
        with pytest.raises(Refused, match=told) as refused:
            accounts.add(house.archive, address, "instagram", credential=credential)
        assert credential not in str(refused.value)
    with house.archive.database.read() as connection:
        assert [one.id for one in accounts.list_accounts(connection)] == [found.account]


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    "form", ["next and body", *(pytest.param(one, marks=pytest.mark.long) for one in ("escaped", "percent", "header"))]
)
def test_no_token_is_left_anywhere(house: House, form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = account(house)
    found.api.page = 2  # so that there are next pages, with the token in their addresses
    talk(found, 5)
    house.server.faults.add(_echo(form.rpartition(" ")[2]), times=None)
    results: list[Any] = [house.run(found.account, sweep) for sweep in (FULL, NEW, WATCH)]
    house.capture.flush(all=True)
    said = (caplog.text + "".join(map(str, results))).encode()
    assert any(one.authorised for one in house.server.log)
    assert not any("access_token" in one.target for one in house.server.log)
    nothing_left(house.home, said, TOKEN)


def _echo(form: str) -> Alter:
    if form in ("body", "escaped", "percent"):
        return faults.echoed_token(form)

    def alter(request: Request, response: Response) -> Response:
        return response.with_header("X-Echo", f"Bearer {TOKEN}")

    return alter
