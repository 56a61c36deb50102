"""Canonical JSON: one byte sequence for one value."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver import canonical

LARGEST = 2**53 - 1
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-LARGEST, LARGEST), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=5),
    ),
    max_leaves=20,
)


class Colour(StrEnum):
    RED = "red"


#: The example of RFC 8785 §3.2.2 without its numbers that are no integers, and the escapes of §3.2.2.2.
VECTORS: list[tuple[Any, bytes]] = [
    (
        {"string": '€$\x0f\nA\'B"\\\\"/', "literals": [None, True, False]},
        b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
    ("\x00\x08\x09\x0a\x0c\x0d\x1f\x7f\x80\u2028", b'"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\xc2\x80\xe2\x80\xa8"'),
    ({"b": 1, "a": 2, "A": 3, "": 4, "a0": 5, "a.": 6}, b'{"":4,"A":3,"a":2,"a.":6,"a0":5,"b":1}'),
    ([LARGEST, -LARGEST, 0, -0], b"[9007199254740991,-9007199254740991,0,0]"),
    (("a", [()]), b'["a",[[]]]'),
    ({"c": Colour.RED}, b'{"c":"red"}'),
    ("\U0001f600", b'"\xf0\x9f\x98\x80"'),
    ({}, b"{}"),
]


@pytest.mark.parametrize(("value", "encoded"), VECTORS, ids=lambda one: repr(one)[:20])
def test_a_value_has_the_bytes_it_always_had(value: Any, encoded: bytes) -> None:
    assert canonical.encode(value) == encoded
    assert canonical.encode(canonical.decode(encoded)) == encoded


@given(VALUES)
def test_decoding_is_the_inverse_of_encoding(value: Any) -> None:
    encoded = canonical.encode(value)
    assert canonical.decode(encoded) == value
    assert json.loads(encoded) == value


@given(VALUES, st.randoms())
def test_the_order_in_which_members_were_set_does_not_matter(value: Any, random: Any) -> None:
    def shuffled(one: Any) -> Any:
        if isinstance(one, dict):
            items = [(key, shuffled(child)) for key, child in one.items()]
            random.shuffle(items)
            return dict(items)
        return [shuffled(child) for child in one] if isinstance(one, list) else one

    assert canonical.encode(shuffled(value)) == canonical.encode(value)


@given(VALUES, VALUES)
def test_different_values_have_different_bytes(first: Any, second: Any) -> None:
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (canonical.encode(first) == canonical.encode(second)) == same


@given(VALUES, st.sampled_from([{"indent": 1}, {"separators": (", ", ":")}, {"ensure_ascii": True}]))
def test_any_other_way_to_write_a_value_is_refused(value: Any, style: Any) -> None:
    canonical_bytes = canonical.encode(value)
    other = json.dumps(value, **({"separators": (",", ":"), "sort_keys": True, "ensure_ascii": False} | style)).encode()
    if other != canonical_bytes:
        with pytest.raises(ValueError, match="canonical form"):
            canonical.decode(other)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        10**400,
        "\ud800",
        ["\udfff"],
        {"\ud800": 1},
        {"é": 1},
        {1: 2},
        {None: 1},
        {True: 1},
        b"bytes",
        {"set"},
        object(),
        range(3),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_is_outside_the_profile_is_refused_at_any_depth(value: Any) -> None:
    for nested in (value, [value], {"a": value}, {"a": [{"b": (value,)}]}):
        with pytest.raises(ValueError):
            canonical.encode(nested)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b" 1",
        b"1\n",
        b"-0",
        b"1.0",
        b"1e2",
        b"9007199254740992",
        b"1" * 5000,
        b"NaN",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u000A"',
        b'"\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf1",
        "{}".encode("utf-16"),
        b'{"\xc3\xa9":1}',
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_bytes_in_another_form_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        canonical.decode(data)


def test_depth_ends_in_the_documented_error_only() -> None:
    value: Any = 1
    for depth in range(sys.getrecursionlimit() + 50):
        value = [value]
        if depth % 13 == 0:
            try:
                canonical.encode(value)
            except ValueError as error:
                assert "deeply" in str(error)  # noqa: PT017 - most depths must pass
    with pytest.raises(ValueError, match="deeply"):
        canonical.encode(value)
