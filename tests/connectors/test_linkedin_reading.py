"""What questions the LinkedIn connector asks, and what answers mean. Nobody has recorded an answer: these have the
shapes of the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.errors import UnknownAddress
from archiver.practice.linkedin_json import little
from connectors import _linkedin_fields as fields
from connectors import conformance, hostile
from connectors._linkedin_asks import FILES, OVERLAP, PAGE, SERVER, SITE, VERSION, Asks, with_start
from connectors._linkedin_problems import next_midnight
from connectors._linkedin_text import plain
from connectors._linkedin_urns import post_urn
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    Declines,
    ProblemKind,
    RecordKind,
    RecordRef,
    Signs,
    State,
    SweepKind,
)
from connectors.linkedin import LinkedIn
from connectors.text import tidy
from tests.connectors.reading import AT, answer, sweep

CONNECTOR = LinkedIn()
URN = "urn:li:organization:5515715"
ACCOUNT = AccountRef("ac_1", "linkedin", SITE, "5515715", "city", f"{SITE}/company/city")
SHARE, UGC = "urn:li:share:6844785523593134080", "urn:li:ugcPost:6856810298419044352"
KEY = "share/6844785523593134080"
ACTIVITY = "urn:li:activity:6631349431612559360"
COMMENT = f"urn:li:comment:({ACTIVITY},6636062862760562688)"
REPLY = f"urn:li:comment:({ACTIVITY},6636062862760562699)"
NOW = 1_792_000_000_000
Json = Any


def asks(kind: SweepKind | None = SweepKind.FULL) -> Asks:
    return Asks.begin(ACCOUNT, None if kind is None else sweep(kind))


def post(urn: str = SHARE, **more: Json) -> dict[str, Json]:
    """As in the documentation of the Posts API."""
    return {
        "id": urn,
        "author": URN,
        "commentary": "The bridge is open",
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED",
        "lifecycleStateInfo": {"isEditedByAuthor": False},
        "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
        "isReshareDisabledByAuthor": False,
        "createdAt": NOW - 31,
        "publishedAt": NOW,
        "lastModifiedAt": NOW + 1,
    } | more


def comment(urn: str = COMMENT, **more: Json) -> dict[str, Json]:
    """As in the documentation of the Comments API."""
    stamp = {"actor": "urn:li:person:2qXA98-mVk", "time": NOW + 5}
    return {
        "id": urn.rstrip(")").rpartition(",")[2],
        "commentUrn": urn,
        "actor": "urn:li:person:2qXA98-mVk",
        "object": ACTIVITY,
        "message": {"attributes": [], "text": "At last"},
        "created": stamp,
        "lastModified": {**stamp, "time": NOW + 6},
        "likesSummary": {
            "aggregatedTotalLikes": 2,
            "totalLikes": 2,
            "likedByCurrentUser": False,
            "selectedLikes": [],
        },
        "commentsSummary": {"aggregatedTotalComments": 0, "selectedComments": [], "totalFirstLevelComments": 0},
    } | more


def page(entries: Sequence[Json], *, following: int | None = None, **paging: Json) -> dict[str, Json]:
    href = f"/rest/x?count=10&start={following}"
    links = [] if following is None else [{"rel": "next", "type": "application/json", "href": href}]
    return {"elements": list(entries), "paging": {"start": 0, "count": PAGE, "links": links, **paging}}


def batch(results: Mapping[str, Json], **refused: int) -> dict[str, Json]:
    errors = {name: {"status": status, "message": "No."} for name, status in refused.items()}
    return {"results": dict(results), "statuses": dict(refused), "errors": errors}


def words(seen: bool = True) -> Ask:
    return next(asks().words([SHARE, UGC], seen=seen))


# Addresses.


@pytest.mark.parametrize(
    ("url", "handle"),
    [
        ("https://www.linkedin.com/company/city-of-milwaukee/", "company/city-of-milwaukee"),
        ("linkedin.com/company/City-Of-Milwaukee/posts/?feedView=all", "company/city-of-milwaukee"),
        ("https://uk.linkedin.com/company/1337", "company/1337"),
        ("https://de.linkedin.com/company/st%C3%A4dte", "company/städte"),
        ("https://www.linkedin.com/showcase/milwaukee-water", "showcase/milwaukee-water"),
        ("https://www.linkedin.com/school/city-college/about/", "company/city-college"),
    ],
)
def test_addresses_of_pages_are_recognised(url: str, handle: str) -> None:
    connector, claim = load_platforms().claim(url)
    assert (connector.platform, claim.handle, claim.strength) == ("linkedin", handle, "certain")
    assert claim.url == f"{SITE}/{handle}"
    ask = CONNECTOR.identify(claim)
    named = f"{SERVER}/rest/organizations/1337?" if "1337" in handle else f"{SERVER}/rest/organizations?q=vanityName&"
    assert ask.url.startswith(named)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/feed/", "https://www.linkedin.com/company/", "https://www.linkedin.com/company/a/b/c",
        "https://linkedin.com.example/company/city", "https://www.linkedin.com/company/../in/jane",
        "https://api.linkedin.com/company/city", "https://www.linkedin.com/groups/123", "https://lnkd.in/abc",
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert CONNECTOR.claim(url) is None


@pytest.mark.law("R5", "R6")
@pytest.mark.parametrize(
    "url", ["https://www.linkedin.com/in/jane-doe", "de.linkedin.com/in/x/", "linkedin.com/pub/a/1"]
)
def test_personal_profiles_are_declined_with_the_reason(url: str) -> None:
    assert isinstance(CONNECTOR, Declines)
    with pytest.raises(UnknownAddress, match="personal profile"):
        load_platforms().claim(url)
    with pytest.raises(UnknownAddress, match="personal profile"):
        load_platforms().claim(url, "linkedin")
    assert CONNECTOR.declined("https://www.linkedin.com/company/in") is None


def test_wherever_it_is_offered_it_says_that_it_is_not_proven() -> None:
    assert isinstance(CONNECTOR, Signs)
    assert f"LinkedIn ({UNPROVEN})" in load_platforms().offered()


# Questions.


def test_urns_are_escaped_and_the_brackets_around_them_are_not() -> None:
    (known,) = asks().known([KEY, "ugcPost/1"])
    assert "posts?ids=List(urn%3Ali%3Ashare%3A6844785523593134080,urn%3Ali%3AugcPost%3A1)&" in known.url
    under = asks().look_at_comment("comment/2", COMMENT, KEY, gone=False)
    assert "/socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A6631349431612559360%2C6636" in under.url
    for ask in (known, under, asks().posts(), asks().profile()):
        assert {"LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"}.items() <= dict(ask.headers).items()
        assert ask.authorise == "required"


def test_no_sweep_asks_for_words_that_not_everybody_may_see_as_if_they_did() -> None:
    for kind in SweepKind:
        for ask in CONNECTOR.begin(ACCOUNT, sweep(kind, RecordRef(KEY, RecordKind.POST)), None):
            assert (ask.access is AccessClass.PUBLIC) == (ask.purpose == "profile")
            assert "commentary" not in ask.url


# The page.


ORGANIZATION = {
    "id": 5515715,
    "$URN": URN,
    "vanityName": "city",
    "localizedName": "City",
    "localizedDescription": "Official.",
    "localizedWebsite": "https://city.example",
    "localizedSpecialties": ["Roads"],
    "logoV2": {"original": "urn:li:digitalmediaAsset:C4D", "cropped": "urn:li:digitalmediaAsset:C4E"},
}


def test_a_page_is_known_by_its_number_and_only_by_who_administers_it() -> None:
    claim = CONNECTOR.claim("https://www.linkedin.com/company/city")
    assert claim is not None
    found = CONNECTOR.read(CONNECTOR.identify(claim), answer(page([ORGANIZATION])))
    assert found.account is None
    (ask,) = found.asks
    assert ask.url.startswith(f"{SERVER}/rest/organizations/5515715?")
    facts = CONNECTOR.read(ask, answer(ORGANIZATION)).account
    assert facts is not None
    assert (facts.platform_id, facts.handle, facts.url) == ("5515715", "city", f"{SITE}/company/city")
    refused = CONNECTOR.read(ask, answer({"status": 403, "code": "ACCESS_DENIED", "message": "No."}, 403)).problem
    assert refused is not None
    assert refused.kind is ProblemKind.PERMISSION
    nobody = CONNECTOR.read(CONNECTOR.identify(claim), answer(page([]))).problem
    assert nobody is not None
    assert nobody.kind is ProblemKind.GONE
    other = CONNECTOR.read(ask, answer({**ORGANIZATION, "id": 1})).problem
    assert other is not None
    assert other.kind is ProblemKind.CONTRACT


def test_a_showcase_page_goes_by_another_kind_of_urn() -> None:
    claim = CONNECTOR.claim("https://www.linkedin.com/showcase/water")
    assert claim is not None
    brand = {**ORGANIZATION, "primaryOrganizationType": "BRAND"}
    (ask,) = CONNECTOR.read(CONNECTOR.identify(claim), answer(page([brand]))).asks
    facts = CONNECTOR.read(ask, answer(brand)).account
    assert facts is not None
    account = replace(ACCOUNT, url=facts.url)
    assert "author=urn%3Ali%3AorganizationBrand%3A5515715&" in Asks.begin(account, None).posts().url


def test_what_a_page_says_of_itself_and_its_logo() -> None:
    reading = CONNECTOR.read(asks().profile(), answer(ORGANIZATION))
    (record,) = reading.records
    assert (record.key, record.kind) == ("organization/5515715", RecordKind.PROFILE)
    assert record.text == "City\n\nOfficial.\n\nhttps://city.example\n\nRoads"
    (ask,) = reading.asks
    assert "images?ids=List(urn%3Ali%3Aimage%3AC4D)" in ask.url
    given_out = {"id": "urn:li:image:C4D", "downloadUrl": "https://media.licdn.com/a", "status": "AVAILABLE"}
    (logo,) = CONNECTOR.read(ask, answer(batch({"urn:li:image:C4D": given_out}))).records
    assert [one.key for one in logo.media] == ["image/C4D"]


# Posts.


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({}, True),
        ({"visibility": "LOGGED_IN"}, False),
        ({"visibility": "CONNECTIONS"}, False),
        ({"lifecycleState": "PUBLISH_REQUESTED"}, False),
        ({"adContext": {"isDsc": True}}, False),
        ({"adContext": {"isDsc": False}}, True),
        ({"container": "urn:li:group:1"}, False),
        (
            {"distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [{"geoLocations": ["urn:li:geo:1"]}]}},
            False,
        ),
        ({"distribution": None}, False),
    ],
)
def test_only_what_is_said_to_be_seen_by_everybody_is_public(more: dict[str, Json], public: bool) -> None:
    reading = CONNECTOR.read(asks().posts(), answer(page([post(**more)])))
    asked = {ask.access for ask in reading.asks if ask.purpose in ("words", "comments", "metadata")}
    assert asked == {AccessClass.PUBLIC if public else AccessClass.PRIVATE}
    said = CONNECTOR.read(words(seen=True), answer(batch({SHARE: post(**more)})))
    assert bool(said.records) == public, "what is not (any more) is not taken from a public answer"
    again = [ask for ask in said.asks if ask.purpose == "words"]
    assert [ask.access for ask in again] == ([] if public else [AccessClass.PRIVATE])


def test_an_index_says_that_posts_are_there_and_nothing_more() -> None:
    reading = CONNECTOR.read(asks().posts(), answer(page([post(), post(UGC)])))
    assert [(one.key, dict(one.content), one.text) for one in reading.records] == [
        (KEY, {}, ""), ("ugcPost/6856810298419044352", {}, ""),
    ]  # fmt: skip
    assert reading.whole
    assert [ask.purpose for ask in reading.asks] == ["words", "metadata", "comments", "comments"]


_CONTENTS: Mapping[str, tuple[Json, Json, str, Sequence[str]]] = {
    "image": ({"media": {"id": "urn:li:image:A", "altText": "A bridge"}},
              {"media": {"id": "urn:li:image:A", "altText": "A bridge"}}, "", ["image/A"]),
    "images": ({"multiImage": {"images": [{"id": "urn:li:image:A"}, {"id": "urn:li:image:B", "altText": "b"}]}},
               {"images": [{"id": "urn:li:image:A"}, {"id": "urn:li:image:B", "altText": "b"}]}, "",
               ["image/A", "image/B"]),
    "video": ({"media": {"id": "urn:li:video:V", "title": "Snow"}},
              {"media": {"id": "urn:li:video:V", "title": "Snow"}}, "Snow", ["video/V"]),
    "document": ({"media": {"id": "urn:li:document:D", "title": "Budget"}},
                 {"media": {"id": "urn:li:document:D", "title": "Budget"}}, "Budget", ["document/D"]),
    "article": ({"article": {"source": "https://city.example/a", "title": "News", "description": "More",
                             "thumbnail": "urn:li:image:T"}},
                {"article": {"source": "https://city.example/a", "title": "News", "description": "More",
                             "thumbnail": "urn:li:image:T"}}, "News\n\nMore\n\nhttps://city.example/a", ["image/T"]),
    "poll": ({"poll": {"question": "Which?", "options": [{"text": "Oak", "voteCount": 3}, {"text": "Elm"}],
                       "settings": {"duration": "ONE_DAY"}, "uniqueVotersCount": 3}},
             {"poll": {"question": "Which?", "options": ["Oak", "Elm"], "duration": "ONE_DAY"}},
             "Which?\n\nOak\nElm", []),
    "carousel": ({"carousel": {"cards": [{"landingPage": "x", "media": {"id": "urn:li:image:C", "title": "One"}}]}},
                 {"cards": [{"id": "urn:li:image:C", "title": "One"}]}, "One", ["image/C"]),
    "reference": ({"reference": {"id": "urn:li:event:1"}}, {"reference": "urn:li:event:1"}, "", []),
    "celebration": ({"celebration": {"type": "KUDOS", "text": "Well done"}},
                    {"celebration": {"type": "KUDOS", "text": "Well done"}}, "Well done", []),
    "nothing": ({}, {}, "", []),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(_CONTENTS))
def test_every_kind_of_content_is_read_and_its_files_are_asked_for(kind: str) -> None:
    content, expected, shown, keys = _CONTENTS[kind]
    reading = CONNECTOR.read(words(), answer(batch({SHARE: post(content=content)})))
    (record,) = reading.records
    said = dict(record.content)
    assert {name: said.pop(name) for name in ("commentary", "visibility")}
    assert said == expected
    assert record.text == "\n\n".join(["The bridge is open", *([shown] if shown else [])])
    assert (reading.drift, reading.quarantine, record.state) == ((), (), State.VISIBLE)
    found = []
    for ask in reading.asks:
        kind_of_file = str(ask.context["kind"])
        assert f"/rest/{FILES[kind_of_file]}?ids=List(" in ask.url
        told = {urn: {"id": urn, "downloadUrl": f"https://media.licdn.com/{urn[-1]}?e=1"} for urn in ask.context["of"]}
        seen = CONNECTOR.read(ask, answer(batch(told))).records
        assert {(one.key, one.as_of, dict(one.content) == {}) for one in seen} == {(KEY, record.as_of, True)}
        found += [medium.key for one in seen for medium in one.media]
    assert found == list(keys)


def test_what_is_passed_on_is_told_by_its_number() -> None:
    reshared = post(reshareContext={"parent": UGC, "root": UGC})
    (record,) = CONNECTOR.read(words(), answer(batch({SHARE: reshared}))).records
    assert (record.content["reshared"], record.word) == (UGC, "repost")


def test_a_kind_of_content_that_is_not_known_is_drift_and_spoils_nothing() -> None:
    reading = CONNECTOR.read(words(), answer(batch({SHARE: post(content={"hologram": {}}, mood="happy")})))
    assert reading.drift == ("post.content.hologram", "post.mood")
    assert [one.text for one in reading.records] == ["The bridge is open"]


def test_what_is_not_understood_is_quarantined_alone_and_the_list_is_not_whole() -> None:
    reading = CONNECTOR.read(
        asks().posts(), answer(page([post(), {"id": "urn:li:odd:1"}, post(UGC, createdAt="soon")]))
    )
    assert [one.key for one in reading.records] == [KEY]
    assert [place for place, _ in reading.quarantine] == ["/elements/1", "/elements/2"]
    assert not reading.whole


def test_times_are_the_platforms_own() -> None:
    (record,) = CONNECTOR.read(words(), answer(batch({SHARE: post()}))).records
    assert record.created_at == datetime.fromtimestamp(NOW / 1000, UTC)
    assert record.as_of == datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(milliseconds=1)


def test_an_address_that_is_had_late_is_no_sight_of_the_post() -> None:
    """A question that a later run puts again must not say that the post still stood then."""
    content = {"media": {"id": "urn:li:image:A"}}
    (ask,) = CONNECTOR.read(words(), answer(batch({SHARE: post(content=content)}))).asks
    body = batch({"urn:li:image:A": {"id": "urn:li:image:A", "downloadUrl": "https://media.licdn.com/a"}})
    late = replace(answer(body), received_at=AT + timedelta(hours=3))
    assert CONNECTOR.read(ask, answer(body)).records
    assert CONNECTOR.read(ask, late).records == ()


# Little text.


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Hello @[Devtestco](urn:li:organization:2414183)!", "Hello Devtestco!"),
        ("Thanks @[Jane \\(Doe\\)](urn:li:person:2qXA98-mVk)", "Thanks Jane (Doe)"),
        (r"{hashtag|\#|Snow} and {hashtag|\#|snow\_day} and #plain", "#Snow and #snow_day and #plain"),
        (r"\#no tag, 5 \* 3 \< 20, a\\b", r"#no tag, 5 * 3 < 20, a\b"),
        ("{template|odd} stays, @[so](does this)", "{template|odd} stays, @[so](does this)"),
        ("@[unclosed", "@[unclosed"),
    ],
)
def test_little_text_is_read_as_a_reader_sees_it(written: str, read: str) -> None:
    (record,) = CONNECTOR.read(words(), answer(batch({SHARE: post(commentary=written)}))).records
    assert record.text == read
    assert record.content["commentary"] == written, "the words as LinkedIn keeps them"


@pytest.mark.prop
@given(st.text(max_size=200))
def test_whatever_is_written_comes_back_out_of_little_text(text: str) -> None:
    assert plain(little(text)) == tidy(text)


@pytest.mark.prop
@given(st.text(alphabet="@[](){}|\\#urn:li x", max_size=300))
def test_little_text_of_any_shape_is_read(text: str) -> None:
    plain(text)


# Pages that are counted from the beginning.


def _numbers(first: int, last: int) -> list[Json]:
    return [post(f"urn:li:share:{number}") for number in range(first, last + 1)]


def _index(first: int, last: int, start: int = 0, **more: Json) -> tuple[Ask, Json]:
    ask = asks().posts() if not start else with_start(asks().posts(), start, **more)
    return ask, page(_numbers(first, last))


def test_a_full_page_goes_on_with_what_it_overlaps() -> None:
    ask, body = _index(1, PAGE)
    following = CONNECTOR.read(ask, answer(body)).next_page
    assert following is not None
    assert following.parameters == (("start", str(PAGE - OVERLAP)),)
    assert following.context["tail"] == [f"urn:li:share:{number}" for number in (PAGE - 1, PAGE)]
    last = CONNECTOR.read(following, answer(page(_numbers(PAGE - 1, PAGE + 5))))
    assert last.whole
    assert last.next_page is None


def test_what_moved_further_than_pages_overlap_leaves_the_list_incomplete() -> None:
    """Deleted between two pages: what comes after is passed over."""
    ask, body = _index(1, PAGE)
    following = CONNECTOR.read(ask, answer(body)).next_page
    assert following is not None
    moved = CONNECTOR.read(following, answer(page(_numbers(PAGE + 1, PAGE + 4))))
    assert moved.next_page is None
    assert not moved.whole
    ended = CONNECTOR.read(following, answer(page([])))
    assert not ended.whole
    by_one = CONNECTOR.read(following, answer(page(_numbers(PAGE, PAGE + 4))))
    assert by_one.whole, "by no further: nothing was passed over"


def test_an_empty_page_that_names_the_next_one_is_not_the_end() -> None:
    ask = asks().posts()
    following = CONNECTOR.read(ask, answer(page([], following=10))).next_page
    assert following is not None
    assert following.parameters == (("start", "10"),)
    assert CONNECTOR.read(following, answer(page(_numbers(11, 12)))).whole
    assert CONNECTOR.read(ask, answer(page([]))).whole


def test_a_server_with_smaller_pages_than_asked_for_is_followed_to_the_end() -> None:
    ask = asks().posts()
    assert CONNECTOR.read(ask, answer(page(_numbers(1, 10), count=10))).next_page is not None
    assert CONNECTOR.read(ask, answer(page(_numbers(1, 10), count=PAGE, total=30))).next_page is not None
    assert CONNECTOR.read(ask, answer(page(_numbers(1, 10), count=PAGE))).next_page is None


def test_the_same_page_again_is_no_progress() -> None:
    ask, body = _index(1, PAGE)
    following = CONNECTOR.read(ask, answer(body)).next_page
    assert following is not None
    again = CONNECTOR.read(following, answer(body))
    assert again.next_page is None
    assert again.problem is not None
    assert again.problem.kind is ProblemKind.CONTRACT


# New sweeps.


def test_a_new_sweep_goes_down_to_what_was_not_changed_since_and_reads_only_that() -> None:
    (first,) = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    assert "sortBy=LAST_MODIFIED" in first.url
    known = CONNECTOR.read(first, answer(page([post(), post(UGC, lastModifiedAt=NOW)]))).bookmark
    assert known == {"modified": NOW + 1}
    (again,) = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), known)
    changed = [post(UGC, lastModifiedAt=NOW + 9), post()]
    reading = CONNECTOR.read(again, answer(page(changed, following=2)))
    assert reading.next_page is None
    assert not reading.whole
    (asked,) = [ask for ask in reading.asks if ask.purpose == "words"]
    assert "ugcPost" in asked.url
    assert "share" not in asked.url.partition("ids=")[2]
    assert reading.bookmark == {"modified": NOW + 9}
    quiet = CONNECTOR.read(again, answer(page([post(), post(UGC, lastModifiedAt=NOW)])))
    assert [ask.purpose for ask in quiet.asks] == ["metadata"]


def test_comments_are_asked_for_where_there_are_more_or_fewer_than_before() -> None:
    summary = {"entity": ACTIVITY, "commentsState": "OPEN", "commentSummary": {"count": 3, "topLevelCount": 2}}
    (first,) = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), None)
    (ask,) = [one for one in CONNECTOR.read(first, answer(page([post()]))).asks if one.purpose == "metadata"]
    reading = CONNECTOR.read(ask, answer(batch({SHARE: summary})))
    assert [one.listing for one in reading.asks] == [f"comments:{KEY}"]
    assert reading.bookmark == {"commented": {KEY: 3}}
    known = {"modified": NOW + 1, **reading.bookmark}
    (later,) = CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), known)
    (ask,) = [one for one in CONNECTOR.read(later, answer(page([post()]))).asks if one.purpose == "metadata"]
    assert CONNECTOR.read(ask, answer(batch({SHARE: summary}))).asks == ()
    fewer = {**summary, "commentSummary": {"count": 2, "topLevelCount": 2}}
    assert len(CONNECTOR.read(ask, answer(batch({SHARE: fewer}))).asks) == 1


@pytest.mark.law("R17")
def test_whether_comments_are_closed_is_a_setting_and_numbers_belong_to_the_post() -> None:
    summary = {
        "entity": ACTIVITY,
        "commentsState": "CLOSED",
        "commentSummary": {"count": 0, "topLevelCount": 0},
        "reactionSummaries": {"LIKE": {"reactionType": "LIKE", "count": 4}, "PRAISE": {"count": 1}},
    }
    indexed = CONNECTOR.read(asks().posts(), answer(page([post()])))
    (ask,) = [one for one in indexed.asks if one.purpose == "metadata"]
    setting, counted = CONNECTOR.read(ask, answer(batch({SHARE: summary}))).records
    assert (setting.kind, setting.text, setting.parent) == (RecordKind.SETTINGS, "comments: closed", KEY)
    assert (counted.key, counted.counts) == (KEY, {"comments": 0, "like": 4, "praise": 1, "reactions": 5})


# Comments.


def talk(entries: Sequence[Json], **paging: Json) -> Any:
    return CONNECTOR.read(asks().comments(KEY, seen=True), answer(page(entries, **paging)))


def test_a_comment_names_nobody_and_says_when_it_was_changed() -> None:
    (record,) = talk([comment()]).records
    assert (record.key, record.parent, record.thread) == ("comment/6636062862760562688", KEY, KEY)
    assert record.author is not None
    assert (record.author.id, record.author.name) == ("urn:li:person:2qXA98-mVk",) * 2
    assert record.as_of == datetime.fromtimestamp((NOW + 6) / 1000, UTC)
    assert record.counts == {"likes": 2, "replies": 0}
    (nobody,) = talk([comment(actor=None)]).records
    assert nobody.author is None
    (own,) = talk([comment(actor=URN, agent="urn:li:person:CnpTkB7V70")]).records
    assert own.author is not None
    assert (own.author.id, own.author.name) == (URN, "city")


def test_pictures_and_mentions_in_comments_are_read() -> None:
    mention = {"start": 0, "length": 4, "value": {"organization": {"organization": URN}}}
    shown = {"type": "IMAGE", "entity": {"image": "urn:li:image:X"}, "url": "https://media.licdn.com/x?e=1"}
    old = {"type": "IMAGE", "entity": {}, "url": "https://media.licdn.com/y?e=1"}
    said = {"attributes": [mention], "text": "City, look"}
    (record,) = talk([comment(message=said, content=[shown, old])]).records
    assert record.content["mentions"] == [URN]
    attached = record.content["attached"]
    assert attached[0] == "image/X"
    assert [medium.key for medium in record.media] == attached
    anew = {**old, "url": "https://media.licdn.com/y?e=2"}
    (again,) = talk([comment(message=said, content=[{**shown, "url": "https://media.licdn.com/z"}, anew])]).records
    assert again.content == record.content, "an address that is signed anew is no edit"


def test_replies_are_pages_of_the_same_list_and_then_it_goes_on() -> None:
    answered = {"aggregatedTotalComments": 1, "totalFirstLevelComments": 1, "selectedComments": [REPLY]}
    top = comment(commentsSummary=answered)
    first = talk([top, comment(COMMENT[:-2] + "9)")], following=2)
    below = first.next_page
    assert below is not None
    assert "/socialActions/urn%3Ali%3Acomment%3A%28" in below.url
    assert below.listing == f"comments:{KEY}"
    reply = comment(REPLY, parentComment=COMMENT)
    second = CONNECTOR.read(below, answer(page([reply])))
    (record,) = second.records
    assert (record.word, record.parent, record.thread) == ("reply", "comment/6636062862760562688", KEY)
    assert not second.whole
    assert second.next_page is not None
    assert second.next_page.parameters == (("start", "1"),)
    assert CONNECTOR.read(second.next_page, answer(page([top]))).whole, "its replies had their turn"
    third = CONNECTOR.read(second.next_page, answer(page([comment(COMMENT[:-2] + "9)")])))
    assert third.whole


def test_a_comment_that_does_not_say_whether_it_has_replies_is_asked() -> None:
    silent = comment()
    del silent["commentsSummary"]
    assert talk([silent]).next_page is not None
    assert talk([comment()]).next_page is None


def test_a_comment_that_went_between_two_pages_stops_nothing() -> None:
    silent = comment()
    del silent["commentsSummary"]
    below = talk([silent]).next_page
    gone = CONNECTOR.read(below, answer({"status": 404, "message": "Could not find entity"}, 404))
    assert gone.problem is None
    assert gone.whole


def test_one_unreadable_comment_is_quarantined_and_the_list_never_whole() -> None:
    reading = talk([comment(), comment(REPLY, created={"time": "soon"})])
    assert [place for place, _ in reading.quarantine] == ["/elements/1"]
    assert len(reading.records) == 1
    assert not reading.whole
    silent = comment()
    del silent["commentsSummary"]
    first = talk([silent, {"id": 7}])
    last = CONNECTOR.read(first.next_page, answer(page([])))
    assert last.next_page is None
    assert not last.whole, "a page before held something that could not be read"


# Direct looks.

REFS = [
    RecordRef(KEY, RecordKind.POST),
    RecordRef("comment/1", RecordKind.COMMENT, KEY, f"{SITE}/feed/update/{SHARE}/?commentUrn=x"),
    RecordRef("comment/6636062862760562699", RecordKind.COMMENT, KEY, None),
    RecordRef(f"comments/{KEY}", RecordKind.SETTINGS),
    RecordRef("organization/5515715", RecordKind.PROFILE),
]
GONE = answer({"status": 404, "code": "NOT_FOUND", "message": "Could not find entity"}, 404)


def test_a_reply_is_looked_at_under_the_comment_that_it_answers() -> None:
    reply = comment(REPLY, parentComment=COMMENT)
    (record,) = CONNECTOR.read(asks().replies(asks().comments(KEY, seen=True), COMMENT), answer(page([reply]))).records
    ref = RecordRef(record.key, record.kind, record.thread, record.url)
    (gate,) = CONNECTOR.look(ACCOUNT, [ref])
    assert (gate.purpose, gate.context["for"]) == ("gate", [record.key])
    (look,) = CONNECTOR.read(gate, answer(page([]))).asks
    assert look.context["look"] == [record.key]
    assert "/comments/6636062862760562699" in look.url
    assert "socialActions/urn%3Ali%3Acomment%3A%28urn%3Ali%3Aactivity%3A6631349431612559360%2C6636" in look.url
    assert look.control is not None
    assert look.control.purpose == "vouch"
    summary = {"entity": ACTIVITY, "commentsState": "OPEN"}
    assert CONNECTOR.read(look.control, answer(summary)).records, "that alone vouches"
    found = CONNECTOR.read(look, answer(reply))
    assert [one.key for one in found.records] == [record.key]
    missing = CONNECTOR.read(look, GONE).problem
    assert missing is not None
    assert missing.kind is ProblemKind.GONE


def test_a_watched_post_that_did_not_come_with_others_is_looked_at_by_itself() -> None:
    watched = sweep(SweepKind.WATCH, RecordRef(KEY, RecordKind.POST), RecordRef("share/5", RecordKind.POST))
    (ask,) = [one for one in CONNECTOR.begin(ACCOUNT, watched, None) if one.purpose == "known"]
    for refused in ({"urn:li:share:5": 404}, {"urn:li:share:5": 500}, {}):
        reading = CONNECTOR.read(ask, answer(batch({SHARE: post()}, **refused)))
        assert reading.problem is None
        (look,) = [one for one in reading.asks if "look" in one.context]
        assert look.context["look"] == ["share/5"]
        assert [one.listing for one in reading.asks if one.purpose == "comments"] == [f"comments:{KEY}"]


def test_comments_of_a_post_that_is_gone_are_asked_for_only_once_that_is_certain() -> None:
    (gate,) = CONNECTOR.look(ACCOUNT, REFS[1:2])
    (whether,) = CONNECTOR.read(gate, GONE).asks
    assert whether.url.startswith(f"{SERVER}/rest/posts/urn%3Ali%3Ashare%3A")
    there = CONNECTOR.read(whether, answer({"id": SHARE}))
    assert there.asks == ()
    assert there.problem is not None
    (look,) = CONNECTOR.read(whether, GONE).asks
    assert look.control is not None
    assert look.control.purpose == "own"


def test_of_what_cannot_be_asked_for_nothing_is_asked() -> None:
    assert list(CONNECTOR.look(ACCOUNT, REFS[2:3])) == []


def test_a_control_vouches_only_with_something_of_the_page() -> None:
    (look,) = CONNECTOR.look(ACCOUNT, REFS[:1])
    assert look.control is not None
    assert CONNECTOR.read(look.control, answer(page([{"id": SHARE}]))).present == ("own",)
    assert CONNECTOR.read(look.control, answer(page([]))).present == ()


def test_an_answer_about_another_thing_is_no_sign_that_it_is_gone() -> None:
    (look,) = CONNECTOR.look(ACCOUNT, REFS[:1])
    assert CONNECTOR.read(look, answer(post(UGC))).problem is not None
    assert CONNECTOR.read(look, answer(post())).records


# Errors.


def _error(status: int, code: str | None = None, service: int | None = None, message: str = "No.") -> dict[str, Json]:
    told = {"code": code, "serviceErrorCode": service}
    return {"status": status, "message": message} | {name: one for name, one in told.items() if one is not None}


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (401, _error(401, "REVOKED_ACCESS_TOKEN", 65601), ProblemKind.SIGN_IN_EXPIRED, "revoked"),
        (401, _error(401, "EXPIRED_ACCESS_TOKEN", 65602), ProblemKind.SIGN_IN_EXPIRED, "expired"),
        (401, _error(401, "INVALID_ACCESS_TOKEN", 65600), ProblemKind.SIGN_IN_EXPIRED, "does not know"),
        (401, _error(401, None, 401), ProblemKind.SIGN_IN_EXPIRED, "does not accept"),
        (401, {}, ProblemKind.CONTRACT, "words of LinkedIn"),
        (403, _error(403, "ACCESS_DENIED", 100), ProblemKind.PERMISSION, "let the token"),
        (404, _error(404, "NOT_FOUND"), ProblemKind.GONE, "not there"),
        (404, _error(404, "RESOURCE_NOT_FOUND"), ProblemKind.CONTRACT, "kind of question"),
        (404, _error(404, None, None, "No virtual resource found"), ProblemKind.CONTRACT, "kind of question"),
        (404, {}, ProblemKind.CONTRACT, "words of LinkedIn"),
        (426, _error(426, "NONEXISTENT_VERSION"), ProblemKind.CONTRACT, f"version {VERSION}.*newer release"),
        (426, {}, ProblemKind.CONTRACT, "newer release"),
        (400, _error(400, "VERSION_MISSING"), ProblemKind.CONTRACT, "newer release"),
        (400, _error(400, None, None, "Requested version 20240101 is not active"), ProblemKind.CONTRACT, "newer"),
        (400, _error(400, "ILLEGAL_ARGUMENT"), ProblemKind.CONTRACT, "never promised"),
        (429, _error(429, "TOO_MANY_REQUESTS", 101), ProblemKind.RATE, "used up"),
        (500, _error(500), ProblemKind.TRANSIENT, "trouble"),
        (504, {}, ProblemKind.TRANSIENT, "trouble"),
        (304, {}, ProblemKind.CONTRACT, "not modified"),
        (200, _error(401, None, 65601), ProblemKind.CONTRACT, "without its"),
    ],
)  # fmt: skip
def test_what_an_error_means(status: int, body: dict[str, Json], kind: ProblemKind, told: str) -> None:
    for ask in (asks().comments(KEY, seen=True), asks().posts(), words()):
        reading = CONNECTOR.read(ask, answer(body, status))
        assert reading.problem is not None
        assert reading.problem.kind is kind
        assert re.search(told, reading.problem.detail)
        assert not reading.records
        assert not reading.whole


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_the_day_begins_at_midnight_utc(at: datetime) -> None:
    renewed = next_midnight(at)
    assert timedelta(0) < renewed - at <= timedelta(days=1)
    assert (renewed.hour, renewed.minute, renewed.tzinfo) == (0, 0, UTC)


def test_a_spent_day_waits_for_that_unless_a_header_says_otherwise() -> None:
    told = CONNECTOR.read(words(), answer(_error(429), 429)).problem
    assert told is not None
    assert told.retry_at == datetime(2026, 11, 2, tzinfo=UTC)
    sooner = CONNECTOR.read(words(), answer(_error(429), 429, (("Retry-After", "60"),))).problem
    assert sooner is not None
    assert sooner.retry_at == AT + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, None), (410, None), (403, ProblemKind.PERMISSION), (429, ProblemKind.RATE), (500, ProblemKind.TRANSIENT)],
)
def test_one_of_several_that_is_refused_is_a_problem_unless_it_is_not_there(
    status: int, kind: ProblemKind | None
) -> None:
    reading = CONNECTOR.read(words(), answer(batch({SHARE: post()}, **{UGC: status})))
    assert [one.key for one in reading.records] == [KEY]
    assert (reading.problem.kind if reading.problem else None) == kind


# The contract.


def test_it_keeps_to_the_contract() -> None:
    indexed = CONNECTOR.read(asks().posts(), answer(page([post()])))
    metadata = next(one for one in indexed.asks if one.purpose == "metadata")
    shown = post(content={"multiImage": {"images": [{"id": "urn:li:image:A", "altText": "a"}]}})
    (files,) = CONNECTOR.read(words(), answer(batch({SHARE: shown}))).asks
    address = {"id": "urn:li:image:A", "downloadUrl": "https://media.licdn.com/a", "downloadUrlExpiresAt": NOW}
    summary = {"entity": ACTIVITY, "commentsState": "OPEN", "commentSummary": {"count": 1}}
    reply = comment(REPLY, parentComment=COMMENT)
    new = next(iter(CONNECTOR.begin(ACCOUNT, sweep(SweepKind.NEW), {"modified": NOW})))
    (gate,) = CONNECTOR.look(ACCOUNT, REFS[1:2])
    (look,) = CONNECTOR.read(gate, answer(page([]))).asks
    poll = {"poll": {"question": "Which?", "options": [{"text": "Oak"}], "settings": {"duration": "ONE_DAY"}}}
    examples = [
        conformance.Example(asks().profile(), ORGANIZATION),
        conformance.Example(asks().identify(), ORGANIZATION),
        conformance.Example(asks().vanity("city"), page([ORGANIZATION])),
        conformance.Example(asks().posts(), page([post(), post(UGC)], following=2)),
        conformance.Example(new, page([post(), post(UGC)])),
        conformance.Example(next(asks().known([KEY])), batch({SHARE: post()})),
        conformance.Example(words(), batch({SHARE: shown, UGC: post(UGC, content=poll)}, **{"urn:li:share:1": 404})),
        conformance.Example(metadata, batch({SHARE: summary})),
        conformance.Example(files, batch({"urn:li:image:A": address})),
        conformance.Example(asks().comments(KEY, seen=True), page([comment()])),
        conformance.Example(asks().replies(asks().comments(KEY, seen=True), COMMENT), page([reply])),
        conformance.Example(
            replace(look, context={**look.context, "look": ["comment/6636062862760562688"]}), comment()
        ),
        conformance.Example(asks().vouch(SHARE), summary),
        conformance.Example(asks().own(), page([{"id": SHARE}])),
        conformance.Example(gate, page([comment()])),
    ]
    conformance.check(
        CONNECTOR, ACCOUNT, ["https://www.linkedin.com/company/city", f"{SITE}/showcase/w"], REFS, examples
    )
    names = conformance.member_names(examples) - {SHARE, UGC}
    for ask in (asks().posts(), words(), metadata, files, asks().comments(KEY, seen=True)):
        for body in hostile.shapes(sorted(names), 60):  # of the right kind, with anything in it
            for whole in ({"elements": [body]}, {"results": {SHARE: body, "urn:li:image:A": body}}):
                CONNECTOR.read(ask, answer(hostile.as_bytes(whole)))


def test_the_lists_of_fields_hold_what_the_documentation_shows() -> None:
    assert fields.unknown("post", post(content={"media": {"id": "x", "odd": 1}})) == {"post.content.media.odd"}
    assert fields.unknown("comment", comment()) == set()
    assert post_urn("status/1") is None
