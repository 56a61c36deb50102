"""What was first seen in private, and then by everybody, is stored as what everybody saw; and neither tells when the
other was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from archiver.records.choice import Choice, Reason, choose
from archiver.records.contents import within
from archiver.records.conversation import thread
from archiver.records.followed import open_links
from archiver.records.known import Known, known
from archiver.records.models import RecordState
from archiver.records.service import NotSeenYet, record, record_at
from archiver.records.views import RecordView
from archiver.records.withheld import withheld_among
from archiver.release.wanted import read
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
    assert _times(shown) == [(at(2), at(2))], "when they saw that it is there"


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


def test_what_was_said_again_after_words_that_only_an_owner_saw_is_one_version(city: City) -> None:
    """Two of the same words would tell that there was something between."""
    one = Watched(city)
    for text, as_of, public in (("A", 0, True), ("B", 1, False), ("A", 2, True)):
        one.see(seen("status/1", text, as_of=as_of), public=public)
    assert [version.text for version in one.shown(Viewer()).versions] == ["A", "B", "A"]
    for view in (one.shown(), one.shown(as_of=9)):
        assert [(version.number, version.text, version.changes) for version in view.versions] == [(1, "A", ())]
        assert _times(view) == [(at(1), at(3))]
        assert {place.version_id for place in view.occurrences} == {view.versions[0].id}
        assert view.versions[0].id == one.shown(Viewer()).versions[0].id
    with city.database.read() as connection:
        (line,) = thread(connection, city.id("status/1"), viewer=PUBLIC).lines
        wanted = read(connection, city.id("status/1"), PUBLIC)
    assert line.record is not None
    assert (line.record.text, line.record.version, line.record.versions) == ("A", 1, 1)
    assert [(place.exchange, place.version) for place in wanted.places] == [
        (told(number, number, seen("status/1")).id, wanted.view.versions[0].id) for number in (1, 3)
    ]


def test_what_only_an_owner_saw_of_the_words_is_not_among_them(city: City) -> None:
    one = Watched(city)
    one.see(seen("status/1", content={"text": "A"}, as_of=0), public=True)
    one.see(seen("status/1", content={"text": "A", "place": "Hall"}, as_of=-1), public=False)
    assert [version.content for version in one.shown(Viewer()).versions] == [{"text": "A", "place": "Hall"}]
    for view in (one.shown(), one.shown(as_of=9)):
        assert [(version.content, version.as_of) for version in view.versions] == [({"text": "A"}, at(0))]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("look", "control"), [(True, True), (True, False), (False, True), (False, False)])
def test_that_something_is_not_there_is_known_to_all_where_all_that_it_was_concluded_from_is(
    city: City, look: bool, control: bool, at_once: bool
) -> None:
    """A look alone proves nothing, nor does what vouches for it."""
    city.apply(told(1, 1, seen("status/1", "A", as_of=0)))
    answers = [
        told(run, 2, seen(f"status/{run}"), asked=IN_PUBLIC if public else IN_PRIVATE)
        for run, public in enumerate((look, control), 2)
    ]
    gone = [("status/1", State.NOT_RETURNED, 2, [one.id for one in answers])]
    if at_once:
        city.apply(*answers, concluded=gone)
    else:
        city.apply(*answers)
        city.apply(concluded=gone)
    one = Watched(city)
    public = look and control
    assert one.held_back() is not public
    assert one.shown(Viewer()).state == "not_returned"
    for view in (one.shown(), one.shown(as_of=9)):
        assert view.state == ("not_returned" if public else "visible")
        assert [state.state for state in view.states] == (["visible", "not_returned"] if public else ["visible"])


def test_the_platforms_numbers_are_shown_to_all_where_nothing_of_it_was_seen_in_private(city: City) -> None:
    one = Watched(city)
    words = seen("status/1", "A", as_of=0, counts={"likes": 3})
    one.see(words, public=True)
    assert one.shown().counts == {"likes": 3}
    more = replace(words, content={"text": "A", "place": "Hall"}, counts={"likes": 4})
    one.see(more, public=False)
    assert (one.shown(Viewer()).counts, one.shown().counts) == ({"likes": 4}, {})
    assert not one.held_back(), "its words are those that everybody saw"


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


def test_a_link_in_words_that_stand_beside_what_everybody_saw_is_followed_when_they_see_it(city: City) -> None:
    """It is in the same version, which everybody saw some of."""
    one, own = Watched(city), Author("1", "City", "city")
    more = {"text": "A", "note": "https://bit.ly/b"}

    def wanted() -> list[str]:
        with city.database.read() as connection:
            return [link.address for link in open_links(connection, city.account, ["bit.ly"], at(9)).wanted]

    one.see(seen("status/1", "A", content={"text": "A"}, author=own), public=True)
    one.see(seen("status/1", "A https://bit.ly/b", content=more, author=own), public=False)
    assert wanted() == []
    one.see(seen("status/1", "A https://bit.ly/b", content=more, author=own), public=True)
    assert wanted() == ["https://bit.ly/b"]


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
    return seen(
        "status/1", "" if bare else text, content=content, as_of={"A": -2, "B": -1}[text], back=back, state=state
    )


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


def _told(view: RecordView) -> list[object]:
    """What a reader is told of a record, but for where it is stored: ids are those by which the words are known."""
    said = [replace(one, id="") for one in view.versions]
    return [view.text, said, view.state, _states(view), view.first_seen_at, view.last_seen_at]


def _told_then(view: RecordView) -> list[object]:
    """The same as of a moment, at which nobody knows any more until when a stored answer had been repeated."""
    said = [replace(one, id="", last_seen_at=None) for one in view.versions]
    return [view.text, said, view.state, [each[:2] for each in _states(view)], view.first_seen_at]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=effort.examples(20),
    phases=[Phase.generate],
)
@given(st.lists(SIGHTS.filter(lambda one: not one[0].retrospective), min_size=2, max_size=6))
def test_who_sees_public_things_is_shown_what_there_would_be_had_nobody_looked_in_private(
    new_city: Callable[[], City], cities: list[City], steps: list[tuple[SeenRecord, bool]]
) -> None:
    """Of what stands, that is: what the platform tells of earlier is stored where nobody was shown it before, and so it
    may be known from an answer to an owner."""
    cities += [new_city(), new_city()] if not cities else []
    both, alone = (Watched(city) for city in cities)
    for one in (both, alone):
        one.city.begin()
        one.see(seen("message/1", "secret"), public=False)
        for sight, public in steps:
            if public or one is both:
                one.see(sight, public=public)
            else:
                one.runs += 1
    if not any(public for _, public in steps):
        return
    moments = [None, *range(2, both.runs + 1)]
    for as_of in moments:
        tells = _told if as_of is None else _told_then
        try:
            expected = tells(alone.shown(as_of=as_of))
        except NotSeenYet:
            with pytest.raises(NotSeenYet):
                both.shown(as_of=as_of)
            continue
        view = both.shown(as_of=as_of)
        assert tells(view) == expected, as_of
        assert {place.version_id for place in view.occurrences} <= {version.id for version in view.versions}
        lines = []
        for one in (both, alone):
            with one.city.database.read() as connection:
                moment = None if as_of is None else at(as_of)
                (line,) = thread(connection, one.city.id("status/1"), moment, PUBLIC).lines
            assert line.record is not None
            lines.append((line.record.text, line.record.version, line.record.versions, line.record.state))
        assert lines[0] == lines[1]


@pytest.fixture
def cities() -> list[City]:
    return []
