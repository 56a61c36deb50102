"""What only the index on PostgreSQL does: its limits, others that write at the same time, damage."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import ProgrammingError

from archiver.database import Database
from archiver.search import places, postgresql_overview, postgresql_time, tsquery, tsvector
from archiver.search.conditions import Run
from archiver.search.index import Page, SearchIndex
from tests.search.examples import ACCOUNTS, ALL, NOON, a_document, an_index, found, trial

#: What these tests are about.
pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def test_an_unreadable_database_is_not_mistaken_for_a_slow_search(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        connection.exec_driver_sql("ALTER TABLE search_words RENAME TO elsewhere")
        with pytest.raises(ProgrammingError):
            index.search(connection, "x", viewer=ALL)
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO search_words")  # the transaction goes on
        assert found(index, connection, "x") == set()


def test_what_a_search_sets_for_itself_is_as_it_was_afterwards(database: Database, index: SearchIndex) -> None:
    settings = "SELECT current_setting('statement_timeout'), current_setting('jit')"
    with trial(database) as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 4711")
        before = connection.exec_driver_sql(settings).one()
        index.put(connection, [a_document("x", id="rc_1")])
        assert found(index, connection, "x") == {"rc_1"}
        assert connection.exec_driver_sql(settings).one() == before
        assert found(index, connection, "x") == {"rc_1"}


def test_an_unchanged_document_is_not_written_again(fresh: Database, index: SearchIndex) -> None:
    rows = "SELECT r.xmin, s.xmin, w.xmin FROM search_record r, search_source s, search_words w"
    with fresh.write() as connection:
        index.put(connection, [a_document("same", id="rc_1")])
        before = connection.exec_driver_sql(rows).one()
    with fresh.write() as connection:
        index.put(connection, [a_document("same", id="rc_1")])
        assert connection.exec_driver_sql(rows).one() == before


# -- only the newest part, where hits are many


def test_what_the_server_knows_of_words_decides_how_much_is_read_and_not_what_is_said(
    fresh: Database, index: SearchIndex
) -> None:
    """Hits everywhere, and hits that are old although the server expects them everywhere."""
    texts = [f"both {'old' if number < 100 else 'young'}" for number in range(200)]
    some = [
        a_document(text, *(["both before"] if number % 7 == 0 else []), at=NOON + timedelta(hours=number),
                   state="visible" if number % 3 else "hidden_by_page", account=ACCOUNTS[number % 3])
        for number, text in enumerate(texts)
    ]  # fmt: skip
    with fresh.write() as connection:
        index.put(connection, [*some, a_document("both", at=datetime(1, 1, 1, tzinfo=UTC))])

    def told() -> list[object]:
        with fresh.read() as connection:
            said: list[object] = []
            for query in ("both", "old", "young", "both -old", "nowhere"):
                results = index.search(connection, query, viewer=ALL, page=Page(7), count_limit=10)
                said += [[hit.record_id for hit in results.hits], results.total, results.next]
                said += [index.facets(connection, query, viewer=ALL, limit=limit) for limit in (10, 150, None)]
            return said

    def begins(query: str) -> int | None:
        with fresh.read() as connection:
            bounds = connection.exec_driver_sql(
                "SELECT histogram_bounds::text::bigint[] FROM pg_stats WHERE tablename = 'search_record'"
                " AND attname = 'id'"
            ).scalar()
            selection = tsquery.select(Run((f"s{query}",)))
            with postgresql_time.reading(connection, 60, postgresql_time.Habit()) as reader:
                return postgresql_overview._where_to_begin(reader, selection, 10, bounds or ())

    before = told()
    assert begins("both") is None
    with fresh.write() as connection:
        connection.exec_driver_sql("ANALYZE search_record, search_words")
    assert begins("both") is not None
    old = begins("old")
    assert old is not None
    assert old > places.first_id(int((NOON + timedelta(hours=101)).timestamp())), "none of them is there"
    assert told() == before
    assert before[0] == [f"{one.record_id}" for one in some[:-8:-1]]


# -- limits of tsvector


def _terms(*words: str) -> str:
    return " ".join(["z", *(f"x{word}" for word in words), "z", "ssame"])


@pytest.mark.parametrize(
    ("terms", "fits"),
    [
        (_terms(*["w"] * 250), True),
        (_terms(*["w"] * 251), False),
        (_terms(*map(str, range(15_999))), True),
        (_terms(*map(str, range(16_000))), False),
        (_terms(*[f"{number:0250d}" for number in range(3_880)]), True),
        (_terms(*[f"{number:0250d}" for number in range(4_000)]), False),
        (_terms(*[f"{number:0123d}é" for number in range(8_000)]), False),
    ],
)
def test_what_is_called_short_is_kept_by_postgresql_as_it_is(database: Database, terms: str, fits: bool) -> None:
    vector = tsvector.short(terms)
    assert (vector is not None) == fits
    with trial(database) as connection:
        if vector is not None:
            number = len(set(terms.split(" ")))
            places_ = sum(len(found.split(",")) for found in vector.split(" ") if ":" in found)
            kept = "SELECT count(*), sum(cardinality(positions)), max(p) FROM unnest(%s::tsvector), unnest(positions) p"
            held = connection.exec_driver_sql("SELECT length(%s::tsvector)", (vector,)).scalar()
            assert held == number
            assert connection.exec_driver_sql(kept, (vector,)).one()[0] == places_
        else:
            held_terms: set[str] = set()
            for part in tsvector.parts(terms):
                found_ = connection.exec_driver_sql("SELECT tsvector_to_array(%s::tsvector)", (part,)).scalar()
                held_terms.update(found_ or ())
            assert held_terms == set(terms.split(" "))


def test_long_texts_are_found_by_words_phrases_and_what_they_do_not_say(fresh: Database, index: SearchIndex) -> None:
    numbers = " ".join(f"w{number:06d}" for number in range(60_000))  # more than one megabyte
    texts = {
        "rc_numbers": numbers,
        "rc_often": "the cat and " * 300 + "the final dog",
        "rc_order": " ".join(f"w{number:06d}" for number in range(20_000)) + " the final dog",
        "rc_short": "the final dog w000001 w059999",
    }
    with fresh.write() as connection:
        index.put(connection, [a_document(text, id=name) for name, text in texts.items()])
    expected = {
        "w000001 w059999": {"rc_numbers", "rc_short"},
        '"w000001 w059999"': {"rc_short"},
        '"w059998 w059999"': {"rc_numbers"},
        '"w019998 w019999 the final"': {"rc_order"},
        '"the final dog"': {"rc_often", "rc_order", "rc_short"},
        '"and the final"': {"rc_often"},
        '-"the final dog"': {"rc_numbers"},
        "-w059999": {"rc_often", "rc_order"},
        "w05999* -the": {"rc_numbers"},
        '(cat OR w059999) -"final dog"': {"rc_numbers"},
        'before:2030 (cat OR -"w000001 w000002")': {"rc_often", "rc_short"},
        "on:2020 OR cat": {"rc_often"},
        " OR ".join(f"w05{number:04d}" for number in range(500, 900)): {"rc_numbers"},
        " ".join(f"w05{number:04d}" for number in range(500, 700)): {"rc_numbers"},
        "account:ac_parks": set(texts),
        "account:ac_fire": set(),
    }
    with fresh.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM search_words_long").scalar() == 3
        assert {query: found(index, connection, query) for query in expected} == expected
        hits = index.search(connection, "the final", viewer=ALL).hits
        assert {hit.record_id for hit in hits} == {"rc_often", "rc_order", "rc_short"}
    checked = an_index(fresh, documents=lambda _: [a_document(text, id=name) for name, text in texts.items()])
    with fresh.write() as connection:
        assert checked.check(connection).ok
        index.remove(connection, ["rc_numbers", "rc_often"])
        assert connection.exec_driver_sql("SELECT count(*) FROM search_words_part").scalar() == 1


# -- others write at the same time


def test_two_who_want_the_same_place_both_get_one(
    fresh: Database, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_SLOTS", 4)
    _side_by_side(fresh, index, [("rc_1", "water"), ("rc_2", "water"), ("rc_3", "water")])
    with fresh.read() as connection:
        assert found(index, connection, "water") == {"rc_1", "rc_2", "rc_3"}


def test_of_two_who_put_the_same_record_the_last_counts(fresh: Database) -> None:
    index = an_index(fresh, documents=lambda _: [a_document("second", id="rc_1")])
    _side_by_side(fresh, index, [("rc_1", "first"), ("rc_1", "second")])
    with fresh.write() as connection:
        assert index.check(connection).ok
        assert found(index, connection, "first") == set()


def _side_by_side(database: Database, index: SearchIndex, puts: list[tuple[str, str]]) -> None:
    """Each is put while the one before is put and not committed; they commit in order."""
    begun = [threading.Event() for _ in puts]
    errors: list[BaseException] = []

    def put(number: int) -> None:
        try:
            with database.write() as connection:
                connection.exec_driver_sql("SELECT 1")
                begun[number].set()
                index.put(connection, [a_document(puts[number][1], id=puts[number][0])])
        except BaseException as error:
            errors.append(error)

    with database.write() as connection:
        index.put(connection, [a_document(puts[0][1], id=puts[0][0])])
        others = []
        for number in range(1, len(puts)):
            others.append(threading.Thread(target=put, args=(number,)))
            others[-1].start()
            assert begun[number].wait(60)
    for other in others:
        other.join()
    assert errors == []


# -- damage


@pytest.mark.parametrize(
    ("damage", "shows"),
    [
        ("DELETE FROM search_record WHERE record_id = 'rc_1'", "missing"),
        ("UPDATE search_record SET state = 'hidden' WHERE record_id = 'rc_1'", "outdated"),
        ("UPDATE search_source SET content = replace(content, 'water', 'fire')", "outdated"),
        ("INSERT INTO search_words VALUES (5, 'xplanted')", "terms_differ"),
        ("UPDATE search_words SET words = words || 'xplanted'::tsvector", "terms_differ"),
        ("UPDATE search_words SET words = ts_delete(words, 'swater')", "terms_differ"),
        ("UPDATE search_words SET words = strip(words)", "terms_differ"),
        ("DELETE FROM search_words", "terms_differ"),
        ("DELETE FROM search_words_long", "terms_differ"),
        ("UPDATE search_words_long SET terms = replace(terms, ' xdam xmill ', ' xmill xdam ')", "terms_differ"),
        ("DELETE FROM search_words_part", "terms_differ"),
        ("UPDATE search_words_part SET words = ts_delete(words, 'xdam')", "terms_differ"),
        ("INSERT INTO search_words_part SELECT * FROM search_words_part", "terms_differ"),
        ("DROP TABLE search_words_part", "damage"),
    ],
)
def test_a_check_finds_what_was_tampered_with_and_a_rebuild_mends_it(fresh: Database, damage: str, shows: str) -> None:
    records = [
        a_document("water", id="rc_1"),
        a_document("main", "pipe", id="rc_2"),
        a_document("dam mill " * 300, id="rc_3"),
    ]
    index = an_index(fresh, documents=lambda _: records)
    with fresh.write() as connection:
        index.put(connection, records)
        assert index.check(connection).ok
    with trial(fresh) as connection:
        connection.exec_driver_sql(damage)
        report = index.check(connection)
        assert not report.ok
        assert getattr(report, shows)
        if shows != "damage":
            seen: list[int] = []
            assert index.rebuild(connection, seen.append) == 3
            assert index.check(connection).ok
            assert found(index, connection, '"mill dam"') == {"rc_3"}
            assert seen == [3]


def test_a_check_finds_that_the_index_misses_what_the_table_has(fresh: Database) -> None:
    records = [a_document("water", id="rc_1"), a_document("main", id="rc_2")]
    index = an_index(fresh, documents=lambda _: records)
    ready = "UPDATE pg_index SET indisready = %s WHERE indexrelid = 'ix_search_words_words'::regclass"
    with fresh.write() as connection:
        index.put(connection, records[:1])
        connection.exec_driver_sql(ready, (False,))
    with fresh.write() as connection:
        index.put(connection, records)
    with fresh.write() as connection:
        connection.exec_driver_sql(ready, (True,))
    with fresh.write() as connection:
        assert index.check(connection).terms_differ
        connection.exec_driver_sql("REINDEX INDEX ix_search_words_words")
    with fresh.read() as connection:
        assert index.check(connection).ok
