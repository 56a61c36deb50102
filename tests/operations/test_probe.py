"""Trying out stores: what a good one, a folder, one that is too kind and one that says no are found to do."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from archiver.operations.probe import IMMUTABILITY, PROPERTIES, SHORT, Effort, Tried, probe
from archiver.operations.probe_record import is_due, last_probe, probe_and_record
from archiver.storage.directory import DirectoryStore
from archiver.storage.s3 import S3Store
from archiver.storage.s3_place import S3Options, S3Place
from archiver.storage.trials import PREFIX
from tests.evidence.house import House
from tests.servers.fault_proxy import Fault, FaultProxy
from tests.servers.seaweedfs import SeaweedFS
from tests.storage.conftest import QUICK, moto, moto_bucket, options_for, s3_keys  # noqa: F401
from tests.storage.samples import sha

#: As `archiver storage probe` does it, with fewer keys to race for and a shorter wait.
SHORTER = Effort(32, 2, timedelta(seconds=15))
FORBIDDEN = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 40\r\n\r\n"
    b"<Error><Code>AccessDenied</Code></Error>"
)


def codes(*numbers: int) -> list[str]:
    return [code for code in PROPERTIES if int(code[1:].split("-")[0]) in numbers]


def test_a_folder_is_said_to_enforce_nothing_against_its_owner(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    report = probe(store, Effort(32, 3, None))
    assert report.codes("passed") == codes(2, 3, 13)
    assert report.codes("failed") == []
    assert not report.immutable
    assert not report.overwrites
    assert not report.left
    assert list(store.list()) == []


def test_a_bucket_of_seaweedfs_shows_everything_and_nothing_is_left(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,  # noqa: F811
) -> None:
    store = S3Store(S3Place(bucket, "a/", options_for(seaweedfs)), patience=QUICK)
    left = f"{PREFIX}{int(time.time()) - 90_000:010x}abcdef01/locked"
    store.put(left, b"of a trial that was killed", sha(b"of a trial that was killed"))
    report = probe(store, SHORTER)
    assert [one for one in report.tried if one.verdict != "passed"] == []
    assert [one.code for one in report.tried] == list(PROPERTIES)
    assert report.immutable
    assert not report.left
    found = seaweedfs.client().list_object_versions(Bucket=bucket)
    assert "Versions" not in found
    assert "DeleteMarkers" not in found


def test_a_bucket_without_versions_and_locks_is_found_out(
    seaweedfs: SeaweedFS,
    s3_keys: None,  # noqa: F811
) -> None:
    with seaweedfs.bucket(lock=False) as bucket:
        store = S3Store(S3Place(bucket, "a/", options_for(seaweedfs)), patience=QUICK)
        report = probe(store, SHORTER)
        assert set(codes(1, 6, 7, 8, 10, 11, 12, 17)) <= set(report.codes("failed"))
        assert not report.immutable
        assert not report.overwrites
        assert list(store.list()) == []


def test_a_server_that_is_too_kind_is_found_out(moto_bucket: str) -> None:  # noqa: F811
    report = probe(S3Store(S3Place(moto_bucket, "a/", S3Options()), patience=QUICK), SHORT)
    assert report.codes("failed") == codes(4, 5)


@pytest.fixture
def refusing(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,  # noqa: F811
) -> Any:
    """Opens the store behind something that refuses what matches, as missing rights do."""
    parts = urlsplit(seaweedfs.http)
    with FaultProxy(str(parts.hostname), parts.port or 0) as proxy:

        def open_it(*matches: bytes) -> S3Store:
            proxy.add(*(Fault(match, instead=FORBIDDEN) for match in matches))
            return S3Store(S3Place(bucket, "", S3Options(endpoint_url=proxy.url)), patience=QUICK)

        yield open_it


def by_code(tried: list[Tried]) -> dict[str, Tried]:
    return {one.code: one for one in tried}


def test_a_refusal_for_lack_of_rights_shows_nothing_about_locks(refusing: Callable[..., S3Store]) -> None:
    report = probe(refusing(b"DELETE ", b"POST .*[?&]delete"), Effort(2, 1, timedelta(seconds=4)))
    assert report.codes("not_checked") == codes(6, 9, 10, 14, 15, 17)
    assert report.codes("failed") == []
    assert "may not delete" in by_code(list(report.tried))["p6-compliance"].found
    assert not report.immutable
    assert not report.overwrites
    assert report.left, "what could not be removed is named"


def test_without_the_right_to_lock_no_lock_was_tried(refusing: Callable[..., S3Store]) -> None:
    report = probe(refusing(b"PUT .*[?&](retention|legal-hold)"), Effort(2, 1, timedelta(seconds=4)))
    assert report.codes("not_checked") == codes(6, 7, 8, 9, 14, 15, 16, 17)
    assert report.codes("failed") == []


def test_without_the_right_to_put_it_is_not_said_to_overwrite(refusing: Callable[..., S3Store]) -> None:
    report = probe(refusing(b"PUT "), SHORT)
    assert report.codes("failed") == []
    assert not report.overwrites
    assert not set(report.codes("passed")) & IMMUTABILITY - {"p1-versions-and-lock"}


def test_a_bucket_that_does_not_look_at_conditions_is_found_to_overwrite(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = S3Store(S3Place(bucket, "", options_for(seaweedfs)), patience=QUICK)
    assert not store.overwrites()
    asked = store.api.once

    def careless(operation: str, doing: str, key: str | None = None, **arguments: Any) -> dict[str, Any]:
        arguments.pop("IfNoneMatch", None)
        return asked(operation, doing, key, **arguments)

    monkeypatch.setattr(store.api, "once", careless)
    assert store.overwrites()
    report = probe(store, SHORT)
    assert report.codes("failed") == codes(2, 3)
    assert report.overwrites
    assert list(store.list()) == []


def test_a_folder_whose_links_replace_is_found_to_overwrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path / "store")
    assert not store.overwrites()
    monkeypatch.setattr(os, "link", lambda source, target: Path(shutil.copy(source, f"{source}-2")).replace(target))
    assert store.overwrites()
    assert probe(store, SHORT).overwrites


def test_a_whole_trial_of_a_bucket_is_not_repeated_because_little_could_be_checked(
    refusing: Callable[..., S3Store], tmp_path: Path
) -> None:
    house = House(tmp_path / "home")
    archive = replace(
        house.archive, store=refusing(b"DELETE ", b"PUT .*[?&](retention|legal-hold)", b"GET .*object-lock")
    )
    assert is_due(archive)
    probe_and_record(archive, SHORT)
    assert is_due(archive), "what locks was not tried"
    probe_and_record(archive, Effort(2, 1, timedelta(seconds=1)))
    assert not is_due(archive)
    probe_and_record(archive, SHORT)
    known = last_probe(archive)
    assert known is not None
    assert known.whole, "a short trial that finds nothing new is not entered"
    house.later(days=8)
    assert is_due(archive)
    house.close()
