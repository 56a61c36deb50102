"""Which answers are stored, and what the others repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.records.choice import Choice, Kept, Reason, choose, problem_key
from archiver.records.known import Known, known
from archiver.records.models import Occurrence
from connectors.contract import AccessClass, Ask, Problem, ProblemKind, Reading, SeenRecord, State
from tests import effort
from tests.records.city import City, Told, ask, at, author, seen, told


def choice(city: City, *records: SeenRecord, asked: Ask | None = None, **more: Any) -> Choice:
    reading = Reading(records=records, **more)
    keys = [one.key for one in records] + list(reading.present)
    with city.database.read() as connection:
        return choose(reading, known(connection, city.account, keys), asked or ask())


def stored(city: City, *records: SeenRecord, run: int = 1, asked: Ask | None = None) -> Told:
    one = told(run, run, *records, asked=asked)
    city.apply(one)
    return one


def test_a_new_record_is_stored(city: City) -> None:
    assert choice(city, seen("status/1")) == Choice(True, (Reason.NEW_RECORD,))


def test_an_unchanged_page_is_not_stored_and_names_what_it_repeats(city: City) -> None:
    page = [seen(f"status/{n}", as_of=0) for n in range(5)]
    first = stored(city, *page)
    assert choice(city, *page) == Choice(False, (), [(first.id, n) for n in range(5)])
    changed = [replace(page[0], content={"text": "edited"}), *page[1:]]
    second = stored(city, *changed, run=2)
    assert choice(city, *changed).same == [(second.id, n) for n in range(5)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"content": {"text": "other"}}, Reason.CONTENT),
        ({"content": {"text": "hello", "poll": 1}}, Reason.CONTENT),
        ({"content": {"text": None}}, Reason.CONTENT),
        ({"state": State.HIDDEN_BY_PAGE}, Reason.STATE),
        ({"as_of": at(3)}, Reason.TIME),
        ({"as_of": None}, Reason.TIME),
    ],
)
def test_what_differs_from_what_is_known_is_stored(city: City, change: dict[str, Any], reason: Reason) -> None:
    one = seen("status/1", as_of=0)
    stored(city, one)
    found = choice(city, replace(one, **change))
    assert (found.store, found.reasons, found.same) == (True, (reason,), [])


def test_counts_and_display_names_alone_are_not_stored(city: City) -> None:
    first = stored(city, seen("status/1", counts={"likes": 1}, author=author("City")))
    found = choice(city, seen("status/1", counts={"likes": 5}, author=author("City of Light"), url="https://x.example"))
    assert found == Choice(False, (), [(first.id, 0)])


def test_an_endpoint_that_shows_less_is_not_stored(city: City) -> None:
    first = stored(city, seen("status/1", content={"text": "hello", "language": "en"}))
    assert choice(city, seen("status/1", content={"text": "hello"})).same == [(first.id, 0)]


def test_two_endpoints_with_different_fields_are_each_stored_once(city: City) -> None:
    one, other = (
        seen("status/1", content={"text": "hello", "language": "en"}),
        seen("status/1", content={"text": "hello", "poll": None}),
    )
    stored(city, one)
    assert choice(city, other).store
    stored(city, other, run=2)
    assert not choice(city, one).store
    assert not choice(city, other).store


def test_of_what_a_list_without_words_shows_hidden_the_words_are_stored_in_that_state_too(city: City) -> None:
    """Else the words that are repeated would be those of another state, and every later look would be news."""
    words = seen("status/1", content={"text": "hello"})
    bare = replace(words, content={}, text="", state=State.HIDDEN_BY_PAGE)
    stored(city, words)
    asked, listed = Known(city.account), ask()
    with city.database.read() as connection:
        before = asked.of(connection, ["status/1"])
        assert choose(Reading(records=(bare,)), before, listed).reasons == (Reason.STATE,)
        asked.learn("ex_list", listed, Reading(records=(bare,)), before)
        now = asked.of(connection, ["status/1"])
    hidden = replace(words, state=State.HIDDEN_BY_PAGE)
    assert choose(Reading(records=(hidden,)), now, listed).reasons == (Reason.STATE,)
    stored(city, bare, run=2)
    stored(city, hidden, run=3)
    assert not choice(city, bare).store
    assert not choice(city, hidden).store


def test_new_files_are_stored_and_named_for_fetching(city: City) -> None:
    stored(city, seen("status/1", media=["a"]))
    assert not choice(city, seen("status/1", media=["a"])).store
    found = choice(city, seen("status/1", media=["a", "b"]), seen("status/2", media=["c"]))
    assert found.reasons == (Reason.MEDIA, Reason.NEW_RECORD)
    assert [(key, ref.key) for key, ref in found.new_media] == [("status/1", "b"), ("status/2", "c")]


def test_an_old_answer_out_of_a_cache_repeats_the_old_version(city: City) -> None:
    old, new = seen("status/1", "A", as_of=0), seen("status/1", "B", as_of=1)
    first, second = stored(city, old), stored(city, new, run=2)
    assert choice(city, old).same == [(first.id, 0)]
    assert choice(city, new).same == [(second.id, 0)]
    assert choice(city, seen("status/1", "earlier", as_of=-1)).reasons == (Reason.CONTENT,)


@pytest.mark.parametrize("first", ["public", "private"])
@pytest.mark.parametrize(
    ("in_public", "in_private"), [(None, 1), (1, None), (None, None), (1, 1), (1, 3), (3, 1), (None, 3)]
)
@pytest.mark.parametrize("batch", [False, True], ids=["each committed", "in one batch"])
def test_what_is_polled_in_public_and_in_private_does_not_grow_whatever_time_each_tells(
    city: City, in_public: float | None, in_private: float | None, first: str, batch: bool
) -> None:
    """Each of both is stored a time or two; what it then repeats is of its own time."""
    polls = [(AccessClass.PUBLIC, in_public), (AccessClass.PRIVATE, in_private)]
    polls = polls if first == "public" else polls[::-1]
    own, places, news = Known(city.account), dict[str, float | None](), 0
    for run in range(1, 13):
        access, time = polls[run % 2]
        one, asked = seen("status/1", as_of=time), ask(access=access)
        with city.database.read() as connection:
            before = own.of(connection, ["status/1"]) if batch else known(connection, city.account, ["status/1"])
        found = choose(Reading(records=(one,)), before, asked)
        if found.store:
            news += 1
            assert run <= 4, found.reasons
            exchange = f"ex_{run}"
            if batch:
                own.learn(exchange, asked, Reading(records=(one,)), before)
            else:
                exchange = stored(city, one, run=run, asked=asked).id
            places[exchange] = time
        else:
            ((repeated, _),) = found.same
            assert places[repeated] == time or None not in (places[repeated], time)
    assert news <= 4


def test_the_same_words_at_another_time_are_stored_once_even_if_answers_flip_between_them(city: City) -> None:
    early, late = seen("status/1", "A", as_of=1), seen("status/1", "A", as_of=3)
    stored(city, late)
    assert choice(city, early).store
    stored(city, early, run=2)
    assert choice(city, late).reasons == (Reason.TIME,)
    stored(city, late, run=3)
    assert not choice(city, early).store
    assert not choice(city, late).store


def test_a_history_is_stored_if_it_tells_anything_new(city: City) -> None:
    current = seen("status/1", "B", as_of=2)
    stored(city, current)
    history = [seen("status/1", "A", as_of=1, back=True), seen("status/1", "B", as_of=2, back=True)]
    assert choice(city, history[1]) == Choice(False)
    assert choice(city, *history).reasons == (Reason.HISTORY,)
    stored(city, *history, run=2)
    assert choice(city, *history) == Choice(False)
    assert choice(city, seen("status/1", "A", as_of=1)).reasons == (Reason.STANDING,)


def test_a_history_of_two_versions_of_one_moment_is_stored_once(city: City) -> None:
    """Edited within the second, or the millisecond, that the platform's clock counts in."""
    now, before = seen("status/1", "B", as_of=1), seen("status/1", "A", as_of=1, back=True)
    first = stored(city, now, before)
    assert choice(city, now, before) == Choice(False, (), [(first.id, 0)])
    assert choice(city, replace(before, content={"text": "C"})).reasons == (Reason.HISTORY,)
    assert choice(city, replace(now, content={"text": "A"})).reasons == (Reason.CONTENT,), "it stands again"


