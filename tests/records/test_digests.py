"""Digests of content tables."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from archiver.records.digests import CONTENT, differences, digests
from tests.records.city import City, seen, told


def test_the_same_rows_have_the_same_digests_in_whatever_order_they_were_written(
    new_city: Callable[[], City],
) -> None:
    one, other = new_city(), new_city()
    pages = [told(1, 1, seen("status/1")), told(2, 2, seen("status/2", media=["a"]))]
    for page in pages:
        one.apply(page)
    other.apply(*reversed(pages))
    assert one.digests() == other.digests()
    assert differences(one.digests(), other.digests()) == []


def test_any_changed_value_or_missing_row_is_found(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", media=["a"])), told(2, 2, seen("status/2")))
    before = city.digests()
    for statement, table in (
        ("UPDATE version SET text = 'x' WHERE number = 1", "version"),
        ("UPDATE state SET evidence = '[]'", "state"),
        ("UPDATE occurrence SET last_seen_at = '2026-01-01T00:00:00.000000Z'", "occurrence"),
        ("DELETE FROM medium", "medium"),
    ):
        with city.database.write() as connection:
            connection.execute(text(statement))
        after = city.digests()
        assert [line.partition(":")[0] for line in differences(before, after)] == [table]
        before = after


def test_columns_may_be_left_out_where_stores_may_differ(city: City) -> None:
    city.apply(told(1, 1, seen("status/1")))
    with city.database.read() as connection:
        before = digests(connection, leave_out={"segment": ["version_id"]})
    with city.database.write() as connection:
        connection.execute(text("UPDATE segment SET version_id = 'v2'"))
    with city.database.read() as connection:
        assert digests(connection, leave_out={"segment": ["version_id"]}) == before
        assert digests(connection)["segment"] != before["segment"]


def test_every_content_table_is_digested(city: City) -> None:
    assert (
        set(city.digests())
        == {one.name for one in CONTENT}
        >= {
            "record",
            "occurrence",
            "version",
            "state",
            "medium",
            "exchange",
            "segment",
            "run",
            "coverage",
            "gap",
        }
    )
    assert differences({}, city.digests())
