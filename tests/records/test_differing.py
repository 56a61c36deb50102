"""The mark with which a new record is inserted is the one it gets where nothing is under it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.records import differing
from connectors.contract import AccessClass


@given(st.integers(0, 2**31 - 1), st.sampled_from(AccessClass))
def test_a_new_record_is_marked_as_one_with_nothing_under_it(counted: int, access: AccessClass) -> None:
    assert differing.alone({"counted": counted}) is differing._differs(counted, access.value, {})


@pytest.mark.parametrize(("counted", "mark"), [(None, None), (0, False), (3, True)])
def test_what_was_never_counted_bears_no_mark(counted: int | None, mark: bool | None) -> None:
    assert differing.alone({"counted": counted}) is mark
