"""What the files of exports mean in which most things have no id: pure functions of their bytes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AccessClass, RecordKind, State
from connectors.exports import EXPORTS, fits
from connectors.exports._meta import meant
from connectors.exports.contract import Cuts, ImportReading, Use, Why
from connectors.exports.members import members
from connectors.exports.refusals import why_not
from connectors.exports.unnamed import Keys, is_unnamed, key_of, stable_name
from tests.imports.meta_builders import (
    LINKEDIN,
    PAGE,
    SECOND,
    SHARES,
    facebook_files,
    fb_comment,
    fb_post,
    instagram_files,
    mangled,
    meta,
    picture,
    talk,
    tiktok_data,
)
from tests.imports.test_formats import account, read

AT = datetime.fromtimestamp(SECOND, UTC)


def cut(name: str, file: str, body: bytes) -> list[bytes]:
    """What of a file is stored."""
    found = []
    for part in cast(Cuts, EXPORTS[name]).parts(file, body):
        piece = bytearray(body)
        for start, end, _ in part.hidden:
            piece[start:end] = b"*" * (end - start)
        found.append(bytes(piece[part.start : part.end]))
    return found


# Keys.


def test_keys_never_change() -> None:
    assert [key_of(RecordKind.POST, AT, "The pool opens"), key_of(RecordKind.COMMENT, AT, "a", "b")] == FROZEN


FROZEN = [
    "export/post/1767607445/xntsuti4d5zwdmzckk2qkhraa2debyr2",
    "export/comment/1767607445/uhizcmmpax6fu7bnhhwdw5d566vtv2rk",
]


def test_identical_entries_are_numbered_and_others_are_not() -> None:
    keys = Keys()
    first, second, other = (keys.of(RecordKind.POST, AT, words) for words in ("a", "a", "b"))
    assert second == f"{first}/2"
    assert is_unnamed(other)
    assert "/" not in other.removeprefix(first.rpartition("/")[0] + "/")


def test_facts_do_not_run_into_each_other() -> None:
    assert key_of(RecordKind.POST, AT, "ab", "c") != key_of(RecordKind.POST, AT, "a", "bc")


def test_no_connector_makes_such_a_key() -> None:
    sources = [one for one in Path("connectors").glob("*.py") if "exports" not in one.parts]
    assert len(sources) > 50
    for one in sources:
        assert not re.search(r"""["']export/""", one.read_text()), one


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (f"{PAGE}/posts/media/28819_1251667781858_646231_n_1251667781858.jpg", "1251667781858"),
        ("posts/media/your_posts/1251667781858.png", "1251667781858"),
        ("media/posts/202601/a1b2_n.jpg", "a1b2_n"),
        ("plain", "plain"),
    ],
)
def test_of_a_files_name_what_stays_is_taken(file: str, name: str) -> None:
    assert stable_name(file) == name


# Meta's way to write texts.


@given(st.text())
def test_texts_of_meta_are_read_as_they_were_meant(words: str) -> None:
    encodable = words.encode("utf-8", "ignore").decode()
    assert meant(mangled(encodable)) == encodable


@given(st.text())
def test_what_cannot_be_undone_stays(words: str) -> None:
    assert isinstance(meant(words), str)
    if all(ord(char) < 0x80 for char in words):
        assert meant(words) == words


def test_a_text_cut_in_the_middle_of_a_character_keeps_the_rest() -> None:
    assert meant(mangled("Café") + " \xc3") == "Café \xc3"


# Facebook.


def test_what_a_page_published_is_told_with_its_files() -> None:
    shown = picture(f"{PAGE}/posts/media/1_n_12516677818.jpg", description="Pool – café")
    link = {
        "timestamp": SECOND,
        "data": [],
        "attachments": [{"data": [{"external_context": {"url": "https://a.example/"}}]}],
    }
    body = meta([fb_post("Pool – café opens", SECOND, shown), link, fb_post("", SECOND, title="City of Elm moved.")])
    found = read("facebook-export", "posts", body)
    post, linked, moved = found.records
    assert (post.text, post.created_at, post.place) == ("Pool – café opens\n\nPool – café", AT, "/0")
    assert [(one.url, one.alt_text) for one in post.media] == [
        (f"{PAGE}/posts/media/1_n_12516677818.jpg", "Pool – café")
    ]
    assert (linked.text, moved.text) == ("https://a.example/", "City of Elm moved.")
    assert post.author is not None
    assert (post.author.id, found.private, found.quarantine) == ("42", frozenset(), ())


