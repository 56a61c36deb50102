"""The Facebook connector in the engine, over a real socket: what is seen, by whom, what is not, what is never kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from archiver.accounts import tokens
from archiver.capture import watching
from archiver.capture.models import Segment
from archiver.practice.faults import Alter
from archiver.practice.graph_ids import message_id, post_id
from archiver.practice.graph_json import dump, error
from archiver.practice.graph_pages import ENGAGEMENT, MESSAGING, METADATA, USER_CONTENT, of_the_state
from archiver.practice.messages import Request, Response
from connectors.contract import SweepKind
from tests.capture.dying import ProcessDied, die_at
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.facebook.page import TOKEN, Page, limited, page
from tests.graph.scenes import (
    GOOD,
    in_every_form,
    in_the_middle,
    is_left_undecided,
    is_no_deletion,
    is_not_added,
    leaves_no_token,
    loses_no_record,
    says,
    waits_until_access_is_regained,
)
from tests.graph.truth import public_words

_YEAR = timedelta(days=365)


@pytest.fixture
def found(house: House) -> Page:
    return page(house)


# What is seen.


@pytest.mark.law("R16", "R18")
def test_a_list_that_only_names_a_post_says_that_it_stands_and_nothing_of_its_words(found: Page) -> None:
    house = found.house
    post, _ = found.talk(2)
    house.run(found.account, FULL)
    words_seen = house.versions(found.key_of(post))[-1].last_seen_at
    house.server.faults.add(says(10, status=403), "message_tags", times=None)
    house.later(hours=1)
    assert house.run(found.account, NEW).outcome == "partial", "the list came, the words did not"
    row, (version,) = house.records()[found.key_of(post)], house.versions(found.key_of(post))
    assert row.last_seen_at > words_seen, "its list named it"
    assert version.last_seen_at == words_seen, "nobody read it again"
    check_rebuilt(house, anew=True)


def test_comments_at_every_level_pictures_and_counts_are_seen_and_make_no_edits(found: Page) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    post, (top, *_) = found.talk(2)
    reply = city.say(people[1], "a reply", answering=top)
    deeper = city.say(people[2], "a reply to it", answering=reply)
    city.edit(post, replace(city.posts[post].wording, media=(city.picture("a"), city.picture("b"))))
    city.like(post, people[0])
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    assert {records[found.key_of(one)].parent_id for one in (reply, deeper)} == {records[found.key_of(top)].id}
    assert records[found.key_of(post)].counts["reactions_like"] == 1
    assert records[found.key_of(post)].counts["comments"] == 4
    pictures = [one for one in house.server.log if "/facebook/pictures/" in one.target]
    assert len([one for one in house.media() if one.state == "fetched" and one.key.startswith("image/")]) == 2
    assert pictures
    assert not any(one.authorised for one in pictures), "the token goes to the API alone"
    # By now every address is signed anew, and counts, names and pictures of people are others.
    house.later(hours=2)
    stored = len(house.exchanges())
    for person in people:
        city.like(top, person)
        city.change_profile(person, avatar=person % 9973, name="Another Name")
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    assert {row.versions for row in house.records().values()} == {1}
    assert len([one for one in house.server.log if "/facebook/pictures/" in one.target]) == len(pictures)


def test_a_new_comment_is_found_by_the_cheap_sweep_also_under_an_old_post(found: Page) -> None:
    house, city = found.house, found.house.city
    old, _ = found.talk()
    for _ in range(3):
        found.talk(0)
    visit = city.say(found.cast.residents[0], "A pothole on Oak Street, @larkmerepage")
    house.run(found.account, NEW)
    house.later(days=3)
    house.run(found.account, NEW)
    house.later(hours=3)
    late = city.say(found.cast.residents[0], "late comment", answering=old)
    answer = city.say(found.id, "Thank you, we will see to it.", answering=visit)
    asked = len(house.server.log)
    house.run(found.account, NEW)
    records = house.records()
    assert (records[found.key_of(visit)].kind, records[found.key_of(visit)].word) == ("mention", "visitor post")
    assert {found.key_of(late), found.key_of(answer)} <= set(records)
    assert records[found.key_of(answer)].author_id == str(found.id)
    assert len([one for one in list(house.server.log)[asked:] if "/comments?" in one.target]) == 4, "only of those two"


@pytest.mark.parametrize("commits", [1, 2])
def test_what_a_process_did_not_get_to_look_into_before_it_died_is_looked_into_by_the_next(
    found: Page, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    """Where it had already committed, and hours had passed since the sweep before."""
    house, city, people = found.house, found.house.city, found.cast.residents
    (old, _), (older, _) = found.talk(), found.talk()
    house.run(found.account, NEW)
    house.run(found.account, NEW)
    said = [city.say(people[0], f"late comment on {post}", answering=post) for post in (old, older)]
    message = city.say(people[1], "@larkmerepage my permit?", visibility="direct")
    house.later(hours=5)
    said.append(city.say(found.id, "Main Street is open again."))
    monkeypatch.setattr("archiver.capture.under_way._BATCH_EXCHANGES", 1)
    with monkeypatch.context() as dying:
        dying.setattr("archiver.capture.committer.crash_point", die_at("commit.done", commits))
        with pytest.raises(ProcessDied):
            house.run(found.account, NEW)
    house.run(found.account, NEW)
    records = house.records()
    assert {*map(found.key_of, said), f"message/{message_id(message)}"} <= set(records)
    assert all(house.versions(found.key_of(one))[-1].content for one in said)


# Edited, hidden, deleted, not to be told.


@pytest.mark.law("R16", "R18")
def test_edits_hiding_and_deletions_are_told_with_evidence(found: Page) -> None:
    house, city = found.house, found.house.city
    kept, (one, two, three) = found.talk()
    gone, under = found.talk(1)
    city.say(found.cast.residents[0], "@larkmerepage my permit?", visibility="direct")
    city.say(found.id, "Not before Friday.", visibility="private")
    house.run(found.account, FULL)

    house.later(days=1)
    hidden_at = house.clock.now()
    city.edit(one, "corrected")
    city.hide(two)
    city.delete(three)
    city.delete(gone)
    house.run(found.account, FULL)
    assert found.states(kept, one, two, three, gone, *under) == [
        "visible", "visible", "hidden_by_page", "not_returned", "not_returned", "not_returned",
    ]  # fmt: skip
    purposes = {row.id: row.purpose for row in house.exchanges()}
    evidence = {n: [purposes[one] for one in house.states(found.key_of(n))[-1].evidence] for n in (three, gone)}
    assert evidence == {three: ["look_comment", "beside"], gone: ["look_post", "own"]}

    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "unchanged"
    last = house.clock.now()
    house.later(days=1)
    city.unhide(two)
    city.edit(one, "comment 0")
    house.run(found.account, WATCH)
    told = house.states(found.key_of(two))
    assert [state.state for state in told] == ["visible", "hidden_by_page", "visible"]
    assert hidden_at <= told[1].from_at < told[1].last_at <= last <= told[2].from_at
    versions = house.versions(found.key_of(one))
    assert [row.text for row in versions] == ["comment 0", "corrected", "comment 0"]
    assert {row.as_of for row in versions} == {None}, "Facebook gives no time of an edit"


@pytest.mark.law("R16")
def test_what_is_deleted_while_nothing_else_vouches_is_left_undecided(found: Page) -> None:
    is_left_undecided(found)


@pytest.mark.law("R4", "R16")
def test_what_not_everybody_sees_is_kept_as_private_with_its_words(found: Page) -> None:
    house, city, (anna, ben, *_) = found.house, found.house.city, found.cast.residents
    _, (one, other, last) = found.talk()
    reply = city.say(ben, "under what is hidden", answering=one)
    city.hide(one)
    draft = city.say(found.id, "Not before Friday.", visibility="private")
    asked = city.say(anna, "@larkmerepage my permit?", visibility="direct")
    house.run(found.account, NEW)
    house.later(days=1)
    again = city.say(anna, "@larkmerepage hello?", visibility="direct")
    city.delete(draft)
    house.run(found.account, NEW)
    house.run(found.account, FULL)
    records = house.records()
    hidden = [found.key_of(one), found.key_of(reply)]
    unpublished = f"draft/{post_id(found.id, draft)}"
    messages = [f"message/{message_id(number)}" for number in (asked, again)]
    private = {*hidden, unpublished, *messages, f"conversation/t_{anna}"}
    assert {key for key, row in records.items() if row.access == "private"} == private
    assert {records[found.key_of(n)].access for n in (other, last)} == {"public"}
    assert not private & public_words(house)
    assert [house.versions(key)[-1].text for key in (*hidden, unpublished)] == [
        "comment 0", "under what is hidden", "Not before Friday.",
    ]  # fmt: skip
    assert {records[key].thread_id for key in messages} == {records[f"conversation/t_{anna}"].id}
    assert records[unpublished].state == "visible", "nothing is concluded of what was never published"


def test_of_a_page_that_is_not_published_nothing_is_public(found: Page) -> None:
    house = found.house
    found.server.pages.unpublished.add(found.id)
    _, comments = found.talk()
    house.run(found.account, FULL)
    assert {row.access for row in house.records().values()} == {"private", "settings"}
    assert public_words(house) == set()
    found.server.pages.unpublished.clear()
    house.later(days=1)
    house.run(found.account, NEW)
    house.run(found.account, FULL)
    assert {house.records()[found.key_of(one)].access for one in comments} == {"public"}


@pytest.mark.law("R16", "R18")
def test_that_a_post_is_limited_to_some_is_known_later_without_an_edit_and_stored_once(found: Page) -> None:
    house = found.house
    found.server.pages.on_air = lambda post: (
        True
    )  # (keys to broadcast with, and how many watch, are others at every look)
    for _ in range(4):
        found.talk(1)
    house.run(found.account, FULL)  # (as it was seen before that was asked for: nothing of it in any answer)
    found.server.pages.limits = of_the_state
    some, rest = limited(found)
    assert some
    assert rest & public_words(house)
    house.later(days=1)
    house.run(found.account, FULL)
    posts = {key for key in some if key.startswith("post/")}
    assert {row.versions for row in house.records().values()} == {1}
    assert all("age_min: 21" in house.versions(key)[0].content["targeting"] for key in posts)
    assert {row.kind for key, row in house.records().items() if key.startswith("live/")} == {"broadcast"}
    stored = len(house.exchanges())
    for sweep in (FULL, NEW):
        house.later(hours=5)
        assert house.run(found.account, sweep).outcome == "unchanged"
        assert len(house.exchanges()) == stored
    check_rebuilt(house, anew=True)


@pytest.mark.law("R4", "R16")
def test_where_facebook_refuses_to_tell_it_everything_is_captured_as_private(found: Page) -> None:
    house = found.house
    found.server.refused = {"targeting"}
    (post, (said,)), (gone, _) = found.talk(1), found.talk(0)
    assert house.run(found.account, FULL).outcome == "complete"
    assert {house.records()[found.key_of(one)].access for one in (post, said)} == {"private"}
    assert all(house.versions(found.key_of(one))[-1].content for one in (post, said))
    assert "refused targeting" in house.runs()[-1].drift
    house.city.delete(gone)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(post, said, gone) == ["visible", "visible", "not_returned"]
    look = house.states(found.key_of(gone))[-1].evidence[0]
    assert {row.id: row.purpose for row in house.exchanges()}[look] == "look_post"


@pytest.mark.law("R4", "R16")
@pytest.mark.parametrize("sweep", [NEW, FULL])
def test_where_the_words_alone_are_refused_it_no_byte_of_them_is_public(found: Page, sweep: SweepKind) -> None:
    """Their list was told that everybody sees them. What is new to us in an answer has it kept in any case."""

    def without_targeting(request: Request, response: Response) -> Response:
        wanted = request.parameter("fields") or ""
        if "message_tags" not in wanted or "targeting" not in wanted:
            return replace(response, body=response.body.replace(b'"message":', b'"wings":1,"message":'))
        said = error(100, "(#100) Tried accessing nonexisting field (targeting) on node type (PagePost)")
        return replace(response, status=400, body=dump(said))

    house, city = found.house, found.house.city
    post, _ = found.talk(1)
    city.edit(post, replace(city.posts[post].wording, media=(city.picture("a"),)))
    house.server.faults.add(without_targeting, times=None)
    house.run(found.account, sweep)
    row, key = house.records()[found.key_of(post)], found.key_of(post)
    assert row.access == "private"
    assert house.versions(key)[-1].content["message"]
    assert key not in public_words(house)
    assert "refused targeting" in house.runs()[-1].drift
    access = {segment.id: segment.access for segment in house.rows(Segment)}
    shown = [one for one in house.exchanges() if one.purpose in ("post_words", "posts_by_id")]
    answered = [one for one in shown if one.status == 200]
    assert answered
    assert {access[one.segment_id] for one in answered} == {"private"}
    shown_in = {one.id: access[one.segment_id] for one in house.exchanges()}
    pictures = [one.exchange_id for one in house.media() if one.record_id == row.id]
    assert [shown_in[one] for one in pictures] == ["private-media"]


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    "permissions",
    [
        {USER_CONTENT},
        pytest.param({ENGAGEMENT}, marks=pytest.mark.long),
        pytest.param({ENGAGEMENT, USER_CONTENT}, marks=pytest.mark.long),
    ],
    ids=["of others", "of the Page", "both"],
)
def test_a_permission_that_is_lost_is_no_deletion(found: Page, permissions: set[str]) -> None:
    def withhold(some: set[str]) -> None:
        found.server.pages.withheld = some

    visit = found.house.city.say(found.cast.residents[0], "hello @larkmerepage")
    loses_no_record(found, withhold, permissions, visit)


# Settings, reviews, stories.


@pytest.mark.law("R2", "R17")
def test_settings_are_records_with_versions_and_reviews_and_stories_are_seen(found: Page) -> None:
    house, city, (anna, ben, *_), pages = found.house, found.house.city, found.cast.residents, found.server.pages
    pages.reviews.append(
        {
            "created_time": "2026-03-01T10:00:00+0000", "has_rating": True, "recommendation_type": "positive",
            "review_text": "Quick and friendly.", "reviewer": {"id": "77", "name": "A Neighbor"},
            "open_graph_story": {"id": "501"},
        }
    )  # fmt: skip
    pages.stories.append(
        {
            "post_id": "601", "status": "PUBLISHED", "creation_time": "1772360000", "media_type": "photo",
            "media_id": "701", "url": "https://facebook.com/stories/601",
        }
    )  # fmt: skip
    city.block(found.id, anna)
    post, _ = found.talk()
    city.say(found.id, "Not before Friday.", visibility="private")
    house.run(found.account, FULL)
    with house.archive.database.read() as connection:
        watched = watching.threads(connection, found.account, house.archive.settings, house.clock.now() + _YEAR)
    assert [ref.key for ref in watched] == [found.key_of(post)], "what nobody answers is not looked at again and again"
    pages.stories.clear()
    house.later(days=1)
    city.block(found.id, ben)
    pages.settings["PROFANITY_FILTER"] = "STRONG"
    house.run(found.account, FULL)
    records = house.records()
    assert (records["review/501"].kind, records["review/501"].access) == ("review", "private")
    assert (records["story/601"].kind, records["story/601"].access) == ("story", "public")
    assert records["story/601"].state == "visible", "that a story is over says nothing"
    blocked = [row.text for row in house.versions("settings/blocked")]
    assert blocked == [f"blocked: {anna}", f"blocked: {', '.join(sorted([str(anna), str(ben)]))}"]
    strength = [row.text for row in house.versions("settings/PROFANITY_FILTER")]
    assert strength == ["PROFANITY_FILTER: MEDIUM", "PROFANITY_FILTER: STRONG"]
    assert {row.access for key, row in records.items() if key.startswith("settings/")} == {"settings"}


@pytest.mark.law("R4", "R63")
def test_a_part_that_is_not_permitted_is_a_gap_and_the_rest_goes_on(found: Page) -> None:
    house = found.house
    found.server.pages.withheld = {MESSAGING, METADATA}
    _, comments = found.talk()
    assert house.run(found.account, FULL).outcome == "partial"
    assert set(found.states(*comments)) == {"visible"}
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"messages", "settings"}
    found.server.pages.withheld = {ENGAGEMENT, MESSAGING}
    house.later(minutes=5)
    house.run(found.account, NEW)
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"profile", "posts", "messages", "settings"}


# Faults.


def test_an_empty_page_is_not_the_end_and_lists_may_be_paged_by_time(found: Page) -> None:
    house = found.house
    found.server.page, found.server.empty_pages, found.server.by_time = 2, True, True
    said = [found.talk(3) for _ in range(3)]
    assert house.run(found.account, FULL).outcome == "complete"
    assert {found.key_of(n) for post, comments in said for n in (post, *comments)} <= set(house.records())
    sent = [one.target for one in house.server.log]
    assert any("__paging_token=" in target for target in sent)
    assert not any("access_token" in target for target in sent), "an address with the token in it was followed"


@in_the_middle(more={"unknown": (says(1), GOOD), "version": (says(2635), {"partial"})})
def test_a_fault_in_the_middle_is_no_deletion(found: Page, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, "/comments")


def test_a_token_that_expires_in_the_middle_needs_a_person_and_concludes_nothing(found: Page) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.delete(comments[0])
    house.server.faults.add(says(190, subcode=463, status=401), "/comments", times=None)
    assert house.run(found.account, FULL).outcome == "failed"
    assert house.account_state(found.account) == "sign_in_needed"
    assert set(found.states(post, *comments)) == {"visible"}
    house.server.faults.clear()
    tokens.keep(house.archive, found.account, TOKEN)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "complete"
    assert found.states(comments[0]) == ["not_returned"]


def test_a_spent_allowance_ends_the_run_until_access_is_regained(found: Page) -> None:
    found.server.version = "v27.0"
    waits_until_access_is_regained(found)
    assert any("version v27.0" in run.drift for run in found.house.runs()), "another version answered"


# Secrets.


def test_a_page_is_not_added_without_a_token_or_with_a_wrong_one(found: Page) -> None:
    is_not_added(found, "Page access token", {"EAA-no-such-token-0123456789": "does not accept"})


@pytest.mark.law("R71")
@in_every_form
def test_no_token_is_left_anywhere(found: Page, form: str, caplog: pytest.LogCaptureFixture) -> None:
    leaves_no_token(found, form, caplog)
