"""An account's repository of the AT Protocol as one CAR file (``com.atproto.sync.getRepo``). Pure.

Every record is a block of DAG-CBOR under the CID that is its digest; the tree (MST) that the signed commit names says
which record has which key. So every record is checked against its CID, and its key comes from the tree and from nowhere
else. The signature of the commit is not checked: that needs the account's key of that time.
Sources: the specifications *Repository* of atproto.com, and *CARv1* and *DAG-CBOR* of IPLD.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import libipld

from connectors._bluesky_frames import Unreadable as BrokenFrame
from connectors._bluesky_frames import _as_json, _named, _number
from connectors._bluesky_names import POST, REPOST, is_did, written_at
from connectors._bluesky_records import own_record
from connectors.contract import AccountRef, Answer, Ask, Author, SeenRecord
from connectors.exports.contract import Identity, ImportReading, Planned, Use, Why
from connectors.text import tidy
from connectors.values import Unreadable

_BLOCK = b"\x01\x71\x12\x20"
_CID = len(_BLOCK) + 32
_DEEPEST = 64
SITE = "https://bsky.app"


@dataclass(frozen=True, slots=True)
class _Node:
    cid: bytes
    depth: int


@dataclass(frozen=True, slots=True)
class _Leaf:
    key: str
    cid: bytes


@dataclass(slots=True)
class Repository:
    """A CAR, taken apart: where each block stands, by its CID in bytes."""

    body: bytes
    root: bytes
    blocks: dict[bytes, tuple[int, int]]

    def value(self, cid: bytes) -> Any:
        """The decoded block.

        Raises:
            Unreadable: it is not there, or no DAG-CBOR.
        """
        if cid not in self.blocks:
            raise Unreadable("a block that is not in the file")
        start, end = self.blocks[cid]
        try:
            return libipld.decode_dag_cbor(self.body[start:end])
        except (ValueError, RecursionError) as error:
            raise Unreadable("a block that is no DAG-CBOR") from error

    @property
    def commit(self) -> Mapping[str, Any]:
        found = self.value(self.root)
        if not isinstance(found, dict) or not is_did(found.get("did")) or not isinstance(found.get("data"), bytes):
            raise Unreadable("no commit of a repository")
        return found

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Keys and CIDs of records, in the order of the tree.

        Raises:
            Unreadable: the tree is broken, or has no end.
        """
        waiting: list[_Node | _Leaf] = [_Node(self.commit["data"], 0)]
        seen: set[bytes] = set()
        while waiting:
            one = waiting.pop()
            if isinstance(one, _Leaf):
                yield one.key, one.cid
                continue
            if one.cid in seen or one.depth > _DEEPEST:
                raise Unreadable("a tree that is too deep, or has a part twice")
            seen.add(one.cid)
            waiting += reversed(list(self._node(one.cid, one.depth)))

    def _node(self, cid: bytes, depth: int) -> Iterator[_Node | _Leaf]:
        node = self.value(cid)
        if not isinstance(node, dict) or not isinstance(node.get("e"), list):
            raise Unreadable("a node of the tree that is none")
        if isinstance(node.get("l"), bytes):
            yield _Node(node["l"], depth + 1)
        key = b""
        for entry in node["e"]:
            prefix, suffix, value = _entry(entry, len(key))
            key = key[:prefix] + suffix
            if len(key) > 1024:
                raise Unreadable("a key of the tree that is too long")
            yield _Leaf(key.decode("ascii", "replace"), value)
            if isinstance(entry.get("t"), bytes):
                yield _Node(entry["t"], depth + 1)


def _entry(entry: Any, longest: int) -> tuple[int, bytes, bytes]:
    """How much of the key before it goes on with, the rest of its own, and the CID of its record."""
    prefix, suffix, value = (entry.get(name) for name in ("p", "k", "v")) if isinstance(entry, dict) else (None,) * 3
    if isinstance(prefix, int) and 0 <= prefix <= longest and isinstance(suffix, bytes) and isinstance(value, bytes):
        return prefix, suffix, value
    raise Unreadable("an entry of the tree that is none")


