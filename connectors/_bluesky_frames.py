"""Frames of a repository stream (``com.atproto.sync.subscribeRepos``): what was just written, and by whom. Pure.

A frame is two objects of DAG-CBOR, a header and a body. A commit brings the records that it made in a CAR, each under
the CID that is its digest. Sources: the specifications *Event Stream* and *Sync* of atproto.com, and *CARv1* of IPLD.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import libipld

from connectors._bluesky_names import POST, REPOST
from connectors.answers import moment
from connectors.contract import Heard, Problem, ProblemKind

#: CIDv1 of DAG-CBOR by SHA-256, as every record's is.
_RECORD = b"\x01\x71\x12\x20"
_CID = len(_RECORD) + 32
_MOST_OPERATIONS = 200
"""The specification allows so many in a commit."""
_AWAY: Mapping[str, tuple[ProblemKind, str]] = {
    "deactivated": (ProblemKind.DEACTIVATED, "the server says that the account was deactivated"),
    "takendown": (ProblemKind.TAKEN_DOWN, "the server says that the account was taken down"),
    "suspended": (ProblemKind.TAKEN_DOWN, "the server says that the account was suspended"),
}


class Unreadable(ValueError):  # noqa: N818 - named as the cause
    """Not a frame of this protocol."""


@dataclass(frozen=True, slots=True)
class Written:
    """One record that a commit made or changed."""

    uri: str
    cid: str
    start: int
    end: int
    """Where its bytes stand in the frame."""
    value: Any


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, taken apart."""

    kind: str
    """``#commit``, ``#identity``, ``#account``, ``#sync``, ``#info``."""
    body: Mapping[str, Any]

    @property
    def did(self) -> str | None:
        """Whose it is."""
        found = self.body.get("repo" if self.kind == "#commit" else "did")
        return found if isinstance(found, str) else None

    @property
    def at(self) -> datetime | None:
        """When, by the server's clock."""
        return moment(self.body.get("time"))

    def keys(self) -> list[str]:
        """Addresses of the posts and reposts that a commit makes, changes or deletes."""
        return [uri for _, uri, _ in self._operations()]

    def _operations(self) -> Iterator[tuple[str, str, str | None]]:
        """Action, address and CID."""
        listed = self.body.get("ops") if self.kind == "#commit" else None
        for one in (listed if isinstance(listed, list) else [])[:_MOST_OPERATIONS]:
            path = one.get("path") if isinstance(one, dict) else None
            if isinstance(path, str) and path.partition("/")[0] in (POST, REPOST):
                cid = one.get("cid")
                yield str(one.get("action")), f"at://{self.did}/{path}", _named(cid) if isinstance(cid, bytes) else None

    def written(self, frame: bytes) -> Iterator[Written]:
        """The records it brings, each checked against its CID.

        Raises:
            Unreadable: one is missing, or is not what its CID says.
        """
        blocks = self.body.get("blocks")
        brought = dict(_blocks(frame, blocks)) if isinstance(blocks, bytes) and blocks else {}
        for action, uri, cid in self._operations():
            if action == "delete" or not brought:  # (of one that is too big the server leaves the blocks out)
                continue
            if cid is None or cid not in brought:
                raise Unreadable("a commit without a record that it names")
            start, end = brought[cid]
            yield Written(uri, cid, start, end, _decoded(frame[start:end]))

    def problem(self) -> Problem | None:
        """What an ``#account`` frame says of an account that is away."""
        if self.kind != "#account" or self.body.get("active") is not False:
            return None
        status = self.body.get("status")
        return Problem(*_AWAY[status]) if isinstance(status, str) and status in _AWAY else None


def taken_apart(frame: bytes) -> Frame:
    """One message of the stream.

    Raises:
        Unreadable: it is none.
    """
    try:
        parts = libipld.decode_dag_cbor_multi(frame)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not two objects of DAG-CBOR") from error
    if len(parts) != 2 or not all(isinstance(part, dict) for part in parts):
        raise Unreadable("not two objects of DAG-CBOR")
    kind = parts[0].get("t")
    return Frame(kind if isinstance(kind, str) else "#error", parts[1])


def heard(account: str, frame: bytes) -> Heard:
    """What a frame is to the archive of ``account``. One that cannot be read is passed over: it is nobody's."""
    try:
        found = taken_apart(frame)
    except Unreadable:
        return Heard()
    sequence = found.body.get("seq")
    place = str(sequence) if isinstance(sequence, int) and sequence >= 0 else None
    lost = found.kind == "#info" and found.body.get("name") == "OutdatedCursor"
    about = found.did == account or lost
    return Heard(about, place, tuple(found.keys()) if about else (), found.at, lost)


def _blocks(frame: bytes, car: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """CID of each record block of a CAR, and where it stands in the frame."""
    offset = frame.find(car)
    length, position = _number(car, 0)
    position += length  # the header
    while position < len(car):
        length, start = _number(car, position)
        position = start + length
        if position > len(car) or length < _CID:
            raise Unreadable("a CAR that is cut off")
        cid, data = car[start : start + _CID], start + _CID
        if cid[: len(_RECORD)] != _RECORD or hashlib.sha256(car[data:position]).digest() != cid[len(_RECORD) :]:
            raise Unreadable("a block that is not what its CID says")
        yield _named(cid), (offset + data, offset + position)


def _number(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = 0
    for shift in range(0, 35, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
    raise Unreadable("a CAR without usable lengths")


def _named(cid: bytes) -> str:
    """A CID as text."""
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def _as_json(value: Any) -> Any:
    """A record as servers write it in JSON: a link is ``{"$link": CID}`` (specification *Data Model*)."""
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if isinstance(value, bytes):
        return {"$link": _named(value)} if value[:1] == b"\x01" else {"$bytes": base64.b64encode(value).decode()}
    return value


def _decoded(block: bytes) -> Any:
    try:
        return _as_json(libipld.decode_dag_cbor(block))
    except (ValueError, RecursionError) as error:
        raise Unreadable("a record that is not DAG-CBOR") from error
