"""What the Flickr connector asks, and what it makes of answers, without any socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors._flickr_asks import SITE, Asks
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
from connectors.flickr import Flickr
from tests.connectors.reading import answer, sweep

CONNECTOR = Flickr()
OWNER = "39216764@N00"
ACCOUNT = AccountRef("ac_1", "flickr", SITE, OWNER, "city", f"{SITE}/photos/{OWNER}")
PHOTO = "photo/5227922370"
REFS = [
    RecordRef(PHOTO, RecordKind.POST),
    RecordRef("album/7", RecordKind.POST),
    RecordRef("comment/4942564-5227922370-72157625845945286", RecordKind.COMMENT, PHOTO),
    RecordRef(f"comments/{PHOTO}", RecordKind.SETTINGS),
    RecordRef(f"user/{OWNER}", RecordKind.PROFILE),
]
Json = Any


def asks(kind: SweepKind = SweepKind.FULL) -> Asks:
    return Asks.begin(ACCOUNT, sweep(kind))


def read(ask: Ask, body: Json, status: int = 200) -> Reading:
    return CONNECTOR.read(ask, answer(body, status))


def photo(**more: Json) -> Json:
    """As in a list."""
    return {
        "id": "5227922370", "owner": OWNER, "secret": "a", "title": "The bridge",
        "description": {"_content": "From the <b>north</b>"}, "dateupload": "1292000000", "lastupdate": "1292000500",
        "tags": "city bridge", "media": "photo", "views": "31", "ispublic": 1,
        "url_o": "https://live.staticflickr.com/1/5227922370_ab_o.jpg",
    } | more  # fmt: skip


def photos(*listed: Json, page: int = 1, pages: int = 1, total: int | str | None = None) -> Json:
    more = {"page": page, "pages": pages, "perpage": 500, "total": len(listed) if total is None else total}
    return {"photos": more | {"photo": list(listed)}, "stat": "ok"}


def comment(**more: Json) -> Json:
    return {
        "id": "4942564-5227922370-72157625845945286", "author": "36398778@N08", "authorname": "ann",
        "realname": "Ann", "datecreate": "1292100000", "_content": "So <i>nice</i>",
        "permalink": f"{SITE}/photos/city/5227922370/#comment72157625845945286", "path_alias": "annie",
    } | more  # fmt: skip


def comments(*listed: Json) -> Json:
    return {"comments": {"photo_id": "5227922370"} | ({"comment": list(listed)} if listed else {}), "stat": "ok"}


INFO = {
    "id": "5227922370", "owner": {"nsid": OWNER, "realname": "City"}, "title": {"_content": "The bridge"},
    "description": {"_content": "From the <b>north</b>"}, "dateuploaded": "1292000000", "views": "31",
    "tags": {"tag": [{"raw": "City", "_content": "city"}, {"raw": "Bridge", "_content": "bridge"}]},
    "comments": {"_content": "2"}, "dates": {"posted": "1292000000"}, "publiceditability": {"cancomment": 1},
}  # fmt: skip
ALBUM = {
    "id": "7", "title": {"_content": "Bridges"}, "description": {"_content": ""}, "date_create": "1292000000",
    "count_comments": "2", "photos": 4,
}  # fmt: skip
PERSON = {"id": OWNER, "nsid": OWNER, "username": {"_content": "city"}, "photos": {"count": {"_content": 9}}}


def test_it_keeps_to_the_contract() -> None:
    full = asks()
    looked = [*full.looks(REFS), full.info(PHOTO), full.info("album/7")]
    albums = {"photosets": {"page": 1, "pages": 1, "total": 1, "photoset": [ALBUM]}, "stat": "ok"}
    check(
        CONNECTOR,
        ACCOUNT,
        addresses=[f"{SITE}/photos/city/", f"{SITE}/people/{OWNER}/", f"{SITE}/photos/city/5227922370/in/x"],
        records=REFS,
        examples=[
            Example(full.profile(), {"person": PERSON, "stat": "ok"}),
            Example(full.photos(), photos(photo())),
            Example(full.albums(), albums),
            Example(full.comments(PHOTO), comments(comment())),
            *(Example(ask, {"photo": INFO, "stat": "ok"}) for ask in looked if ask.purpose == "photo_info"),
            *(Example(ask, {"photoset": ALBUM, "stat": "ok"}) for ask in looked if ask.purpose == "album_info"),
            *(Example(ask, photos(photo())) for ask in looked if ask.purpose == "beside_photos"),
            *(Example(ask, albums) for ask in looked if ask.purpose == "beside_albums"),
            *(Example(ask, comments(comment())) for ask in looked if ask.purpose == "comments"),
        ],
    )


def test_everything_is_asked_as_strangers_see_it_and_with_the_key_alone() -> None:
    for kind in SweepKind:
        for ask in CONNECTOR.begin(ACCOUNT, sweep(kind, REFS[0]), None):
            assert ask.access is AccessClass.PUBLIC
            assert "format=json&nojsoncallback=1" in ask.url
            assert "api_key" not in ask.url
    assert CONNECTOR.signatures[0].parameter == "api_key"
    assert not CONNECTOR.signatures[0].speaks_for_owner


@pytest.mark.parametrize(
    ("url", "named"),
    [(f"{SITE}/photos/city", "photos/city"), (f"{SITE}/people/{OWNER}/", f"photos/{OWNER}"),
     ("http://127.0.0.1:9/flickr/photos/city/123", "photos/city")],
)  # fmt: skip
def test_addresses_of_accounts_are_known(url: str, named: str) -> None:
    claim = CONNECTOR.claim(url)
    assert claim is not None
    assert claim.handle == named
    assert "urls.lookupUser" in CONNECTOR.identify(claim).url


@pytest.mark.parametrize("url", [f"{SITE}/photos/tags/x", f"{SITE}/explore", "https://example.com/photos/city"])
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


def test_a_photo_says_the_same_in_a_list_and_by_itself() -> None:
    (listed,) = read(asks().photos(), photos(photo())).records
    single, setting = read(asks().info(PHOTO), {"photo": INFO, "stat": "ok"}).records
    assert (listed.key, dict(listed.content)) == (single.key, dict(single.content))
    assert listed.created_at == single.created_at == datetime.fromtimestamp(1292000000, UTC)
    assert listed.as_of is None is single.as_of
    assert (single.counted, setting.content) == (2, {"comments": "open"})


def test_words_are_edits_and_numbers_dates_and_addresses_are_not() -> None:
    def content(**more: Json) -> Json:
        return dict(read(asks().photos(), photos(photo(**more))).records[0].content)

    assert (
        content(views="99", lastupdate="1999999999", url_o="https://a.example/b.jpg", tags="bridge city") == content()
    )
    for other in ({"title": "Bridge"}, {"description": {"_content": "South"}}, {"tags": "city"}):
        assert content(**other) != content()


def test_comments_are_whole_and_a_photo_without_any_has_none() -> None:
    ask = asks().comments(PHOTO)
    reading = read(ask, comments(comment()))
    (record,) = reading.records
    assert (reading.whole, record.text, record.parent, record.thread) == (True, "So nice", PHOTO, PHOTO)
    assert read(ask, comments()).whole
    assert not read(ask, comments(comment(_content=None))).whole


def test_a_list_goes_on_to_its_last_page_and_is_not_whole_if_it_moved_on_the_way() -> None:
    first = read(asks().photos(), photos(photo(), pages=2, total=2))
    assert first.next_page is not None
    assert dict(first.next_page.parameters) == {"page": "2"}
    assert read(first.next_page, photos(photo(id="2"), page=2, pages=2, total=2)).whole
    moved = read(first.next_page, photos(photo(id="2"), page=2, pages=2, total=1))
    assert not moved.whole
    assert moved.bookmark is None
    empty = read(first.next_page, photos(page=2, pages=2, total=2))
    assert (empty.whole, empty.bookmark) == (False, None)
    assert empty.suspicious == "a page came back empty, but the platform says that the list has 2 entries"
    assert read(asks().photos(), photos(total=0)).suspicious is None


def test_a_look_at_what_is_new_asks_for_comments_where_something_changed() -> None:
    whole = read(asks(SweepKind.NEW).photos(), photos(photo(), photo(id="2", lastupdate="1292000100")))
    assert len(whole.asks) == 2
    known = (whole.bookmark or {})["photos"]
    ask = asks(SweepKind.NEW).photos(known)
    later = read(ask, photos(photo(lastupdate="1292000900"), photo(id="2", lastupdate="1292000100"), pages=9, total=9))
    assert later.next_page is None
    assert [one.context["key"] for one in later.asks] == [PHOTO]


def test_comments_are_looked_for_with_those_on_the_same_photo_beside_the_photo() -> None:
    (look,) = asks().looks([REFS[2], RecordRef("comment/4942564-5227922370-8", RecordKind.COMMENT, PHOTO)])
    assert look.listing is None
    assert len(look.context["look"]) == 2
    assert look.control is not None
    assert look.control.purpose == "photo_info"
    assert read(look, comments(comment())).problem is None
    gone = read(look, {"stat": "fail", "code": 1, "message": "Photo not found"}).problem
    assert gone is not None
    assert gone.kind is ProblemKind.UNSUPPORTED, "they went with the photo"


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1, ProblemKind.GONE), (98, ProblemKind.PERMISSION), (99, ProblemKind.PERMISSION),
     (100, ProblemKind.SIGN_IN_EXPIRED),
     (105, ProblemKind.TRANSIENT), (112, ProblemKind.CONTRACT), (2, ProblemKind.CONTRACT)],
)  # fmt: skip
def test_errors_are_in_the_answer(code: int, kind: ProblemKind) -> None:
    problem = read(asks().comments(PHOTO), {"stat": "fail", "code": code, "message": "No"}).problem
    assert problem is not None
    assert problem.kind is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(429, b"", ProblemKind.RATE), (500, b"", ProblemKind.TRANSIENT), (404, b"", ProblemKind.CONTRACT),
     (403, b"<html>", ProblemKind.CONTRACT), (200, b"<html>", ProblemKind.CONTRACT), (304, b"", ProblemKind.CONTRACT),
     (200, {"stat": "fail"}, ProblemKind.CONTRACT), (200, {"stat": "ok"}, ProblemKind.CONTRACT)],
)  # fmt: skip
def test_other_errors_are_nobodys_word(status: int, body: Json, kind: ProblemKind) -> None:
    problem = read(asks().photos(), body, status).problem
    assert problem is not None
    assert problem.kind is kind


def test_an_account_that_was_deleted_is_said_to_be_away() -> None:
    for code in (1, 5):
        problem = read(asks().profile(), {"stat": "fail", "code": code, "message": "No"}).problem
        assert problem is not None
        assert problem.kind is ProblemKind.DEACTIVATED


@pytest.mark.law("R16")
@pytest.mark.parametrize("owner", [False, True])
def test_photos_and_albums_are_looked_for_beside_others_that_are_there(owner: bool) -> None:
    put = Asks.begin(replace(ACCOUNT, authorised=owner), None)
    setting = RecordRef(f"comments/{PHOTO}", RecordKind.SETTINGS)
    beside, of_albums = put.looks([setting, RecordRef(PHOTO, RecordKind.POST), RecordRef("album/7", RecordKind.POST)])
    assert (beside.context["for"], of_albums.context["for"]) == ([PHOTO], ["album/7"])
    assert ("getPhotos" if owner else "getPublicPhotos") in beside.url
    (look,) = read(beside, photos(photo(), photo(id="9"))).asks
    assert (look.context["look"], look.control and "photo_id=9" in look.control.url) == ([PHOTO], True)
    other = {"photosets": {"page": 1, "pages": 1, "total": 1, "photoset": [ALBUM | {"id": "8"}]}, "stat": "ok"}
    (look,) = read(of_albums, other).asks
    assert (look.context["look"], look.control and "photoset_id=8" in look.control.url) == (["album/7"], True)
    (look,) = read(beside, photos()).asks  # Flickr says that there is none
    assert (look.context["look"], look.control and "people.getInfo" in look.control.url) == ([PHOTO], True)
    for answered in (photos(photo()), photos(total=3)):  # it is there itself; an empty page
        (question,) = read(beside, answered).asks
        assert ("look" in question.context, question.control) == (False, None)


def test_who_may_comment_is_a_record_of_its_own_where_flickr_says_it() -> None:
    """To the owner alone. What was recorded before of whether everybody may comment stays as it is."""
    told = {**INFO, "permissions": {"permcomment": 1, "permaddmeta": "3"}}
    ask = asks().info(PHOTO)
    before = read(ask, {"photo": INFO, "stat": "ok"}).records
    records = read(ask, {"photo": told, "stat": "ok"}).records
    assert records[:-1] == before
    assert (records[-1].key, records[-1].kind) == (f"permissions/{PHOTO}", RecordKind.SETTINGS)
    assert records[-1].content == {"comment": "friends and family", "add tags and notes": "everybody"}
    odd = {**INFO, "permissions": {"permcomment": 9, "permaddmeta": None}}
    assert read(ask, {"photo": odd, "stat": "ok"}).records == before
    looks = list(
        asks().looks([RecordRef(records[-1].key, RecordKind.SETTINGS), RecordRef(before[-1].key, RecordKind.SETTINGS)])
    )
    assert [look.url for look in looks] == [ask.url], "both are seen at once"


@pytest.mark.parametrize("name", ["datecreate", "date_create"])
def test_the_time_of_a_comment_is_taken_by_either_of_its_names(name: str) -> None:
    said = {key: value for key, value in comment().items() if key != "datecreate"} | {name: "1292100000"}
    reading = read(asks().comments("album/7"), comments(said))
    assert [int(one.created_at.timestamp()) for one in reading.records if one.created_at] == [1292100000]
    assert not reading.drift


def test_of_an_album_flickr_is_told_whose_it_is() -> None:
    assert f"user_id={OWNER.replace('@', '%40')}" in asks().info("album/7").url
    assert "user_id" not in asks().info(PHOTO).url
