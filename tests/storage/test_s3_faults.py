"""S3 as networks and servers in trouble make it: refusing, slow, answering after the effect, cut off, wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from archiver.errors import IntegrityError
from archiver.storage.protocol import Conflict, ObjectStore, Stored, StoreUnavailable
from archiver.storage.s3 import S3Store
from archiver.storage.s3_client import Patience
from archiver.storage.s3_listing import Listing
from archiver.storage.s3_place import S3Options, S3Place
from archiver.storage.s3_upload import remove_left_overs
from archiver.storage.segment_check import Known, check_store
from tests.servers import Pieces, RawServer, Send, Step, answer, read_request
from tests.servers.fault_proxy import Fault, FaultProxy
from tests.servers.seaweedfs import SeaweedFS
from tests.storage.conftest import QUICK
from tests.storage.samples import exchange, sha, write

KEY = "segments/a"
CONTENT = bytes(range(256)) * 64
BUSY = (
    b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 35\r\n\r\n"
    b"<Error><Code>SlowDown</Code></Error"
)
CONTESTED = (
    b"HTTP/1.1 409 Conflict\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: 56\r\n\r\n"
    b"<Error><Code>ConditionalRequestConflict</Code></Error>  "
)
#: Few and short waits, so that a store that stays away is given up soon.
SHORT = Patience(tries=2, seconds=5, pause=0.01, longest_pause=0.02)
PARTS = {"whole_bytes": 1 << 20, "part_bytes": 5 << 20}


@pytest.fixture
def proxy(seaweedfs: SeaweedFS, s3_keys: None) -> Iterator[FaultProxy]:
    parts = urlsplit(seaweedfs.http)
    with FaultProxy(str(parts.hostname), parts.port or 0) as proxy:
        yield proxy


@pytest.fixture
def opened(proxy: FaultProxy, bucket: str) -> Callable[..., S3Store]:
    """Opens the store behind the proxy."""

    def open_it(patience: Patience = QUICK, **options: Any) -> S3Store:
        given = {"endpoint_url": proxy.url, "attempts": 1, "read_seconds": 20.0, **options}
        return S3Store(S3Place(bucket, "", S3Options(**given)), patience=patience)

    return open_it


@pytest.fixture
def store(opened: Callable[..., S3Store]) -> S3Store:
    return opened()


def put(store: ObjectStore, key: str = KEY, content: bytes = CONTENT) -> Stored:
    return store.put(key, content, sha(content))


def read(store: ObjectStore, key: str = KEY, offset: int = 0, length: int | None = None) -> bytes:
    with store.open(key, offset, length) as file:
        return file.read()


def versions(seaweedfs: SeaweedFS, bucket: str) -> list[tuple[str, str]]:
    found = seaweedfs.client().list_object_versions(Bucket=bucket)
    assert "DeleteMarkers" not in found
    return [(one["Key"], one["VersionId"]) for one in found.get("Versions", [])]


# --- puts ------------------------------------------------------------------------------------------------------------


def test_a_store_that_nobody_runs_is_said_to_be_unreachable(s3_keys: None) -> None:
    with RawServer() as server:
        port = server.port
    options = S3Options(endpoint_url=f"http://127.0.0.1:{port}", attempts=1)
    store = S3Store(S3Place("archive", "", options), patience=SHORT)
    for act in (lambda: put(store), lambda: store.head(KEY), lambda: read(store), lambda: list(store.list())):
        with pytest.raises(StoreUnavailable, match="nothing listens there") as caught:
            act()
        assert "\n" not in str(caught.value)


def test_a_store_that_never_answers_is_given_up_and_the_object_stored_when_it_is_back(
    proxy: FaultProxy, opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    proxy.add(Fault(blackhole=True))
    with pytest.raises(StoreUnavailable, match="no answer came in time"):
        put(opened(SHORT, read_seconds=0.3))
    proxy.clear()
    stored = put(opened())
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]


def test_a_slow_store_is_waited_for(proxy: FaultProxy, store: S3Store) -> None:
    proxy.add(Fault(b"PUT ", times=1, delay=0.5), Fault(b"GET ", times=1, rate=40_000))
    put(store)
    assert read(store) == CONTENT


@pytest.mark.parametrize("trouble", [{"instead": BUSY}, {"instead": CONTESTED}, {"reset": True}], ids=str)
def test_trouble_that_passes_is_waited_out_and_trouble_that_stays_is_said(
    proxy: FaultProxy, store: S3Store, seaweedfs: SeaweedFS, bucket: str, trouble: dict[str, Any]
) -> None:
    proxy.add(Fault(b"PUT ", times=2, **trouble), Fault(b"HEAD ", times=1, **trouble))
    stored = put(store)
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]
    proxy.add(Fault(b"PUT ", **trouble))
    with pytest.raises(StoreUnavailable) as caught:
        put(store, "other")
    assert "\n" not in str(caught.value)
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]


def test_an_answer_that_is_lost_after_the_effect_is_found_out_each_time(
    proxy: FaultProxy, store: S3Store, seaweedfs: SeaweedFS, bucket: str
) -> None:
    proxy.add(Fault(b"PUT ", drop_reply=True))
    stored = {(f"log/{n:03}", put(store, f"log/{n:03}", b"%d" % n).version_id) for n in range(30)}
    assert set(versions(seaweedfs, bucket)) == stored
    assert all(version for _, version in stored)


def test_a_lost_answer_that_boto3_asks_again_is_taken_for_the_412_it_is(
    proxy: FaultProxy, opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    proxy.add(Fault(b"PUT ", times=1, drop_reply=True))
    stored = put(opened(attempts=3))
    assert sum(line.startswith(b"PUT ") for line in proxy.requests) == 2
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]


def test_a_lost_answer_does_not_hide_that_somebody_else_was_first(proxy: FaultProxy, store: S3Store) -> None:
    put(store, KEY, b"somebody else's")
    proxy.add(Fault(b"PUT ", drop_reply=True))
    with pytest.raises(Conflict):
        put(store)
    assert read(store) == b"somebody else's"


def test_bytes_changed_on_the_way_there_are_refused_and_sent_again(
    proxy: FaultProxy, store: S3Store, seaweedfs: SeaweedFS, bucket: str
) -> None:
    proxy.add(Fault(b"PUT ", times=1, flip_sent_at=7))
    stored = put(store)
    assert read(store) == CONTENT
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]


def test_wrong_bytes_are_found_when_an_object_is_read_back(proxy: FaultProxy, store: S3Store) -> None:
    proxy.add(Fault(b"GET ", times=1, flip_at=100))
    put(store)  # the second look was right
    proxy.add(Fault(b"GET ", flip_at=100))
    with pytest.raises(IntegrityError, match="holds other bytes for other"):
        put(store, "other")
    with pytest.raises(IntegrityError, match="holds other bytes"):
        put(store, KEY)


def test_an_object_that_was_stored_damaged_before_a_crash_is_never_taken_for_good(
    store: S3Store, seaweedfs: SeaweedFS, bucket: str
) -> None:
    seaweedfs.client().put_object(Bucket=bucket, Key=KEY, Body=b"damaged", Metadata={"sha256": sha(CONTENT)})
    with pytest.raises(IntegrityError, match="holds other bytes"):
        put(store)


def test_a_file_is_sent_again_from_its_start(proxy: FaultProxy, opened: Callable[..., S3Store], tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    proxy.add(Fault(b"PUT ", times=1, instead=BUSY), Fault(b"PUT ", times=1, reset=True))
    store = opened(attempts=3)
    store.put(KEY, source, sha(CONTENT))
    assert read(store) == CONTENT


# --- killed ----------------------------------------------------------------------------------------------------------

_PUTTING = """
import hashlib, sys
from archiver.storage.s3 import S3Store
from archiver.storage.s3_place import S3Options, S3Place

