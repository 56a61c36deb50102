"""The checks that every connector has to pass, and that they find what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

import pytest

from connectors import conformance, hostile
from connectors.conformance import AT, Example, check
from connectors.contract import (
    AccessClass,
    AccountFacts,
    AccountRef,
    Answer,
    Ask,
    Author,
    Capabilities,
    Claim,
    MediaRef,
    Problem,
    ProblemKind,
    Reading,
    RecordKind,
    RecordRef,
    SeenRecord,
    State,
    Stream,
    Sweep,
)
from connectors.feed import Feed
from connectors.invariants import Broken, check_ask, check_declarations, check_reading
from tests.connectors.reading import FEED_ACCOUNT, FEED_URL, feed_ask

RSS = b"""<rss version="2.0"><channel><title>News</title><link>https://city.example/</link>
<item><guid>a</guid><title>One</title><link>https://city.example/1</link><description>Words</description></item>
<item><guid>b</guid><title>Two</title><link>https://city.example/2</link></item></channel></rss>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "News",
    "items": [
        {"id": "1", "url": "https://city.example/1", "title": "One", "content_html": "<p>Words</p>", "tags": ["x"],
         "attachments": [{"url": "https://city.example/1.png", "mime_type": "image/png"}], "authors": [{"name": "A"}]},
        {"id": "2", "content_text": "Two"},
    ],
}  # fmt: skip
ENTRY = RecordRef("entry/a", RecordKind.POST, None, "https://city.example/1")
COMMENT = RecordRef("entry/c", RecordKind.COMMENT, "entry/a", "https://city.example/1/comment/3")
EXAMPLES = [Example(feed_ask(), RSS), Example(feed_ask(), JSON_FEED, (("Content-Type", "application/feed+json"),))]


def checked(connector: Feed, examples: Sequence[Example] = EXAMPLES) -> None:
    check(connector, FEED_ACCOUNT, [FEED_URL], [ENTRY, COMMENT], examples)


def test_feeds_keep_to_the_contract() -> None:
    checked(Feed())
    asks = [replace(feed_ask(), purpose=purpose) for purpose in ("comments", "identify", "page", "control")]
    conformance.check_answers(Feed(), asks, conformance.member_names(EXAMPLES))


# What is wrong is found, and said in one sentence.


class _Raises(Feed):
    def read(self, ask: Ask, answer: Answer) -> Reading:
        if answer.body:
            json.loads(answer.body)["items"]
        return super().read(ask, answer)


class _Forgets(Feed):
    """Reads in two ways."""

    def __init__(self) -> None:
        self._calls = 0

    def read(self, ask: Ask, answer: Answer) -> Reading:
        self._calls += 1
        return replace(super().read(ask, answer), counts={"read": self._calls})


class _Trusts(Feed):
    """Takes whatever is there for a list."""

    def read(self, ask: Ask, answer: Answer) -> Reading:
        return replace(super().read(ask, answer), problem=None, quarantine=())


class _Splits(Feed):
    def claim(self, url: str) -> Claim | None:
        scheme, _, host = url.split(":")
        return super().claim(f"{scheme}:{host}")


class _DeclinesIts(Feed):
    def declined(self, url: str) -> str | None:
        return "not here"


class _DeclinesBadly(Feed):
    def declined(self, url: str) -> str | None:
        return None if len(url.split(":")) == 2 else str(int(url))


class _Renames(Feed):
    def claim(self, url: str) -> Claim | None:
        found = super().claim(url)
        return None if found is None else replace(found, url=f"{found.url}x", handle=f"{found.handle}x")


class _LooksAlone(Feed):
    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        return (replace(ask, control=None) for ask in super().look(account, records))


class _LooksElsewhere(Feed):
    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        for ask in super().look(account, records):
            yield replace(ask, context={**ask.context, "look": ["entry/another"]})


class _Repeats(Feed):
    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Any) -> Iterable[Ask]:
        asks = list(super().begin(account, sweep, bookmark))
        return [*asks, *asks]


class _Silent(Feed):
    capabilities = Capabilities(None, None, None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("connector", "said"),
    [
        (_Raises, r"read\(\) raises"),
        (_Forgets, "in two ways"),
        (_Trusts, "cut off"),
        (_Splits, r"claim\(\) raises ValueError"),
        (_DeclinesIts, "one of its own"),
        (_DeclinesBadly, r"declined\(\) raises ValueError"),
        (_Renames, "normal form"),
        (_LooksAlone, "without a control"),
        (_LooksElsewhere, "looks for something else"),
        (_Repeats, "put twice"),
        (_Silent, "no limits"),
    ],
)
def test_a_connector_that_does_not_is_found_out(connector: Callable[[], Feed], said: str) -> None:
    with pytest.raises(Broken, match=said):
        checked(connector())


def test_a_good_answer_that_is_not_understood_is_told() -> None:
    with pytest.raises(Broken, match="not understood"):
        checked(Feed(), [Example(feed_ask(), {"items": []})])
    with pytest.raises(Broken, match="not recognised"):
        conformance.check_addresses(Feed(), ["mailto:city@city.example"])


ASK = Ask("https://x.example/list", Stream.POSTS, "list", listing="list")
BODY = Answer(200, (), json.dumps({"items": [{"id": 1}]}).encode(), AT, ASK.url)
RECORD = SeenRecord("post/1", RecordKind.POST, "/items/0", {"text": "a"}, "a")
PROBLEM = Problem(ProblemKind.CONTRACT, "no")
NAIVE = datetime(2026, 11, 1)


