"""Which change a statement is about: the rule by itself, and the same in SQL on both databases."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from archiver import ids
from archiver.archive import Archive
from archiver.moderation import statements
from archiver.moderation.conditions import to_explain
from archiver.moderation.matching import EDITED, FITS, STATE, TO_EXPLAIN, Changed, Item, meant, unexplained
from archiver.moderation.models import ModerationItem, ModerationStatement
from archiver.records import changes
from archiver.records.changes import Wanted
from archiver.viewing import Viewer
from connectors.contract import State
from tests.moderation.saying import says
from tests.moderation.written import record
from tests.people.scene import NOW, account_of

_times = st.integers(0, 9).map(lambda hours: NOW + timedelta(hours=hours))
_items = st.builds(Item, st.sampled_from([STATE, EDITED]), st.none() | _times, _times, st.sampled_from(sorted(FITS)))
_changes = st.lists(
    st.builds(Changed, _times, st.none() | st.sampled_from(list(State))), unique_by=lambda one: (one.at, one.track)
)


@given(_items, _changes)
def test_a_statement_is_about_one_change_of_its_own_kind(item: Item, some: list[Changed]) -> None:
    found = meant(item, some)
    mine = [one for one in some if one.track == item.track]
    if found is None:
        assert all(one.at > item.seen for one in mine) if item.seen is not None else True
        return
    assert found in mine
    if item.seen is not None:
        assert found.at <= item.seen, "what was seen when somebody looked"
        assert not [one for one in mine if found.at < one.at <= item.seen]
    else:
        assert found.at >= item.begins, "nothing from before it was announced"
        assert found.state is None or found.state in FITS[item.fits]


@pytest.mark.law("R22")
@given(_items, _changes, st.integers(1, 5))
def test_an_announcement_stays_with_the_first_change_that_fits(item: Item, some: list[Changed], hours: int) -> None:
    found = meant(item, some)
    if found is None or item.seen is not None:
        return
    later = Changed(max(one.at for one in some) + timedelta(hours=hours), found.state)
    assert meant(item, [*some, later]) == found, "whatever comes afterwards"
    assert meant(item, [one for one in some if one is not found]) != found


@given(_changes, st.lists(_items))
def test_only_what_has_to_be_explained_is_unexplained(some: list[Changed], items: list[Item]) -> None:
    left = unexplained(some, items)
    assert all(one.state in TO_EXPLAIN for one in left)
    assert set(left) <= set(unexplained(some, items[:1]))
    assert unexplained(some, []) == [one for one in some if one.state in TO_EXPLAIN]


@pytest.mark.law("R16", "R22")
def test_the_database_says_what_the_rule_says(offices: Archive) -> None:
    chance, account = random.Random(7), account_of("police")
    wanted: dict[str, tuple[list[Changed], list[Item]]] = {}
    with offices.database.write() as connection:
        for number in range(120):
            hours = sorted(chance.sample(range(12), chance.randint(1, 5)))
            states = [(chance.choice(list(State)).value, NOW + timedelta(hours=each)) for each in hours]
            edits = [NOW + timedelta(hours=each) for each in sorted(chance.sample(range(12), chance.randint(1, 4)))]
            versions = [*edits[:-1], None, *edits[-1:]]
            made = record(connection, "police", f"c/{number}", states, versions)
            found = [Changed(at, State(state)) for state, at in states[1:]]
            found += [Changed(at, None) for place, at in enumerate(versions) if at is not None and place]
            items = []
            for position in range(chance.randint(0, 2)):
                seen = NOW + timedelta(hours=chance.randint(0, 12)) if chance.random() < 0.5 else None
                begins, fits = NOW + timedelta(hours=chance.randint(0, 12)), chance.choice(sorted(FITS))
                items.append(Item(EDITED if fits == "text" else STATE, seen, begins, fits))
                _state(connection, made, number * 10 + position, items[-1], void=False)
            _state(connection, made, number * 10 + 9, Item(STATE, NOW + timedelta(hours=99), NOW, "away"), void=True)
            wanted[made] = (found, items)
    with offices.database.read() as connection:
        lacking = changes.recent(connection, wanted=Wanted(account, more=to_explain), limit=10_000)
        said = statements.of_records(connection, Viewer.EVERYTHING, None, wanted.keys())
    found_in_sql = {(one.record_id, one.at) for one in lacking if one.record_id in wanted}
    by_rule = {(made, one.at) for made, (some, items) in wanted.items() for one in unexplained(some, items)}
    assert found_in_sql == by_rule
    assert 30 < len(by_rule) < sum(len(some) for some, _ in wanted.values())
    for made, (some, items) in wanted.items():
        told = [view.records[0].at for view in said.get(made, [])]
        matched = [meant(item, some) for item in items]
        assert told == [one and one.at for one in matched], made


def _state(connection, made: str, number: int, item: Item, *, void: bool) -> None:  # type: ignore[no-untyped-def]
    act, account = ids.derive("at", str(number)), account_of("police")
    done = {"text": "edited", "gone": "deleted", "back": "restored", "away": "hidden"}[item.fits]
    connection.execute(insert(ModerationStatement).values(
        act_id=act, number=number + 1, moderation_id=ids.derive("mo", str(number)), account_id=account,
        entered_at=item.begins, void=void, by="Jo", by_id="operator", why=None,
        says=says(account, made, seen=item.seen, done=done).model_dump()))  # fmt: skip
    connection.execute(insert(ModerationItem).values(
        act_id=act, position=0, record_id=made, track=item.track, seen_at=item.seen, begins_at=item.begins,
        fits=item.fits))  # fmt: skip
