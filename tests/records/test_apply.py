"""Answers become rows: the same rows in whatever batches they come."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import Update

from archiver import ids
from archiver.database import safe_text
from archiver.records import rows
from archiver.records.digests import differences
from archiver.records.models import Medium, Occurrence, Record, RecordState, Version
from connectors.contract import AccessClass, Reading, RecordKind, SeenRecord, State
from tests import effort
from tests.records.city import City, Told, ask, at, author, comment, seen, told

# One record ---------------------------------------------------------------------------------------------------------


def test_a_new_record_has_one_version_one_occurrence_and_is_visible(city: City) -> None:
    first = told(1, 1, seen("status/1", "Snow route parking", author=author("City"), url="https://city.example/1"))
    applied = city.apply(first)
    assert applied.new_records == [city.id("status/1")]
    assert applied.changed == [city.id("status/1")]
    assert applied.revised == []
    assert applied.states == []
    record = city.record("status/1")
    assert (record["kind"], record["author_name"], record["listing"]) == ("post", "City", "statuses")
    assert (record["first_seen_at"], record["last_seen_at"], record["state"]) == (at(1), at(1), "visible")
    assert record["thread_id"] == record["id"]
    (version,) = city.versions("status/1")
    assert version["id"] == ids.version_id(record["id"], first.id, 0) == record["version_id"]
    assert (version["text"], version["number"], version["first_seen_at"]) == ("Snow route parking", 1, at(1))
    (occurrence,) = city.rows(Occurrence)
    assert (occurrence["exchange_id"], occurrence["position"], occurrence["partial"]) == (first.id, 0, None)
    assert city.states("status/1") == [("visible", at(1), at(1))]


def test_an_edit_undone_is_three_versions_in_the_index(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "A")))
    applied = city.apply(told(2, 2, seen("status/1", "B")))
    assert [(one.number, one.remembered) for one in applied.revised] == [(2, False)]
    assert applied.changed == [city.id("status/1")]
    city.apply(told(3, 3, seen("status/1", "A")))
    assert city.texts("status/1") == ["A", "B", "A"]
    record = city.record("status/1")
    assert record["versions"] == 3
    assert record["version_id"] == city.versions("status/1")[-1]["id"]


def test_other_counts_avatars_and_names_are_no_change(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", counts={"likes": 1}, author=author("City"))))
    applied = city.apply(told(2, 2, seen("status/1", counts={"likes": 9}, author=author("City"))))
    assert applied.changed == []
    assert city.record("status/1")["counts"] == {"likes": 9}
    renamed = city.apply(told(3, 3, seen("status/1", author=author("City of Light"))))
    assert renamed.revised == []
    assert city.record("status/1")["author_name"] == "City of Light"
    assert city.record("status/1")["counts"] == {"likes": 9}
    assert len(city.versions("status/1")) == 1


def test_another_endpoints_fields_are_kept_and_make_no_version(city: City) -> None:
    full = {"text": "A", "language": "en"}
    city.apply(told(1, 1, seen("status/1", "A", content=full)))
    city.apply(told(2, 2, seen("status/1", "A", content={"text": "A"})))
    city.apply(told(3, 3, seen("status/1", "A", content={"text": "A", "poll": None})))
    (version,) = city.versions("status/1")
    assert version["content"] == full | {"poll": None}
    partial = [row["partial"] for row in sorted(city.rows(Occurrence), key=lambda row: row["arrival"])]
    assert [one["content"] for one in partial] == [full, {"text": "A"}, {"text": "A", "poll": None}]
    city.apply(told(4, 4, seen("status/1", "B", content={"text": "B"})))
    city.apply(told(5, 5, seen("status/1", "B", content={"text": "B", "poll": 1})))
    assert [row["content"] for row in city.versions("status/1")][1:] == [{"text": "B", "poll": 1}]


def test_history_fills_in_earlier_versions_without_moving_ids_or_overwriting_the_record(city: City) -> None:
    city.apply(told(1, 3, seen("status/1", "C", as_of=3, author=author("City"), url="https://city.example/1")))
    before = city.versions("status/1")[0]["id"]
    history = [
        seen("status/1", text, as_of=when, back=True, place=f"/{n}", author=author("Old name"))
        for n, (text, when) in enumerate([("A", 1), ("B", 2), ("C", 3)])
    ]
    applied = city.apply(told(2, 4, *history, asked=ask(None)))
    assert [one.remembered for one in applied.revised] == [True, True]
    assert city.texts("status/1") == ["A", "B", "C"]
    assert city.versions("status/1")[2]["id"] == before
    assert city.versions("status/1")[0]["first_seen_at"] is None
    record = city.record("status/1")
    assert (record["author_name"], record["version_id"]) == ("City", before)
    assert city.states("status/1") == [("visible", at(3), at(3))]


def test_a_record_known_only_from_history_is_kept_and_filled_in_when_it_is_seen(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "A", as_of=0, back=True)))
    assert city.record("status/1")["state"] == "visible"
    city.apply(told(2, 2, seen("status/1", "A", as_of=0, author=author("City"))))
    (version,) = city.versions("status/1")
    assert (version["first_seen_at"], version["last_seen_at"]) == (at(2), at(2))
    assert city.record("status/1")["author_name"] == "City"


def test_a_record_twice_in_one_batch_is_one_record(city: City) -> None:
    applied = city.apply(
        told(1, 1, seen("status/1", "A"), seen("status/2", "x")), told(1, 2, seen("status/1", "B"), ordinal=1)
    )
    assert len(applied.new_records) == 2
    assert city.texts("status/1") == ["A", "B"]
    assert [one.number for one in applied.revised] == [2]


def test_another_scheme_is_no_edit_and_both_contents_are_kept(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", "A")))
    city.apply(told(2, 2, seen("status/1", "A", content={"words": "A"}), asked=ask(scheme=2)))
    (version,) = city.versions("status/1")
    assert (version["scheme"], version["content"]) == (2, {"words": "A"})
    first = city.row(Occurrence, arrival=1)
    assert first["partial"] == {"content": {"text": "A"}, "text": "A"}


# Threads and columns ------------------------------------------------------------------------------------------------


def test_a_comment_belongs_to_the_thread_the_platform_names_and_its_parent_is_not_invented(city: City) -> None:
    city.apply(told(1, 1, comment("status/9", "status/5", "status/1")))
    record = city.record("status/9")
    assert record["thread_id"] == city.id("status/1")
    assert record["parent_id"] == city.id("status/5")
    assert len(city.rows(Record)) == 1


def test_a_thread_learnt_later_is_filled_in_and_never_forgotten(city: City) -> None:
    city.apply(told(1, 1, comment("status/9", "status/5", None)))
    assert city.record("status/9")["thread_id"] == city.id("status/9")
    applied = city.apply(told(2, 2, comment("status/9", "status/5", "status/1")))
    assert applied.changed == [city.id("status/9")]
    city.apply(told(3, 3, comment("status/9", "status/5", None)))
    assert city.record("status/9")["thread_id"] == city.id("status/1")


def test_what_the_platform_leaves_out_stays_as_it_was(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", url="https://city.example/1", word="toot", author=author("City"))))
    city.apply(told(2, 2, seen("status/1"), asked=ask("other", access=AccessClass.PRIVATE)))
    record = city.record("status/1")
    assert (record["url"], record["word"], record["author_handle"]) == ("https://city.example/1", "toot", "city")
    assert (record["listing"], record["access"]) == ("statuses", "public"), "seen in public once"


def test_hostile_text_and_times_are_kept_out_of_the_columns_and_the_batch_goes_on(city: City) -> None:
    nasty = "a\0b\ud800"
    far = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12)))
    record = seen(
        nasty,
        nasty,
        url=nasty,
        word=nasty,
        place=nasty,
        author=author(nasty, nasty),
        parent=nasty + "p",
        thread=nasty + "t",
        created_at=far,
        media=[nasty],
    )
    strange = replace(seen("status/2"), created_at=datetime(2026, 1, 1), as_of=datetime(1, 1, 1, tzinfo=UTC))
    city.apply(told(1, 1, record, strange, asked=ask(nasty)))
    row = city.record(nasty)
    assert row["key"] == safe_text(nasty)
    assert row["created_at"] is None
    (version,) = city.versions(nasty)
    assert version["content"] == {"text": nasty}
    assert version["text"] == safe_text(nasty)
    assert city.record("status/2")["created_at"] is None
    assert city.versions("status/2")[0]["as_of"] is None
    assert city.rows(Medium)[0]["key"] == safe_text(nasty)


def test_tuples_in_a_content_are_no_edit_when_they_are_read_again(city: City) -> None:
    content = {"tags": ("a", "b"), "poll": {"options": ("x",)}}
    city.apply(told(1, 1, seen("status/1", content=content)))
    city.apply(told(2, 2, seen("status/1", content=content)))
    assert len(city.versions("status/1")) == 1
    assert city.row(Occurrence, arrival=2)["partial"] is None


def test_positions_may_be_given_where_a_reader_sees_more_than_was_listed(city: City) -> None:
    first = told(1, 1, seen("status/1"), seen("status/2"))
    city.apply(first)
    with city.database.write() as connection:
        from archiver.records.apply import Applier

        applier = Applier(connection, city.account)
        arrived = replace(told(1, 1).arrived(), run_number=2)
        applier.exchange(arrived, Reading(records=(seen("status/3"),)), positions=[2])
        applier.flush()
        with pytest.raises(ValueError, match="zip"):
            applier.exchange(arrived, Reading(records=(seen("status/3"),)), positions=[2, 3])
    assert city.row(Occurrence, record_id=city.id("status/3"))["position"] == 2


# Seen again, and states -----------------------------------------------------------------------------------------------


def test_an_unchanged_answer_moves_the_last_sight_of_record_version_and_state_and_nothing_else(city: City) -> None:
    first = told(1, 1, seen("status/1"), seen("status/2"))
    city.apply(first)
    applied = city.apply(same=[(first, [0, 1], 5), (first, [0], 3)])
    assert (applied.changed, applied.states, applied.revised, applied.new_records) == ([], [], [], [])
    assert city.record("status/1")["last_seen_at"] == at(5)
    assert city.versions("status/1")[0]["last_seen_at"] == at(5)
    assert city.states("status/1") == [("visible", at(1), at(5))]
    assert city.row(Occurrence, position=0)["last_seen_at"] == at(5)
    city.apply(same=[(first, [0], 2)])
    assert city.record("status/1")["last_seen_at"] == at(5)
    assert city.versions("status/1")[0]["last_seen_at"] == at(5)


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("in_one", [False, True])
def test_an_answer_that_only_names_a_record_is_no_sight_of_its_words(city: City, in_one: bool) -> None:
    first = told(1, 1, seen("status/1"))
    if in_one:
        city.apply(first, named=[(first, [0], 5)])
    else:
        city.apply(first)
        assert city.apply(named=[(first, [0, 3], 5)]).changed == []
    assert city.record("status/1")["last_seen_at"] == at(5)
    assert city.states("status/1") == [("visible", at(1), at(5))]
    assert city.versions("status/1")[0]["last_seen_at"] == at(1)
    assert city.row(Occurrence, position=0)["last_seen_at"] is None


@pytest.mark.law("R16", "R18")
def test_what_stands_without_its_words_is_no_sight_of_them_and_keeps_them(city: City) -> None:
    words, gone = seen("status/1", "hello", as_of=0), seen("status/1", content={}, state=State.DELETED_BY_AUTHOR)
    gone = replace(gone, text="")
    city.apply(told(1, 1, words))
    bare = told(2, 2, gone)
    city.apply(bare)
    city.apply(same=[(bare, [0], 5)])
    assert city.texts("status/1") == ["hello"]
    (version,) = city.versions("status/1")
    assert (version["first_seen_at"], version["last_seen_at"]) == (at(1), at(1))
    assert city.states("status/1") == [("visible", at(1), at(1)), ("deleted_by_author", at(2), at(5))]
    assert city.record("status/1")["last_seen_at"] == at(5)


@pytest.mark.law("R18")
def test_words_that_only_the_history_tells_were_never_seen_though_the_record_stood(city: City) -> None:
    city.apply(told(1, 1, replace(seen("status/1", content={}), text="")))
    assert city.versions("status/1")[0]["first_seen_at"] == at(1)
    city.apply(told(2, 2, seen("status/1", "A", as_of=0, back=True)))
    (version,) = city.versions("status/1")
    assert (version["text"], version["first_seen_at"], version["last_seen_at"]) == ("A", None, None)


def test_positions_that_are_not_there_are_passed_over(city: City) -> None:
    first = told(1, 1, seen("status/1"))
    city.apply(first)
    city.apply(same=[(first, [0, 7], 5), (told(9, 9), [0], 6)])
    assert city.record("status/1")["last_seen_at"] == at(5)


def test_not_returned_is_a_conclusion_with_its_evidence_and_seen_again_is_visible_again(city: City) -> None:
    first = told(1, 1, seen("status/1"))
    city.apply(first)
    applied = city.apply(concluded=[("status/1", State.NOT_RETURNED, 4, ["ex_look", "ex_control"])])
    (change,) = applied.states
    assert (change.before, change.after, change.evidence) == ("visible", "not_returned", ("ex_look", "ex_control"))
    assert applied.changed == [city.id("status/1")]
    assert city.record("status/1")["state"] == "not_returned"
    back = city.apply(told(2, 6, seen("status/1")))
    assert [(one.before, one.after) for one in back.states] == [("not_returned", "visible")]
    assert city.states("status/1") == [
        ("visible", at(1), at(1)),
        ("not_returned", at(4), at(4)),
        ("visible", at(6), at(6)),
    ]
    assert city.texts("status/1") == ["hello"]


def test_a_conclusion_about_an_unknown_record_invents_nothing(city: City) -> None:
    city.apply(concluded=[("status/1", State.NOT_RETURNED, 4, ["ex_look"])])
    assert city.rows(Record) == []
    assert city.rows(RecordState) == []


def test_a_state_the_platform_tells_is_taken_from_the_answer(city: City) -> None:
    city.apply(told(1, 1, seen("comment/1")))
    applied = city.apply(told(2, 2, seen("comment/1", state=State.HIDDEN_BY_PAGE)))
    assert [one.after for one in applied.states] == ["hidden_by_page"]
    assert city.record("comment/1")["state"] == "hidden_by_page"


def test_a_late_segment_that_contradicts_a_state_cuts_it_to_what_is_stored(city: City) -> None:
    for run, hours in ((1, 1), (2, 3), (3, 8)):
        city.apply(told(run, hours, seen("status/1")))
    late = replace(told(4, 5, seen("status/1", state=State.HIDDEN_BY_PAGE)), adopted_by=5)
    city.apply(late)
    assert city.states("status/1") == [
        ("visible", at(1), at(3)),
        ("hidden_by_page", at(5), at(5)),
        ("visible", at(8), at(8)),
    ]


# Files ----------------------------------------------------------------------------------------------------------------


def test_files_are_wanted_then_fetched_and_stay_fetched(city: City) -> None:
    city.apply(told(1, 1, seen("status/1", media=["a", "b"])))
    a, b = (ids.medium_id(city.id("status/1"), key) for key in "ab")
    assert city.row(Medium, id=a)["state"] == "wanted"
    city.apply(
        media=[
            (a, "fetched", {"exchange_id": "ex_a", "sha256": "aa", "size": 3, "content_type": "image/png"}),
            (b, "refused", {"reason": "a private address"}),
        ]
    )
    city.apply(media=[(a, "missing", {"reason": "the server answered 404"})])
    assert (city.row(Medium, id=a)["state"], city.row(Medium, id=a)["sha256"]) == ("fetched", "aa")
    assert (city.row(Medium, id=b)["state"], city.row(Medium, id=b)["reason"]) == ("refused", "a private address")
    applied = city.apply(told(2, 2, seen("status/1", media=["a", "b", "c"])))
    assert applied.changed == [city.id("status/1")]
    assert city.row(Medium, id=a)["state"] == "fetched"
    assert len(city.rows(Medium)) == 3


# The same rows, however they come -------------------------------------------------------------------------------------

KEYS = ("status/1", "status/2", "status/3")
texts = st.sampled_from(["A", "B"])
contents: st.SearchStrategy[dict[str, Any]] = st.one_of(
    texts.map(lambda text: {"text": text, "language": "en"}),
    texts.map(lambda text: {"text": text}),
    texts.map(lambda text: {"text": text, "poll": None}),
    st.just({}),
)


@st.composite
def sightings(draw: st.DrawFn) -> SeenRecord:
    content = draw(contents)
    back = draw(st.integers(0, 4)) == 0
    key = draw(st.sampled_from(KEYS))
    timed = key != "status/3"
    return seen(
        key,
        content.get("text", ""),
        content=content,
        back=back and timed,
        as_of=draw(st.integers(0, 4)) if timed else None,
        author=draw(st.none() | st.sampled_from(["City", "Mayor"]).map(author)),
        thread=draw(st.none() | st.just("status/1")),
        url=draw(st.none() | st.sampled_from(["https://a.example", "https://b.example"])),
        counts=draw(st.dictionaries(st.just("likes"), st.integers(0, 3))),
        state=draw(st.sampled_from([State.VISIBLE, State.VISIBLE, State.HIDDEN_BY_PAGE])),
        media=draw(st.lists(st.sampled_from(["a", "b"]), unique=True, max_size=2)),
        kind=draw(st.sampled_from([RecordKind.POST, RecordKind.COMMENT])),
        place=f"/{draw(st.integers(0, 9))}",
    )


@st.composite
def captures(draw: st.DrawFn) -> list[Told]:
    found = []
    for run in range(1, draw(st.integers(2, 6))):
        access = draw(st.sampled_from([AccessClass.PUBLIC, AccessClass.PUBLIC, AccessClass.PRIVATE]))
        for ordinal in range(draw(st.integers(1, 2))):
            records = tuple(draw(st.lists(sightings(), max_size=3)))
            late = draw(st.integers(0, 5)) == 0
            hours = run - 2.5 if late else run + ordinal / 10
            scheme = draw(st.sampled_from([1, 1, 1, 2]))
            found.append(Told(run, ordinal, hours, records, ask(scheme=scheme, access=access)))
    return found


@settings(
    max_examples=effort.examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(captures(), st.randoms(use_true_random=False))
def test_batches_of_any_size_give_the_same_rows(
    cities: tuple[City, City, City], exchanges: list[Told], randomness: random.Random
) -> None:
    for city in cities:
        city.begin()
    one_by_one, at_once, mixed = cities
    for exchange in exchanges:
        one_by_one.apply(exchange)
    at_once.apply(*exchanges)
    left = exchanges.copy()
    while left:
        count = randomness.randint(1, len(left))
        batch, left = left[:count], left[count:]
        mixed.apply(*randomness.sample(batch, len(batch)))
    assert differences(one_by_one.digests(), at_once.digests()) == []
    assert differences(one_by_one.digests(), mixed.digests()) == []


_PUBLIC, _PRIVATE = ("same", "named"), ("same_in_private", "named_in_private")


def _told(kind: str, some: list[Any]) -> dict[str, Any]:
    return {kind: some}


@st.composite
def months(draw: st.DrawFn) -> list[tuple[list[Told], list[Any], list[Any], list[Any]]]:
    """Runs: what each stored, what it saw again, with its words or without, and what it concluded."""
    runs: list[tuple[list[Told], list[Any], list[Any], list[Any]]] = []
    exchanges = draw(captures())
    for number in sorted({one.run for one in exchanges}):
        earlier = [one for one in exchanges if one.run < number]
        references = draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else []
        again = [(one, [0], number + 0.3 + n / 50) for n, one in enumerate(references)]
        same, named = draw(st.sampled_from([(again, []), (again[:1], again[1:]), ([], again)]))
        keys = draw(st.lists(st.sampled_from(KEYS), max_size=1))
        looks = st.sampled_from(["ex_look", *(one.id for one in earlier)])
        gone = [(key, State.NOT_RETURNED, number + 0.4, [draw(looks)]) for key in keys]
        runs.append(([one for one in exchanges if one.run == number], same, named, gone))
    return runs


@settings(
    max_examples=effort.examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(months())
def test_runs_told_piece_by_piece_or_whole_give_the_same_rows(
    cities: tuple[City, City, City], runs: list[tuple[list[Told], list[Any], list[Any], list[Any]]]
) -> None:
    live, whole, _ = cities
    live.begin()
    whole.begin()
    for exchanges, same, named, gone in runs:
        for exchange in exchanges:
            live.apply(exchange)
        kinds = _PUBLIC if exchanges[0].ask.access is AccessClass.PUBLIC else _PRIVATE
        for kind, some in zip(kinds, (same, named), strict=True):
            for one in some:
                live.apply(**_told(kind, [one]))
        live.apply(concluded=gone)
        whole.apply(*reversed(exchanges), concluded=gone, **_told(kinds[0], same), **_told(kinds[1], named))
    assert differences(live.digests(), whole.digests()) == []


@pytest.fixture
def cities(new_city: Callable[[], City]) -> tuple[City, City, City]:
    return new_city(), new_city(), new_city()


def test_a_month_of_runs_gives_the_same_rows_when_applied_again_run_by_run(new_city: Callable[[], City]) -> None:
    randomness = random.Random(11)
    live, again = new_city(), new_city()
    runs: list[tuple[Told, Told, Any, Any]] = []
    for number in range(1, 25):
        page = told(
            number,
            number,
            *(
                seen(f"status/{key}", randomness.choice("ABC"), as_of=number - 1, counts={"likes": number})
                for key in range(number // 3, number // 3 + 4)
            ),
        )
        other = told(number, number + 0.1, seen(f"status/{number // 3}", "A", back=True, as_of=number / 2), ordinal=1)
        same = [(runs[-1][0], [1, 2], number + 0.2)] if runs else []
        gone = [(f"status/{number // 3 - 1}", State.NOT_RETURNED, number + 0.3, [page.id])]
        runs.append((page, other, same, gone))
        live.apply(page)
        live.apply(other)
        live.apply(same=same)
        live.apply(concluded=gone)
    for page, other, same, gone in runs:
        again.apply(other, page, same=same, concluded=gone)
    assert differences(live.digests(), again.digests()) == []
    assert len(live.rows(Version)) > 30


def test_an_answer_that_arrives_out_of_order_in_the_same_run_leaves_the_same_versions(
    new_city: Callable[[], City],
) -> None:
    first, second = told(1, 1, seen("status/1", "A")), told(1, 2, seen("status/1", "A"), ordinal=1)
    ordered, late = new_city(), new_city()
    ordered.apply(first)
    ordered.apply(second)
    late.apply(second)
    late.apply(first)
    assert differences(ordered.digests(), late.digests()) == []


def test_a_carried_id_survives_the_occurrence_that_gave_it(city: City) -> None:
    second = told(2, 2, seen("status/1", "A"))
    city.apply(second, carried={(second.id, 0): "ve_first"})
    assert [row["id"] for row in city.versions("status/1")] == ["ve_first"]
    city.apply(told(3, 3, seen("status/1", "B")))
    assert city.versions("status/1")[0]["id"] == "ve_first"


def test_a_sight_and_the_history_that_splits_its_version_may_come_in_one_batch(
    new_city: Callable[[], City],
) -> None:
    first, second = told(1, 1, seen("status/1", "A", as_of=1)), told(2, 2, seen("status/1", "A", as_of=3))
    history = told(3, 3, seen("status/1", "B", as_of=2, back=True))
    apart, together = new_city(), new_city()
    for city in (apart, together):
        city.apply(first, second)
    apart.apply(history)
    apart.apply(same=[(second, [0], 9)])
    together.apply(history, same=[(second, [0], 9)])
    assert [row["last_seen_at"] for row in together.versions("status/1")] == [at(1), None, at(9)]
    assert differences(apart.digests(), together.digests()) == []


def test_every_statement_can_be_written_for_postgresql() -> None:
    """Names of bound values, upserts and types are where the two databases part."""
    statements = [value for name, value in vars(rows).items() if name.startswith("_") and isinstance(value, Update)]
    assert len(statements) >= 11
    for statement in statements:
        assert str(statement.compile(dialect=postgresql.dialect())).startswith("UPDATE")  # type: ignore[no-untyped-call]