def test_exports_of_different_forms_give_the_same_entry_the_same_key() -> None:
    new = fb_post("Pool", SECOND, picture(f"{PAGE}/posts/media/12516677818.jpg"))
    old = fb_post("Pool", SECOND, picture("posts/media/your_posts/1_2_n_12516677818.png"), title="Elm added a photo.")
    keys = [read("facebook-export", "posts", meta([one])).records[0].key for one in (new, old)]
    assert keys[0] == keys[1]
    before = meta([fb_post("Other", SECOND), new])
    assert read("facebook-export", "posts", before).records[1].key == keys[0]


def test_of_a_persons_profile_all_is_private_and_a_person_has_to_make_sure() -> None:
    export = EXPORTS["facebook-export"]
    for inside, protected in (("your_facebook_activity", True), (PAGE, False)):
        files = facebook_files([], inside=inside)
        identity = export.identity({one: files[one] for one in export.telling(files)})
        assert (identity.protected, "person's profile" in identity.doubt) == (protected, protected)


def test_comments_are_those_of_the_account_and_what_stands_under_single_pictures() -> None:
    said = read("facebook-export", "comments", meta({"comments_v2": [
        fb_comment("Thank you"), fb_comment("In a group", SECOND + 1, group="Closed"),
        fb_comment("Other", author="Jo Doe"),
    ]}))  # fmt: skip
    own, group, other = said.records
    assert (own.author and own.author.id, other.author and (other.author.id, other.author.name)) == (
        "42",
        (None, "Jo Doe"),
    )
    assert said.private == {group.key}
    under = picture("a/12516677818.jpg", comments=[{"timestamp": SECOND, "comment": "Nice", "author": "Jo Doe"}])
    from_post = read("facebook-export", "posts", meta([fb_post("x", SECOND, under, under)])).records
    from_album = read("facebook-export", "pictures", meta({"name": "A", "photos": [under]})).records
    assert [one.key for one in from_post if one.kind is RecordKind.COMMENT] == [one.key for one in from_album]
    assert len(from_album) == 1


def test_messages_are_private_and_keep_their_key_when_the_conversations_name_changes() -> None:
    told = talk(("Jo Doe", "Is the pool open?", 1000), ("City of Elm", "Yes – at noon", 2000), ("Jo Doe", "ok", 3000))
    found = read("facebook-export", "messages", meta(told))
    assert found.private == {one.key for one in found.records}
    assert [one.author and one.author.id for one in found.records] == [None, "42", None]
    renamed = told | {"thread_path": "archived_threads/otherjo_1234567890"}
    assert [one.key for one in read("facebook-export", "messages", meta(renamed)).records] == [
        one.key for one in found.records
    ]


def test_who_uploaded_something_is_overwritten_and_nobody_can_write_what_looks_like_it() -> None:
    body = meta([fb_post('say "upload_ip": "secret words"', SECOND, picture("a.jpg"))])
    (stored,) = cut("facebook-export", "x", body)
    assert b"203.0.113.9" not in stored
    assert b"b1f3-phone" not in stored
    assert b"secret words" in stored
    assert len(stored) == len(body)
    assert read("facebook-export", "posts", stored) == read("facebook-export", "posts", body)


@pytest.mark.parametrize(
    ("purpose", "body"),
    [
        ("posts", [{"timestamp": SECOND, "label_values": [{"label": "Beitrag", "value": "Hallo"}]}]),
        ("comments", {"kommentare": []}),
        ("messages", {"nachrichten": []}),
    ],
)
def test_what_is_written_in_another_way_is_told_and_not_half_read(purpose: str, body: Any) -> None:
    found = read("facebook-export", purpose, meta(body))
    assert found.records == ()
    assert "English" in found.quarantine[0][1]