url, bucket, key = sys.argv[1:]
options = S3Options(endpoint_url=url, whole_bytes=1 << 20, part_bytes=5 << 20)
content = sys.stdin.buffer.read()
S3Store(S3Place(bucket, "", options)).put(key, content, hashlib.sha256(content).hexdigest())
"""


@pytest.mark.parametrize(
    ("point", "size", "left"),
    [("store.parts", 6 << 20, 0), ("store.uploaded", 1000, 1)],
)
def test_a_process_killed_while_it_stores_leaves_all_or_nothing_and_the_next_put_ends_it(
    seaweedfs: SeaweedFS, bucket: str, s3_keys: None, point: str, size: int, left: int
) -> None:
    content = bytes(range(250)) * (size // 250)
    ran = subprocess.run(
        [sys.executable, "-c", _PUTTING, seaweedfs.http, bucket, KEY],
        input=content,
        env={**os.environ, "ARCHIVER_CRASH_AT": point},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=120,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    before = versions(seaweedfs, bucket)
    assert len(before) == left
    begun = seaweedfs.client().list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    assert len(begun) == (point == "store.parts")
    options = S3Options(endpoint_url=seaweedfs.http, whole_bytes=1 << 20, part_bytes=5 << 20)
    store = S3Store(S3Place(bucket, "", options), patience=QUICK)
    stored = put(store, content=content)
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]
    assert not before or before == [(KEY, stored.version_id)]
    assert read(store) == content
    assert remove_left_overs(store.api, datetime.now(UTC) + timedelta(hours=25)) == len(begun)


# --- large objects ---------------------------------------------------------------------------------------------------


def test_a_large_object_goes_in_parts_and_only_once(
    opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str, tmp_path: Path
) -> None:
    content = os.urandom(11 << 20)
    source = tmp_path / "source"
    source.write_bytes(content)
    store = opened(**PARTS)
    stored = store.put(KEY, source, sha(content))
    assert store.put(KEY, content, sha(content)) == stored == store.head(KEY)
    assert read(store, KEY, (5 << 20) - 3, 9) == content[(5 << 20) - 3 : (5 << 20) + 6]
    with pytest.raises(Conflict):
        store.put(KEY, content[1:], sha(content[1:]))
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]
    assert "Uploads" not in seaweedfs.client().list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(rb"PUT .*partNumber=2", times=1, drop_reply=True),
        Fault(rb"PUT .*partNumber=2", times=1, flip_sent_at=5),
        Fault(rb"POST .*\?uploadId", times=1, drop_reply=True),
        Fault(rb"POST .*\?uploadId", times=1, instead=CONTESTED),
        Fault(rb"POST .*\?uploads", times=1, drop_reply=True),
    ],
    ids=["part lost", "part changed", "end lost", "end contested", "begin lost"],
)
def test_a_large_object_survives_what_a_small_one_does(
    proxy: FaultProxy, opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str, fault: Fault
) -> None:
    proxy.add(fault)
    content = os.urandom(6 << 20)
    store = opened(**PARTS)
    stored = store.put(KEY, content, sha(content))
    assert read(store) == content
    assert versions(seaweedfs, bucket) == [(KEY, stored.version_id)]


def test_what_could_not_be_brought_to_an_end_leaves_no_parts(
    proxy: FaultProxy, opened: Callable[..., S3Store], seaweedfs: SeaweedFS, bucket: str
) -> None:
    proxy.add(Fault(rb"PUT .*partNumber=2", instead=BUSY))
    content = os.urandom(6 << 20)
    with pytest.raises(StoreUnavailable):
        opened(SHORT, **PARTS).put(KEY, content, sha(content))
    client = seaweedfs.client()
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    assert versions(seaweedfs, bucket) == []


# --- reads -----------------------------------------------------------------------------------------------------------


def test_a_read_that_is_cut_off_goes_on_where_it_ended(proxy: FaultProxy, store: S3Store) -> None:
    put(store)
    proxy.add(Fault(b"GET ", times=1, cut_after=1000), Fault(b"GET ", times=1, cut_after=5000))
    assert read(store) == CONTENT
    proxy.add(Fault(b"GET ", times=1, cut_after=10))
    assert read(store, KEY, 300, 100) == CONTENT[300:400]


def test_a_read_that_is_always_cut_off_is_an_error_and_never_a_short_object(
    proxy: FaultProxy, opened: Callable[..., S3Store]
) -> None:
    put(opened())
    proxy.add(Fault(b"GET ", cut_after=0))
    with pytest.raises(StoreUnavailable, match="cut off"):
        read(opened(SHORT))


def test_wrong_bytes_of_a_segment_are_found_by_whoever_reads_it(
    proxy: FaultProxy, store: S3Store, tmp_path: Path
) -> None:
    closed, _, key = write(tmp_path / "segment", exchange())
    store.put(key, closed.path, closed.sha256)
    known = {key: Known(closed.sha256, closed.size, closed.warc_records)}
    assert [one.fixity for one in check_store(store, known)] == ["intact"]
    proxy.add(Fault(b"GET .*warc", flip_at=closed.size // 2))
    assert [one.fixity for one in check_store(store, known)] == ["changed"]


def test_an_object_that_is_listed_late_is_no_false_alarm(
    store: S3Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed, _, key = write(tmp_path / "segment", exchange())
    store.put(key, closed.path, closed.sha256)
    known = {key: Known(closed.sha256, closed.size, closed.warc_records)}
    monkeypatch.setattr(Listing, "firsts", lambda *_: iter(()))
    assert [one.fixity for one in check_store(store, known)] == ["intact"]


def _says(*raw: bytes) -> Iterator[S3Store]:
    scripts: list[list[Step]] = [[read_request, Send(one)] for one in raw]
    with RawServer(*scripts) as server:
        options = S3Options(endpoint_url=f"http://127.0.0.1:{server.port}", attempts=1)
        yield S3Store(S3Place("archive", "", options), patience=SHORT)


def test_a_whole_object_in_answer_to_a_range_is_not_taken_for_the_range(s3_keys: None) -> None:
    for store in _says(answer(b"0123456789", 'ETag: "x"')):
        assert read(store, KEY, 3, 4) == b"3456"
        assert read(store, KEY, 8, 4) == b"89"
        assert read(store, KEY, 12, 4) == b""


@pytest.mark.parametrize(
    "head",
    [
        "Content-Range: bytes 0-3/10",
        "Content-Range: bytes 3-6/x",
        "Content-Range: bytes 3-7/10",
        "X-Nothing: at all",
    ],
)
def test_another_range_than_was_asked_for_is_refused(s3_keys: None, head: str) -> None:
    for store in _says(answer(b"0123", 'ETag: "x"', head, status="206 Partial Content")):
        with pytest.raises(StoreUnavailable, match="other bytes than were asked for"):
            read(store, KEY, 3, 4)


def test_an_object_that_changes_between_two_answers_is_refused(s3_keys: None) -> None:
    first: list[Step] = [read_request, Send(answer(b"0123456789", 'ETag: "x"')[:-5])]
    then = answer(b"56789", 'ETag: "y"', "Content-Range: bytes 5-9/10", status="206 Partial Content")
    with RawServer(first, [read_request, Pieces(then, 1000)]) as server:
        options = S3Options(endpoint_url=f"http://127.0.0.1:{server.port}", attempts=1)
        with pytest.raises(StoreUnavailable, match="changed while it was read"):
            read(S3Store(S3Place("archive", "", options), patience=SHORT))
