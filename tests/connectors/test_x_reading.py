"""What questions the X connector asks, and what answers mean that nobody recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.capture.secret_forms import Secret
from archiver.capture.signing import signing_of
from connectors import conformance
from connectors._x_asks import SERVER, SITE, Asks, with_page
from connectors._x_problems import cap_renewed
from connectors._x_values import given_at, links
from connectors.contract import (
    AccountRef,
    Ask,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    Signs,
    State,
    Stream,
    SweepKind,
)
from connectors.x import X
from tests import effort
from tests.connectors.reading import AT, answer, sweep

ID = "2244994945"
ACCOUNT = AccountRef("ac_1", "x", SITE, ID, "city", f"{SITE}/city")
ASKS = Asks(SITE, SERVER, ID, "full")
CONNECTOR = X()
APP = "AAAAAAAAAAAAAAAAAAAAAExample%2Btoken%3D"
PROBLEMS = "https://api.x.com/2/problems/"


def at_id(at: datetime, tail: int = 1) -> str:
    """An id that was given at a time."""
    return str(
        int((at - datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)) / timedelta(milliseconds=1)) << 22 | tail
    )


FIRST, SECOND, THIRD = (at_id(AT - timedelta(minutes=minutes)) for minutes in (30, 20, 10))


def post(identity: str = FIRST, **more: Any) -> dict[str, Any]:
    """A post of the account, as it was asked for."""
    return {
        "id": identity,
        "text": f"words of {identity}",
        "author_id": ID,
        "conversation_id": FIRST,
        "created_at": "2026-11-01T11:00:00.000Z",
        "edit_history_post_ids": [identity],
    } | more


def listed(*posts: Any, **more: Any) -> dict[str, Any]:
    return {"data": list(posts), "meta": {"result_count": len(posts)}} | more


def refused(identity: str, kind: str = "resource-not-found", **more: Any) -> dict[str, Any]:
    return {
        "value": identity, "resource_id": identity, "resource_type": "post", "parameter": "ids", "title": "No",
        "detail": "No.", "type": f"{PROBLEMS}{kind}",
    } | more  # fmt: skip


def look(*refs: RecordRef) -> Any:
    (ask,) = CONNECTOR.look(ACCOUNT, refs)
    return ask


def ref(identity: str, kind: RecordKind = RecordKind.COMMENT) -> RecordRef:
    return RecordRef(f"post/{identity}", kind)


def read_posts(*posts: Any, **more: Any) -> Reading:
    return CONNECTOR.read(ASKS.listing("posts", None), answer(listed(*posts, **more)))


# Addresses and tokens.


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/CityOfX", "https://twitter.com/CityOfX/", "https://mobile.twitter.com/CityOfX/with_replies",
        "https://www.x.com/@CityOfX", "http://x.com/CityOfX/status/20", "x.com/CityOfX?lang=en",
    ],
)  # fmt: skip
def test_addresses_of_accounts_are_recognised(url: str) -> None:
    connector, claim = load_platforms().claim(url)
    assert (connector.platform, claim.handle, claim.url) == ("x", "CityOfX", f"{SITE}/CityOfX")
    assert claim.strength == "certain"
    assert CONNECTOR.identify(claim).url.startswith(f"{SERVER}/2/users/by/username/CityOfX?")


@pytest.mark.parametrize(
    "url",
    [
        "https://x.com/home", "https://x.com/i/lists/5", "https://x.com/search?q=city", "https://x.com/sixteen_letters_",
        "https://x.com.example/city", "https://x.com:8443/city", "https://x.com/city/../other", "https://notx.com/city",
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_pages_of_other_sites_are_not_taken_for_a_peer() -> None:
    assert CONNECTOR.claim("https://city.example/x/news") is None
    peer = CONNECTOR.claim("http://127.0.0.1:8080/x.com/city")
    assert peer is not None
    assert (peer.strength, peer.service) == ("possible", "http://127.0.0.1:8080")
    assert CONNECTOR.identify(peer).url.startswith("http://127.0.0.1:8080/2/users/by/username/city?")


def test_tokens_are_told_by_their_form_and_go_to_the_api_alone() -> None:
    assert isinstance(CONNECTOR, Signs)
    app, user = (signing_of(CONNECTOR, ACCOUNT.url, Secret(token)) for token in (APP, "dXNlcjp0b2tlbjo6YXQ6MQ"))
    assert app is not None
    assert user is not None
    assert (app.signature.speaks_for_owner, user.signature.speaks_for_owner) == (False, True)
    assert app.header(f"{SERVER}/2/tweets") is not None
    assert app.header("https://pbs.twimg.com/x.jpg") is None
    assert app.parameters(Ask(f"{SERVER}/2/tweets", Stream.POSTS, "tweets")) == ()
    assert f"X ({UNPROVEN})" in load_platforms().offered()


def test_an_app_sees_what_strangers_see_and_the_owner_s_token_is_kept_apart() -> None:
    public = list(CONNECTOR.begin(ACCOUNT, sweep(SweepKind.FULL), None))
    private = list(CONNECTOR.begin(replace(ACCOUNT, authorised=True), sweep(SweepKind.FULL), None))
    assert {ask.access for ask in public} == {"public"}
    assert {ask.access for ask in private} == {"private"}
    assert "me" not in {ask.purpose for ask in public}
    assert "messages" not in {ask.purpose for ask in private}, "before it is known whose token it is"


def test_messages_are_asked_for_only_of_the_account_itself() -> None:
    ask = replace(ASKS, owner=True).me()
    mine = CONNECTOR.read(ask, answer({"data": {"id": ID, "name": "City", "username": "city"}}))
    assert [one.purpose for one in mine.asks] == ["messages"]
    other = CONNECTOR.read(ask, answer({"data": {"id": "5", "name": "Other", "username": "other"}}))
    assert other.asks == ()
    assert other.problem is not None
    assert other.problem.kind is ProblemKind.PERMISSION


# Edits.


@pytest.mark.law("R18")
def test_versions_are_one_record_under_the_first_id() -> None:
    chain = [FIRST, SECOND, THIRD]
    earlier = [post(one, edit_history_post_ids=chain) for one in (FIRST, SECOND)]
    reading = read_posts(post(THIRD, edit_history_post_ids=chain), includes={"posts": earlier})
    assert {record.key for record in reading.records} == {f"post/{FIRST}"}
    told = {record.content["version"]: record for record in reading.records}
    assert [told[one].retrospective for one in chain] == [True, True, False]
    assert [told[one].as_of for one in chain] == [given_at(one) for one in chain]
    assert {record.created_at for record in reading.records} == {given_at(FIRST)}
    assert [ask.purpose for ask in reading.asks] == ["conversation"], "nothing is left to ask for"


def test_versions_that_are_not_shown_are_asked_for() -> None:
    reading = read_posts(post(THIRD, edit_history_post_ids=[FIRST, SECOND, THIRD]))
    (ask,) = [one for one in reading.asks if one.purpose == "versions"]
    assert f"ids={FIRST},{SECOND}&" in ask.url
    shown = CONNECTOR.read(ask, answer({"data": [post(FIRST, edit_history_post_ids=[FIRST, SECOND, THIRD])]}))
    assert [(one.key, one.retrospective) for one in shown.records] == [(f"post/{FIRST}", True)]
    assert not CONNECTOR.read(ask, answer({"errors": [refused(FIRST), refused(SECOND)]})).problem


def test_names_of_the_older_texts_mean_the_same() -> None:
    new = post(SECOND, edit_history_post_ids=[FIRST, SECOND], note_post={"text": "all of it"}, conversation_id="20",
               referenced_posts=[{"type": "replied_to", "id": "21"}], public_metrics={"repost_count": 3})  # fmt: skip
    old = {_OLD.get(name, name): value for name, value in new.items()} | {"public_metrics": {"retweet_count": 3}}
    assert read_posts(new).records == read_posts(old).records
    assert read_posts(old).drift == ()


_OLD = {
    "edit_history_post_ids": "edit_history_tweet_ids", "note_post": "note_tweet",
    "referenced_posts": "referenced_tweets",
}  # fmt: skip


_MAY_BE_LEFT_OUT = """
attachments entities note_post public_metrics media_metadata created_at lang referenced_posts conversation_id
edit_controls includes
"""


@settings(max_examples=effort.examples(30), deadline=None)
@given(missing=st.sets(st.sampled_from(_MAY_BE_LEFT_OUT.split())))
def test_what_is_left_out_contradicts_nothing(missing: set[str]) -> None:
    whole = post(
        note_post={"text": "A long text. " * 40, "entities": {}}, text=f"{'A long text. ' * 20}… https://t.co/abcdefghij",
        attachments={"media_keys": ["3_1"], "poll_ids": ["9"]}, media_metadata=[{"media_key": "3_1", "alt_text": "A"}],
        entities={"urls": [{"url": "https://t.co/x", "expanded_url": "https://city.example/"}]}, lang="en",
        edit_controls={}, public_metrics={"like_count": 1}, referenced_posts=[{"type": "quoted", "id": "20"}],
    )  # fmt: skip
    includes = {
        "users": [{"id": ID, "name": "City", "username": "city"}],
        "media": [{"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/1.jpg", "alt_text": "A"}],
        "polls": [{"id": "9", "options": [{"position": 1, "label": "Yes", "votes": 1}]}],
    }
    cut = {name: value for name, value in whole.items() if name not in missing}
    (before,) = read_posts(whole, includes=includes).records
    (after,) = read_posts(cut, **({} if "includes" in missing else {"includes": includes})).records
    assert (after.key, after.kind, after.as_of) == (before.key, before.kind, before.as_of)
    both = before.content.keys() & after.content.keys()
    assert "version" in both
    assert all(before.content[name] == after.content[name] for name in both)


def test_words_are_shown_as_written_and_links_written_out() -> None:
    urls = [
        {"url": "https://t.co/a", "expanded_url": "https://city.example/?a=1&b=2"},
        {"url": "https://t.co/b", "expanded_url": f"https://twitter.com/old_name/status/{FIRST}/photo/1"},
        {"url": "https://t.co/c", "expanded_url": f"https://twitter.com/old_name/status/{FIRST}"},
    ]
    (record,) = read_posts(
        post(text="Tom &amp; Jerry &lt;3 https://t.co/a https://t.co/b https://t.co/c", entities={"urls": urls})
    ).records
    assert record.text == (
        f"Tom & Jerry <3 https://city.example/?a=1&b=2 https://t.co/b https://x.com/i/web/status/{FIRST}"
    )
    renamed = [one | {"expanded_url": one["expanded_url"].replace("twitter.com/old_name", "x.com/new")} for one in urls]
    assert links({"urls": renamed}) == links({"urls": urls}), "a new name of an author is no edit"


@pytest.mark.law("R8")
def test_a_profile_is_edited_by_its_owner_and_by_nothing_else() -> None:
    def said(*errors: Any, **more: Any) -> Any:
        user = {"id": ID, "name": "City", "username": "city"} | more
        (record,) = CONNECTOR.read(ASKS.profile(), answer({"data": user, "errors": list(errors)})).records
        return record.content

    entities = {"url": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://city.example/"}]}}
    whole = said(description="Hello", location="Here", url="https://t.co/a", entities=entities, protected=False)
    assert (whole["website"], whole["location"]) == ("https://city.example/", "Here")
    failed = {"type": f"{PROBLEMS}field-hydration-failure", "title": "No", "detail": "No.", "field": "location"}
    less = said(failed, url="https://t.co/a", public_metrics={"followers_count": 9})
    assert all(whole[name] == value for name, value in less.items())
    assert said(description="", url="")["location"] is None
    assert said(description="", url="")["website"] is None


# Who belongs to the account.


def test_of_what_an_answer_gives_beside_its_posts_only_the_account_s_is_read() -> None:
    mention = post("30", author_id="5", conversation_id="30", referenced_posts=[{"type": "quoted", "id": "31"}])
    answered = post("32", author_id="6", conversation_id="32")
    beside = {"posts": [post("31", author_id="7", conversation_id="31"), answered]}
    own = post("33", conversation_id="32", referenced_posts=[{"type": "replied_to", "id": "32"}])
    mentions = ASKS.listing("mentions", None)
    read = CONNECTOR.read(mentions, answer(listed(mention, includes=beside)))
    assert [record.key for record in read.records] == ["post/30"]
    told = {record.key: record for record in read_posts(own, includes=beside).records}
    assert set(told) == {"post/33", "post/32"}
    assert (told["post/33"].parent, told["post/33"].thread) == ("post/32", "post/32")
    assert told["post/32"].kind is RecordKind.MENTION


# Lists: how far they reach.


def test_a_window_says_since_when_and_never_claims_to_be_everything() -> None:
    old = CONNECTOR.read(ASKS.conversation(f"post/{at_id(AT - timedelta(days=20))}"), answer(listed()))
    young = CONNECTOR.read(ASKS.conversation(f"post/{at_id(AT - timedelta(days=2))}"), answer(listed()))
    assert (old.whole, old.since) == (False, AT - timedelta(days=7) + timedelta(hours=1))
    assert (young.whole, young.since) == (True, None)
    messages = CONNECTOR.read(replace(ASKS, owner=True).messages(), answer(listed()))
    assert (messages.whole, messages.since) == (False, AT - timedelta(days=30) + timedelta(hours=1))
    quotes = CONNECTOR.read(ASKS.quotes("post/20"), answer(listed()))
    assert (quotes.whole, quotes.since) == (False, None)


def test_a_list_that_x_cuts_off_reaches_back_to_its_oldest_entry() -> None:
    ask = with_page(ASKS.listing("posts", None), "next", listed=3150, newest=THIRD, oldest=SECOND)
    reading = CONNECTOR.read(ask, answer(listed(post(FIRST))))
    assert (reading.whole, reading.since) == (False, given_at(FIRST))
    assert reading.bookmark == {"posts": THIRD}
    short = CONNECTOR.read(replace(ask, context={**ask.context, "listed": 100}), answer(listed(post(FIRST))))
    assert short.whole


def test_a_sweep_goes_on_only_where_a_whole_list_was_read() -> None:
    first = CONNECTOR.read(
        ASKS.listing("posts", None), answer({"data": [post(THIRD)], "meta": {"result_count": 1, "next_token": "t0"}})
    )
    assert first.bookmark is None
    assert first.next_page is not None
    last = CONNECTOR.read(first.next_page, answer(listed(post(FIRST))))
    assert last.bookmark == {"posts": THIRD}
    less = CONNECTOR.read(first.next_page, answer({"data": [post(FIRST)], "meta": {"result_count": 9}}))
    assert less.bookmark is None
    assert not less.whole
    assert less.quarantine
    (posts, _) = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), {"posts": THIRD})
    assert f"since_id={THIRD}" in posts.url


@pytest.mark.parametrize("body", [{"meta": {}}, {"meta": {"result_count": 3}}, {"data": {}}, {"includes": {}}, {}])
def test_an_empty_answer_is_no_empty_list(body: dict[str, Any]) -> None:
    for ask in (ASKS.listing("posts", None), ASKS.conversation(f"post/{FIRST}"), ASKS.quotes("post/20")):
        reading = CONNECTOR.read(ask, answer(body))
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.CONTRACT
        assert not reading.whole


def test_a_thread_is_that_of_the_conversation_and_not_of_what_is_quoted_in_it() -> None:
    root = f"post/{FIRST}"
    reply = post("40", author_id="5", referenced_posts=[{"type": "replied_to", "id": FIRST}])
    ours = post("41", conversation_id="39", referenced_posts=[{"type": "replied_to", "id": "39"}])
    reading = CONNECTOR.read(ASKS.conversation(root), answer(listed(reply, includes={"posts": [ours, post()]})))
    threads = {record.key: record.thread for record in reading.records}
    assert threads == {"post/40": root, "post/41": "post/39", root: None}


# Direct looks.


@pytest.mark.law("R16")
def test_an_error_in_a_look_is_about_its_post_alone() -> None:
    ask = look(*(ref(one) for one in ("20", "21", "22", "23", "24", "25")), ref("26", RecordKind.POST))
    body = {
        "data": [post("20", author_id="5", conversation_id="19")],
        "errors": [
            refused("21"), refused("22", "not-authorized-for-resource"), refused("23", "resource-unavailable"),
            refused("24", detail="User has been suspended: [24]."), refused("26", "not-authorized-for-resource"),
        ],
    }  # fmt: skip
    reading = CONNECTOR.read(ask, answer(body))
    assert reading.problem is None
    states = {record.key: record.state for record in reading.records}
    assert states == {"post/20": State.VISIBLE, "post/22": State.RESTRICTED, "post/24": State.RESTRICTED}
    assert set(reading.present) == {"post/23", "post/25", "post/26"}, "only 21 is said not to be there"
    assert reading.quarantine


def test_a_look_that_cannot_be_read_says_nothing_of_anything() -> None:
    ask = look(ref("20"), ref("21"))
    for status, body in (
        (200, {"data": [{"id": 20}], "errors": [refused("21")]}),
        (200, {"data": "x", "errors": [refused("21")]}),
        (404, refused("21")),
    ):
        reading = CONNECTOR.read(ask, answer(body, status))
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.CONTRACT


def test_a_post_that_is_known_by_a_later_id_is_there() -> None:
    reading = CONNECTOR.read(look(ref(SECOND)), answer({"data": [post(SECOND, edit_history_post_ids=[FIRST, SECOND])]}))
    assert [record.key for record in reading.records] == [f"post/{FIRST}"]
    assert reading.present == (f"post/{SECOND}",)


def test_looks_are_put_a_hundred_at_once_with_the_account_as_control() -> None:
    asks = list(CONNECTOR.look(ACCOUNT, [ref(str(number)) for number in range(1, 151)]))
    assert [len(ask.context["look"]) for ask in asks] == [100, 50]
    assert all(ask.control is not None and ask.control.purpose == "profile" for ask in asks)
    assert list(CONNECTOR.look(ACCOUNT, [RecordRef("dm/20", RecordKind.MESSAGE)])) == []


# Problems.


def says(kind: str = "about:blank", **more: Any) -> dict[str, Any]:
    return {"title": "No", "detail": "No.", "type": kind if ":" in kind else f"{PROBLEMS}{kind}"} | more


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, says(), ProblemKind.SIGN_IN_EXPIRED),
        (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, ProblemKind.SIGN_IN_EXPIRED),
        (401, {}, ProblemKind.CONTRACT),
        (402, says("credits"), ProblemKind.WITHDRAWN),
        (403, says("client-forbidden"), ProblemKind.WITHDRAWN),
        (403, says("unsupported-authentication"), ProblemKind.PERMISSION),
        (403, says(detail="Your account is suspended."), ProblemKind.TAKEN_DOWN),
        (403, {}, ProblemKind.CONTRACT),
        (404, says(), ProblemKind.CONTRACT),
        (404, {}, ProblemKind.CONTRACT),
        (400, says("invalid-request"), ProblemKind.CONTRACT),
        (429, says(), ProblemKind.RATE),
        (429, says("usage-capped"), ProblemKind.RATE),
        (503, says(), ProblemKind.TRANSIENT),
        (304, {}, ProblemKind.CONTRACT),
        (200, says("usage-capped"), ProblemKind.CONTRACT),
    ],
)
def test_what_a_problem_means(status: int, body: dict[str, Any], kind: ProblemKind) -> None:
    for ask in (ASKS.listing("posts", None), ASKS.profile(), look(ref("20")), ASKS.conversation(f"post/{FIRST}")):
        reading = CONNECTOR.read(ask, answer(body, status))
        assert reading.problem is not None
        assert reading.problem.kind is kind
        assert not reading.records
        assert not reading.whole


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused(ID), ProblemKind.DEACTIVATED),
        (refused(ID, detail="User has been suspended: [5]."), ProblemKind.TAKEN_DOWN),
        (refused(ID, "not-authorized-for-resource"), ProblemKind.PERMISSION),
        (refused(ID, "something-new"), ProblemKind.CONTRACT),
    ],
)
def test_an_account_that_is_away_is_said_to_be(error: dict[str, Any], kind: ProblemKind) -> None:
    error = error | {"resource_type": "user", "parameter": "id"}
    for ask in (ASKS.profile(), ASKS.listing("posts", None), ASKS.listing("mentions", FIRST)):
        problem = CONNECTOR.read(ask, answer({"errors": [error]})).problem
        assert problem is not None
        assert problem.kind is kind
    identify = Asks(SITE, SERVER, "", "").identify("city")
    found = CONNECTOR.read(identify, answer({"errors": [error]}))
    assert found.account is None
    assert found.problem is not None


def test_pauses_last_as_long_as_x_says() -> None:
    reset = AT + timedelta(minutes=9)
    headers = (("x-rate-limit-limit", "450"), ("x-rate-limit-remaining", "0"),
               ("x-rate-limit-reset", str(int(reset.timestamp()))))  # fmt: skip
    reading = CONNECTOR.read(ASKS.listing("posts", None), answer(says(), 429, headers))
    assert reading.problem is not None
    assert reading.problem.retry_at == reset
    assert reading.rate is not None
    assert (reading.rate.limit, reading.rate.remaining, reading.rate.reset_at) == (450, 0, reset)
    known = replace(ASKS, cap_day=7).listing("posts", None)
    capped = CONNECTOR.read(known, answer(says("usage-capped"), 429, headers)).problem
    assert capped is not None
    assert capped.retry_at == datetime(2026, 11, 7, tzinfo=UTC)
    assert "2026-11-07" in capped.detail
    unknown = CONNECTOR.read(ASKS.listing("posts", None), answer(says("usage-capped"), 429, headers)).problem
    assert unknown is not None
    assert unknown.retry_at == AT + timedelta(days=1)


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), day=st.integers(1, 31))
def test_the_month_s_allowance_is_renewed_within_a_month(at: datetime, day: int) -> None:
    renewed = cap_renewed(at, day)
    assert renewed is not None
    assert timedelta(0) < renewed - at <= timedelta(days=32)
    assert renewed.day == day or (renewed.day == 1 and (renewed - timedelta(days=1)).day < day)


_NAMES = [
    "id", "text", "data", "meta", "errors", "includes", "posts", "users", "author_id", "urls", "type",
    "edit_history_post_ids", "referenced_posts", "attachments", "media_keys", "entities", "withheld", "result_count",
]  # fmt: skip


def test_it_keeps_to_the_contract() -> None:
    refs = [ref(FIRST, RecordKind.POST), ref("20"), RecordRef(f"user/{ID}", RecordKind.PROFILE)]
    quoting = post(SECOND, referenced_posts=[{"type": "quoted", "id": FIRST}])
    examples = [
        conformance.Example(ASKS.listing("posts", None), listed(post(), quoting)),
        conformance.Example(look(ref(FIRST)), listed(post())),
    ]
    conformance.check(CONNECTOR, ACCOUNT, ["https://x.com/CityOfX"], refs, examples)
    owner = replace(ASKS, owner=True)
    asks = (
        ASKS.listing("posts", None), ASKS.listing("mentions", None), ASKS.conversation(f"post/{FIRST}"), ASKS.profile(),
        ASKS.quotes("post/20"), owner.messages(), owner.message(f"dm/{FIRST}"), owner.me(), ASKS.usage(),
        look(ref(FIRST), ref("20")), *ASKS.versions([FIRST]), ASKS.identify("city"),
    )  # fmt: skip
    conformance.check_answers(CONNECTOR, asks, {*_NAMES, *conformance.member_names(examples)})


def test_an_edit_of_what_is_passed_on_is_no_edit() -> None:
    def shared(chain: list[str]) -> Reading:
        repost = post(THIRD, referenced_posts=[{"type": "retweeted", "id": chain[-1]}], conversation_id=THIRD)
        original = post(chain[-1], author_id="5", conversation_id=FIRST, edit_history_post_ids=chain)
        return read_posts(repost, includes={"posts": [original]})

    before, after = shared([FIRST]).records[0], shared([FIRST, SECOND]).records[0]
    assert before.content == after.content == {"version": THIRD, "shared": FIRST}
    alone = read_posts(post(THIRD, referenced_posts=[{"type": "retweeted", "id": SECOND}])).records[0]
    assert alone.content == {"version": THIRD}
