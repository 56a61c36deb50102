"""Commitments of exchanges and run records: salted trees over their JSON, scheme ``cra-tree/1``.

``docs/evidence-format.md`` §1 is the definition, word for word; nothing here may ever change its result.
``tests/evidence/commitments.json`` holds the frozen vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256, shake_256
from itertools import pairwise
from typing import Any, Final, NoReturn

from archiver.evidence.as_written import NotJson, Raw, parse, parse_body
from archiver.evidence.tree import root_of

SCHEME: Final = "cra-tree/1"
MOST_CUTS: Final = 100_000
SEED_SIZE: Final = 32

SCALAR, SEEDS, OBJECT, ARRAY = b"\x10", b"\x20", b"\x12", b"\x13"
NO_LABEL: Final = b"\0\0\0\0"


def commit_exchange(
    *,
    seed: bytes,
    facts: bytes,
    request_sha256: str | None,
    response_sha256: str,
    body: bytes | None,
    cuts: Sequence[int] = (),
    body_sha256: str | None = None,
) -> str:
    """The commitment of one exchange, ``cra-tree/1:HEX``.

    Args:
        seed: 32 secret random bytes of this exchange alone.
        facts: the JSON text of the exchange facts as stored, without ``seed`` and ``commitment``.
        request_sha256: hex digest of the stored request block; None where nothing was asked.
        response_sha256: hex digest of the stored response block.
        body: the decoded body (transfer and content coding removed); None for media.
        cuts: where a body that is not JSON is cut into slices; see :func:`usable_cuts`.
        body_sha256: for media, instead of ``body``: the hex digest.

    Raises:
        ValueError: not one of ``body`` and ``body_sha256``, a seed of another size, or facts that are no JSON object.
    """
    return written(
        commit(exchange_value(facts, request_sha256, response_sha256, body, cuts, body_sha256), _checked(seed))
    )


def commit_run_record(seed: bytes, fields: bytes) -> str:
    """The commitment of a run record, ``cra-tree/1:HEX``; ``fields`` is its JSON text without ``seed`` and
    ``commitment``.

    Raises:
        ValueError: a seed of another size, or fields that are no JSON object.
    """
    return written(commit(run_record_value(fields), _checked(seed)))


def commit_act(seed: bytes, fields: bytes) -> str:
    """The commitment of an act, ``cra-tree/1:HEX``; ``fields`` is its canonical JSON.

    Raises:
        ValueError: a seed of another size, or fields that are no JSON object.
    """
    return written(commit({"act": _object(fields)}, _checked(seed)))


def exchange_value(
    facts: bytes,
    request_sha256: str | None,
    response_sha256: str,
    body: bytes | None,
    cuts: Sequence[int] = (),
    body_sha256: str | None = None,
) -> dict[str, Any]:
    """The value an exchange's root commits to; arguments as in :func:`commit_exchange`.

    Raises:
        ValueError: not one of ``body`` and ``body_sha256``, or facts that are no JSON object.
    """
    value = {
        "facts": _object(facts),
        "request_sha256": request_sha256,
        "response_sha256": response_sha256,
    }
    if (body is None) == (body_sha256 is None):
        raise ValueError("an exchange is committed with either its body or the digest of its body")
    if body is None:
        return value | {"body_sha256": body_sha256}
    try:
        return value | {"body": parse_body(body)}
    except NotJson:
        return value | {"slices": slices(body, cuts)}


def run_record_value(fields: bytes) -> dict[str, Any]:
    """The value a run record's root commits to.

    Raises:
        ValueError: no JSON object.
    """
    return {"run_record": _object(fields)}


def slices(body: bytes, cuts: Sequence[int]) -> list[Raw]:
    """``body`` cut at its :func:`usable_cuts`; a body of no bytes is one empty slice."""
    edges = [0, *usable_cuts(cuts, len(body)), len(body)]
    return [Raw(body[start:end]) for start, end in pairwise(edges)]


def usable_cuts(cuts: Sequence[int], size: int) -> list[int]:
    """The cuts that are obeyed: inside a body of ``size`` bytes and beyond the one obeyed before, the first 100,000."""
    return list(_usable_cuts(cuts, size))


def _usable_cuts(cuts: Sequence[int], size: int) -> Iterator[int]:
    last = count = 0
    for cut in cuts:
        if last < cut < size:
            last, count = cut, count + 1
            yield cut
            if count == MOST_CUTS:
                return


# --- the tree ------------------------------------------------------------------------------------------------------


def written(root: bytes) -> str:
    """A root with its scheme."""
    return f"{SCHEME}:{root.hex()}"


def commit(value: Any, seed: bytes, label: bytes = NO_LABEL) -> bytes:
    """Commitment of a parsed value (:mod:`archiver.evidence.as_written`) under ``seed``; ``label`` with its length."""
    return _commit(value, seed, label, _Labels())


def label_of(key: str) -> bytes:
    """``u32(len) || key``, as a commitment has it."""
    encoded = key.encode("utf-8", "surrogatepass")
    return len(encoded).to_bytes(4, "big") + encoded


def seeds_of(seed: bytes, count: int) -> list[bytes]:
    """The seeds of the ``count`` children of the container that has ``seed``."""
    seeds = shake_256(SEEDS + seed).digest(SEED_SIZE * count)
    return [seeds[at : at + SEED_SIZE] for at in range(0, len(seeds), SEED_SIZE)]


def object_hash(label: bytes, members: Sequence[bytes]) -> bytes:
    """Commitment of an object from those of its members."""
    return sha256(b"".join([OBJECT, label, len(members).to_bytes(4, "big"), *members])).digest()


def array_hash(label: bytes, count: int, elements_root: bytes) -> bytes:
    """Commitment of an array of ``count`` elements from the RFC 6962 root over their commitments."""
    return sha256(ARRAY + label + count.to_bytes(4, "big") + elements_root).digest()


class _Labels(dict[str, bytes]):
    """The labels of one value's keys, each made once."""

    def __missing__(self, key: str) -> bytes:
        label = self[key] = label_of(key)
        return label