@pytest.mark.parametrize(
    ("name", "use", "why"),
    [
        ("profile_information/profile_information.json", Use.LEFT_OUT, Why.PERSONAL),
        ("security_and_login_information/your_ip.json", Use.LEFT_OUT, Why.PERSONAL),
        ("connections/followers/who.json", Use.LEFT_OUT, Why.PERSONAL),
        ("logged_information/search/your_search_history.json", Use.LEFT_OUT, Why.PERSONAL),
        (f"{PAGE}/comments_and_reactions/likes_and_reactions_1.json", Use.LEFT_OUT, Why.NO_RECORD),
        (f"{PAGE}/posts/something_new.json", Use.LEFT_OUT, Why.UNKNOWN),
        (f"{PAGE}/posts/media/a.jpg", Use.FILE, None),
        (f"{PAGE}/messages/inbox/jo_1/photos/a.jpg", Use.FILE, None),
    ],
)
def test_what_becomes_of_facebooks_files(name: str, use: Use, why: Why | None) -> None:
    planned = EXPORTS["facebook-export"].plan(name)
    assert (planned.use, planned.why) == (use, why)
    if use is Use.FILE:
        assert (planned.access is AccessClass.PRIVATE_MEDIA) == ("messages" in name)


@pytest.mark.parametrize(
    ("names", "root"),
    [
        ([f"a/{PAGE}/posts/profile_posts_1.json", "a/index.html"], "a/"),
        (["your_facebook_activity/messages/inbox/a_1/message_1.json"], ""),
        (["facebook-elm/posts/your_posts_1.json"], "facebook-elm/"),
        (["posts/profile_posts_1.html"], None),
    ],
)
def test_where_facebooks_export_begins(names: list[str], root: str | None) -> None:
    assert EXPORTS["facebook-export"].root(names) == root


# Instagram.


def test_what_instagram_tells_and_who_could_see_it() -> None:
    post = {
        "media": [picture("media/posts/1.jpg"), picture("media/posts/2.jpg")],
        "title": "Ein café",
        "creation_timestamp": SECOND,
    }
    single = {"media": [picture("media/posts/3.jpg", title="one")]}
    found = read("instagram-export", "posts", meta([post, single]))
    assert [(one.text, len(one.media), one.created_at) for one in found.records] == [
        ("Ein café", 2, AT),
        ("one", 1, AT),
    ]
    assert found.private == frozenset()
    for purpose, name, state in (
        ("stories", "ig_stories", State.VISIBLE),
        ("archived", "ig_archived_post_media", State.HIDDEN_BY_PAGE),
        ("deleted", "ig_recently_deleted_media", State.DELETED_BY_AUTHOR),
    ):
        entry = picture("media/x/4.jpg", title="y") if purpose == "stories" else single
        some = read("instagram-export", purpose, meta({name: [entry]}))
        assert [one.state for one in some.records] == [state]
        assert some.private == {some.records[0].key}


def test_comments_on_instagram_are_public_under_what_is_the_accounts_own_alone() -> None:
    def said(words: str, owner: str) -> dict[str, Any]:
        told = {"Comment": {"value": words}, "Media Owner": {"value": owner}, "Time": {"timestamp": SECOND}}
        return {"media_list_data": [], "string_map_data": told}

    german = {"string_map_data": {"Kommentar": {"value": "x"}, "Zeit": {"timestamp": SECOND}}}
    body = meta({"comments_reels_comments": [said("ours", "Elm"), said("theirs", "jo"), german]})
    found = read("instagram-export", "comments", body)
    assert found.private == {found.records[1].key}
    assert "English" in found.quarantine[0][1]


def test_whose_instagrams_export_is() -> None:
    export, files = EXPORTS["instagram-export"], instagram_files("elm", [])
    identity = export.identity({one: files[one] for one in export.telling(files)})
    assert (identity.handle, identity.protected) == ("elm", False)
    closed = instagram_files("elm", [], private=True)
    assert export.identity({one: closed[one] for one in export.telling(closed)}).protected
    assert export.is_of(identity, account(export, "42")) is None
    assert export.is_of(identity, account(export, "42", "oak")) is False
    assert export.plan(export.telling(files)[0]).why is Why.PERSONAL
    with pytest.raises(ValueError, match="English"):
        export.identity(
            {"personal_information.json": meta({"profile_user": [{"string_map_data": {"Benutzername": {}}}]})}
        )


# LinkedIn.