def opened(body: bytes) -> Repository:
    """A CAR (version 1) with one root; every block is checked against its CID.

    Raises:
        Unreadable: it is none, is cut off, or a block is not what its CID says.
    """
    try:
        length, position = _number(body, 0)
        header = libipld.decode_dag_cbor(body[position : position + length])
        roots = header.get("roots") if isinstance(header, dict) and header.get("version") == 1 else None
        if not isinstance(roots, list) or len(roots) != 1 or not isinstance(roots[0], bytes):
            raise Unreadable("no repository in one CAR file")
        return Repository(body, roots[0], dict(_blocks(body, position + length)))
    except BrokenFrame as error:
        raise Unreadable(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error) if isinstance(error, Unreadable) else "no CAR file") from None


def _blocks(body: bytes, position: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    while position < len(body):
        length, start = _number(body, position)
        position = start + length
        if position > len(body) or length < _CID:
            raise Unreadable("a CAR that is cut off")
        cid, data = body[start : start + _CID], start + _CID
        if cid[: len(_BLOCK)] != _BLOCK or hashlib.sha256(body[data:position]).digest() != cid[len(_BLOCK) :]:
            raise Unreadable("a block that is not what its CID says")
        yield cid, (data, position)


class BlueskyRepository:
    """A repository as its server hands it out."""

    name: ClassVar[str] = "bluesky-car"
    platform: ClassVar[str] = "bluesky"
    title: ClassVar[str] = "Bluesky repository (.car)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        """One CAR file, alone or with its files beside it."""
        cars = [one for one in names if one.endswith(".car")]
        return cars[0].rpartition("/")[0] + "/" * ("/" in cars[0]) if len(cars) == 1 else None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in names if one.endswith(".car") and "/" not in one]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        (body,) = files.values()
        commit = opened(body).commit
        revision = commit.get("rev")
        made_at: datetime | None = written_at(revision) if isinstance(revision, str) else None
        return Identity(str(commit["did"]), "", str(commit["did"]), made_at=made_at)

    def plan(self, name: str) -> Planned:
        if name.endswith(".car"):
            return Planned(Use.READ, "repository")
        return Planned(Use.LEFT_OUT, why=Why.UNKNOWN)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """By the DID."""
        return identity.platform_id == account.platform_id

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        if ask.purpose != "repository":
            return ImportReading()
        try:
            repository = opened(answer.body)
            own = _author(ask, str(repository.commit["did"]))
            return _read(repository, own, ask, answer)
        except Unreadable as error:
            return ImportReading(quarantine=(("", str(error)),))


def _author(ask: Ask, did: str) -> Author:
    handle = str(ask.context.get("handle", "")) or None
    name = tidy(str(ask.context.get("name", ""))) or handle or did
    return Author(did, name, handle, str(ask.context.get("url", "")) or None)


def _read(repository: Repository, own: Author, ask: Ask, answer: Answer) -> ImportReading:
    records: list[SeenRecord] = []
    wrong: list[tuple[str, str]] = []
    cuts: set[int] = set()
    pds = str(ask.context.get("site", "")) or SITE
    for key, cid in repository.entries():
        collection = key.partition("/")[0]
        if collection not in (POST, REPOST):
            continue
        start, end = repository.blocks.get(cid, (0, 0))
        place = f"bytes={start}-{end}"
        try:
            listed = {"uri": f"at://{own.id}/{key}", "cid": _named(cid), "value": _as_json(repository.value(cid))}
            records.append(own_record(listed, place, own, SITE, pds, answer.received_at))
            cuts |= {start, end}
        except Unreadable as error:
            wrong.append((place, str(error)))
    return ImportReading(tuple(records), quarantine=tuple(wrong), cuts=tuple(sorted(cuts)))
