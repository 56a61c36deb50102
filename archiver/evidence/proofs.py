"""Proofs that an exchange or run record holds certain nodes, showing nothing of the others.

A proof is a JSON value::

    {"scheme": "cra-tree/1", "tree": STEP}

and a STEP, from the root down, one of

``{"seed": HEX, "json": TEXT}``
    this node and all under it is shown: its value as ASCII JSON without spaces, literals of numbers as written;
``{"seed": HEX, "raw": BASE64URL}``
    raw bytes are shown;
``{"count": N, "members": [[INDEX, LABEL, STEP], …], "hidden": [HEX, …]}``
    an object of N members; those named lead to shown nodes, the commitments of all others follow in their order;
``{"count": N, "elements": [[INDEX, STEP], …], "path": [HEX, …]}``
    an array of N elements, with the hashes of :func:`archiver.evidence.tree.shared_inclusion_proof`: for one element,
    the audit path of RFC 6962.

So several nodes of one exchange are shown by one proof. Labels may hold lone surrogates; written as ASCII JSON, a proof
keeps them. There is exactly one proof for one choice of nodes.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from archiver.errors import NotFound
from archiver.evidence.as_written import NotJson, Raw, parse, write
from archiver.evidence.commitment import (
    NO_LABEL,
    SCHEME,
    array_hash,
    commit,
    label_of,
    object_hash,
    seeds_of,
    written,
)
from archiver.evidence.tree import InvalidProof, leaf_hash, root_from_inclusion, shared_inclusion_proof

#: Keys and indices from the root down, such as ``("body", 3, "content")``.
Path = tuple[str | int, ...]
Proof = dict[str, Any]

_HEX = re.compile(r"[0-9a-f]{64}")
_MOST_CHILDREN = 2**32 - 1
_EXCHANGE = ("facts", "request_sha256", "response_sha256")
_BODIES = ("body", "slices", "body_sha256")


@dataclass(frozen=True, slots=True)
class Opened:
    """A node with the seed that opens it and all under it."""

    seed: bytes
    value: Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A node that a proof shows."""

    path: Path
    places: tuple[tuple[int, int], ...]
    """(index, count of siblings with itself) at every step of the path."""
    text: str | None
    """The value as JSON; None for raw bytes."""
    raw: bytes | None = None


# --- proving -------------------------------------------------------------------------------------------------------


def open_node(seed: bytes, value: Any, path: Path) -> Opened:
    """The node at ``path`` below a root ``value`` (:func:`archiver.evidence.commitment.exchange_value`) with its seed.

    Raises:
        NotFound: there is no such node.
    """
    for part in path:
        index = _index_of(value, part)
        seed = seeds_of(seed, len(value))[index]
        value = value[part]
    return Opened(seed, value)


def prove(seed: bytes, value: Any, paths: Iterable[Path]) -> Proof:
    """Proof that shows the nodes at ``paths``, each with all under it.

    Args:
        seed: of the exchange or run record.
        value: what its root commits to (:func:`archiver.evidence.commitment.exchange_value`, ``run_record_value``).

    Raises:
        NotFound: there is no such node.
        ValueError: no path.
    """
    wanted = set(paths)
    if not wanted:
        raise ValueError("a proof shows at least one node")
    return {"scheme": SCHEME, "tree": _step(value, seed, wanted)}


def _step(value: Any, seed: bytes, wanted: set[Path]) -> dict[str, Any]:
    if () in wanted:
        if type(value) is Raw:
            return {"seed": seed.hex(), "raw": _base64(value)}
        if not _holds_raw(value):
            return {"seed": seed.hex(), "json": write(value)}
        wanted = {(part,) for part in (value if type(value) is dict else range(len(value)))}
    below: dict[int, set[Path]] = defaultdict(set)
    for path in wanted:
        below[_index_of(value, path[0])].add(path[1:])
    seeds = seeds_of(seed, len(value))
    return (_object_step if type(value) is dict else _array_step)(value, seeds, below)


def _object_step(value: dict[str, Any], seeds: Sequence[bytes], below: Mapping[int, set[Path]]) -> dict[str, Any]:
    members, hidden = [], []
    for index, (key, member) in enumerate(value.items()):
        if index in below:
            members.append([index, key, _step(member, seeds[index], below[index])])
        else:
            hidden.append(commit(member, seeds[index], label_of(key)).hex())
    return {"count": len(value), "members": members, "hidden": hidden}


def _array_step(value: list[Any], seeds: Sequence[bytes], below: Mapping[int, set[Path]]) -> dict[str, Any]:
    leaves = [leaf_hash(commit(element, seed)) for element, seed in zip(value, seeds, strict=True)]
    elements = [[index, _step(value[index], seeds[index], below[index])] for index in sorted(below)]
    path = [one.hex() for one in shared_inclusion_proof(leaves, below)]
    return {"count": len(value), "elements": elements, "path": path}


def _index_of(value: Any, part: str | int) -> int:
    """Index of the child that ``part`` of a path names."""
    if type(value) is dict and isinstance(part, str) and part in value:
        return list(value).index(part)
    if type(value) is list and type(part) is int and 0 <= part < len(value):
        return part
    raise NotFound(f"there is no {part!r} at this place of the exchange")


def _holds_raw(value: Any) -> bool:
    if type(value) is dict:
        return any(_holds_raw(member) for member in value.values())
    return type(value) is Raw or (type(value) is list and any(_holds_raw(element) for element in value))


# --- verifying -----------------------------------------------------------------------------------------------------