def test_a_record_that_was_not_returned_and_is_back_is_stored(city: City) -> None:
    one = seen("status/1")
    stored(city, one)
    city.apply(concluded=[("status/1", State.NOT_RETURNED, 5, ["ex_look"])])
    assert choice(city, one).reasons == (Reason.STATE,)
    assert choice(city, present=("status/1", "status/9")).reasons == (Reason.STATE,)


def test_a_record_found_in_place_without_its_content_repeats_nothing(city: City) -> None:
    stored(city, seen("status/1"))
    assert choice(city, present=("status/1",)) == Choice(False)


def test_contents_of_another_scheme_are_stored_once(city: City) -> None:
    stored(city, seen("status/1"))
    one = seen("status/1", content={"words": "hello"})
    assert choice(city, one, asked=ask(scheme=2)).reasons == (Reason.SCHEME,)
    second = stored(city, one, run=2, asked=ask(scheme=2))
    assert choice(city, one, asked=ask(scheme=2)).same == [(second.id, 0)]


def test_quarantined_parts_and_unknown_fields_are_stored() -> None:
    assert choose(Reading(quarantine=(("/3", "no id"),)), {}).reasons == (Reason.QUARANTINE,)
    drifted = Reading(drift=("new_field",))
    assert choose(drifted, {}).reasons == (Reason.DRIFT,)
    assert not choose(drifted, {}, ask(), Kept(drift=frozenset({"new_field", "x"}))).store


