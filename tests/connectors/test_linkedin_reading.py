"""What questions the LinkedIn connector asks, and what answers about the page and its posts mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.platforms import UNPROVEN, load_platforms
from archiver.errors import UnknownAddress
from archiver.practice.linkedin_json import little
from connectors import _linkedin_fields as fields
from connectors import conformance, hostile
from connectors._linkedin_asks import FILES, SERVER, SITE, VERSION, Asks
from connectors._linkedin_text import plain
from connectors._linkedin_urns import post_urn
from connectors.contract import (
    AccessClass,
    Declines,
    ProblemKind,
    RecordKind,
    RecordRef,
    Signs,
    State,
    SweepKind,
)
from connectors.text import tidy
from tests.connectors.reading import AT, answer, sweep
from tests.linkedin.shapes import (
    ACCOUNT,
    ACTIVITY,
    COMMENT,
    CONNECTOR,
    KEY,
    NOW,
    ORGANIZATION,
    REFS,
    REPLY,
    SHARE,
    UGC,
    Json,
    asks,
    batch,
    comment,
    comments,
    page,
    post,
    words,
)

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
        conformance.Example(comments(), page([comment()])),
        conformance.Example(asks().replies(comments(), COMMENT), page([reply])),
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
    for ask in (asks().posts(), words(), metadata, files, comments()):
        for body in hostile.shapes(sorted(names), 60):  # of the right kind, with anything in it
            for whole in ({"elements": [body]}, {"results": {SHARE: body, "urn:li:image:A": body}}):
                CONNECTOR.read(ask, answer(hostile.as_bytes(whole)))


def test_the_lists_of_fields_hold_what_the_documentation_shows() -> None:
    assert fields.unknown("post", post(content={"media": {"id": "x", "odd": 1}})) == {"post.content.media.odd"}
    assert fields.unknown("comment", comment()) == set()
    assert post_urn("status/1") is None
