"""What the Reddit connector asks, and what it makes of answers, without any socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._reddit_asks import AT_ONCE, SITE, Asks
from connectors.conformance import Example, check
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    Claim,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    State,
    SweepKind,
)
from connectors.reddit import Reddit
from tests.connectors.reading import AT, answer, sweep

CONNECTOR = Reddit()
PLACE = AccountRef("ac_1", "reddit", SITE, "t5_2qh1i", "r/City", f"{SITE}/r/City", authorised=True)
USER = AccountRef("ac_2", "reddit", SITE, "7xq", "u/City_Gov", f"{SITE}/user/City_Gov", authorised=True)
POST, COMMENT = "post/abc1", "comment/def2"
REFS = [
    RecordRef(POST, RecordKind.POST),
    RecordRef(COMMENT, RecordKind.COMMENT, POST),
    RecordRef("message/m1", RecordKind.MESSAGE),
    RecordRef(f"comments/{POST}", RecordKind.SETTINGS),
    RecordRef("action/ModAction_1", RecordKind.SETTINGS),
]
MADE = 1_792_000_000.0
Json = Any


def post(identity: str = "abc1", **more: Json) -> Json:
    data = {
        "id": identity, "name": f"t3_{identity}", "title": "A new bridge?", "selftext": "Shall we?", "is_self": True,
        "url": f"{SITE}/r/City/comments/{identity}/x/", "permalink": f"/r/City/comments/{identity}/x/",
        "author": "Ann", "author_fullname": "t2_9", "created_utc": MADE, "edited": False, "score": 4,
        "num_comments": 2, "removed_by_category": None, "locked": False,
    }  # fmt: skip
    return {"kind": "t3", "data": data | more}


def comment(identity: str = "def2", **more: Json) -> Json:
    data = {
        "id": identity, "name": f"t1_{identity}", "body": "No.", "author": "Ben", "author_fullname": "t2_8",
        "created_utc": MADE, "edited": MADE + 500, "score": -3, "link_id": "t3_abc1", "parent_id": "t3_abc1",
        "permalink": f"/r/City/comments/abc1/x/{identity}/", "replies": "",
    }  # fmt: skip
    return {"kind": "t1", "data": data | more}


def more(*children: str, parent: str = "t3_abc1") -> Json:
    named = {"children": list(children), "count": len(children), "id": "_", "name": "t1__", "parent_id": parent}
    return {"kind": "more", "data": named | {"depth": 1}}


def listing(*children: Json, after: str | None = None) -> Json:
    return {"kind": "Listing", "data": {"children": list(children), "after": after, "before": None, "modhash": None}}


def asks(kind: SweepKind = SweepKind.FULL, account: AccountRef = PLACE) -> Asks:
    return Asks.begin(account, sweep(kind))


def read(ask: Ask, body: Json, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reading:
    return CONNECTOR.read(ask, answer(body, status, headers))


def thread(*tops: Json, of: Json = None) -> Json:
    return [listing(of or post()), listing(*tops)]


ACTION = {
    "id": "ModAction_1", "action": "removecomment", "mod": "City_Gov", "target_author": "Ben", "details": "remove",
    "target_fullname": "t1_def2", "description": None, "created_utc": MADE,
}  # fmt: skip
MESSAGE = {"id": "m1", "subject": "Hi", "body": "My permit?", "dest": "City_Gov", "author": "Ann", "created_utc": MADE}
SUBREDDIT = {"id": "2qh1i", "display_name": "City", "title": "The city", "public_description": "", "subscribers": 3}
ACCOUNT = {"id": "7xq", "name": "City_Gov", "subreddit": {"title": "City", "public_description": "Official."}}


def test_it_keeps_to_the_contract() -> None:
    full = asks()
    looked, *_ = full.known([POST, COMMENT], look=True)
    branch = full.more(POST, [], ["def2"], unread=False)
    cut = full.more(POST, ["def2"], [], unread=False)
    assert branch is not None
    assert cut is not None
    owner = asks(account=USER)
    check(
        CONNECTOR,
        PLACE,
        addresses=[f"{SITE}/r/City", "https://old.reddit.com/r/City/comments/abc1/x/", f"{SITE}/u/City_Gov"],
        records=REFS,
        examples=[
            Example(full.profile(), {"kind": "t5", "data": SUBREDDIT | {"user_is_moderator": True}}),
            Example(full.listing("new"), listing(post(), post("abc2", is_self=False, media_metadata={}))),
            Example(full.listing("removed"), listing(comment(removed=True, banned_by="City_Gov"), post())),
            Example(full.listing("log"), listing({"kind": "modaction", "data": ACTION})),
            Example(full.comments(POST), thread(comment(replies=listing(comment("def3", parent_id="t1_def2"))))),
            Example(branch, thread(comment())),
            Example(cut, {"json": {"errors": [], "data": {"things": [comment()]}}}),
            Example(looked, listing(post(), comment())),
            Example(next(iter(owner.messages())), listing({"kind": "t4", "data": MESSAGE}, comment())),
            Example(owner.profile(), {"kind": "t2", "data": ACCOUNT}),
        ],
    )


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"{SITE}/r/City", "r/City"),
        ("https://www.reddit.com/r/City/new/?f=1", "r/City"),
        ("https://old.reddit.com/u/City_Gov/", "user/City_Gov"),
        ("https://reddit.com/user/City_Gov/comments/", "user/City_Gov"),
        ("http://127.0.0.1:9/reddit/r/City", "r/City"),
    ],
)
def test_addresses_of_accounts_and_subreddits_are_known(url: str, named: str) -> None:
    claim = CONNECTOR.claim(url)
    assert isinstance(claim, Claim)
    assert claim.handle == named
    assert CONNECTOR.identify(claim).url.endswith(f"/{named}/about?raw_json=1")


@pytest.mark.parametrize(
    "url", [f"{SITE}/", f"{SITE}/r/popular", f"{SITE}/login", "https://example.com/r/City", f"{SITE}/r/a/b/../c"]
)
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_everything_is_asked_as_the_owner_and_kept_as_private() -> None:
    """(Law R4.)"""
    for account in (PLACE, USER):
        for kind in SweepKind:
            for ask in CONNECTOR.begin(account, sweep(kind, REFS[0]), None):
                assert (ask.access, ask.authorise) == (AccessClass.PRIVATE, "required")


# What became of it.


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ({}, State.VISIBLE, True),
        ({"author": "[deleted]"}, State.VISIBLE, True),
        ({"removed_by_category": "deleted", "author": "[deleted]"}, State.DELETED_BY_AUTHOR, False),
        ({"author": "[deleted]", "selftext": "[deleted]"}, State.DELETED_BY_AUTHOR, False),
        ({"removed_by_category": "moderator", "selftext": "[removed]"}, State.HIDDEN_BY_PAGE, False),
        ({"removed_by_category": "moderator", "removed": True, "banned_by": "Cy"}, State.HIDDEN_BY_PAGE, True),
        ({"removed_by_category": "reddit", "spam": True}, State.SPAM, True),
        ({"removed_by_category": "automod_filtered"}, State.HELD_FOR_REVIEW, True),
        ({"removed_by_category": "copyright_takedown", "selftext": "[removed]"}, State.REMOVED_BY_PLATFORM, False),
        ({"selftext": "[removed]"}, State.VISIBLE, True),
    ],
)  # fmt: skip
def test_a_post_is_what_reddit_says_of_it_and_no_more(said: Json, state: State, words: bool) -> None:
    record = read(asks().listing("new"), listing(post(**said))).records[0]
    assert (record.state, bool(record.content)) == (state, words)


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ({"body": "[removed]"}, State.VISIBLE, False),
        ({"author": "[deleted]", "body": "[removed]"}, State.HIDDEN_BY_PAGE, False),
        ({"author": "[deleted]", "body": "[deleted]"}, State.DELETED_BY_AUTHOR, False),
        ({"author": "[deleted]", "body": "[ Removed by Reddit ]"}, State.REMOVED_BY_PLATFORM, False),
        ({"removed": True, "banned_by": "Cy"}, State.HIDDEN_BY_PAGE, True),
        ({"banned_by": True}, State.SPAM, True),
        ({"author": "[deleted]"}, State.VISIBLE, True),
    ],
)
def test_a_comment_is_what_reddit_says_of_it_and_no_more(said: Json, state: State, words: bool) -> None:
    (record,) = read(asks().listing("comments_in"), listing(comment(**said))).records
    assert record.state is state
    assert bool(record.content) == words or (state is State.VISIBLE and record.text == "[removed]")


def test_what_strangers_removed_from_an_account_is_not_said_to_be_hidden_by_the_city() -> None:
    ask = asks(account=USER).listing("submitted")
    record = read(ask, listing(post(removed_by_category="moderator", selftext="[removed]"))).records[0]
    assert record.state is State.RESTRICTED


def test_scores_flairs_and_marks_are_no_edit_and_words_are() -> None:
    def content(**said: Json) -> Json:
        return dict(read(asks().listing("new"), listing(post(**said))).records[0].content)

    same = content(score=9, upvote_ratio=0.1, link_flair_text="News", over_18=True, stickied=True, num_comments=7)
    assert same == content()
    for other in ({"title": "B"}, {"selftext": "b"}, {"is_self": False, "url": "https://a.example/"},
                  {"poll_data": {"options": [{"text": "Yes"}]}}):  # fmt: skip
        assert content(**other) != content()


def test_the_time_of_an_edit_is_the_one_that_reddit_gives_else_that_of_writing() -> None:
    made = datetime.fromtimestamp(MADE, UTC)
    for edited, since in ((False, made), (True, made), (MADE + 60, made + timedelta(seconds=60))):
        record = read(asks().listing("new"), listing(post(edited=edited))).records[0]
        assert (record.created_at, record.as_of) == (made, since)


@pytest.mark.law("R17")
def test_a_locked_post_takes_no_comments() -> None:
    for locked, said in ((False, "open"), (True, "locked")):
        record = read(asks().listing("new"), listing(post(locked=locked))).records[1]
        assert (record.key, record.content) == (f"comments/{POST}", {"comments": said})


# Lists.


def test_a_list_goes_on_behind_its_last_entry_and_is_whole_at_its_end() -> None:
    ask = asks().listing("new")
    first = read(ask, listing(post("a"), post("b"), after="t3_b"))
    assert first.next_page is not None
    assert dict(first.next_page.parameters) == {"after": "t3_b", "count": "2"}
    assert not first.whole
    last = read(first.next_page, listing(post("c")))
    assert last.whole
    assert last.bookmark is not None


def test_an_empty_page_is_asked_for_again_behind_the_entry_before_and_is_no_end_if_that_is_gone_too() -> None:
    """Reddit answers with nothing where the entry that a page begins behind is no longer listed."""
    ask = asks().listing("new")
    first = read(ask, listing(post("a"), post("b"), post("c"), after="t3_c"))
    assert first.next_page is not None
    second = read(first.next_page, listing())
    assert second.next_page is not None
    assert dict(second.next_page.parameters)["after"] == "t3_b"
    found = read(second.next_page, listing(post("c"), post("d")))
    assert found.whole
    third = read(second.next_page, listing())
    assert third.next_page is not None
    lost = read(third.next_page, listing())
    assert lost.next_page is None
    assert not lost.whole
    assert lost.bookmark is None


def test_a_list_of_a_thousand_says_how_far_it_reaches_and_is_not_whole() -> None:
    ask = asks().listing("new")
    page = read(ask, listing(*(post(f"p{n}", created_utc=MADE - n) for n in range(100)), after="t3_p99"))
    for _ in range(8):
        assert page.next_page is not None
        page = read(page.next_page, listing(*(post(f"p{n}", created_utc=MADE - 500) for n in range(100)), after="t3_x"))
    assert page.next_page is not None
    page = read(page.next_page, listing(post("last", created_utc=MADE - 900)))
    assert not page.whole
    assert page.since == datetime.fromtimestamp(MADE - 900, UTC)


def test_a_look_at_what_is_new_stops_where_it_came_to_before_and_asks_where_comments_are_more() -> None:
    whole = read(asks().listing("new"), listing(post("a"), post("b", num_comments=0)))
    assert [ask.purpose for ask in whole.asks] == ["comments"]
    known = (whole.bookmark or {})["new"]
    (_, ask, *_) = CONNECTOR.begin(PLACE, sweep(SweepKind.NEW), {"new": known})
    again = read(ask, listing(post("a"), post("b", num_comments=1), after="t3_b"))
    assert again.next_page is None
    assert not again.whole
    assert [one.context["key"] for one in again.asks] == ["post/b"]


# Threads.


def test_what_is_cut_off_from_a_thread_is_asked_for_until_nothing_is_left() -> None:
    inner = listing(comment("c2", parent_id="t1_c1"), more(parent="t1_c2"))
    first = read(asks().comments(POST), thread(comment("c1", replies=inner), more("c3", "c4")))
    assert not first.whole
    cut = first.next_page
    assert cut is not None
    assert "children=c3,c4" in cut.url
    assert cut.listing == f"comments:{POST}"
    second = read(cut, {"json": {"errors": [], "data": {"things": [comment("c3"), more("c4"), more("c5")]}}})
    third = second.next_page
    assert third is not None
    assert "children=c5" in third.url, "what was asked for in vain is not asked for again"
    fourth = read(third, {"json": {"errors": [], "data": {"things": []}}}).next_page
    assert fourth is not None
    assert "comment=c2" in fourth.url
    last = read(fourth, thread(comment("c2", parent_id="t1_c1", replies=listing(comment("c6", parent_id="t1_c2")))))
    assert last.whole
    assert last.records[-1].parent == "comment/c2"


def test_many_that_are_cut_off_are_asked_for_by_the_hundred() -> None:
    ids = [f"c{n}" for n in range(AT_ONCE + 1)]
    ask = read(asks().comments(POST), thread(more(*ids))).next_page
    assert ask is not None
    assert ask.url.count("c") > AT_ONCE
    rest = read(ask, {"json": {"errors": [], "data": {"things": []}}}).next_page
    assert rest is not None
    assert rest.url.endswith(f"children=c{AT_ONCE}")


def test_a_part_that_cannot_be_read_spoils_the_whole_thread_however_it_goes_on() -> None:
    first = read(asks().comments(POST), thread(comment(body=None), more("c3")))
    assert first.quarantine
    assert first.next_page is not None
    assert not read(first.next_page, {"json": {"errors": [], "data": {"things": [comment("c3")]}}}).whole


def test_a_very_deep_thread_is_read() -> None:
    deep = comment("c0")
    for n in range(1, 100):
        deep = comment(f"c{n}", replies=listing(deep))
    assert len(read(asks().comments(POST), thread(deep)).records) == 102


# Files.


def test_pictures_videos_and_galleries_keep_their_names_when_their_addresses_are_signed_anew() -> None:
    def media(signed: str) -> list[tuple[str, str]]:
        gallery = {"items": [{"media_id": "g1", "caption": "North"}, {"media_id": "g2"}]}
        files = {name: {"s": {"u": f"https://preview.redd.it/{name}.png?s={signed}"}} for name in ("g1", "g2")}
        video = {"reddit_video": {"fallback_url": f"https://v.redd.it/v1/DASH_720.mp4?source={signed}"}}
        body = listing(
            post("a", gallery_data=gallery, media_metadata=files), post("b", media=video, is_self=False),
            post("c", is_self=False, url="https://i.redd.it/x.png"),
        )  # fmt: skip
        return [(one.key, one.kind) for record in read(asks().listing("new"), body).records for one in record.media]

    assert media("1") == media("2")
    assert [kind for _, kind in media("1")] == ["image", "image", "video", "image"]


# Whose messages, what moderators did.


def test_messages_are_asked_for_only_where_the_token_is_of_the_account_itself() -> None:
    ask = asks(account=USER).me()
    assert [one.purpose for one in read(ask, ACCOUNT).asks] == ["inbox", "sent"]
    other = read(ask, ACCOUNT | {"id": "8"})
    assert other.asks == ()
    assert other.problem is not None
    assert other.problem.kind is ProblemKind.PERMISSION


def test_an_answer_in_the_inbox_is_looked_up_since_the_inbox_does_not_say_when_it_was_edited() -> None:
    (inbox, _) = asks(account=USER).messages()
    reading = read(inbox, listing(comment(), {"kind": "t4", "data": MESSAGE}))
    assert [one.key for one in reading.records] == ["message/m1"]
    assert [one.context["asked"] for one in reading.asks] == [[COMMENT]]


@pytest.mark.law("R17")
def test_what_moderators_did_is_told_and_what_they_did_it_to_is_looked_up() -> None:
    reading = read(asks(SweepKind.NEW).listing("log"), listing({"kind": "modaction", "data": ACTION}))
    (record,) = reading.records
    assert (record.kind, record.parent) == (RecordKind.SETTINGS, COMMENT)
    assert record.content["action"] == "removecomment"
    assert [one.context["asked"] for one in reading.asks] == [[COMMENT]]


def test_only_moderators_are_asked_for_what_only_they_see() -> None:
    for moderates, purposes in ((True, ["log", "removed"]), (False, [])):
        body = {"kind": "t5", "data": SUBREDDIT | {"user_is_moderator": moderates}}
        assert [one.purpose for one in read(asks().profile(), body).asks] == purposes


# What goes wrong.


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (401, {"message": "Unauthorized", "error": 401}, (), ProblemKind.SIGN_IN_EXPIRED),
        (401, b"<html>no</html>", (), ProblemKind.CONTRACT),
        (403, {"reason": "private", "message": "Forbidden", "error": 403}, (), ProblemKind.PERMISSION),
        (403, {"error": 403}, (("WWW-Authenticate", 'Bearer error="insufficient_scope"'),), ProblemKind.PERMISSION),
        (404, {"message": "Not Found", "error": 404}, (), ProblemKind.GONE),
        (404, {"reason": "banned", "message": "Not Found", "error": 404}, (), ProblemKind.TAKEN_DOWN),
        (404, b"<html>not found</html>", (), ProblemKind.CONTRACT),
        (400, {"message": "Bad Request", "error": 400}, (), ProblemKind.CONTRACT),
        (503, b"", (), ProblemKind.TRANSIENT),
        (304, b"", (), ProblemKind.CONTRACT),
        (200, b"<html>", (), ProblemKind.CONTRACT),
        (200, {"kind": "Listing", "data": {}}, (), ProblemKind.CONTRACT),
    ],
)
def test_errors_are_what_reddit_means_by_them(status: int, body: Json, headers: Json, kind: ProblemKind) -> None:
    problem = read(asks().listing("new"), body, status, headers).problem
    assert problem is not None
    assert problem.kind is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [((("X-Ratelimit-Reset", "171"),), 171), ((("Retry-After", "30"), ("X-Ratelimit-Reset", "171")), 30), ((), None)],
)
def test_a_pause_is_as_long_as_reddit_says(headers: Json, seconds: int | None) -> None:
    problem = read(asks().listing("new"), {"message": "Too Many Requests", "error": 429}, 429, headers).problem
    assert problem is not None
    assert problem.kind is ProblemKind.RATE
    assert problem.retry_at == (None if seconds is None else AT + timedelta(seconds=seconds))


def test_an_account_that_is_suspended_or_away_is_said_to_be_so_and_nothing_follows() -> None:
    ask = asks(account=USER).profile()
    for body, status, kind in (
        ({"kind": "t2", "data": {"name": "City_Gov", "is_suspended": True}}, 200, ProblemKind.TAKEN_DOWN),
        ({"message": "Not Found", "error": 404}, 404, ProblemKind.DEACTIVATED),
        ({"kind": "t2", "data": ACCOUNT | {"id": "8"}}, 200, ProblemKind.CONTRACT),
    ):
        problem = read(ask, body, status).problem
        assert problem is not None
        assert problem.kind is kind


def test_a_subreddit_that_there_is_none_of_is_not_there() -> None:
    claim = CONNECTOR.claim(f"{SITE}/r/Nothing")
    assert claim is not None
    problem = read(CONNECTOR.identify(claim), listing()).problem
    assert problem is not None
    assert problem.kind is ProblemKind.GONE


def test_a_field_that_nobody_knows_is_told_and_is_no_edit() -> None:
    plain, other = (read(asks().listing("new"), listing(post(**more))) for more in ({}, {"mood": "happy"}))
    assert other.drift == ("t3.mood",)
    assert other.records == plain.records
