"""A full sweep that needs more questions than one run may ask goes on in the next runs, and reaches everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from archiver.capture import rounds
from archiver.capture.models import Coverage, Due
from archiver.capture.service import RunResult
from archiver.practice import faults
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, NEW, START, WATCH, House
from tests.capture.rebuilding import check_rebuilt

NewHouse = Callable[..., House]


def _notices(house: House, count: int, *, answered: bool) -> list[int]:
    said = []
    for number in range(count):
        at = START - timedelta(hours=2 * (count - number))
        said.append(house.city.say(house.cast.city, f"Notice {number}", at=at))
        if answered:
            house.city.say(house.cast.residents[number % 3], f"Why {number}?", answering=said[-1], at=at)
    house.clock.at = START
    return said


def _to_the_end(house: House, account: str, *, most: int) -> list[RunResult]:
    """Full sweeps until one is not cut short."""
    runs: list[RunResult] = []
    while not runs or house.runs()[-1].bookmark_after.get("public", {}).get(rounds.KEY):
        assert len(runs) < most, "it never comes to its end"
        house.later(minutes=10)
        runs.append(house.run(account))
    return runs


def _threads_covered(house: House) -> set[str]:
    rows = house.rows(Coverage, Coverage.complete.is_(True))
    return {row.listing.partition("/")[2] for row in rows if row.listing.startswith("context:")}


def test_every_thread_is_reached_after_some_runs(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 15})
    said = _notices(house, 50, answered=True)
    office = house.office()

    runs = _to_the_end(house, office, most=12)

    assert [run.outcome for run in runs[:-1]] == ["partial"] * (len(runs) - 1)
    assert runs[-1].outcome == "complete"
    assert _threads_covered(house) >= {str(number) for number in said}
    texts = {version.text for version in house.rows_of_versions()}
    assert texts >= {f"Why {number}?" for number in range(50)}
    assert not [row for row in house.records().values() if row.state != "visible"]
    assert house.gaps(open_only=True) == []
    assert house.gaps(), "as long as it was not through, that was a gap"


def test_threads_that_are_known_are_looked_at_again_in_every_round(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 20})
    said = _notices(house, 30, answered=True)
    office = house.office()
    _to_the_end(house, office, most=8)
    house.later(days=8)
    before = len(house.server.log)

    _to_the_end(house, office, most=8)

    asked = [one.target for one in list(house.server.log)[before:]]
    assert {number for number in said if any(f"/{number}/context" in target for target in asked)} == set(said)


def test_a_list_longer_than_a_run_is_read_to_its_end_and_joined(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 3})
    _notices(house, 210, answered=False)
    office = house.office()

    runs = _to_the_end(house, office, most=12)

    assert [house.coverage(run)["statuses"].complete for run in runs] == [False] * (len(runs) - 1) + [True]
    assert len(house.records()) == 212
    assert house.gaps(open_only=True) == []


def test_what_was_deleted_while_a_list_paused_is_found_and_nothing_else(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 4})
    said = _notices(house, 210, answered=False)
    office = house.office()
    _to_the_end(house, office, most=12)
    house.later(days=8)
    house.run(office)
    for number in (said[-1], said[60], said[0]):
        house.city.delete(number)
    house.city.say(house.cast.city, "While it paused")

    _to_the_end(house, office, most=12)

    gone = {row.key for row in house.records().values() if row.state == "not_returned"}
    assert gone <= {f"status/{number}" for number in (said[-1], said[60], said[0])}
    assert {f"status/{said[60]}", f"status/{said[0]}"} <= gone, "they stood below where it paused"


def test_the_next_run_comes_soon_and_others_take_their_turns(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 3})
    _notices(house, 210, answered=False)
    office = house.office()
    house.run(office)
    (due,) = house.rows(Due, Due.sweep == "full")
    assert due.due_at <= house.clock.now() + timedelta(minutes=11)
    assert house.run(office, NEW).outcome in ("complete", "partial")
    house.run(office, WATCH)
    assert house.runs()[-1].bookmark_after["public"][rounds.KEY], "other sweeps leave it as it is"
    runs = _to_the_end(house, office, most=12)
    assert runs[-1].outcome in ("complete", "unchanged")


def test_a_run_that_is_stopped_goes_on_where_it_was(new_house: NewHouse) -> None:
    house = new_house()
    said = _notices(house, 30, answered=True)
    office = house.office()

    def stopping(_: Request, response: Response) -> Response:
        house.patience.set()
        return response

    # With an answer, and not when progress is told: that is ten times a second at most, and may be after the end.
    house.server.faults.add(stopping, after=13)
    run = house.capture.run(office, FULL, trigger="person", stop=house.patience)
    assert run.outcome == "interrupted"
    reasons = {row.reason for row in house.coverage(run).values() if not row.complete}
    assert reasons == {"interrupted: the service was stopped"}
    house.patience.clear()
    before = len(house.server.log)

    _to_the_end(house, office, most=3)

    assert _threads_covered(house) >= {str(number) for number in said}
    contexts = [one.target for one in list(house.server.log)[before:] if "/context" in one.target]
    assert len(contexts) < 30, "what was looked at is not looked at again"
    assert house.gaps(open_only=True) == []


def test_a_thread_that_fails_is_no_reason_to_call_the_round_complete(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 20})
    said = _notices(house, 30, answered=True)
    office = house.office()
    house.server.faults.add(faults.server_error(500), rf"/{said[-1]}/context", times=None)

    runs = _to_the_end(house, office, most=8)

    assert runs[-1].outcome == "partial"
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"comments"}
    house.server.faults.clear()
    house.later(hours=3)
    _to_the_end(house, office, most=8)
    assert house.gaps(open_only=True) == []


def test_a_rebuild_in_the_middle_goes_on_in_the_same_place(new_house: NewHouse) -> None:
    house = new_house(settings={"run_requests": 15})
    said = _notices(house, 30, answered=True)
    office = house.office()
    house.run(office)
    house.later(minutes=10)
    house.run(office)
    check_rebuilt(house, anew=True)
    asked = len(house.server.log)
    _to_the_end(house, office, most=8)
    assert _threads_covered(house) >= {str(number) for number in said}
    contexts = [one.target for one in list(house.server.log)[asked:] if "/context" in one.target]
    assert len(contexts) == len(set(contexts)) < 30
