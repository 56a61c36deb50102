"""Positions as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.records import ranges


@given(st.sets(st.integers(0, 300)))
def test_decoding_gives_back_what_was_encoded(positions: set[int]) -> None:
    assert set(ranges.decode(ranges.encode(positions))) == positions


@given(st.lists(st.integers(0, 50)))
def test_order_and_repeats_do_not_matter(positions: list[int]) -> None:
    assert ranges.encode(positions) == ranges.encode(sorted(set(positions)))


def test_a_page_of_forty_is_one_range() -> None:
    assert ranges.encode([*range(40), 41]) == "0-39,41"
    assert ranges.encode([7]) == "7"
    assert ranges.encode([]) == ""


@settings(deadline=None)
@given(st.text(alphabet="0123456789,- ", max_size=12))
def test_only_the_canonical_text_is_accepted(text: str) -> None:
    try:
        positions = ranges.decode(text)
    except ValueError:
        return
    assert ranges.encode(positions) == text


@pytest.mark.parametrize(
    "text",
    [",", "1,", "-1", "1-", "2-1", "1-1", "3,2", "1,2", "0-2,3", "01", "1 ", "+1", "1--2", "٣", "0-99999999999", "0-0"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"range|positions"):
        ranges.decode(text)


def test_a_hostile_range_does_not_fill_the_memory() -> None:
    with pytest.raises(ValueError, match="positions"):
        ranges.decode("0-4000000000")


def test_a_negative_position_is_refused() -> None:
    with pytest.raises(ValueError, match="counted from 0"):
        ranges.encode([3, -1])
