"""The law page is current, and every requirement is held by a test or says why not."""

from __future__ import annotations

import pytest

from tests import law


def test_every_requirement_from_1_to_71_is_there() -> None:
    assert list(law.requirements()) == [f"R{number}" for number in range(1, 72)]


@pytest.mark.parametrize("number", law.requirements())
def test_a_requirement_has_a_test_or_a_reason(number: str) -> None:
    held, reason = number in law.marked(), "reason" in law.requirements()[number]
    assert held or reason, (
        f"{number}: mark a test with @pytest.mark.law({number!r}) or write the reason into docs/law.toml"
    )


def test_no_mark_names_an_unknown_requirement() -> None:
    assert set(law.marked()) <= set(law.requirements())


def test_the_page_is_current() -> None:
    assert law.PAGE.read_text() == law.page(), "run `make docs`"