@pytest.mark.parametrize("kind", ProblemKind)
def test_a_problem_is_stored_once_unless_it_only_says_to_come_back(kind: ProblemKind) -> None:
    problem = Problem(kind, "words")
    found = choose(Reading(problem=problem), {}, ask())
    assert found.store == (kind not in (ProblemKind.RATE, ProblemKind.TRANSIENT))
    kept = Kept(problems=frozenset({problem_key(ask(), problem)}))
    assert not choose(Reading(problem=problem), {}, ask(), kept).store


@pytest.mark.parametrize("other", [{"parameters": (("photo_id", "2"),)}, {"body": b'{"id": 2}'}, {"method": "POST"}])
def test_the_same_problem_with_another_question_is_another_one(other: dict[str, Any]) -> None:
    """Some platforms have one address for all of them."""
    problem = Problem(ProblemKind.PERMISSION, "words")
    kept = Kept(problems=frozenset({problem_key(ask(), problem)}))
    assert not choose(Reading(problem=problem), {}, ask(), kept).store
    assert choose(Reading(problem=problem), {}, replace(ask(), **other), kept).store


def test_not_found_is_stored_until_every_record_looked_for_is_known_to_be_gone(city: City) -> None:
    stored(city, seen("status/1"), seen("status/2"))
    look = replace(ask(None), context={"look": ["status/1", "status/2"]})
    gone = Reading(problem=Problem(ProblemKind.GONE, "not found"))

    def reasons() -> Sequence[Reason]:
        with city.database.read() as connection:
            return choose(gone, known(connection, city.account, ["status/1", "status/2"]), look).reasons

    assert reasons() == (Reason.PROBLEM,)
    city.apply(concluded=[("status/1", State.NOT_RETURNED, 5, ["ex_look"])])
    assert reasons() == (Reason.PROBLEM,)
    city.apply(concluded=[("status/2", State.NOT_RETURNED, 5, ["ex_look"])])
    assert reasons() == ()


