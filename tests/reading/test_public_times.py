"""When an owner's token was shown something first is no public time: who sees what is public is told, everywhere, when
everybody could see it; on each database."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from archiver.database import Base
from archiver.desk.news import touched
from archiver.operations.moderation_report import report
from archiver.records import changes
from archiver.records.changes import Kind, Wanted, place_of, recent
from archiver.records.digests import differences, digests
from archiver.records.models import RecordState
from archiver.records.service import record, record_at
from archiver.records.views import Change
from archiver.search.models import SearchIndexed
from archiver.viewing import Viewer
from connectors.contract import AccessClass, State
from tests.records.city import City, ask, at, comment, seen, told

PUBLIC = Viewer(access=frozenset({"public"}))
PRIVATE_TOO = Viewer.EVERYTHING
#: Of the account by public things alone, and of another by everything.
BESIDE = Viewer(accounts=frozenset({"ac_other"}), access=frozenset({"public", "private"}))


@pytest.fixture
def story(city: City) -> City:
    """A post that was edited, and a comment that was hidden. The owner's token saw both at 3, everybody at 6."""
    private = ask(None, access=AccessClass.PRIVATE)
    city.apply(told(1, 1, seen("p", "The post"), comment("c", "p", "p", "Words")))
    hidden = comment("c", "p", "p", "Words", state=State.HIDDEN_BY_PAGE)
    city.apply(told(2, 2, comment("c", "p", "p", "Words"), asked=private))
    city.apply(told(3, 3, seen("p", "The post, longer"), hidden, asked=private))
    city.apply(told(4, 6, seen("p", "The post, longer"), hidden))
    return city


def listed(city: City, viewer: Viewer, wanted: Wanted | None = None) -> list[Change]:
    with city.database.read() as connection:
        return recent(connection, viewer, wanted=wanted)


def times(found: list[Change]) -> dict[str, tuple[datetime, datetime | None]]:
    return {"edited" if one.after is None else one.after: (one.at, one.seen_before) for one in found}


@pytest.mark.law("R4")
@pytest.mark.parametrize("others", [(), (BESIDE,)], ids=["alone", "beside another account"])
def test_a_change_is_told_at_the_time_at_which_everybody_could_see_it(story: City, others: tuple[Viewer, ...]) -> None:
    viewer = replace(PUBLIC, also=others)
    assert times(listed(story, PRIVATE_TOO)) == {"edited": (at(3), None), "hidden_by_page": (at(3), at(2))}
    assert times(listed(story, viewer)) == {"edited": (at(6), None), "hidden_by_page": (at(6), at(1))}
    assert listed(story, viewer, Wanted(until=at(6))) == [], "nor does a span find it before"
    assert len(listed(story, viewer, Wanted(since=at(5)))) == 2


def test_pages_of_the_list_go_on_at_public_times(story: City) -> None:
    with story.database.read() as connection:
        first, second = (one for one in recent(connection, PUBLIC))
        assert recent(connection, PUBLIC, before=place_of(first)) == [second]
        assert recent(connection, PUBLIC, before=place_of(second)) == []


def test_a_change_back_that_only_the_owner_saw_is_told_to_nobody_else(story: City) -> None:
    private = ask(None, access=AccessClass.PRIVATE)
    story.apply(told(5, 7, comment("c", "p", "p", "Words"), asked=private))
    assert len(listed(story, PRIVATE_TOO, Wanted(kind=Kind.BACK))) == 1
    assert listed(story, PUBLIC, Wanted(kind=Kind.BACK)) == []
    with story.database.read() as connection:
        shown = [record(connection, story.id("c"), PUBLIC), record_at(connection, story.id("c"), at(9), PUBLIC)]
        assert record(connection, story.id("c"), PRIVATE_TOO).state == "visible"
    for view in shown:
        assert [(one.state, one.from_at, one.last_at) for one in view.states] == [
            ("visible", at(1), at(1)),
            ("hidden_by_page", at(6), at(6)),
        ]
        assert (view.state, view.last_seen_at) == ("hidden_by_page", at(6))
    applied = story.apply(told(6, 9, comment("c", "p", "p", "Words")))
    assert story.id("c") in applied.changed, "search holds nothing back any longer"
    assert [one.at for one in listed(story, PUBLIC, Wanted(kind=Kind.BACK))] == [at(9)]


def test_that_everybody_did_not_find_what_only_the_owner_had_seen_is_told_to_nobody_else(story: City) -> None:
    """It would tell that there was something to look for."""
    draft = told(5, 7, seen("q", "A draft"), asked=ask(None, access=AccessClass.PRIVATE))
    look = told(6, 8, seen("other", "Beside it"))
    story.apply(draft)
    story.apply(look, concluded=[("q", State.NOT_RETURNED, 8, [look.id])])
    story.apply(told(7, 9, seen("q", "A draft")))
    with story.database.read() as connection:
        views = [record(connection, story.id("q"), PUBLIC), record_at(connection, story.id("q"), at(10), PUBLIC)]
    for view in views:
        assert [(one.state, one.from_at) for one in view.states] == [("visible", at(9))]
    assert not [one for one in listed(story, PUBLIC) if one.record_id == story.id("q")]
    assert len([one for one in listed(story, PRIVATE_TOO) if one.record_id == story.id("q")]) == 2


