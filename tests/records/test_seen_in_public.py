"""What was first seen in private, and then by everybody, is stored as what everybody saw; and neither tells when the
other was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from archiver.records.choice import Choice, Reason, choose
from archiver.records.contents import within
from archiver.records.followed import open_links
from archiver.records.known import Known, known
from archiver.records.models import RecordState
from archiver.records.service import record, record_at
from archiver.records.views import RecordView
from archiver.records.withheld import withheld_among
from archiver.search.source import read_documents
from archiver.viewing import Viewer
from connectors.contract import AccessClass, Author, Reading, SeenRecord, State
from tests import effort
from tests.records.city import City, Told, ask, at, seen, told

PUBLIC = Viewer(access=frozenset({"public"}))
IN_PUBLIC, IN_PRIVATE = ask(access=AccessClass.PUBLIC), ask(access=AccessClass.PRIVATE)


class Watched:
    """One record of a city, seen again and again as a capture would: stored, or only noted."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.stored: dict[str, Told] = {}
        self.runs = 0

    def see(self, sight: SeenRecord, *, public: bool) -> Choice:
        self.runs += 1
        asked = IN_PUBLIC if public else IN_PRIVATE
        reading = Reading(records=(sight,))
        with self.city.database.read() as connection:
            found = known(connection, self.city.account, [sight.key])
        choice = choose(reading, found, asked)
        one = told(self.runs, self.runs, sight, asked=asked)
        if choice.store:
            self.stored[one.id] = one
            self.city.apply(one)
        else:
            again = [(self.stored[exchange], [position], self.runs) for exchange, position in choice.same]
            named = [(self.stored[exchange], [position], self.runs) for exchange, position in choice.named]
            if public:
                assert all(self.stored[one].ask == asked for one, _ in [*choice.same, *choice.named])
            if public:
                self.city.apply(same=again, named=named)
            else:
                self.city.apply(same_in_private=again, named_in_private=named)
        with self.city.database.read() as connection:
            again_known = known(connection, self.city.account, [sight.key])
        assert not choose(reading, again_known, asked).store  # what is stored is stored once
        return choice

    def shown(self, viewer: Viewer = PUBLIC, as_of: float | None = None) -> RecordView:
        with self.city.database.read() as connection:
            if as_of is not None:
                return record_at(connection, self.city.id("status/1"), at(as_of), viewer)
            return record(connection, self.city.id("status/1"), viewer)

    def held_back(self) -> bool:
        with self.city.database.read() as connection:
            return bool(withheld_among(connection, [self.city.id("status/1")]))


def _times(view: RecordView) -> list[tuple[datetime | None, datetime | None]]:
    return [(one.first_seen_at, one.last_seen_at) for one in view.versions]


def test_words_that_were_seen_in_private_are_stored_once_when_everybody_sees_them(city: City) -> None:
    one = Watched(city)
    one.see(seen("status/1", "A", as_of=0), public=True)
    one.see(seen("status/1", "B", as_of=1), public=False)
    assert one.held_back()
    assert [version.text for version in one.shown().versions] == ["A"]
    assert one.see(seen("status/1", "B", as_of=1), public=True).reasons == (Reason.ACCESS,)
    assert not one.held_back()
    assert [version.text for version in one.shown().versions] == ["A", "B"]
    assert not one.see(seen("status/1", "B", as_of=1), public=True).store
    assert city.texts("status/1") == ["A", "B"]


def test_what_of_the_words_was_only_seen_in_private_is_stored_too(city: City) -> None:
    """Another endpoint's field set may have given more than what everybody could see."""
    one = Watched(city)
    more = {"text": "A", "place": "Hall"}
    one.see(seen("status/1", content={"text": "A"}), public=True)
    one.see(seen("status/1", content=more), public=False)
    assert not one.see(seen("status/1", content={"text": "A"}), public=True).store
    assert one.see(seen("status/1", content=more), public=True).reasons == (Reason.ACCESS,)


def test_a_state_that_everybody_sees_now_is_stored(city: City) -> None:
    one = Watched(city)
    one.see(seen("status/1", "A", as_of=0), public=True)
    hidden = seen("status/1", "A", as_of=0, state=State.HIDDEN_BY_PAGE)
    one.see(hidden, public=False)
    assert one.held_back()
    bare = replace(hidden, content={}, text="")
    assert one.see(bare, public=True).reasons == (Reason.ACCESS,)
    assert not one.held_back()


