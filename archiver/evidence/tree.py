"""Merkle trees as in RFC 6962 §2.1: hashes, roots, and proofs of inclusion and consistency.

Everything here works on leaf *hashes* (:func:`leaf_hash`), 32 bytes each. A *frontier* is the compact range of the
first ``size`` leaves: the roots of the perfect subtrees they fall into, largest first, one for each bit set in
``size``. It is all that is needed to append.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

HASH_SIZE = 32

#: Root of the tree without leaves.
EMPTY_ROOT = sha256().digest()


class InvalidProof(ValueError):  # noqa: N818 - named as the cause
    """A proof does not show what it claims."""


def leaf_hash(content: bytes) -> bytes:
    """``SHA-256(0x00 || content)``."""
    return sha256(b"\0" + content).digest()


def pair_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 || left || right)``."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH of all ``leaves``."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        # Pairing level by level gives the tree of the RFC: the odd one out is the right edge and waits unchanged.
        odd = level[len(level) & ~1 :]
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level += odd
    return level[0]


# --- appending -----------------------------------------------------------------------------------------------------


def frontier_of(leaves: Iterable[bytes]) -> list[bytes]:
    """Compact range of ``leaves``."""
    return append((), 0, leaves)


def append(frontier: Sequence[bytes], size: int, leaves: Iterable[bytes]) -> list[bytes]:
    """Compact range after ``leaves`` are appended to the tree of ``size`` leaves that has ``frontier``.

    Raises:
        ValueError: ``frontier`` is not that of a tree of ``size`` leaves.
    """
    if len(frontier) != size.bit_count():
        raise ValueError(f"a tree of {size} leaves has {size.bit_count()} perfect subtrees, not {len(frontier)}")
    grown = list(frontier)
    for leaf in leaves:
        grown.append(leaf)
        carried = size
        while carried & 1:
            right = grown.pop()
            grown[-1] = pair_hash(grown[-1], right)
            carried >>= 1
        size += 1
    return grown


def root_from(frontier: Sequence[bytes]) -> bytes:
    """Root of the tree that has ``frontier``."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = pair_hash(left, root)
    return root


# --- inclusion -----------------------------------------------------------------------------------------------------


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Audit path of leaf ``index``, from the leaf to the root (RFC 9162 §2.1.3.1).

    Raises:
        IndexError: no such leaf.
    """
    return shared_inclusion_proof(leaves, [index])


def shared_inclusion_proof(leaves: Sequence[bytes], indices: Iterable[int]) -> list[bytes]:
    """The hashes that, with the leaves at ``indices``, give the root. For one leaf it is the audit path of the RFC.

    Order: at every fork first the side that holds shown leaves, then the hash of the other side.

    Raises:
        IndexError: no such leaf, or none named.
    """
    shown = sorted(set(indices))
    if not shown or shown[0] < 0 or shown[-1] >= len(leaves):
        raise IndexError("no such leaf")
    path: list[bytes] = []

    def withhold(start: int, end: int) -> bytes:
        path.append(root_of(leaves[start:end]))
        return path[-1]

    _fold(0, len(leaves), {index: leaves[index] for index in shown}, shown, withhold)
    return path


def root_from_inclusion(size: int, shown: Mapping[int, bytes], path: Sequence[bytes]) -> bytes:
    """The root of the tree of ``size`` leaves that has the ``shown`` leaves at their indices, by their common ``path``
    (RFC 9162 §2.1.3.2 for one leaf). The caller compares it with the root that is known.

    Raises:
        InvalidProof: the path is too long or too short, or an index is outside the tree.
    """
    indices = sorted(shown)
    if not indices or indices[0] < 0 or indices[-1] >= size:
        raise InvalidProof("a proof shows a leaf that the tree does not have")
    remaining = iter(path)

    def take(_start: int, _end: int) -> bytes:
        taken = next(remaining, None)
        if taken is None:
            raise InvalidProof("an audit path is too short")
        return taken

    root = _fold(0, size, shown, indices, take)
    if next(remaining, None) is not None:
        raise InvalidProof("an audit path is too long")
    return root


def _fold(
    start: int, end: int, shown: Mapping[int, bytes], indices: Sequence[int], hidden: Callable[[int, int], bytes]
) -> bytes:
    """Root over leaves ``start`` to ``end``, which hold the shown ``indices``; ``hidden`` gives every other subtree."""
    if end - start == 1:
        return shown[start]
    middle = start + largest_power_below(end - start)
    left = [index for index in indices if index < middle]
    right = indices[len(left) :]
    if not right:
        return pair_hash(_fold(start, middle, shown, left, hidden), hidden(middle, end))
    if not left:
        shown_side = _fold(middle, end, shown, right, hidden)
        return pair_hash(hidden(start, middle), shown_side)
    return pair_hash(_fold(start, middle, shown, left, hidden), _fold(middle, end, shown, right, hidden))


def largest_power_below(size: int) -> int:
    """The largest power of two smaller than ``size`` > 1: where RFC 6962 cuts a tree of that many leaves."""
    return 1 << (size - 1).bit_length() - 1


# --- consistency ---------------------------------------------------------------------------------------------------


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Proof that the tree of the ``first`` leaves is a prefix of that of all ``leaves`` (RFC 9162 §2.1.4.1).

    Raises:
        ValueError: not 0 < first <= len(leaves).
    """
    if not 0 < first <= len(leaves):
        raise ValueError(f"no consistency proof from {first} to {len(leaves)} leaves")
    path: list[bytes] = []
    start, end, whole = 0, len(leaves), True
    while first != end:
        middle = start + largest_power_below(end - start)
        if first <= middle:
            path.append(root_of(leaves[middle:end]))
            end = middle
        else:
            path.append(root_of(leaves[start:middle]))
            start, whole = middle, False
    if not whole:
        path.append(root_of(leaves[start:end]))
    return path[::-1]


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree of ``second`` leaves begins with that of ``first`` leaves (RFC 9162 §2.1.4.2).

    Raises:
        InvalidProof: it was not shown.
    """
    if not 0 < first <= second:
        raise InvalidProof(f"no consistency proof from {first} to {second} leaves")
    if first == second:
        if path or first_root != second_root:
            raise InvalidProof("trees of one size must have one root and need no path")
        return
    if not path:
        raise InvalidProof("a consistency proof is too short")
    # Where the earlier tree is one perfect subtree, its own root is where the proof starts.
    whole = [first_root, *path] if first.bit_count() == 1 else path
    if _consistent_roots(first - 1, second - 1, whole) != (first_root, second_root):
        raise InvalidProof("the later tree does not begin with the earlier one")


def _consistent_roots(first: int, second: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots that ``path`` gives; ``first`` and ``second`` are the positions of the last leaves (FN, SN)."""
    while first & 1:
        first, second = first >> 1, second >> 1
    first_root = second_root = path[0]
    for sibling in path[1:]:
        if second == 0:
            raise InvalidProof("a consistency proof is too long")
        if first & 1 or first == second:
            first_root, second_root = pair_hash(sibling, first_root), pair_hash(sibling, second_root)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            second_root = pair_hash(second_root, sibling)
        first, second = first >> 1, second >> 1
    if second != 0:
        raise InvalidProof("a consistency proof is too short")
    return first_root, second_root
