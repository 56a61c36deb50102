"""What answers of Bluesky's servers mean, whatever they hold. That real ones are understood is proven against the
vendor's own servers (tests/bluesky)."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import conformance
from connectors._bluesky_asks import Asks
from connectors._bluesky_names import place_of, sha256_of, written_at
from connectors._moderation import TOGETHER
from connectors.bluesky import Bluesky
from connectors.contract import AccountRef, Ask, ProblemKind, Reading, RecordKind, RecordRef, SweepKind
from tests.connectors.reading import AT, answer, sweep

CITY, ANN = "did:plc:city2222222222222222", "did:plc:ann22222222222222222"
PDS = "https://pds.example"
SITE = "https://bsky.app"
ACCOUNT = AccountRef("ac_3", "bluesky", "https://atproto.com", CITY, "city.example", f"{SITE}/profile/city.example")
#: What the vendor's server names a file of these bytes.
CID = "bafkreiavdv2ajjbuum43v22hzvu7ows4urekiajpgql3mwdgbhoqplfxkq"
OTHER_CID = "bafyreiclog7erpdbmjn26dhn5q7xgp5ydlmq567nfjxidvlx3vuiladute"
ASKS = Asks.begin(ACCOUNT, sweep(SweepKind.NEW), "https://plc.example", every_thread=False)
FULL = Asks.begin(ACCOUNT, sweep(SweepKind.FULL), "https://plc.example", every_thread=False)

Json = Any


def read(ask: Ask, body: Json, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reading:
    return Bluesky().read(ask, answer(body, status, headers))


def uri(key: str = "3myg5f6oebs2g", did: str = CITY, collection: str = "app.bsky.feed.post") -> str:
    return f"at://{did}/{collection}/{key}"


def said(text: str = "The bridge is shut.", **more: Json) -> Json:
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-10-14T19:07:53.867Z", **more}


def listed(key: str, **more: Json) -> Json:
    return {"uri": uri(key), "cid": OTHER_CID, "value": said(**more)}


def view(key: str = "3myg5f6oebs2g", did: str = CITY, replies: int = 0, **more: Json) -> Json:
    author: Json = {"did": did, "handle": "city.example" if did == CITY else "ann.example", "labels": []}
    return {
        "uri": uri(key, did),
        "cid": OTHER_CID,
        "author": author,
        "record": said(**more),
        "replyCount": replies,
        "indexedAt": "2026-10-14T19:07:54.000Z",
        "labels": [],
    }


def node(post: Json, *replies: Json, **more: Json) -> Json:
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": post, "replies": list(replies), **more}


def reply_to(key: str = "3myg5f6oebs2g", did: str = CITY) -> Json:
    strong = {"uri": uri(key, did), "cid": OTHER_CID}
    return {"root": strong, "parent": strong}


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_file_is_named_by_what_it_hashes_to() -> None:
    assert sha256_of(CID) == "151d7404a434a339baeb47cd69f75a5ca448a4012f3417b6586609dd07acb754"
    assert sha256_of(OTHER_CID) is None  # of a record, not of a file
    assert Bluesky().digest(f"shown/{CID}") is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_names(text: str) -> None:
    for name in (text, f"b{text}", f"at://{text}", f"at://{CITY}/app.bsky.feed.post/{text}"):
        assert sha256_of(name) is None or len(name) > 50
        place = place_of(name)
        assert place is None or place.uri == name
        written_at(name)


def test_a_key_is_a_time() -> None:
    at = written_at("3n3g5f6oebs2g")
    assert at is not None
    assert at.replace(microsecond=0) == datetime(2026, 11, 29, 2, 13, 20, tzinfo=UTC)
    assert written_at("self") is None


@pytest.mark.parametrize(
    ("url", "strength"),
    [
        ("https://bsky.app/profile/city.example", "certain"),
        (f"https://bsky.app/profile/{CITY}", "certain"),
        ("https://bsky.app/profile/City.Example/post/3myg5f6oebs2g", "certain"),
        ("https://other.example/profile/city.example", "possible"),
        ("https://bsky.app/profile/city", None),
        ("https://bsky.app/", None),
        ("https://city.example/@city", None),
    ],
)
def test_an_address_is_claimed(url: str, strength: str | None) -> None:
    claim = Bluesky().claim(url)
    assert (claim and claim.strength) == strength
    if claim is not None:
        assert claim.service == "https://atproto.com"
        assert claim.url.rpartition("/")[2] in (CITY, "city.example")


# --- the account's own repository ------------------------------------------------------------------------------------


def test_the_server_is_the_one_that_the_did_document_names() -> None:
    service = [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": f"{PDS}/"}]
    body: Json = {"id": CITY, "alsoKnownAs": ["at://city.example", "https://x"], "service": service}
    reading = read(ASKS.identity({"posts.rev": "r1", "archiver.x": 1}), body)
    assert reading.next_page is not None
    assert reading.next_page.url == f"{PDS}/xrpc/com.atproto.sync.getLatestCommit"
    assert reading.records[0].content == {"handles": ["city.example"], "server": PDS}
    for endpoint in ("javascript:alert(1)", f"{PDS}/path", "https://u:p@pds.example", 7):
        bad = copy.deepcopy(body)
        bad["service"][0]["serviceEndpoint"] = endpoint
        assert _kind(read(ASKS.identity({}), bad)) is ProblemKind.CONTRACT
    assert _kind(read(ASKS.identity({}), body | {"id": ANN})) is ProblemKind.CONTRACT


def test_an_unchanged_revision_is_the_end_of_the_list_and_a_new_one_its_beginning() -> None:
    known = {"posts.rev": "r1", "reposts.rev": "r0"}
    same = read(ASKS.commit(PDS, known), {"cid": OTHER_CID, "rev": "r1"})
    assert same.next_page is None
    assert [one.listing for one in same.asks] == ["reposts"]
    changed = read(ASKS.commit(PDS, known), {"cid": OTHER_CID, "rev": "r2"})
    assert changed.next_page is not None
    assert ("collection", "app.bsky.feed.post") in changed.next_page.parameters
    full = read(FULL.commit(PDS, {"posts.rev": "r1", "reposts.rev": "r1"}), {"cid": OTHER_CID, "rev": "r1"})
    assert full.next_page is not None


def test_a_list_of_records_goes_on_until_it_meets_what_is_known() -> None:
    first = ASKS.records(PDS, "posts", "r2", {"posts.newest": "3myg5f6oebs2g"})
    page = read(first, {"records": [listed("3myg5f7bpgc2g")], "cursor": "c"})
    assert page.bookmark is None
    assert page.next_page is not None
    last = read(page.next_page, {"records": [listed("3myg5f6oebs2g")], "cursor": "d"})
    assert last.next_page is None
    assert last.bookmark == {"posts.rev": "r2", "posts.newest": "3myg5f7bpgc2g"}
    assert not last.whole
    whole = read(FULL.records(PDS, "posts", "r2", {}), {"records": [listed("3myg5f6oebs2g")]})
    assert whole.whole


def test_an_empty_page_with_a_cursor_is_not_the_end() -> None:
    page = read(FULL.records(PDS, "posts", "r2", {}), {"records": [], "cursor": "c"})
    assert page.next_page is not None
    assert not page.whole
    assert read(ASKS.feed(), {"feed": [], "cursor": "c"}).next_page is not None
    assert _kind(read(ASKS.feed(), {"feed": [], "cursor": {"no": 1}})) is ProblemKind.CONTRACT


def test_a_key_from_the_future_does_not_stand_for_what_is_known() -> None:
    first = ASKS.records(PDS, "posts", "r2", {})
    last = read(first, {"records": [listed("jzzzzzzzzzzzz"), listed("3myg5f6oebs2g")]})
    assert last.bookmark == {"posts.rev": "r2", "posts.newest": "3myg5f6oebs2g"}


def test_a_record_that_cannot_be_read_is_quarantined_and_the_list_not_taken_as_whole() -> None:
    bad = listed("3myg5f7bpgc2g") | {"value": {"text": 7}}
    strange = listed("3myg5f6oebs2g") | {"uri": uri(did=ANN)}
    reading = read(FULL.records(PDS, "posts", "r2", {}), {"records": [bad, strange, listed("3myg5f6oebs2g")]})
    assert [place for place, _ in reading.quarantine] == ["/records/0", "/records/1"]
    assert len(reading.records) == 1
    assert not reading.whole


def test_files_are_asked_of_the_server_by_their_names() -> None:
    image = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 75}
    embed = {"$type": "app.bsky.embed.images", "images": [{"alt": "A  bridge", "image": image}]}
    reading = read(FULL.records(PDS, "posts", "r2", {}), {"records": [listed("3myg5f6oebs2g", embed=embed)]})
    (medium,) = reading.records[0].media
    assert (medium.key, medium.alt_text) == (CID, "A bridge")
    assert medium.url == f"{PDS}/xrpc/com.atproto.sync.getBlob?did={CITY}&cid={CID}"
    assert reading.records[0].text == "The bridge is shut.\n\nA bridge"


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a quoted post"])
def test_every_picture_of_a_gallery_is_a_file(beside: bool) -> None:
    """``app.bsky.embed.gallery``: of one's own post as uploaded, of others' as the service shows them."""
    image = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 75}
    gallery: Json = {"$type": "app.bsky.embed.gallery", "items": [{"alt": f"View {n}", "image": image} for n in (1, 2)]}
    shown: Json = {"items": [{"fullsize": f"{SITE}/img/{n}", "alt": f"View {n}"} for n in (1, 2)]}
    if beside:
        quoted = {"$type": "app.bsky.embed.record", "record": {"uri": uri(), "cid": OTHER_CID}}
        gallery = {"$type": "app.bsky.embed.recordWithMedia", "record": quoted, "media": gallery}
        shown = {"media": shown}
    reading = read(FULL.records(PDS, "posts", "r2", {}), {"records": [listed("3myg5f6oebs2g", embed=gallery)]})
    (record,) = reading.records
    assert [(one.key, one.alt_text) for one in record.media] == [(CID, "View 1"), (CID, "View 2")]
    assert record.text == "The bridge is shut.\n\nView 1\n\nView 2"
    post = view("3myg5f6oebs2h", ANN, embed=gallery) | {"embed": shown}
    (others,) = read(ASKS.thread(uri(), above=False), {"thread": node(post)}).records
    assert [(one.url, one.alt_text) for one in others.media] == [(f"{SITE}/img/{n}", f"View {n}") for n in (1, 2)]


# --- what the service shows ------------------------------------------------------------------------------------------


def test_the_words_of_the_account_are_read_from_its_repository_alone() -> None:
    reading = read(ASKS.feed(), {"feed": [{"post": view(replies=2)}]})
    (record,) = reading.records
    assert (record.content, record.counts["replies"]) == ({}, 2)
    assert [ask.listing for ask in reading.asks] == [f"thread:{uri()}"]


def test_labels_and_numbers_are_no_part_of_what_was_said() -> None:
    one, other = view(did=ANN), view(did=ANN, replies=5) | {"labels": [{"val": "spam"}], "likeCount": 7}
    contents = [read(ASKS.posts([]), {"posts": [post]}).records[0].content for post in (one, other)]
    assert contents[0] == contents[1]
    edited = view(did=ANN, text="No.") | {"cid": CID}
    assert read(ASKS.posts([]), {"posts": [edited]}).records[0].content != contents[0]


def test_a_post_that_is_not_shown_in_a_thread_is_no_evidence() -> None:
    lost = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri("3myg5f7bpgc2g", ANN), "notFound": True}
    blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri("3myg5f7bpgc2h", ANN), "blocked": True}
    strange = {"$type": "app.bsky.feed.defs#somethingNew"}
    answered = view("3myg5f76wkk2g", ANN, reply=reply_to())
    whole = read(_thread_ask(), {"thread": node(view(replies=3), lost, blocked, node(answered))})
    assert [record.kind for record in whole.records] == [RecordKind.POST, RecordKind.COMMENT]
    assert whole.records[1].thread == uri()
    assert whole.whole
    assert not read(_thread_ask(), {"thread": node(view(), strange)}).whole


def test_where_a_thread_was_cut_it_is_asked_for_from_there() -> None:
    below = node(view("3myg5f76wkk2g", ANN, replies=2, reply=reply_to()))
    del below["replies"]
    reading = read(_thread_ask(), {"thread": node(view(replies=1), below)})
    assert not reading.whole
    (deeper,) = reading.asks
    assert dict(deeper.parameters)["uri"] == uri("3myg5f76wkk2g", ANN)
    last = replace(deeper, context={**deeper.context, "level": 10})
    assert read(last, {"thread": node(view(replies=1), below)}).asks == ()


def test_a_detached_quote_is_passed_over() -> None:
    shown = {"uri": uri(did=ANN), "cid": OTHER_CID, "author": view(did=ANN)["author"], "value": said("Quoted.")}
    kinds = {
        "app.bsky.embed.record#viewRecord": 2,
        "app.bsky.embed.record#viewDetached": 1,
        "app.bsky.embed.record#viewNotFound": 1,
        "app.bsky.embed.record#viewBlocked": 1,
    }
    for kind, records in kinds.items():
        embed = {"$type": "app.bsky.embed.record#view", "record": shown | {"$type": kind}}
        reading = read(ASKS.feed(), {"feed": [{"post": view() | {"embed": embed}}]})
        assert len(reading.records) == records, kind
        assert not reading.quarantine


def test_a_post_in_anothers_name_is_not_believed() -> None:
    forged = view(did=ANN) | {"author": {"did": CITY, "handle": "city.example"}}
    assert read(ASKS.posts([]), {"posts": [forged]}).records == ()


def test_looks_are_put_25_at_once_with_the_profile_as_control() -> None:
    refs = [RecordRef(uri(f"3myg5f6oebs{number:02}", ANN), RecordKind.COMMENT) for number in range(30)]
    refs += [RecordRef(uri(collection="app.bsky.feed.repost"), RecordKind.SHARE)]
    asks = list(Bluesky().look(ACCOUNT, refs))
    assert sorted(len(ask.context["look"]) for ask in asks) == [1, 5, 25]
    assert {ask.control.purpose for ask in asks if ask.control} == {"profile"}


# --- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, "RepoDeactivated", ProblemKind.DEACTIVATED),
        (400, "AccountDeactivated", ProblemKind.DEACTIVATED),
        (400, "RepoTakendown", ProblemKind.TAKEN_DOWN),
        (400, "RepoSuspended", ProblemKind.TAKEN_DOWN),
        (400, "AccountTakedown", ProblemKind.TAKEN_DOWN),
        (400, "RecordNotFound", ProblemKind.GONE),
        (400, "RepoNotFound", ProblemKind.GONE),
        (401, "AuthMissing", ProblemKind.PERMISSION),
        (400, "ExpiredToken", ProblemKind.PERMISSION),
        (502, "UpstreamFailure", ProblemKind.TRANSIENT),
        (400, "SomethingNew", ProblemKind.CONTRACT),
        (404, "MethodNotFound", ProblemKind.CONTRACT),
    ],
)
def test_every_failure_has_its_class(status: int, error: str, kind: ProblemKind) -> None:
    assert _kind(read(ASKS.commit(PDS, {}), {"error": error, "message": "x"}, status)) is kind


@pytest.mark.parametrize("error", ["ExpiredToken", "InvalidToken", "AuthMissing"])
def test_a_sign_in_that_has_run_out_is_told_by_its_name(error: str) -> None:
    ask = ASKS.notifications(PDS, {})
    assert _kind(read(ask, {"error": error, "message": "x"}, 400)) is ProblemKind.SIGN_IN_EXPIRED


def test_a_refusal_for_the_rate_names_its_end() -> None:
    reset = int(AT.timestamp()) + 90
    headers = (("RateLimit-Limit", "3000"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", str(reset)))
    reading = read(ASKS.feed(), {"error": "RateLimitExceeded", "message": "x"}, 429, headers)
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.RATE
    assert reading.problem.retry_at == datetime.fromtimestamp(reset, UTC)
    assert reading.rate is not None
    assert reading.rate.remaining == 0


_EVERY = [
    ASKS.profile(),
    ASKS.identity({}),
    ASKS.commit(PDS, {}),
    FULL.records(PDS, "posts", "r", {}),
    ASKS.feed(),
    ASKS.thread(uri(), above=True),
    ASKS.quotes(uri()),
    ASKS.posts([uri()]),
    ASKS.notifications(PDS, {}),
    *FULL.settings(PDS),
]
_BY_LIST = "app.bsky.feed.threadgate#listRule"
_MENTIONED = {"$type": "app.bsky.feed.threadgate#mentionRule"}
_SET: dict[str, Json] = {
    purpose: {"uri": uri("3myg5f6oebs2g", collection=f"app.bsky.{kind}"), "cid": OTHER_CID, "value": value}
    for purpose, kind, value in (
        ("blocks", "graph.block", {"subject": ANN, "createdAt": "2026-10-14T19:07:53.867Z"}),
        ("list_blocks", "graph.listblock", {"subject": uri("l", ANN, "app.bsky.graph.list")}),
        (
            "thread_gates",
            "feed.threadgate",
            {"post": uri(), "allow": [_MENTIONED], "hiddenReplies": [uri("3myg5f76wkk2g", ANN)]},
        ),
        ("post_gates", "feed.postgate", {"post": uri(), "embeddingRules": [], "detachedEmbeddingUris": []}),
    )
}


@pytest.mark.law("R17")
def test_how_the_account_moderates_is_one_record_for_each_list() -> None:
    asked = {one.purpose: one for one in read(FULL.commit(PDS, {}), {"cid": OTHER_CID, "rev": "r1"}).asks}
    assert not any(one.access == "settings" for one in read(ASKS.commit(PDS, {}), {"cid": "c", "rev": "r"}).asks)
    told = {purpose: read(asked[purpose], {"records": [value]}).records[0].text for purpose, value in _SET.items()}
    assert told == {
        "blocks": f"blocked: {ANN}",
        "list_blocks": f"blocked lists: {uri('l', ANN, 'app.bsky.graph.list')}",
        "thread_gates": "posts whose answers are restricted: 3myg5f6oebs2g answered by who is mentioned, hides"
        f" {uri('3myg5f76wkk2g', ANN)}",
        "post_gates": "posts whose quotes are restricted: 3myg5f6oebs2g quoted by everybody",
    }
    closed = {**_SET["thread_gates"], "value": {"post": uri(), "allow": []}}
    assert read(asked["thread_gates"], {"records": [closed]}).records[0].text.endswith("answered by nobody")
    assert read(asked["blocks"], {"records": []}).records[0].content == {"people": []}
    # What is compared is what the account wrote, not our words for it: a rule of tomorrow gets better words one day.
    rules = [{"$type": "app.bsky.feed.threadgate#newRule"}, {"$type": _BY_LIST, "list": uri("l", ANN, "x.y.list")}]
    gate = {**_SET["thread_gates"], "value": {"post": uri(), "allow": rules, "hiddenReplies": []}}
    told_by = [f"{_BY_LIST} {uri('l', ANN, 'x.y.list')}", "app.bsky.feed.threadgate#newRule"]
    content = {"posts": [{"post": uri(), "allow": told_by, "hidden": []}]}
    assert read(asked["thread_gates"], {"records": [gate, gate]}).records[0].content == content
    assert read(asked["post_gates"], {"records": [_SET["post_gates"]]}).records[0].content == {
        "posts": [{"post": uri(), "rules": [], "detached": []}]
    }


def test_a_list_of_blocks_is_told_whole_or_not_at_all() -> None:
    asked = next(FULL.settings(PDS))
    first = read(asked, {"records": [_SET["blocks"]], "cursor": "c"})
    assert (first.records, first.problem) == ((), None)
    assert first.next_page is not None
    assert first.part, "its bytes are evidence of a record that stands on a later page"
    other = {**_SET["blocks"], "value": {"subject": CITY}}
    assert read(first.next_page, {"records": [other]}).records[0].content == {"people": [ANN, CITY]}
    after = replace(answer({"records": [other]}), received_at=AT + TOGETHER + timedelta(seconds=1))
    late = Bluesky().read(first.next_page, after)
    assert (late.records, late.next_page) == ((), asked), "pages of different times make no list"
    spoilt = read(first.next_page, {"records": [{**other, "value": {"subject": 7}}]})
    assert spoilt.records == ()
    assert _kind(spoilt) is ProblemKind.CONTRACT


_NAMES = ["embed", "images", "cid", "$type", "notFound", "error", "message", "label", "quotedPost", "records", "labels"]


def test_it_keeps_to_the_contract() -> None:
    refs = [RecordRef(uri(), RecordKind.POST), RecordRef(uri("3myg5f76wkk2g", ANN), RecordKind.COMMENT, uri())]
    answered = node(view(replies=1), node(view("3myg5f76wkk2g", ANN, reply=reply_to())))
    examples = [
        conformance.Example(FULL.records(PDS, "posts", "r", {}), {"records": [listed("3myg5f6oebs2g")], "cursor": "c"}),
        conformance.Example(ASKS.posts([uri()]), {"posts": [view()]}),
        conformance.Example(ASKS.feed(), {"feed": [{"post": view(replies=1)}], "cursor": "c"}),
        conformance.Example(_thread_ask(), {"thread": answered}),
    ]
    examples += [conformance.Example(asked, {"records": [_SET[asked.purpose]]}) for asked in FULL.settings(PDS)]
    conformance.check(Bluesky(), ACCOUNT, [f"{SITE}/profile/city.example"], refs, examples)
    names = {*_NAMES, *conformance.member_names(examples), "rev", "id", "did", "handle", "displayName"}
    conformance.check_answers(Bluesky(), _EVERY, names)


def _thread_ask() -> Ask:
    return ASKS.thread(uri(), above=False)


def _kind(reading: Reading) -> ProblemKind | None:
    return None if reading.problem is None else reading.problem.kind
