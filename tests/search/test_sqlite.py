from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from archiver.database import Database
from archiver.search.index import SearchIndex
from tests.search.examples import ALL, a_document, an_index, found, trial

#: What these tests are about.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_an_unreadable_database_is_not_mistaken_for_a_slow_search(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        connection.exec_driver_sql("DROP TABLE search_words")
        with pytest.raises(OperationalError):
            index.search(connection, "x", viewer=ALL)


def test_an_unchanged_document_is_not_written_again(fresh: Database, index: SearchIndex) -> None:
    with fresh.write() as connection:
        index.put(connection, [a_document("same", id="rc_1")])
    with fresh.write() as connection:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar()
        index.put(connection, [a_document("same", id="rc_1")])
        assert connection.exec_driver_sql("SELECT total_changes()").scalar() == before


@pytest.mark.parametrize(
    ("damage", "shows"),
    [
        ("DELETE FROM search_record WHERE record_id = 'rc_1'", "missing"),
        ("UPDATE search_record SET state = 'hidden' WHERE record_id = 'rc_1'", "outdated"),
        ("UPDATE search_source SET content = replace(content, 'water', 'fire')", "outdated"),
        ("INSERT INTO search_words (rowid, terms) VALUES (5, 'xplanted')", "terms_differ"),
        ("INSERT INTO search_words (search_words) VALUES ('delete-all')", "terms_differ"),
        ("UPDATE search_words_data SET block = x'00' WHERE id > 10", "damage"),
    ],
)
def test_a_check_finds_what_was_tampered_with_and_a_rebuild_mends_it(fresh: Database, damage: str, shows: str) -> None:
    records = [a_document("water", id="rc_1"), a_document("main", "pipe", id="rc_2")]
    index = an_index(fresh, documents=lambda _: records)
    with fresh.write() as connection:
        index.put(connection, records)
        assert index.check(connection).ok
    with fresh.write() as connection:
        connection.exec_driver_sql(damage)
    with fresh.write() as connection:
        report = index.check(connection)
        assert not report.ok
        assert getattr(report, shows)
    seen: list[int] = []
    with fresh.write() as connection:
        assert index.rebuild(connection, seen.append) == 2
        assert index.check(connection).ok
        assert found(index, connection, "water") == {"rc_1"}
    assert seen == [2]


def test_purged_words_are_no_longer_in_the_file(fresh: Database, index: SearchIndex) -> None:
    word = "unmistakable"
    with fresh.write() as connection:
        index.put(connection, [a_document(f"the {word} word", id="rc_1"), a_document("other", id="rc_2")])
    with fresh.write() as connection:
        index.remove(connection, ["rc_1"])
        index.purge(connection)
    with fresh.read() as connection:
        blocks = connection.exec_driver_sql("SELECT block FROM search_words_data").scalars().all()
        assert not any(b"istakable" in block for block in blocks)
