"""What is a platform's delivery and what is not, what is answered to whom, and what of a body is whose: rules alone."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import load_platforms
from archiver.capture import authenticity
from archiver.capture.authenticity import Awaited, Verdict, answered, confirmed, copy_without, verdict, verified
from archiver.capture.streaming import Events
from archiver.capture.subscribing import Known, is_due
from archiver.practice import deliveries as practice
from connectors import deliveries
from connectors._linkedin_comments import comment_record
from connectors._linkedin_posts import Place
from connectors.conformance import Example, check_answers, member_names
from connectors.contract import AccessClass, AccountRef, Answer, Streams
from connectors.deliveries import Keyed, Receives

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET = "an application's secret 0123"
RECEIVING = {name: one for name, one in load_platforms([]).connectors.items() if isinstance(one, Receives)}
KEYED = {name: one.receives.challenge for name, one in RECEIVING.items() if isinstance(one.receives.challenge, Keyed)}
BODY = b'{"object":"page","entry":[]}'
sent_by = pytest.mark.parametrize("platform", practice.SIGNERS)


def judged(platform: str, headers: Mapping[str, str], body: bytes, secret: str = SECRET) -> Verdict:
    signed = RECEIVING[platform].receives.signed
    return verdict(signed, list(headers.items()), body, secret.encode(), NOW)


# Signatures


@sent_by
def test_a_signed_delivery_is_the_platforms_and_nothing_else_is(platform: str) -> None:
    headers, body = practice.signed(platform, SECRET, BODY, AT)
    (name,) = set(headers) - {"Content-Type"}
    assert judged(platform, headers, body) is Verdict.GOOD
    assert judged(platform, {name.upper(): headers[name]}, body) is Verdict.GOOD
    assert judged(platform, headers, body + b" ") is Verdict.WRONG
    assert judged(platform, headers, body, SECRET + "x") is Verdict.WRONG
    assert judged(platform, headers, body, "") is Verdict.UNSIGNED
    assert judged(platform, {}, body) is Verdict.UNSIGNED
    signed = RECEIVING[platform].receives.signed
    assert verdict(signed, [*headers.items(), *headers.items()], body, SECRET.encode(), NOW) is Verdict.UNSIGNED


@sent_by
@given(where=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_one_bit_makes_it_another(platform: str, where: int, bit: int) -> None:
    headers, _ = practice.signed(platform, SECRET, BODY, AT)
    changed = bytearray(BODY)
    changed[where] ^= 1 << bit
    assert judged(platform, headers, bytes(changed)) is Verdict.WRONG


@sent_by
@given(value=st.text(max_size=80))
def test_no_header_that_a_stranger_makes_up_raises_or_passes(platform: str, value: str) -> None:
    assert judged(platform, {RECEIVING[platform].receives.signed.header: value}, BODY) is not Verdict.GOOD


@pytest.mark.parametrize(
    ("seconds", "found"), [(0, "good"), (345_600, "good"), (-345_600, "good"), (345_601, "stale"), (-345_601, "stale")]
)
def test_a_time_that_is_not_ours_is_stale(seconds: int, found: str) -> None:
    headers, body = practice.signed("tiktok", SECRET, BODY, AT - seconds)
    assert judged("tiktok", headers, body) == found
    moved = {"TikTok-Signature": headers["TikTok-Signature"].replace(str(AT - seconds), str(AT - 1))}
    assert judged("tiktok", moved, body) is not Verdict.GOOD


def test_a_hub_may_sign_with_any_of_its_hashes() -> None:
    for name in ("sha1", "sha256", "sha384", "sha512"):
        signature = f"{name}={hmac.digest(SECRET.encode(), BODY, name).hex()}"
        assert judged("youtube", {"X-Hub-Signature": signature}, BODY) is Verdict.GOOD
    assert judged("youtube", {"X-Hub-Signature": "md5=00"}, BODY) is Verdict.UNSIGNED


# Challenges are no oracle


@pytest.mark.parametrize("platform", KEYED)
@given(data=st.data())
def test_whatever_is_asked_no_answer_is_the_signature_of_a_delivery(platform: str, data: st.DataObject) -> None:
    """A stranger chooses what is asked: JSON, what stands before a body, a word that is then sent as a body."""
    keyed = KEYED[platform]
    words = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
    bodies = st.sampled_from([BODY.decode(), "hmacsha256={}", "{}", "[1]", ""])
    asked = data.draw(st.one_of(words, st.text(max_size=200), bodies))
    said = answered(keyed, {keyed.parameter: asked}, SECRET.encode())
    if said is None:
        return
    assert authenticity.is_word(asked)
    signature = json.loads(said)[keyed.answer]
    receiving = RECEIVING[platform].receives
    for form in ("", *receiving.signed.forms):
        bare = signature.removeprefix(keyed.prefix)
        for body in (asked.encode(), receiving.signed.before + asked.encode()):
            headers = [(receiving.signed.header, form + bare)]
            assert verdict(receiving.signed, headers, body, SECRET.encode(), NOW) is not Verdict.GOOD


@pytest.mark.parametrize("platform", KEYED)
@pytest.mark.parametrize("asked", [BODY.decode(), "a b", "a.b", "ä", "a" * 129, "", "a=b", "hmacsha256={}", "a\n"])
def test_what_is_no_word_is_not_answered(platform: str, asked: str) -> None:
    keyed = KEYED[platform]
    assert answered(keyed, {keyed.parameter: asked}, SECRET.encode()) is None
    assert answered(keyed, {keyed.parameter: "NGM1ZTkz-MjQ_1"}, b"") is None


def test_challenges_are_answered_as_the_platforms_say() -> None:
    word, key = "NGM1ZTkzMjQtYmIxYS00", SECRET.encode()
    digest = hmac.digest(key, word.encode(), "sha256")
    said = json.loads(answered(KEYED["x"], {"crc_token": word}, key) or b"")
    assert said["response_token"].startswith("sha256=")
    said = json.loads(answered(KEYED["linkedin"], {"challengeCode": word}, key) or b"")
    assert said == {"challengeCode": word, "challengeResponse": digest.hex()}


def test_meta_is_answered_only_if_it_knows_the_token() -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "known"}
    assert verified(asked, "known") == b"1158201444"
    for other in ({"hub.verify_token": "other"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": "<script>"}):
        assert verified(asked | other, "known") is None
    assert verified(asked | {"hub.verify_token": ""}, "") is None


# Hubs

TOPIC = "https://www.youtube.com/xml/feeds/videos.xml?channel_id=UC1"
ASKED = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "12345", "hub.lease_seconds": "432000"}


def test_a_hub_is_answered_what_we_asked_for_and_are_waiting_for() -> None:
    found = confirmed(ASKED, Awaited(TOPIC, NOW, None), NOW)
    assert found is not None
    assert (found.challenge, found.lease_until) == (b"12345", NOW + timedelta(days=5))
    strangers = (
        {"hub.mode": "unsubscribe"}, {"hub.mode": "denied"}, {"hub.topic": TOPIC + "2"}, {"hub.lease_seconds": "60"},
        {"hub.lease_seconds": "-1"}, {"hub.lease_seconds": "9" * 30}, {"hub.challenge": "a b"}, {"hub.challenge": ""},
    )  # fmt: skip
    for other in strangers:
        assert confirmed(ASKED | other, Awaited(TOPIC, NOW, None), NOW) is None
    assert confirmed(ASKED, Awaited(TOPIC, None, None), NOW) is None, "nothing is waited for"
    assert confirmed(ASKED, Awaited(TOPIC, NOW - timedelta(days=2), None), NOW) is None


@given(seconds=st.integers(0, 10**9 - 1), left=st.integers(-100, 100))
def test_no_answer_makes_a_lease_shorter_or_endless(seconds: int, left: int) -> None:
    until = NOW + timedelta(hours=left)
    found = confirmed(ASKED | {"hub.lease_seconds": str(seconds)}, Awaited(TOPIC, NOW, until), NOW)
    assert (found is None) == (timedelta(seconds=seconds) < authenticity.SHORTEST_LEASE)
    if found is not None:
        assert until <= found.lease_until <= max(until, NOW + authenticity.LONGEST_LEASE)


@pytest.mark.parametrize(
    ("known", "due"),
    [
        (Known(), True),
        (Known(NOW, awaited=True), False),
        (Known(NOW - timedelta(hours=2), awaited=True), True),
        (Known(NOW - timedelta(days=1), confirmed_at=NOW, lease_until=NOW + timedelta(days=9)), False),
        (Known(NOW - timedelta(days=9), confirmed_at=NOW, lease_until=NOW + timedelta(days=1)), True),
        (Known(NOW, confirmed_at=NOW, lease_until=NOW + timedelta(days=1)), False),
        (Known(NOW - timedelta(minutes=5), failed="the answer was 500"), False),
        (Known(NOW - timedelta(hours=2), confirmed_at=NOW, failed="the answer was 500"), True),
        (Known(NOW - timedelta(hours=2), confirmed_at=NOW), False),
        (Known(NOW - timedelta(days=1), confirmed_at=NOW), True),
    ],
)
def test_subscriptions_are_asked_for_before_they_end_and_not_all_the_time(known: Known, due: bool) -> None:
    assert is_due(known, timedelta(days=1), NOW) == due


# Whose what of a body is

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=4), _values, max_size=3), max_size=5),
    st.dictionaries(st.text(max_size=4).filter(lambda name: name != "entry"), _values, max_size=3),
    st.booleans(),
    st.sampled_from([None, 1, 2]),
    st.data(),
)
def test_a_body_is_divided_to_the_byte(
    listed: list[object], more: dict[str, object], escaped: bool, indent: int | None, data: st.DataObject
) -> None:
    body = json.dumps({**more, "entry": listed}, ensure_ascii=escaped, indent=indent).encode("utf-8", "surrogatepass")
    found = deliveries.entries(body, "entry")
    if found is None:
        assert not escaped, "lone surrogates are no UTF-8"
        return
    assert [json.loads(body[start:end]) for _, (start, end) in found] == listed
    others = [span for _, span in found if data.draw(st.booleans())]
    copy, masked = copy_without(body, others)
    assert len(copy) == len(body)
    read = json.loads(copy)["entry"]
    for (_, span), kept in zip(found, read, strict=True):
        start, end = span
        assert kept == ("*" * (end - start - 2) if span in others else json.loads(body[start:end]))
    rest = bytearray(copy)
    for start, end, _ in masked:
        rest[start:end] = body[start:end]
    assert bytes(rest) == body, "nothing else was touched"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"entry"', b'{"entry":1}', b'{"entry":[1]}', b'{"entry":[{}],"entry":[{}]}',
     b'{"entry":[{}]} x',
     b'{"entry":[{}', b'{"entry":[{},]}', b"\xff", b"[" * 100_000, b'{"entry":' + b"[" * 100_000],
)  # fmt: skip
def test_what_cannot_be_divided_is_nobodys(body: bytes) -> None:
    assert deliveries.entries(body, "entry") is None
    assert all(one.parts(body) in (None, (), []) for one in RECEIVING.values())


POST = "1995000000000000000"
_PAGE = "urn:li:organization:12345"
SAMPLES = {
    "facebook": practice.page_changes({"12345": [practice.page_comment("12345_1", "1_2", "Words")]}),
    "instagram": practice.page_changes(
        {"12345": [{"id": "2", "text": "Words", "media": {"id": "1"}, "from": {"id": "7", "username": "a"}}]},
        what="instagram",
    ),
    "threads": practice.thread_reply("12345", "1", "2", "Words"),
    "x": practice.activity("12345", {"id": POST, "text": "Words", "author_id": "7", "conversation_id": "1"}),
    "youtube": practice.video_feed("UC" + "a" * 22, "abcdefghijk"),
    "linkedin": practice.page_actions(practice.page_action(_PAGE, "urn:li:share:1", 2, "Words")),
    "tiktok": practice.comment_update("12345", "1", "2", "Words"),
}
NAMED = {
    "facebook": (["comment/1_2"], ["post/12345_1"]),
    "instagram": (["comment/2"], ["media/1"]),
    "threads": (["media/2"], ["media/1"]),
    "x": ([f"post/{POST}"], ["post/1"]),
    "youtube": (["video/abcdefghijk"], ["video/abcdefghijk"]),
    "linkedin": (["comment/2"], ["share/1"]),
    "tiktok": (["comment/2"], ["video/1"]),
}


def account(platform: str) -> AccountRef:
    number = "UC" + "a" * 22 if platform == "youtube" else "12345"
    return AccountRef("ac_1", platform, "https://city.example", number, "city", "https://city.example/city")


@pytest.mark.parametrize("platform", RECEIVING)
def test_each_delivery_says_whose_it_is_and_what_to_look_at(platform: str) -> None:
    connector, body = RECEIVING[platform], SAMPLES[platform]
    (part,) = connector.parts(body) or ()
    assert part.account == account(platform).platform_id
    public = AccessClass.PUBLIC if platform == "youtube" else AccessClass.PRIVATE
    assert part.access is public, "what does not say that everybody sees it is private"
    heard = connector.delivered(account(platform), body)
    assert ([*heard.keys], [*(heard.threads or ())]) == NAMED[platform]
    assert heard.at is None, "no time follows from a delivery"


@pytest.mark.parametrize("platform", RECEIVING)
@given(data=st.data())
def test_no_delivery_raises_whatever_is_in_it(platform: str, data: st.DataObject) -> None:
    connector, body = RECEIVING[platform], SAMPLES[platform]
    cut = data.draw(st.integers(0, len(body)))
    other = data.draw(st.binary(max_size=12))
    changed = body[:cut] + other + body[cut + data.draw(st.integers(0, 12)) :]
    connector.parts(changed)
    connector.delivered(account(platform), changed)


_OTHERS = {"owner": "urn:li:organization:9", "entity": "urn:li:share:8"}
_REPLY = {"entity": "urn:li:comment:(urn:li:activity:1,3)", "object": "urn:li:comment:(activity:1,2)", "text": "Yes"}


@pytest.mark.parametrize(
    ("action", "keys", "threads", "told"),
    [
        ({}, ["comment/2"], ["share/1"], [("Words", "share/1", "comment")]),
        ({"decoratedGeneratedActivity": None}, ["comment/2"], ["share/1"], []),
        ({"decoratedGeneratedActivity": {"comment": _REPLY}}, ["comment/3"], ["share/1"],
         [("Yes", "comment/2", "reply")]),
        ({"action": "COMMENT_DELETE"}, ["comment/2"], ["share/1"], []),
        ({"action": "COMMENT_EDIT"}, ["comment/2"], ["share/1"], [("Words", "share/1", "comment")]),
        ({"action": "LIKE", "decoratedGeneratedActivity": None, "generatedActivity": None}, [], ["share/1"], []),
        ({"action": "SHARE_MENTION", "decoratedSourcePost": _OTHERS}, ["comment/2"], [], []),
        ({"decoratedSourcePost": None}, ["comment/2"], [], []),
        ({"decoratedSourcePost": None, "sourcePost": "urn:li:ugcPost:4"}, ["comment/2"], ["ugcPost/4"],
         [("Words", "ugcPost/4", "comment")]),
        ({"decoratedSourcePost": [], "decoratedGeneratedActivity": {"comment": 1}, "generatedActivity": 5}, [], [], []),
    ],
)  # fmt: skip
def test_what_linkedin_decorates_a_notification_with_names_what_it_is_about(
    action: dict[str, object], keys: list[str], threads: list[str], told: list[tuple[str, str, str]]
) -> None:
    connector = RECEIVING["linkedin"]
    body = practice.page_actions(practice.page_action(_PAGE, "urn:li:share:1", 2, "Words", **action))
    heard = connector.delivered(account("linkedin"), body)
    assert ([*heard.keys], [*(heard.threads or ())]) == (keys, threads)
    asked = deliveries.delivery_ask("linkedin", account("linkedin"), AccessClass.PRIVATE)
    read = connector.read(replace(asked, context={**asked.context, "said": keys}), Answer(0, (), body, NOW))
    assert [(one.text, one.parent, one.word) for one in read.records] == told
    assert all(one.url is None for one in read.records), "under what it stands is not sure: it is not asked for by that"
    listed = {"id": "2", "message": {"text": "Words"}, "created": {"time": 1}}
    seen = comment_record(listed, Place("", "", "", ""), "share/1", {})
    assert all(one.content == seen.content for one in read.records if one.key == seen.key), "no edit that nobody made"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, [("Words", "video/1", "comment")]),
        ({"under": 7}, [("Words", "comment/7", "reply")]),
        ({"action": "set_to_public"}, [("Words", "video/1", "comment")]),
        *(({"action": one}, []) for one in ("delete", "set_to_hidden", "set_to_friends_only", "?")),
        ({"words": None}, []),
    ],
)
def test_words_of_tiktok_count_where_the_comment_stands(more: dict[str, Any], told: list[tuple[str, str, str]]) -> None:
    connector, body = RECEIVING["tiktok"], practice.comment_update("12345", "1", "2", **{"words": "Words", **more})
    assert connector.delivered(account("tiktok"), body).keys == ("comment/2",), "it is looked at in any case"
    asked = deliveries.delivery_ask("tiktok", account("tiktok"), AccessClass.PRIVATE)
    read = connector.read(replace(asked, context={**asked.context, "said": ["comment/2"]}), Answer(0, (), body, NOW))
    assert [(one.text, one.parent, one.word) for one in read.records] == told
    assert all(one.content == {"text": "Words"} for one in read.records)


PIECES = [b":thump\n", b"event: update\ndata: {}\n\n", b"event: delete\r\ndata: 1\r\n\r\n", b"\n"]


@given(st.lists(st.sampled_from(PIECES)), st.data())
def test_events_are_the_same_however_they_come_in_pieces(pieces: list[bytes], data: st.DataObject) -> None:
    stream, events, found = b"".join(pieces), Events(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += list(events.feed(stream[:size]))
        stream = stream[size:]
    whole = list(Events().feed(b"".join(pieces)))
    assert found == whole
    assert sum(b"data:" in one for one in found) == sum(b"data:" in one for one in pieces)


@pytest.mark.parametrize("platform", [*RECEIVING, "mastodon"])
def test_whatever_is_read_as_a_delivery_is_read_without_harm(platform: str) -> None:
    connector = load_platforms([]).connectors[platform]
    keys = [f"{kind}/{n}" for kind in ("comment", "media", "post", "status") for n in (1, 2)]
    if isinstance(connector, Streams):
        asked = connector.stream(replace(account(platform), authorised=True))
        status = {
            "id": "1",
            "content": "<p>Words</p>",
            "created_at": "2026-03-02T08:00:00Z",
            "account": {"id": "12345"},
        }
        body = f"event: update\ndata: {json.dumps(status)}\n".encode()
    else:
        asked, body = deliveries.delivery_ask(platform, account(platform), AccessClass.PRIVATE), SAMPLES[platform]
    assert asked is not None
    named = [*keys, *NAMED.get(platform, ([], []))[0]]
    ask = replace(asked, context={**asked.context, "said": named})
    read = connector.read(ask, Answer(0, (), body, NOW))
    assert all(record.created_at is None for record in read.records) or platform in ("x", "mastodon")
    told = json.loads(body) if body.startswith(b"{") else {}
    names = member_names([Example(ask, told)])
    check_answers(connector, [ask], names)
    # Words of what was seen before do not count.
    silent = connector.read(replace(ask, context={**ask.context, "said": []}), Answer(0, (), body, NOW))
    assert silent.records == ()


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        *((one, "Words") for one in ("facebook", "instagram", "threads", "x")),
        ("youtube", ""),
    ],
)
def test_words_that_nobody_saw_are_read_without_a_time_of_the_platforms(platform: str, words: str) -> None:
    (key,), _ = NAMED[platform]
    asked = deliveries.delivery_ask(platform, account(platform), AccessClass.PRIVATE)
    ask = replace(asked, context={**asked.context, "said": [key]})
    (record,) = RECEIVING[platform].read(ask, Answer(0, (), SAMPLES[platform], NOW)).records
    assert (record.key, record.text) == (key, words)
    assert record.created_at is None or platform == "x", "the id of a post of X holds its time"
