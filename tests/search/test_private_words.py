"""What only an owner's token was shown of a public record is in no search of whoever sees public things only: not
found, not counted, not quoted; and whoever sees more finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.database import Database
from archiver.desk import news
from archiver.moderation.briefs import briefs
from archiver.records import changes
from archiver.search import statements
from archiver.search.index import Order, SearchIndex
from archiver.search.opening import open_index
from archiver.search.source import answered_by, read_documents
from archiver.viewing import Viewer
from connectors.contract import AccessClass, SeenRecord
from tests.records.city import City, ask, at, comment, seen, told

PUBLIC = Viewer(access=frozenset({"public"}))
#: Sees of another account what is private; of this one what is public, and beside it that of all.
ELSEWHERE = Viewer(access=frozenset({"public"}), also=(Viewer(accounts=frozenset({"ac_other"}), access=None),))
ALL = Viewer.EVERYTHING
TEXT = "The pool opens on Monday"
POST = seen("status/1", TEXT, content={"text": TEXT})
WHOLE = seen("status/1", f"{TEXT}\n\nmod note: zebra #draft @chief", content={"text": TEXT, "note": "zebra"})
#: Whoever sees what everybody saw, and nothing else of this account.
OPEN = pytest.mark.parametrize("viewer", [PUBLIC, ELSEWHERE], ids=["public", "more of another"])


@pytest.fixture(params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[City]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'index'}")
    else:
        database = Database(request.getfixturevalue("databases").new_with_tables())
    made = City(database)
    with database.write() as connection:
        _index(made).create(connection)
    yield made
    database.close()


def _index(city: City) -> SearchIndex:
    return open_index(city.database.dialect, "America/Chicago")


def _see(city: City, run: int, *records: SeenRecord, public: bool) -> None:
    """As a capture does: whatever it changed is indexed in the same transaction."""
    asked = ask(access=AccessClass.PUBLIC if public else AccessClass.PRIVATE)
    applied = city.apply(told(run, run, *records, asked=asked))
    with city.database.write() as connection:
        touched = {*applied.changed, *answered_by(connection, applied.changed)}
        _index(city).put(connection, read_documents(connection, touched))
        assert _index(city).check(connection).ok


@pytest.fixture
def noted(city: City) -> City:
    """A post that everybody saw, and of which an owner's token was shown more."""
    _see(city, 1, POST, public=True)
    _see(city, 2, WHOLE, public=False)
    return city


def _found(city: City, query: str, viewer: Viewer) -> int:
    """How many are found; by every way of asking the same number."""
    index = _index(city)
    with city.database.read() as connection:
        (count,) = {
            index.count_exact(connection, query, viewer=viewer),
            len(index.listing(connection, query, viewer=viewer).record_ids),
            *(index.search(connection, query, viewer=viewer, order=order).total.count for order in Order),
            *(len(index.search(connection, query, viewer=viewer, order=order).hits) for order in Order),
            index.facets(connection, query, viewer=viewer, limit=None).counted,
            index.facets(connection, query, viewer=viewer).counted,
        }
    return count


@OPEN
@pytest.mark.parametrize("query", ["zebra", "zeb*", '"mod note"', "#draft", "@chief", "pool zebra", "notes", '"note:"'])
def test_by_what_was_seen_in_private_nobody_finds_it_who_sees_only_what_is_public(
    noted: City, query: str, viewer: Viewer
) -> None:
    assert _found(noted, query, viewer) == 0
    assert _found(noted, query, ALL) == 1


@OPEN
@pytest.mark.parametrize("query", ["pool", '"opens on Monday"', "pool -zebra", "pool OR zebra", "mond* kind:post", ""])
def test_by_what_everybody_saw_everybody_finds_it(noted: City, query: str, viewer: Viewer) -> None:
    assert _found(noted, query, viewer) == 1


def test_a_word_that_is_excluded_is_excluded_for_whoever_sees_it(noted: City) -> None:
    assert _found(noted, "pool -zebra", ALL) == 0
    assert _found(noted, "pool -zebra after:2020 before:2030", ALL) == 0
    assert _found(noted, "pool -zebra after:2020 before:2030", ELSEWHERE) == 1


@OPEN
def test_a_hit_shows_to_whom_it_is_shown_what_they_may_see(noted: City, viewer: Viewer) -> None:
    index = _index(noted)
    with noted.database.read() as connection:
        (shown,) = index.search(connection, "pool", viewer=viewer).hits
        (whole,) = index.search(connection, "pool zebra", viewer=ALL).hits
    assert "zebra" not in shown.excerpt.plain()
    assert "zebra" in whole.excerpt.plain()
    assert (shown.versions, shown.edited_away, whole.versions, whole.edited_away) == (1, False, 1, False)


def test_a_frozen_search_of_what_is_public_lists_nothing_that_was_seen_in_private(noted: City) -> None:
    index = _index(noted)
    with noted.database.write() as connection:
        frozen = [
            statements.freeze(connection, index, query, viewer=PUBLIC, at=at(9)).record_ids
            for query in ("zebra", "pool")
        ]
    assert frozen == [(), (noted.id("status/1"),)]


