"""Whom a post on Facebook is limited to: who sees it, what of that is compared, and what a refusal to tell it means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.records.choice import choose, learn
from connectors import _facebook_fields as fields
from connectors._facebook_audience import everybody_sees_post, limits_of
from connectors._graph_spare import without
from connectors.contract import AccessClass, Ask, ProblemKind, Reading, SeenRecord
from tests import effort
from tests.connectors.reading import answer
from tests.connectors.test_facebook_reading import ASKS, COMMENTS, CONNECTOR, PAGE, ask_for, idents, page_of, post

STATE = {"geo_locations": {"regions": [{"key": "3893", "name": "Wisconsin"}], "location_types": ["home"]}}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*STATE, "key", "cities"]), inner),
    max_leaves=6,
)


@pytest.mark.parametrize("targeting", [STATE, {"age_min": 21}, {"wings": True}, "US", 0, False, [None], {"error": {}}])
def test_a_post_that_is_limited_to_some_in_any_way_is_not_seen_by_everybody(targeting: Any) -> None:
    asks = CONNECTOR.read(ask_for("feed"), answer(page_of(post(1), post(2, targeting=targeting)))).asks
    words = {ask.access: idents(ask) for ask in asks if ask.purpose == "posts_by_id"}
    assert words == {AccessClass.PUBLIC: [f"{PAGE}_1"], AccessClass.PRIVATE: [f"{PAGE}_2"]}
    seen = {ask.listing: ask.context["seen"] for ask in asks if ask.purpose == "comments"}
    assert seen == {f"comments:post/{PAGE}_1": True, f"comments:post/{PAGE}_2": False}


@pytest.mark.parametrize("more", [{}, {"targeting": None}, {"targeting": {}}, {"targeting": []}])
def test_whose_feeds_it_comes_up_in_first_keeps_nobody_from_it(more: Any) -> None:
    assert everybody_sees_post(post(1, feed_targeting=STATE, **more))


@given(targeting=_JSON)
@settings(max_examples=effort.examples(60), deadline=None)
def test_whatever_limits_it_is_read_and_never_public(targeting: Any) -> None:
    assert all(isinstance(line, str) for line in limits_of(targeting))
    if targeting not in (None, {}, []):
        assert not everybody_sees_post(post(1, targeting=targeting))


def test_places_are_compared_by_their_keys_in_whatever_order() -> None:
    cities = [{"key": "2", "name": "Oak"}, {"key": "1", "name": "Elm", "radius": 10}]
    one = {"geo_locations": {"countries": ["US", "CA"], "cities": cities}, "age_min": 21, "locales": [6]}
    other = {
        "locales": ["6"], "age_min": "21", "new": {"one": 5},
        "geo_locations": {"cities": [{"key": "1", "name": "Elmville"}, {"key": "2"}], "countries": ["CA", "US"],
                          "location_types": ["home", "recent"]},
    }  # fmt: skip
    assert limits_of(one) == limits_of(other) == [
        "age_min: 21", "geo_locations.cities: 1", "geo_locations.cities: 2", "geo_locations.countries: CA",
        "geo_locations.countries: US", "locales: 6",
    ]  # fmt: skip


def _words(**more: Any) -> tuple[SeenRecord, Ask]:
    asked = next(ASKS.words_of(ask_for("feed"), [f"{PAGE}_1"], seen=False))
    (record,) = CONNECTOR.read(asked, answer({f"{PAGE}_1": post(1, **more)})).records
    return record, asked


@pytest.mark.law("R18")
def test_to_know_it_of_a_post_that_was_stored_before_is_no_edit() -> None:
    before, asked = _words()
    known = learn(None, before, "rc_1", "ex_1", 0, asked)
    same, _ = _words(feed_targeting=STATE)
    assert not choose(Reading(records=(same,)), {before.key: known}, asked).store, "as it was"
    limited, _ = _words(targeting=STATE)
    known = learn(known, limited, "rc_1", "ex_2", 0, asked)
    assert [version.content for version in known.versions] == [limited.content]
    for again in (limited, before, _words(targeting=STATE | {"wings": 2})[0]):
        assert not choose(Reading(records=(again,)), {before.key: known}, asked).store, "nothing is stored again"
    other, _ = _words(targeting={"geo_locations": {"countries": ["US"]}})
    assert len(learn(known, other, "rc_1", "ex_3", 0, asked).versions) == 2, "it is limited to others"


def test_what_only_the_page_is_shown_is_asked_for_in_private_alone() -> None:
    for name in ("admin_creator", "application", "feed_targeting"):
        assert f",{name}" in fields.INDEX["post"]
        assert not any(name in wanted for wanted in fields.WORDS.values())


# Refused.


def _refused(name: str, code: int = 100) -> dict[str, Any]:
    message = f"(#{code}) Tried accessing nonexisting field ({name}) on node type (PagePost)"
    return {"error": {"message": message, "type": "OAuthException", "code": code}}


@pytest.mark.parametrize("code", [10, 12, 100, 200])
def test_a_refused_field_is_left_out_once_and_then_no_post_is_known_to_be_for_everybody(code: int) -> None:
    asked = ask_for("feed")
    reading = CONNECTOR.read(asked, answer(_refused("targeting", code), 400))
    assert (reading.problem, reading.drift) == (None, ("refused targeting",))
    less = reading.next_page
    assert less is not None
    assert less.url == asked.url.replace("%2Ctargeting", "")
    assert without(less) == ["targeting"]
    assert (less.listing, less.purpose) == (asked.listing, asked.purpose)
    again = CONNECTOR.read(less, answer(_refused("targeting", code), 400))
    assert again.problem is not None
    assert again.next_page is None
    words = [ask for ask in CONNECTOR.read(less, answer(page_of(post(1)))).asks if ask.purpose == "post_words"]
    assert [ask.access for ask in words] == [AccessClass.PRIVATE]


def test_what_every_question_needs_is_never_left_out() -> None:
    for name in ("created_time", "shoes", "is_hidden"):
        reading = CONNECTOR.read(ask_for("feed"), answer(_refused(name), 400))
        assert (reading.next_page, reading.asks) == (None, ())
        assert reading.problem is not None
    assert CONNECTOR.read(COMMENTS, answer(_refused("targeting"), 400)).problem is not None, "it was not asked for"


def test_words_are_asked_for_again_without_it_and_a_look_says_nothing() -> None:
    (words,) = ASKS.words_of(ask_for("feed"), [f"{PAGE}_1"], seen=True)
    (less,) = CONNECTOR.read(words, answer(_refused("story_tags"), 400)).asks
    assert "story_tags" not in less.url
    assert (less.access, idents(less), less.context["words"]) == (AccessClass.PUBLIC, [f"{PAGE}_1"], "post")
    look = ASKS.look_at("post", f"{PAGE}_1", {"index": "post"})
    reading = CONNECTOR.read(look, answer(_refused("targeting"), 400))
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.CONTRACT, "never that it is not there"
    (again,) = reading.asks
    assert (again.context["look"], again.control) == (look.context["look"], look.control)


@pytest.mark.law("R4")
def test_words_that_are_asked_for_without_it_are_private_from_their_first_byte() -> None:
    """Their list told that everybody sees it; their own answer cannot tell it, and would be kept as public."""
    feed = ask_for("feed")
    (named,) = ASKS.words_of(feed, [f"{PAGE}_1"], seen=True)
    paged = ASKS.words_of_page(feed, [f"{PAGE}_1"], seen=True)
    for words, body in ((named, {f"{PAGE}_1": post(1)}), (paged, page_of(post(1)))):
        assert words.access is AccessClass.PUBLIC
        (less,) = CONNECTOR.read(words, answer(_refused("targeting"), 400)).asks
        assert (less.access, without(less)) == (AccessClass.PRIVATE, ["targeting"])
        reading = CONNECTOR.read(less, answer(body))
        assert [record.key for record in reading.records] == [f"post/{PAGE}_1"], "kept, as what not everybody sees"
        assert reading.asks == ()
        (other,) = CONNECTOR.read(words, answer(_refused("backdated_time"), 400)).asks
        assert other.access is AccessClass.PUBLIC, "who sees it is told all the same"


def test_what_may_be_left_out_is_asked_for_and_nothing_is_read_without_it() -> None:
    asked = ",".join((*fields.INDEX.values(), *fields.WORDS.values(), fields.LIVE)).replace("{", ",").split(",")
    assert set(fields.SPARE) <= set(asked)
