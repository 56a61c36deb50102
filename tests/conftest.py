"""What holds for all tests, and servers that they share. Each is started by the first test that needs it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import backends, effort, portals, statements, tables
from tests.servers import postgresql, seaweedfs
from tests.servers.databases import Databases
from tests.servers.seaweedfs import SeaweedFS
from tests.specified import answers

# How fast a machine is decides nothing, and a test that passed once passes again. Whoever looks for what nobody has
# thought of yet uses ``--hypothesis-profile=explore``.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False, print_blob=True)
settings.register_profile("usual", settings.get_profile("steady"), max_examples=effort.examples(100))
settings.load_profile("usual")
statements.share()
tables.share()
portals.share()
answers.watch()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", metavar="FOLDER", help="keep pictures of pages there, to be looked at")
    parser.addoption("--long", action="store_true", help="also the long versions of tests that have a short one")


def pytest_configure(config: pytest.Config) -> None:
    effort.long = config.getoption("--long")
    if not effort.long:
        # No test turns off the power, and what was written is there for every process at once. That it is made safe
        # where it must be, and what happens where that fails, is shown by tests that put themselves in its place.
        os.fsync = lambda fd: None
    elif settings.get_current_profile_name() == "usual":
        settings.load_profile("steady")


def pytest_unconfigure() -> None:
    portals.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("prop")
    items.sort(key=_turn)
    if config.getoption("--long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_collection_finish() -> None:
    """What all tests stand on stays to the end: it is not searched for cycles again and again, and new things are less
    often. Otherwise a tenth of a run is spent on that."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 20, 50)


#: Files that take long as a whole, or wait for servers to be fetched: were they begun last, one process would be left
#: with them while the others have nothing to do.
_FIRST = (
    "tests/bluesky/test_network.py",
    "tests/faults/test_kill_loop.py",
    "tests/browser/test_browser.py",
    "tests/months/test_months.py",
    "tests/browser/test_attacked_fields.py",
    "tests/faults/test_production.py",
    "tests/faults/test_full_disk.py",
    "tests/faults/test_database_faults.py",
    "tests/faults/test_rebuild_faults.py",
    "tests/programs/test_described.py",
    "tests/people/test_matrix.py",
    "tests/people/test_two_worlds.py",
    "tests/web/test_pages.py",
    "tests/search/test_index.py",
    "tests/storage/test_store_contract.py",
    "tests/capture/test_month.py",
    "tests/capture/test_rebuild_after_trouble.py",
    "tests/faults/test_two_processes.py",
    "tests/faults/test_torn_spool.py",
    "tests/faults/test_platforms.py",
    "tests/capture/test_growth.py",
    "tests/guide/test_guide.py",
    "tests/cli/test_commands.py",
    "tests/cli/test_register.py",
)


def _turn(item: pytest.Item) -> int:
    """When a test is begun. Those of one file stay together and in their order."""
    file = item.nodeid.partition("::")[0]
    return _FIRST.index(file) if file in _FIRST else len(_FIRST)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server on which databases can be made."""
    with postgresql.session_server() as url:
        yield url


@pytest.fixture(scope="session")
def databases(postgresql_url: str) -> Iterator[Databases]:
    """Makes databases on the session's server; they go with the session."""
    made = Databases(postgresql_url)
    yield made
    made.close()


@pytest.fixture(scope="session", name="seaweedfs")
def seaweedfs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """An S3 server over HTTP and TLS."""
    with seaweedfs.running(tmp_path_factory) as server:
        yield server


@pytest.fixture
def bucket(seaweedfs: SeaweedFS) -> Iterator[str]:
    """A bucket with Object Lock for one test."""
    with seaweedfs.bucket() as name:
        yield name


@pytest.fixture(scope="session", autouse=True)
def backend(request: pytest.FixtureRequest) -> None:
    """The servers of a production run (``TEST_BACKEND=production``), for all tests that open an archive."""
    if backends.is_production():
        backends.databases = request.getfixturevalue("databases")


@pytest.fixture(autouse=True)
def answers_as_specified(request: pytest.FixtureRequest) -> Iterator[None]:
    """No practice platform answers what the real one could not, but for what a test is about (``beyond``)."""
    yield
    found = answers.ANSWERS.wrong()
    for mark in request.node.iter_markers("beyond"):
        kept = [one for one in found if mark.args[0] not in one]
        assert len(kept) < len(found), f"nothing is beyond the specification: {mark.args[0]}"
        found = kept
    if found:
        pytest.fail("\n".join(found), pytrace=False)