def test_what_everybody_sees_later_everybody_finds(noted: City) -> None:
    _see(noted, 3, WHOLE, public=True)
    assert _found(noted, "zebra", PUBLIC) == 1


def test_seen_in_private_first(city: City) -> None:
    _see(city, 1, WHOLE, public=False)
    assert _found(city, "pool", PUBLIC) == 0
    _see(city, 2, POST, public=True)
    assert (_found(city, "pool", PUBLIC), _found(city, "zebra", PUBLIC), _found(city, "zebra", ALL)) == (1, 0, 1)


def test_both_in_one_batch(city: City) -> None:
    in_public, in_private = (ask(access=one) for one in (AccessClass.PUBLIC, AccessClass.PRIVATE))
    applied = city.apply(told(1, 1, POST, asked=in_public), told(2, 2, WHOLE, asked=in_private))
    with city.database.write() as connection:
        _index(city).put(connection, read_documents(connection, applied.changed, applied.made))
        assert _index(city).check(connection).ok
    assert (_found(city, "pool", PUBLIC), _found(city, "zebra", PUBLIC), _found(city, "zebra", ALL)) == (1, 0, 1)


def test_a_rebuild_says_the_same(noted: City) -> None:
    with noted.database.write() as connection:
        assert _index(noted).rebuild(connection) == 1
        assert _index(noted).check(connection).ok
    assert (_found(noted, "pool", PUBLIC), _found(noted, "zebra", PUBLIC), _found(noted, "zebra", ALL)) == (1, 0, 1)


def test_a_link_that_only_some_saw_is_none_to_others(city: City) -> None:
    linked = seen(
        "status/1", f"{TEXT} https://draft.example/x", content={"text": TEXT, "note": "https://draft.example/x"}
    )
    _see(city, 1, POST, public=True)
    _see(city, 2, linked, public=False)
    assert (_found(city, "has:link", PUBLIC), _found(city, "has:link", ALL)) == (0, 1)


def test_an_answer_that_only_some_see_is_none_to_others(city: City) -> None:
    _see(city, 1, POST, public=True)
    _see(city, 2, comment("status/2", "status/1", "status/1", "hidden words"), public=False)
    assert (_found(city, "has:comments", PUBLIC), _found(city, "has:comments", ALL)) == (0, 1)
    _see(city, 3, comment("status/3", "status/1", "status/1", "open words"), public=True)
    assert (_found(city, "has:comments", PUBLIC), _found(city, "has:comments", ALL)) == (1, 1)


@OPEN
def test_what_is_new_in_a_saved_search_tells_of_no_wording_that_was_seen_in_private(city: City, viewer: Viewer) -> None:
    """A note that only an owner's token was shown, and another one that everybody saw: to everybody, no edit."""
    _see(city, 1, POST, public=True)
    _see(city, 2, WHOLE, public=False)
    _see(city, 3, seen("status/1", TEXT, content={"text": TEXT, "note": "lion"}), public=True)
    index, since = _index(city), at(2.5)
    with city.database.read() as connection:
        told_all, told = (news.touched(connection, one, since) for one in (ALL, viewer))
        assert [one.what for one in told_all.touches] == ["edited"]
        assert told.touches == ()
        for query, number in (("pool", 1), ("zebra", 1)):
            assert len(news.news(connection, index, query, ALL, since, told_all).touches) == number
            assert not news.news(connection, index, query, viewer, since, told).touches
        assert [len(changes.recent(connection, one, limit=limit)) for one in (ALL, viewer) for limit in (1, 9)] == [
            *(1, 1),
            *(0, 0),
        ]
    assert (_found(city, "has:edits", ALL), _found(city, "has:edits", viewer)) == (1, 0)
    assert (_edited(city, ALL), _edited(city, viewer)) == ({1}, {0})


def _edited(city: City, viewer: Viewer) -> set[int]:
    """How many of what is found are told to be edited."""
    index = _index(city)
    with city.database.read() as connection:
        results = index.search(connection, "pool", viewer=viewer)
        each = [results.facets, *(index.facets(connection, "pool", viewer=viewer, limit=one) for one in (None, 100))]
    return {one.edited for one in each if one is not None}


@OPEN
def test_a_change_is_told_in_the_words_that_whoever_is_told_sees(noted: City, viewer: Viewer) -> None:
    _see(noted, 3, seen("status/1", "The pool is shut", content={"text": "The pool is shut"}), public=True)
    with noted.database.read() as connection:
        (one,) = changes.recent(connection, viewer)
        (whole,) = changes.recent(connection, ALL)
    assert "zebra" in str(whole.text_before)
    assert (one.text_before, one.text) == (TEXT, "The pool is shut")
    assert "zebra" not in repr(one)


@OPEN
def test_a_record_that_something_is_said_of_is_named_in_the_words_that_are_seen(noted: City, viewer: Viewer) -> None:
    with noted.database.read() as connection:
        named = [briefs(connection, one, [noted.id("status/1")])[noted.id("status/1")].text for one in (viewer, ALL)]
    assert named[0] == TEXT
    assert "zebra" in named[1]