def test_a_page_of_the_same_batch_is_known_before_it_is_committed(city: City) -> None:
    overlay = Known(city.account)
    page = Reading(records=(seen("status/1", "A", as_of=0), seen("status/2", media=["a"])))
    with city.database.read() as connection:
        before = overlay.of(connection, ["status/1", "status/2"])
        assert choose(page, before, ask()).store
        overlay.learn("ex_1", ask(), page, before)
        again = overlay.of(connection, ["status/1", "status/2"])
        assert choose(page, again, ask()) == Choice(False, (), [("ex_1", 0), ("ex_1", 1)])
        edited = Reading(records=(seen("status/1", "B", as_of=1),))
        assert choose(edited, again, ask()).reasons == (Reason.CONTENT,)
        overlay.learn("ex_2", ask(), edited, again)
        final = overlay.of(connection, ["status/1"])
        assert choose(edited, final, ask()).same == [("ex_2", 0)]
        assert choose(page, overlay.of(connection, ["status/1", "status/2"]), ask()).same == [("ex_1", 0), ("ex_1", 1)]
        overlay.concluded("status/1", State.NOT_RETURNED, final)
        assert choose(edited, overlay.of(connection, ["status/1"]), ask()).reasons == (Reason.STATE,)


SIGHTS = st.builds(
    seen,
    st.sampled_from(["status/1", "status/2"]),
    st.sampled_from(["A", "B"]),
    as_of=st.sampled_from([None, 1, 2]),
    back=st.booleans(),
    media=st.sampled_from([(), ("a",)]),
    state=st.sampled_from([State.VISIBLE, State.HIDDEN_BY_PAGE]),
)
STEPS = st.lists(
    st.tuples(st.lists(SIGHTS, min_size=1, max_size=3), st.booleans())
    | st.sampled_from([State.NOT_RETURNED, State.HIDDEN_BY_PAGE]),
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=effort.examples(40))
@given(STEPS)
def test_what_is_learnt_late_is_what_is_learnt_at_once(
    city: City, steps: list[tuple[list[SeenRecord], bool] | State]
) -> None:
    late, at_once = Known(city.account), Known(city.account)
    keys = ["status/1", "status/2"]
    with city.database.read() as connection:
        before = late.of(connection, keys)
        for number, step in enumerate(steps):
            if isinstance(step, State):
                late.concluded("status/1", step, before)
                at_once.concluded("status/1", step, before)
                continue
            records, looked_at = step
            for position, record in enumerate(records):
                padded = Reading(records=(seen("status/3"),) * position + (record,))
                at_once.learn(f"ex_{number}", ask(), padded, before)
                at_once.of(connection, keys)
            late.learn(f"ex_{number}", ask(), Reading(records=tuple(records)), before)
            before = late.of(connection, keys) if looked_at else before
        assert late.of(connection, keys) == at_once.of(connection, keys)


def test_what_the_batch_learns_agrees_with_what_the_index_says_afterwards(city: City) -> None:
    """Whatever is stored in a batch, an answer that repeats it is unchanged, before and after the commit."""
    overlay = Known(city.account)
    pages = [
        [seen("status/1", "A", as_of=1)],
        [seen("status/1", "B", as_of=3)],
        [seen("status/1", "A", as_of=1, back=True), seen("status/1", "x", as_of=2, back=True)],
        [seen("status/1", "B", content={"text": "B", "language": "en"}, as_of=3)],
        [seen("status/1", "B", content={"text": "B", "language": "en"}, as_of=3, state=State.HIDDEN_BY_PAGE)],
        [replace(seen("status/1", content={}, state=State.DELETED_BY_AUTHOR), text="")],
        [seen("status/1", "B", content={"text": "B", "language": "en"}, as_of=3)],
        [replace(seen("status/1", content={}, state=State.DELETED_BY_AUTHOR), text="")],
    ]
    batch = []
    with city.database.read() as connection:
        for ordinal, page in enumerate(pages):
            one = told(1, 1 + ordinal, *page, ordinal=ordinal)
            before = overlay.of(connection, ["status/1"])
            assert choose(Reading(records=one.records), before, ask()).store
            overlay.learn(one.id, ask(), Reading(records=one.records), before)
            batch.append(one)
        said = overlay.of(connection, ["status/1"])["status/1"]
    city.apply(*batch)
    with city.database.read() as connection:
        indexed = known(connection, city.account, ["status/1"])["status/1"]
    assert said == indexed


