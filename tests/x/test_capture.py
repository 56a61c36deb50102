"""The X connector in the engine, over a real socket: what is seen, what is not, and what is never kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from archiver.accounts import service as accounts
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.faults import Alter
from archiver.practice.messages import Request, Response
from archiver.practice.x_ids import versions_of, x_id
from archiver.practice.x_json import dump, problem
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import nothing_left, repeated
from tests.x.place import APP, TOKEN, Place, key_of, place, said_by, versions_in

DONE = ("complete", "unchanged")
LEFT = ("partial", "failed")


def says(status: int, kind: str = "about:blank", **more: Any) -> Alter:
    """A problem in the form of X."""

    def alter(request: Request, response: Response) -> Response:
        body = problem(kind, "No.") | {"title": "No", "status": status} | more
        headers = (("Content-Type", "application/problem+json"), *_limits(response))
        return Response(status, headers, dump(body))

    return alter


def _limits(response: Response) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in response.headers if pair[0].startswith("x-rate-limit"))


@pytest.fixture
def found(house: House) -> Place:
    return place(house)


def talk(found: Place, replies: int = 2) -> tuple[int, list[int]]:
    """A post with replies; the page itself answers last, so that the list of mentions is not all there is."""
    post = found.say(found.id, "Council meeting of March 2. Agenda and votes. #council")
    people = found.cast.residents
    return post, [found.say(people[n % 3], f"@x_city reply {n}", answering=post) for n in range(replies)]


def asked(house: House, part: str, since: int = 0) -> list[str]:
    return [one.target for one in list(house.server.log)[since:] if part in one.target]


def ids_asked(house: House, since: int = 0) -> set[str]:
    looks = [target.partition("ids=")[2].partition("&")[0] for target in asked(house, "/2/tweets?ids=", since)]
    return {one for look in looks for one in look.split(",")}


# What is seen.


def test_an_account_that_deleted_its_only_post_is_not_suspicious_for_ever(found: Place) -> None:
    """X counts no post of it any more. Who might reply to it is not expected without it."""
    house, post = found.house, found.say(found.id, "The bridge is closed.")
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.delete(post)
    for _ in range(2):
        assert house.run(found.account, FULL).outcome in DONE
        house.later(days=1)
    assert found.states(post) == ["not_returned"]
    check_rebuilt(house)


def test_replies_of_any_depth_and_pages_without_end_are_found(found: Place) -> None:
    house = found.house
    house.server.x.page = 5
    post, replies = talk(found, 12)
    deep = [found.say(found.cast.residents[n % 3], f"deeper {n}", answering=replies[n]) for n in range(8)]
    assert house.run(found.account, FULL).outcome == "complete"
    assert {key_of(one) for one in (post, *replies, *deep)} == set(found.posts())
    assert found.row(deep[0]).parent_id == found.row(replies[0]).id
    assert found.row(deep[0]).thread_id == found.row(post).id


def test_a_quiet_sweep_for_what_is_new_asks_two_questions(found: Place) -> None:
    house = found.house
    post, _ = talk(found)
    house.run(found.account, FULL)
    house.later(minutes=5)
    before = len(house.server.log)
    house.run(found.account, NEW)
    assert len(house.server.log) - before == 2
    assert all("since_id=" in target for target in asked(house, "", before))
    late = found.say(found.cast.residents[0], "@x_city late", answering=post)
    own = found.say(found.id, "The office is closed.")
    house.run(found.account, NEW)
    assert {key_of(late), key_of(own)} <= set(found.posts())


@pytest.mark.law("R18")
def test_an_edit_is_a_version_of_the_first_post(found: Place) -> None:
    house = found.house
    post, (reply, _) = talk(found)
    house.run(found.account, FULL)
    for minutes, text in ((4, "The meeting is on March 3."), (5, "The meeting is on March 2.")):
        house.later(minutes=minutes)
        house.city.edit(post, text)
    house.later(minutes=4)
    house.city.edit(reply, "@x_city never mind")
    house.run(found.account, NEW)
    chain = versions_of(house.city.posts[post])
    assert versions_in(house, post) == chain
    assert [row.first_seen_at is None for row in house.versions(key_of(post))] == [False, True, False]
    assert said_by(house, post)[1:] == ["The meeting is on March 3.", "The meeting is on March 2."]
    assert [row.as_of for row in house.versions(key_of(post))] == [at for at, _ in house.city.posts[post].versions]
    assert said_by(house, reply) == ["@x_city reply 0", "@x_city never mind"]
    assert {row.state for row in found.posts().values()} == {"visible"}
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in DONE
    assert versions_in(house, post) == chain
    assert len(found.posts()) == 3


@pytest.mark.law("R16")
def test_counts_pictures_and_what_is_left_out_are_no_edits(found: Place) -> None:
    house = found.house
    picture = house.city.picture("The new bridge")
    post, (reply, _) = talk(found)
    shown = found.say(found.id, Wording("The bridge is open. https://city.example/bridge", media=(picture,)))
    house.server.x.polls[shown] = ["Yes", "No"]
    house.run(found.account, FULL)
    stored = len(house.exchanges())
    for person in found.cast.residents:
        house.city.like(reply, person)
        house.city.like(post, person)
        house.city.change_profile(person, avatar=person % 9973, name="Another name")
    for left_out in (("includes", "created_at"), ("attachments", "entities", "public_metrics", "edit_controls")):
        house.later(days=1)
        fault = house.server.faults.add(_without(*left_out), r"/2/(tweets|users/\d+/)", times=None)
        assert house.run(found.account, FULL).outcome == "unchanged"
        house.server.faults.remove(fault)
    assert len(house.exchanges()) == stored
    assert {row.versions for row in found.posts().values()} == {1}
    assert "The new bridge" in said_by(house, shown)[0]
    assert "https://city.example/bridge" in said_by(house, shown)[0]


def _without(*names: str) -> Alter:
    """The platform leaves fields out, of every object."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: cut(one) for name, one in value.items() if name not in names}
        return [cut(one) for one in value] if isinstance(value, list) else value

    def alter(request: Request, response: Response) -> Response:
        return Response(response.status, response.headers, json.dumps(cut(json.loads(response.body))).encode())

    return alter