def test_shares_of_linkedin_are_the_posts_that_captures_make() -> None:
    rows = [
        f'2026-01-05 10:04:05,{LINKEDIN}share%3A7448,"The ""pool"" opens",https://a.example/,,PUBLIC',
        f'2026-01-05 10:04:05 UTC,{LINKEDIN}ugcPost%3A7458,"Line one""\n""line two",,,MEMBER_NETWORK',
        f"2026-01-05 10:04:05,{LINKEDIN}activity%3A7401,By another number,,,PUBLIC",
        f"2026-01-05,{LINKEDIN}share%3A1,no time,,,PUBLIC",
        f"2026-01-05 10:04:05,{LINKEDIN}share%3A2,too,many,,,,PUBLIC",
    ]
    body = (SHARES + "\r\n".join(rows)).encode()
    found = read("linkedin-archive", "shares", body, name="Jo Clerk")
    first, second, third = found.records
    assert [one.key for one in (first, second)] == ["share/7448", "ugcPost/7458"]
    assert is_unnamed(third.key)
    assert (first.text, second.text) == ('The "pool" opens\n\nhttps://a.example/', "Line one\nline two")
    assert first.author is not None
    assert (first.author.id, first.author.name, first.created_at) == (None, "Jo Clerk", AT)
    assert found.private == {second.key}
    assert len(found.quarantine) == 2
    start, end = (int(one) for one in first.place.removeprefix("bytes=").split("-"))
    assert body[start:end].decode().strip() == rows[0]


def test_comments_of_linkedin() -> None:
    numbered = "commentUrn=urn%3Ali%3Acomment%3A%28activity%3A1%2C555%29"
    body = (
        "Date,Link,Message\n"
        f'2026-01-05 10:04:05,{LINKEDIN}activity%3A1?{numbered},"say \\"hi\\", all"\n'
        f"2026-01-05 10:04:05,{LINKEDIN}ugcPost%3A7458,Nice\n"
        f",{LINKEDIN}ugcPost%3A7458,No date\n"
    ).encode()
    found = read("linkedin-archive", "comments", body, name="Jo Clerk")
    first, second = found.records
    assert (first.key, first.text, first.parent) == ("comment/555", 'say "hi", all', None)
    assert (second.parent, is_unnamed(second.key)) == ("ugcPost/7458", True)
    assert found.private == {first.key, second.key}
    assert len(found.quarantine) == 1


def test_messages_and_other_files_of_linkedin() -> None:
    export = EXPORTS["linkedin-archive"]
    heading = "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,DATE,SUBJECT,CONTENT"
    row = "c1,Jo,Ada Doe,https://www.linkedin.com/in/ada,Jo Clerk,2026-01-05 10:04:05 UTC,Hi,Hello"
    found = read("linkedin-archive", "messages", f"{heading}\n{row}\n".encode(), name="Jo Clerk")
    assert [(one.text, one.author and one.author.name) for one in found.records] == [("Hi\n\nHello", "Ada Doe")]
    assert found.private
    names = ("Connections.csv", "Profile_12.csv", "Logins.csv", "Reactions.csv")
    assert {name: export.plan(name).why for name in names} == {
        "Connections.csv": Why.PERSONAL, "Profile_12.csv": Why.PERSONAL, "Logins.csv": Why.PERSONAL,
        "Reactions.csv": Why.NO_RECORD,
    }  # fmt: skip
    article = export.plan("Articles/Articles/draft.html")
    assert (article.use, article.access) == (Use.KEPT, AccessClass.PRIVATE)
    german = read("linkedin-archive", "shares", b"Datum,Link,Text\n2026-01-05 10:04:05,a,b\n")
    assert (german.records, "English" in german.quarantine[0][1]) == ((), True)
    told = export.identity({"Profile.csv": b"First Name,Last Name,Birth Date\nJo,Clerk,May 1\n"})
    assert (told.handle, "member" in told.doubt) == ("Jo Clerk", True)


# TikTok.

VIDEO = {"Date": "2026-01-05 10:04:05", "Link": "https://www.tiktokv.com/share/video/7300/", "Likes": "5",
         "Title": 'Pool } ] " opens', "WhoCanView": "Everyone"}  # fmt: skip
SAID = {"date": "2026-01-05 10:04:05", "comment": "Thanks", "original post link": VIDEO["Link"], "photo": "N/A"}
TALK = {"Chat History with jo/doe~:": [{"Date": "2026-01-05 10:04:05", "From": "jo/doe~", "Content": "Open?"}]}


