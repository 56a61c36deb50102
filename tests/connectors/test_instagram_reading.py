"""What questions the Instagram connector asks, and what answers mean that nobody recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.capture.secret_forms import Secret
from archiver.capture.signing import signing_of
from connectors import _instagram_fields as fields
from connectors import conformance
from connectors._graph_server import SERVER, VERSION
from connectors._instagram_asks import SITE, Asks
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
from connectors.instagram import Instagram, InstagramSettings
from tests.connectors.reading import AT, answer, sweep

NUMBER = "17841406338772941"
ACCOUNT = AccountRef("ac_1", "instagram", SITE, NUMBER, "cityhall", f"{SITE}/cityhall", authorised=True)
ASKS = Asks(SITE, SERVER, NUMBER, "full", "cityhall")
CONNECTOR = Instagram()
WHEN = "2026-10-14T19:07:53+0000"
NEXT = {"cursors": {"after": "QVFI"}, "next": f"{SERVER}/{VERSION}/1/media?access_token=EAAsecret0123456789&after=QVFI"}
COMMENTS = ASKS.comments("1")
POST_REF = RecordRef("media/1", RecordKind.POST)


def media(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": str(number), "caption": f"post {number}", "media_type": "IMAGE", "media_product_type": "FEED",
        "media_url": f"https://scontent-a.cdninstagram.com/v/t51/{number}_2_n.jpg?oh=a&oe=1", "timestamp": WHEN,
        "permalink": f"https://www.instagram.com/p/{number}/", "username": "cityhall", "owner": {"id": NUMBER},
        "like_count": 3, "comments_count": 2, "is_comment_enabled": True,
    } | other  # fmt: skip


def comment(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": f"9{number}", "timestamp": WHEN, "hidden": False, "text": f"c {number}", "username": "somebody",
        "from": {"id": "5", "username": "somebody"},
    } | other  # fmt: skip


def page_of(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"data": list(entries), **more}


def idents(ask: Ask) -> list[str]:
    return parse_qs(urlsplit(ask.url).query)["ids"][0].split(",")


def ask_for(purpose: str, asks: Asks = ASKS) -> Ask:
    return next(ask for ask in asks.lists(AT.isoformat()) if ask.purpose == purpose)


def _problem(reading: Reading) -> ProblemKind:
    assert reading.problem is not None
    return reading.problem.kind


# Addresses and credentials.


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://www.instagram.com/cityofmilwaukee", "cityofmilwaukee"),
        ("https://instagram.com/City.Hall_1/", "city.hall_1"),
        ("https://m.instagram.com/cityhall?igsh=abc", "cityhall"),
        ("https://www.instagram.com/cityhall/reels/", "cityhall"),
        ("https://www.instagram.com/cityhall/tagged", "cityhall"),
        ("instagram.com/cityhall", "cityhall"),
    ],
)
def test_addresses_of_accounts_are_recognised(url: str, named: str) -> None:
    connector, claim = load_platforms().claim(url)
    assert (connector.platform, claim.handle, claim.strength) == ("instagram", named, "certain")
    assert (claim.service, claim.url) == (SITE, f"{SITE}/{named}")
    ask = CONNECTOR.identify(claim)
    assert ask.url.startswith(f"{SERVER}/{VERSION}/me?")
    assert ask.authorise == "required"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.instagram.com/", "https://www.instagram.com/p/CSwAtwOBwh-/", "https://www.instagram.com/reel/C1/",
        "https://www.instagram.com/reels/C1/", "https://www.instagram.com/explore/tags/city/", "https://instagram.com/p",
        "https://www.instagram.com/stories/cityhall/1/", "https://www.instagram.com/accounts/login/",
        "https://www.instagram.com/cityhall/p/C1/", "https://www.instagram.com/a/../b", "https://l.instagram.com/?u=x",
        "https://instagram.example/cityhall", "https://www.threads.net/@cityhall", "https://mastodon.example/@city",
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_only_the_account_that_the_token_speaks_for_is_taken_and_its_number_is_the_identity() -> None:
    claim = CONNECTOR.claim("https://www.instagram.com/CityHall")
    assert claim is not None
    ask = CONNECTOR.identify(claim)
    linked = {"id": NUMBER, "username": "cityhall", "name": "City Hall"}
    facts = CONNECTOR.read(ask, answer({"id": "1", "instagram_business_account": linked})).account
    assert facts is not None
    assert (facts.platform_id, facts.handle, facts.url) == (NUMBER, "cityhall", f"{SITE}/cityhall")
    for body in ({"id": "1"}, {"id": "1", "instagram_business_account": linked | {"username": "other"}}):
        reading = CONNECTOR.read(ask, answer(body))
        assert (reading.account, _problem(reading)) == (None, ProblemKind.PERMISSION)


def test_a_token_of_an_instagram_login_goes_nowhere() -> None:
    assert isinstance(CONNECTOR, Signs)
    assert f"Instagram ({UNPROVEN})" in load_platforms().offered()
    page = signing_of(CONNECTOR, ACCOUNT.url, Secret("EAAGm0PX4ZCpsBAK0123456789"))
    assert page is not None
    assert (page.server, page.signature.parameter) == (SERVER, None)
    for other in ("IGAAJ8l2ZC0123456789abcdef", "IGQVJ0123456789abcdefgh"):
        assert signing_of(CONNECTOR, ACCOUNT.url, Secret(other)) is None
    refused = CONNECTOR.read(ASKS.identify("cityhall"), answer({"error": {"code": 104, "message": "required"}}, 400))
    assert _problem(refused) is ProblemKind.SIGN_IN_EXPIRED


def test_every_question_is_signed_at_the_api_and_names_the_one_version() -> None:
    for kind in SweepKind:
        for known in (None, {"asked": WHEN, "comments": {"1": 2}}):
            asked = list(CONNECTOR.begin(ACCOUNT, sweep(kind, POST_REF), known))
            assert "stories" in {ask.purpose for ask in asked}, "a story stands for a day only"
            for ask in asked:
                assert ask.url.startswith(f"{SERVER}/{VERSION}/")
                assert ask.authorise == "required"
                assert "access_token" not in ask.url


def test_messages_can_be_left_out() -> None:
    without = replace(ACCOUNT, settings=InstagramSettings(messages=False))
    assert not {ask.purpose for ask in CONNECTOR.begin(without, sweep(SweepKind.FULL), None)} & {"inbox"}


# Who sees it.


def test_what_the_account_published_is_public_and_an_index_of_comments_has_no_words() -> None:
    for purpose in ("media", "stories", "tags"):
        assert ask_for(purpose).access is AccessClass.PUBLIC
    for ask in (COMMENTS, ASKS.replies("91", "media/1", hidden=False), *ASKS.known_comments(["91", "92"], "media/1")):
        assert ask.access is AccessClass.PRIVATE
        asked = parse_qs(urlsplit(ask.url).query)["fields"][0]
        assert not {"text", "username", "from", "user"} & set(asked.replace("{", ",").replace("}", ",").split(","))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (comment(), AccessClass.PUBLIC),
        (comment(hidden=True), AccessClass.PRIVATE),
        ({key: value for key, value in comment().items() if key != "hidden"}, AccessClass.PRIVATE),
    ],
)
def test_a_comment_is_public_only_where_the_answer_says_so(entry: Any, expected: AccessClass) -> None:
    (words,) = CONNECTOR.read(COMMENTS, answer(page_of(entry))).asks
    assert words.access is expected
    replies = ASKS.replies("91", "media/1", hidden=True)
    (under,) = CONNECTOR.read(replies, answer(page_of(comment(2)))).asks
    assert under.access is AccessClass.PRIVATE, "what is under a hidden comment is hidden with it"


def test_replies_inside_a_comment_are_as_hidden_as_it() -> None:
    tops = [
        comment(1, hidden=True, replies=page_of(comment(2, parent_id="91"))),
        comment(3, replies=page_of(comment(4, parent_id="93"), comment(5, hidden=True))),
    ]
    reading = CONNECTOR.read(COMMENTS, answer(page_of(*tops)))
    assert [(record.key, record.parent) for record in reading.records] == [
        ("comment/91", "media/1"), ("comment/92", "comment/91"), ("comment/93", "media/1"),
        ("comment/94", "comment/93"), ("comment/95", "comment/93"),
    ]  # fmt: skip
    assert {record.thread for record in reading.records} == {"media/1"}
    assert {record.text for record in reading.records} == {""}
    words = {ask.access: idents(ask) for ask in reading.asks}
    assert words == {AccessClass.PUBLIC: ["93", "94"], AccessClass.PRIVATE: ["91", "92", "95"]}


def test_what_is_hidden_between_two_questions_is_no_public_record() -> None:
    (words,) = CONNECTOR.read(COMMENTS, answer(page_of(comment(1), comment(2)))).asks
    assert words.access is AccessClass.PUBLIC
    now_hidden = comment(2, hidden=True, replies=page_of(comment(3)))
    reading = CONNECTOR.read(words, answer(page_of(comment(1), now_hidden)))
    assert [record.key for record in reading.records] == ["comment/91"]
    (again,) = reading.asks
    assert (again.access, idents(again)) == (AccessClass.PRIVATE, ["92", "93"])
    (hidden,) = CONNECTOR.read(again, answer({"92": comment(2, hidden=True)})).records
    assert (hidden.state, hidden.text, hidden.parent) == (State.HIDDEN_BY_PAGE, "c 2", "media/1")


def test_who_wrote_a_comment() -> None:
    (words,) = CONNECTOR.read(COMMENTS, answer(page_of(comment(1)))).asks
    own = comment(2, username="cityhall", user={"id": NUMBER}, **{"from": {"id": "77", "username": "cityhall"}})
    nameless = {key: value for key, value in comment(3).items() if key not in ("from", "username")}
    told = [record.author for record in CONNECTOR.read(words, answer(page_of(comment(1), own, nameless))).records]
    assert told[0] is not None and told[1] is not None  # noqa: PT018
    assert [(one.id, one.handle) for one in told[:2] if one] == [("5", "somebody"), (NUMBER, "cityhall")]
    assert told[2] is None


# Looking for known things.


def _refused(code: int = 100, subcode: int | None = 33) -> dict[str, Any]:
    error = {"message": "Unsupported get request.", "type": "GraphMethodException", "code": code}
    return {"error": error | ({"error_subcode": subcode} if subcode else {})}


def test_known_posts_are_asked_for_together_and_alone_once_one_is_not_there() -> None:
    first, second = CONNECTOR.look(ACCOUNT, [RecordRef(f"media/{n}", RecordKind.POST) for n in range(31)])
    assert (len(idents(first)), len(idents(second))) == (25, 6)
    assert "look" not in first.context, "that one of many is not there says nothing of the others"
    halves = CONNECTOR.read(first, answer(_refused(), 400))
    assert (halves.problem, [len(idents(ask)) for ask in halves.asks]) == (None, [13, 12])
    singles = CONNECTOR.read(second, answer(_refused(803, None), 404)).asks
    assert [ask.context["look"] for ask in singles] == [[f"media/{n}"] for n in range(25, 31)]
    assert _problem(CONNECTOR.read(singles[0], answer(_refused(), 400))) is ProblemKind.GONE
    assert CONNECTOR.read(singles[0], answer(media(25))).present == ("media/25",)


def test_of_a_comment_it_is_first_asked_whether_its_post_takes_any() -> None:
    refs = [RecordRef(f"comment/{n}", RecordKind.COMMENT, "media/1") for n in (91, 92)]
    (allowed,) = CONNECTOR.look(ACCOUNT, refs)
    assert "look" not in allowed.context
    (both,) = CONNECTOR.read(allowed, answer({"id": "1", "is_comment_enabled": True})).asks
    assert idents(both) == ["91", "92"]
    for body in ({"id": "1", "is_comment_enabled": False}, {"id": "1"}):
        reading = CONNECTOR.read(allowed, answer(body))
        assert (reading.asks, reading.problem) == ((), None), "nothing is said of what stands under it"
    assert CONNECTOR.read(allowed, answer(_refused(), 400)).asks == (both,)
    singles = CONNECTOR.read(both, answer(_refused(), 400)).asks
    assert [ask.context["look"] for ask in singles] == [["comment/91"], ["comment/92"]]
    assert _problem(CONNECTOR.read(singles[0], answer(_refused(), 400))) is ProblemKind.GONE
    assert CONNECTOR.read(singles[0], answer(comment(1, hidden=True))).present == ("comment/91",)


def test_a_control_needs_the_same_permission_as_what_it_vouches_for() -> None:
    (post,) = CONNECTOR.look(ACCOUNT, [POST_REF])
    (said,) = ASKS.known_comments(["91"], "media/1")
    assert post.control is not None
    assert said.control is not None
    assert CONNECTOR.read(post.control, answer(page_of({"id": "2"}))).present
    assert not CONNECTOR.read(post.control, answer(page_of())).present
    own = {"id": "95", "username": "cityhall", "user": {"id": NUMBER}}
    for said_there in ([], [own], [{"id": "95"}], [_refused(10, None)]):
        nothing = CONNECTOR.read(said.control, answer(page_of({"id": "1", "comments": page_of(*said_there)})))
        assert (nothing.present, nothing.asks) == ((), ())
    listed = page_of({"id": "1", "comments": page_of(own, {"id": "96", "username": "somebody"})})
    named = CONNECTOR.read(said.control, answer(listed))
    assert named.present == (), "that it is listed vouches for nothing"
    (control,) = named.asks
    assert CONNECTOR.read(control, answer({"id": "96", "username": "somebody"})).present == ("comment/96",)
    assert _problem(CONNECTOR.read(said.control, answer(_refused(), 400))) is ProblemKind.PERMISSION


def test_of_what_goes_by_itself_has_no_address_or_is_somebody_elses_nothing_is_asked() -> None:
    keys = {
        "story/1": "story", "tag/1": "mention", "message/m_1": "message", "conversation/a": "message",
        "account/1": "profile", "comments/1": "settings", "comment/1": "comment",
    }  # fmt: skip
    assert list(CONNECTOR.look(ACCOUNT, [RecordRef(key, RecordKind(kind)) for key, kind in keys.items()])) == []


# Lists.


def test_the_address_with_the_token_in_it_is_never_followed() -> None:
    listed = ask_for("media")
    following = CONNECTOR.read(listed, answer(page_of(media(), paging=NEXT))).next_page
    assert following is not None
    assert (following.url, following.parameters) == (listed.url, (("after", "QVFI"),))
    assert "EAAsecret" not in repr(following)
    last = CONNECTOR.read(following, answer(page_of(media(2), paging={"cursors": {"after": "QVFI"}})))
    assert (last.next_page, last.whole) == (None, True)
    lost = CONNECTOR.read(listed, answer(page_of(media(), paging={"next": NEXT["next"]})))
    assert (_problem(lost), lost.whole) == (ProblemKind.CONTRACT, False)


def test_what_is_older_than_the_newest_10_000_is_not_missing() -> None:
    listed = replace(ask_for("media"), context={**ask_for("media").context, "listed": 9_999})
    reading = CONNECTOR.read(listed, answer(page_of(media())))
    assert (reading.whole, reading.since) == (False, reading.records[0].created_at)


def test_lists_of_what_goes_by_itself_are_never_whole() -> None:
    for purpose in ("stories", "tags"):
        reading = CONNECTOR.read(ask_for(purpose), answer(page_of(media())))
        assert (len(reading.records), reading.whole, reading.since) == (1, False, None)


def test_replies_that_go_on_are_asked_for_in_a_list_of_their_own() -> None:
    for inside in (page_of(comment(2), paging=NEXT), page_of(*(comment(n) for n in range(2, 2 + fields.REPLIES)))):
        asks = CONNECTOR.read(COMMENTS, answer(page_of(comment(1, replies=inside)))).asks
        (more,) = [ask for ask in asks if ask.purpose == "replies"]
        assert (more.listing, more.access) == ("comments:media/1", AccessClass.PRIVATE)
        (record,) = CONNECTOR.read(more, answer(page_of(comment(70)))).records
        assert (record.parent, record.thread, record.word) == ("comment/91", "media/1", "reply")
    asks = CONNECTOR.read(COMMENTS, answer(page_of(comment(1, replies=page_of(comment(2)))))).asks
    assert {ask.purpose for ask in asks} == {"comment_words"}
    went = CONNECTOR.read(more, answer(_refused(), 400))
    assert (went.problem, went.whole) == (None, False), "the comment went between two questions"


def test_the_words_of_a_page_are_asked_for_as_the_same_page() -> None:
    second = replace(COMMENTS, parameters=(("after", "QVFI"),))
    (words,) = CONNECTOR.read(second, answer(page_of(comment(1)))).asks
    assert words.parameters == second.parameters
    assert urlsplit(words.url).path == urlsplit(second.url).path
    assert parse_qs(urlsplit(words.url).query)["limit"] == parse_qs(urlsplit(second.url).query)["limit"]


def test_where_the_number_of_comments_is_another_one_they_are_asked_for() -> None:
    (counts,) = [
        ask for ask in CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), {"comments": {"1": 2, "2": 5}})
        if ask.purpose == "counts"
    ]  # fmt: skip
    told = [{"id": "1", "comments_count": 2}, {"id": "2", "comments_count": 6}, {"id": "3", "comments_count": 0},
            {"id": "4", "comments_count": 1}, {"id": "5"}]  # fmt: skip
    reading = CONNECTOR.read(counts, answer(page_of(*told, paging=NEXT)))
    assert [ask.listing for ask in reading.asks] == [f"comments:media/{n}" for n in (2, 4, 5)]
    assert reading.bookmark == {"comments": {"1": 2, "2": 6, "3": 0, "4": 1}}
    assert (reading.next_page, reading.records) == (None, ())


def test_where_too_much_was_asked_for_less_is() -> None:
    error = {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry your request"}
    following = CONNECTOR.read(COMMENTS, answer({"error": error}, 500)).next_page
    assert following is not None
    assert "&limit=25" in following.url
    (words,) = ASKS.words_of(COMMENTS, [str(n) for n in range(20)], seen=True)
    parts = CONNECTOR.read(words, answer({"error": error}, 500)).asks
    assert [len(idents(ask)) for ask in parts] == [10, 10]
    assert {ask.access for ask in parts} == {AccessClass.PUBLIC}


# What is an edit.


def _post(entry: Any) -> Any:
    return CONNECTOR.read(ask_for("media"), answer(page_of(entry))).records[0]


def test_nothing_but_what_was_written_is_an_edit() -> None:
    album = page_of(
        *({"id": str(n), "media_type": "IMAGE", "media_url": f"https://a.fbcdn.net/{n}.jpg?oh={n}"} for n in (7, 8))
    )
    again = page_of(
        *({"id": str(n), "media_type": "IMAGE", "media_url": f"https://b.fbcdn.net/{n}.jpg?oh=9"} for n in (7, 8))
    )
    one = _post(media(children=album))
    other = _post(media(children=again, like_count=9, username="cityhall_new", media_url="https://x.example/"))
    assert one.content == other.content == {"caption": "post 1", "children": ["7", "8"]}
    assert [ref.key for ref in one.media] == [ref.key for ref in other.media] == ["image/7", "image/8"]
    assert one.counts != other.counts
    assert _post(media(caption="corrected")).content["caption"] != one.content["caption"]


def test_that_meta_leaves_out_the_signs_of_names_is_no_edit() -> None:
    """It does so where the person behind the token has not all rights on the Page."""
    one, other = _post(media(caption="Thanks, @mayor!")), _post(media(caption="Thanks, mayor!"))
    assert (one.content, one.text) == (other.content, "Thanks, @mayor!")


def test_a_video_and_its_still_are_kept_and_neither_name_has_the_signature() -> None:
    video = {
        "media_type": "VIDEO",
        "media_product_type": "REELS",
        "media_url": "https://v.cdninstagram.com/o1/a.mp4?oh=1",
    }
    still = "https://scontent.cdninstagram.com/v/t51/21_31_n.jpg?_nc_cat=1&oh=00_A&oe=65A1B2C3"
    record = _post(media(5, **video, thumbnail_url=still))
    assert [(ref.key, ref.kind) for ref in record.media] == [("video/5", "video"), ("still/21_31_n", "image")]
    assert record.word == "reel"
    without = _post({key: value for key, value in media(5, **video).items() if key != "media_url"})
    assert (without.media, without.content) == ((), record.content), "music that somebody else has rights in"


def test_what_is_left_out_is_not_compared_and_an_edge_that_failed_is_told() -> None:
    bare = {key: value for key, value in media().items() if key not in ("caption", "media_url")}
    reading = CONNECTOR.read(ask_for("media"), answer(page_of(bare | {"children": _refused(10, None)})))
    assert (reading.records[0].content, reading.records[0].media) == ({}, ())
    assert reading.quarantine == (("/data/0/children", "an error in place of it"),)
    assert not reading.whole


@pytest.mark.law("R17")
def test_whether_a_post_takes_comments_is_a_setting_of_its_own() -> None:
    for told, expected in ((True, "comments: open"), (False, "comments: turned off")):
        reading = CONNECTOR.read(ask_for("media"), answer(page_of(media(is_comment_enabled=told))))
        post, setting = reading.records
        assert (setting.key, setting.kind, setting.text) == ("comments/1", RecordKind.SETTINGS, expected)
        assert "is_comment_enabled" not in post.content
        (comments,) = reading.asks
        assert CONNECTOR.read(comments, answer(page_of())).whole is told, "nobody says what is listed meanwhile"
    reading = CONNECTOR.read(ask_for("media"), answer(page_of(media(is_comment_enabled=None))))
    assert [record.key for record in reading.records] == ["media/1"]


# Messages.


def test_conversations_are_asked_for_only_at_the_page_of_this_account() -> None:
    inbox = ask_for("inbox")
    assert inbox.access is AccessClass.PRIVATE
    (asked,) = CONNECTOR.read(inbox, answer({"id": "70", "instagram_business_account": {"id": NUMBER}})).asks
    assert "/70/conversations?" in asked.url
    assert parse_qs(urlsplit(asked.url).query)["platform"] == ["instagram"]
    for body in ({"id": "70"}, {"id": "70", "instagram_business_account": {"id": "1"}}):
        assert _problem(CONNECTOR.read(inbox, answer(body))) is ProblemKind.PERMISSION


def test_conversations_are_followed_as_far_as_somebody_wrote() -> None:
    fresh, old = "2026-11-01T11:30:00+0000", "2026-10-01T00:00:00+0000"
    told = [{"id": "a", "updated_time": fresh}, {"id": "b", "updated_time": old}]
    new = replace(ASKS, sweep="new", since=AT.isoformat())
    for asks, entries, goes_on, wanted in (
        (new, told, False, ["a"]), (new, told[:1], True, ["a"]), (ASKS, told, True, ["a", "b"]),
    ):  # fmt: skip
        reading = CONNECTOR.read(asks.conversations("70", "now"), answer(page_of(*entries, paging=NEXT)))
        assert (reading.next_page is not None) == goes_on
        assert reading.bookmark == ({} if goes_on else {"asked": "now"})
        assert [ask.listing for ask in reading.asks] == [f"messages:conversation/{one}" for one in wanted]
        assert {ask.access for ask in reading.asks} == {AccessClass.PRIVATE}


def test_files_of_messages_without_an_id_are_named_by_their_asset() -> None:
    address = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=77&signature=Abz{}"
    for seal, expected in (("1", "sent/77"), ("2", "sent/77")):
        sent = {"image_data": {"url": address.format(seal), "width": 9}}
        message = {
            "id": "m_1",
            "created_time": WHEN,
            "from": {"id": "5", "username": "a"},
            "attachments": page_of(sent),
        }
        (record,) = CONNECTOR.read(ASKS.messages_of("a"), answer(page_of(message))).records
        assert [(ref.key, ref.kind) for ref in record.media] == [(expected, "image")]
        assert record.content == {"attachments": ["77"]}
        assert record.author is not None
        assert (record.author.id, record.author.handle) == ("5", "a")
    nameless = message | {"attachments": page_of({"image_data": {"url": "https://x.fbsbx.com/a?oh=1"}})}
    (record,) = CONNECTOR.read(ASKS.messages_of("a"), answer(page_of(nameless))).records
    assert (record.content, record.media) == ({}, ()), "what cannot be told apart is not compared"


# Errors.


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": 190, "error_subcode": 463}, ProblemKind.SIGN_IN_EXPIRED),
        (403, {"code": 10}, ProblemKind.PERMISSION),
        (400, {"code": 80002, "error_subcode": 2446079}, ProblemKind.RATE),
        (500, {"code": 2, "is_transient": True}, ProblemKind.TRANSIENT),
        (400, {"code": 100}, ProblemKind.CONTRACT),
        (200, {"code": 100, "error_subcode": 33}, ProblemKind.CONTRACT),
        (404, None, ProblemKind.CONTRACT),
        (304, None, ProblemKind.CONTRACT),
    ],
)
def test_what_an_error_means(status: int, error: dict[str, Any] | None, kind: ProblemKind) -> None:
    (look,) = ASKS.known_comments(["91"], "media/1")
    for ask in (*ASKS.lists(""), ASKS.profile(), COMMENTS, look, *CONNECTOR.look(ACCOUNT, [POST_REF])):
        reading = CONNECTOR.read(ask, answer({} if error is None else {"error": error}, status))
        assert _problem(reading) is kind
        assert (reading.records, reading.whole) == ((), False)


def test_that_the_account_itself_is_not_shown_is_a_lost_permission() -> None:
    for ask in (*ASKS.lists(""), ASKS.profile(), ASKS.conversations("70", "")):
        assert _problem(CONNECTOR.read(ask, answer(_refused(), 400))) is ProblemKind.PERMISSION
    assert _problem(CONNECTOR.read(COMMENTS, answer(_refused(), 400))) is ProblemKind.GONE
    another = {"id": "1", "username": "other"}
    assert _problem(CONNECTOR.read(ASKS.profile(), answer(another))) is ProblemKind.CONTRACT


# Whatever may come.

_NAMES = [
    "data", "id", "paging", "next", "cursors", "after", "from", "user", "username", "replies", "children", "owner",
    "timestamp", "comments", "error", "code", "91", "hidden", "parent_id", "is_comment_enabled", "media_url",
    "instagram_business_account", "attachments", "comments_count", "thumbnail_url", "media_type",
]  # fmt: skip


def test_it_keeps_to_the_contract() -> None:
    under = RecordRef("comment/91", RecordKind.COMMENT, "media/1")
    refs = [POST_REF, under, RecordRef(f"account/{NUMBER}", RecordKind.PROFILE)]
    examples = [
        conformance.Example(ask_for("media"), page_of(media(1), media(2))),
        conformance.Example(COMMENTS, page_of(comment(1), comment(2))),
    ]
    conformance.check(CONNECTOR, ACCOUNT, ["https://www.instagram.com/cityofmilwaukee"], refs, examples)
    new = replace(ASKS, sweep="new")
    asked = [*ASKS.lists(""), *new.lists("", {"91": 2}), ASKS.profile(), ASKS.identify("x"), COMMENTS,
             ASKS.messages_of("a"), ASKS.conversations("7", ""), ASKS.replies("91", "media/1", hidden=False),
             *ASKS.known_media(["91", "92"], comments=True), *ASKS.known_comments(["91", "92"], "media/1"),
             *ASKS.known_comments(["91"], "media/1", ["92"]), *ASKS.known_comments(["91"], "media/1"),
             *ASKS.words_of(COMMENTS, ["91"], seen=True), ASKS.words_of_page(COMMENTS, seen=True)]  # fmt: skip
    asked += [ask.control for ask in asked if ask.control is not None]
    conformance.check_answers(CONNECTOR, asked, {*_NAMES, *conformance.member_names(examples)})
