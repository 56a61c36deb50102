"""What the Vimeo connector asks, and what it makes of answers, without any socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._vimeo_asks import SITE, Asks
from connectors.conformance import Example, check
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    SweepKind,
)
from connectors.vimeo import Vimeo
from tests.connectors.reading import AT, answer, sweep

CONNECTOR = Vimeo()
ACCOUNT = AccountRef("ac_1", "vimeo", SITE, "/users/77", "cityfilms", f"{SITE}/cityfilms", authorised=True)
VIDEO = "video/592018875"
REFS = [
    RecordRef(VIDEO, RecordKind.POST),
    RecordRef("comment/12", RecordKind.COMMENT, VIDEO),
    RecordRef(f"comments/{VIDEO}", RecordKind.SETTINGS),
    RecordRef("user/77", RecordKind.PROFILE),
]
USER = {"uri": "/users/77", "name": "City", "link": f"{SITE}/cityfilms"}
Json = Any


def asks(kind: SweepKind = SweepKind.FULL) -> Asks:
    return Asks.begin(ACCOUNT, sweep(kind))


def read(ask: Ask, body: Json, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reading:
    return CONNECTOR.read(ask, answer(body, status, headers))


def video(identity: int = 592018875, comments: int = 1, **more: Json) -> Json:
    return {
        "uri": f"/videos/{identity}", "name": "Council", "description": "In full", "type": "video",
        "link": f"{SITE}/{identity}", "created_time": "2021-08-25T07:05:59+00:00", "user": USER,
        "modified_time": "2021-09-04T10:25:41+00:00", "privacy": {"view": "anybody", "comments": "anybody"},
        "tags": [{"tag": "b", "name": "b"}, {"tag": "a", "name": "a"}], "stats": {"plays": 9},
        "pictures": {"base_link": "https://i.vimeocdn.com/video/1-abc-d?r=pad", "type": "custom"},
        "metadata": {"connections": {"comments": {"total": comments}, "texttracks": {"total": 1}}},
    } | more  # fmt: skip


def comment(identity: int = 12, replies: int = 0, **more: Json) -> Json:
    return {
        "uri": f"/videos/592018875/comments/{identity}", "type": "video", "text": "At last",
        "created_on": "2021-08-26T07:00:00+00:00", "user": {"uri": "/users/8", "name": "Ann", "link": f"{SITE}/ann"},
        "metadata": {"connections": {"replies": {"total": replies}}},
    } | more  # fmt: skip


def page(*data: Json, following: str | None = None, total: int | None = None) -> Json:
    told = {"total": len(data) if total is None else total, "page": 1, "per_page": 100}
    return told | {"paging": {"next": following}, "data": list(data)}


TRACK = {"uri": "/texttracks/5", "language": "en", "link": "https://captions.vimeo.com/5.vtt?e=1", "active": True}


def test_it_keeps_to_the_contract() -> None:
    full = asks()
    _, beside, gate = full.looks(REFS)
    (single,) = full.one_by_one(VIDEO, ["comment/12"])
    check(
        CONNECTOR,
        ACCOUNT,
        addresses=[f"{SITE}/cityfilms", f"{SITE}/user77", f"{SITE}/cityfilms/videos"],
        records=REFS,
        examples=[
            Example(full.profile(), USER | {"bio": "Official", "metadata": {"connections": {"videos": {"total": 4}}}}),
            Example(full.videos(), page(video())),
            Example(full.comments(VIDEO), page(comment(replies=2), following="/videos/592018875/comments?page=2")),
            Example(full.replies(VIDEO, ["12"], "2"), page(comment(13))),
            Example(full.tracks(VIDEO), page(TRACK)),
            Example(beside, page(video(2))),
            Example(full.video(VIDEO, lead=True), video()),
            Example(gate, page({"uri": "/videos/592018875/comments/12"})),
            Example(single, comment()),
        ],
    )


def test_everything_names_its_fields_and_the_version_and_is_kept_as_private() -> None:
    for kind in SweepKind:
        for ask in CONNECTOR.begin(ACCOUNT, sweep(kind, REFS[0]), None):
            assert (ask.access, ask.authorise) == (AccessClass.PRIVATE, "required")
            assert "fields=" in ask.url
            assert dict(ask.headers)["Accept"].endswith("version=3.4")


@pytest.mark.parametrize("url", [f"{SITE}/592018875", f"{SITE}/categories", f"{SITE}/channels/x", f"{SITE}/"])
def test_other_addresses_are_no_accounts(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_an_account_by_its_number_is_asked_for_by_it() -> None:
    claim = CONNECTOR.claim(f"{SITE}/user77")
    assert claim is not None
    assert "/users/77?" in CONNECTOR.identify(claim).url


def test_words_and_who_may_see_it_are_edits_and_numbers_are_not() -> None:
    def content(**more: Json) -> Json:
        return dict(read(asks().videos(), page(video(**more))).records[0].content)

    assert content(stats={"plays": 99}, modified_time="2026-01-01T00:00:00+00:00", comments=7) == content()
    others: list[Json] = [{"name": "B"}, {"description": None}, {"tags": []}, {"privacy": {"view": "nobody"}}]
    for other in others:
        assert content(**other) != content()


@pytest.mark.law("R17")
def test_who_may_comment_is_a_record_of_its_own() -> None:
    (_, setting) = read(asks().videos(), page(video(privacy={"comments": "nobody"}))).records
    assert (setting.key, setting.content) == (f"comments/{VIDEO}", {"comments": "nobody"})


@pytest.mark.parametrize("following", ["https://[api.example/x?page=2", "/videos?page=x", "/videos", 7])
def test_a_list_whose_next_page_cannot_be_asked_for_is_not_whole(following: Json) -> None:
    told = read(asks().videos(), page(video(), following=following))
    assert not told.whole
    assert told.problem is not None
    assert told.problem.kind is ProblemKind.CONTRACT


def test_replies_come_before_the_next_page_and_only_then_is_the_list_whole() -> None:
    following = "/videos/592018875/comments?page=2&per_page=100"
    first = read(asks().comments(VIDEO), page(comment(1, 2), comment(2, 1), following=following, total=3))
    one = first.next_page
    assert one is not None
    assert "/comments/1/replies" in one.url
    two = read(one, page(comment(5), comment(6))).next_page
    assert two is not None
    assert "/comments/2/replies" in two.url
    answered = read(two, page(comment(7)))
    assert [record.parent for record in answered.records] == ["comment/2"]
    last = answered.next_page
    assert last is not None
    assert dict(last.parameters) == {"page": "2"}
    assert read(last, page(comment(3), total=3)).whole
    assert not read(last, page(comment(3), total=2)).whole, "something went while it was read"
    empty = read(last, page(total=3))
    assert (empty.whole, empty.suspicious) == (
        False,
        "a page came back empty, but the platform says that the list has 3 entries",
    )
    assert read(last, page(total=2)).suspicious is None, "all that it counts was shown"


def test_of_a_comment_that_went_between_two_pages_no_replies_are_missed() -> None:
    ask = asks().replies(VIDEO, ["1", "2"], None, unread=False)
    following = read(ask, {"error": "The requested comment couldn't be found."}, 404).next_page
    assert following is not None
    assert "/comments/2/replies" in following.url


def test_comments_are_looked_for_only_where_they_can_be_listed() -> None:
    *_, gate = asks().looks(REFS)
    (look,) = read(gate, page({"uri": "/videos/592018875/comments/9"}, total=4)).asks
    assert look.context["look"] == ["comment/12"]
    assert look.control is not None
    assert look.control.url == gate.url
    problem = read(gate, {"error": "The requested page couldn't be found."}, 404).problem
    assert problem is not None
    assert problem.kind is ProblemKind.UNSUPPORTED


def test_a_next_page_without_a_usable_number_is_not_followed() -> None:
    for following in ("/videos/1/comments?page=x", "https://evil.example/", 7):
        reading = read(asks().comments(VIDEO), page(comment(), following=following))  # type: ignore[arg-type]
        assert reading.next_page is None
        assert reading.quarantine


def test_captions_keep_their_names_when_their_addresses_are_signed_anew() -> None:
    files = [read(asks().tracks(VIDEO), page(TRACK | {"link": f"https://captions.vimeo.com/5.vtt?e={n}"})).records[0].media
             for n in (1, 2)]  # fmt: skip
    assert [one.key for one in files[0]] == [one.key for one in files[1]] == ["texttrack/5"]
    assert files[0][0].kind == "caption"


def test_a_look_at_what_is_new_stops_where_it_came_to_before() -> None:
    whole = read(asks(SweepKind.NEW).videos(), page(video(), video(2, 0, metadata={})))
    assert [one.purpose for one in whole.asks] == ["open", "open", "shared", "tracks"]
    known = (whole.bookmark or {})["videos"]
    ask = asks(SweepKind.NEW).videos(known)
    later = read(ask, page(video(comments=2), following="/users/77/videos?page=2", total=300))
    assert later.next_page is None
    assert not later.whole
    assert [(one.purpose, one.listing) for one in later.asks] == [("shared", f"comments:{VIDEO}")]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(401, {"error": "No."}, ProblemKind.SIGN_IN_EXPIRED), (401, b"", ProblemKind.CONTRACT),
     (403, {"error": "No."}, ProblemKind.PERMISSION), (404, {"error": "No."}, ProblemKind.GONE),
     (404, b"<html>", ProblemKind.CONTRACT), (400, {"error": "No."}, ProblemKind.CONTRACT),
     (500, b"", ProblemKind.TRANSIENT), (304, b"", ProblemKind.CONTRACT), (200, b"<html>", ProblemKind.CONTRACT),
     (200, {"data": []}, ProblemKind.CONTRACT)],
)  # fmt: skip
def test_errors_are_what_vimeo_means_by_them(status: int, body: Json, kind: ProblemKind) -> None:
    ask = asks().comments(VIDEO) if body != {"data": []} else asks().profile()
    problem = read(ask, body, status).problem
    assert problem is not None
    assert problem.kind is kind


@pytest.mark.parametrize(
    "reset", [f"{AT + timedelta(seconds=40):%Y-%m-%dT%H:%M:%S+00:00}", str(int(AT.timestamp()) + 40)]
)
def test_the_end_of_an_allowance_is_told_as_a_time_or_in_seconds(reset: str) -> None:
    headers = (("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset))
    reading = read(asks().videos(), {"error": "Too many API requests."}, 429, headers)
    assert reading.rate is not None
    assert reading.problem is not None
    assert reading.problem.retry_at == reading.rate.reset_at == AT + timedelta(seconds=40)
    assert (reading.rate.limit, reading.rate.remaining) == (600, 0)


def test_an_account_that_was_deleted_is_said_to_be_away() -> None:
    problem = read(asks().profile(), {"error": "The requested user couldn't be found."}, 404).problem
    assert problem is not None
    assert problem.kind is ProblemKind.DEACTIVATED
    assert read(asks().videos(), page(video())).records[0].created_at == datetime(2021, 8, 25, 7, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize("view", ["nobody", "password", "unlisted", "disable", "contacts", "users", None, 7])
def test_only_what_the_answer_says_everybody_sees_is_public(view: Json) -> None:
    told = video(privacy={"view": view, "comments": "anybody"} if view is not None else {})
    listed = read(asks().videos(), page(told, video(2)))
    assert [(one.purpose, one.context["key"], str(one.access)) for one in listed.asks if one.purpose != "tracks"] == [
        ("open", "video/2", "public"), ("comments", VIDEO, "private"), ("shared", "video/2", "public"),
    ]  # fmt: skip
    assert [bool(one.media) for one in listed.records if one.key.startswith("video/")] == [True, False]
    opened = next(one for one in listed.asks if one.purpose == "open")
    assert [bool(one.media) for one in read(opened, video(2)).records] == [True]
    late = read(opened, video(2, privacy=told["privacy"]))  # it was made private meanwhile
    assert (late.records, late.problem) == ((), None)
    assert (late.quarantine, late.drift) == ((), ())
    lead = listed.asks[2]
    meanwhile = read(lead, {"uri": "/videos/2", "user": {"uri": "/users/77"}, "privacy": told["privacy"]}).next_page
    assert meanwhile is not None
    assert (meanwhile.purpose, meanwhile.listing, str(meanwhile.access)) == ("comments", "comments:video/2", "private")
    assert read(opened, {"error": "No."}, 404) == Reading()
    (beside,) = asks(SweepKind.WATCH).watched([VIDEO])
    (led,) = read(beside, page(video(2))).asks
    assert [str(one.access) for one in read(led, told).asks] == ["private"]
    shown = read(lead, video(2)).next_page
    assert shown is not None
    assert (shown.purpose, shown.listing, str(shown.access)) == ("comments", "comments:video/2", "public")
    more = read(shown, page(comment(), following="/videos/2/comments?page=2", total=9)).next_page
    assert more is not None
    assert str(more.access) == "public"
    replies = read(shown, page(comment(replies=2))).next_page
    assert replies is not None
    assert (replies.purpose, str(replies.access)) == ("replies", "public")


@pytest.mark.law("R16")
def test_a_video_is_looked_for_beside_another_one_that_is_there() -> None:
    known = RecordRef(VIDEO, RecordKind.POST)
    (ask,) = asks().looks([known])
    assert ask.context["for"] == [VIDEO]
    for listed in ([video(), video(2)], [video(2)]):
        (look,) = read(ask, page(*listed)).asks
        assert (look.context["look"], look.control and "/videos/2" in look.control.url) == ([VIDEO], True)
    assert read(ask, {"error": "No."}, 404).asks == ()


def counted(videos: int) -> dict[str, Any]:
    return {"metadata": {"connections": {"videos": {"total": videos}}}}


@pytest.mark.law("R16")
def test_a_video_is_looked_for_beside_the_account_alone_only_where_vimeo_says_that_it_has_none() -> None:
    (ask,) = asks().looks([RecordRef(VIDEO, RecordKind.POST)])
    (look,) = read(ask, page(total=0)).asks
    assert (look.context["look"], look.control and "/users/77" in look.control.url) == ([VIDEO], True)
    # It vouches only where it counts none either, and for nothing but its own videos.
    control = look.control
    assert control is not None
    told = {"uri": "/users/77", "metadata": {"connections": {"videos": {"total": 0}}}}
    assert read(control, told).present == ("emptied",)
    for other in ({**told, "uri": "/users/78"}, {"uri": "/users/77"}, {"uri": "/users/77", **counted(1)}):
        assert read(control, other).present == ()
    silent = {"data": [], "paging": {"next": None}}
    for answered in (page(video(), total=1), page(total=2), silent):  # it is there itself; an empty page; no word of it
        (question,) = read(ask, answered).asks
        assert ("look" in question.context, question.control) == (False, None)


@pytest.mark.law("R16")
def test_watched_videos_are_looked_for_beside_one_that_is_there_and_lead_to_their_comments() -> None:
    (ask,) = asks(SweepKind.WATCH).watched(["video/3", VIDEO, "album/2"])
    assert ask.context["for"] == ["video/3", VIDEO]
    looks = read(ask, page(video(2), total=9)).asks
    assert [(one.context["look"], one.context["lead"]) for one in looks] == [(["video/3"], True), ([VIDEO], True)]
    assert all(one.control and "/videos/2" in one.control.url for one in looks)
    assert list(asks(SweepKind.WATCH).watched([])) == []


@pytest.mark.law("R16")
def test_who_may_comment_on_a_video_that_is_looked_for_stands_in_the_same_answer() -> None:
    """The same question twice in a run is put once: that of the setting would keep the video from being looked for."""
    setting, alone = (RecordRef(f"comments/{key}", RecordKind.SETTINGS) for key in (VIDEO, "video/2"))
    looks = list(asks().looks([setting, alone, RecordRef(VIDEO, RecordKind.POST)]))
    assert [(one.purpose, one.context.get("key"), one.context.get("for")) for one in looks] == [
        ("beside", None, [VIDEO]), ("video", "video/2", None),
    ]  # fmt: skip
