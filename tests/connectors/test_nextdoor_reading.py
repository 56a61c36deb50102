"""What Nextdoor's Publish API answers, in the shapes of its documentation and of client libraries; what it means."""

from __future__ import annotations

import re
from typing import Any

import pytest

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.errors import UnknownAddress
from connectors._nextdoor_asks import Asks
from connectors._nextdoor_reading import _reactions, problem_of
from connectors.conformance import Example, check
from connectors.contract import AccessClass, AccountRef, ProblemKind, RecordKind, RecordRef, SweepKind
from connectors.nextdoor import Nextdoor
from tests.connectors.reading import AT, answer, sweep

SITE, HANDLE = "https://nextdoor.com", "agency-detail/wi/milwaukee/city-of-milwaukee"
ACCOUNT = AccountRef("ac_1", "nextdoor", SITE, "1234", HANDLE, f"{SITE}/{HANDLE}")
CONNECTOR = Nextdoor()
ASKS = Asks.begin(ACCOUNT, None)
REFS = [RecordRef("post/77", RecordKind.POST), RecordRef("comment/8", RecordKind.COMMENT, "post/77")]
Json = Any


def profiles(**more: Json) -> Json:
    own = {"id": "p1", "first_name": "Ann", "is_agency_profile": "false", "is_neighbor_profile": "true"}
    agency = {
        "id": "p2", "is_agency_profile": "true", "agency_id": "1234", "agency_name": "City of Milwaukee",
        "agency_url_at_nextdoor": f"{SITE}/{HANDLE}/", "agency_state": "WI",
    } | more  # fmt: skip
    return {"primary_profile_id": "p1", "profile_list": [own, agency]}


def comment(number: int = 8, **more: Json) -> Json:
    return {
        "id": number,
        "body": "At last",
        "creation_date_epoch_seconds": 1700000300,
        "parent_comment_id": None,
    } | more


def posts(*comments: Json, **more: Json) -> Json:
    post = {
        "id": "77", "author_id": 5, "title": "", "body": "The bridge is open", "comments": list(comments),
        "creation_date_epoch_seconds": 1700000000, "embed_url": f"{SITE}/embed/77", "url": f"{SITE}/p/77?utm=x",
        "media": [{"is_photo": True, "is_video": False, "url": "https://us1-photo.nextdoor.com/a.jpg?t=1"}],
        "reactions": [{"id": 1, "post_id": "77", "comment_id": None, "type": "LIKE"},
                      {"id": 2, "post_id": "77", "comment_id": 8, "type": "LIKE"}],
    } | more  # fmt: skip
    return {"posts": [post], "posts_length": 1}


def read(body: Json) -> Any:
    return CONNECTOR.read(ASKS.posts("p2"), answer(body))


def test_it_keeps_to_the_contract() -> None:
    check(
        CONNECTOR,
        ACCOUNT,
        addresses=[f"{SITE}/{HANDLE}/", f"https://www.nextdoor.com/{HANDLE}", f"https://us.nextdoor.com/{HANDLE}?x=1"],
        records=REFS,
        examples=[
            Example(ASKS.identify(HANDLE), profiles()),
            Example(ASKS.profiles(), profiles(agency_photo="https://us1-photo.nextdoor.com/b.jpg")),
            Example(ASKS.posts("p2"), posts(comment(comments=[comment(9, parent_comment_id=8, author_name="Bo")]))),
        ],
    )


@pytest.mark.law("R5", "R6")
@pytest.mark.parametrize("path", ["profile/123/", "neighborhood/oldmill--x--wi/", "p/abc"])
def test_what_belongs_to_people_is_declined_with_the_reason(path: str) -> None:
    with pytest.raises(UnknownAddress, match="person or a neighborhood"):
        load_platforms().claim(f"{SITE}/{path}")


@pytest.mark.parametrize(
    "url", [f"{SITE}/", f"{SITE}/agency-detail/wi/", "https://nextdoor.example/agency-detail/a/b/c"]
)
def test_other_addresses_are_not_agencies(url: str) -> None:
    assert CONNECTOR.claim(url) is None
    assert f"Nextdoor ({UNPROVEN})" in load_platforms().offered()


def test_the_agency_is_the_one_in_the_address_and_the_persons_own_profile_makes_no_record() -> None:
    claim = CONNECTOR.claim(f"{SITE}/{HANDLE}")
    assert claim is not None
    facts = CONNECTOR.read(CONNECTOR.identify(claim), answer(profiles())).account
    assert facts is not None
    assert (facts.platform_id, facts.handle, facts.name) == ("1234", HANDLE, "City of Milwaukee")
    elsewhere = profiles(agency_url_at_nextdoor=f"{SITE}/agency-detail/wi/madison/city-of-madison/")
    other = CONNECTOR.read(CONNECTOR.identify(claim), answer(elsewhere)).problem
    assert other is not None
    assert other.kind is ProblemKind.PERMISSION
    reading = CONNECTOR.read(ASKS.profiles(), answer(profiles()))
    assert [one.key for one in reading.records] == ["agency/1234"]
    (ask,) = reading.asks
    assert (ask.purpose, ask.parameters, ask.access) == ("posts", (("secure_profile_id", "p2"),), AccessClass.PRIVATE)
    gone = CONNECTOR.read(ASKS.profiles(), answer(profiles(agency_id="99"))).problem
    assert gone is not None, "the token's owner no longer looks after it"