def _tiktok(body: bytes) -> dict[str, ImportReading]:
    parts = cast(Cuts, EXPORTS["tiktok-export"]).parts("user_data.json", body)
    return {one.what: read("tiktok-export", one.what, body[one.start : one.end]) for one in parts}


@pytest.mark.parametrize("old", [False, True])
def test_of_tiktoks_one_file_only_what_was_published_or_sent_is_stored(old: bool) -> None:
    body = json.dumps(tiktok_data("elm", videos=[VIDEO], comments=[SAID], messages=TALK, old=old), indent=1).encode()
    stored = b"".join(cut("tiktok-export", "user_data.json", body))
    for personal in (b"203.0.113.9", b"illness", b"clerk@city.example", b"555-0100", b"video/99"):
        assert personal in body
        assert personal not in stored
    found = _tiktok(body)
    (video,), (said,), (sent,) = (found[one].records for one in ("videos", "comments", "messages"))
    assert (video.key, video.text, video.created_at, video.counts) == (
        "video/7300",
        'Pool } ] " opens',
        AT,
        {"likes": 5},
    )
    assert (said.text, said.parent, is_unnamed(said.key)) == ("Thanks", "video/7300", True)
    assert (sent.text, sent.place) == ("Open?", "/Chat History with jo~1doe~0:/0")
    assert [bool(found[one].private) for one in ("videos", "comments", "messages")] == [False, True, True]
    identity = EXPORTS["tiktok-export"].identity({"user_data.json": body})
    assert identity.handle == "@elm"


def test_videos_without_a_number_or_for_some_alone() -> None:
    signed = VIDEO | {"Link": "https://v16.tiktokcdn.com/abc/7300?expires=1", "WhoCanView": "Friends"}
    again = signed | {"Link": "https://v19.tiktokcdn.com/other?expires=2"}
    elsewhere = VIDEO | {"Link": "https://tiktok.com.evil.example/@x/video/7300"}
    wrong = VIDEO | {"Date": "05.01.2026"}
    found = read("tiktok-export", "videos", json.dumps([signed, elsewhere, wrong]).encode())
    assert all(is_unnamed(one.key) for one in found.records)
    assert found.records[0].key in found.private
    assert len(found.quarantine) == 1
    assert read("tiktok-export", "videos", json.dumps([again]).encode()).records[0].key == found.records[0].key


def test_what_is_empty_or_in_other_words_on_tiktok() -> None:
    assert _tiktok(json.dumps(tiktok_data("elm")).encode()) == {}
    with pytest.raises(ValueError, match="English"):
        EXPORTS["tiktok-export"].identity({"user_data.json": b'{"Profil": {}}'})
    found = read("tiktok-export", "messages", b'{"Chatverlauf mit jo": [], "Chat History with \\ud800:": []}')
    assert ["English" in why for _, why in found.quarantine] == [True, False]
    assert found.quarantine[1][0] == ""


def test_an_account_read_through_tiktoks_other_interface_has_the_same_export() -> None:
    assert fits(EXPORTS["tiktok-export"], "tiktok_display")
    assert not fits(EXPORTS["tiktok-export"], "instagram")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4), st.sampled_from([None, 1]))
def test_members_are_found_where_they_stand(value: dict[str, Any], indent: int | None) -> None:
    body = json.dumps(value, indent=indent).encode()
    assert {one.name: json.loads(body[one.start : one.end]) for one in members(body)} == json.loads(body)


@given(st.binary(max_size=80) | st.text(alphabet='{}[]":, \\a1', max_size=40).map(str.encode))
def test_members_of_anything_are_told_or_refused(body: bytes) -> None:
    try:
        assert all(0 <= one.start <= one.end <= len(body) for one in members(body))
    except ValueError:
        return


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"{PAGE}/posts/profile_posts_1.html", "Facebook.*JSON"),
        ("your_instagram_activity/media/posts_1.html", "Instagram.*JSON"),
        ("TikTok/Post/Posts.txt", "TikTok.*JSON"),
        ("elm_content_1700000000.xls", "does not read.*archiver deposit"),
        ("elm_followers_1700000000.XLS", "does not read.*archiver deposit"),
        ("LinkedIn/numbers.xlsx", "workbook.*archiver deposit"),
        ("holiday.jpg", None),
    ],
)
def test_what_to_ask_for_instead_is_said(name: str, says: str | None) -> None:
    why = why_not([name])
    assert why is None if says is None else re.search(says, why or "")
