"""A record and its thread as they were known at a moment, on each database and for each reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from archiver.records.conversation import Part
from archiver.records.finding import NotSeenYet
from archiver.records.service import record, record_at, thread
from archiver.records.views import RecordView, ThreadView
from archiver.viewing import Viewer
from connectors.contract import AccessClass, State
from tests.records.city import City, ask, at, author, comment, seen, told

PUBLIC = Viewer(access=frozenset({"public"}))
EVERYBODY = Viewer.EVERYTHING


@pytest.fixture
def story(city: City) -> City:
    """A post and its comments: one edited twice, once while it was hidden; one deleted; one that came late."""
    private = ask(None, access=AccessClass.PRIVATE)
    city.apply(told(1, 1, seen("p", "The post", media=["a"], author=author("City", "old"))))
    first = told(2, 2, comment("c1", "p", "p", "One wording"), comment("c2", "p", "p", "Soon gone"))
    city.apply(first)
    city.apply(same=[(first, [0, 1], 3)])
    city.apply(concluded=[("c2", State.NOT_RETURNED, 5, [first.id])])
    city.apply(told(3, 6, comment("c1", "p", "p", "Another", state=State.HIDDEN_BY_PAGE), asked=private))
    city.apply(told(4, 8, comment("c1", "p", "p", "Public again"), comment("c3", "c1", "p", "Late", created_at=at(-9))))
    city.apply(told(5, 9, seen("p", "The post, longer", author=author("City", "new"), counts={"likes": 3})))
    return city


def read(city: City, key: str, hours: float | None, viewer: Viewer = EVERYBODY) -> RecordView:
    with city.database.read() as connection:
        if hours is None:
            return record(connection, city.id(key), viewer)
        return record_at(connection, city.id(key), at(hours), viewer)


def lines(city: City, hours: float | None, viewer: Viewer = EVERYBODY, **more: Any) -> ThreadView:
    with city.database.read() as connection:
        return thread(connection, city.id("p"), None if hours is None else at(hours), viewer, **more)


def shown(view: ThreadView) -> list[tuple[str, str, int]]:
    return [(one.record.text, one.record.state, one.record.versions) for one in view.lines if one.record]


@pytest.mark.law("R18", "R19")
def test_a_thread_is_read_as_it_was_known(story: City) -> None:
    told_at = {hours: shown(lines(story, hours)) for hours in (1, 2, 4, 5, 6, 8, 9)}
    assert told_at[1] == [("The post", "visible", 1)]
    assert told_at[2] == told_at[4] == [
        ("The post", "visible", 1), ("One wording", "visible", 1), ("Soon gone", "visible", 1),
    ]  # fmt: skip
    assert told_at[5][2] == ("Soon gone", "not_returned", 1), "what is gone stands in its place"
    assert told_at[6][1] == ("Another", "hidden_by_page", 2)
    assert told_at[8][1:3] == [("Public again", "visible", 3), ("Late", "visible", 1)], "dated before it was seen"
    assert lines(story, 4).total == 3
    with pytest.raises(NotSeenYet) as refused, story.database.read() as connection:
        thread(connection, story.id("c3"), at(7))
    assert refused.value.first_seen_at == at(8)


@pytest.mark.law("R18", "R19")
@pytest.mark.parametrize("viewer", [EVERYBODY, PUBLIC])
@pytest.mark.parametrize("key", ["p", "c1", "c2", "c3"])
def test_as_of_now_it_is_what_it_is(story: City, key: str, viewer: Viewer) -> None:
    now, then = read(story, key, None, viewer), read(story, key, 100, viewer)
    assert replace(then, media=()) == replace(now, media=())
    assert lines(story, 100, viewer).lines == lines(story, None, viewer).lines


def test_a_record_is_read_as_it_was_known(story: City) -> None:
    edited = read(story, "c1", 7)
    assert [one.text for one in edited.versions] == ["One wording", "Another"]
    assert edited.versions[1].changed == ("text",)
    assert [(one.state, one.from_at, one.last_at) for one in edited.states] == [
        ("visible", at(2), at(3)), ("hidden_by_page", at(6), at(6)),
    ]  # fmt: skip
    assert (edited.occurrence_count, edited.last_seen_at, edited.described_later) == (2, at(6), True)
    before = read(story, "c1", 2.5)
    assert [(one.text, one.last_seen_at) for one in before.versions] == [("One wording", at(2))], "seen again at 3"
    assert before.occurrences[0].last_seen_at is None
    assert read(story, "c2", 4).state == "visible"
    assert (read(story, "p", 8).counts, read(story, "p", 9).counts) == ({}, {"likes": 3})
    with pytest.raises(NotSeenYet):
        read(story, "c3", 7)


@pytest.mark.law("R4")
def test_who_sees_what_is_public_is_told_of_nothing_else_at_any_moment(story: City) -> None:
    for hours in (6, 7, 8, 100, None):
        view = read(story, "c1", hours, PUBLIC)
        said = repr((view, lines(story, hours, PUBLIC)))
        assert "Another" not in said
        assert "hidden" not in said
        closed = {told(3, 6).id}
        assert not closed & {each for state in view.states for each in state.evidence}
        assert not closed & {one.exchange_id for one in view.occurrences}
    assert [one.text for one in read(story, "c1", 8, PUBLIC).versions] == ["One wording", "Public again"]
    assert not read(story, "c1", 7, PUBLIC).described_later or read(story, "c1", 7).described_later


@pytest.mark.law("R4")
def test_a_state_that_a_private_answer_helps_to_prove_is_told_to_nobody_who_sees_public_things_only(city: City) -> None:
    """That there is such an answer, and its id, is not public: and without it there is no conclusion."""
    city.apply(told(1, 1, seen("p", "post")))
    private = told(2, 2, asked=ask(None, access=AccessClass.PRIVATE))
    public = told(3, 2)
    city.apply(private, public)
    city.apply(concluded=[("p", State.NOT_RETURNED, 5, [private.id, public.id])])
    for hours in (None, 6):
        assert read(city, "p", hours).states[-1].evidence == (private.id, public.id)
        (state,) = read(city, "p", hours, PUBLIC).states
        assert (state.state, {private.id, public.id} & {*state.evidence}) == ("visible", set())


def test_a_long_thread_is_read_in_parts_with_the_wanted_one_in_its_own(city: City) -> None:
    many = [comment(f"c{number}", "p" if number % 3 else f"c{number - 2}", "p", f"{number}", created_at=at(number))
            for number in range(1, 250)]  # fmt: skip
    city.apply(told(1, 1, seen("p", "post", created_at=at(0)), *many))
    whole = lines(city, None)
    collected: list[Any] = []
    with city.database.read() as connection:
        statements: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
        first = thread(connection, city.id("p"), part=Part(40, 0))
        few = len(statements)
        while len(collected) < first.size:
            part = thread(connection, city.id("p"), part=Part(40, len(collected)))
            assert (part.start, part.total, part.whole) == (len(collected), 250, False)
            collected += part.lines
        assert few < 12
        for number in (1, 77, 249):
            found = thread(connection, city.id(f"c{number}"), part=Part(40))
            assert city.id(f"c{number}") in {one.id for one in found.lines}
            assert [one.depth for one in found.above] == list(range(found.lines[0].depth))
            assert all(one.record for one in found.above)
        cut = thread(connection, city.id("c249"), most=10, part=Part(40))
        assert {city.id("c249"), city.id("c247")} <= {one.id for one in cut.lines}, "with what it answers"
        assert cut.total == 250
    assert collected == list(whole.lines)


@pytest.mark.law("R4", "R19")
def test_what_was_seen_in_private_alone_by_then_was_not_there_for_everybody(city: City) -> None:
    """A comment is hidden when it is seen first; what everybody sees shows it hours later, and a reply to it."""
    private = ask(None, access=AccessClass.PRIVATE)
    city.apply(told(1, 1, seen("p", "The post")))
    city.apply(told(2, 2, comment("c1", "p", "p", "Held", state=State.HIDDEN_BY_PAGE), asked=private))
    city.apply(told(3, 6, seen("p", "The post"), comment("c1", "p", "p", "Free"), comment("c2", "c1", "p", "Late")))
    before, after = lines(city, 4, PUBLIC), lines(city, 7, PUBLIC)
    assert (shown(before), before.total, before.size) == ([("The post", "visible", 1)], 1, 1)
    assert lines(city, 4).total == 2, "who sees more of the account knows it"
    assert [text for text, *_ in shown(after)] == ["The post", "Free", "Late"]
    assert [one.record.first_seen_at for one in after.lines if one.record] == [at(1), at(6), at(6)]
    with pytest.raises(NotSeenYet) as refused, city.database.read() as connection:
        thread(connection, city.id("c1"), at(4), PUBLIC)
    assert refused.value.first_seen_at == at(6), "nor is it told when it was seen in private"
