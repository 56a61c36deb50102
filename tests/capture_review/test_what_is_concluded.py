"""Nothing is concluded that was not seen, and nothing that was seen is passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archiver.capture.listings import Listings
from archiver.capture.models import Exchange, Gap
from archiver.capture.pacing import GIVE_UP_AFTER, GIVE_UP_LASTS, Pacer
from archiver.clock import SetClock
from archiver.records.models import Medium, Version
from archiver.storage.segment_reader import ReadExchange, read_segment
from connectors.contract import Ask, Problem, ProblemKind, Reading, Stream, SweepKind
from tests.capture_review.script import Said, Stage, page

NEW, FULL = SweepKind.NEW, SweepKind.FULL
NOT_THERE: Said = (404, {}, b"")
BROKEN: Said = (500, {}, b"")
NOT_OFFERED: Said = (501, {}, b"what it stood under is not there")


def test_a_run_after_one_that_was_cut_short_goes_on_to_what_was_covered_before(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"))
    stage.run(NEW)
    stage.answers |= {"/list": page(("3", "three"), following="/2"), "/2": BROKEN}
    cut = stage.run(NEW)
    assert cut.outcome != "complete"

    stage.answers["/2"] = page(("2", "two"), ("1", "one"))
    whole = stage.run(NEW)

    assert stage.records().keys() == {"1", "2", "3"}
    assert stage.coverage(whole)["list"].complete
    assert all(gap.closed_by == whole.run_id for gap in stage.rows(Gap))


def test_a_run_for_what_is_new_stops_at_what_a_complete_run_knew(stage: Stage) -> None:
    stage.answers |= {"/list": page(("2", "two"), following="/2"), "/2": page(("1", "one"))}
    stage.run(NEW)
    stage.asked.clear()

    again = stage.run(NEW)

    assert stage.asked == ["/list"]
    assert stage.coverage(again)["list"].complete


def test_a_look_at_several_keeps_what_it_shows_where_nothing_is_concluded_of_the_rest(stage: Stage) -> None:
    stage.connector.looks_at = 2
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"))
    stage.run(FULL)
    stage.answers |= {"/list": page(("1", "one")), "/look?2,3": page(("2", "two, edited")), "/me": BROKEN}

    run = stage.run(FULL)

    assert run.counts["looks_undecided"] == 1
    assert stage.records()["3"].state == "visible"
    edited = stage.rows(Version, Version.record_id == stage.records()["2"].id, Version.number == 2)
    assert [version.text for version in edited] == ["two, edited"]


def test_a_look_at_several_concludes_only_of_what_it_does_not_show(stage: Stage) -> None:
    stage.connector.looks_at = 2
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"))
    stage.run(FULL)
    stage.answers |= {"/list": page(("1", "one")), "/look?2,3": page(("2", "two"))}

    stage.run(FULL)

    assert {key: row.state for key, row in stage.records().items()} == {
        "1": "visible",
        "2": "visible",
        "3": "not_returned",
    }


def test_a_record_that_is_answered_under_another_spelling_of_its_id_has_not_gone(stage: Stage) -> None:
    stage.connector.looks_at = 2
    stage.answers["/list"] = page(("aB", "one"), ("cD", "two"), ("3", "three"))
    stage.run(FULL)
    stage.answers |= {"/list": page(("3", "three"))}
    stage.answers |= {f"/look?{keys}": page(("AB", "one")) for keys in ("aB,cD", "cD,aB")}
    stage.run(FULL)
    states = {key: row.state for key, row in stage.records().items()}
    assert (states["aB"], states["cD"], states["3"]) == ("visible", "not_returned", "visible")


def test_a_control_read_that_came_before_its_look_by_our_clock_proves_nothing(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), ("2", "two"))
    stage.run(FULL)

    def set_back() -> Said:
        stage.later(hours=-1)
        return 200, {}, b"{}"

    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_THERE, "/me": set_back}
    run = stage.run(FULL)
    assert run.counts["looks_undecided"] == 1
    assert stage.records()["2"].state == "visible"


def test_a_control_read_is_made_after_the_looks_it_speaks_for(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"))
    stage.run(FULL)
    stage.asked.clear()
    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_THERE, "/look?3": NOT_THERE}

    stage.run(FULL)

    assert stage.asked == ["/list", "/look?2", "/look?3", "/me"]
    assert [stage.records()[key].state for key in "123"] == ["visible", "not_returned", "not_returned"]


def test_a_platform_that_breaks_down_between_looks_proves_nothing(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"))
    stage.run(FULL)

    def breaks_down() -> Said:
        stage.answers["/me"] = BROKEN
        return NOT_THERE

    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_THERE, "/look?3": breaks_down}
    run = stage.run(FULL)

    assert {row.state for row in stage.records().values()} == {"visible"}
    assert run.counts["looks_undecided"] == 2


def test_a_control_read_does_not_speak_for_looks_long_before_it(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"))
    stage.run(FULL)

    def later() -> Said:
        stage.clock.advance(timedelta(minutes=10))
        return NOT_THERE

    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_THERE, "/look?3": later}
    run = stage.run(FULL)

    assert stage.records()["2"].state == "visible"
    assert stage.records()["3"].state == "not_returned"
    assert run.counts["looks_undecided"] == 1


def test_what_is_said_of_a_record_that_is_only_seen_in_its_list_is_kept_once_and_proves_nothing(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"))
    stage.run(FULL)
    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_OFFERED, "/look?3": NOT_OFFERED}

    run = stage.run(FULL)

    def kept() -> list[str]:
        return sorted(row.uri for row in stage.rows(Exchange, Exchange.problem == "unsupported"))

    assert (run.counts["looks_undecided"], run.counts["exchanges"]) == (2, 2)
    assert {row.state for row in stage.records().values()} == {"visible"}
    assert kept() == [f"{stage.origin}/look?2", f"{stage.origin}/look?3"]
    assert stage.rows(Gap) == []
    stage.later(days=2)
    assert stage.run(FULL).outcome == "unchanged", "that it stays so is no news"
    assert len(kept()) == 2


def test_an_empty_answer_is_no_control(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), ("2", "two"))
    stage.run(FULL)
    stage.connector.control = "/empty"
    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_THERE, "/empty": page()}

    run = stage.run(FULL)

    assert "/empty" in stage.asked
    assert stage.records()["2"].state == "visible"
    assert run.counts["looks_undecided"] == 1


def test_one_control_read_speaks_for_twenty_looks_at_most(stage: Stage) -> None:
    everything = [(str(number), f"number {number}") for number in range(1, 26)]
    stage.answers["/list"] = page(*everything)
    stage.run(FULL)
    stage.asked.clear()
    stage.answers["/list"] = page(everything[0])

    stage.run(FULL)

    assert [number for number, path in enumerate(stage.asked) if path == "/me"] == [21, 26]
    assert sum(row.state == "not_returned" for row in stage.records().values()) == 24


def test_a_question_is_put_once_in_a_run_and_one_that_prepares_looks_once_for_these() -> None:
    lists = Listings()
    ask = Ask("https://x.example/list", Stream.COMMENTS, "list", context={"for": ["1"], "left": ["2"]})
    lists.note(ask)
    assert lists.asked(replace(ask, context={"for": ["1"], "left": []}))
    assert not lists.asked(replace(ask, context={"for": ["2"]}))
    assert not lists.asked(replace(ask, context={}))
    lists.note(replace(ask, context={}))
    assert lists.asked(replace(ask, context={"left": ["3"]}))


def test_what_was_asked_ahead_is_taken_at_the_limit_of_a_run(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(run_requests=2)
    stage.connector.lists = ("list", "other")
    stage.answers |= {
        "/list": page(("1", "one"), following="/2"),
        "/2": page(("2", "two"), following="/3"),
        "/3": page(("3", "three")),
        "/other": page(("4", "four")),
    }

    run = stage.run(FULL)

    assert stage.records().keys() >= {"1", "2"}
    assert run.outcome == "partial"
    ordinals = [row.ordinal for row in stage.rows(Exchange)]
    assert len(ordinals) == len(set(ordinals))


def test_a_list_that_the_limit_left_out_is_a_gap(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(run_requests=1)
    stage.connector.lists = ("list", "other")
    stage.answers |= {"/list": page(("1", "one")), "/other": page(("2", "two"))}

    run = stage.run(NEW)

    assert not stage.coverage(run)["other"].complete
    assert [gap.closed_at for gap in stage.rows(Gap)] == [None]


def test_not_modified_is_neither_coverage_nor_a_gap() -> None:
    ask = Ask("https://example.org/feed", Stream.POSTS, "entries", listing="entries")
    listing = Listings().of(ask)
    listing.page(ask, Reading(), not_modified=True)
    assert not listing.complete
    assert not listing.worth_telling


def test_a_list_that_was_cut_short_is_told() -> None:
    ask = Ask("https://example.org/list", Stream.POSTS, "list", listing="list")
    listing = Listings().of(ask)
    listing.page(ask, Reading(next_page=ask), not_modified=False)
    assert not listing.complete
    assert listing.worth_telling


def test_a_file_whose_server_fails_is_wanted_by_the_next_run(stage: Stage) -> None:
    stage.answers |= {"/list": page(("1", "one"), media=f"{stage.origin}/file"), "/file": (503, {}, b"busy")}
    stage.run(FULL)
    assert [row.state for row in stage.rows(Medium)] == ["wanted"]

    stage.answers["/file"] = (200, {}, b"picture")
    stage.run(FULL)

    assert [row.state for row in stage.rows(Medium)] == ["fetched"]


def test_a_file_that_is_not_there_is_missing(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), media=f"{stage.origin}/file")
    stage.run(FULL)
    assert [row.state for row in stage.rows(Medium)] == ["missing"]


def test_a_large_answer_that_leads_to_a_large_file_keeps_both(stage: Stage) -> None:
    large = 2 * 2**20
    stage.answers |= {
        "/list": page(("1", "one"), media=f"{stage.origin}/file"),
        "/file": (302, {"Location": f"{stage.origin}/real"}, b"a" * large),
        "/real": (200, {}, b"b" * large),
    }

    stage.run(FULL)

    assert [row.state for row in stage.rows(Medium)] == ["fetched"]
    assert sorted(row.status for row in stage.rows(Exchange, Exchange.stream == "media")) == [200, 302]


def test_a_server_that_failed_for_long_is_asked_again_after_a_rest() -> None:
    clock = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
    pacer = Pacer(clock=clock)
    for _ in range(GIVE_UP_AFTER):
        pacer.note("server", None, Problem(ProblemKind.TRANSIENT, "it failed"), None)
    assert pacer.gives_up("server")

    clock.advance(GIVE_UP_LASTS)
    assert pacer.gives_up("server") is None

    pacer.note("server", None, Problem(ProblemKind.TRANSIENT, "it failed"), None)
    assert pacer.gives_up("server")
    clock.advance(GIVE_UP_LASTS)
    pacer.note("server", None, None, None)
    assert pacer.gives_up("server") is None


def test_every_stored_body_is_the_one_that_came(stage: Stage) -> None:
    large = 2 * 2**20
    stage.answers |= {
        "/list": page(("1", "one"), media=f"{stage.origin}/file"),
        "/file": (302, {"Location": f"{stage.origin}/real"}, b"a" * large),
        "/real": (200, {}, b"b" * large),
    }
    stage.run(FULL)

    bodies = []
    for stored in stage.archive.store.list("segments/"):
        with stage.archive.store.open(stored.key) as stream:
            read = [one for one in read_segment(stream, key=stored.key) if isinstance(one, ReadExchange)]
        bodies += [one.body for one in read if "medium" in one.facts]

    assert sorted(bodies) == [b"a" * large, b"b" * large]


@pytest.mark.parametrize("name", ["\ud800", "nul \0", "\u202e"])
def test_a_run_ends_whatever_a_stranger_names_things(stage: Stage, name: str) -> None:
    ask = Ask(f"{stage.origin}/list", Stream.POSTS, "list", listing=f"context:{name}")
    problem = Problem(ProblemKind.PERMISSION, f"no {name}")
    stage.connector.begin = lambda *_: [ask]  # type: ignore[method-assign]
    stage.answers["/list"] = page(("1", "one"))
    assert stage.run(FULL).outcome == "complete"
    assert stage.run(FULL).outcome == "unchanged"

    stage.connector.read = lambda *_: Reading(problem=problem)  # type: ignore[method-assign]
    assert stage.run(FULL).outcome == "failed"
    assert [gap.cause for gap in stage.rows(Gap)] == ["permission"]
