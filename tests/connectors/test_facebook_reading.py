"""What questions the Facebook connector asks, and what answers mean that nobody recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from connectors import _facebook_fields as fields
from connectors import conformance
from connectors._facebook_asks import SITE, Asks
from connectors._graph_server import SERVER, VERSION
from connectors._graph_usage import rate_of, regained_at
from connectors._graph_values import file_name, time_of, unshimmed
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    ProblemKind,
    RecordKind,
    RecordRef,
    Signs,
    State,
    SweepKind,
)
from connectors.facebook import Facebook, FacebookSettings
from tests import effort
from tests.connectors.reading import AT, answer, sweep

PAGE = "19292868552"
ACCOUNT = AccountRef("ac_1", "facebook", SITE, PAGE, "city", f"{SITE}/{PAGE}", authorised=True)
ASKS = Asks(SITE, SERVER, PAGE, "full", open=True)
CONNECTOR = Facebook()
KNOWN = {"published": True, "asked": (AT - timedelta(hours=5)).isoformat()}
WHEN = "2026-10-14T19:07:53+0000"


def post(number: int = 1, **other: Any) -> dict[str, Any]:
    """A post of the Page that everybody sees."""
    return {
        "id": f"{PAGE}_{number}", "created_time": WHEN, "updated_time": WHEN, "is_published": True, "is_hidden": False,
        "is_expired": False, "timeline_visibility": "normal", "privacy": {"value": "EVERYONE"},
        "from": {"id": PAGE, "name": "City"}, "message": f"post {number}",
    } | other  # fmt: skip


def comment(number: int = 1, **other: Any) -> dict[str, Any]:
    """A comment that everybody sees."""
    return {
        "id": f"9_{number}", "created_time": WHEN, "is_hidden": False, "is_private": False, "message": f"c {number}",
        "from": {"id": "5", "name": "Somebody"},
    } | other  # fmt: skip


def page_of(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"data": list(entries), **more}


def ask_for(purpose: str, asks: Asks = ASKS) -> Ask:
    return next(ask for ask in asks.lists() if ask.purpose == purpose)


COMMENTS = ASKS.comments(f"{PAGE}_1", seen=True)


def idents(ask: Ask) -> list[str]:
    return parse_qs(urlsplit(ask.url).query)["ids"][0].split(",")


# Addresses and credentials.


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://www.facebook.com/CityofMilwaukee", "CityofMilwaukee"),
        ("https://facebook.com/city.hall/photos", "city.hall"),
        ("https://m.facebook.com/city.hall?ref=x", "city.hall"),
        ("https://web.facebook.com/city.hall/", "city.hall"),
        ("https://fb.com/city.hall", "city.hall"),
        ("https://www.facebook.com/pages/City-of-Oak/123456789012", "123456789012"),
        ("https://www.facebook.com/pages/category/Government-Organization/City-of-Oak-123456789012/", "123456789012"),
        ("https://www.facebook.com/profile.php?id=100064567890123", "100064567890123"),
        ("https://www.facebook.com/people/City-of-Oak/100064567890123/", "100064567890123"),
        ("https://www.facebook.com/p/City-of-Oak-100064567890123/", "100064567890123"),
        (f"https://www.facebook.com/{PAGE}", PAGE),
    ],
)
def test_addresses_of_pages_are_recognised(url: str, named: str) -> None:
    connector, claim = load_platforms().claim(url)
    assert (connector.platform, claim.handle, claim.strength) == ("facebook", named, "certain")
    assert (claim.service, claim.url) == (SITE, f"{SITE}/{named}")
    ask = CONNECTOR.identify(claim)
    assert ask.url.startswith(f"{SERVER}/{VERSION}/{named}?")
    assert ask.authorise == "required"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/", "https://www.facebook.com/groups/city", "https://www.facebook.com/events/12345678",
        "https://www.facebook.com/profile.php", "https://www.facebook.com/sharer.php?u=x", "https://facebook.example/city",
        "https://www.facebook.com/watch/?v=123", "https://www.facebook.com/a/../b", "https://mastodon.example/@city",
        "https://www.facebook.com/photo.php?fbid=1", "https://l.facebook.com/l.php?u=x",
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_wherever_it_is_offered_it_says_that_it_is_not_proven() -> None:
    assert isinstance(CONNECTOR, Signs)
    assert f"Facebook ({UNPROVEN})" in load_platforms().offered()
    assert all(one.parameter is None and one.speaks_for_owner for one in CONNECTOR.signatures)


def test_every_question_is_signed_at_the_api_and_names_the_one_version() -> None:
    for kind in SweepKind:
        for known in (None, KNOWN):
            for ask in CONNECTOR.begin(ACCOUNT, sweep(kind, RecordRef(f"post/{PAGE}_1", RecordKind.POST)), known):
                assert ask.url.startswith(f"{SERVER}/{VERSION}/")
                assert ask.authorise == "required"
                assert "access_token" not in ask.url


def test_messages_and_settings_can_be_left_out() -> None:
    without = replace(ACCOUNT, settings=FacebookSettings(messages=False, page_settings=False))
    purposes = {ask.purpose for ask in CONNECTOR.begin(without, sweep(SweepKind.FULL), KNOWN)}
    assert not purposes & {"conversations", "blocked", "roles", "settings"}
    gate = answer({"id": PAGE, "is_published": True})
    (asked,) = CONNECTOR.begin(without, sweep(SweepKind.NEW), None)
    assert not {ask.purpose for ask in CONNECTOR.read(asked, gate).asks} & {"conversations", "settings"}


# Who sees it.


@pytest.mark.parametrize(
    "change",
    [
        {"is_hidden": True}, {"is_hidden": None}, {"is_published": False}, {"is_published": None}, {"is_expired": True},
        {"timeline_visibility": "hidden"}, {"privacy": {"value": ""}}, {"privacy": None},
        {"privacy": {"value": "SELF"}},
    ],
)  # fmt: skip
def test_what_is_not_said_to_be_seen_by_everybody_is_asked_for_in_private(change: dict[str, Any]) -> None:
    other = {key: value for key, value in (post(2) | change).items() if value is not None}
    asks = CONNECTOR.read(ask_for("feed"), answer(page_of(post(1), other))).asks
    words = {ask.access: idents(ask) for ask in asks if ask.purpose == "posts_by_id"}
    assert words == {AccessClass.PUBLIC: [f"{PAGE}_1"], AccessClass.PRIVATE: [f"{PAGE}_2"]}
    seen = {ask.listing: ask.context["seen"] for ask in asks if ask.purpose == "comments"}
    assert seen == {f"comments:post/{PAGE}_1": True, f"comments:post/{PAGE}_2": False}


def test_an_index_asks_for_no_words_and_is_private() -> None:
    for ask in (ask_for("feed"), ask_for("tagged"), ask_for("scheduled_posts"), COMMENTS):
        assert ask.access is AccessClass.PRIVATE
        asked = parse_qs(urlsplit(ask.url).query)["fields"][0]
        assert not {"message", "attachments", "attachment", "story"} & set(asked.replace("{", ",").split(","))


@pytest.mark.parametrize(
    ("entry", "seen", "expected"),
    [
        (comment(), True, AccessClass.PUBLIC),
        (comment(), False, AccessClass.PRIVATE),
        (comment(is_hidden=True), True, AccessClass.PRIVATE),
        (comment(is_private=True), True, AccessClass.PRIVATE),
        ({key: value for key, value in comment().items() if key != "is_hidden"}, True, AccessClass.PRIVATE),
        (comment(parent={"id": "9_7", "is_hidden": True}), True, AccessClass.PRIVATE),
        (comment(parent={"id": "9_7"}), True, AccessClass.PRIVATE),
        (comment(parent={"id": "9_7", "is_hidden": False}), True, AccessClass.PUBLIC),
    ],
)
def test_a_comment_is_public_only_where_the_answer_says_so(entry: Any, seen: bool, expected: AccessClass) -> None:
    (words,) = CONNECTOR.read(ASKS.comments(f"{PAGE}_1", seen=seen), answer(page_of(entry))).asks
    assert words.access is expected


def test_what_is_hidden_between_two_questions_is_no_public_record() -> None:
    (words,) = CONNECTOR.read(COMMENTS, answer(page_of(comment(1), comment(2)))).asks
    assert words.access is AccessClass.PUBLIC
    reading = CONNECTOR.read(words, answer(page_of(comment(1), comment(2, is_hidden=True))))
    assert [record.key for record in reading.records] == ["comment/9_1"]
    (again,) = reading.asks
    assert (again.access, idents(again)) == (AccessClass.PRIVATE, ["9_2"])
    (hidden,) = CONNECTOR.read(again, answer({"9_2": comment(2, is_hidden=True)})).records
    assert (hidden.state, hidden.text, hidden.parent) == (State.HIDDEN_BY_PAGE, "c 2", f"post/{PAGE}_1")


def test_while_it_is_not_known_that_the_page_is_published_nothing_is_asked_for_as_public() -> None:
    for known in (None, {"asked": KNOWN["asked"]}, {"published": False}):
        for kind in SweepKind:
            for ask in CONNECTOR.begin(ACCOUNT, sweep(kind, RecordRef(f"post/{PAGE}_1", RecordKind.POST)), known):
                assert ask.purpose == "gate" or ask.access is not AccessClass.PUBLIC
    (gate,) = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    for body, expected in (({"id": PAGE, "is_published": True}, True), ({"id": PAGE}, False)):
        reading = CONNECTOR.read(gate, answer(body))
        assert reading.bookmark == {"published": expected, "asked": AT.isoformat()}
        assert {ask.context.get("open", False) for ask in reading.asks} == {expected}


# Looking for known things.


def _refused(code: int = 100, subcode: int | None = 33) -> dict[str, Any]:
    error = {"message": "Unsupported get request.", "type": "GraphMethodException", "code": code}
    return {"error": error | ({"error_subcode": subcode} if subcode else {})}


def test_known_things_are_asked_for_together_and_alone_once_one_is_not_there() -> None:
    refs = [RecordRef(f"comment/9_{n}", RecordKind.COMMENT, f"post/{PAGE}_1") for n in range(60)]
    first, second = CONNECTOR.look(ACCOUNT, refs)
    assert (len(idents(first)), len(idents(second))) == (50, 10)
    assert "look" not in first.context, "that one of fifty is not there says nothing of the others"
    halves = CONNECTOR.read(second, answer(_refused(), 400))
    assert (halves.problem, halves.records) == (None, ())
    assert [len(idents(ask)) for ask in halves.asks] == [5, 5]
    singles = CONNECTOR.read(halves.asks[0], answer(_refused(803, None), 404)).asks
    assert [ask.context["look"] for ask in singles] == [[f"comment/9_{n}"] for n in range(50, 55)]
    gone = CONNECTOR.read(singles[0], answer(_refused(), 400)).problem
    assert gone is not None
    assert gone.kind is ProblemKind.GONE


SAID = RecordRef("comment/9_1", RecordKind.COMMENT, f"post/{PAGE}_1")


def test_where_nothing_else_is_known_lists_of_the_same_kind_are_the_control() -> None:
    refs = [
        RecordRef(f"post/{PAGE}_1", RecordKind.POST), RecordRef(f"post/{PAGE}_2", RecordKind.MENTION),
        RecordRef("post/77_1", RecordKind.MENTION), SAID,
    ]  # fmt: skip
    own, visitors, said = (look.control for look in CONNECTOR.look(ACCOUNT, refs))
    assert own is not None
    assert visitors is not None
    assert said is not None
    assert (own.purpose, visitors.purpose, said.purpose) == ("own", "visitors", "others"), "none of what is elsewhere"
    listed = page_of(
        {"id": f"{PAGE}_1", "from": {"id": PAGE}, "comments": page_of({"id": "9_1", "from": {"id": PAGE}})}
    )
    assert CONNECTOR.read(own, answer(listed)).present == (f"post/{PAGE}_1",)
    for one in (visitors, said):
        nothing = CONNECTOR.read(one, answer(listed))
        assert (nothing.present, nothing.asks) == ((), ()), "only what the Page itself said"
    listed["data"] += [{"id": f"{PAGE}_2", "from": {"id": "5"}}]
    assert CONNECTOR.read(said, answer(listed)).asks == (), "what visitors post is no comment"
    assert CONNECTOR.read(visitors, answer(listed)).present == (f"post/{PAGE}_2",)
    listed["data"][0]["comments"]["data"].append({"id": "9_2", "from": {"id": "5"}})
    (control,) = CONNECTOR.read(said, answer(listed)).asks
    assert parse_qs(urlsplit(control.url).query)["ids"] == [f"9_2,{PAGE}_1"], "that it is listed vouches for nothing"
    by_id = answer({"9_2": {"id": "9_2", "from": {"id": "5"}}, f"{PAGE}_1": {"id": f"{PAGE}_1", "from": {"id": PAGE}}})
    assert CONNECTOR.read(control, by_id).present == ("comment/9_2", f"post/{PAGE}_1")
    for empty in (page_of(), page_of({"id": f"{PAGE}_1", "from": {"id": PAGE}, "comments": _refused(10, None)})):
        nothing = CONNECTOR.read(said, answer(empty))
        assert (nothing.present, nothing.asks) == ((), ())
    refused = CONNECTOR.read(own, answer(_refused(), 400)).problem
    assert refused is not None
    assert refused.kind is ProblemKind.PERMISSION


def _chain(look: Ask) -> list[list[str]]:
    """Ids that the controls of a look ask for, one control after the other; after them, of comments, a list that names
    some."""
    found, control = [], look.control
    while control is not None and control.purpose == "beside":
        assert control.access is look.access
        assert control.authorise == look.authorise
        assert look.url.partition("?")[0].rpartition("/")[0] == control.url.partition("?")[0].rstrip("/")
        found.append(parse_qs(urlsplit(control.url).query)["ids"][0].split(","))
        control = control.control
    last = "others" if look.purpose == "look_comment" else None
    assert (control.purpose if control else None) == last
    return found


_REFS = st.builds(
    lambda number, ours, thread: RecordRef(
        f"comment/{thread}_{number}", RecordKind.COMMENT, f"post/{PAGE}_{thread}", author=PAGE if ours else None
    ),
    st.integers(10, 40), st.booleans(), st.integers(1, 3),
)  # fmt: skip
_POSTS = st.builds(
    lambda number, whose: RecordRef(f"post/{whose}_{number}", RecordKind.POST if whose == PAGE else RecordKind.MENTION),
    st.integers(50, 60), st.sampled_from([PAGE, "77"]),
)  # fmt: skip


@given(known=st.lists(_REFS | _POSTS, unique_by=lambda ref: ref.key, max_size=12))
@settings(max_examples=effort.examples(60))
def test_beside_a_comment_one_of_somebody_else_and_something_of_the_page_are_asked_for(known: list[RecordRef]) -> None:
    (look,) = CONNECTOR.look_beside(ACCOUNT, [SAID], known)
    theirs = {ref.key.partition("/")[2]: ref for ref in known if ref.kind is RecordKind.COMMENT and ref.author is None}
    ours = {ref.key.partition("/")[2] for ref in known if ref.author == PAGE or ref.kind is RecordKind.POST}
    if not theirs or not ours:
        assert _chain(look) == []
        return
    asked = _chain(look)
    assert len(asked) == min(4, len(theirs))
    assert all(first in theirs and second in ours for first, second in asked)
    assert len({first for first, _ in asked}) == len(asked)
    threads = {ref.thread for ref in theirs.values()}
    assert len({theirs[first].thread for first, _ in asked}) == min(len(threads), len(asked)), "not all in one thread"


def test_beside_a_post_elsewhere_another_one_elsewhere_is_asked_for() -> None:
    elsewhere, ours, visit = (
        RecordRef("post/77_2", RecordKind.MENTION), RecordRef(f"post/{PAGE}_1", RecordKind.POST),
        RecordRef(f"post/{PAGE}_2", RecordKind.MENTION),
    )  # fmt: skip
    gone = RecordRef("post/77_1", RecordKind.MENTION)
    assert list(CONNECTOR.look_beside(ACCOUNT, [gone], [ours, visit])) == []
    (look,) = CONNECTOR.look_beside(ACCOUNT, [gone], [ours, visit, elsewhere])
    assert _chain(look) == [["77_2"]]
    assert look.control is not None
    assert CONNECTOR.read(look.control, answer({"77_2": {"id": "77_2"}})).present == ("post/77_2",)


def test_what_is_asked_beside_travels_from_fifty_to_one() -> None:
    refs = [replace(SAID, key=f"comment/9_{n}") for n in range(100, 160)]
    known = [replace(SAID, key="comment/9_2"), RecordRef(f"post/{PAGE}_1", RecordKind.POST)]
    fifty, ten = CONNECTOR.look_beside(ACCOUNT, refs, known)
    stored = replace(fifty, context=json.loads(json.dumps(fifty.context)))
    while "look" not in stored.context:
        stored = CONNECTOR.read(stored, answer(_refused(803, None), 404)).asks[0]
    assert _chain(stored) == [["9_2", f"{PAGE}_1"]]
    left = CONNECTOR.read(ten, answer({f"9_{n}": comment(n) for n in range(150, 159)})).asks[-1]
    assert (left.context["look"], _chain(left)) == (["comment/9_159"], [["9_2", f"{PAGE}_1"]])


@given(
    shown=st.dictionaries(
        st.sampled_from(["9_2", f"{PAGE}_1", "9_1"]),
        st.one_of(
            st.none(), st.just([]), st.just({"error": {"code": 100, "message": "No."}}),
            st.fixed_dictionaries(
                {"id": st.sampled_from(["9_2", f"{PAGE}_1"])},
                optional={"from": st.sampled_from([{"id": "5"}, {"id": PAGE}, "", None])},
            ),
        ),
    )
)  # fmt: skip
@settings(max_examples=effort.examples(120))
def test_only_both_of_them_by_their_ids_and_authors_vouch(shown: dict[str, Any]) -> None:
    known = [replace(SAID, key="comment/9_2"), RecordRef(f"post/{PAGE}_1", RecordKind.POST)]
    (look,) = CONNECTOR.look_beside(ACCOUNT, [SAID], known)
    assert look.control is not None
    theirs, ours = shown.get("9_2"), shown.get(f"{PAGE}_1")
    good = (
        isinstance(theirs, dict) and isinstance(ours, dict)
        and theirs.get("id") == "9_2" and ours.get("id") == f"{PAGE}_1"
        and theirs.get("from") != {"id": PAGE} and ours.get("from") == {"id": PAGE}
    )  # fmt: skip
    reading = CONNECTOR.read(look.control, answer(shown))
    assert bool(reading.present) == good
    assert not reading.records


def test_of_what_was_never_published_goes_by_itself_or_has_no_address_nothing_is_asked() -> None:
    keys = {
        "draft/1_2": "post", "story/1": "story", "review/1": "review", "message/m_1": "message", "page/1": "profile",
        "live/1": "broadcast", "conversation/t_1": "message", "settings/blocked": "settings",
    }  # fmt: skip
    assert list(CONNECTOR.look(ACCOUNT, [RecordRef(key, RecordKind(kind)) for key, kind in keys.items()])) == []


def test_a_post_that_is_taken_back_is_hidden_and_not_gone() -> None:
    (look,) = CONNECTOR.look(ACCOUNT, [RecordRef(f"post/{PAGE}_1", RecordKind.POST)])
    reading = CONNECTOR.read(look, answer(post(is_published=False)))
    assert reading.present == (f"post/{PAGE}_1",)
    assert [record.state for record in reading.records] == [State.HIDDEN_BY_PAGE]
    assert {ask.access for ask in reading.asks} == {AccessClass.PRIVATE}


# Pages of lists.


def test_the_address_with_the_token_in_it_is_never_followed() -> None:
    feed = ask_for("feed")
    token = "EAAsecret0123456789"
    address = f"{SERVER}/{VERSION}/{PAGE}/feed?access_token={token}&limit=50"
    by_cursor = {"cursors": {"after": "QVFI"}, "next": f"{address}&after=QVFI"}
    by_time = {"next": f"{address}&until=1624385168&since&__paging_token=enc_AdC"}
    for paging, place in (
        (by_cursor, (("after", "QVFI"),)), (by_time, (("until", "1624385168"), ("__paging_token", "enc_AdC"))),
    ):  # fmt: skip
        following = CONNECTOR.read(feed, answer(page_of(post(), paging=paging))).next_page
        assert following is not None
        assert (following.url, following.parameters) == (feed.url, place)
        assert token not in repr(following)
    last = CONNECTOR.read(feed, answer(page_of(post(), paging={"cursors": {"after": "QVFI"}})))
    assert (last.next_page, last.whole) == (None, True)
    lost = CONNECTOR.read(feed, answer(page_of(post(), paging={"next": f"{address}&offset=25"})))
    assert lost.problem is not None
    assert (lost.problem.kind, lost.whole) == (ProblemKind.CONTRACT, False)


def test_an_empty_page_with_a_next_is_not_the_end() -> None:
    reading = CONNECTOR.read(
        COMMENTS, answer(page_of(paging={"cursors": {"after": "a"}, "next": "https://x.example/"}))
    )
    assert reading.next_page is not None
    assert not reading.whole


def test_where_too_much_was_asked_for_less_is() -> None:
    error = {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry your request"}
    following = CONNECTOR.read(COMMENTS, answer({"error": error}, 500)).next_page
    assert following is not None
    assert "limit=50" in following.url
    words = ASKS.words_of_page(ask_for("feed"), [f"{PAGE}_{n}" for n in range(20)], seen=True)
    parts = CONNECTOR.read(words, answer({"error": error}, 500)).asks
    assert [len(idents(ask)) for ask in parts] == [10, 10]
    assert {ask.access for ask in parts} == {AccessClass.PUBLIC}


def test_comments_are_asked_for_where_something_was_touched_and_only_on_the_page_itself() -> None:
    new = replace(ASKS, sweep="new", since=AT.isoformat())
    posts = [post(1, updated_time="2026-11-01T11:30:00+0000"), post(2), post(3) | {"id": "77_3"}]
    for asks, expected in ((new, [1]), (ASKS, [1, 2])):
        listed = CONNECTOR.read(ask_for("feed", asks), answer(page_of(*posts))).asks
        told = [ask.listing for ask in listed if ask.purpose == "comments"]
        assert told == [f"comments:post/{PAGE}_{number}" for number in expected]


# What is an edit.


def _words(entry: Any, asks: Asks = ASKS) -> Any:
    ask = next(asks.words_of(ask_for("feed"), [entry["id"]], seen=True))
    (record,) = CONNECTOR.read(ask, answer({entry["id"]: entry})).records
    return record


def _attached(source: str, **other: Any) -> dict[str, Any]:
    one = {
        "media_type": "photo",
        "type": "photo",
        "target": {"id": "71", "url": "x"},
        "media": {"image": {"src": source}},
    }
    return {"data": [one | other]}


def test_nothing_but_what_was_written_is_an_edit() -> None:
    first = "https://scontent-ord5-1.xx.fbcdn.net/v/t39.30808-6/p720x720/21_31_n.jpg?_nc_cat=1&oh=00_A&oe=65A1B2C3"
    again = "https://scontent-ams2-1.xx.fbcdn.net/v/t39.30808-6/s600x600/21_31_n.jpg?_nc_cat=7&oh=11_B&oe=66FFFFFF"
    one = _words(post(attachments=_attached(first), reactions={"data": [], "summary": {"total_count": 1}}))
    other = _words(
        post(
            attachments=_attached(again, title="Another", type="photo_inline"), updated_time="2026-11-01T00:00:00+0000",
            reactions={"data": [], "summary": {"total_count": 9}}, story="City is at City Hall.", shares={"count": 3},
        ) | {"from": {"id": PAGE, "name": "City of Oak"}, "permalink_url": "https://www.facebook.com/other"}
    )  # fmt: skip
    assert one.content == other.content == {"message": "post 1", "attachments": ["71"], "privacy": "EVERYONE"}
    assert [ref.key for ref in one.media] == [ref.key for ref in other.media] == ["image/21_31_n"]
    assert one.counts != other.counts
    assert _words(post(message="corrected")).content["message"] != one.content["message"]


def test_what_is_left_out_is_not_compared_and_an_edge_that_failed_is_told() -> None:
    bare = {key: value for key, value in post().items() if key not in ("message", "privacy")}
    ask = next(ASKS.words_of(ask_for("feed"), [f"{PAGE}_1"], seen=False))
    reading = CONNECTOR.read(ask, answer({f"{PAGE}_1": bare | {"attachments": _refused(10, None)}}))
    (record,) = reading.records
    assert (record.content, record.media) == ({}, ())
    assert reading.quarantine == ((f"/{PAGE}_1/attachments", "an error in place of it"),)


@pytest.mark.parametrize(
    ("address", "led"),
    [
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fcity.example%2Fa%3Fb%3D1%26fbclid%3DIwAR1&h=AT1&s=1", "https://city.example/a?b=1"),
        ("https://l.facebook.com/l.php?h=AT1", None),
        ("https://city.example/?x=1", "https://city.example/?x=1"),
        (None, None),
    ],
)  # fmt: skip
def test_where_a_link_leads_does_not_change_with_the_platforms_own_parameters(address: Any, led: str | None) -> None:
    assert unshimmed(address) == led


def test_files_are_named_by_what_does_not_expire() -> None:
    preview = "https://external-ord5-1.xx.fbcdn.net/emg1/v/t13/1?url=https%3A%2F%2Fcity.example%2Fa.jpg&oh=00_{}&oe=1"
    assert file_name(preview.format("A")) == file_name(preview.format("B"))
    assert str(file_name(preview.format("A"))).startswith("preview-")
    assert file_name("https://x.fbcdn.net/v/t1/2_3_n.jpg?oh=a") == "2_3_n"
    assert file_name("https://x.fbcdn.net/v/") is not None
    assert file_name(None) is file_name("javascript:alert(1)") is None


# Errors and allowances.


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": 190, "error_subcode": 463}, ProblemKind.SIGN_IN_EXPIRED),
        (401, {"code": 190, "error_subcode": 460}, ProblemKind.REVOKED),
        (401, {"code": 102}, ProblemKind.SIGN_IN_EXPIRED),
        (403, {"code": 10}, ProblemKind.PERMISSION),
        (403, {"code": 200}, ProblemKind.PERMISSION),
        (400, {"code": 299}, ProblemKind.PERMISSION),
        (400, {"code": 100, "message": "due to missing permission or reviewable"}, ProblemKind.PERMISSION),
        (400, {"code": 368}, ProblemKind.PERMISSION),
        (400, {"code": 4}, ProblemKind.RATE),
        (400, {"code": 17}, ProblemKind.RATE),
        (400, {"code": 32}, ProblemKind.RATE),
        (400, {"code": 613}, ProblemKind.RATE),
        (400, {"code": 80001, "error_subcode": 2446079}, ProblemKind.RATE),
        (500, {"code": 1}, ProblemKind.TRANSIENT),
        (500, {"code": 2, "is_transient": True}, ProblemKind.TRANSIENT),
        (200, {"code": 2}, ProblemKind.TRANSIENT),
        (400, {"code": 999, "is_transient": True}, ProblemKind.TRANSIENT),
        (400, {"code": 2635}, ProblemKind.CONTRACT),
        (400, {"code": 12}, ProblemKind.CONTRACT),
        (400, {"code": 100}, ProblemKind.CONTRACT),
        (400, {"code": 4711}, ProblemKind.CONTRACT),
        (200, {"code": 100, "error_subcode": 33}, ProblemKind.CONTRACT),
        (404, None, ProblemKind.CONTRACT),
        (401, None, ProblemKind.CONTRACT),
        (304, None, ProblemKind.CONTRACT),
        (429, None, ProblemKind.RATE),
        (503, None, ProblemKind.TRANSIENT),
    ],
)  # fmt: skip
def test_what_an_error_means(status: int, error: dict[str, Any] | None, kind: ProblemKind) -> None:
    look = ASKS.look_at("comment", "9_1", {"index": "comment"})
    for ask in (COMMENTS, ask_for("feed"), ASKS.page(), look, ask_for("conversations"), ask_for("blocked")):
        reading = CONNECTOR.read(ask, answer({} if error is None else {"error": error}, status))
        assert reading.problem is not None
        assert reading.problem.kind is kind
        assert not reading.records
        assert not reading.whole


def test_that_the_page_itself_is_not_shown_is_a_lost_permission_and_a_list_of_comments_that_is_not_there_is_gone() -> (
    None
):
    told = {ask.purpose: CONNECTOR.read(ask, answer(_refused(), 400)).problem for ask in (*ASKS.lists(), ASKS.page())}
    assert {problem.kind for problem in told.values() if problem is not None} == {ProblemKind.PERMISSION}
    gone = CONNECTOR.read(COMMENTS, answer(_refused(), 400)).problem
    assert gone is not None
    assert gone.kind is ProblemKind.GONE


def _usage(minutes: int = 0, **share: int) -> tuple[tuple[str, str], ...]:
    told = {"type": "pages", "call_count": 1, "total_cputime": 1, "total_time": 1} | share
    return (("X-Business-Use-Case-Usage", json.dumps({"1": [told | {"estimated_time_to_regain_access": minutes}]})),)


def test_an_allowance_that_runs_out_slows_down_and_stops() -> None:
    calm, slow, spent, named = (
        rate_of(answer({}, headers=_usage(**share)))
        for share in ({"call_count": 30}, {"total_time": 80}, {"total_cputime": 208}, {"call_count": 99, "minutes": 45})
    )
    assert calm is not None and slow is not None and spent is not None and named is not None  # noqa: PT018
    assert (calm.remaining, calm.reset_at) == (700, None)
    assert (slow.remaining, slow.reset_at) == (200, AT + timedelta(hours=1))
    assert (spent.remaining, spent.reset_at) == (0, AT + timedelta(minutes=10))
    assert (named.remaining, named.reset_at) == (0, AT + timedelta(minutes=45))
    app = (("X-App-Usage", '{"call_count":68,"total_cputime":0,"total_time":208}'),)
    assert rate_of(answer({}, headers=app)) == spent
    assert rate_of(answer({})) is rate_of(answer({}, headers=(("X-App-Usage", "[" * 9000),))) is None
    assert regained_at(answer({}, headers=_usage(10**9))) == AT + timedelta(hours=24)


def test_an_answer_in_another_version_is_drift() -> None:
    for told, drift in (("v26.0", ()), ("v27.0", ("version v27.0",)), ("\x00" * 99, ("version (not a plain name)",))):
        assert CONNECTOR.read(COMMENTS, answer(page_of(), headers=(("facebook-api-version", told),))).drift == drift


# Settings and messages.


@pytest.mark.law("R17")
def test_everybody_who_is_blocked_is_one_record_whatever_the_order_and_the_pages() -> None:
    blocked = ask_for("blocked")
    more = {"paging": {"cursors": {"after": "a"}, "next": "https://x.example/"}}
    first = CONNECTOR.read(blocked, answer(page_of({"id": "3", "name": "C"}, **more)))
    assert first.next_page is not None
    assert first.records == ()
    (record,) = CONNECTOR.read(first.next_page, answer(page_of({"id": "1", "name": "A"}))).records
    assert (record.content, record.text, blocked.access) == ({"people": ["1", "3"]}, "blocked: 1, 3", "settings")
    broken = CONNECTOR.read(first.next_page, answer(page_of({"name": "A"})))
    assert broken.records == ()
    assert broken.quarantine
    (roles,) = CONNECTOR.read(ask_for("roles"), answer(page_of({"id": "1", "tasks": ["MODERATE", "ANALYZE"]}))).records
    assert roles.text == "roles: 1 (ANALYZE, MODERATE)"


def test_conversations_are_followed_as_far_as_somebody_wrote() -> None:
    new = replace(ASKS, sweep="new", since=AT.isoformat())
    more = {"paging": {"cursors": {"after": "a"}, "next": "https://x.example/"}}
    fresh, old = "2026-11-01T11:30:00+0000", "2026-10-01T00:00:00+0000"
    told = [{"id": "t_1", "updated_time": fresh}, {"id": "t_2", "updated_time": old}]
    for asks, entries, following, wanted in (
        (new, told, False, ["t_1"]), (new, told[:1], True, ["t_1"]), (ASKS, told, True, ["t_1", "t_2"]),
    ):  # fmt: skip
        reading = CONNECTOR.read(ask_for("conversations", asks), answer(page_of(*entries, **more)))
        assert (reading.next_page is not None) == following
        assert [ask.listing for ask in reading.asks] == [f"messages:conversation/{one}" for one in wanted]
        assert {ask.access for ask in reading.asks} == {AccessClass.PRIVATE}


def test_files_of_messages_are_named_by_their_attachment() -> None:
    sent = {"id": "77", "mime_type": "image/jpeg", "image_data": {"url": "https://cdn.fbsbx.com/a?oh=1"}}
    message = {"id": "m_1", "created_time": WHEN, "from": {"id": "5", "name": "A"}, "attachments": page_of(sent)}
    (record,) = CONNECTOR.read(ASKS.messages_of("t_1"), answer(page_of(message))).records
    assert [(ref.key, ref.kind) for ref in record.media] == [("sent/77", "image")]
    assert (record.content, record.thread, record.text) == ({"attachments": ["77"]}, "conversation/t_1", "")


def test_the_file_of_a_story_is_asked_for() -> None:
    story = {
        "post_id": "1",
        "media_id": "2",
        "media_type": "photo",
        "creation_time": "1772360000",
        "status": "PUBLISHED",
    }
    (wanted,) = CONNECTOR.read(ask_for("stories"), answer(page_of(story))).asks
    pictures = {"id": "2", "images": [{"source": "https://x.fbcdn.net/v/2_3_n.jpg?oh=1", "width": 9}]}
    (record,) = CONNECTOR.read(wanted, answer(pictures)).records
    assert (record.key, record.kind, [ref.key for ref in record.media]) == ("story/1", "story", ["photo/2"])


# Whatever may come.


@settings(max_examples=effort.examples(50), deadline=None)
@given(value=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()))
def test_a_time_is_read_or_none(value: object) -> None:
    at = time_of(value)
    assert at is None or at.tzinfo is UTC


_NAMES = [
    "data", "id", "paging", "next", "cursors", "after", "from", "parent", "privacy", "attachments", "media", "image",
    "src", "subattachments", "target", "created_time", "comments", "summary", "error", "code", "9_1", "is_hidden",
]  # fmt: skip


def test_it_keeps_to_the_contract() -> None:
    under = RecordRef("comment/9_1", RecordKind.COMMENT, f"post/{PAGE}_1")
    refs = [RecordRef(f"post/{PAGE}_1", RecordKind.POST), under, RecordRef(f"page/{PAGE}", RecordKind.PROFILE)]
    examples = [
        conformance.Example(ask_for("feed"), page_of(post(1), post(2))),
        conformance.Example(COMMENTS, page_of(comment(1), comment(2))),
    ]
    addresses = ["https://www.facebook.com/CityofMilwaukee", f"https://www.facebook.com/{PAGE}"]
    conformance.check(CONNECTOR, ACCOUNT, addresses, refs, examples)
    asked = [*ASKS.lists(), ASKS.page(), ASKS.gate(then=True), COMMENTS, ASKS.messages_of("t_1"),
             *ASKS.known("comment", ["9_1", "9_2"], others=True), ASKS.look_at("post", "9_1", {"index": "post"}),
             *ASKS.words_of(COMMENTS, ["9_1"], seen=True), ASKS.words_of_page(ask_for("feed"), ["9_1"], seen=True),
             ASKS.story_file("story/1", "2", "photo")]  # fmt: skip
    conformance.check_answers(CONNECTOR, asked, {*_NAMES, *conformance.member_names(examples)})


def test_every_field_that_is_asked_for_is_known() -> None:
    for kind, wanted in (("post", fields.WORDS["post"]), ("comment", fields.WORDS["comment"]), ("page", fields.PAGE)):
        names = {one.partition(".")[0].partition("{")[0] for one in _outermost(wanted)}
        assert names <= fields.KNOWN[kind] | {"reactions"}


def _outermost(wanted: str) -> list[str]:
    """Names in a list of fields, without those in braces."""
    flat, depth = "", 0
    for letter in wanted:
        depth -= letter == "}"
        flat += letter if depth == 0 else ""
        depth += letter == "{"
    return [one for one in flat.split(",") if one and not one.startswith("}")]
