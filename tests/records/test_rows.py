"""New rows, written in bulk, are stored as SQLAlchemy would store them one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Engine, Integer, MetaData, Table, Text, create_engine, insert

from archiver.database import Instant, Json
from archiver.records.rows import insert_rows

_METADATA = MetaData()
_COLUMNS = ("key", "word", "at", "counts", "flag")
_TABLES = [
    Table(
        name,
        _METADATA,
        Column("key", Integer, primary_key=True),
        Column("word", Text),
        Column("at", Instant),
        Column("counts", Json),
        Column("flag", Boolean),
    )
    for name in ("bulk", "single")
]
_TIMES = st.datetimes(
    min_value=datetime(1000, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.sampled_from([UTC])
) | st.just(datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=timezone(timedelta(hours=-5))))
_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one, max_size=3))
_ROWS = st.fixed_dictionaries(
    {
        "word": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        "at": st.none() | _TIMES,
        "counts": _JSON | st.dictionaries(st.text(), _JSON, max_size=3),
        "flag": st.booleans(),
    }
)


def _engine() -> Engine:
    engine = create_engine("sqlite://")
    _METADATA.create_all(engine)
    return engine


@given(st.lists(_ROWS, max_size=4))
def test_bulk_rows_are_stored_as_single_ones_are(told: list[dict[str, Any]]) -> None:
    rows = [{"key": key, **row} for key, row in enumerate(told)]
    engine = _engine()
    with engine.begin() as connection:
        insert_rows(connection, _TABLES[0], rows)
        for row in rows:
            connection.execute(insert(_TABLES[1]).values(**row))
        bulk, single = (
            connection.exec_driver_sql(f"SELECT *, {', '.join(f'typeof({name})' for name in _COLUMNS)} FROM {one.name}")
            for one in _TABLES
        )
        assert bulk.all() == single.all()
    engine.dispose()


def test_a_row_without_a_column_is_refused() -> None:
    engine = _engine()
    row = {"key": 1, "word": "a", "at": None, "flag": True}
    with engine.begin() as connection, pytest.raises(KeyError, match="counts"):
        insert_rows(connection, _TABLES[0], [row])
    engine.dispose()


def test_a_time_without_a_zone_is_refused() -> None:
    engine = _engine()
    row = {"key": 1, "word": "a", "at": datetime(2024, 1, 1), "counts": {}, "flag": True}
    with engine.begin() as connection, pytest.raises(ValueError, match="without a zone"):
        insert_rows(connection, _TABLES[0], [row])
    engine.dispose()