@pytest.mark.parametrize("as_of", [None, 2])
def test_what_everybody_saw_without_its_words_is_there_without_them(city: City, as_of: float | None) -> None:
    """Now, and as of a moment; where only an owner's token was shown the words."""
    one = Watched(city)
    one.see(seen("status/1", "A", as_of=0), public=False)
    one.see(seen("status/1", "", content={}, state=State.HIDDEN_BY_PAGE), public=True)
    shown = one.shown(as_of=as_of)
    assert (shown.text, shown.state, shown.captured) == ("", "hidden_by_page", True)
    assert [(each.number, each.text, each.content, each.as_of) for each in shown.versions] == [(1, "", {}, None)]
    assert _times(shown) == [(None, None)]


def test_an_old_version_in_a_history_that_everybody_sees_is_stored(city: City) -> None:
    one = Watched(city)
    one.see(seen("status/1", "A", as_of=0), public=False)
    one.see(seen("status/1", "B", as_of=1), public=True)
    assert one.held_back()
    assert one.see(seen("status/1", "A", as_of=0, back=True), public=True).reasons == (Reason.ACCESS,)
    assert not one.held_back()


def test_the_same_in_one_batch(city: City) -> None:
    overlay = Known(city.account)
    page = Reading(records=(seen("status/1", "A"),))
    with city.database.read() as connection:
        for number, (asked, stored) in enumerate(
            [(IN_PRIVATE, True), (IN_PUBLIC, True), (IN_PUBLIC, False), (IN_PRIVATE, False)]
        ):
            before = overlay.of(connection, ["status/1"])
            choice = choose(page, before, asked)
            assert choice.store == stored
            assert stored or choice.same == [("ex_1", 0)]
            if stored:
                overlay.learn(f"ex_{number}", asked, page, before)


def test_a_look_in_private_tells_who_sees_public_things_of_no_time(city: City) -> None:
    one = Watched(city)
    words = seen("status/1", "A", as_of=0)
    one.see(words, public=True)
    one.see(words, public=False)
    one.see(seen("message/1", "secret"), public=False)  # the account is looked at in private as well
    assert _times(one.shown(Viewer())) == [(at(1), at(2))]
    for view in (one.shown(), one.shown(as_of=9)):
        assert _times(view) == [(at(1), at(1))]
        assert view.last_seen_at == at(1)
        assert [(state.from_at, state.last_at) for state in view.states] == [(at(1), at(1))]
    one.see(words, public=True)
    assert _times(one.shown()) == _times(one.shown(as_of=9)) == [(at(1), at(4))]
    assert _times(one.shown(as_of=3)) == [(at(1), at(1))]


def _states(view: RecordView) -> list[tuple[str, datetime, datetime]]:
    return [(one.state, one.from_at, one.last_at) for one in view.states]


def test_that_it_was_hidden_for_a_while_shows_by_no_gap_between_two_times_it_was_visible(city: City) -> None:
    one = Watched(city)
    words = seen("status/1", "A", as_of=0)
    hidden = replace(words, state=State.HIDDEN_BY_PAGE)
    one.see(words, public=True)
    one.see(hidden, public=False)
    one.see(words, public=False)
    assert [state for state, *_ in _states(one.shown(Viewer()))] == ["visible", "hidden_by_page", "visible"]
    for view in (one.shown(), one.shown(as_of=9)):
        assert _states(view) == [("visible", at(1), at(1))]
    one.see(words, public=True)
    for view in (one.shown(), one.shown(as_of=9)):
        assert _states(view) == [("visible", at(1), at(4))]


def test_of_what_was_visible_in_private_first_the_times_are_those_of_everybody(city: City) -> None:
    one = Watched(city)
    words = seen("status/1", "A", as_of=0)
    one.see(words, public=False)
    one.see(replace(words, state=State.HIDDEN_BY_PAGE), public=False)
    one.see(words, public=True)
    one.see(words, public=False)
    for view in (one.shown(), one.shown(as_of=9)):
        assert _states(view) == [("visible", at(3), at(3))]


def test_a_stored_answer_was_repeated_until_everybody_saw_it_last(city: City) -> None:
    one = Watched(city)
    words = seen("status/1", "A", as_of=0)
    for public in (True, True, False):
        one.see(words, public=public)
    one.see(seen("message/1", "secret"), public=False)

    def repeated(viewer: Viewer, as_of: float | None = None) -> list[datetime | None]:
        return [place.last_seen_at for place in one.shown(viewer, as_of).occurrences]

    assert repeated(Viewer()) == repeated(Viewer(), as_of=9) == [at(3)]
    assert repeated(PUBLIC) == repeated(PUBLIC, as_of=9) == [at(2)]
    assert repeated(PUBLIC, as_of=1) == [None]


