"""What only a bucket has: versions, locks by kind of key, credentials, regions, clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from archiver.clock import SystemClock
from archiver.errors import ArchiverError, IntegrityError, OutOfSpace, Refused
from archiver.storage import s3_client
from archiver.storage.damage import Code
from archiver.storage.protocol import NoSuchObject, Stored, StoreUnavailable
from archiver.storage.s3 import S3Store
from archiver.storage.s3_errors import Taken, Unsure, told
from archiver.storage.s3_place import S3Options, S3Place
from archiver.storage.s3_upload import remove_left_overs
from archiver.storage.segment_check import check_versions
from tests.servers.seaweedfs import SeaweedFS
from tests.storage.conftest import PAGE, QUICK, options_for
from tests.storage.samples import sha

KEY = "segments/a"


@pytest.fixture
def opened(seaweedfs: SeaweedFS, bucket: str, s3_keys: None) -> Callable[..., S3Store]:
    def open_it(prefix: str = "", **options: Any) -> S3Store:
        given = {"endpoint_url": seaweedfs.http, **options}
        return S3Store(S3Place(bucket, prefix, S3Options(**given)), patience=QUICK, page=PAGE)

    return open_it


def put(store: S3Store, key: str = KEY, content: bytes = b"ours") -> Stored:
    return store.put(key, content, sha(content))


def read(store: S3Store, key: str, version_id: str | None = None) -> bytes:
    with store.open(key, version_id=version_id) as file:
        return file.read()


# --- versions --------------------------------------------------------------------------------------------------------


def test_what_somebody_lays_on_top_hides_nothing(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    store, client = opened(), seaweedfs.client()
    ours = {key: put(store, key) for key in ("a", "b", "c")}
    client.put_object(Bucket=bucket, Key="a", Body=b"not ours")
    client.delete_object(Bucket=bucket, Key="b")
    assert read(store, "a", ours["a"].version_id) == b"ours"
    assert read(store, "a") == b"not ours"
    assert store.head("a", ours["a"].version_id) == ours["a"]
    assert read(store, "b") == read(store, "b", ours["b"].version_id) == b"ours"
    assert store.head("b") == ours["b"]
    assert [(one.key, one.version_id) for one in store.list()] == [(key, ours[key].version_id) for key in "abc"]
    assert [(key, what.split(" (")[0]) for key, what in store.strangers()] == [
        ("a", "a version"),
        ("b", "a delete marker"),
    ]
    assert [(one.code, one.key) for one in check_versions(store)] == [(Code.STRANGER, "a"), (Code.STRANGER, "b")]


def test_bytes_that_are_there_under_somebody_elses_version_need_not_be_put_again(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    store = opened()
    ours = put(store)
    seaweedfs.client().put_object(Bucket=bucket, Key=KEY, Body=b"not ours")
    assert put(store) == ours


def test_a_version_that_is_not_there_is_no_object(opened: Callable[..., S3Store]) -> None:
    store = opened()
    other = put(store, "other")
    put(store)
    assert store.head(KEY, other.version_id) is None
    with pytest.raises(NoSuchObject):
        store.open(KEY, version_id=other.version_id)


def test_deleting_removes_every_version_and_marker_and_nothing_when_one_is_not_the_archives(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    store, client = opened(), seaweedfs.client()
    put(store)
    client.delete_object(Bucket=bucket, Key=KEY)
    put(store)
    strange = client.put_object(Bucket=bucket, Key=KEY, Body=b"not ours")["VersionId"]
    with pytest.raises(IntegrityError, match="somebody else"):
        store.delete(KEY)
    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 3
    client.delete_object(Bucket=bucket, Key=KEY, VersionId=strange)
    store.delete(KEY)
    found = client.list_object_versions(Bucket=bucket)
    assert "Versions" not in found
    assert "DeleteMarkers" not in found


def test_deleting_removes_nothing_while_one_version_is_locked(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    store, client = opened(), seaweedfs.client()
    first = put(store)
    client.delete_object(Bucket=bucket, Key=KEY)
    second = put(store)
    store.lock(KEY, datetime.now(UTC) + timedelta(days=1), first.version_id)
    with pytest.raises(Refused, match="locked until"):
        store.delete(KEY)
    assert {one["VersionId"] for one in client.list_object_versions(Bucket=bucket)["Versions"]} == {
        first.version_id,
        second.version_id,
    }
    store.delete(KEY, second.version_id)
    assert store.locked_until(KEY, first.version_id) is not None


def test_a_bucket_without_versions_holds_objects_and_says_that_it_has_no_locks(
    seaweedfs: SeaweedFS, s3_keys: None
) -> None:
    with seaweedfs.bucket(lock=False) as bucket:
        store = S3Store(S3Place(bucket, "p/", options_for(seaweedfs)), patience=QUICK, page=PAGE)
        stored = put(store)
        assert stored.version_id is None
        assert store.head(KEY) == put(store) == stored
        assert [one.key for one in store.list("segments/")] == [KEY]
        with pytest.raises(Refused, match="no Object Lock"):
            store.lock(KEY, datetime.now(UTC) + timedelta(days=1))
        with pytest.raises(Refused, match="no Object Lock"):
            store.hold(KEY, True)
        store.delete(KEY)
        assert store.head(KEY) is None


def test_two_prefixes_of_a_bucket_are_two_stores(opened: Callable[..., S3Store]) -> None:
    one, other = opened("one/"), opened("one-more/")
    put(one)
    put(other, "x")
    assert [found.key for found in one.list()] == [KEY]
    assert [found.key for found in other.list()] == ["x"]
    one.delete("x")
    assert other.head("x") is not None


# --- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.law("R67")
@pytest.mark.parametrize("server_checks", [False, True])
def test_new_objects_are_locked_by_the_kind_of_their_key(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str, server_checks: bool
) -> None:
    store, client = opened(lock_days=30), seaweedfs.client()
    store.server_checks = server_checks
    begun = datetime.now(UTC)
    for key, mode in (
        ("segments/a", "GOVERNANCE"),
        ("archive.json", "GOVERNANCE"),
        ("log/delta/1", "COMPLIANCE"),
        ("snapshots/1", None),
    ):
        put(store, key)
        put(store, key)
        found = client.head_object(Bucket=bucket, Key=key)
        assert found.get("ObjectLockMode") == mode, key
        if mode:
            assert found["ObjectLockRetainUntilDate"] >= begun.replace(microsecond=0) + timedelta(days=30)
            with pytest.raises(Refused, match="locked"):
                store.delete(key)


def test_a_lock_that_cannot_be_had_is_said_and_the_object_stays_in_the_spool(
    seaweedfs: SeaweedFS, s3_keys: None
) -> None:
    with seaweedfs.bucket(lock=False) as bucket:
        options = S3Options(endpoint_url=seaweedfs.http, lock_days=30)
        with pytest.raises(Refused, match="no Object Lock"):
            put(S3Store(S3Place(bucket, "", options), patience=QUICK))


def test_large_objects_are_locked_too(opened: Callable[..., S3Store], tmp_path: Path) -> None:
    content = b"x" * (6 << 20)
    store = opened(lock_days=30, whole_bytes=1 << 20, part_bytes=5 << 20)
    store.put(KEY, content, sha(content))
    assert store.locked_until(KEY) is not None


def test_a_lock_keeps_its_mode_when_it_is_lengthened(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    store, client = opened(), seaweedfs.client()
    stored, until = put(store), datetime.now(UTC) + timedelta(days=1)
    pinned = {"Bucket": bucket, "Key": KEY, "VersionId": stored.version_id}
    client.put_object_retention(**pinned, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until})
    store.lock(KEY, until + timedelta(days=1))
    assert client.head_object(**pinned)["ObjectLockMode"] == "COMPLIANCE"


# --- uploads that nobody ended ---------------------------------------------------------------------------------------


def test_only_old_uploads_of_this_place_are_given_up(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    client = seaweedfs.client()
    for key in ("ours/a", "other/b"):
        client.create_multipart_upload(Bucket=bucket, Key=key)
    api = opened("ours/").api
    assert remove_left_overs(api, datetime.now(UTC) + timedelta(hours=23)) == 0
    assert remove_left_overs(api, datetime.now(UTC) + timedelta(hours=25)) == 1
    assert [one["Key"] for one in client.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["other/b"]


# --- what a person has to do -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "secret", "says"),
    [
        ("archiverkey", "hunter2hunter2", "secret key is wrong"),
        ("hunter2hunter2", "archiversecret", "access key is not known"),
    ],
)
def test_wrong_credentials_are_named_and_never_shown(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    secret: str,
    says: str,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    s3_client.forget()
    try:
        store = S3Store(S3Place(bucket, "", options_for(seaweedfs)), patience=QUICK)
        with pytest.raises(StoreUnavailable, match=says) as caught:
            store.open(KEY)
        assert "hunter2" not in str(caught.value)
        with pytest.raises(StoreUnavailable, match="not accepted"):
            store.head(KEY)
    finally:
        monkeypatch.undo()
        s3_client.forget()


def test_no_credentials_and_no_bucket_and_no_trust_say_what_to_do(
    seaweedfs: SeaweedFS, s3_keys: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        S3Store(S3Place("not-there", "", options_for(seaweedfs)), patience=QUICK).open(KEY)
    with pytest.raises(StoreUnavailable, match="ARCHIVER_S3_CA_FILE"):
        S3Store(S3Place("archive", "", S3Options(endpoint_url=seaweedfs.https)), patience=QUICK).open(KEY)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    s3_client.forget()
    try:
        with pytest.raises(StoreUnavailable, match="AWS_ACCESS_KEY_ID"):
            S3Store(S3Place("archive", "", options_for(seaweedfs)), patience=QUICK).open(KEY)
    finally:
        monkeypatch.undo()
        s3_client.forget()


PLACE = S3Place("archive", "", S3Options(endpoint_url="https://s3.example.gov"))


def refusal(code: str, status: int) -> ClientError:
    error: Any = {
        "Error": {"Code": code, "Message": "AKIAHUNTER2 said\nso", "AWSAccessKeyId": "AKIAHUNTER2"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(error, "PutObject")


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (refusal("RequestTimeTooSkewed", 403), StoreUnavailable, "NTP"),
        (refusal("AuthorizationHeaderMalformed", 400), StoreUnavailable, "ARCHIVER_S3_REGION"),
        (refusal("PermanentRedirect", 301), StoreUnavailable, "ARCHIVER_S3_REGION"),
        (refusal("ExpiredToken", 400), StoreUnavailable, "new credentials"),
        (refusal("AccessDenied", 403), StoreUnavailable, "lack the permission"),
        (refusal("NoSuchBucket", 404), StoreUnavailable, "no such bucket"),
        (refusal("NoSuchKey", 404), NoSuchObject, "not there"),
        (refusal("PreconditionFailed", 412), Taken, "taken"),
        (refusal("ConditionalRequestConflict", 409), Unsure, "tried again"),
        (refusal("SlowDown", 503), Unsure, "busy"),
        (refusal("InternalError", 500), Unsure, "in trouble"),
        (refusal("InsufficientStorage", 507), OutOfSpace, "make room"),
        (refusal("QuotaExceeded", 403), OutOfSpace, "make room"),
        (refusal("NotImplemented", 501), Refused, "cannot do that"),
        (refusal("<b>AKIAHUNTER2</b>", 418), Refused, "no code"),
        (boto.NoCredentialsError(), StoreUnavailable, "AWS_ACCESS_KEY_ID"),
        (boto.SSLError(endpoint_url="https://u:hunter2@x", error=OSError("hunter2")), StoreUnavailable, "certificate"),
        (boto.ConnectTimeoutError(endpoint_url="https://u:hunter2@x"), Unsure, "in time"),
        (boto.ReadTimeoutError(endpoint_url="https://u:hunter2@x"), Unsure, "in time"),
        (boto.EndpointConnectionError(endpoint_url="https://u:hunter2@x"), Unsure, "nothing listens"),
        (boto.ConnectionClosedError(endpoint_url="https://u:hunter2@x"), Unsure, "closed"),
        (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), Unsure, "cut off"),
        (BotoCoreError(), Unsure, "BotoCoreError"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, Exception) else None,
)
def test_every_error_is_one_line_that_says_what_to_do_and_holds_no_secret(
    error: BotoCoreError | ClientError, kind: type[ArchiverError], says: str
) -> None:
    found = told(error, f"store {KEY}", PLACE)
    assert type(found) is kind or isinstance(found, kind)
    assert says in str(found)
    assert KEY in str(found)
    assert "hunter2" not in str(found).lower()
    assert "\n" not in str(found)


def test_one_client_serves_the_whole_process(opened: Callable[..., S3Store]) -> None:
    assert opened().api._client is opened("other/").api._client
    assert isinstance(opened()._clock, SystemClock)
