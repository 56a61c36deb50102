"""The tree of RFC 6962: published vectors, and properties against the recursive definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.evidence import tree
from tests.evidence import reference

#: Inputs and roots of the Certificate Transparency reference implementation (merkle_tree_test).
INPUTS = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
#: (leaf, size, path) of the same tests, leaves counted from 0.
PATHS: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip
#: (first, second, path) of the same tests.
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip

SIZES = st.integers(1, 70)


def leaves_of(count: int) -> list[bytes]:
    return [tree.leaf_hash(bytes([index])) for index in range(count)]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert tree.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.root_from([]) == tree.EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_equal_the_published_ones(size: int) -> None:
    leaves = [tree.leaf_hash(one) for one in INPUTS[:size]]
    assert tree.root_of(leaves).hex() == ROOTS[size - 1]
    assert tree.root_from(tree.frontier_of(leaves)).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_audit_paths_equal_the_published_ones(index: int, size: int, path: list[str]) -> None:
    leaves = [tree.leaf_hash(one) for one in INPUTS[:size]]
    assert [one.hex() for one in tree.inclusion_proof(leaves, index)] == path
    assert (
        tree.root_from_inclusion(size, {index: leaves[index]}, list(map(bytes.fromhex, path))).hex() == ROOTS[size - 1]
    )


@pytest.mark.parametrize(("first", "second", "path"), CONSISTENCY)
def test_consistency_proofs_equal_the_published_ones(first: int, second: int, path: list[str]) -> None:
    leaves = [tree.leaf_hash(one) for one in INPUTS[:second]]
    assert [one.hex() for one in tree.consistency_proof(leaves, first)] == path
    roots = (bytes.fromhex(ROOTS[first - 1]), bytes.fromhex(ROOTS[second - 1]))
    tree.verify_consistency(first, second, *roots, [bytes.fromhex(one) for one in path])


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_root_equals_the_recursive_definition(contents: list[bytes]) -> None:
    leaves = [tree.leaf_hash(one) for one in contents]
    assert tree.root_of(leaves) == reference.mth(contents)
    assert tree.root_from(tree.frontier_of(leaves)) == reference.mth(contents)


@given(SIZES, st.data())
def test_appending_in_pieces_gives_the_same_frontier(size: int, data: st.DataObject) -> None:
    leaves, cut = leaves_of(size), data.draw(st.integers(0, size))
    frontier = tree.append(tree.frontier_of(leaves[:cut]), cut, leaves[cut:])
    assert frontier == tree.frontier_of(leaves)
    assert len(frontier) == size.bit_count()


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="perfect subtrees"):
        tree.append(leaves_of(1), 3, leaves_of(1))


def test_every_leaf_of_every_small_tree_is_proven_at_its_index_only() -> None:
    for size in range(1, 20):
        leaves = leaves_of(size)
        root = tree.root_of(leaves)
        for index in range(size):
            path = tree.inclusion_proof(leaves, index)
            for claimed in range(size):
                try:
                    proven = tree.root_from_inclusion(size, {claimed: leaves[index]}, path) == root
                except tree.InvalidProof:
                    proven = False
                assert proven == (claimed == index)


@given(SIZES, st.data())
def test_several_leaves_share_one_proof(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    indices = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    path = tree.shared_inclusion_proof(leaves, indices)
    shown = {index: leaves[index] for index in indices}
    assert tree.root_from_inclusion(size, shown, path) == tree.root_of(leaves)
    one = data.draw(st.sampled_from(sorted(indices)))
    assert tree.root_from_inclusion(size, shown | {one: tree.leaf_hash(b"other")}, path) != tree.root_of(leaves)
    with pytest.raises(tree.InvalidProof, match="too long"):
        tree.root_from_inclusion(size, shown, [*path, bytes(32)])
    if path:
        with pytest.raises(tree.InvalidProof, match="too short"):
            tree.root_from_inclusion(size, shown, path[:-1])


@pytest.mark.parametrize("indices", [[], [-1], [3], [0, 3]])
def test_leaves_that_are_not_there_are_not_proven(indices: list[int]) -> None:
    with pytest.raises(IndexError):
        tree.shared_inclusion_proof(leaves_of(3), indices)
    with pytest.raises(tree.InvalidProof):
        tree.root_from_inclusion(3, dict.fromkeys(indices, bytes(32)), [])


@given(SIZES, st.data())
def test_a_later_tree_is_shown_to_begin_with_the_earlier_one(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    leaves = leaves_of(second)
    roots = (tree.root_of(leaves[:first]), tree.root_of(leaves))
    path = tree.consistency_proof(leaves, first)
    tree.verify_consistency(first, second, *roots, path)
    for wrong in ([*path, bytes(32)], path[:-1], [bytes(32), *path[1:]]):
        if wrong != path:
            with pytest.raises(tree.InvalidProof):
                tree.verify_consistency(first, second, *roots, wrong)
    other = tree.leaf_hash(b"other")
    for wrong_roots in ((other, roots[1]), (roots[0], other)):
        with pytest.raises(tree.InvalidProof):
            tree.verify_consistency(first, second, *wrong_roots, path)


def test_no_proof_of_consistency_holds_between_other_sizes() -> None:
    for second in range(2, 18):
        leaves = leaves_of(second)
        for first in range(1, second):
            path = tree.consistency_proof(leaves, first)
            for claimed in set(range(1, second)) - {first}:
                with pytest.raises(tree.InvalidProof):
                    tree.verify_consistency(claimed, second, tree.root_of(leaves[:claimed]), tree.root_of(leaves), path)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_impossible_sizes_are_refused(first: int, second: int) -> None:
    with pytest.raises(ValueError):
        tree.consistency_proof(leaves_of(second), first)
    with pytest.raises(tree.InvalidProof):
        tree.verify_consistency(first, second, bytes(32), bytes(32), [])
