"""Compact JSON is what the standard library writes, byte for byte."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.compact import encoding

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
_KEYS = st.text(st.characters(exclude_categories=()), max_size=8)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(_KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


class _Named(NamedTuple):
    name: str
    flags: list[str]


@pytest.mark.parametrize("sort_keys", [True, False])
@given(value=_VALUES)
def test_it_is_what_the_standard_library_writes(value: Any, sort_keys: bool) -> None:
    assert encoding(sort_keys=sort_keys)(value) == json.dumps(value, separators=(",", ":"), sort_keys=sort_keys)


@pytest.mark.parametrize("sort_keys", [True, False])
def test_other_kinds_of_keys_and_tuples_are_written_alike(sort_keys: bool) -> None:
    for value in ({1: "a", 2: None}, {True: 1}, {1.5: 2}, {None: 3}, _Named("a", ["b"]), 2**80, -0.0, "\ud800\0é"):
        assert encoding(sort_keys=sort_keys)(value) == json.dumps(value, separators=(",", ":"), sort_keys=sort_keys)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        encoding(sort_keys=True)(object())


def test_a_circle_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(RecursionError):
        encoding(sort_keys=True)(circle)


def test_one_encoder_writes_several_values_after_a_failure() -> None:
    encode = encoding(sort_keys=True)
    with pytest.raises(TypeError):
        encode([1, object()])
    assert encode([1]) == "[1]"
