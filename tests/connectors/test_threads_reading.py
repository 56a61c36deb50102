"""What questions the Threads connector asks, and what answers mean, whole, changed and cut. No answers of the live
platform are recorded anywhere: these bodies have the shapes of Meta's documentation."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.capture.secret_forms import Secret
from archiver.capture.signing import signing_of
from connectors import _threads_fields as fields
from connectors import conformance
from connectors._threads_asks import SERVER, SITE, VERSION, Asks, carried
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    Signs,
    State,
    SweepKind,
)
from connectors.threads import Threads, ThreadsSettings
from tests.connectors.payloads import change
from tests.connectors.reading import answer, sweep
from tests.connectors.test_facebook_recordings import _outermost, nothing_dropped

NUMBER = "17841406338772941"
ACCOUNT = AccountRef("ac_1", "threads", SITE, NUMBER, "cityhall", f"{SITE}/@cityhall", authorised=True)
ASKS = Asks(SITE, SERVER, NUMBER, "full")
NEW = replace(ASKS, sweep="new")
CONNECTOR = Threads()
READ = CONNECTOR.read
WHEN = "2026-10-14T19:07:53+0000"
NEXT = {"cursors": {"after": "QVFI"}, "next": f"{SERVER}/{VERSION}/1/threads?access_token=THAAsecret01234&after=QVFI"}
INDEX = ASKS.conversation("1")
PENDING = ASKS.replies_of("1")
POST_REF = RecordRef("media/1", RecordKind.POST)
_PUBLIC, _PRIVATE = AccessClass.PUBLIC, AccessClass.PRIVATE


def post(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": str(number), "media_product_type": "THREADS", "media_type": "TEXT_POST", "text": f"post {number}",
        "permalink": f"{SITE}/@cityhall/post/{number}", "owner": {"id": NUMBER}, "username": "cityhall",
        "timestamp": WHEN, "shortcode": "abc", "is_quote_post": False, "has_replies": True, "topic_tag": "Streets",
        "reply_audience": "EVERYONE",
    } | other  # fmt: skip


def reply(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": f"9{number}", "media_type": "TEXT_POST", "text": f"r {number}", "username": "somebody",
        "timestamp": WHEN, "is_reply": True, "is_reply_owned_by_me": False, "hide_status": "NOT_HUSHED",
        "root_post": {"id": "1"}, "replied_to": {"id": "1"}, "has_replies": False,
    } | other  # fmt: skip


def page_of(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"data": list(entries), **more}


def ask_for(purpose: str, asks: Asks = ASKS) -> Ask:
    return next(ask for ask in asks.lists() if ask.purpose == purpose)


def path_of(ask: Ask) -> str:
    return urlsplit(ask.url).path.removeprefix(f"/{VERSION}/")


def named(asks: Any, purpose: str) -> dict[str, AccessClass]:
    """Of what an answer leads to, everything of one purpose: what it is about, and its class."""
    return {path_of(ask): ask.access for ask in asks if ask.purpose == purpose}


def _problem(reading: Reading) -> ProblemKind:
    assert reading.problem is not None
    return reading.problem.kind


def _refused(code: int = 100, subcode: int | None = 33) -> dict[str, Any]:
    error = {"message": "Unsupported get request.", "type": "THApiException", "code": code}
    return {"error": error | ({"error_subcode": subcode} if subcode else {})}


# Addresses and credentials.


@pytest.mark.parametrize(
    ("url", "handle"),
    [
        ("https://www.threads.com/@cityofmilwaukee", "cityofmilwaukee"),
        ("https://www.threads.net/@City.Hall_1/", "city.hall_1"),
        ("https://threads.net/@cityhall?xmt=abc", "cityhall"),
        ("https://www.threads.com/@cityhall/replies", "cityhall"),
        ("threads.com/@cityhall", "cityhall"),
    ],
)
def test_addresses_of_accounts_are_recognised(url: str, handle: str) -> None:
    connector, claim = load_platforms().claim(url)
    assert (connector.platform, claim.handle, claim.strength) == ("threads", handle, "certain")
    assert (claim.service, claim.url) == (SITE, f"{SITE}/@{handle}")
    ask = CONNECTOR.identify(claim)
    assert ask.url.startswith(f"{SERVER}/{VERSION}/me?")
    assert ask.authorise == "required"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.threads.com/", "https://www.threads.com/cityhall", "https://www.threads.com/@cityhall/post/C1",
        "https://www.threads.com/t/C1", "https://www.threads.com/@a/../b", "https://threads.example/@cityhall",
        "https://mastodon.example/@city", "https://www.instagram.com/cityhall", "https://l.threads.net/?u=x",
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_only_the_account_that_the_token_speaks_for_is_taken_and_its_number_is_the_identity() -> None:
    claim = CONNECTOR.claim("https://www.threads.net/@CityHall")
    assert claim is not None
    ask = CONNECTOR.identify(claim)
    facts = READ(ask, answer({"id": NUMBER, "username": "cityhall", "name": "City Hall"})).account
    assert facts is not None
    assert (facts.platform_id, facts.handle, facts.url) == (NUMBER, "cityhall", f"{SITE}/@cityhall")
    reading = READ(ask, answer({"id": NUMBER, "username": "other"}))
    assert (reading.account, _problem(reading)) == (None, ProblemKind.PERMISSION)
    another = READ(ASKS.profile(), answer({"id": "1", "username": "other"}))
    assert (another.account, _problem(another)) == (None, ProblemKind.CONTRACT)


def test_tokens_of_other_platforms_of_meta_go_nowhere() -> None:
    assert isinstance(CONNECTOR, Signs)
    assert f"Threads ({UNPROVEN})" in load_platforms().offered()
    own = signing_of(CONNECTOR, ACCOUNT.url, Secret("THAAJ8l2ZC0123456789abcdef"))
    assert own is not None
    assert (own.server, own.signature.parameter) == (SERVER, None)
    for other in ("EAAGm0PX4ZCpsBAK0123456789", "IGAAJ8l2ZC0123456789abcdef", "TH|123456|0123456789abcdef"):
        assert signing_of(CONNECTOR, ACCOUNT.url, Secret(other)) is None
    refused = READ(ASKS.identify("cityhall"), answer({"error": {"code": 104, "message": "required"}}, 400))
    assert _problem(refused) is ProblemKind.SIGN_IN_EXPIRED


def test_every_question_is_signed_at_the_api_and_names_the_one_version() -> None:
    for kind in SweepKind:
        for known in (None, {"newest": {"1": "91"}, "mentioned": WHEN}):
            for ask in CONNECTOR.begin(ACCOUNT, sweep(kind, POST_REF), known):
                assert ask.url.startswith(f"{SERVER}/{VERSION}/")
                assert ask.authorise == "required"
                assert "access_token" not in ask.url
                assert "ids" not in parse_qs(urlsplit(ask.url).query), "nobody says that several may be asked for"


# Who sees it.


def test_an_index_has_no_words_and_is_private() -> None:
    for ask in (*ASKS.lists(), *NEW.lists(), INDEX, NEW.peek("1", (), {}, {}), ASKS.root("1", ["2"])):
        assert ask.access is _PRIVATE
        asked = _outermost(parse_qs(urlsplit(ask.url).query)["fields"][0])
        assert not {"text", "username", "alt_text", "media_url", "poll_attachment", "permalink"} & asked


def test_everything_that_is_asked_for_is_known() -> None:
    for kind in ("post", "reply", "mention"):
        assert _outermost(fields.INDEXES[kind]) | _outermost(fields.WORDS[kind]) <= fields.KNOWN[kind]
        assert _outermost(fields.INDEXES[kind]) <= _outermost(fields.WORDS[kind]), "the words say again who sees them"
    assert _outermost(fields.PENDING) <= fields.KNOWN["reply"]
    assert _outermost(fields.PROFILE) <= fields.KNOWN["account"]


@pytest.mark.parametrize(
    ("told", "state", "expected"),
    [
        ("NOT_HUSHED", State.VISIBLE, _PUBLIC),
        ("UNHUSHED", State.VISIBLE, _PUBLIC),
        ("HIDDEN", State.HIDDEN_BY_PAGE, _PRIVATE),
        ("COVERED", State.RESTRICTED, _PRIVATE),
        ("BLOCKED", State.RESTRICTED, _PRIVATE),
        ("RESTRICTED", State.RESTRICTED, _PRIVATE),
        ("SOMETHING_NEW", State.VISIBLE, _PRIVATE),
        (None, State.VISIBLE, _PRIVATE),
    ],
)
def test_a_reply_is_public_only_where_the_answer_says_so(told: str | None, state: State, expected: AccessClass) -> None:
    reading = READ(INDEX, answer(page_of(reply(hide_status=told))))
    assert reading.records[0].state is state
    assert bool(reading.drift) == (told == "SOMETHING_NEW")
    assert [ask.access for ask in reading.asks] == [expected]
    own = READ(ask_for("own_replies"), answer(page_of(reply(hide_status=told, is_reply_owned_by_me=True))))
    assert [ask.access for ask in own.asks] == [expected]


def test_what_is_under_a_hidden_reply_is_hidden_with_it_on_whatever_page() -> None:
    entries = [
        reply(1, hide_status="HIDDEN"),
        reply(2, replied_to={"id": "91"}),
        reply(3, replied_to={"id": "92"}),
        reply(4),
    ]
    reading = READ(INDEX, answer(page_of(*entries, paging=NEXT)))
    assert [(one.key, one.parent, one.thread) for one in reading.records] == [
        ("media/91", "media/1", "media/1"), ("media/92", "media/91", "media/1"), ("media/93", "media/92", "media/1"),
        ("media/94", "media/1", "media/1"),
    ]  # fmt: skip
    assert {one.text for one in reading.records} == {""}
    assert named(reading.asks, "word") == {"91": _PRIVATE, "92": _PRIVATE, "93": _PRIVATE, "94": _PUBLIC}
    second = reading.next_page
    assert second is not None
    later = READ(second, answer(page_of(reply(5, replied_to={"id": "93"}), reply(6))))
    assert named(later.asks, "word") == {"95": _PRIVATE, "96": _PUBLIC}
    assert later.whole
    many = ASKS.conversation("1", [str(n) for n in range(1001)])
    assert carried([str(n) for n in range(1001)]) is True
    assert {ask.access for ask in READ(many, answer(page_of(reply(6)))).asks} == {_PRIVATE}, "too many to be named"


def test_a_ghost_post_is_public_while_it_stands() -> None:
    over = (_PRIVATE, State.RESTRICTED)
    for told, (expected, state) in {"ACTIVE": (_PUBLIC, State.VISIBLE), "ARCHIVED": over, "NEW": over}.items():
        reading = READ(ask_for("ghost_posts"), answer(page_of(post(ghost_post_status=told))))
        assert [ask.access for ask in reading.asks] == [expected]
        assert (reading.records[0].state, reading.records[0].word) == (state, "ghost post")
    mixed = READ(ask_for("posts", NEW), answer(page_of(post(1), post(2, ghost_post_status="ARCHIVED"))))
    assert named(mixed.asks, "word") == {"1": _PUBLIC, "2": _PRIVATE}


def test_of_a_closed_profile_nothing_is_public() -> None:
    closed = replace(ACCOUNT, settings=ThreadsSettings(public_profile=False))
    asked = list(CONNECTOR.begin(closed, sweep(SweepKind.FULL, POST_REF), None))
    index = next(ask for ask in asked if ask.purpose == "posts")
    led = READ(index, answer(page_of(post()))).asks
    replies = next(ask for ask in led if ask.purpose == "pending")
    (listed,) = READ(replies, answer(page_of())).asks
    assert {ask.access for ask in (*asked, *led, listed, *READ(listed, answer(page_of(reply()))).asks)} == {_PRIVATE}


def test_what_is_hidden_between_two_questions_is_no_public_record() -> None:
    (words,) = READ(INDEX, answer(page_of(reply(1), reply(2), reply(3)))).asks
    assert words.access is _PUBLIC
    under = reply(3, replied_to={"id": "92"})
    reading = READ(words, answer(page_of(reply(1), reply(2, hide_status="HIDDEN"), under)))
    assert [record.key for record in reading.records] == ["media/91"]
    assert named(reading.asks, "word") == {"92": _PRIVATE, "93": _PRIVATE}
    again = reading.asks[0]
    (hidden,) = READ(again, answer(reply(2, hide_status="HIDDEN"))).records
    assert (hidden.state, hidden.text, hidden.parent) == (State.HIDDEN_BY_PAGE, "r 2", "media/1")
    assert READ(again, answer(_refused(), 400)) == Reading(), "it went between two questions"


def test_what_cannot_be_read_by_its_id_is_read_in_private_on_the_page_that_named_it() -> None:
    second = replace(INDEX, parameters=(("after", "QVFI"),))
    entries = [reply(1), reply(2, hide_status="HIDDEN")]
    for word in READ(second, answer(page_of(*entries))).asks:
        (page,) = READ(word, answer(_refused(), 400)).asks
        assert (page.access, page.parameters) == (_PRIVATE, second.parameters)
        assert urlsplit(page.url).path == urlsplit(second.url).path
        assert [one.text for one in READ(page, answer(page_of(*entries))).records] == ["r 1", "r 2"]


def test_what_waits_is_private_and_is_not_taken_for_public_in_the_list_of_all() -> None:
    waiting = reply(1, reply_approval_status="pending")
    reading = READ(PENDING, answer(page_of(waiting)))
    assert PENDING.access is _PRIVATE
    held, setting = reading.records
    assert (held.state, held.text) == (State.HELD_FOR_REVIEW, "r 1")
    assert (setting.key, setting.kind, setting.parent) == ("approvals/1", RecordKind.SETTINGS, "media/1")
    (listed,) = reading.asks
    assert listed.listing == PENDING.listing == "comments:media/1"
    assert named(READ(listed, answer(page_of(reply(1), reply(2)))).asks, "word") == {"91": _PRIVATE, "92": _PUBLIC}
    for body, status in ((_refused(100, None), 400), (_refused(), 400)):
        (without,) = READ(PENDING, answer(body, status)).asks
        assert without.url == listed.url, "replies need no approval here"
    assert _problem(READ(PENDING, answer(_refused(10, None), 403))) is ProblemKind.PERMISSION
    assert [record.key for record in READ(PENDING, answer(page_of())).records] == []
    unasked = replace(ACCOUNT, settings=ThreadsSettings(approvals=False))
    (plain,) = [
        one for one in CONNECTOR.begin(unasked, sweep(SweepKind.FULL, POST_REF), None) if one.listing == listed.listing
    ]
    assert plain.purpose == "conversation"


def test_who_wrote_it() -> None:
    (words,) = READ(INDEX, answer(page_of(reply(1)))).asks
    own = reply(2, username="cityhall", is_reply_owned_by_me=True)
    nameless = {key: value for key, value in reply(3).items() if key != "username"}
    told = [one.author for one in READ(words, answer(page_of(reply(1), own, nameless))).records]
    assert [(one.id, one.handle, one.url) if one else None for one in told] == [
        (None, "somebody", f"{SITE}/@somebody"), (NUMBER, "cityhall", f"{SITE}/@cityhall"), None,
    ]  # fmt: skip


def test_mentions_under_posts_of_the_account_are_left_to_those() -> None:
    asked = ask_for("mentions")
    tops = READ(asked, answer(page_of(post(1), post(2))))
    (words,) = tops.asks
    assert (words.purpose, words.access, tops.whole) == ("words", _PUBLIC, False)
    assert {one.kind for one in tops.records} == {RecordKind.MENTION}
    below = reply(3, root_post={"id": "77"})
    mixed = READ(asked, answer(page_of(post(1), reply(2), below, reply(4, root_post=None))))
    assert [one.key for one in mixed.records] == ["mention/1"]
    assert named(mixed.asks, "root") == {"1": _PRIVATE, "77": _PRIVATE}
    assert named(mixed.asks, "word") == {"1": _PUBLIC, "94": _PRIVATE}
    own, others = (ask for ask in mixed.asks if ask.purpose == "root")
    assert READ(own, answer({"id": "1", "owner": {"id": NUMBER}})) == Reading()
    assert named(READ(others, answer({"id": "77"})).asks, "word") == {"93": _PUBLIC}
    assert named(READ(others, answer(_refused(), 400)).asks, "word") == {"93": _PRIVATE}


def test_mentions_are_followed_as_far_as_they_are_new() -> None:
    old, new = "2026-10-01T00:00:00+0000", "2026-11-01T11:30:00+0000"
    told = [reply(1, timestamp=new), reply(2, timestamp=old)]
    for known, entries, goes_on in ((WHEN, told, False), (WHEN, told[:1], True), (None, told, True)):
        asked = next(ask for ask in NEW.lists(None, known) if ask.purpose == "mentions")
        reading = READ(asked, answer(page_of(*entries, paging=NEXT)))
        assert (reading.next_page is not None) == goes_on
        assert reading.bookmark == ({} if goes_on else {"mentioned": "2026-11-01T11:30:00+00:00"})
    assert reading.next_page is not None
    last = READ(reading.next_page, answer(page_of(reply(3, timestamp=old))))
    assert (last.next_page, last.bookmark) == (None, {"mentioned": "2026-11-01T11:30:00+00:00"})
    full = next(ask for ask in ASKS.lists(None, WHEN) if ask.purpose == "mentions")
    assert READ(full, answer(page_of(*told, paging=NEXT))).next_page is not None


# Looking for known things.


def test_where_the_archive_knows_no_other_reply_those_are_asked_for_that_a_list_names() -> None:
    refs = [RecordRef(f"media/{n}", RecordKind.COMMENT, "media/1") for n in (91, 92)]
    looks = list(CONNECTOR.look(ACCOUNT, refs))
    assert [ask.context["look"] for ask in looks] == [["media/91"], ["media/92"]]
    listed = looks[0].control
    assert listed is not None
    assert path_of(listed) == "1/conversation"
    not_theirs = [reply(5, is_reply_owned_by_me=True), reply(6, hide_status="HIDDEN")]
    named = READ(listed, answer(page_of(*not_theirs, *(reply(n) for n in (7, 8)))))
    assert named.present == (), "that it is listed vouches for nothing"
    (control,) = named.asks
    assert path_of(control) == "97"
    assert control.control is not None
    assert (path_of(control.control), control.control.control) == ("98", None)
    assert READ(control, answer(reply(7))).present == ("media/97",)
    for body in (reply(7, is_reply_owned_by_me=True), reply(8), {"id": "97"}, page_of()):
        assert not READ(control, answer(body)).present
    assert _problem(READ(control, answer(_refused(), 400))) is ProblemKind.GONE
    assert _problem(READ(looks[0], answer(_refused(), 400))) is ProblemKind.GONE
    assert READ(looks[0], answer(reply(1, hide_status="HIDDEN"))).present == ("media/91",)


def test_where_nobody_answered_under_a_post_it_is_looked_under_others_and_then_nothing_is_concluded() -> None:
    (look,) = CONNECTOR.look(ACCOUNT, [RecordRef("media/91", RecordKind.COMMENT, "media/1")])
    first = look.control
    assert first is not None
    for body, status in ((page_of(), 200), (_refused(), 400)):
        (others,) = READ(first, answer(body, status)).asks
        assert path_of(others) == f"{NUMBER}/threads"
    told = [{"id": "1", "has_replies": True}, {"id": "2", "has_replies": False}, {"id": "3", "has_replies": True}]
    (second,) = READ(others, answer(page_of(*told))).asks
    assert path_of(second) == "3/conversation"
    (control,) = READ(second, answer(page_of(reply(8)))).asks
    assert path_of(control) == "98"
    for nothing in (READ(second, answer(page_of())), READ(others, answer(page_of())), READ(others, answer(page_of()))):
        assert (nothing.asks, nothing.present, nothing.problem) == ((), (), None)


def test_posts_and_replies_elsewhere_are_looked_for_beside_something_of_the_account() -> None:
    (ask,) = CONNECTOR.look(ACCOUNT, [POST_REF])
    (elsewhere,) = CONNECTOR.look(ACCOUNT, [RecordRef("media/91", RecordKind.COMMENT)])
    for one in (ask, elsewhere):
        assert one.control is not None
        assert path_of(one.control) == f"{NUMBER}/threads"
        assert READ(one.control, answer(page_of({"id": "2"}))).present
        assert not READ(one.control, answer(page_of())).present
        assert _problem(READ(one.control, answer(_refused(), 400))) is ProblemKind.PERMISSION
        assert _problem(READ(one, answer(_refused(), 400))) is ProblemKind.GONE
    reading = READ(ask, answer(post()))
    assert reading.present == ("media/1",)
    assert named(reading.asks, "word") == {"1": _PUBLIC}


def test_of_what_stands_elsewhere_or_has_no_address_nothing_is_asked() -> None:
    keys = {"mention/1": "mention", "account/1": "profile", "audience/1": "settings", "approvals/1": "settings"}
    assert list(CONNECTOR.look(ACCOUNT, [RecordRef(key, RecordKind(kind)) for key, kind in keys.items()])) == []


# Lists.


def test_the_address_with_the_token_in_it_is_never_followed() -> None:
    listed = ask_for("posts")
    following = READ(listed, answer(page_of(post(), paging=NEXT))).next_page
    assert following is not None
    assert (following.url, following.parameters) == (listed.url, (("after", "QVFI"),))
    assert "THAAsecret" not in repr(following)
    last = READ(following, answer(page_of(post(2), paging={"cursors": {"after": "QVFI"}})))
    assert (last.next_page, last.whole) == (None, True)
    lost = READ(listed, answer(page_of(post(), paging={"next": NEXT["next"]})))
    assert (_problem(lost), lost.whole) == (ProblemKind.CONTRACT, False)


def test_that_no_reply_or_ghost_post_is_left_says_nothing_by_itself() -> None:
    for purpose, whole in (("posts", True), ("own_replies", False), ("ghost_posts", False), ("mentions", False)):
        assert READ(ask_for(purpose), answer(page_of())).whole is whole
    second = READ(ask_for("own_replies"), answer(page_of(reply(1), paging=NEXT))).next_page
    assert second is not None
    assert READ(second, answer(page_of())).whole


def test_the_words_of_a_page_are_asked_for_as_the_same_page() -> None:
    second = replace(INDEX, parameters=(("after", "QVFI"),))
    (words,) = READ(second, answer(page_of(reply(1)))).asks
    assert words.parameters == second.parameters
    one, other = (parse_qs(urlsplit(ask.url).query) for ask in (words, second))
    assert urlsplit(words.url).path == urlsplit(second.url).path
    assert {**one, "fields": None} == {**other, "fields": None}
    error = {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry your request"}
    less = READ(second, answer({"error": error}, 500)).next_page
    assert less is not None
    assert "&limit=12" in less.url
    assert named(READ(words, answer({"error": error}, 500)).asks, "word") == {"91": _PUBLIC}


def test_replies_are_asked_for_where_there_are_any_and_the_newest_is_another() -> None:
    told = [post(1), post(2, has_replies=False), post(3), post(4, media_type="REPOST_FACADE"),
            post(5, ghost_post_status="ACTIVE"), post(6)]  # fmt: skip
    full = READ(ask_for("posts"), answer(page_of(*told)))
    assert set(named(full.asks, "pending")) == {f"{n}/pending_replies" for n in (1, 3, 6)}
    known = {"newest": {"1": "91", "3": "93"}}
    index = next(ask for ask in CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), known) if ask.purpose == "posts")
    (first,) = [ask for ask in READ(index, answer(page_of(*told))).asks if ask.purpose == "peek"]
    assert path_of(first) == "1/conversation"
    (second,) = READ(first, answer(page_of({"id": "91"}))).asks
    replies, third = READ(second, answer(page_of({"id": "94"}))).asks
    assert (replies.listing, path_of(third)) == ("comments:media/3", "6/conversation")
    last = READ(third, answer(_refused(), 400))
    assert (last.asks, last.problem, last.bookmark) == ((), None, {"newest": {"1": "91", "3": "94"}})
    assert not named(READ(replace(index, parameters=(("after", "x"),)), answer(page_of(*told))).asks, "peek")


# What is an edit.


def _post(entry: Any) -> Any:
    (words,) = READ(ask_for("posts", NEW), answer(page_of(post(has_replies=False)))).asks
    return READ(words, answer(page_of(entry))).records[0]


ALBUM = post(
    media_type="CAROUSEL_ALBUM", alt_text="two", link_attachment_url="https://city.example/a?fbclid=9",
    quoted_post={"id": "55"}, text_attachment={"plaintext": "long", "text_with_styling_info": []},
    poll_attachment={"option_a": "Oak", "option_b": "Elm", "option_a_votes_percentage": 0.5, "total_votes": 4},
    gif_url="https://media.giphy.com/media/abc/giphy.gif", allowlisted_country_codes=["US", "CA"],
    children=page_of(
        {"id": "7", "media_type": "IMAGE", "media_url": "https://a.fbcdn.net/7.jpg?oh=7", "alt_text": "a dog"},
        {"id": "8", "media_type": "VIDEO", "media_url": "https://a.fbcdn.net/8.mp4",
         "thumbnail_url": "https://a.fbcdn.net/v/8_9_n.jpg?oh=1"},
    ),
)  # fmt: skip


def test_what_is_compared_and_what_is_not() -> None:
    one = _post(ALBUM)
    assert one.content == {
        "text": "post 1", "topic_tag": "Streets", "alt_text": "two", "link": "https://city.example/a",
        "quoted_post": "55", "attachment": {"text": "long"}, "poll": ["Oak", "Elm"], "children": ["7", "8"],
        "countries": ["CA", "US"],
    }  # fmt: skip
    kinds = [(ref.key.partition("/")[0], ref.kind, ref.alt_text) for ref in one.media]
    assert kinds == [
        ("image", "image", "a dog"),
        ("video", "video", None),
        ("still", "image", None),
        ("gif", "image", None),
    ]
    again = json.loads(json.dumps(ALBUM).replace("a.fbcdn.net", "b.fbcdn.net").replace("?oh=7", "?oh=8"))
    again |= {"username": "cityhall_new", "has_replies": False, "permalink": "https://x.example/"}
    again["poll_attachment"]["total_votes"] = 9
    other = _post(again)
    assert other.content == one.content
    assert [ref.key for ref in other.media] == [ref.key for ref in one.media]
    assert (one.counts, other.counts) == ({"votes": 4}, {"votes": 9})
    assert _post(ALBUM | {"text": "corrected"}).content != one.content


def test_a_repost_names_what_it_passes_on() -> None:
    record = _post({"id": "1", "media_type": "REPOST_FACADE", "timestamp": WHEN, "reposted_post": {"id": "55"}})
    assert (record.kind, record.word, record.content, record.thread) == (
        RecordKind.SHARE, "repost", {"reposted_post": "55"}, f"account/{NUMBER}",
    )  # fmt: skip


@pytest.mark.law("R17")
def test_who_may_answer_is_a_setting_and_no_part_of_the_post() -> None:
    (words,) = READ(ask_for("posts", NEW), answer(page_of(post(has_replies=False)))).asks
    for told, expected in (("EVERYONE", "everyone"), ("FOLLOWERS_ONLY", "followers only"), ("NEW_ONE", "new one")):
        said, setting = READ(words, answer(page_of(post(reply_audience=told)))).records
        assert "reply_audience" not in said.content
        assert (setting.key, setting.kind, setting.text) == (
            "audience/1", RecordKind.SETTINGS, f"who may reply: {expected}",
        )  # fmt: skip
    for without in (None, 5):
        reading = READ(words, answer(page_of(post(reply_audience=without))))
        assert [one.key for one in reading.records] == ["media/1"]
        assert bool(reading.quarantine) == (without is not None)


# Errors.


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": 190, "error_subcode": 463}, ProblemKind.SIGN_IN_EXPIRED),
        (403, {"code": 10}, ProblemKind.PERMISSION),
        (400, {"code": 4}, ProblemKind.RATE),
        (500, {"code": 2, "is_transient": True}, ProblemKind.TRANSIENT),
        (400, {"code": 2500}, ProblemKind.CONTRACT),
        (200, {"code": 803}, ProblemKind.CONTRACT),
        (404, None, ProblemKind.CONTRACT),
        (304, None, ProblemKind.CONTRACT),
    ],
)
def test_what_an_error_means(status: int, error: dict[str, Any] | None, kind: ProblemKind) -> None:
    looks = CONNECTOR.look(ACCOUNT, [POST_REF, RecordRef("media/91", RecordKind.COMMENT, "media/1")])
    for ask in (*ASKS.lists(), ASKS.profile(), INDEX, PENDING, NEW.peek("1", (), {}, {}), *looks):
        reading = READ(ask, answer({} if error is None else {"error": error}, status))
        assert _problem(reading) is kind
        assert (reading.records, reading.whole) == ((), False)


def test_that_the_account_itself_is_not_shown_is_a_lost_permission() -> None:
    for ask in (*ASKS.lists(), ASKS.profile(), ASKS.answered("1")):
        assert _problem(READ(ask, answer(_refused(), 400))) is ProblemKind.PERMISSION
    assert _problem(READ(INDEX, answer(_refused(), 400))) is ProblemKind.GONE


# Changed and cut.


def _words(index: Ask, *entries: Any) -> Ask:
    (words,) = [ask for ask in READ(index, answer(page_of(*entries))).asks if ask.purpose == "words"]
    return words


_POSTS = page_of(ALBUM, post(2), post(3, media_type="VIDEO", media_url="https://a.fbcdn.net/3.mp4"), paging=NEXT)
_REPLIES = page_of(reply(1), reply(2, replied_to={"id": "91"}, topic_tag="x"), reply(3, hide_status="UNHUSHED"))
_WAITING = page_of(*(reply(n, reply_approval_status="pending") for n in (1, 2)))
BODIES: dict[str, tuple[Ask, Any]] = {
    "posts": (ask_for("posts"), _POSTS),
    "words of posts": (_words(ask_for("posts", NEW), post(1, has_replies=False)), _POSTS),
    "replies": (INDEX, _REPLIES),
    "words of replies": (_words(INDEX, reply(1)), _REPLIES),
    "pending": (PENDING, _WAITING),
    "mentions": (ask_for("mentions"), page_of(post(1), post(2))),
    "words of mentions": (_words(ask_for("mentions"), post(1)), page_of(post(1), post(2))),
}
_PROJECTED = {"link_attachment_url": "link", "text_attachment": "attachment", "poll_attachment": "poll",
              "allowlisted_country_codes": "countries"}  # fmt: skip


def _by_key(reading: Reading) -> dict[str, Any]:
    return {record.key: record for record in reading.records}


@settings(max_examples=15, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", BODIES)
def test_a_changed_body_raises_nothing_drops_nothing_and_edits_nothing_else(name: str, data: st.DataObject) -> None:
    ask, given_body = BODIES[name]
    body = copy.deepcopy(given_body)
    whole = READ(ask, answer(body))
    place, removed = change(body, data)
    moved = place == ("data",) or (removed and len(place) == 2 and place[0] == "data")
    touched = None if moved else f"/data/{place[1]}" if place[0] == "data" else ""
    reading = READ(ask, answer(json.dumps(body).encode()))
    kept = {record.place for record in reading.records}
    withheld = {one for one in (record.place for record in whole.records) if one not in kept}
    asked_again = any(one.purpose in ("word", "root") for one in reading.asks)
    if asked_again and withheld:  # not everybody sees it any more, so it is asked for in private, or elsewhere
        return
    below = None if touched is None or name.endswith("replies") or name == "pending" else touched
    nothing_dropped(whole, reading, touched=below, shorter=moved)
    field = place[2] if len(place) > 2 and place[0] == "data" else None
    before, after = _by_key(whole), _by_key(reading)
    for key in before.keys() & after.keys():
        names = before[key].content.keys() | after[key].content.keys()
        differs = {one for one in names if before[key].content.get(one) != after[key].content.get(one)}
        assert differs <= {_PROJECTED.get(str(field), str(field))} or (moved or len(place) <= 2), "an edit nobody made"
        if removed and field is not None and len(place) == 3:
            assert not differs & after[key].content.keys(), "what is left out is not compared"


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_known_thing_in_a_changed_answer_is_never_told_as_gone(data: st.DataObject) -> None:
    (look,) = CONNECTOR.look(ACCOUNT, [POST_REF])
    body = {"it": copy.deepcopy(ALBUM)}
    change(body, data)
    reading = READ(look, answer(body.get("it", {})))
    assert reading.present == ("media/1",) or _problem(reading) is not ProblemKind.GONE
    for record in reading.records:
        assert record.state in (State.VISIBLE, State.RESTRICTED)
        assert record.content == {}


@settings(max_examples=6, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_was_cut_off_says_nothing(name: str, data: st.DataObject) -> None:
    ask, given_body = BODIES[name]
    body = json.dumps(given_body).encode()
    (look,) = CONNECTOR.look(ACCOUNT, [POST_REF])
    for one in (ask, look):
        reading = READ(one, answer(body[: data.draw(st.integers(0, len(body) - 1))]))
        assert (reading.records, reading.present, reading.whole, reading.bookmark) == ((), (), False, None)
        assert reading.quarantine
        assert reading.problem is not None


# Whatever may come.

_NAMES = [
    "data", "id", "paging", "next", "cursors", "after", "username", "children", "owner", "timestamp", "error", "code",
    "hide_status", "root_post", "replied_to", "has_replies", "media_url", "reply_audience", "poll_attachment",
    "text_attachment", "ghost_post_status", "thumbnail_url", "media_type", "is_reply", "is_reply_owned_by_me",
    "allowlisted_country_codes", "link_attachment_url", "option_a", "91",
]  # fmt: skip


def test_it_keeps_to_the_contract() -> None:
    refs = [POST_REF, RecordRef("media/91", RecordKind.COMMENT, "media/1"), RecordRef("media/92", RecordKind.COMMENT)]
    examples = [conformance.Example(ask, body) for ask, body in BODIES.values()]
    conformance.check(CONNECTOR, ACCOUNT, ["https://www.threads.com/@cityhall"], refs, examples)
    asked = [*ASKS.lists(), *NEW.lists({"1": "91"}, WHEN), ASKS.profile(), ASKS.identify("x"), INDEX, PENDING,
             NEW.peek("1", ["2"], {}, {}), ASKS.root("1", ["91"]), ASKS.witness("1"),
             ASKS.witness("1", ["2"]), ASKS.answered("1"),
             *ASKS.looks(refs[1:2], [replace(refs[1], key="media/93")]),
             *ASKS.words_of(INDEX, "reply", ["91"], seen=True)]  # fmt: skip
    asked += [ask.control for ask in asked if ask.control is not None]
    conformance.check_answers(CONNECTOR, asked, {*_NAMES, *conformance.member_names(examples)})
