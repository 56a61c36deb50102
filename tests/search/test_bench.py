from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.search import run, run_on_postgresql
from tests.servers.databases import Databases


def _is_whole(result: dict[str, Any]) -> None:
    assert result["records"] == 3_000
    assert len(result["classes"]) == 9
    assert all(one["ratio"] > 0 for one in result["classes"].values())


def test_the_bench_finds_the_same_in_both_indexes_and_says_how_fast(tmp_path: Path) -> None:
    _is_whole(run(tmp_path, records=3_000, queries=3))  # it ends the run where the numbers of hits differ


def test_so_it_does_on_postgresql(databases: Databases) -> None:
    _is_whole(run_on_postgresql(databases, records=3_000, queries=2))
