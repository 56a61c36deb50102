"""What frames of a repository stream mean. That real ones are understood is proven against the vendor's own server."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.pushed import Pushed
from connectors._bluesky_frames import _named
from connectors.bluesky import Bluesky
from connectors.contract import Answer, Ask, Heard, ProblemKind, Reading
from tests.connectors.reading import AT
from tests.connectors.test_bluesky_reading import ACCOUNT, ANN, ASKS, CITY, FULL, PDS, listed, read, said, uri

Json = Any
KEY = "3myg5f6oebs2g"


def frame(kind: str, body: Json) -> bytes:
    return libipld.encode_dag_cbor({"op": 1, "t": kind}) + libipld.encode_dag_cbor(body)


def commit(record: Json, did: str = CITY, action: str = "create", blocks: bool = True) -> tuple[bytes, str]:
    """A commit of one record, and the record's CID."""
    block: bytes = libipld.encode_dag_cbor(record)
    cid = b"\x01\x71\x12\x20" + hashlib.sha256(block).digest()
    header: bytes = libipld.encode_dag_cbor({"version": 1, "roots": []})
    section = cid + block
    car = bytes([len(header)]) + header + _number(len(section)) + section
    operation = {"action": action, "path": f"app.bsky.feed.post/{KEY}", "cid": b"\x00" + cid}
    body = {"repo": did, "seq": 7, "time": "2026-11-01T12:00:00Z", "ops": [operation]}
    made = frame("#commit", body | {"blocks": car if blocks else b""})
    # libipld encodes no links: tag 42 is put before the bytes of one.
    return made.replace(b"\x58\x25\x00" + cid, b"\xd8\x2a\x58\x25\x00" + cid), _named(cid)


def _number(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80, value >> 7]) if value > 0x7F else bytes([value])


def ask(*said_keys: str) -> Ask:
    found = Bluesky().listen(ACCOUNT, {"pds": PDS}, "6")
    assert found is not None
    assert found.url == "wss://pds.example/xrpc/com.atproto.sync.subscribeRepos"
    return Ask(found.url, found.stream, found.purpose, context={**found.context, "said": list(said_keys)})


def understood(body: bytes, *said_keys: str) -> Reading:
    return Bluesky().read(ask(*said_keys), Answer(0, (), body, AT))


def test_a_record_says_the_same_in_a_frame_and_in_its_list() -> None:
    made, cid = commit(said())
    reading = understood(made, uri(KEY))
    in_list = read(FULL.records(PDS, "posts", "r", {}), {"records": [listed(KEY) | {"cid": cid}]}).records[0]
    (record,) = reading.records
    assert (record.content, record.key, record.kind) == (in_list.content, in_list.key, in_list.kind)
    start, end = (int(part) for part in record.place.removeprefix("bytes=").split("-"))
    assert libipld.decode_dag_cbor(made[start:end]) == said()
    assert reading.cuts == (start, end)


def test_the_words_of_a_frame_count_only_where_they_are_news() -> None:
    made, _ = commit(said())
    (record,) = understood(made).records
    assert (record.content, record.text) == ({}, "")


def test_a_record_that_is_not_what_its_name_says_is_not_read() -> None:
    made, _ = commit(said())
    changed = made.replace(b"bridge", b"brigde")
    assert changed != made
    reading = understood(changed, uri(KEY))
    assert reading.records == ()
    assert reading.quarantine


def test_a_commit_whose_records_are_left_out_or_deleted_is_a_reason_to_look() -> None:
    for made, _ in (commit(said(), blocks=False), commit(said(), action="delete")):
        assert Bluesky().heard(ACCOUNT, made) == Heard(True, "7", (uri(KEY),), AT)
        assert understood(made) == Reading()


def test_what_concerns_others_is_passed_over() -> None:
    made, _ = commit(said(), ANN)
    assert Bluesky().heard(ACCOUNT, made) == Heard(False, "7", (), AT)
    assert Bluesky().heard(ACCOUNT, b"\xff") == Heard()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("deactivated", ProblemKind.DEACTIVATED),
        ("takendown", ProblemKind.TAKEN_DOWN),
        ("suspended", ProblemKind.TAKEN_DOWN),
        ("somethingnew", None),
    ],
)
def test_an_account_that_is_away_is_told(status: str, kind: ProblemKind | None) -> None:
    body = {"did": CITY, "seq": 8, "active": False, "status": status}
    reading = understood(frame("#account", body))
    assert (reading.problem and reading.problem.kind) == kind
    assert understood(frame("#account", body | {"active": True})).problem is None


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 255))
def test_no_frame_breaks_the_reader(junk: bytes, place: int, value: int) -> None:
    made = bytearray(commit(said())[0])
    made[place % len(made)] = value
    for body in (junk, bytes(made), bytes(made[:place])):
        Bluesky().heard(ACCOUNT, body)
        understood(body, uri(KEY))


def test_nothing_is_listened_to_while_the_server_is_not_known() -> None:
    assert Bluesky().listen(ACCOUNT, {}, None) is None
    assert ASKS.stream("http://localhost:1", None).url.startswith("ws://localhost:1/")


def test_only_what_happened_after_the_last_look_is_news() -> None:
    made = Pushed(b"", "x", AT, Heard(True, "7", ("a", "b", "c"), AT - timedelta(hours=1)))
    assert made.news({"a": AT - timedelta(hours=2), "b": AT - timedelta(minutes=5)}) == ["a", "c"]
    undated = Pushed(b"", "x", AT, Heard(True, "7", ("a", "b")))
    assert undated.news({"a": AT}) == ["b"]
    ahead = Pushed(b"", "x", AT, Heard(True, "7", ("a",), AT + timedelta(days=1)))
    assert ahead.news({"a": AT}) == []
