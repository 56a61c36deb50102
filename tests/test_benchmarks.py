"""The page of figures says what was measured, and nothing else."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import accounts


def test_the_page_is_the_one_of_the_figures() -> None:
    found = json.loads(bench.FIGURES.read_text(encoding="utf-8"))
    assert found.keys() <= bench.SECTIONS.keys()
    assert bench.PAGE.read_text(encoding="utf-8") == bench.page(found)


_ROW = {
    "accounts": 50, "share_of_a_core": 0.249, "idle_share": 0.001, "full_share": 0.02, "full_seconds": 9.0, "runs": 1,
    "known_records": 9_000, "exchanges": 1, "happened": 1, "records": 1, "first_capture_seconds": 1.0,
}  # fmt: skip
_FOUND = {"records_a_day": 1, "platforms": 8, "measured_minutes": 20, "days_before": 1, "full_days": 7.0}


@pytest.mark.parametrize(("count", "share", "missed"), [(50, 0.249, 0), (50, 0.25, 1), (10, 0.3, 1), (100, 0.4, 0)])
def test_a_measurement_that_misses_its_aim_fails_and_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, share: float, missed: int
) -> None:
    found = _FOUND | {"rounds": [_ROW | {"accounts": count, "share_of_a_core": share}]}
    monkeypatch.setattr(bench, "FIGURES", tmp_path / "benchmarks.json")
    monkeypatch.setattr(bench, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setitem(bench.SECTIONS, "accounts", (lambda chosen: found, accounts.lines))
    monkeypatch.setattr("sys.argv", ["bench", "--only", "accounts"])
    with pytest.raises(SystemExit, match=f"{count} accounts take") if missed else nullcontext():
        bench.main()
    written = bench.PAGE.read_text(encoding="utf-8")
    assert written.count("**aim missed**") == missed
    assert "once in 7 days" in written
    assert f"| {count} | {share:.3f}" in written
