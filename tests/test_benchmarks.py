"""The page of figures says what was measured, and nothing else."""

from __future__ import annotations

import json

from bench import __main__ as bench


def test_the_page_is_the_one_of_the_figures() -> None:
    found = json.loads(bench.FIGURES.read_text(encoding="utf-8"))
    assert found.keys() <= bench.SECTIONS.keys()
    assert bench.PAGE.read_text(encoding="utf-8") == bench.page(found)