def _of(**changes: Any) -> Reading:
    return Reading(records=(replace(RECORD, **changes),))


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (Reading(records=(RECORD, RECORD)), "twice the same"),
        (Reading(records=(RECORD, replace(RECORD, key="post/2", as_of=AT))), "as_of for some"),
        (_of(place="/items/1"), "does not stand"),
        (_of(place="items/0"), "does not stand"),
        (_of(place="bytes=5-5000"), "does not stand"),
        (_of(key=""), "key"),
        (_of(text="\x00"), "text cannot be stored"),
        (_of(content={"text": "\ud800"}), "content cannot be stored"),
        (_of(content={"text": {1, 2}}), "content is not JSON"),
        (_of(content={"number": float("nan")}), "content is not JSON"),
        (_of(state=State.NOT_RETURNED), "only the engine"),
        (_of(thread="post/1"), "answers itself"),
        (_of(parent="post/1"), "answers itself"),
        (_of(created_at=NAIVE), "without a zone"),
        (_of(as_of=NAIVE), "without a zone"),
        (_of(url="javascript:alert(1)"), "no web address"),
        (_of(author=Author(None, "a\x00")), "author"),
        (_of(counts={"likes": -1}), "count"),
        (_of(counts={"likes": True}), "count"),
        (_of(media=(MediaRef("a", "https://x.example/a", "image"),) * 2), "same key"),
        (_of(media=(MediaRef("a", "/a", "image"),)), "no address"),
        (_of(media=(MediaRef("a", "https://x.example/a", "picture"),)), "or kind"),
        (Reading(whole=True, next_page=replace(ASK, parameters=(("page", "2"),))), "though it goes on"),
        (Reading(whole=True, problem=PROBLEM), "though something is wrong"),
        (Reading(whole=True, quarantine=(("/items/0", "no"),)), "could not be read"),
        (Reading(next_page=ASK), "next page is itself"),
        (Reading(next_page=replace(ASK, url=f"{ASK.url}/2", listing="other")), "another list"),
        (Reading(asks=(replace(ASK, url="ftp://x.example/"),)), "cannot be asked"),
        (Reading(problem=Problem(ProblemKind.GONE, "")), "one line"),
        (Reading(problem=Problem(ProblemKind.GONE, "two\nlines")), "one line"),
        (Reading(problem=Problem(ProblemKind.RATE, "wait", NAIVE)), "retry_at"),
        (Reading(quarantine=(("/items/0", ""),)), "no reason"),
        (Reading(quarantine=(("items", "no"),)), "no place"),
        (Reading(present=("",)), "no keys"),
        (Reading(bookmark={"at": AT}), "bookmark"),
        (Reading(since=NAIVE), "since"),
        (Reading(cuts=(5, 3)), "ascend"),
        (Reading(cuts=(5, 5000)), "outside the body"),
        (Reading(drift=("a\nb",)), "drift"),
        (Reading(account=AccountFacts("", "a", "a", "https://x.example/")), "no id"),
    ],
)
def test_a_reading_that_says_what_cannot_be_is_found_out(reading: Reading, said: str) -> None:
    check_reading(Reading(records=(RECORD,), whole=True), ASK, BODY, Feed())
    with pytest.raises(Broken, match=said):
        check_reading(reading, ASK, BODY, Feed())


def test_only_a_list_is_whole_and_never_one_that_was_not_modified() -> None:
    for ask, status, said in ((replace(ASK, listing=None), 200, "no list"), (ASK, 304, "not modified")):
        with pytest.raises(Broken, match=said):
            check_reading(Reading(whole=True), ask, replace(BODY, status=status), Feed())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"purpose": " "}, "without a purpose"),
        ({"url": "https://me:secret@x.example/"}, "cannot be asked"),
        ({"url": "/list"}, "cannot be asked"),
        ({"scheme": 2}, "scheme"),
        ({"context": {"at": AT}}, "not JSON"),
        ({"context": {"keys": ("a",)}}, "not JSON"),
        ({"headers": (("Authorization", "Bearer x"),)}, "secrets"),
        ({"access": AccessClass.PRIVATE, "authorise": "never"}, "as a stranger"),
        ({"listing": "thread:"}, "name of its list"),
        ({"context": {"look": ["post/1"]}}, "without a control"),
        ({"control": reduce(lambda control, _: replace(ASK, control=control), range(12), ASK)}, "more controls"),
    ],
)
def test_a_question_that_cannot_be_put_is_found_out(change: dict[str, Any], said: str) -> None:
    check_ask(ASK, Feed())
    with pytest.raises(Broken, match=said):
        check_ask(replace(ASK, **change), Feed())


def test_declarations_are_complete() -> None:
    told = Feed.capabilities
    for capabilities in (replace(told, edits=" "), replace(told, limits=("no sentence",)), replace(told, limits=())):
        mute = type("Mute", (Feed,), {"capabilities": capabilities})()
        with pytest.raises(Broken):
            check_declarations(mute)
    with pytest.raises(Broken, match="short name"):
        check_declarations(type("Loud", (Feed,), {"platform": "My Feed"})())


def test_every_place_of_a_body_is_changed_and_every_change_is_one() -> None:
    body = {"items": [{"id": 1, "tags": ["x"]}], "next": None}
    there = set(hostile.places(body))
    item = {("items", 0), ("items", 0, "id"), ("items", 0, "tags"), ("items", 0, "tags", 0)}
    assert there == item | {("items",), ("next",)}
    changes = list(hostile.changed(body, 100))
    assert len(changes) == 2 * len(there)
    assert body == {"items": [{"id": 1, "tags": ["x"]}], "next": None}
    assert sum(one == body for one in changes) <= 1, "something odd may be what was there"
    assert len(list(hostile.changed(body, 4))) == 4
    assert all(len(part) < len(RSS) for part in hostile.cut(RSS, 10))
