"""Both databases find the same. The long form of this is ``make search-equality``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.search.equality import both, differences
from tests.servers.databases import Databases


@pytest.mark.slow
def test_the_same_queries_over_the_same_records_say_the_same_on_both_databases(
    tmp_path: Path, databases: Databases
) -> None:
    with both(tmp_path, databases) as made:
        assert differences(made, seed=7, records=350, queries=60) == []
        with made[1].read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM search_words_long").scalar_one() >= 2