def test_a_long_post_is_kept_whole_and_its_beginning_is_no_edit(found: Place) -> None:
    house = found.house
    text = "Sentence of a long notice, with an & in it. " * 20
    post = found.say(found.id, text)
    house.run(found.account, FULL)
    assert said_by(house, post) == [text.strip()]
    house.later(days=1)
    house.server.faults.add(_without("note_post"), r"/2/", times=None)
    assert house.run(found.account, FULL).outcome in DONE
    assert said_by(house, post) == [text.strip()]


def test_reposts_and_quotes_name_what_they_pass_on(found: Place) -> None:
    house = found.house
    other = found.say(found.cast.residents[0], "A flower bed for Cooper Avenue")
    share = found.house.city.share(found.id, other)
    quoted = found.say(found.id, f"Look at this: https://x.com/someone/status/{x_id(other)}")
    quote_of_ours = found.say(found.cast.residents[1], f"Really? https://twitter.com/c/status/{x_id(quoted)}")
    stranger = found.say(found.cast.residents[2], "Between strangers")
    found.say(found.cast.residents[1], f"@x_city see https://x.com/someone/status/{x_id(stranger)}")
    house.run(found.account, FULL)
    kinds = {key: row.kind for key, row in found.posts().items()}
    assert kinds[key_of(other)] == "share"
    assert (kinds[key_of(share)], house.versions(key_of(share))[0].content["shared"]) == ("share", x_id(other))
    assert (kinds[key_of(quoted)], kinds[key_of(quote_of_ours)]) == ("post", "mention")
    assert key_of(stranger) not in kinds, "what strangers quote is no record of the account"
    house.later(days=1)
    house.run(found.account, FULL)
    assert {key: row.kind for key, row in found.posts().items()} == kinds


