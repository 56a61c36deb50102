"""The picture of squares for an authenticator, for whoever has whatever name."""

from __future__ import annotations

import pytest
import segno

from archiver.people import factors, service


@pytest.mark.parametrize("letter", ["a", "\ufdfd", "\U0001f469", "<"])
def test_it_is_drawn_for_the_longest_name_and_title(letter: str) -> None:
    longest = letter * service.LONGEST
    address = factors.address("A" * 32, longest, longest)
    assert int(segno.make(address, error="m", micro=False).version) <= 40
