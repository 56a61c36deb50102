"""Stores that have to behave alike: every test that takes ``store`` runs on each of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from archiver.clock import Clock, SetClock, SystemClock
from archiver.storage import s3_client
from archiver.storage.directory import DirectoryStore
from archiver.storage.protocol import ObjectStore
from archiver.storage.s3 import S3Store
from archiver.storage.s3_client import Patience
from archiver.storage.s3_place import S3Options, S3Place
from tests.servers.seaweedfs import KEYS, SeaweedFS
from tests.storage.samples import NOW

STORES = ("directory", "moto", "seaweedfs-http", "seaweedfs-tls")
#: Where a server is known to be wrong. `archiver storage probe` has tests of its own for what it must find.
DEVIATIONS = {
    "test_listing_gives_every_key_once_in_order[moto]": "a list after a key that is not there leaves out the next one",
    "test_a_hold_races_a_deletion_and_one_of_them_comes_first[moto]": "it looks at the hold and deletes in two steps",
    "test_of_sixteen_writers_racing_for_a_key_one_wins_and_the_others_know[moto]": "it looks and puts in two steps",
    "test_of_sixteen_writers_with_the_same_bytes_all_succeed[moto]": "it looks and puts in two steps",
}
#: Few keys to a page, so that lists of a few have several.
PAGE = 3
QUICK = Patience(tries=4, seconds=20, pause=0.01, longest_pause=0.05)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name in DEVIATIONS:
            item.add_marker(pytest.mark.xfail(reason=DEVIATIONS[item.name], run=False))


class Times:
    """The time as the store of a test sees it: set where the store is ours alone, real where a server has its own."""

    def __init__(self, clock: Clock, short: timedelta) -> None:
        self.clock = clock
        self.short = short
        """A lock that a test can wait for."""

    def now(self) -> datetime:
        return self.clock.now()

    def pass_to(self, at: datetime) -> None:
        """Come to ``at``, or a second later where the store counts in seconds."""
        if isinstance(self.clock, SetClock):
            self.clock.at = at
        else:
            time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds() + 1))


@pytest.fixture
def clock() -> SetClock:
    """A clock to set, for the folder store."""
    return SetClock(NOW)


@pytest.fixture(scope="session")
def s3_keys() -> Iterator[None]:
    """Credentials of the archive on the servers of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEYS[0])
        patch.setenv("AWS_SECRET_ACCESS_KEY", KEYS[1])
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
            patch.delenv(name, raising=False)
        s3_client.forget()
        yield
    s3_client.forget()


@pytest.fixture(scope="session")
def moto(s3_keys: None) -> Iterator[Any]:
    """A client of a server that is only in this process. It is too kind: it takes wrong checksums and lets locks be
    shortened, so it is here for speed, and for a second opinion on the rest."""
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield boto3.client("s3", region_name="us-east-1")


@pytest.fixture
def moto_bucket(moto: Any) -> str:
    """A bucket with Object Lock in it."""
    name = f"archive-{secrets.token_hex(6)}"
    moto.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    """Which store it is."""
    return str(request.param)


@pytest.fixture
def times(kind: str, clock: SetClock) -> Times:
    return Times(clock, timedelta(days=30)) if kind == "directory" else Times(SystemClock(), timedelta(seconds=6))


@pytest.fixture
def open_again(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock
) -> Iterator[Callable[[], ObjectStore]]:
    """Opens the same store as another process would."""
    with ExitStack() as stack:
        if kind == "directory":
            yield lambda: DirectoryStore(tmp_path / "store", clock)
            return
        if kind == "moto":
            place = S3Place(request.getfixturevalue("moto_bucket"), "an/archive/", S3Options())
        else:
            request.getfixturevalue("s3_keys")
            server: SeaweedFS = request.getfixturevalue("seaweedfs")
            place = S3Place(stack.enter_context(server.bucket()), "an/archive/", options_for(server, kind))
        yield lambda: S3Store(place, patience=QUICK, page=PAGE)


@pytest.fixture
def store(open_again: Callable[[], ObjectStore]) -> ObjectStore:
    return open_again()


def options_for(server: SeaweedFS, kind: str = "seaweedfs-http") -> S3Options:
    if kind == "seaweedfs-tls":
        return S3Options(endpoint_url=server.https, ca_file=Path(server.ca_file))
    return S3Options(endpoint_url=server.http)
