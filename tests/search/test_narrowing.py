"""What a click on a facet asks is what was asked before, and the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.search import query as queries
from archiver.search.narrowing import narrowed_by, narrower, term
from archiver.search.tree import And, Query, Value, leaves

_WORDS = st.lists(
    st.sampled_from(
        ["water", "OR", "AND", "NOT", "-", '"', "“", "(", ")", "kind:post", "-(", "on:2026", ":", "a b", "*"]
    ),
    max_size=8,
).map(" ".join) | st.text(max_size=30)


def read(text: str) -> Query:
    return queries.parse(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("water main", "water main state:visible"),
        ("", "state:visible"),
        ("water OR main", "(water OR main) state:visible"),
        ('"water main" -gas', '"water main" -gas state:visible'),
    ],
)
def test_a_field_is_put_behind_so_that_both_are_asked(before: str, after: str) -> None:
    put = narrower(before, read)
    assert put is not None
    assert put("state:visible") == after


@given(_WORDS)
def test_whatever_was_asked_is_asked_still(text: str) -> None:
    put = narrower(text, read)
    if put is None:
        return
    before, after = read(text), read(put(['department:"Public', 'Works"', "state:visible"][-1]))
    leaf = Value("state", "visible", ("visible",))
    parts = after.root.parts if isinstance(after.root, And) else (after.root,)
    assert parts[-1] == leaf
    assert [*leaves(before.root), leaf] == leaves(after.root)


@given(_WORDS)
def test_what_is_taken_away_is_one_field_and_nothing_else(text: str) -> None:
    whole = leaves(read(text).root)
    for typed, rest in narrowed_by(text, read):
        assert typed in text
        assert len(leaves(read(rest).root)) == len(whole) - 1


def test_each_field_can_be_taken_away() -> None:
    found = dict(narrowed_by('water kind:post (a OR state:hidden) on:2026-05 department:"Public Works"', read))
    assert list(found) == ["kind:post", "on:2026-05", 'department:"Public Works"']
    assert found["kind:post"] == 'water (a OR state:hidden) on:2026-05 department:"Public Works"'
    assert dict(narrowed_by("kind:post", read)) == {"kind:post": ""}
    assert dict(narrowed_by("water OR kind:post", read)) == {}


@pytest.mark.parametrize(
    ("value", "typed"),
    [("post", "kind:post"), ("a b", 'kind:"a b"'), ('a "b"', None), ("a)", 'kind:"a)"'), ("", None), (" ", None)],
)
def test_a_value_is_quoted_where_it_has_to_be(value: str, typed: str | None) -> None:
    assert term("kind", value) == typed
