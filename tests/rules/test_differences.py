"""What changed between two wordings."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from archiver.records.differences import MOST_CHANGES, Segment, differences
from tests.effort import bounded

wordings = st.lists(st.sampled_from(["the", "city", "plows", " ", ".", "Ü", "\n", "🙂"]), max_size=30).map("".join)


@given(wordings | st.text(max_size=60), wordings | st.text(max_size=60))
def test_both_wordings_can_be_read_from_the_segments(before: str, after: str) -> None:
    found = differences(before, after)
    assert "".join(one.text for one in found if one.kind != "added") == before
    assert "".join(one.text for one in found if one.kind != "removed") == after
    assert all(one.kind != other.kind for one, other in pairwise(found))


@given(wordings)
def test_equal_wordings_have_no_difference(text: str) -> None:
    assert all(one.kind == "same" for one in differences(text, text))


def test_a_changed_word_is_shown_between_what_stayed() -> None:
    assert differences("Plows run at 6 pm today.", "Plows run at 8 pm today.") == (
        Segment("same", "Plows run at "),
        Segment("removed", "6"),
        Segment("added", "8"),
        Segment("same", " pm today."),
    )


def test_a_shortest_edit_is_found() -> None:
    found = differences("a b c a b b a", "c b a b a c")
    changed = sum(len(one.text.split()) for one in found if one.kind != "same")
    assert changed == 5


def test_an_added_sentence_leaves_the_rest_as_it_was() -> None:
    found = differences("Open today.", "Open today. Closed tomorrow.")
    assert found == (Segment("same", "Open today."), Segment("added", " Closed tomorrow."))


def test_texts_that_share_nothing_are_replaced_as_a_whole_without_taking_long() -> None:
    before, after = " ".join(f"a{n}" for n in range(20_000)), " ".join(f"b{n}" for n in range(20_000))
    with bounded():
        found = differences("x " + before + " y", "x " + after + " y")
    assert [one.kind for one in found] == ["same", "removed", "added", "same"]
    assert MOST_CHANGES < 40_000
