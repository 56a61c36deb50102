"""What the files of exports mean: pure functions of their bytes, for anything that may be in them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AccessClass, AccountRef, Answer, Ask, RecordKind, State, Stream
from connectors.exports import EXPORTS
from connectors.exports.contract import Export, Identity, ImportReading, Use, Why
from connectors.exports.x import XArchive
from tests.imports.builders import (
    MADE_AT,
    boost,
    car,
    mastodon_files,
    message,
    note,
    snowflake,
    tweet,
    x_files,
    ytd,
)

SITE = "https://social.city.example"
DID = "did:plc:abcdefghijklmnopqrstuvwx"
CONTEXT = {
    "account": "42",
    "handle": "elm",
    "name": "City of Elm",
    "site": SITE,
    "url": "https://x.com/elm",
    "block": 0,
}
FIRST, SECOND = (snowflake(MADE_AT - timedelta(days=days)) for days in (9, 8))


def read(name: str, purpose: str, body: bytes, /, **context: Any) -> ImportReading:
    ask = Ask(url="urn:x", stream=Stream.POSTS, purpose=purpose, authorise="never", context=CONTEXT | context)
    return EXPORTS[name].read(ask, Answer(0, (), body, MADE_AT))


def account(export: Export, platform_id: str, handle: str = "elm", service: str = SITE) -> AccountRef:
    return AccountRef("ac_1", export.platform, service, platform_id, handle, f"{service}/@elm")


# X.


def test_a_post_of_an_x_archive_is_the_record_that_captures_make() -> None:
    edited = {"edit_info": {"edit": {"initialTweetId": FIRST, "editControlInitial": {"editTweetIds": [FIRST, SECOND]}}}}
    media = {"type": "photo", "id_str": "99", "media_url_https": "https://pbs.twimg.com/media/a.jpg"}
    link = {"url": "https://t.co/x", "expanded_url": "https://city.example/pool"}
    body = ytd(
        "tweets",
        [
            tweet(FIRST, "Pool &lt;open&gt; https://t.co/x", **edited, entities={"urls": [link]}),
            tweet(SECOND, "Pool closed", **edited, extended_entities={"media": [media]}),
            tweet(str(int(SECOND) + 1), "RT @other: hello"),
            tweet("20", "an early one", in_reply_to_status_id_str="19"),
        ],
    )
    found = read("x-archive", "posts", body)
    assert found.quarantine == ()
    first, second, shared, early = found.records
    assert first.key == second.key == f"post/{FIRST}"
    assert (first.retrospective, second.retrospective) == (True, False)
    assert first.text == "Pool <open> https://city.example/pool"
    assert [one.key for one in second.media] == ["3_99"]
    assert (shared.kind, early.kind, early.parent) == (RecordKind.SHARE, RecordKind.COMMENT, "post/19")
    assert early.created_at is not None
    assert early.created_at.isoformat() == "2026-01-05T10:00:00+00:00"
    for one in found.records:
        start, end = (int(each) for each in one.place.removeprefix("bytes=").split("-"))
        assert json.loads(body[start:end])["tweet"]["id_str"] in one.content["version"]
        assert {start, end} <= set(found.cuts)


def test_a_later_block_of_a_list_is_read_without_its_beginning() -> None:
    body = b", " + json.dumps(tweet(FIRST, "in the middle")).encode()
    assert [one.text for one in read("x-archive", "posts", body, block=1).records] == ["in the middle"]


def test_messages_are_private_each_with_its_own_place() -> None:
    talk = {"dmConversation": {"conversationId": "5-42", "messages": [
        message("7", "5", '"]}'), {"joinConversation": {}}, message("8", "42", "yes")]}}  # fmt: skip
    body = ytd("direct_messages", [talk])
    found = read("x-archive", "messages", body)
    assert found.private == {"dm/7", "dm/8"}
    assert {one.kind for one in found.records} == {RecordKind.MESSAGE}
    for one, words in zip(found.records, ('"]}', "yes"), strict=True):
        start, end = (int(each) for each in one.place.removeprefix("bytes=").split("-"))
        assert json.loads(body[start:end])["messageCreate"]["text"] == words


def test_what_an_owner_deleted_is_told_as_the_export_tells_it() -> None:
    (one,) = read("x-archive", "deleted", ytd("deleted_tweets", [tweet(FIRST, "oops")])).records
    assert one.state is State.DELETED_BY_AUTHOR


@pytest.mark.parametrize(
    "name", ["data/ad-engagements.js", "data/ip-audit.js", "data/contact.js", "data/phone-number.js", "data/account.js",
             "data/device-token.js", "data/email-address-change.js", "data/something-new.js"],
)  # fmt: skip
def test_what_is_personal_in_an_x_archive_is_never_stored(name: str) -> None:
    planned = EXPORTS["x-archive"].plan(name)
    assert (planned.use, planned.why) == (Use.LEFT_OUT, Why.PERSONAL)


@pytest.mark.parametrize(
    ("turns", "broken", "protected"),
    [
        (None, False, False),
        ([], False, False),
        ([("2020-01-01T00:00:00.000Z", "Protect")], False, True),
        ([("2021-01-01T00:00:00.000Z", "Unprotect"), ("2020-01-01T00:00:00.000Z", "Protect")], False, False),
        ([], True, True),
        ([("2020-01-01T00:00:00.000Z", "?")], False, True),
    ],
)
def test_whether_only_followers_could_see_it(turns: Any, broken: bool, protected: bool) -> None:
    files = {name: body for name, body in x_files("42", "elm").items() if name in XArchive().telling([name])}
    if turns is not None:
        listed = [{"protectedHistory": {"protectedAt": at, "action": turn}} for at, turn in turns]
        files["data/protected-history.js"] = ytd("protected_history", listed)[: -1 if broken else None]
    assert XArchive().identity(files).protected is protected


@pytest.mark.parametrize("name", ["article", "note-tweet", "community-note"])
def test_what_may_hold_drafts_is_private(name: str) -> None:
    assert XArchive().plan(f"data/{name}.js").access is AccessClass.PRIVATE
    assert XArchive().plan("data/tweetdeck.js").use is Use.LEFT_OUT


def test_an_older_x_archive_says_whose_it_is_in_another_file() -> None:
    files = x_files("42", "elm")
    del files["data/manifest.js"]
    export = EXPORTS["x-archive"]
    assert export.root({f"twitter-2024/{name}" for name in files}) == "twitter-2024/"
    identity = export.identity({name: files[name] for name in export.telling(files)})
    assert (identity.platform_id, identity.made_at) == ("42", None)
    files["data/manifest.js"] = x_files("43", "elm")["data/manifest.js"]
    with pytest.raises(ValueError, match="whose it is"):
        export.identity(files)


# Mastodon.


def test_statuses_of_a_mastodon_archive_have_their_numbers_and_who_may_see_them() -> None:
    picture = {
        "type": "Document",
        "mediaType": "image/png",
        "url": "/media_attachments/files/1/a.png",
        "name": "a tree",
    }
    items = [
        note(SITE, "elm", "1", "open", attachment=[picture], summary="pool"),
        note(SITE, "elm", "2", "only followers", to=f"{SITE}/users/elm/followers"),
        note(SITE, "elm", "3", "an answer", inReplyTo=f"{SITE}/users/elm/statuses/1"),
        note(SITE, "elm", "4", "to a stranger", inReplyTo="https://other.example/users/x/statuses/9"),
        boost(SITE, "elm", "5", "https://other.example/users/x/statuses/9"),
        {"type": "Create", "object": {"id": "nonsense"}},
        {"type": "Delete", "object": "x"},
    ]
    files = mastodon_files(SITE, "elm", items)
    found = read("mastodon-archive", "outbox", files["outbox.json"])
    by_key = {one.key: one for one in found.records}
    assert set(by_key) == {f"status/{number}" for number in range(1, 6)}
    assert found.private == {"status/2"}
    assert by_key["status/2"].kind is RecordKind.MESSAGE
    assert by_key["status/1"].text == "pool\n\nopen\n\na tree"
    assert [one.url for one in by_key["status/1"].media] == [f"{SITE}/media_attachments/files/1/a.png"]
    assert (by_key["status/3"].parent, by_key["status/4"].parent) == ("status/1", None)
    assert by_key["status/5"].kind is RecordKind.SHARE
    assert [place for place, _ in found.quarantine] == ["/orderedItems/5"]
    assert read("mastodon-archive", "actor", files["actor.json"]).records[0].key == "account/42"


@pytest.mark.parametrize(
    ("number", "site", "handle", "own"),
    [
        ("42", SITE, "elm", True),
        ("43", SITE, "elm", False),
        (None, SITE, "elm@social.city.example", None),
        (None, SITE, "oak", False),
        ("42", "https://other.example", "elm", False),
    ],
)
def test_whose_a_mastodon_archive_is(number: str | None, site: str, handle: str, own: bool | None) -> None:
    export = EXPORTS["mastodon-archive"]
    identity = export.identity(mastodon_files(site, "elm", [], number=number))
    assert export.is_of(identity, account(export, "42", handle)) is own


# Bluesky.


def post(words: str, **more: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.post", "text": words, "createdAt": "2026-01-01T00:00:00Z"} | more


def repository(count: int = 7) -> bytes:
    records = {f"app.bsky.feed.post/3kaaaaaaaaaa{number}": post(f"post {number}") for number in range(count)}
    liked = {"$type": "app.bsky.feed.like", "createdAt": "2026-01-01T00:00:00Z"}
    return car(DID, records | {"app.bsky.feed.like/3kaaaaaaaaaaz": liked})


def test_records_of_a_repository_are_found_by_its_tree_and_checked() -> None:
    body = repository()
    found = read("bluesky-car", "repository", body, account=DID)
    assert [one.text for one in found.records] == [f"post {number}" for number in range(7)]
    assert found.records[0].key == f"at://{DID}/app.bsky.feed.post/3kaaaaaaaaaa0"
    export = EXPORTS["bluesky-car"]
    identity = export.identity({"repo.car": body})
    assert export.is_of(identity, account(export, DID)) is True
    assert export.is_of(identity, account(export, DID[:-1] + "y")) is False


@given(st.data())
def test_a_repository_with_any_byte_changed_gives_no_other_words(data: st.DataObject) -> None:
    body = bytearray(repository(3))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    found = read("bluesky-car", "repository", bytes(body), account=DID)
    assert {one.text for one in found.records} <= {"post 0", "post 1", "post 2"}
    cut = read("bluesky-car", "repository", bytes(body[:place]), account=DID)
    assert {one.text for one in cut.records} <= {"post 0", "post 1", "post 2"}


# YouTube.


HEADING = "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"plain, with ""quotes""\nand lines"', 'plain, with "quotes"\nand lines'),
        ('"{""takeoutSegments"":[{""text"":""one ""},{""text"":""two""}]}"', "one two"),
        ('"{""text"":""one ""},{""text"":""two""}"', "one two"),
        ('"{not json"', "{not json"),
    ],
)
def test_a_comment_of_takeout_is_the_record_that_captures_make(written: str, text: str) -> None:
    rows = [
        HEADING,
        f"Ug1,42,2026-01-05T10:00:00.123456+00:00,0,,,vid42,{written}",
        "Ug2,42,2026-01-05T10:00:00Z,0,Ug1,,vid42,yes",
        "Ug3,another,2026-01-05T10:00:00Z,0,,,vid42,no",
        "",
    ]
    body = "\n".join(rows).encode()
    found = read("youtube-takeout", "comments", body)
    first, second = found.records
    assert (first.key, first.text, first.parent, first.thread) == ("comment/Ug1", text, "video/vid42", "video/vid42")
    assert (second.key, second.parent) == ("comment/Ug2", "comment/Ug1")
    assert [why for _, why in found.quarantine] == ["of another channel"]
    start, end = (int(one) for one in first.place.removeprefix("bytes=").split("-"))
    assert body[start:end].startswith(b"Ug1,")


def test_private_videos_of_takeout_are_private() -> None:
    heading = "Video ID,Channel ID,Video Title (Original),Video Description (Original),Privacy,Video Create Timestamp"
    rows = ["a,42,Open,All of it,Public,2021-01-30T05:26:03+00:00", "b,42,Hidden,,Private,2021-02-01T00:00:00+00:00"]
    rows += ["c,42,Listed nowhere,,Unlisted,2021-02-01T00:00:00+00:00", "d,42,Not said,,Versteckt,", "e,42,Not said,,,"]
    found = read("youtube-takeout", "videos", "\r\n".join([heading, *rows]).encode())
    assert [one.text for one in found.records][:3] == ["Open\n\nAll of it", "Hidden", "Listed nowhere"]
    assert found.private == {"video/b", "video/d", "video/e"}
    export = EXPORTS["youtube-takeout"]
    names = ["Takeout/YouTube and YouTube Music/channels/channel.csv"]
    assert export.root(names) == "Takeout/YouTube and YouTube Music/"
    one = b"Channel ID,Channel Title (Original)\r\n42,City\r\n"
    assert export.identity({"channels/channel.csv": one}).platform_id == "42"
    with pytest.raises(ValueError, match="several"):
        export.identity({"channels/channel.csv": one + b"43,Parks\r\n"})


# All of them.


NAMES = """tweet id_str full_text entities urls dmConversation messages messageCreate orderedItems type object id
published to content attachment edit_info initial editTweetIds"""
KEYS = st.text() | st.sampled_from(NAMES.split())
LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([FIRST, SITE, "2026-01-01T00:00:00Z"])
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
PURPOSES = [
    ("youtube-takeout", "videos"), ("youtube-takeout", "comments"), ("warc", "warc-record"),
    ("x-archive", "posts"), ("x-archive", "deleted"), ("x-archive", "messages"), ("x-archive", "profile"),
    ("mastodon-archive", "outbox"), ("mastodon-archive", "actor"), ("bluesky-car", "repository"),
    ("facebook-export", "posts"), ("facebook-export", "comments"), ("facebook-export", "messages"),
    ("facebook-export", "pictures"), ("instagram-export", "posts"), ("instagram-export", "comments"),
    ("linkedin-archive", "shares"), ("linkedin-archive", "comments"), ("linkedin-archive", "messages"),
    ("tiktok-export", "videos"), ("tiktok-export", "comments"), ("tiktok-export", "messages"),
]  # fmt: skip


@given(st.sampled_from(PURPOSES), JSON | st.binary(), st.sampled_from([b"", b"window.YTD.x.part0 = "]))
def test_no_file_makes_a_reader_fail_and_it_says_the_same_again(
    which: tuple[str, str], what: Any, before: bytes
) -> None:
    body = before + (what if isinstance(what, bytes) else json.dumps(what).encode())
    found = read(*which, body)
    assert found == read(*which, body)
    assert len({(one.key, one.place) for one in found.records}) == len(found.records)
    assert list(found.cuts) == sorted(set(found.cuts))


@given(st.sampled_from(sorted(EXPORTS)), st.dictionaries(st.text(max_size=20), st.binary(max_size=50), max_size=3))
def test_identities_are_told_or_refused(name: str, files: dict[str, bytes]) -> None:
    export = EXPORTS[name]
    held = (
        dict.fromkeys(["data/manifest.js", "data/account.js", "actor.json", "x.car", "channels/channel.csv"], b"")
        | files
    )
    for some in (held, {one: held[one] for one in export.telling(held)}):
        try:
            assert isinstance(export.identity(some), Identity)
        except (ValueError, KeyError):
            continue


@given(st.sampled_from(sorted(EXPORTS)), st.text(max_size=60))
def test_every_name_has_a_plan_and_what_is_left_out_a_reason(name: str, file: str) -> None:
    planned = EXPORTS[name].plan(file)
    assert (planned.use is Use.LEFT_OUT) == (planned.why is not None)