def test_of_what_the_account_passed_on_earlier_versions_may_be_missing_which_the_limits_say(found: Place) -> None:
    house, city = found.house, found.house.city
    other = city.say(found.cast.residents[0], "as it was")
    house.later(minutes=5)
    city.edit(other, "as it was passed on")
    city.share(found.id, other)
    house.run(found.account, FULL)
    house.later(minutes=5)
    city.edit(other, "as it is now")
    house.run(found.account, FULL)
    assert versions_in(house, other) == versions_of(city.posts[other])[1:]
    limits = house.archive.platforms.connectors["x"].capabilities.limits
    assert any("somebody else wrote and the account passed on" in one for one in limits)


# What is gone, and what only seems so.


@pytest.mark.law("R16")
def test_a_deleted_reply_is_not_returned_with_two_answers_as_evidence(found: Place) -> None:
    house = found.house
    _, (one, other) = talk(found)
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.delete(one)
    assert house.run(found.account, FULL).outcome in DONE
    assert (found.row(one).state, found.row(other).state) == ("not_returned", "visible")
    (_, gone) = house.states(key_of(one))
    purposes = {row.id: row.purpose for row in house.exchanges()}
    assert [purposes[exchange] for exchange in gone.evidence] == ["look", "profile"]


@pytest.mark.law("R16")
def test_an_error_about_one_post_says_nothing_of_the_others(found: Place) -> None:
    house = found.house
    post, replies = talk(found, 5)
    house.run(found.account, FULL)
    house.later(days=9)
    x, people = house.server.x, found.cast.residents
    house.city.delete(replies[3])  # by people[0]
    x.protected.add(people[1])
    x.suspended.add(people[2])
    house.run(found.account, FULL)
    states = [found.row(one).state for one in (post, *replies)]
    assert states == ["visible", "visible", "restricted", "restricted", "not_returned", "restricted"]
    assert {row.versions for row in found.posts().values()} == {1}
    x.protected.clear()
    x.suspended.clear()
    house.later(days=9)
    house.run(found.account, FULL)
    assert [found.row(one).state for one in replies] == ["visible"] * 3 + ["not_returned", "visible"]


def test_an_answer_that_passes_something_over_says_nothing_of_it(found: Place) -> None:
    house = found.house
    _, replies = talk(found)
    house.run(found.account, FULL)
    house.later(days=9)
    house.city.delete(replies[0])
    fault = house.server.faults.add(_without("errors"), r"/2/tweets\?ids=", times=None)
    house.run(found.account, FULL)
    assert fault.hits
    assert found.row(replies[0]).state == "visible"
    unknown = says_in_errors("https://api.x.com/2/problems/something-new")
    house.server.faults.remove(fault)
    house.server.faults.add(unknown, r"/2/tweets\?ids=", times=None)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.row(replies[0]).state == "visible"
    house.server.faults.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.row(replies[0]).state == "not_returned"


