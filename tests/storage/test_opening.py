"""From the setting to a store, and whose store it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver import canonical
from archiver.errors import SettingsError, WrongStore
from archiver.settings import load_settings
from archiver.storage.identity import KEY, Identity, read_identity, write_identity
from archiver.storage.opening import open_store, store_of
from archiver.storage.protocol import ObjectStore, StoreUnavailable
from archiver.storage.s3 import S3Store
from tests.storage.samples import sha

CREATED = datetime(2026, 11, 22, 13, 0, 0, 5, tzinfo=UTC)
OURS = Identity("av_" + "a" * 32, "real", "records.example/log", CREATED)
OTHER = Identity("av_" + "b" * 32, "practice", "records.example/practice", CREATED)


def put(store: ObjectStore, key: str, content: bytes) -> None:
    store.put(key, content, sha(content))


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_file_address_opens_a_folder_and_makes_it(tmp_path: Path) -> None:
    store = open_store(f"{tmp_path.as_uri()}/new/store%20of%20the%20city")
    put(store, "a", b"x")
    assert (tmp_path / "new" / "store of the city" / "a").read_bytes() == b"x"
    assert open_store(f"file://localhost{tmp_path}/new/store%20of%20the%20city").head("a") is not None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://", "names no bucket"),
        ("s3://Bucket/prefix", "names no bucket"),
        ("s3://key:secret@bucket/prefix", "names no bucket"),
        ("s3://bucket:9000/prefix", "names no bucket"),
        ("s3://bucket/a//b", "prefix"),
        ("s3://bucket/a b", "prefix"),
        ("s3://bucket/.hidden", "prefix"),
        ("s3://bucket/prefix?x=1", "nothing may follow"),
        ("s3://bucket/prefix#x", "nothing may follow"),
        ("", "must start with file://"),
        ("/var/lib/store", "must start with file://"),
        ("https://a.example/store", "must start with file://"),
        ("file://store", "three slashes"),
        ("file://server/store", "three slashes"),
        ("file:///", "whole path"),
        ("file:", "whole path"),
        ("file:store", "whole path"),
        ("file:///tmp/a?b", "%3F"),
        ("file:///tmp/a#b", "%23"),
        ("file:///tmp/a%00b", "whole path"),
        ("file://[", "cannot be read"),
    ],
)
def test_an_address_of_no_store_is_refused_with_what_to_write(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_s3_address_opens_a_bucket_and_asks_nothing_yet(
    monkeypatch: pytest.MonkeyPatch, s3_keys: None, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path))
    monkeypatch.setenv("ARCHIVER_STORE_URL", "s3://archive/of/the-city/")
    monkeypatch.setenv("ARCHIVER_S3_ENDPOINT_URL", "https://s3.example.gov")
    monkeypatch.setenv("ARCHIVER_S3_REGION", "us-east-2")
    monkeypatch.setenv("ARCHIVER_S3_LOCK_DAYS", "30")
    store = store_of(load_settings())
    assert isinstance(store, S3Store)
    assert store.name == "the bucket archive/of/the-city at https://s3.example.gov"
    assert (store.place.bucket, store.place.prefix) == ("archive", "of/the-city/")
    options = store.place.options
    assert (options.region, options.path_style, options.lock_days) == ("us-east-2", True, 30)


def test_the_address_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="is a file"):
        open_store((tmp_path / "file").as_uri())
    with pytest.raises(StoreUnavailable):
        open_store((tmp_path / "file" / "below").as_uri())


def test_a_path_too_long_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="too long"):
        open_store(f"{tmp_path.as_uri()}/{'x' * 300}")


# --- identity --------------------------------------------------------------------------------------------------------


def test_an_empty_store_has_no_identity_and_may_get_one(
    store: ObjectStore, open_again: Callable[[], ObjectStore]
) -> None:
    assert read_identity(store) is None
    write_identity(store, OURS)
    assert read_identity(open_again()) == OURS
    write_identity(store, OURS)
    assert [found.key for found in store.list()] == [KEY]


def test_the_identity_is_written_as_the_profile_lays_it_down(store: ObjectStore) -> None:
    write_identity(store, OURS)
    with store.open(KEY) as file:
        content = file.read()
    assert canonical.decode(content) == {
        "format": 1,
        "id": OURS.id,
        "kind": "real",
        "log_origin": "records.example/log",
        "created_at": "2026-11-22T13:00:00.000005Z",
    }


def test_a_store_of_another_archive_is_not_taken(store: ObjectStore) -> None:
    write_identity(store, OTHER)
    with pytest.raises(WrongStore, match="another archive"):
        write_identity(store, OURS)
    assert read_identity(store) == OTHER


def test_of_two_archives_racing_for_a_store_one_gets_it(open_again: Callable[[], ObjectStore]) -> None:
    refused: list[Identity] = []
    barrier = threading.Barrier(2)

    def take(identity: Identity) -> None:
        store = open_again()
        barrier.wait()
        try:
            write_identity(store, identity)
        except WrongStore:
            refused.append(identity)

    threads = [threading.Thread(target=take, args=(identity,)) for identity in (OURS, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert read_identity(open_again()) == (OTHER if refused == [OURS] else OURS)


def test_a_store_with_objects_and_no_identity_is_not_ours(store: ObjectStore) -> None:
    put(store, "holiday/picture.jpg", b"x")
    acts: list[Callable[[], object]] = [lambda: read_identity(store), lambda: write_identity(store, OURS)]
    for act in acts:
        with pytest.raises(WrongStore, match=r"holiday/picture\.jpg"):
            act()
    assert store.head(KEY) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"7", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"format":1}', "cannot be read"),
        (b'{"id":"av_x"}', "cannot be read"),
        (canonical.encode({"format": 1, "id": 5, "kind": "real", "log_origin": "x", "created_at": "x"}), "cannot"),
        (canonical.encode({"format": 1, "id": "a", "kind": "toy", "log_origin": "x", "created_at": "x"}), "cannot"),
        (canonical.encode({"format": 1, "id": "a", "kind": "real", "log_origin": "x", "created_at": "x"}), "cannot"),
        (b'{"format":2,"whatever":[]}', "newer version"),
        (b'{"format":0}', "no format this version knows"),
        (b'{"format":"1"}', "no format this version knows"),
        (b" " * 70_000 + b"{}", "cannot be read"),
    ],
)
def test_an_identity_that_cannot_be_read_is_refused_and_left_alone(
    store: ObjectStore, content: bytes, says: str
) -> None:
    put(store, KEY, content)
    acts: list[Callable[[], object]] = [lambda: read_identity(store), lambda: write_identity(store, OURS)]
    for act in acts:
        with pytest.raises(WrongStore, match=says) as caught:
            act()
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 6
    with store.open(KEY) as file:
        assert file.read() == content


def test_fields_of_a_later_version_are_passed_over(store: ObjectStore) -> None:
    write_identity(store, OURS)
    with store.open(KEY) as file:
        fields = json.loads(file.read())
    store.delete(KEY)
    put(store, KEY, canonical.encode(fields | {"region": "eu"}))
    assert read_identity(store) == OURS
    write_identity(store, OURS)
    with pytest.raises(WrongStore):
        write_identity(store, OTHER)
