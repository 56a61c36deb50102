"""The store is not there, or takes nothing: what is captured stays in the spool and is finished by itself."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from archiver.capture.models import Run
from archiver.storage.protocol import StoreUnavailable
from tests.faults import checks
from tests.faults.calls import failing
from tests.faults.inside import Inside, inside
from tests.faults.shared import Shared
from tests.faults.town import NEW, Town


@contextmanager
def _unmounted(here: Inside) -> Iterator[None]:
    """The store's folder is another one: empty, as a mount point without its disk."""
    store = here.town.home / "store"
    away = store.rename(here.town.folder / "away")
    store.mkdir()
    yield
    store.rmdir()
    away.rename(store)


@contextmanager
def _read_only(here: Inside) -> Iterator[None]:
    """Nothing can be made in the store's folder."""
    with failing(here.town.home / "store", lambda _, __: errno.EROFS):
        yield


def _newest_run(here: Inside) -> tuple[int, object]:
    one = Run.__table__
    with here.archive.database.read() as connection:
        rows = connection.execute(one.select().where(one.c.account_id == here.office).order_by(one.c.number.desc()))
        row = rows.first()
    return (row.number, row.bookmark_after) if row else (0, None)


@pytest.mark.parametrize("away", [_unmounted, _read_only])
def test_captured_stays_in_the_spool_and_goes_to_the_store_by_itself_when_it_is_back(
    shared: Shared, away: Callable[[Inside], AbstractContextManager[None]]
) -> None:
    town = shared.take()
    with inside(town) as here:
        first = here.say("Said while the store is away", picture=True)
        before = _newest_run(here)
        with away(here):
            with pytest.raises(StoreUnavailable, match="cannot store"):
                here.run()
            town.note_spool()
            assert town.spooled
            asked = here.asked()
            second = here.say("Said later")
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    here.run()
            assert here.asked() == asked, "what cannot be archived is not captured on top"
            assert _newest_run(here) == before, "nothing moves before it is archived"
        assert here.run().outcome.value == "complete"
        assert _newest_run(here)[0] > before[0]
    shared.check(town)
    assert {first, second} <= checks.visible(town, town.accounts[1])


def test_it_is_finished_without_another_run_of_that_account(shared: Shared) -> None:
    town = shared.take()
    with inside(town) as here:
        first = here.say("Said while the store is away")
        with _unmounted(here), pytest.raises(StoreUnavailable):
            here.run()
        here.capture.flush(all=False)
        assert first in checks.visible(town, town.accounts[1])
    shared.check(town)


def test_quiet_runs_wait_for_the_store_as_long_as_it_takes(shared: Shared) -> None:
    town = shared.take()
    with inside(town) as here:
        with _unmounted(here):
            for _ in range(3):
                with pytest.raises(StoreUnavailable):  # the log cannot be stored
                    here.run()
            with pytest.raises(StoreUnavailable):
                here.capture.flush(all=True)
        here.capture.flush(all=True)
    shared.check(town)


def _capture_without(town: Town, store: Path, away: Path) -> None:
    with inside(town) as here:
        store.rename(away)
        for account in town.accounts:
            with pytest.raises(StoreUnavailable):
                here.capture.run(account, NEW, trigger="person")


def test_a_process_that_ends_while_the_store_is_away_leaves_all_to_the_next(shared: Shared) -> None:
    town = shared.take()
    first = town.city.say(town.cast.works, "Said while the store is away")
    store, away = town.home / "store", town.folder / "away"
    with pytest.raises(StoreUnavailable):
        _capture_without(town, store, away)
    away.rename(store)
    town.note_spool()
    town.session()
    shared.check(town)
    assert f"status/{first}" in checks.visible(town, town.accounts[1])


def test_a_store_that_took_half_of_a_batch_gets_the_rest(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    town = shared.take()
    with inside(town) as here:
        here.say("Look at the square", picture=True)
        put, taken = here.archive.store.put, list[str]()

        def put_one(key: str, source: Path | bytes, sha256: str) -> object:
            if taken:
                raise StoreUnavailable("the store has gone away")
            taken.append(key)
            return put(key, source, sha256)

        with monkeypatch.context() as patch:
            patch.setattr(here.archive.store, "put", put_one)
            with pytest.raises(StoreUnavailable):
                here.run()
        assert here.run().outcome.value in ("unchanged", "complete")
    shared.check(town)


def _unanswered(put: Callable[..., object], number: int) -> Callable[..., object]:
    """``put``, whose answer is lost at the given call."""
    calls = []

    def put_silently(*args: object) -> object:
        stored = put(*args)
        calls.append(stored)
        if len(calls) == number:
            raise StoreUnavailable("no answer came")
        return stored

    return put_silently


def test_an_answer_of_the_store_that_was_lost_changes_nothing(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put, and no answer: the next try finds the same bytes."""
    town = shared.take()
    with inside(town) as here:
        for lost in range(1, 5):
            here.say(f"News number {lost}", picture=True)
            with monkeypatch.context() as patch:
                patch.setattr(here.archive.store, "put", _unanswered(here.archive.store.put, lost))
                with suppress(StoreUnavailable):
                    here.run()
            here.run()
    shared.check(town)
