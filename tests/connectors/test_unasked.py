"""Every field that Meta and X document for what is read is asked for, or it is said in words why it is not
(``unasked.yaml``)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from archiver.records.choice import Kept, choose, learn
from connectors import _facebook_fields as facebook
from connectors import _instagram_fields as instagram
from connectors import _threads_fields as threads
from connectors.contract import Ask, Connector
from tests import recordings
from tests.connectors import test_facebook_reading as facebook_reading
from tests.connectors import test_instagram_reading as instagram_reading
from tests.connectors import test_x_reading as x_reading
from tests.connectors.payloads import recorded
from tests.connectors.reading import answer
from tests.connectors.test_x_reading import ASKS
from tests.specified.writing import FOLDER

_FILE = Path(__file__).parent / "unasked.yaml"
#: What is asked of each of Meta's nodes, in all questions together.
_META: Mapping[str, tuple[str, ...]] = {
    "PagePost": (facebook.INDEX["post"], facebook.WORDS["post"]),
    "Comment": (facebook.INDEX["comment"], facebook.WORDS["comment"]),
    "LiveVideo": (facebook.LIVE,),
    "IGMedia": (instagram.MEDIA, instagram.STORY, instagram.TAGGED),
    "IGComment": (instagram.with_replies(instagram.COMMENT_WORDS),),
}
#: Threads has no list but the one that is checked in.
_THREADS: Mapping[str, tuple[str, ...]] = {
    "ThreadsMedia": (*threads.INDEXES.values(), *threads.WORDS.values(), threads.PENDING),
    "ThreadsProfile": (threads.PROFILE,),
}
#: Lists of X, and what they are asked by.
_X: Mapping[str, tuple[str, str]] = {
    "PostFieldsParameter": ("post.fields", "posts"), "PostExpansionsParameter": ("expansions", "posts"),
    "UserFieldsParameter": ("user.fields", "users"), "UserExpansionsParameter": ("expansions", "users"),
    "MediaFieldsParameter": ("media.fields", "posts"), "PollFieldsParameter": ("poll.fields", "posts"),
    "PlaceFieldsParameter": ("place.fields", "posts"), "DmEventFieldsParameter": ("dm_event.fields", "messages"),
    "DmEventExpansionsParameter": ("expansions", "messages"),
}  # fmt: skip


@cache
def _unasked() -> Mapping[str, Mapping[str, list[str]]]:
    found: Mapping[str, Mapping[str, list[str]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def _held(node: str, documented: set[str], asked: set[str]) -> None:
    """Documented is what is asked for and what is not, each once and for one reason."""
    left = list(chain.from_iterable(_unasked()[node].values()))
    assert len(left) == len(set(left)), "one reason each"
    assert not set(left) & asked, "it is asked for"
    assert documented - asked - set(left) == set(), f"{node}: ask for it, or say in {_FILE.name} why not"
    assert set(left) - documented == set(), "nothing is documented of it any more"
    assert asked - documented == set(), "asked for, though nobody documents it"


def _outermost(wanted: tuple[str, ...]) -> set[str]:
    flat = ",".join(wanted)
    while "{" in flat:
        flat = re.sub(r"\{[^{}]*\}", "", flat)
    return {one.partition(".")[0] for one in flat.split(",")}


@pytest.mark.law("R3")
@pytest.mark.parametrize("node", _META)
def test_every_field_and_edge_that_meta_documents_is_asked_for_or_it_is_said_why_not(node: str) -> None:
    fields, edges = recordings.meta(node)
    _held(node, {*fields, *edges}, _outermost(_META[node]))


@pytest.mark.law("R3")
@pytest.mark.parametrize("node", _THREADS)
def test_the_same_of_what_threads_documents(node: str) -> None:
    listed = yaml.safe_load((FOLDER / "meta.yaml").read_text(encoding="utf-8"))[node]
    _held(node, {name.rstrip("~") for name in listed}, _outermost(_THREADS[node]))


def _asked_of_x(parameter: str, where: str) -> set[str]:
    ask = {"posts": ASKS.listing("posts", None), "users": ASKS.profile(), "messages": ASKS.messages()}[where]
    return set(",".join(parse_qs(urlsplit(ask.url).query).get(parameter, [])).split(",")) - {""}


@pytest.mark.law("R3")
@pytest.mark.parametrize("name", _X)
def test_the_same_of_what_x_documents(name: str) -> None:
    parameters: Any = json.loads(recorded("specs/x/openapi.json").read_text())["components"]["parameters"]
    parameter, where = _X[name]
    documented = set(parameters[name]["schema"]["items"]["enum"])
    _held(name, documented, _asked_of_x(parameter, where))


_PERSON = {"id": "1001", "name": "Records Officer"}
_FEED = facebook_reading.ask_for("feed")
#: What is asked for since records were stored without it: the question, a body of before, and what it has now.
_NEW: Mapping[str, tuple[Connector, Ask, Any, Mapping[str, Any]]] = {
    "post on Facebook": (
        facebook_reading.CONNECTOR, facebook_reading.ASKS.words_of_page(_FEED, [], seen=True), facebook_reading.post(),
        {"backdated_time": "2026-01-01T00:00:00+0000", "story_tags": [_PERSON],
         "call_to_action": {"type": "LEARN_MORE", "value": {"link": "https://city.example/"}}},
    ),
    "index of posts on Facebook": (
        facebook_reading.CONNECTOR, _FEED, facebook_reading.post(),
        {"admin_creator": _PERSON, "application": _PERSON, "feed_targeting": {"age_min": 13}},
    ),
    "comment on Facebook": (
        facebook_reading.CONNECTOR, facebook_reading.ASKS.words_of_page(facebook_reading.COMMENTS, [], seen=True),
        facebook_reading.comment(), {"live_broadcast_timestamp": 754},
    ),
    "media on Instagram": (
        instagram_reading.CONNECTOR, instagram_reading.ASKS.media_list(), instagram_reading.media(),
        {"is_shared_to_feed": True, "is_ai_generated": False},
    ),
    "post on X": (
        x_reading.CONNECTOR, ASKS.listing("posts", None), x_reading.post(),
        {"source": "X Web App", "display_text_range": [0, 9], "card_uri": "card://5", "community_id": "7",
         "geo": {"place_id": "5"}, "paid_partnership": False, "scopes": {"followers": False}},
    ),
}  # fmt: skip


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("what", _NEW)
def test_what_is_asked_for_since_makes_no_version_of_what_was_stored_before_and_is_not_stored_for_it(what: str) -> None:
    connector, ask, body, more = _NEW[what]
    before, after = (
        connector.read(ask, answer({"data": [one], "meta": {"result_count": 1}})) for one in (body, body | more)
    )
    assert not set(more) & set(body)
    assert before.records == after.records
    assert before.records
    assert after.drift == before.drift, "its fields are known"
    known = {one.key: learn(None, one, f"rc_{one.key}", "ex_1", 0, ask) for one in before.records}
    assert not choose(after, known, ask, Kept(drift=frozenset(after.drift))).store


def test_every_reason_is_said_in_words() -> None:
    assert _unasked().keys() == {*_META, *_THREADS, *_X}
    assert all(len(reason.split()) > 1 or reason == "advertising" for one in _unasked().values() for reason in one)
