"""Trying out stores: what a good one, a folder and one that is too kind are found to do."""

from __future__ import annotations

from pathlib import Path

from archiver.operations.probe import PREFIX, PROPERTIES, probe
from archiver.storage.directory import DirectoryStore
from archiver.storage.s3 import S3Store
from archiver.storage.s3_place import S3Place
from tests.servers.seaweedfs import SeaweedFS
from tests.storage.conftest import QUICK, moto, moto_bucket, options_for, s3_keys  # noqa: F401


def test_a_folder_is_said_to_enforce_nothing_against_its_owner(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    report = probe(store)
    assert report.codes("passed") == ["p2-write-once", "p3-one-winner", "p13-read-after-write"]
    assert report.codes("failed") == []
    assert not report.immutable
    assert not report.overwrites
    assert list(store.list()) == []


def test_a_bucket_of_seaweedfs_shows_everything_and_nothing_is_left(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,  # noqa: F811
) -> None:
    store = S3Store(S3Place(bucket, "a/", options_for(seaweedfs)), patience=QUICK)
    report = probe(store)
    assert [one for one in report.tried if one.verdict != "passed"] == []
    assert [one.code for one in report.tried] == list(PROPERTIES)
    assert report.immutable
    assert list(store.list(PREFIX)) == []
    found = seaweedfs.client().list_object_versions(Bucket=bucket)
    assert "Versions" not in found
    assert "DeleteMarkers" not in found


def test_a_bucket_without_versions_and_locks_is_found_out(
    seaweedfs: SeaweedFS,
    s3_keys: None,  # noqa: F811
) -> None:
    with seaweedfs.bucket(lock=False) as bucket:
        report = probe(S3Store(S3Place(bucket, "a/", options_for(seaweedfs)), patience=QUICK))
        assert {"p1-versions-and-lock", "p6-compliance", "p10-plain-delete"} <= set(report.codes("failed"))
        assert not report.immutable
        assert not report.overwrites


def test_a_server_that_is_too_kind_is_found_out(moto_bucket: str) -> None:  # noqa: F811
    from archiver.storage.s3_place import S3Options

    report = probe(S3Store(S3Place(moto_bucket, "a/", S3Options()), patience=QUICK), full=False)
    assert report.codes("failed") == ["p4-wrong-sha256-refused", "p5-checksum-returned"]
