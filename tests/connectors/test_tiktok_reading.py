"""What TikTok's two interfaces answer, and what it means: bodies as a client library recorded them and as the
documentation shows them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.capture.secret_forms import Secret
from archiver.capture.signing import signing_of
from connectors import _tiktok_display as shown
from connectors._offset_pages import OVERLAP
from connectors._tiktok_asks import COMMENTS, Asks
from connectors._tiktok_comments import SORTED
from connectors._tiktok_pages import cursor_of, next_cursor, with_cursor
from connectors._tiktok_problems import WINDOW, of_business, of_display
from connectors.conformance import Example, check
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    ProblemKind,
    RecordKind,
    RecordRef,
    State,
    Stream,
    SweepKind,
)
from connectors.tiktok import TikTok
from connectors.tiktok_display import TikTokDisplay
from connectors.values import Unreadable
from tests.connectors.reading import AT, answer, sweep

SITE = "https://www.tiktok.com"
ACCOUNT = AccountRef("ac_1", "tiktok", SITE, "-000abc", "@city", f"{SITE}/@city")
VIDEO, COMMENT, REPLY = "7109065174526479622", "7111907185164763905", "7115302925501563650"
BUSINESS, DISPLAY = TikTok(), TikTokDisplay()
REFS = [
    RecordRef(f"video/{VIDEO}", RecordKind.POST),
    RecordRef(f"comment/{COMMENT}", RecordKind.COMMENT, f"video/{VIDEO}"),
    RecordRef("account/-000abc", RecordKind.PROFILE),
]
_CDN = "https://p16-sign-sg.tiktokcdn.com/tiktok-obj"
Json = Any


def said(comment: str = COMMENT, **more: Json) -> dict[str, Json]:
    """A comment, as one was recorded."""
    return {
        "video_id": VIDEO, "liked": False, "pinned": False, "user_id": "6faa870ee45c1f68a2d98d50e09f222a", "text": "hm",
        "replies": 0, "username": "klein_kunkun", "status": "PUBLIC", "likes": 0, "create_time": "1655870005",
        "owner": False, "comment_id": comment,
        "profile_image": f"{_CDN}/7046311066329939970~c5_168x168.jpeg?x-expires=1656831600&x-signature=9GsDTV%3D",
    } | more  # fmt: skip


def reply(**more: Json) -> dict[str, Json]:
    """A reply, as one was recorded: it says nothing of replies to itself, nor whether it is pinned."""
    kept = {name: value for name, value in said(REPLY).items() if name not in ("replies", "pinned")}
    return kept | {"parent_comment_id": COMMENT, "text": "hh", "create_time": "1656660622"} | more


def item(**more: Json) -> dict[str, Json]:
    return {
        "item_id": VIDEO, "create_time": "1655118106", "caption": "Snow", "likes": 3, "comments": 2, "shares": 0,
        "favorites": 1, "video_views": 90, "video_duration": 5.5, "embed_url": f"{SITE}/player/v1/{VIDEO}",
        "share_url": f"{SITE}/@city/video/{VIDEO}?utm_campaign=tt4d_open_api&utm_source=aw46",
        "thumbnail_url": f"{_CDN}/cover~tplv.image?x-expires=1656831600&x-signature=a",
    } | more  # fmt: skip


def fine(**data: Json) -> dict[str, Json]:
    return {"code": 0, "message": "OK", "request_id": "20220701072655010002007637004005006003006134680EF", "data": data}


def page(*entries: Json, cursor: int | None = None, more: bool = False, name: str = "comments") -> Json:
    return fine(**{name: list(entries), "cursor": len(entries) if cursor is None else cursor, "has_more": more})


def asks(kind: SweepKind | None = SweepKind.FULL) -> Asks:
    return Asks.begin(ACCOUNT, None if kind is None else sweep(kind))


def listed() -> Ask:
    return asks().comments(f"video/{VIDEO}")


USER = {
    "open_id": "-000abc", "union_id": "u", "display_name": "City", "username": "City", "bio_description": "Official.",
    "avatar_large_url": f"{_CDN}/7046311066329939970~c5_168x168.jpeg?x-expires=1&x-signature=w",
    "profile_deep_link": "https://vm.tiktok.com/x", "is_verified": True, "follower_count": 5, "following_count": 1,
    "likes_count": 3, "video_count": 2,
}  # fmt: skip
CLIP = {
    "id": VIDEO, "create_time": 1654670085, "title": "Snow", "video_description": "Snow on Main Street", "duration": 5,
    "share_url": f"{SITE}/@city/video/{VIDEO}?utm_campaign=tt4d_open_api&utm_source=aw46lwwtsqjeapig",
    "cover_image_url": f"{_CDN}/cover~tplv.image?x-expires=1&x-signature=a", "like_count": 1, "comment_count": 4,
    "share_count": 0, "view_count": 9, "height": 1024, "width": 576, "embed_link": f"{SITE}/embed/v2/{VIDEO}",
}  # fmt: skip


def display(**data: Json) -> Json:
    return {
        "data": data,
        "error": {"code": "ok", "message": "", "log_id": "2022070206304301000400300500600301908104B50"},
    }


# What every connector keeps to.


def test_the_one_with_comments_keeps_to_the_contract() -> None:
    video, account = f"video/{VIDEO}", {"username": "city", "display_name": "City", "profile_image": _CDN + "/a"}
    look, gate = asks(None).looks(REFS)
    check(
        BUSINESS,
        ACCOUNT,
        addresses=[
            f"{SITE}/@city",
            "https://tiktok.com/@City/",
            f"{SITE}/@city.of_larkmere?business_id=-000abc&lang=en",
        ],
        records=REFS,
        examples=[
            Example(asks().identify("@city"), fine(**account)),
            Example(asks().profile(), fine(**account, bio_description="Official.", videos_count=2)),
            Example(asks().videos({}), page(item(), name="videos", cursor=1655118106000)),
            Example(asks(SweepKind.NEW).videos({}), page(item(), name="videos", cursor=1655118106000, more=True)),
            Example(next(asks().known([video])), page(item(), name="videos", cursor=0)),
            Example(look, page(item(), name="videos", cursor=0)),
            Example(asks().own(), page({"item_id": VIDEO}, name="videos", cursor=0)),
            Example(listed(), page(said(replies=4, reply_list=[reply()]), said("2", owner=True))),
            Example(listed(), page(said(image_url=_CDN + "/b.webp", display_name="K"), cursor=30, more=True)),
            Example(asks().replies(listed(), COMMENT, pending=["3"], resume={"cursor": 2}), page(reply())),
            Example(gate, page({"item_id": VIDEO}, name="videos", cursor=0)),
            Example(asks(None).some(video, [f"comment/{COMMENT}"]), page(said())),
            Example(asks(None).elsewhere(video, [f"comment/{COMMENT}"]), page({"item_id": "5"}, name="videos")),
            Example(
                next(asks().look_at_comments(video, [f"comment/{COMMENT}"], beside=[f"video/{VIDEO}"])), page(said())
            ),
        ],
    )


def test_the_one_of_videos_alone_keeps_to_the_contract() -> None:
    known = shown.Asks.begin(ACCOUNT, sweep(SweepKind.FULL))
    (look,) = shown.looks(ACCOUNT, REFS)
    check(
        DISPLAY,
        ACCOUNT,
        addresses=[f"{SITE}/@city", "https://m.tiktok.com/@city.of_larkmere"],
        records=REFS,
        examples=[
            Example(known.identify("@city"), display(user=USER)),
            Example(known.profile(), display(user=USER)),
            Example(known.videos({}), display(videos=[CLIP], cursor=1654670085000, has_more=True)),
            Example(look, display(videos=[CLIP], cursor=0, has_more=False)),
        ],
    )


# Addresses.


@pytest.mark.parametrize(
    "url",
    [
        f"{SITE}/", f"{SITE}/@", f"{SITE}/@city/video/{VIDEO}", f"{SITE}/tag/snow", "https://vm.tiktok.com/ZM/",
        "https://tiktok.com.example/@city", f"{SITE}/@{'a' * 30}", f"{SITE}/@city/../@other",
    ],
)  # fmt: skip
def test_other_addresses_are_not_accounts(url: str) -> None:
    assert BUSINESS.claim(url) is None
    assert DISPLAY.claim(url) is None


def test_the_one_with_comments_is_meant_where_nothing_else_is_said() -> None:
    platforms = load_platforms()
    assert platforms.claim("https://www.tiktok.com/@City")[0].platform == "tiktok"
    connector, claim = platforms.claim(f"{SITE}/@city?business_id=-000abc", "tiktok_display")
    assert (connector.platform, claim.url) == ("tiktok_display", f"{SITE}/@city")
    assert {f"TikTok ({UNPROVEN})", f"TikTok, videos only ({UNPROVEN})"} <= set(platforms.offered())


def test_the_token_goes_to_one_server_and_in_the_way_that_it_takes() -> None:
    (signature,) = BUSINESS.signatures
    assert (signature.header, BUSINESS.signed_server(f"{SITE}/@city")) == (
        "Access-Token", "https://business-api.tiktok.com",
    )  # fmt: skip
    (other,) = DISPLAY.signatures
    assert (other.header, DISPLAY.signed_server(f"{SITE}/@city")) == (None, "https://open.tiktokapis.com")
    token = Secret("act.0123456789abcdefghij!4521.va")
    signing = signing_of(BUSINESS, ACCOUNT.url, token)
    assert signing is not None
    api = f"{BUSINESS.signed_server(ACCOUNT.url)}/open_api/v1.3/business/get/"
    ask = Ask(api, Stream.PROFILE, "profile")
    assert (signing.headers(ask), signing.header(api), signing.parameters(ask)) == (
        (("Access-Token", token.value),), None, (),
    )  # fmt: skip
    for elsewhere in ("https://open.tiktokapis.com/v2/user/info/", f"{SITE}/@city", "https://p16.tiktokcdn.com/x"):
        assert signing.headers(replace(ask, url=elsewhere)) == ()
    shown_signing = signing_of(DISPLAY, ACCOUNT.url, token)
    assert shown_signing is not None
    assert (shown_signing.headers(ask), shown_signing.header("https://open.tiktokapis.com/v2/")) == ((), token)
    assert signing_of(DISPLAY, ACCOUNT.url, Secret("clt.0123456789abcdefghij")) is None, "an app's own token"


def test_nothing_is_asked_for_that_writes() -> None:
    for connector in (BUSINESS, DISPLAY):
        how = connector.authorization(f"{SITE}/@city")
        assert not any(re.fullmatch(how.writing, one.name) for one in how.scopes)
        for write in ("video.publish", "video.upload"):
            assert re.fullmatch(how.writing, write)
    assert re.fullmatch(BUSINESS.authorization(f"{SITE}/@city").writing, "comment.list.manage")


# Records.


def test_what_was_recorded_is_read_without_drift() -> None:
    reading = BUSINESS.read(listed(), answer(page(said(replies=11), said("7110150495453840130"), more=False)))
    first = reading.records[0]
    assert (first.key, first.parent, first.thread) == (f"comment/{COMMENT}", f"video/{VIDEO}", f"video/{VIDEO}")
    assert (first.author and first.author.handle, first.counted) == ("@klein_kunkun", 11)
    assert first.created_at is not None
    assert first.created_at.timestamp() == 1655870005
    assert reading.drift == ()
    assert reading.next_page is not None, "its replies"
    under = BUSINESS.read(reading.next_page, answer(page(reply())))
    assert (under.records[0].parent, under.records[0].word, under.whole) == (f"comment/{COMMENT}", "reply", True)


def test_hidden_is_a_state_and_the_account_speaks_under_its_own_name() -> None:
    body = page(said(status="HIDDEN"), said("2", owner=True, username="city"), said("3", status="FRIENDS_ONLY"))
    reading = BUSINESS.read(listed(), answer(body))
    assert [one.state for one in reading.records] == [State.HIDDEN_BY_PAGE, State.VISIBLE]
    assert [one.author and one.author.id for one in reading.records][1] == "-000abc"
    assert [place for place, _ in reading.quarantine] == ["/data/comments/2"]
    assert not reading.whole, "one could not be read"


def test_a_comment_on_another_video_is_not_taken() -> None:
    reading = BUSINESS.read(listed(), answer(page(said(video_id="1"))))
    assert (reading.records, len(reading.quarantine)) == ((), 1)


def test_a_signature_that_changes_is_neither_an_edit_nor_another_picture() -> None:
    videos = asks().videos({})
    one, other = (
        BUSINESS.read(videos, answer(page(item(thumbnail_url=f"{_CDN}/c.image?x-expires={n}"), name="videos")))
        for n in (1, 2)
    )
    assert one.records[0].content == other.records[0].content
    assert one.records[0].media[0].key == other.records[0].media[0].key
    assert one.records[0].media[0].url != other.records[0].media[0].url
    changed = BUSINESS.read(videos, answer(page(item(thumbnail_url=f"{_CDN}/d.image"), name="videos")))
    assert changed.records[0].media[0].key != one.records[0].media[0].key


def test_a_title_that_only_begins_the_description_is_not_said_twice() -> None:
    known = shown.Asks.begin(ACCOUNT, sweep(SweepKind.FULL)).videos({})
    for title, text in (
        ("Snow", "Snow on Main Street"),
        ("News", "News\n\nSnow on Main Street"),
        ("", "Snow on Main Street"),
    ):
        clip = {**CLIP, "title": title, "video_description": "Snow on Main Street"}
        (record,) = DISPLAY.read(known, answer(display(videos=[clip], cursor=0, has_more=False))).records
        assert (record.text, record.url) == (text, f"{SITE}/@city/video/{VIDEO}")


def test_the_account_must_be_the_one_that_was_named() -> None:
    named = BUSINESS.identify(replace(_claim(f"{SITE}/@city?business_id=-000abc")))
    assert dict(named.parameters)["business_id"] == "-000abc"
    facts = BUSINESS.read(named, answer(fine(username="City", display_name="City of X"))).account
    assert facts is not None
    assert (facts.platform_id, facts.handle, facts.name) == ("-000abc", "@city", "City of X")
    other = BUSINESS.read(named, answer(fine(username="other", display_name="Other"))).problem
    assert other is not None
    assert other.kind is ProblemKind.PERMISSION
    unknown = BUSINESS.identify(_claim(f"{SITE}/@city"))
    assert "business_id" not in dict(unknown.parameters)
    told = BUSINESS.read(unknown, answer({"code": 40002, "message": "business_id: missing", "data": {}})).problem
    assert told is not None
    assert "business_id" in told.detail


def _claim(url: str) -> Any:
    claim = BUSINESS.claim(url)
    assert claim is not None
    return claim


def test_what_takes_a_permission_of_its_own_is_left_out_where_it_is_not_given() -> None:
    refused = BUSINESS.read(asks().profile(), answer({"code": 40001, "message": "No.", "data": {}}))
    assert refused.problem is None
    (again,) = refused.asks
    assert "bio_description" not in dict(again.parameters)["fields"]
    assert BUSINESS.read(again, answer({"code": 40001, "message": "No.", "data": {}})).problem is not None


# Lists.


def test_young_videos_are_asked_for_their_comments_whatever_number_they_tell() -> None:
    """TikTok tells it a day or two late: at first that there is none."""
    asked = asks(SweepKind.NEW).videos({"newest": 1, "comments": {VIDEO: 0, "5": 0}}, AT)
    now = int(AT.timestamp())
    young, old = (
        item(create_time=str(now - 250_000), comments=0),
        item(item_id="5", create_time="1655118106", comments=0),
    )
    reading = BUSINESS.read(asked, answer(page(young, old, name="videos")))
    assert [one.context["video"] for one in reading.asks] == [f"video/{VIDEO}"]
    assert not BUSINESS.read(
        replace(asked, context={**asked.context, "young": None}), answer(page(young, name="videos"))
    ).asks


@pytest.mark.law("R4")
def test_nothing_but_the_account_is_kept_as_public() -> None:
    """Who sees a video, the Accounts API does not say."""
    one, (look, gate) = asks(), asks(None).looks(REFS)
    told = [one.videos({}), *one.known([f"video/{VIDEO}"]), listed(), one.replies(listed(), COMMENT), look, gate]
    assert {ask.access for ask in told} == {AccessClass.PRIVATE}
    assert one.profile().access is AccessClass.PUBLIC


def test_what_earlier_releases_asked_for_as_public_is_read_and_followed_by_all() -> None:
    before = replace(listed(), access=AccessClass.PUBLIC, context={**listed().context, "seen": True})
    reading = BUSINESS.read(before, answer(page(said(), cursor=31, more=True)))
    assert [one.key for one in reading.records] == [f"comment/{COMMENT}"]
    assert not reading.whole, "what is hidden is not in it"
    assert reading.next_page is not None
    assert (reading.next_page.access, cursor_of(reading.next_page)) == (AccessClass.PRIVATE, 0)
    assert reading.next_page.context.get("seen") is None


def test_replies_are_asked_for_where_not_all_of_them_stand_inside() -> None:
    inside = said(replies=1, reply_list=[reply()])
    whole = BUSINESS.read(listed(), answer(page(inside)))
    assert (whole.next_page, whole.whole, len(whole.records)) == (None, True, 2)
    many = said(replies=3, reply_list=[reply(comment_id=str(n)) for n in range(3)])
    following = BUSINESS.read(listed(), answer(page(many, more=True, cursor=1))).next_page
    assert following is not None
    assert following.purpose == "replies"
    assert following.context["resume"]["cursor"] == 1
    after = BUSINESS.read(following, answer(page(reply()))).next_page
    assert after is not None
    assert (after.purpose, cursor_of(after)) == ("comments", 1)


def test_a_page_of_comments_goes_on_with_what_it_overlaps() -> None:
    body = page(*(said(str(n)) for n in range(COMMENTS)), more=True)
    following = BUSINESS.read(listed(), answer(body)).next_page
    assert following is not None
    assert cursor_of(following) == COMMENTS - OVERLAP
    joined = BUSINESS.read(following, answer(page(said(str(COMMENTS - 1)), said("99"), cursor=31)))
    assert joined.whole
    torn = BUSINESS.read(following, answer(page(said("99"), cursor=31)))
    assert not torn.whole, "something moved further than pages overlap"


def test_behind_what_tiktok_sorts_a_list_is_not_taken_for_whole() -> None:
    late = with_cursor(listed(), SORTED)
    assert not BUSINESS.read(late, answer(page(said(), cursor=SORTED + 1))).whole


@pytest.mark.parametrize("data", [{}, {"comments": []}, {"comments": [], "has_more": "no"}, {"has_more": False}])
def test_half_an_answer_is_not_an_empty_list(data: Json) -> None:
    reading = BUSINESS.read(listed(), answer(fine(**data)))
    assert reading.problem is not None
    assert not reading.whole


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 6))
def test_pages_of_videos_reach_every_second_that_fits_a_page(times: list[int], size: int) -> None:
    """Whatever was published in the same second: none is passed over where a page is larger than that second."""
    videos = sorted(enumerate(times), key=lambda one: one[1], reverse=True)
    ask, seen = asks().videos({}), set[int]()
    for _ in range(4 * len(times) + 4):
        cursor = cursor_of(ask)
        found = [one for one in videos if not cursor or one[1] * 1000 < cursor]
        given_out = found[:size]
        seen |= {number for number, _ in given_out}
        data = {"cursor": given_out[-1][1] * 1000 if given_out else 0, "has_more": len(found) > size}
        following = next_cursor(ask, data, [at for _, at in given_out])
        if following is None:
            break
        ask = with_cursor(ask, following)
    else:
        raise AssertionError("it goes in circles")
    if all(times.count(at) < size for at in times):
        assert seen == set(range(len(times)))


def test_a_list_that_goes_on_where_it_began_is_no_list() -> None:
    again = with_cursor(asks().videos({}), 5000)
    with pytest.raises(Unreadable):
        next_cursor(again, {"cursor": 5000, "has_more": True}, [5])
    with pytest.raises(Unreadable):
        next_cursor(again, {"has_more": True}, [4])


def test_the_place_stands_in_the_body_where_the_question_has_one() -> None:
    ask = shown.Asks.begin(ACCOUNT, sweep(SweepKind.FULL)).videos({})
    moved = with_cursor(ask, 7000)
    assert json.loads(moved.body or b"") == {"max_count": 20, "cursor": 7000}
    assert (cursor_of(ask), cursor_of(moved)) == (0, 7000)


@pytest.mark.law("R16")
def test_where_no_video_is_listed_the_accounts_own_number_of_none_vouches_and_nothing_else_of_it() -> None:
    (look,) = shown.Asks.begin(ACCOUNT, None).known([f"video/{VIDEO}"])
    assert look.control is not None
    assert DISPLAY.read(look.control, answer(display(videos=[], cursor=0, has_more=False))).present == ()
    emptied = look.control.control
    assert emptied is not None
    assert "/v2/user/info/" in emptied.url
    told = {"open_id": "-000abc", "video_count": 0}
    reading = DISPLAY.read(emptied, answer(display(user=told)))
    assert (reading.present, reading.records, reading.account) == (("emptied",), (), None)
    for other in ({**told, "video_count": 1}, {**told, "video_count": None}, {**told, "open_id": "x"}, {}):
        assert DISPLAY.read(emptied, answer(display(user=other))).present == ()


# New sweeps.


def test_a_new_sweep_stops_at_what_is_known_and_asks_where_the_number_is_another() -> None:
    (first,) = BUSINESS.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    reading = BUSINESS.read(first, answer(page(item(), name="videos", cursor=1655118106000)))
    assert reading.bookmark == {"newest": 1655118106, "comments": {VIDEO: 2}}
    assert [one.purpose for one in reading.asks] == ["comments"]
    (again,) = BUSINESS.begin(ACCOUNT, sweep(SweepKind.NEW), reading.bookmark)
    quiet = BUSINESS.read(again, answer(page(item(), name="videos", cursor=1655118106000, more=True)))
    assert (quiet.asks, quiet.next_page) == ((), None)
    loud = BUSINESS.read(again, answer(page(item(comments=3), name="videos", cursor=1655118106000, more=True)))
    assert len(loud.asks) == 1


# Direct looks.


def test_comments_are_looked_for_beside_something_that_vouches() -> None:
    _, gate = asks(None).looks(REFS)
    keys = [f"comment/{COMMENT}"]
    (some,) = BUSINESS.read(gate, answer(page({"item_id": VIDEO}, name="videos"))).asks
    (look,) = BUSINESS.read(some, answer(page(said("1")))).asks
    assert (look.context["look"], look.control and look.control.purpose) == (keys, "others")
    (elsewhere,) = BUSINESS.read(some, answer(page())).asks
    told = [{"item_id": VIDEO, "comments": 9}, {"item_id": "5", "comments": 0}, {"item_id": "6", "comments": 2}]
    (look,) = BUSINESS.read(elsewhere, answer(page(*told, name="videos"))).asks
    assert look.context["look"] == keys
    assert look.control is not None
    assert dict(look.control.parameters)["video_id"] == "6", "where there most probably is one"
    (look,) = BUSINESS.read(elsewhere, answer(page(told[0], name="videos"))).asks
    assert look.control is not None
    assert dict(look.control.parameters)["video_id"] == VIDEO, "no other one: it has to vouch for itself"
    (gone,) = BUSINESS.read(gate, answer(page(name="videos"))).asks
    assert (gone.purpose, gone.context["look"], gone.control and gone.control.purpose) == ("without", keys, "own")
    back = BUSINESS.read(gone, answer(page({"item_id": VIDEO}, name="videos"))).problem
    assert back is not None, "there again: nothing follows"


def test_a_video_without_comments_is_vouched_for_by_those_on_which_the_archive_knows_some() -> None:
    """One after the other: any of them may have lost its comments, or have gone itself."""
    known = [RecordRef(f"comment/{n}", RecordKind.COMMENT, f"video/{video}") for n, video in enumerate("5655")]
    beside = [
        *known,
        RecordRef("comment/9", RecordKind.COMMENT, f"video/{VIDEO}"),
        RecordRef("video/7", RecordKind.POST),
    ]
    (gate,) = BUSINESS.look_beside(ACCOUNT, [REFS[1]], beside)
    (some,) = BUSINESS.read(gate, answer(page({"item_id": VIDEO}, name="videos"))).asks
    for first, vouch in (([], ["5", "6"]), ([said("1")], [VIDEO, "5", "6"])):
        (control,) = [one.control for one in BUSINESS.read(some, answer(page(*first))).asks]
        videos = []
        while control is not None:
            videos.append(dict(control.parameters)["video_id"])
            gone = BUSINESS.read(control, answer({"code": 40002, "message": "video_id: invalid"})).problem
            assert gone is not None
            assert gone.kind is ProblemKind.GONE, "the next one is asked"
            control = control.control
        assert videos == vouch


def test_all_comments_of_a_video_are_looked_for_however_many_they_are() -> None:
    """No question is put twice in a run: what is asked of a video that is gone speaks for all of its comments."""
    many = [RecordRef(f"comment/{n}", RecordKind.COMMENT, f"video/{VIDEO}") for n in range(COMMENTS + 5)]
    (gate,) = asks(None).looks(many)
    (gone,) = BUSINESS.read(gate, answer(page(name="videos"))).asks
    assert gone.context["look"] == [one.key for one in many]
    (some,) = BUSINESS.read(gate, answer(page({"item_id": VIDEO}, name="videos"))).asks
    there = BUSINESS.read(some, answer(page(said("1")))).asks
    assert [len(one.context["look"]) for one in there] == [COMMENTS, 5]


def test_controls_that_show_nothing_vouch_for_nothing() -> None:
    (look,) = asks(None).look_at_comments(f"video/{VIDEO}", [f"comment/{COMMENT}"], beside=[f"video/{VIDEO}"])
    assert look.control is not None
    assert not BUSINESS.read(look.control, answer(page())).present
    assert f"comment/{COMMENT}" in BUSINESS.read(look.control, answer(page(said()))).present, "the engine compares"
    assert not BUSINESS.read(asks().own(), answer(page(name="videos"))).present
    wrong = BUSINESS.read(look, answer(page(said("1")))).problem
    assert wrong is not None, "another comment than was asked for"


# Errors.


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (40001, ProblemKind.PERMISSION), (40002, ProblemKind.CONTRACT), (40100, ProblemKind.RATE),
        (40102, ProblemKind.SIGN_IN_EXPIRED), (40105, ProblemKind.SIGN_IN_EXPIRED), (50000, ProblemKind.TRANSIENT),
        (51305, ProblemKind.TRANSIENT), (12345, ProblemKind.CONTRACT), ("0", ProblemKind.CONTRACT),
        (None, ProblemKind.CONTRACT), (True, ProblemKind.CONTRACT),
    ],
)  # fmt: skip
def test_an_error_inside_200_is_one(code: Json, kind: ProblemKind) -> None:
    problem = of_business(answer({"code": code, "message": "No.", "data": {}}))
    assert problem is not None
    assert problem.kind is kind
    assert (problem.retry_at == AT + WINDOW) == (kind is ProblemKind.RATE)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("access_token_invalid", 401, ProblemKind.SIGN_IN_EXPIRED),
        ("scope_not_authorized", 401, ProblemKind.PERMISSION),
        ("scope_permission_missed", 401, ProblemKind.PERMISSION),
        ("rate_limit_exceeded", 429, ProblemKind.RATE),
        ("internal_error", 500, ProblemKind.TRANSIENT),
        ("internal_error", 200, ProblemKind.TRANSIENT),
        ("invalid_params", 400, ProblemKind.CONTRACT),
        ("nobody_knows", 200, ProblemKind.CONTRACT),
        ("nobody_knows", 404, ProblemKind.CONTRACT),
        ("ok", 503, ProblemKind.TRANSIENT),
    ],
)
def test_what_the_display_interface_says_of_an_error(code: str, status: int, kind: ProblemKind) -> None:
    problem = of_display(answer({"data": {}, "error": {"code": code, "message": "", "log_id": "x"}}, status))
    assert problem is not None
    assert problem.kind is kind


def test_a_pause_lasts_as_long_as_a_header_says_else_a_minute() -> None:
    told = of_display(answer({"error": {"code": "rate_limit_exceeded"}}, 429, (("Retry-After", "7"),)))
    assert told is not None
    assert told.retry_at == AT + timedelta(seconds=7)
    bare = of_business(answer(b"slow down", 429))
    assert bare is not None
    assert bare.retry_at == AT + WINDOW


@pytest.mark.parametrize("status", [200, 304, 401, 403, 404, 410, 500])
def test_nothing_that_is_not_in_the_words_of_tiktok_says_that_something_is_gone(status: int) -> None:
    for of in (of_business, of_display):
        problem = of(answer(b"Not Found", status))
        assert problem is not None
        assert problem.kind in (ProblemKind.CONTRACT, ProblemKind.TRANSIENT)
