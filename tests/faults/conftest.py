from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.faults.checks", "tests.faults.killing", "tests.faults.scenes")
from tests.faults.moments import Moments  # noqa: E402 - after it is said what is to be rewritten
from tests.faults.shared import Shared  # noqa: E402
from tests.faults.town import Town  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cycles", type=int, default=20, help="kills at random moments, at least; those at crash points come on top"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def cycles(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--cycles", default=20))


@pytest.fixture
def thorough(cycles: int) -> bool:
    """Whether every step is to be tried, or some of them."""
    return cycles >= 500


@pytest.fixture
def draw() -> random.Random:
    """Chance, which can be had again: the seed is shown where a test fails, and ``ARCHIVER_TEST_SEED`` sets it."""
    seed = int(os.environ.get("ARCHIVER_TEST_SEED", random.randrange(2**32)))
    print(f"ARCHIVER_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def moments(draw: random.Random) -> Moments:
    return Moments(draw)


@pytest.fixture
def new_town(tmp_path: Path) -> Iterator[Callable[..., Town]]:
    made: list[Town] = []

    def make(**settings: object) -> Town:
        made.append(Town(tmp_path / f"town-{len(made)}", settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Shared]:
    """Towns that the tests of a file use one after the other."""
    thorough = request.config.getoption("--cycles", default=20) >= 500
    one = Shared(tmp_path_factory.mktemp("shared"), thorough=thorough)
    yield one
    one.close()


@pytest.fixture
def town(new_town: Callable[..., Town]) -> Town:
    return new_town()
