"""Proofs of a large log from the hashes of its perfect subtrees, without hashing all of it again.

A *node* (level, number) is the root over leaves ``number << level`` up to ``number + 1 << level``. Every hash that a
proof needs is a node, or a few of them folded. Nodes of level 0 are the leaf hashes; those of every eighth level are
kept in a table (a 256th of the log, and less), and those between are hashed from at most 256 of the kept ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from archiver.evidence.tree import largest_power_below, pair_hash, root_from, root_of

#: Levels between two that are kept.
STEP: Final = 8
WIDTH: Final = 1 << STEP
_MOST_BLOCKS = 512

#: Gives the hash of a node.
Nodes = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Kept:
    """A node that is worth keeping."""

    level: int
    number: int
    hash: bytes


@dataclass(slots=True)
class Growth:
    """A tree that grows by leaves, and the nodes worth keeping that become whole meanwhile."""

    frontier: list[bytes]
    size: int

    def add(self, leaf: bytes) -> Iterator[Kept]:
        """Append one leaf."""
        self.frontier.append(leaf)
        level, number = 0, self.size
        while number & 1:
            right = self.frontier.pop()
            self.frontier[-1] = pair_hash(self.frontier[-1], right)
            level, number = level + 1, number >> 1
            if level % STEP == 0:
                yield Kept(level, number, self.frontier[-1])
        self.size += 1

    @property
    def root(self) -> bytes:
        return root_from(self.frontier)


def frontier_at(size: int, node: Nodes) -> list[bytes]:
    """Compact range of the first ``size`` leaves."""
    return [node(level, number) for level, number in _perfect(0, size)]


def inclusion_path(index: int, size: int, node: Nodes) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 9162 §2.1.3.1).

    Raises:
        IndexError: no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError("no such leaf")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + largest_power_below(end - start)
        if index < middle:
            path.append(root_over(middle, end, node))
            end = middle
        else:
            path.append(root_over(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int, node: Nodes) -> list[bytes]:
    """Proof that the tree of ``first`` leaves is a prefix of that of ``second`` leaves (RFC 9162 §2.1.4.1).

    Raises:
        ValueError: not 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof from {first} to {second} leaves")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + largest_power_below(end - start)
        if first <= middle:
            path.append(root_over(middle, end, node))
            end = middle
        else:
            path.append(root_over(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(root_over(start, end, node))
    return path[::-1]


def root_over(start: int, end: int, node: Nodes) -> bytes:
    """Root over leaves ``start`` to ``end``, where ``start`` is where a fork of the whole tree can begin."""
    return root_from([node(level, number) for level, number in _perfect(start, end)])


def _perfect(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees into which leaves ``start`` to ``end`` fall, largest first."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


@dataclass(slots=True)
class KeptNodes:
    """Nodes from those that are kept, with what was read lately remembered."""

    read: Callable[[int, int, int], Sequence[bytes]]
    """(level, from number, to number) → the kept hashes; level 0 gives the leaves. Fewer where some are missing."""
    _blocks: dict[tuple[int, int], Sequence[bytes]] = field(default_factory=dict)

    def __call__(self, level: int, number: int) -> bytes:
        """The hash of a node.

        Raises:
            KeyError: what it would be made of is not kept.
        """
        base = level // STEP * STEP
        start = number << (level - base)
        count = 1 << (level - base)
        block = self._block(base, start // WIDTH)
        hashes = block[start % WIDTH : start % WIDTH + count]
        if len(hashes) != count:
            raise KeyError(f"node {number} of level {level} is not kept")
        return root_of(hashes)

    def _block(self, base: int, number: int) -> Sequence[bytes]:
        found = self._blocks.get((base, number))
        if found is None:
            if len(self._blocks) >= _MOST_BLOCKS:
                self._blocks.clear()
            found = self._blocks[base, number] = self.read(base, number * WIDTH, (number + 1) * WIDTH)
        return found


def kept_of(leaves: Iterable[bytes]) -> dict[int, list[bytes]]:
    """All kept nodes of a log, by level: what :class:`KeptNodes` reads. For tests and small logs."""
    levels: dict[int, list[bytes]] = {0: []}
    growth = Growth([], 0)
    for leaf in leaves:
        levels[0].append(leaf)
        for one in growth.add(leaf):
            levels.setdefault(one.level, []).append(one.hash)
    return levels
