from __future__ import annotations

from pathlib import Path

from bench.search import run


def test_the_bench_finds_the_same_in_both_indexes_and_says_how_fast(tmp_path: Path) -> None:
    result = run(tmp_path, records=3_000, queries=3)  # it ends the run where the numbers of hits differ
    assert result["records"] == 3_000
    assert len(result["classes"]) == 9
    assert all(one["ratio"] > 0 for one in result["classes"].values())