def verify_proof(commitment: str, proof: Any) -> list[Shown]:
    """What ``proof`` shows of what has ``commitment`` (``cra-tree/1:HEX``), in the order of the proof.

    Args:
        proof: a JSON value from anywhere.

    Raises:
        InvalidProof: it is malformed, shows something else, or claims what no exchange or run record is.
    """
    try:
        fields = _fields(proof, "scheme", "tree")
        shown: list[Shown] = []
        root = _root(fields["tree"], NO_LABEL, (), (), shown)
    except RecursionError:
        raise InvalidProof("a proof is nested too deeply") from None
    if fields["scheme"] != SCHEME or commitment != written(root):
        raise InvalidProof("a proof does not lead to the commitment")
    _check_top(fields["tree"])
    return shown


def _root(step: Any, label: bytes, path: Path, places: tuple[tuple[int, int], ...], shown: list[Shown]) -> bytes:
    """The commitment that ``step`` gives; what it shows is added to ``shown``."""
    if not isinstance(step, dict):
        raise InvalidProof("a step of a proof is no object")
    if "seed" in step:
        return _opened(step, label, path, places, shown)

    def child(part: str | int, index: int, below: Any, child_label: bytes) -> bytes:
        return _root(below, child_label, (*path, part), (*places, (index, step["count"])), shown)

    return _object_root(step, label, child) if "members" in step else _array_root(step, label, child)


def _opened(
    step: dict[str, Any], label: bytes, path: Path, places: tuple[tuple[int, int], ...], shown: list[Shown]
) -> bytes:
    if "raw" in step:
        fields = _fields(step, "seed", "raw")
        raw = _raw_from(fields["raw"])
        shown.append(Shown(path, places, None, bytes(raw)))
        return commit(raw, _hash(fields["seed"]), label)
    fields = _fields(step, "seed", "json")
    value = _value_from(fields["json"])
    shown.append(Shown(path, places, fields["json"]))
    return commit(value, _hash(fields["seed"]), label)


def _object_root(step: dict[str, Any], label: bytes, child: Callable[[str | int, int, Any, bytes], bytes]) -> bytes:
    fields = _fields(step, "count", "members", "hidden")
    rows = _rows(fields["members"], 3)
    count = _count(fields["count"], rows)
    hidden = [_hash(one) for one in _list(fields["hidden"])]
    labels = [row[1] for row in rows]
    if not all(isinstance(one, str) for one in labels) or len(set(labels)) != len(rows):
        raise InvalidProof("members of a proof have no names, or one name twice")
    if len(rows) + len(hidden) != count:
        raise InvalidProof("a proof shows and hides another number of members than it counts")
    given = {index: child(name, index, below, label_of(name)) for index, name, below in rows}
    others = iter(hidden)
    return object_hash(label, [given[index] if index in given else next(others) for index in range(count)])


def _array_root(step: dict[str, Any], label: bytes, child: Callable[[str | int, int, Any, bytes], bytes]) -> bytes:
    fields = _fields(step, "count", "elements", "path")
    rows = _rows(fields["elements"], 2)
    count = _count(fields["count"], rows)
    leaves = {index: leaf_hash(child(index, index, below, NO_LABEL)) for index, below in rows}
    path = [_hash(one) for one in _list(fields["path"])]
    return array_hash(label, count, root_from_inclusion(count, leaves, path))


def _check_top(step: dict[str, Any]) -> None:
    """The root is one of the two objects the evidence format knows, so no node can be passed off as another one."""
    if "json" in step:
        value = parse(step["json"].encode())
        names = dict(enumerate(value)) if type(value) is dict else {}
        count = len(names)
    else:
        count = step["count"]
        names = {row[0]: row[1] for row in step.get("members", ())}
    if count == 1:
        known = names == {0: "run_record"}
    else:
        known = count == 4 and all(
            name in _BODIES if index == 3 else name == _EXCHANGE[index] for index, name in names.items()
        )
    if not known or not names:
        raise InvalidProof("a proof is of something that is neither an exchange nor a run record")


# --- hostile JSON --------------------------------------------------------------------------------------------------


def _fields(value: Any, *names: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise InvalidProof(f"a part of a proof does not have just the fields {', '.join(names)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidProof("a part of a proof is no list")
    return value


def _rows(value: Any, width: int) -> list[Any]:
    rows = _list(value)
    for row in rows:
        if not isinstance(row, list) or len(row) != width or type(row[0]) is not int:
            raise InvalidProof("a child in a proof does not have an index and a step")
    if any(after[0] <= before[0] for before, after in pairwise(rows)):
        raise InvalidProof("the children in a proof are not in order")
    return rows


def _count(value: Any, rows: list[Any]) -> int:
    if type(value) is not int or not 0 < value <= _MOST_CHILDREN:
        raise InvalidProof("a proof counts no children, or too many")
    if not rows or rows[0][0] < 0 or rows[-1][0] >= value:
        raise InvalidProof("a proof shows a child beyond those it counts")
    return value


def _hash(value: Any) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise InvalidProof("a hash or seed in a proof is not 64 lower-case hex digits")
    return bytes.fromhex(value)


def _value_from(text: Any) -> Any:
    try:
        if isinstance(text, str) and write(value := parse(text.encode())) == text:
            return value
    except (NotJson, UnicodeEncodeError):
        pass
    raise InvalidProof("a value in a proof is not JSON in its plain form")


def _raw_from(text: Any) -> Raw:
    try:
        raw = Raw(urlsafe_b64decode(text + "=" * (-len(text) % 4))) if isinstance(text, str) else None
    except ValueError:
        raw = None
    if raw is None or _base64(raw) != text:
        raise InvalidProof("raw bytes in a proof are not base64url")
    return raw


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