def test_a_short_link_in_words_that_were_seen_in_private_alone_is_not_followed_before_everybody_saw_it(
    city: City,
) -> None:
    one = Watched(city)
    own = Author("1", "City")
    edited = seen("status/1", "See https://bit.ly/b", as_of=1, author=own)

    def wanted(since: float | None = None) -> list[str]:
        with city.database.read() as connection:
            after = None if since is None else at(since)
            found = open_links(connection, city.account, ["bit.ly"], at(9), since=after)
        return [link.address for link in found.wanted]

    one.see(seen("status/1", "See https://bit.ly/a", as_of=0, author=own), public=True)
    one.see(edited, public=False)
    assert wanted() == ["https://bit.ly/a"]
    one.see(edited, public=True)
    assert wanted() == ["https://bit.ly/b", "https://bit.ly/a"]
    assert wanted(since=3) == ["https://bit.ly/b"]


def test_a_record_without_a_date_is_found_at_the_time_at_which_everybody_could_see_it(city: City) -> None:
    def found_at() -> datetime:
        with city.database.read() as connection:
            (document,) = read_documents(connection, [city.id("status/1")])
        return document.at

    one = Watched(city)
    words = seen("status/1", "A")
    one.see(words, public=False)
    assert found_at() == at(1)
    one.see(words, public=True)
    assert found_at() == at(2)
    one.see(words, public=False)
    assert found_at() == at(2)


@pytest.mark.parametrize("public", [True, False])
def test_what_a_killed_run_had_seen_counts_from_when_it_was_seen_for_whoever_could_see_it(
    city: City, public: bool
) -> None:
    asked = IN_PUBLIC if public else IN_PRIVATE
    city.apply(told(2, 5, seen("status/1", "A")))
    applied = city.apply(replace(told(1, 1, seen("status/1", "A"), asked=asked), adopted_by=3))
    first = at(1) if public else at(5)
    row, (version,), (state,) = city.record("status/1"), city.versions("status/1"), city.rows(RecordState)
    assert (row["first_seen_at"], row["public_first_at"], row["public_last_at"]) == (at(1), first, at(5))
    assert (version["first_seen_at"], version["public_first_at"], version["public_last_at"]) == (at(1), first, at(5))
    assert (state["from_at"], state["public_from_at"], state["public_last_at"]) == (at(1), first, at(5))
    assert applied.changed == [city.id("status/1")], "search puts it elsewhere"


def _sight(text: str, bare: bool, more: bool, back: bool, state: State) -> SeenRecord:
    """What an answer shows of it. Each wording has its time by the platform's clock."""
    content: dict[str, str] = {} if bare else {"text": text} | ({"place": "Hall"} if more else {})
    return seen("status/1", text, content=content, as_of={"A": -2, "B": -1}[text], back=back, state=state)


RARELY = st.sampled_from([False, False, True])
SIGHTS = st.tuples(
    st.builds(
        _sight,
        st.sampled_from(["A", "B"]),
        RARELY,
        RARELY,
        RARELY,
        st.sampled_from([State.VISIBLE, State.HIDDEN_BY_PAGE]),
    ),
    st.booleans(),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=effort.examples(20),
    phases=[Phase.generate],
)
@given(st.lists(SIGHTS, min_size=1, max_size=5))
def test_whatever_everybody_saw_is_theirs_and_nothing_else(city: City, steps: list[tuple[SeenRecord, bool]]) -> None:
    city.begin()
    one = Watched(city)
    one.see(seen("message/1", "secret"), public=False)  # the account is looked at in private as well
    said: list[dict[str, object]] = []
    looks: list[datetime] = []
    last: datetime | None = None
    for sight, public in steps:
        stored = one.see(sight, public=public).store
        if public:
            said.append(dict(sight.content))
            last = at(one.runs) if not sight.retrospective else last
            if stored or not sight.retrospective:
                looks.append(at(one.runs))
    if not said:
        return
    view = one.shown()
    assert (view.first_seen_at, view.last_seen_at) == (min(looks), max(looks))
    assert {time for state in view.states for time in (state.from_at, state.last_at)} <= {*looks}
    assert {time for pair in _times(view) for time in pair} <= {*looks, None}
    for words in said:
        assert not words or any(within(words, version.content) for version in view.versions)
    ends = [version.last_seen_at for version in view.versions if version.last_seen_at is not None]
    assert not ends or (last is not None and max(ends) <= last)