def _commit(value: Any, seed: bytes, label: bytes, labels: _Labels) -> bytes:
    if type(value) is dict and value:
        return _commit_object(value, seed, label, labels)
    if type(value) is list and value:
        return _commit_array(value, seed, label, labels)
    return sha256(SCALAR + seed + label + _SCALARS[type(value)](value)).digest()


def _commit_object(members: dict[str, Any], seed: bytes, label: bytes, labels: _Labels) -> bytes:
    # A page of 40 posts has 2,800 nodes, and this is done for everything that is captured. Most nodes are members
    # without children, so these are not given to a function of their own, and the two frequent kinds are told apart
    # here.
    seeds, at = shake_256(SEEDS + seed).digest(SEED_SIZE * len(members)), 0
    parts = [OBJECT, label, len(members).to_bytes(4, "big")]
    add = parts.append
    for key, member in members.items():
        kind = type(member)
        if kind is str:
            payload = b"s" + member.encode("utf-8", "surrogatepass")
            add(sha256(SCALAR + seeds[at : at + SEED_SIZE] + labels[key] + payload).digest())
        elif member is None:
            add(sha256(SCALAR + seeds[at : at + SEED_SIZE] + labels[key] + b"z").digest())
        elif member and (kind is dict or kind is list):
            commit_children = _commit_object if kind is dict else _commit_array
            add(commit_children(member, seeds[at : at + SEED_SIZE], labels[key], labels))
        else:
            add(sha256(SCALAR + seeds[at : at + SEED_SIZE] + labels[key] + _SCALARS[kind](member)).digest())
        at += SEED_SIZE
    return sha256(b"".join(parts)).digest()


def _commit_array(elements: list[Any], seed: bytes, label: bytes, labels: _Labels) -> bytes:
    seeds, at = shake_256(SEEDS + seed).digest(SEED_SIZE * len(elements)), 0
    leaves = []
    for element in elements:
        commitment = _commit(element, seeds[at : at + SEED_SIZE], NO_LABEL, labels)
        leaves.append(sha256(b"\0" + commitment).digest())
        at += SEED_SIZE
    return array_hash(label, len(elements), root_of(leaves))


class _Scalars(dict[type, Callable[[Any], bytes]]):
    """Type and payload of what has no children, by the Python type of a parsed value."""

    def __missing__(self, kind: type) -> NoReturn:
        raise TypeError(f"not a parsed value: {kind.__name__}")


_SCALARS = _Scalars(
    {
        str: lambda value: b"s" + value.encode("utf-8", "surrogatepass"),
        bytes: b"n".__add__,
        type(None): {None: b"z"}.__getitem__,
        bool: {True: b"t", False: b"f"}.__getitem__,
        dict: lambda _: b"o",
        list: lambda _: b"a",
        Raw: b"b".__add__,
    }
)


def _checked(seed: bytes) -> bytes:
    if len(seed) != SEED_SIZE:
        raise ValueError(f"a seed has {SEED_SIZE} bytes, not {len(seed)}")
    return seed


def _object(text: bytes) -> dict[str, Any]:
    value = parse(text)
    if type(value) is not dict:
        raise ValueError("facts and run records are JSON objects")
    return value