def says_in_errors(kind: str) -> Alter:
    def alter(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        body["errors"] = [one | {"type": kind} for one in body.get("errors", ())]
        return Response(response.status, response.headers, json.dumps(body).encode())

    return alter


def test_withheld_posts_are_restricted_and_not_edited(found: Place) -> None:
    house = found.house
    _, (reply, _) = talk(found)
    house.run(found.account, FULL)
    for countries, state in ((["US"], "restricted"), ([], "visible")):
        house.later(days=1)
        house.server.x.withheld = {reply: countries} if countries else {}
        house.run(found.account, FULL)
        assert (found.row(reply).state, found.row(reply).versions) == (state, 1)
    assert said_by(house, reply) == ["@x_city reply 0"]


def test_a_search_never_nominates_what_is_older_than_seven_days(found: Place) -> None:
    house = found.house
    post, replies = talk(found)
    between = found.say(found.cast.residents[3], "an old word, not to the page", answering=replies[0])
    house.run(found.account, FULL)
    assert found.row(between).listing == f"conversation:{key_of(post)}"
    house.later(days=8)
    late = found.say(found.cast.residents[1], "late", answering=replies[1])
    house.run(found.account, WATCH)
    assert key_of(late) in found.posts()
    house.later(days=2)
    before = len(house.server.log)
    house.city.delete(late)
    house.run(found.account, WATCH)
    assert x_id(late) in ids_asked(house, before)
    assert x_id(between) not in ids_asked(house, before)
    assert found.row(late).state == "not_returned"
    assert found.row(between).state == "visible"


def test_of_an_account_that_is_away_nothing_is_concluded(found: Place) -> None:
    house = found.house
    talk(found)
    house.run(found.account, FULL)
    for away, sweeps in ((house.server.x.suspended, (WATCH, FULL)), (house.server.x.deactivated, (NEW, FULL))):
        away.add(found.id)
        for sweep in sweeps:
            house.later(days=1)
            assert house.run(found.account, sweep).outcome == "failed"
        assert {row.state for row in house.records().values()} == {"visible"}
        away.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in DONE


FAULTS = (
    (says(503), "conversation_id", DONE),
    (says(429), "mentions", DONE),
    (says(401), r"/tweets\?", LEFT),
    (says(403, "client-forbidden"), "mentions", LEFT),
    (says(400, "invalid-request", parameter="pagination_token"), "pagination_token", LEFT),
    (faults.html_page(200), "conversation_id", LEFT),
    (faults.html_page(403), r"/tweets\?", LEFT),
    (faults.cut_body(400), r"/tweets\?", DONE),
)


def test_a_fault_in_the_middle_is_no_deletion(found: Place) -> None:
    house = found.house
    house.server.x.page = 5
    talk(found, 7)
    house.run(found.account, FULL)
    for alter, where, outcomes in FAULTS:
        house.later(days=1)
        fault = house.server.faults.add(alter, where, times=1)
        assert house.run(found.account, FULL).outcome in outcomes, where
        assert fault.hits == 1
        assert {row.state for row in house.records().values()} == {"visible"}
        house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in DONE


# How much may be asked.


def test_a_spent_allowance_waits_until_its_reset(found: Place) -> None:
    house = found.house
    talk(found)
    house.server.x.limits["search"] = (1, 1)
    house.run(found.account, FULL)
    house.later(seconds=60)
    found.say(found.id, "one more")
    found.say(found.id, "and one")
    waited, at = house.patience.waited, house.clock.now()
    assert house.run(found.account, FULL).outcome in DONE
    assert house.patience.waited - waited > timedelta(minutes=5)
    assert house.clock.now() - at < timedelta(hours=2)


def test_the_month_s_allowance_is_waited_for_in_plain_words(found: Place) -> None:
    house = found.house
    house.server.x.page = 5
    _, replies = talk(found, 12)
    house.run(found.account, FULL)
    house.server.x.cap = house.server.x.used + 5
    house.later(days=1)
    house.run(found.account, FULL)
    assert "used up until 2026-03-14" in str(house.runs()[-1].reason)
    before = len(house.server.log)
    house.later(days=3)
    house.run(found.account, NEW)
    assert len(house.server.log) == before, "asked although X said not to"
    assert {found.row(one).state for one in replies} == {"visible"}
    house.later(days=8)
    assert house.run(found.account, FULL).outcome in DONE


# Tokens.


def test_a_token_that_is_no_longer_taken_needs_a_person(found: Place) -> None:
    house = found.house
    talk(found)
    house.run(found.account, FULL)
    house.server.x.apps.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "failed"
    assert house.account_state(found.account) == "sign_in_needed"


@pytest.mark.law("R4")
def test_the_owner_sees_messages_and_all_of_it_is_private(house: House) -> None:
    found = place(house, TOKEN)
    talk(found)
    resident = found.cast.residents[0]
    message = found.say(resident, "@x_city my street has no light & no bench", visibility="direct")
    found.say(resident, "@x_works not for the city", visibility="direct")
    house.run(found.account, FULL)
    records = house.records()
    dm = records[f"dm/{x_id(message)}"]
    assert (dm.kind, dm.access, dm.author_id) == ("message", "private", x_id(resident))
    assert [key for key in records if key.startswith("dm/")] == [f"dm/{x_id(message)}"]
    assert {row.access for key, row in records.items() if not key.startswith("settings/")} == {"private"}
    assert house.versions(f"dm/{x_id(message)}")[0].text == "@x_city my street has no light & no bench"


def test_a_message_that_is_too_old_to_be_shown_is_not_gone(house: House) -> None:
    found = place(house, TOKEN)
    old = found.say(found.cast.residents[0], "@x_city an old one", visibility="direct")
    house.run(found.account, FULL)
    house.later(days=20)
    young = found.say(found.cast.residents[0], "@x_city a young one", visibility="direct")
    house.run(found.account, FULL)
    found.say(found.cast.residents[1], "@x_city another", visibility="direct")
    house.later(days=15)
    house.city.delete(young)
    house.city.delete(old)
    house.run(found.account, FULL)
    assert house.records()[f"dm/{x_id(old)}"].state == "visible"
    assert house.records()[f"dm/{x_id(young)}"].state == "not_returned"


@pytest.mark.law("R5")
def test_messages_of_another_account_are_not_asked_for(house: House) -> None:
    found = place(house, TOKEN)
    house.server.x.tokens[TOKEN] = found.cast.works
    found.say(found.cast.residents[0], "@x_works for the works alone", visibility="direct")
    assert house.run(found.account, FULL).outcome == "partial"
    assert asked(house, "dm_events") == []
    assert "belongs to another account" in str(house.runs()[-1].reason)


def test_an_account_is_not_added_without_a_token_or_with_a_wrong_one(house: House) -> None:
    found = place(house)
    address = house.server.x.account_url(found.cast.works)
    with pytest.raises(UsageError, match="bearer token"):
        accounts.add(house.archive, address, "x")
    with pytest.raises(Refused) as refused:
        accounts.add(house.archive, address, "x", credential="AAAAAAAAAAAAAAAAAAAAAno-such-token")
    assert "no-such" not in str(refused.value)
    with house.archive.database.read() as connection:
        assert [one.id for one in accounts.list_accounts(connection)] == [found.account]


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    ("credential", "forms"),
    [(APP, ("body", "percent", "link")), pytest.param(TOKEN, ("body", "link"), marks=pytest.mark.long)],
)
def test_no_token_is_left_anywhere(
    house: House, credential: str, forms: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = place(house, credential)
    talk(found)
    for form in forms:
        house.server.faults.add(repeated(credential, form), times=None)
    results: list[Any] = [house.run(found.account, sweep) for sweep in (FULL, NEW, WATCH)]
    house.server.faults.add(faults.server_error(503), times=2)
    house.later(days=1)
    found.say(found.id, "another post")
    results.append(house.run(found.account, NEW))
    house.capture.flush(all=True)
    said = (caplog.text + "".join(map(str, results))).encode()
    nothing_left(house.home, said, credential)


def test_a_token_goes_to_the_api_alone(found: Place) -> None:
    house = found.house
    found.say(found.id, Wording("A picture", media=(house.city.picture("x"),)))
    house.run(found.account, FULL)
    pictures = [one for one in house.server.log if "/x/pictures/" in one.target]
    assert pictures
    assert not any(one.authorised for one in pictures)
    assert all(one.authorised for one in house.server.log if one.target.startswith("/2/"))


# Made anew.


@pytest.mark.law("R41")
def test_a_rebuild_gives_the_same_rows(new_house: Callable[..., House]) -> None:
    found = place(new_house(), TOKEN)
    house = found.house
    post, replies = talk(found, 4)
    found.say(found.cast.residents[0], "@x_city a message", visibility="direct")
    house.run(found.account, FULL)
    for text in ("Edited once", "Edited twice"):
        house.later(minutes=7)
        house.city.edit(post, text)
    house.run(found.account, NEW)
    house.city.delete(replies[0])
    house.server.x.protected.add(found.cast.residents[1])
    house.later(days=2)
    house.run(found.account, FULL)
    assert {row.state for row in found.posts().values()} == {"visible", "restricted", "not_returned"}
    check_rebuilt(house, anew=True)


@pytest.mark.law("R17")
def test_whom_the_account_blocks_and_mutes_is_a_record_once_a_week(house: House) -> None:
    found = place(house, TOKEN)
    people = sorted(found.cast.residents)[:3]
    house.run(found.account, FULL)
    assert [row.text for row in house.versions("settings/blocking")] == ["blocked: nobody"]
    for one in people:
        house.city.block(found.id, one)
    house.server.x.muted[found.id] = {people[0]}
    house.server.x.page = 2
    house.later(days=1)
    since = len(list(house.server.log))
    house.run(found.account, FULL)
    assert asked(house, "/blocking", since) == [], "they were read this week"
    house.later(days=6)
    assert house.run(found.account, FULL).outcome == "complete"
    ids = ", ".join(sorted(x_id(one) for one in people))
    assert [row.text for row in house.versions("settings/blocking")] == ["blocked: nobody", f"blocked: {ids}"]
    assert [row.text for row in house.versions("settings/muting")][-1] == f"muted: {x_id(people[0])}"
    assert {row.access for key, row in house.records().items() if key.startswith("settings/")} == {"settings"}
    house.city.people[found.id].blocked.clear()
    house.later(days=7)
    house.run(found.account, FULL)
    record = house.records()["settings/blocking"]
    assert (record.state, len(house.versions("settings/blocking"))) == ("visible", 3)


def test_lists_that_the_plan_does_not_give_are_no_reason_to_stop(house: House) -> None:
    found = place(house, TOKEN)
    house.server.faults.add(says(403, "client-forbidden"), "/blocking", times=None)
    house.server.faults.add(says(403), "/muting", times=None)
    house.run(found.account, FULL)
    assert house.account_state(found.account) == "active"
    assert {gap.stream for gap in house.gaps(open_only=True)} <= {"settings"}


@pytest.mark.law("R17")
def test_who_may_reply_to_a_post_is_a_record_of_its_own(house: House) -> None:
    found = place(house, APP)
    post = house.city.say(found.id, "The bridge is closed.")
    house.city.say(found.cast.residents[0], "Why?", answering=post)
    house.run(found.account, FULL)
    key = f"replies/post/{x_id(post)}"
    house.server.x.bodies.reply_settings[post] = "mentionedUsers"
    for _ in range(2):
        house.later(days=1)
        house.run(found.account, FULL)
    assert [row.text for row in house.versions(key)] == ["may reply: everyone", "may reply: mentionedUsers"]
    record, said = house.records()[key], house.records()[f"post/{x_id(post)}"]
    assert (record.parent_id, record.state, said.versions) == (said.id, "visible", 1)
    others = [name for name in house.records() if name.startswith("replies/")]
    assert others == [key], "of what others say it is theirs to choose"


# Fields that X refuses.


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("closed", [False, True], ids=["none any more", "not shown"])
def test_a_field_that_x_refuses_is_left_out_and_named_and_nothing_else_is_lost(found: Place, closed: bool) -> None:
    house = found.house
    post, replies = talk(found)
    gone = found.say(found.id, "The pool is open.")
    house.run(found.account, FULL)
    before = {key: (row.state, row.versions) for key, row in house.records().items()}
    names = {"source", "reply_settings", "note_post", "entities", "verified_type"} | (
        set() if closed else {"geo.place_id"}
    )
    (house.server.x.closed_fields if closed else house.server.x.no_fields).update(names)
    late = found.say(found.cast.residents[0], "@x_city late", answering=post)
    house.city.delete(gone)
    house.later(hours=2)
    for sweep in (NEW, FULL):
        house.later(hours=1)
        run = house.run(found.account, sweep)
        assert run.outcome in (*DONE, "partial"), run.reason
    drift = {one for row in house.runs() for one in row.drift}
    assert {"refused post.fields: source", "refused user.fields: verified_type"} <= drift
    after = {key: (row.state, row.versions) for key, row in house.records().items()}
    assert after.pop(key_of(late)) == ("visible", 1)
    assert found.states(gone, post, *replies) == ["not_returned", "visible", "visible", "visible"]
    assert after == before | {key_of(gone): ("not_returned", 1)}, "nothing is edited or gone for want of a field"
    check_rebuilt(house)
