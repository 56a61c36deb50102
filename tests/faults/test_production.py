"""An archive on PostgreSQL and SeaweedFS: killed at crash points and at random moments nothing is lost or doubled, the
bucket alone gives the database again, no secret is in either, and a poll that brings nothing stores nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from archiver.operations.verify import verify
from tests.capture.house import FULL as ALL
from tests.capture.house import House
from tests.capture.secrecy import forms_of
from tests.capture.test_growth import is_quiet
from tests.capture.test_secrets import ISSUED, STATIC, faults_of
from tests.faults import checks
from tests.faults.moments import Moments
from tests.faults.presences import TOKEN
from tests.faults.scenes import POINTS, SCENES, capturing
from tests.faults.sessions import open_archive
from tests.faults.town import FULL, NEW, WATCH, Town
from tests.servers.databases import Databases
from tests.servers.postgresql import PASSWORD
from tests.servers.seaweedfs import KEYS, SeaweedFS
from tests.servers.stores import ENVIRONMENT, Stores, new_stores

pytestmark = pytest.mark.slow

_SEQUENCER = ["sequencer.begun", "sequencer.lengthened", "sequencer.placed", "sequencer.committed"]
#: Where database and store do other things than a file and a folder do.
_SHORT = ["commit.written", "commit.done", "sequencer.placed", "sequencer.committed", "recovery.put"]
_IN_A_FOLDER = "store."
#: Kills that one town sees: each look at everything takes longer the more was captured.
_KILLS_OF_A_TOWN = 50


@pytest.fixture(scope="module", autouse=True)
def credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def stores(databases: Databases, seaweedfs: SeaweedFS) -> Iterator[Stores]:
    with new_stores(databases, seaweedfs) as made:
        yield made


@pytest.fixture
def town(stores: Stores, tmp_path: Path) -> Iterator[Town]:
    with _town(tmp_path / "town", stores) as made:
        yield made


@contextmanager
def _town(folder: Path, stores: Stores) -> Iterator[Town]:
    """A town that was looked at once from end to end."""
    made = Town(folder, stores.settings, environment=ENVIRONMENT, lose_index=stores.lose_index)
    with closing(made):
        made.session(*made.everything(FULL))
        yield made


def test_killed_at_crash_points_and_at_random_it_loses_and_doubles_nothing_and_tells_no_secret(
    town: Town, stores: Stores, thorough: bool, draw: random.Random, moments: Moments
) -> None:
    everywhere = [*(point for point in POINTS if not point.startswith(_IN_A_FOLDER)), *_SEQUENCER]
    for point in everywhere if thorough else _SHORT:
        SCENES.get(point, capturing)(town, point)
        town.session(*town.everything(NEW))
        if thorough:  # what is wrong stays so, and is found below, only not where it began
            checks.check(town, rebuilt=False)
    _kill(town, 2, draw, moments)
    assert town.killed(rebuild=True, arm="rebuild.applied")
    town.session(rebuild=True)
    town.session(*town.everything(NEW))
    checks.check(town, rebuilt=False)
    with open_archive(town.home, town.settings) as archive:
        report = verify(archive)
        assert report.ok, report
    _tells_no_secret(town, stores)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
def test_kills_at_random_moments_lose_and_double_nothing(
    databases: Databases, seaweedfs: SeaweedFS, tmp_path: Path, cycles: int, draw: random.Random, moments: Moments
) -> None:
    killed, started = 0, time.monotonic()
    while killed < cycles:
        with new_stores(databases, seaweedfs) as stores, _town(tmp_path / f"town-{killed}", stores) as town:
            killed += _kill(town, min(_KILLS_OF_A_TOWN, cycles - killed), draw, moments)
            _tells_no_secret(town, stores)
        print(f"{killed} kills in {(time.monotonic() - started) / 60:.1f} minutes", flush=True)


def _kill(town: Town, kills: int, draw: random.Random, moments: Moments) -> int:
    """Let the town live and be captured, and kill who captures, at least so often; how often it was."""
    killed = 0
    while killed < kills:
        town.live(draw.randint(0, 8))
        killed += moments.kill(town, *town.everything(draw.choice((NEW, FULL)), WATCH))
        if draw.random() < 0.3:
            town.session(*town.everything(NEW))
    town.session(*town.everything(NEW))
    checks.check(town)
    return killed


def _tells_no_secret(town: Town, stores: Stores) -> None:
    kept = list(stores.everything_kept())
    kept += [(str(path), path.read_bytes()) for path in town.folder.rglob("*") if path.is_file()]
    assert len(kept) > 100
    for secret in (TOKEN, PASSWORD, KEYS[1]):
        for shape in forms_of(secret):
            assert [name for name, content in kept if shape in content] == [], shape


@pytest.mark.law("R71")
@pytest.mark.parametrize("form", ["body", "header"])
def test_no_token_that_is_sent_back_or_issued_is_left_in_database_or_bucket(
    stores: Stores, tmp_path: Path, form: str
) -> None:
    house = House(tmp_path, settings=stores.settings)
    try:
        account = house.office(STATIC)
        house.server.faults.add(faults_of("echoed_token", form), times=None)
        house.server.faults.add(faults_of("issued_secret", form), times=None)
        house.run(account, ALL)
        house.capture.flush(all=True)
        for name, content in stores.everything_kept():
            for shape in (*forms_of(STATIC), *forms_of(ISSUED)):
                assert shape not in content, f"{shape!r} in {name}"
        assert house.exchanges()
    finally:
        house.close()


def test_an_unchanged_poll_stores_no_answer_and_at_most_one_kilobyte(stores: Stores, tmp_path: Path) -> None:
    is_quiet(tmp_path, None, polls=24, settings=stores.settings)