def test_an_index_of_before_gets_the_same_times(story: City) -> None:
    """What the migration makes of what is stored of each sight is what was written with it."""
    private = ask(None, access=AccessClass.PRIVATE)
    first = told(5, 7, seen("q", "Another"), seen("m", "A letter"), asked=private)
    words = told(6, 8, seen("q", "Another"))
    story.apply(first)
    story.apply(words)
    story.apply(same=[(words, [0], 9)])
    story.apply(same_in_private=[(words, [0], 10)])
    story.apply(concluded=[("q", State.NOT_RETURNED, 11, [first.id]), ("p", State.NOT_RETURNED, 11, [words.id])])
    drafted = told(7, 12, seen("d", "A draft"), asked=private)
    story.apply(drafted, concluded=[("d", State.NOT_RETURNED, 13, [words.id])])
    story.apply(told(8, 14, seen("d", "A draft")))
    story.apply(told(9, 15, seen("e", "Before", back=True)))
    story.apply(told(10, 16, seen("e", "After"), seen("m", "Letters", back=True), asked=private))
    made = importlib.import_module("migrations.versions.0035_public_times")
    before = story.digests()
    with story.database.write() as connection:
        connection.execute(insert(SearchIndexed).values(id=1, analyser=""))
        for table, names in made.ADDED.items():
            empty = {name: False if name == "public" else None for name in names}
            connection.execute(update(Base.metadata.tables[table]).values(empty))
        assert differences(before, digests(connection)) != []
        for statement in made.statements(connection.dialect.name):
            connection.exec_driver_sql(
                statement.replace("%", "%%") if connection.dialect.name != "sqlite" else statement
            )
    assert differences(before, story.digests()) == []
    assert [row["marked"] for row in story.rows(SearchIndexed)] == [False], "of q it tells when the owner saw it"
    assert {row["public_last_at"] for row in story.versions("q")} == {at(9)}
    assert [row["public_from_at"] for row in story.rows(RecordState) if row["record_id"] == story.id("q")] == [
        at(8),
        None,
    ]


def test_what_is_new_in_a_search_is_counted_from_public_times(story: City) -> None:
    def new(connection: Connection, viewer: Viewer) -> dict[str, datetime]:
        return {one.what: one.at for one in touched(connection, viewer, at(2)).touches}

    with story.database.read() as connection:
        assert new(connection, PRIVATE_TOO) == {"edited": at(3), "state": at(3)}
        assert new(connection, PUBLIC) == {"edited": at(6), "state": at(6)}


def test_what_the_owner_alone_saw_is_nothing_new_to_others(story: City) -> None:
    private = ask(None, access=AccessClass.PRIVATE)
    story.apply(told(5, 7, seen("p", "What nobody was shown"), comment("d", "p", "p", "More"), asked=private))
    with story.database.read() as connection:
        late = {one.record_id for one in touched(connection, PUBLIC, at(6.5)).touches}
    assert story.id("p") not in late


def test_how_long_something_stood_is_measured_between_public_times(story: City) -> None:
    with story.database.read() as connection:
        made = report(connection, PUBLIC, None, {}, since=None, until=None)
    assert [one.median for one in made.by_ground] == [at(6) - at(1)]


def test_the_record_and_the_list_say_the_same(story: City) -> None:
    with story.database.read() as connection:
        shown = record(connection, story.id("c"), PUBLIC).states[-1]
        (change,) = (one for one in recent(connection, PUBLIC) if one.record_id == story.id("c"))
    assert shown.from_at == change.at == at(6)


def test_the_newest_wait_for_no_change_of_years_ago_and_none_is_passed_over(
    story: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, days in enumerate((20, 21, 300, 900)):
        story.apply(told(5 + number, days * 24, seen("p", f"The post {number}")))
    viewer = replace(PUBLIC, also=(BESIDE,))  # (to whom a time is one of two, which no index has)
    whole, asked, within = listed(story, viewer), list[datetime | None](), changes._within

    def spied(connection: Connection, viewer: Viewer, wanted: Wanted, *more: Any) -> list[Change]:
        asked.append(wanted.since)
        return within(connection, viewer, wanted, *more)

    monkeypatch.setattr(changes, "_within", spied)
    paged: list[Change] = []
    with story.database.read() as connection:
        while page := recent(connection, viewer, limit=1, before=place_of(paged[-1]) if paged else None):
            paged += page
    assert asked[0] == at((900 - 1) * 24)
    assert (paged, len(paged)) == (whole, 6)
    assert [one.at for one in paged[:4]] == [at(days * 24) for days in (900, 300, 21, 20)]
