from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.database import Database
from archiver.search import meaning
from archiver.search.conditions import holds
from archiver.search.documents import Document
from archiver.search.index import (
    BadCursor,
    Order,
    OutdatedIndex,
    Page,
    SearchIndex,
    SearchTooSlow,
)
from archiver.search.places import SECOND_BITS
from archiver.search.query import matches, parse
from archiver.viewing import Viewer
from tests import effort
from tests.search.examples import ACCESS, ACCOUNTS, ALL, NOON, a_document, an_index, documents, found, queries, trial
from tests.search.hostile import HOSTILE

_QUICK = settings(
    max_examples=effort.examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_sets = st.lists(documents(), max_size=8)
_part = st.builds(
    Viewer,
    st.none() | st.frozensets(st.sampled_from(ACCOUNTS)),
    st.none() | st.frozensets(st.sampled_from(ACCESS)),
    st.booleans(),
)
_viewers = st.builds(lambda one, others: replace(one, also=tuple(others)), _part, st.lists(_part, max_size=2))


def _latest(records: list[Document]) -> list[Document]:
    return list({record.record_id: record for record in records}.values())


def _finds(viewer: Viewer, text: str, record: Document) -> bool:
    """The rule of rights, said again without terms: unknown access classes are nobody's but who may see everything; and
    what not everybody saw of a record is found by whoever sees more of its account."""
    asked = meaning.condition(parse(text).root)

    def finds(part: Viewer) -> bool:
        is_account = part.accounts is None or record.account_id in part.accounts
        classes = None if part.access is None else part.access & {"public", "private", "settings", "media"}
        is_shown = (
            is_account and (classes is None or record.access in classes) and (part.messages or record.kind != "message")
        )
        return is_shown and holds(asked if part.only_public else meaning.closed(asked), record)

    return any(map(finds, viewer.parts))


# -- the index decides as the evaluator does


@_QUICK
@given(_sets, _sets, st.lists(queries, min_size=1, max_size=8), _viewers)
def test_the_index_finds_exactly_what_the_evaluator_says(
    database: Database,
    index: SearchIndex,
    before: list[Document],
    after: list[Document],
    asked: list[str],
    viewer: Viewer,
) -> None:
    records = _latest([*before, *after])
    with trial(database) as connection:
        index.put(connection, before)
        index.put(connection, after)
        for text in asked:
            expected = {one.record_id for one in records if _finds(viewer, text, one)}
            assert found(index, connection, text, viewer) == expected, text


@_QUICK
@given(_sets, queries, _viewers, st.sampled_from(Order), st.integers(1, 4))
def test_pages_show_every_hit_once_and_counts_are_their_number(
    database: Database,
    index: SearchIndex,
    records: list[Document],
    text: str,
    viewer: Viewer,
    order: Order,
    size: int,
) -> None:
    with trial(database) as connection:
        index.put(connection, records)
        shown: list[str] = []
        after = None
        while True:
            page = index.search(connection, text, viewer=viewer, order=order, page=Page(size, after))
            shown += [hit.record_id for hit in page.hits]
            after = page.next
            if after is None:
                break
            assert len(page.hits) == size
            assert len(shown) <= len(records)
        assert len(shown) == len(set(shown))
        assert set(shown) == found(index, connection, text, viewer)
        assert (page.total.count, page.total.exact) == (len(shown), True)
        assert index.count_exact(connection, text, viewer=viewer) == len(shown)
        for place in {0, len(shown) // 2, len(shown) - 1} if shown else ():
            there = index.beside(connection, text, shown[place], viewer=viewer, order=order, most=size)
            assert there is not None
            assert [one for one, _ in there.before] == shown[max(place - size, 0) : place][::-1]
            assert [one for one, _ in there.after] == shown[place + 1 : place + 1 + size]
            for name, after in [(shown[place], there.place), *there.before, *there.after]:
                (*following,) = index.search(connection, text, viewer=viewer, order=order, page=Page(1, after)).hits
                assert [hit.record_id for hit in following] == shown[shown.index(name) + 1 :][:1]
        for one in {one.record_id for one in records} - {*shown}:
            assert index.beside(connection, text, one, viewer=viewer, order=order, most=size) is None
        assert page.facets is not None
        for counts in (
            page.facets.accounts,
            page.facets.kinds,
            page.facets.states,
            page.facets.years,
            page.facets.months,
        ):
            assert sum(count for _, count in counts) == len(shown)


@_QUICK
@given(_sets, _sets, st.sets(st.integers(0, 30)))
def test_what_is_put_again_or_removed_leaves_nothing_behind(
    database: Database, before: list[Document], after: list[Document], gone: set[int]
) -> None:
    removed = {f"rc_{number}" for number in gone}
    kept = [record for record in _latest([*before, *after]) if record.record_id not in removed]
    index = an_index(database, documents=lambda _: kept)
    with trial(database) as connection:
        index.put(connection, before)
        index.put(connection, after)
        index.remove(connection, removed)
        report = index.check(connection)
        assert report.ok, report
        assert report.records == len(kept)


@_QUICK
@given(_sets, queries)
def test_edited_away_means_that_what_it_says_now_does_not_answer(
    database: Database, index: SearchIndex, records: list[Document], text: str
) -> None:
    by_id = {record.record_id: record for record in records}
    with trial(database) as connection:
        index.put(connection, records)
        for hit in index.search(connection, text, viewer=ALL).hits:
            record = by_id[hit.record_id]
            now = [version for version in record.versions if version.current]
            is_still = holds(meaning.condition(parse(text).root), record, now)
            assert hit.edited_away == (len(record.versions) > 1 and not is_still)


# -- plain examples of the same


def test_words_edited_away_are_found_and_marked_so(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        index.put(connection, [a_document("The pool is open", "The pool is closed", id="rc_1")])
        (hit,) = index.search(connection, "closed", viewer=ALL).hits
        assert hit.edited_away
        assert hit.excerpt.html() == "The pool is <mark>closed</mark>"
        assert hit.excerpt.version_id == "ve_rc_1_0"
        (hit,) = index.search(connection, "pool", viewer=ALL).hits
        assert not hit.edited_away
        assert hit.excerpt.html() == "The <mark>pool</mark> is open"


def test_a_changed_state_is_found_under_its_new_name_only(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        index.put(connection, [a_document("x", id="rc_1")])
        index.put(connection, [a_document("x", id="rc_1", state="hidden_by_page")])
        assert found(index, connection, "state:visible") == set()
        assert found(index, connection, "state:hidden") == {"rc_1"}
        facets = index.facets(connection, "", viewer=ALL)
        assert facets.states == (("hidden_by_page", 1),)


def test_a_changed_date_moves_the_record(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        index.put(connection, [a_document("x", id="rc_1"), a_document("x", id="rc_2", at=NOON - timedelta(1))])
        index.put(connection, [a_document("x", id="rc_1", at=NOON - timedelta(2))])
        assert [hit.record_id for hit in index.search(connection, "x", viewer=ALL).hits] == ["rc_2", "rc_1"]
        assert found(index, connection, "on:2024-05-01") == set()


def test_a_date_ends_exactly_before_its_first_moment_after(database: Database, index: SearchIndex) -> None:
    lowest = "rc_2393914"  # takes the first of all places in its second
    assert zlib.crc32(lowest.encode()) % (1 << SECOND_BITS) == 0
    with trial(database) as connection:
        index.put(connection, [a_document("x", id=lowest, at=datetime(2024, 5, 2, 5, tzinfo=UTC))])
        for text in ("on:2024-05-01", "before:2024-05-02", "-(after:2024-05-02)", "(on:2024-05-01 OR y)"):
            assert found(index, connection, text) == set()
        for text in ("on:2024-05-02", "after:2024-05-02", "-before:2024-05-02", "(on:2024-05-02 OR y)"):
            assert found(index, connection, text) == {lowest}


def test_many_records_of_one_second_are_all_kept(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        ids = {f"rc_{number}" for number in range(2_000)}  # enough for some to want the same place
        index.put(connection, [a_document("x", id=one) for one in ids])
        assert found(index, connection, "x") == ids
        index.put(connection, [a_document("y", id=one) for one in ids])
        assert found(index, connection, "y on:2024-05-01") == ids


def test_of_a_record_put_twice_at_once_the_last_counts(database: Database) -> None:
    others = [a_document("other", id=f"rc_other_{number}") for number in range(2_500)]  # so that they are not together
    last = a_document("last", id="rc_1", at=NOON + timedelta(days=1))
    moved, same = a_document("first", id="rc_1"), a_document("first", id="rc_1", at=NOON + timedelta(days=1))
    for first in (moved, same):
        index = an_index(database, documents=lambda _: [*others, last])
        with trial(database) as connection:
            index.put(connection, [first, *others, last])
            assert found(index, connection, "last") == {"rc_1"}
            assert found(index, connection, "first") == set()
            assert index.check(connection).ok


def test_newest_comes_first(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        moments = [NOON + timedelta(seconds=offset) for offset in (5, -(10**10), 0, 10**9, -(10**9) * 2)]
        index.put(connection, [a_document("x", id=f"rc_{at.isoformat()}", at=at) for at in moments])
        shown = [hit.at for hit in index.search(connection, "x", viewer=ALL).hits]
        assert shown == sorted(moments, reverse=True)


def test_by_relevance_the_words_side_by_side_come_first(database: Database, index: SearchIndex) -> None:
    texts = ["mains of waters", "a water break in the main", "the water main broke", "only a main", "nothing"]
    with trial(database) as connection:
        index.put(
            connection,
            [a_document(text, id=f"rc_{n}", at=NOON - timedelta(hours=n)) for n, text in enumerate(texts)],
        )
        ordered = index.search(connection, "water main", viewer=ALL, order=Order.RELEVANCE)
        assert [hit.record_id for hit in ordered.hits] == ["rc_2", "rc_1", "rc_0"]
        ordered = index.search(connection, "water OR main", viewer=ALL, order=Order.RELEVANCE)
        assert [hit.record_id for hit in ordered.hits] == ["rc_2", "rc_1", "rc_0", "rc_3"]


# -- rights


def test_what_a_viewer_may_not_see_is_in_no_count_and_no_facet(database: Database, index: SearchIndex) -> None:
    records = [
        a_document("secret", account="ac_parks", id="rc_open"),
        a_document("secret", account="ac_parks", access="private", kind="message", id="rc_private"),
        a_document("secret", account="ac_fire", state="hidden_by_page", at=NOON - timedelta(9000), id="rc_fire"),
        a_document("secret", account="ac_parks", access="some_day_new", id="rc_unknown"),
    ]
    viewer = Viewer(frozenset({"ac_parks"}), frozenset({"public"}))
    with trial(database) as connection:
        index.put(connection, records)
        for text in ("secret", "", "-nothing", "kind:message OR secret", "before:2025", "-(kind:post) OR secret"):
            for order in Order:
                results = index.search(connection, text, viewer=viewer, order=order)
                assert [hit.record_id for hit in results.hits] == ["rc_open"]
                assert results.total.count == 1
                assert results.facets is not None
                assert results.facets.accounts == (("ac_parks", 1),)
                assert results.facets.kinds == (("post", 1),)
                assert results.facets.states == (("visible", 1),)
                assert results.facets.years == (("2024", 1),)
                assert results.facets.edited == 0
                assert index.facets(connection, text, viewer=viewer, limit=None) == results.facets
        for text in ("account:ac_fire", "kind:message", "state:hidden", "before:2010"):
            results = index.search(connection, text, viewer=viewer)
            assert (results.hits, results.total.count) == ((), 0)
        assert found(index, connection, "secret", Viewer(access=frozenset(ACCESS))) == {
            "rc_open",
            "rc_private",
            "rc_fire",
        }
        assert found(index, connection, "secret", Viewer(accounts=frozenset())) == set()
        assert found(index, connection, "secret", Viewer(access=frozenset())) == set()
        assert len(found(index, connection, "secret", ALL)) == 4


# -- counts


def test_counts_are_exact_up_to_the_limit_and_say_when_they_are_not(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        index.put(connection, [a_document("x", at=NOON + timedelta(hours=n)) for n in range(120)])
        at_limit = index.search(connection, "x", viewer=ALL, count_limit=120)
        assert (str(at_limit.total), at_limit.total.exact) == ("120", True)
        over = index.search(connection, "x", viewer=ALL, count_limit=119)
        assert (str(over.total), over.total.exact) == ("119+", False)
        assert index.count_exact(connection, "x", viewer=ALL) == 120
        newest = index.facets(connection, "x", viewer=ALL, limit=100)
        assert (newest.kinds, newest.exact) == ((("post", 100),), False)
        assert index.facets(connection, "x", viewer=ALL, limit=None).kinds == (("post", 120),)


def test_a_page_larger_than_what_facets_count_is_whole(
    database: Database, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.search.base.COUNT_LIMIT", 5)
    with trial(database) as connection:
        index.put(connection, [a_document("x", at=NOON + timedelta(hours=n)) for n in range(20)])
        for size, count_limit in ((5, 5), (8, 5), (8, 10), (19, 5)):
            found = index.search(connection, "x", viewer=ALL, page=Page(size), count_limit=count_limit)
            assert (len(found.hits), found.next is None, found.total.exact) == (size, False, False), size
            assert found.facets is not None
            assert found.facets.kinds == (("post", 5),)


@pytest.mark.parametrize("limit", [1_000, None])
def test_months_and_years_of_facets_are_those_of_the_city(database: Database, limit: int | None) -> None:
    eve = datetime(2024, 1, 1, 3, tzinfo=UTC)  # still 2023 in Chicago
    long_ago = datetime(1, 1, 1, tzinfo=UTC)  # a year that has not begun in Chicago, and that no calendar has before
    with trial(database) as connection:
        moments = (eve, NOON, long_ago, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC))
        an_index(database).put(connection, [a_document("x", at=at) for at in moments])
        here = an_index(database).facets(connection, "x", viewer=ALL, limit=limit)
        assert here.months == (("2024-05", 1), ("2023-12", 1), ("1969-12", 1), ("0001-01", 1))
        assert here.years == (("2024", 1), ("2023", 1), ("1969", 1), ("0001", 1))
        there = an_index(database, zone="UTC").facets(connection, "x", viewer=ALL, limit=limit)
        assert there.months[:2] == (("2024-05", 1), ("2024-01", 1))


def test_facets_say_how_many_were_edited_among_those_they_count(database: Database, index: SearchIndex) -> None:
    with trial(database) as connection:
        edited = [a_document("x now", "x before", at=NOON + timedelta(hours=n)) for n in range(0, 20, 2)]
        plain = [a_document("x", at=NOON + timedelta(hours=n)) for n in range(1, 20, 2)]
        index.put(connection, [*edited, *plain])
        assert index.facets(connection, "x", viewer=ALL).edited == 10
        assert index.facets(connection, "x", viewer=ALL, limit=None).edited == 10
        assert index.facets(connection, "x", viewer=ALL, limit=6).edited == 3
        assert index.facets(connection, "-x", viewer=ALL).edited == 0


# -- pages while others write


@pytest.mark.parametrize("order", Order)
def test_paging_shows_each_hit_once_while_records_are_added(fresh: Database, index: SearchIndex, order: Order) -> None:
    first = [a_document("water main", id=f"rc_first_{n}", at=NOON + timedelta(minutes=n)) for n in range(95)]
    with fresh.write() as connection:
        index.put(connection, first)
    shown: list[str] = []
    after, step = None, 0
    while True:
        with fresh.read() as connection:
            page = index.search(connection, "water main", viewer=ALL, order=order, page=Page(10, after))
        shown += [hit.record_id for hit in page.hits]
        if page.next is None:
            break
        assert len(shown) == len(set(shown))
        after, step = page.next, step + 1
        with fresh.write() as connection:  # newer, older, of the same minute, and not a hit
            added = [NOON + timedelta(days=step), NOON - timedelta(days=step), NOON + timedelta(minutes=95 - 10 * step)]
            index.put(connection, [a_document("water main", id=f"rc_{step}_{n}", at=at) for n, at in enumerate(added)])
            index.put(connection, [a_document("nothing", at=NOON)])
    assert len(shown) == len(set(shown))
    assert {record.record_id for record in first} <= set(shown)


@pytest.mark.parametrize(
    "after", ["", "x", "n0.", "n0.99999999999999999999", "n9.1", "r0.1", "n0.1; DROP TABLE x", "n0.٣"]
)
def test_a_page_that_this_index_did_not_give_out_is_refused(database: Database, index: SearchIndex, after: str) -> None:
    with trial(database) as connection, pytest.raises(BadCursor):
        index.search(connection, "x", viewer=ALL, page=Page(10, after))


# -- hostile queries


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_query_is_only_text(database: Database, index: SearchIndex, text: str) -> None:
    records = [
        a_document(text, id="rc_same"),
        a_document("foo a b x word", id="rc_other"),
        a_document("", id="rc_empty"),
    ]
    with trial(database) as connection:
        index.put(connection, records)
        for order in Order:
            index.search(connection, text, viewer=ALL, order=order)
        expected = {record.record_id for record in records if matches(parse(text), record)}
        assert found(index, connection, text) == expected
        assert found(index, connection, "") == {"rc_same", "rc_other", "rc_empty"}


def test_the_deepest_query_that_can_be_typed_fits_the_engine(database: Database, index: SearchIndex) -> None:
    nested = "x"
    for level in range(12):
        nested = f"(a{level}-b -({nested} OR c{level} -d{level}))"
    with trial(database) as connection:
        index.put(connection, [a_document("x a0 b")])
        for text in (nested, nested.replace("x", "x before:2025")):
            record = a_document("x a0 b")
            index.put(connection, [record])
            answers = found(index, connection, text, Viewer(frozenset(ACCOUNTS), frozenset({"public"})))
            assert (record.record_id in answers) == matches(parse(text), record)


def test_a_search_that_takes_too_long_is_stopped_and_the_connection_goes_on(database: Database) -> None:
    hasty = an_index(database, timeout=0.0, listing_timeout=0.0)
    with trial(database) as connection:
        hasty.put(connection, [a_document("x") for _ in range(3_000)])
        for act in (hasty.count_exact, hasty.facets, hasty.search, hasty.listing):
            with pytest.raises(SearchTooSlow, match="longer than 0 seconds"):
                act(connection, "-before:1990 OR x", viewer=ALL)
        assert an_index(database).count_exact(connection, "x", viewer=ALL) == 3_000


# -- writing, checking, rebuilding


def test_an_undone_transaction_leaves_no_words(fresh: Database, index: SearchIndex) -> None:
    with fresh.write() as connection:
        index.put(connection, [a_document("kept", id="rc_1")])
    with trial(fresh) as connection:
        index.put(connection, [a_document("lost", id="rc_1"), a_document("lost", id="rc_2")])
    with fresh.read() as connection:
        assert found(index, connection, "kept") == {"rc_1"}
        assert found(index, connection, "lost") == set()


def test_a_record_that_is_no_more_is_an_orphan(fresh: Database) -> None:
    records = [a_document("water", id="rc_1")]
    index = an_index(fresh, documents=lambda _: records[:0])
    with fresh.write() as connection:
        index.put(connection, records)
        assert index.check(connection).orphaned == ["rc_1"]


def test_an_index_of_another_analyser_is_not_written_to_until_it_is_rebuilt(fresh: Database) -> None:
    index = an_index(fresh, documents=lambda _: [a_document("water", id="rc_1")])
    with fresh.write() as connection:
        connection.exec_driver_sql("UPDATE search_indexed SET analyser = 'older'")
        assert index.outdated(connection)
        with pytest.raises(OutdatedIndex):
            index.put(connection, [a_document("x")])
        with pytest.raises(OutdatedIndex):
            index.remove(connection, ["rc_1"])
        index.create(connection)  # does not pass it off as new
        assert index.outdated(connection)
        index.rebuild(connection)
        assert not index.outdated(connection)
        index.put(connection, [a_document("x")])


def test_a_rebuild_gives_records_of_one_second_the_same_order(fresh: Database) -> None:
    records = [a_document("x", id=f"rc_{n}") for n in range(50)]
    index = an_index(fresh, documents=lambda _: reversed(records))
    with fresh.write() as connection:
        index.put(connection, records)
        before = [hit.record_id for hit in index.search(connection, "x", viewer=ALL).hits]
        index.rebuild(connection)
        assert [hit.record_id for hit in index.search(connection, "x", viewer=ALL).hits] == before


def test_creating_twice_is_no_error_and_keeps_everything(fresh: Database, index: SearchIndex) -> None:
    with fresh.write() as connection:
        index.put(connection, [a_document("x", id="rc_1")])
        index.create(connection)
        assert found(index, connection, "x") == {"rc_1"}
