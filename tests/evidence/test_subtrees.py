"""Proofs from kept subtrees against the plain definitions, which hash everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.evidence import subtrees, tree
from archiver.evidence.subtrees import Growth, KeptNodes, kept_of

# Around every edge of what is kept: 256, 512 and, with a little luck of hypothesis, anything between.
SIZES = st.one_of(st.integers(1, 40), st.sampled_from([255, 256, 257, 511, 512, 513]), st.integers(1, 1400))
LEAVES = [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(1400)]
KEPT = kept_of(LEAVES)


def nodes() -> KeptNodes:
    return KeptNodes(lambda level, start, end: KEPT.get(level, [])[start:end])


def test_a_256th_is_kept() -> None:
    assert {level: len(hashes) for level, hashes in KEPT.items()} == {0: 1400, 8: 5}
    assert KEPT[8][3] == tree.root_of(LEAVES[768:1024])


@given(SIZES)
def test_a_growing_tree_has_the_root_and_frontier_of_the_definition(size: int) -> None:
    growth = Growth([], 0)
    for leaf in LEAVES[:size]:
        list(growth.add(leaf))
    assert growth.root == tree.root_of(LEAVES[:size])
    assert growth.frontier == tree.frontier_of(LEAVES[:size]) == subtrees.frontier_at(size, nodes())


@given(SIZES, st.data())
def test_inclusion_paths_equal_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = subtrees.inclusion_path(index, size, nodes())
    assert path == tree.inclusion_proof(LEAVES[:size], index)
    assert tree.root_from_inclusion(size, {index: LEAVES[index]}, path) == tree.root_of(LEAVES[:size])


@given(SIZES, st.data())
def test_consistency_paths_equal_the_definition(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    path = subtrees.consistency_path(first, second, nodes())
    assert path == tree.consistency_proof(LEAVES[:second], first)
    tree.verify_consistency(first, second, tree.root_of(LEAVES[:first]), tree.root_of(LEAVES[:second]), path)


def test_three_levels_of_what_is_kept_fit_together() -> None:
    """A log of 70,000 entries has subtrees of 256 and of 65,536."""
    leaves = [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]
    kept = kept_of(leaves)
    assert {level: len(hashes) for level, hashes in kept.items()} == {0: 70_000, 8: 273, 16: 1}
    given_nodes = KeptNodes(lambda level, start, end: kept.get(level, [])[start:end])
    root = tree.root_of(leaves)
    for index in (0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        path = subtrees.inclusion_path(index, 70_000, given_nodes)
        assert tree.root_from_inclusion(70_000, {index: leaves[index]}, path) == root
    for first in (1, 256, 65_535, 65_536, 65_537, 69_888, 69_999):
        path = subtrees.consistency_path(first, 70_000, given_nodes)
        tree.verify_consistency(first, 70_000, tree.root_of(leaves[:first]), root, path)


def test_nothing_is_made_up_where_a_hash_is_missing() -> None:
    lacking = KeptNodes(lambda level, start, end: KEPT.get(level, [])[start : min(end, 200)] if level == 0 else [])
    with pytest.raises(KeyError):
        subtrees.inclusion_path(0, 1400, lacking)


@pytest.mark.parametrize(("first", "second"), [(0, 4), (5, 4), (-1, 4)])
def test_there_is_no_consistency_proof_between_such_sizes(first: int, second: int) -> None:
    with pytest.raises(ValueError):
        subtrees.consistency_path(first, second, nodes())


@pytest.mark.parametrize("index", [-1, 4, 5])
def test_there_is_no_path_for_a_leaf_outside_the_tree(index: int) -> None:
    with pytest.raises(IndexError):
        subtrees.inclusion_path(index, 4, nodes())