def test_a_choice_to_repeat_leads_back_to_the_same_record(city: City) -> None:
    first = stored(city, seen("status/1"), seen("status/2"))
    repeated = choice(city, seen("status/2")).same
    assert repeated == [(first.id, 1)]
    city.apply(same=[(first, [position for _, position in repeated], 9)])
    assert city.row(Occurrence, position=1)["last_seen_at"] == at(9)
    assert city.record("status/2")["last_seen_at"] == at(9)
    assert city.record("status/1")["last_seen_at"] == at(1)


@pytest.mark.parametrize("as_of", [0, None])
def test_what_goes_on_standing_without_its_words_is_stored_once(city: City, as_of: int | None) -> None:
    """Reddit shows a deleted comment so for ever, in the lists of its post and to every direct look."""
    stored(city, seen("status/1", content={"text": "hello"}, as_of=as_of))
    bare = replace(seen("status/1", content={}), text="", state=State.DELETED_BY_AUTHOR)
    assert choice(city, bare).store
    gone = stored(city, bare, run=2)
    assert choice(city, bare) == Choice(False, (), [(gone.id, 0)])
    assert choice(city, replace(bare, state=State.HIDDEN_BY_PAGE)).reasons
    words = seen("status/1", content={"text": "hello"}, as_of=as_of)
    assert choice(city, words).reasons == (Reason.STATE,)
    stored(city, words, run=3)
    assert choice(city, bare).store
    city.apply(concluded=[("status/1", State.NOT_RETURNED, 5, ["ex_look"])])
    stored(city, bare, run=6)
    assert choice(city, bare).same == [(told(6, 6).id, 0)]


def test_a_list_that_only_names_what_stands_repeats_no_words(city: City) -> None:
    first = stored(city, seen("status/1"))
    assert choice(city, replace(seen("status/1", content={}), text="")) == Choice(False, named=[(first.id, 0)])


@pytest.mark.parametrize(("time", "before"), [(1, None), (None, 1), (3, 1)])
def test_a_time_that_was_only_told_in_private_is_stored_once_in_public(
    city: City, time: float | None, before: float | None
) -> None:
    """What is repeated is of the same time, and what not everybody saw is not repeated in public."""
    private = ask(access=AccessClass.PRIVATE)
    stored(city, seen("status/1", as_of=before))
    stored(city, seen("status/1", as_of=time), run=2, asked=private)
    one = seen("status/1", as_of=time)
    assert choice(city, one).reasons == (Reason.ACCESS,)
    again = stored(city, one, run=3)
    assert choice(city, one).same == [(again.id, 0)]
    assert not choice(city, one, asked=private).store
    other, more = seen("status/1", as_of=before), 0
    for run in range(4, 8):
        one, other = other, one
        if choice(city, one).store:
            more += 1
            stored(city, one, run=run)
    assert more <= 1


def test_words_are_not_seen_again_where_everybody_sees_none_and_that_was_stored_of_the_private_look(
    city: City,
) -> None:
    words = seen("status/1", "A", as_of=1)
    bare = replace(seen("status/1", content={}), text="")
    first = stored(city, words)
    stored(city, bare, run=2, asked=ask(access=AccessClass.PRIVATE))
    found = choice(city, bare)
    assert (found.store, found.same, found.named) == (False, [], [(first.id, 0)])


def test_what_arrives_late_is_not_repeated_for_another_version(city: City) -> None:
    """An adopted answer arrives last, and is of a time before the words that stand now."""
    hidden = State.HIDDEN_BY_PAGE
    bare = replace(seen("status/1", content={}, state=hidden), text="")
    stored(city, seen("status/1", "A", as_of=0, state=hidden))
    stored(city, seen("status/1", "B", as_of=3, state=hidden), run=3)
    city.apply(replace(told(4, 2, bare), adopted_by=4))
    assert choice(city, bare).reasons == (Reason.TIME,)
    later = stored(city, bare, run=5)
    assert choice(city, bare).same == [(later.id, 0)]
