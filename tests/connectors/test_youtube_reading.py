"""What questions the YouTube connector asks, and what answers mean that nobody recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from connectors import conformance, hostile
from connectors._youtube_asks import SERVER, SITE, Asks
from connectors._youtube_problems import quota_renewed
from connectors.contract import AccountRef, ProblemKind, RecordKind, RecordRef, Signs, SweepKind
from connectors.youtube import YouTube
from tests.connectors.reading import AT, answer, sweep

CHANNEL = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
ACCOUNT = AccountRef("ac_1", "youtube", SITE, CHANNEL, "@city", f"{SITE}/channel/{CHANNEL}")
ASKS = Asks(SITE, SERVER, CHANNEL, "full")
CONNECTOR = YouTube()


@pytest.mark.parametrize(
    ("url", "handle"),
    [
        ("https://www.youtube.com/@CityofMilwaukee", "@CityofMilwaukee"),
        ("https://youtube.com/@city.hall/videos", "@city.hall"),
        ("https://m.youtube.com/@%C3%B6hler", "@öhler"),
        (f"https://www.youtube.com/channel/{CHANNEL}/about", f"channel/{CHANNEL}"),
        ("https://www.youtube.com/user/milwaukee/", "user/milwaukee"),
    ],
)
def test_addresses_of_channels_are_recognised(url: str, handle: str) -> None:
    connector, claim = load_platforms().claim(url)
    assert (connector.platform, claim.handle, claim.strength) == ("youtube", handle, "certain")
    assert claim.url == f"{SITE}/{handle}"
    ask = CONNECTOR.identify(claim)
    assert ask.url.startswith(f"{SERVER}/youtube/v3/channels?")
    assert ask.context["site"] == SITE


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=F1UP7wRCPH8", "https://www.youtube.com/c/City", "https://youtu.be/F1UP7wRCPH8",
        "https://www.youtube.com/channel/UCshort", "https://youtube.com.example/@city", "https://mastodon.example/@city",
        "https://www.youtube.com/@city/../@other",
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_wherever_it_is_offered_it_says_that_it_is_not_proven() -> None:
    assert isinstance(CONNECTOR, Signs)
    assert f"YouTube ({UNPROVEN})" in load_platforms().offered()


def _error(reason: str, where: str = "errors") -> dict[str, object]:
    return {"error": {"code": 0, "message": "No.", where: [{"reason": reason}]}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, _error("quotaExceeded"), ProblemKind.RATE),
        (403, _error("rateLimitExceeded"), ProblemKind.RATE),
        (429, _error("RATE_LIMIT_EXCEEDED", "details"), ProblemKind.RATE),
        (401, _error("authError"), ProblemKind.SIGN_IN_EXPIRED),
        (400, _error("API_KEY_INVALID", "details"), ProblemKind.SIGN_IN_EXPIRED),
        (400, _error("processingFailure"), ProblemKind.TRANSIENT),
        (400, _error("invalidPageToken"), ProblemKind.CONTRACT),
        (403, _error("forbidden"), ProblemKind.PERMISSION),
        (404, _error("videoNotFound"), ProblemKind.GONE),
        (404, _error("notFound"), ProblemKind.CONTRACT),
        (404, {}, ProblemKind.CONTRACT),
        (401, {}, ProblemKind.CONTRACT),
        (503, {}, ProblemKind.TRANSIENT),
        (200, _error("quotaExceeded"), ProblemKind.CONTRACT),
        (304, {}, ProblemKind.CONTRACT),
    ],
)
def test_what_an_error_means(status: int, body: dict[str, object], kind: ProblemKind) -> None:
    for ask in (ASKS.comments("F1UP7wRCPH8"), ASKS.recent(), ASKS.uploads("UU1")):
        reading = CONNECTOR.read(ask, answer(body, status))
        assert reading.problem is not None
        assert reading.problem.kind is kind
        assert not reading.records
        assert not reading.whole


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_the_quota_is_renewed_at_the_next_midnight_in_california(at: datetime) -> None:
    renewed = quota_renewed(at)
    assert at < renewed
    assert 0 < (renewed - at).total_seconds() <= 25 * 3600
    assert renewed.hour in (7, 8)


def test_a_spent_quota_waits_for_that() -> None:
    problem = CONNECTOR.read(ASKS.recent(), answer(_error("quotaExceeded"), 403)).problem
    assert problem is not None
    assert problem.retry_at == quota_renewed(AT)


@pytest.mark.law("R17")
def test_only_the_list_of_a_video_says_that_its_comments_are_turned_off() -> None:
    refused = answer(_error("commentsDisabled"), 403)
    (record,) = CONNECTOR.read(ASKS.comments("F1UP7wRCPH8"), refused).records
    assert (record.kind, record.text) == (RecordKind.SETTINGS, "comments: turned off")
    control = ASKS.one_by_one(["comment/Ug1"], "F1UP7wRCPH8").control
    assert control is not None
    assert CONNECTOR.read(control, refused).problem is not None, "it must not vouch for a deletion"


def test_a_look_asks_for_the_comments_only_once_their_video_answers() -> None:
    refs = [RecordRef(f"comment/Ug{n}", RecordKind.COMMENT, "video/F1UP7wRCPH8") for n in range(60)]
    (gate,) = CONNECTOR.look(ACCOUNT, refs)
    opened = {"kind": "youtube#commentThreadListResponse", "items": []}
    looks = CONNECTOR.read(gate, answer(opened)).asks
    assert [len(ask.context["look"]) for ask in looks] == [50, 10]
    assert CONNECTOR.read(gate, answer(_error("commentsDisabled"), 403)).asks == ()
    gone = CONNECTOR.read(gate, answer(_error("videoNotFound"), 404)).problem
    assert gone is not None
    assert gone.kind is ProblemKind.UNSUPPORTED


def test_a_key_sees_what_strangers_see_and_a_token_is_kept_apart() -> None:
    public = list(CONNECTOR.begin(ACCOUNT, sweep(SweepKind.FULL), None))
    owner = replace(ACCOUNT, authorised=True)
    private = list(CONNECTOR.begin(owner, sweep(SweepKind.FULL), None))
    assert {ask.access for ask in public} == {"public"}
    assert {ask.access for ask in private} == {"private"}
    assert {"held", "spam"} & {ask.purpose for ask in public} == set()
    assert {"held", "spam"} <= {ask.purpose for ask in private}


def _comment(identity: str) -> dict[str, object]:
    said = {"textOriginal": "Yes.", "textDisplay": "Yes.", "publishedAt": "2026-10-14T19:07:53Z"}
    author = {"authorDisplayName": "@ann", "authorChannelId": {"value": CHANNEL}}
    return {"kind": "youtube#comment", "id": identity, "snippet": {**said, **author}}


def test_it_keeps_to_the_contract() -> None:
    under = RecordRef("comment/Ug1", RecordKind.COMMENT, "video/F1UP7wRCPH8")
    refs = [RecordRef("video/F1UP7wRCPH8", RecordKind.POST), under, RecordRef(f"channel/{CHANNEL}", RecordKind.PROFILE)]
    snippet = {"videoId": "F1UP7wRCPH8", "topLevelComment": _comment("Ug1"), "totalReplyCount": 1}
    thread = {"kind": "youtube#commentThread", "snippet": snippet, "replies": {"comments": [_comment("Ug1.a")]}}
    listed = {"kind": "youtube#commentThreadListResponse", "items": [thread], "nextPageToken": "t"}
    examples = [conformance.Example(ask, listed) for ask in (ASKS.comments("F1UP7wRCPH8"), ASKS.recent())]
    conformance.check(CONNECTOR, ACCOUNT, ["https://www.youtube.com/@city"], refs, examples)
    asks = (ASKS.comments("v"), ASKS.recent(), ASKS.uploads("UU1"), ASKS.channel(), *ASKS.videos(["video/a"]))
    names = {*conformance.member_names(examples), "contentDetails", "relatedPlaylists", "resourceId", "status"}
    conformance.check_answers(CONNECTOR, asks, names)
    for ask in asks:  # bodies of the right kind, with anything in them
        for kind in ("commentThread", "comment", "video", "playlistItem", "channel"):
            for items in hostile.shapes(sorted(names), 40):
                body = hostile.as_bytes({"kind": f"youtube#{kind}ListResponse", "items": items})
                CONNECTOR.read(ask, answer(body))