def test_comments_stand_under_what_they_answer_whether_they_are_inside_of_it_or_say_so() -> None:
    inside = read(posts(comment(comments=[comment(9), comment(10, comments=[comment(11)])])))
    said = read(posts(comment(), comment(9, parent_comment_id=8), comment(10, parent_comment_id="8"), comment(11)))
    assert [(one.key, one.parent) for one in inside.records[1:]] == [
        ("comment/8", "post/77"), ("comment/9", "comment/8"), ("comment/10", "comment/8"), ("comment/11", "comment/10"),
    ]  # fmt: skip
    assert [one.parent for one in said.records[1:]] == ["post/77", "comment/8", "comment/8", "post/77"]
    assert {one.thread for one in inside.records[1:]} == {"post/77"}
    assert inside.records[4].place == "/posts/0/comments/0/comments/1/comments/0"


def test_kinds_of_reactions_may_be_numbers() -> None:
    """As Nextdoor's own SDK has them; not those to comments, and not what is neither."""
    given = [(3, 0), (3, None), (1, 0), (3, 9), (True, 0), (-1, 0), ("LIKE", 0), (None, 0), (2.5, 0)]
    listed = [{"id": 1, "post_id": 77, "comment_id": under, "type": kind} for kind, under in given]
    assert _reactions({"reactions": listed}) == {"kind 3": 2, "kind 1": 1, "like": 1}


def test_reactions_are_counted_and_signatures_are_no_edits() -> None:
    (one,) = read(posts()).records
    assert (one.counts, one.url, one.author and one.author.name) == ({"like": 1}, f"{SITE}/p/77", HANDLE)
    again = [{"is_photo": True, "url": "https://us1-photo.nextdoor.com/a.jpg?t=2"}]
    assert read(posts(media=again)).records[0].content == one.content
    assert (
        read(posts(media=[{"is_video": True, "url": "https://x.nextdoor.com/b.mp4"}])).records[0].media[0].kind
        == "video"
    )


def test_nothing_is_ever_taken_for_everything() -> None:
    """Nothing says how far back the answer reaches: so nothing follows from what is not in it."""
    reading = read(posts())
    assert (reading.whole, reading.since) == (False, None)
    assert list(CONNECTOR.look(ACCOUNT, REFS)) == []
    assert CONNECTOR.capabilities.deletions is None
    for kind in SweepKind:
        assert [one.purpose for one in CONNECTOR.begin(ACCOUNT, sweep(kind, *REFS), {"x": 1})] == ["profiles"]


def test_one_that_cannot_be_read_does_not_hide_the_others() -> None:
    reading = read(posts(comment(body=7), comment(9), comment(10, comments="none")))
    assert [one.key for one in reading.records] == ["post/77", "comment/9", "comment/10"]
    assert [place for place, _ in reading.quarantine] == ["/posts/0/comments/0", "/posts/0/comments/2/comments"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProblemKind.CONTRACT), (401, ProblemKind.SIGN_IN_EXPIRED), (403, ProblemKind.PERMISSION),
        (404, ProblemKind.CONTRACT), (410, ProblemKind.CONTRACT), (304, ProblemKind.CONTRACT),
        (429, ProblemKind.RATE), (500, ProblemKind.TRANSIENT),
    ],
)  # fmt: skip
def test_what_an_error_means(status: int, kind: ProblemKind) -> None:
    problem = problem_of(answer({"error": "x", "error_description": "No."}, status))
    assert problem is not None
    assert problem.kind is kind


def test_a_page_for_people_is_no_word_of_the_interface() -> None:
    for status in (401, 403):
        problem = problem_of(answer(b"<h1>Sign in</h1>", status))
        assert problem is not None
        assert problem.kind is ProblemKind.CONTRACT
    waiting = problem_of(answer(b"", 429, (("Retry-After", "9"),)))
    assert waiting is not None
    assert waiting.retry_at is not None
    assert (waiting.retry_at - AT).total_seconds() == 9


def test_only_reading_is_asked_for_and_a_grant_that_writes_is_refused() -> None:
    how = CONNECTOR.authorization(f"{SITE}/{HANDLE}")
    assert {one.name for one in how.scopes} == {"openid", "profile:read", "post:read"}
    for write in ("post:write", "comment:write", "publish_api", "shareapi.all:write"):
        assert re.fullmatch(how.writing, write)
    assert not any(re.fullmatch(how.writing, one.name) for one in how.scopes)
    assert (how.page, how.trades[0].url) == (
        "https://www.nextdoor.com/v3/authorize/", "https://auth.nextdoor.com/v2/token",
    )  # fmt: skip
