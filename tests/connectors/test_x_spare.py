"""A field that X refuses: left out once, told, and never a reason to take a record for gone, edited or another one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._x_spare import SPARE, spared, without
from connectors.contract import Ask, ProblemKind, Stream
from tests import effort
from tests.connectors.reading import answer
from tests.connectors.test_x_reading import ASKS, CONNECTOR, FIRST, PROBLEMS, listed, look, post, ref, refused

POSTS = ASKS.listing("posts", None)
_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["post.fields", "[source] is not one of [id]"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "parameters", "message", "field", "type", "value"]), inner)
    ),
    max_leaves=8,
)


def asked(ask: Ask, parameter: str) -> list[str]:
    return ",".join(parse_qs(urlsplit(ask.url).query).get(parameter, [])).split(",")


def unknown(field: str, parameter: str = "post.fields", ask: Ask = POSTS) -> dict[str, Any]:
    """As X says it: the first field that is none, beside the whole parameter as it came."""
    given = {parameter: [",".join(asked(ask, parameter))]}
    message = f"The `{parameter}` query parameter value [{field}] is not one of [id,text]"
    said = {"title": "Invalid Request", "detail": "One or more parameters to your request was invalid."}
    return said | {"type": f"{PROBLEMS}invalid-request", "errors": [{"parameters": given, "message": message}]}


def not_shown(field: str, **more: Any) -> dict[str, Any]:
    said = {"title": "Field Authorization Error", "detail": "No.", "type": f"{PROBLEMS}not-authorized-for-field"}
    return said | {"field": field} | more


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (unknown("source"), 400),
        (unknown("source") | {"errors": unknown("source", "tweet.fields")["errors"]}, 400),
        ({"title": "No", "type": f"{PROBLEMS}invalid-request", "parameter": "post.fields", "value": "source"}, 400),
        (not_shown("source"), 403),
        ({"errors": [not_shown("source", section="data", resource_type="tweet", resource_id=FIRST)]}, 200),
    ],
    ids=["none", "by its older name", "as specified", "not shown", "not shown, in a success"],
)
def test_a_refused_field_is_left_out_once_and_told_and_what_follows_is_asked_without_it(body: Any, status: int) -> None:
    reading = CONNECTOR.read(POSTS, answer(body, status))
    assert (reading.problem, reading.drift, reading.quarantine) == (None, ("refused post.fields: source",), ())
    less = reading.next_page
    assert less is not None
    assert less == replace(POSTS, url=less.url, context={**POSTS.context, "without": ["post.fields: source"]})
    assert less.url == POSTS.url.replace(",source", "")
    again = CONNECTOR.read(less, answer(body, status))
    assert (again.next_page, again.asks) == (None, ())
    assert again.problem is not None or again.quarantine, "it was not asked for any more"
    (follows, *_) = CONNECTOR.read(less, answer(listed(post(public_metrics={"reply_count": 2})))).asks
    assert follows.purpose == "conversation"
    assert "source" not in asked(follows, "post.fields")
    assert without(follows) == ("post.fields: source",)


def test_several_are_left_out_one_after_the_other_until_nothing_is_left_of_a_parameter() -> None:
    ask = POSTS
    for name in sorted(SPARE["place.fields"]):
        less = CONNECTOR.read(ask, answer(unknown(name, "place.fields", ask), 400)).next_page
        assert less is not None
        ask = less
    assert asked(ask, "place.fields") == ["id"]
    both = unknown("source") | {"errors": unknown("source")["errors"] + unknown("geo.place_id", "expansions")["errors"]}
    reading = CONNECTOR.read(POSTS, answer(both, 400))
    assert reading.drift == ("refused post.fields: source", "refused expansions: geo.place_id")


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ("post.fields", "conversation_id"), ("post.fields", "withheld"), ("expansions", "author_id"),
        ("expansions", "edit_history_post_ids"), ("post.fields", "shoes"), ("user.fields", "source"),
    ],
)  # fmt: skip
def test_what_every_question_needs_is_never_left_out(parameter: str, field: str) -> None:
    reading = CONNECTOR.read(POSTS, answer(unknown(field, parameter), 400))
    assert (reading.next_page, reading.asks) == (None, ())
    assert reading.problem is not None


def test_what_only_some_of_an_answer_lacks_is_no_refusal_of_the_question() -> None:
    body = listed(post(), errors=[not_shown("source", resource_id=FIRST)])
    assert [one.key for one in CONNECTOR.read(POSTS, answer(body)).records] == [f"post/{FIRST}"]
    assert spared(POSTS, answer(unknown("source"), 500)) is None


@pytest.mark.law("R16")
def test_a_look_that_is_refused_says_nothing_and_is_put_again_and_its_control_needs_no_such_field() -> None:
    asks = look(ref(FIRST))
    reading = CONNECTOR.read(asks, answer(unknown("lang", ask=asks), 400))
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.CONTRACT, "never that it is not there"
    (again,) = reading.asks
    assert (again.context["look"], again.control, again.access) == (asks.context["look"], asks.control, asks.access)
    gone = CONNECTOR.read(again, answer({"errors": [refused(FIRST)]}))
    assert (gone.problem, gone.present) == (None, ())
    for needed in (asks.control, ASKS.identify("city")):
        assert needed is not None
        assert not set(asked(needed, "user.fields")) & SPARE["user.fields"]


def test_where_x_does_not_count_who_quotes_a_recent_post_is_asked_for_all_the_same() -> None:
    def follow(ask: Ask) -> set[str]:
        return {one.purpose for one in CONNECTOR.read(ask, answer(listed(post()))).asks}

    less = CONNECTOR.read(POSTS, answer(unknown("public_metrics"), 400)).next_page
    assert less is not None
    assert (follow(POSTS), follow(less)) == ({"conversation"}, {"conversation", "quotes"})


def test_what_may_be_left_out_is_asked_for() -> None:
    questions = (POSTS, ASKS.profile(), ASKS.messages())
    for parameter, names in SPARE.items():
        assert names <= {one for ask in questions for one in asked(ask, parameter)}, parameter
    assert ASKS.messages().stream is Stream.MESSAGES


@given(body=_JSON, status=st.sampled_from([200, 400, 403]))
@settings(max_examples=effort.examples(80), deadline=None)
def test_whatever_comes_nothing_is_left_out_that_is_needed(body: Any, status: int) -> None:
    reading = spared(POSTS, answer(body, status))
    if reading is not None and reading.next_page is not None:
        assert {one.partition(": ")[2] for one in without(reading.next_page)} <= set().union(*SPARE.values())
        assert "author_id" in asked(reading.next_page, "expansions")
