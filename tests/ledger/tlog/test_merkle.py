"""Roots and proofs are those of RFC 6962's text, and no proof survives any change."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotGenuine
from ledger.tlog import merkle
from tests import reference
from tests.ledger.tlog.signed import VECTORS, flips

ENTRIES = [b"entry %d" % number for number in range(300)]
VECTOR = json.loads((VECTORS / "merkle.json").read_bytes())


class Reading:
    """A reader by the reference, which counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, pairs: Sequence[tuple[int, int]]) -> list[bytes]:
        self.calls += 1
        return [reference.mth(ENTRIES[index << level : (index + 1) << level]) for level, index in pairs]


def same_leaves(pairs: Sequence[tuple[int, int]]) -> list[bytes]:
    """A reader of the tree, as large as wanted, whose leaves are all the same."""
    return [same_subtree(level) for level, _ in pairs]


@cache
def same_subtree(level: int) -> bytes:
    if level == 0:
        return merkle.leaf_hash(b"same")
    return merkle.node_hash(same_subtree(level - 1), same_subtree(level - 1))


def hashes(case: dict[str, Any]) -> list[bytes]:
    return [b64decode(value) for value in case["proof"] or []]


@pytest.mark.parametrize("case", VECTOR["inclusion"], ids=lambda case: case["case"])
def test_published_inclusion(case: dict[str, Any]) -> None:
    def verify() -> None:
        merkle.verify_inclusion(
            b64decode(case["leafHash"]), case["leafIdx"], case["treeSize"], hashes(case), b64decode(case["root"])
        )

    if case["wantErr"]:
        with pytest.raises(NotGenuine):
            verify()
    else:
        verify()


@pytest.mark.parametrize("case", VECTOR["consistency"], ids=lambda case: case["case"])
def test_published_consistency(case: dict[str, Any]) -> None:
    def verify() -> None:
        merkle.verify_consistency(
            case["size1"], case["size2"], b64decode(case["root1"]), b64decode(case["root2"]), hashes(case)
        )

    if case["wantErr"]:
        with pytest.raises(NotGenuine):
            verify()
    else:
        verify()


def test_the_vectors_are_all_there() -> None:
    assert [len(VECTOR[kind]) for kind in ("inclusion", "consistency")] == [46, 42]
    assert {case["wantErr"] for kind in ("inclusion", "consistency") for case in VECTOR[kind]} == {True, False}


def test_a_frontier_has_the_root_of_every_size() -> None:
    frontier = merkle.Frontier()
    for size in range(len(ENTRIES)):
        assert frontier.size == size
        assert frontier.root() == reference.mth(ENTRIES[:size]) == merkle.root(size, Reading())
        frontier.append(merkle.leaf_hash(ENTRIES[size]))


def test_every_small_inclusion_proof() -> None:
    for size in range(1, 34):
        root = reference.mth(ENTRIES[:size])
        for index in range(size):
            leaf = merkle.leaf_hash(ENTRIES[index])
            read = Reading()
            proof = merkle.inclusion_proof(index, size, read)
            assert proof == reference.path(index, ENTRIES[:size])
            assert read.calls == (size > 1)
            merkle.verify_inclusion(leaf, index, size, proof, root)
            for other in range(-1, size + 1):
                if other != index:
                    with pytest.raises(NotGenuine):
                        merkle.verify_inclusion(leaf, other, size, proof, root)


def test_every_small_consistency_proof() -> None:
    for new in range(34):
        roots = [reference.mth(ENTRIES[:size]) for size in range(new + 1)]
        for old in range(new + 1):
            read = Reading()
            proof = merkle.consistency_proof(old, new, read)
            assert proof == (reference.proof(old, ENTRIES[:new]) if old else [])
            assert read.calls == bool(proof)
            merkle.verify_consistency(old, new, roots[old], roots[new], proof)
            for other in range(-1, new + 2):
                if other != old:
                    with pytest.raises(NotGenuine):
                        merkle.verify_consistency(other, new, roots[old], roots[new], proof)


@given(st.data())
def test_proofs_are_those_of_the_reference(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(ENTRIES)))
    index = data.draw(st.integers(0, size - 1))
    root = reference.mth(ENTRIES[:size])
    path = merkle.inclusion_proof(index, size, Reading())
    assert path == reference.path(index, ENTRIES[:size])
    merkle.verify_inclusion(merkle.leaf_hash(ENTRIES[index]), index, size, path, root)
    grown = merkle.consistency_proof(index + 1, size, Reading())
    assert grown == reference.proof(index + 1, ENTRIES[:size])
    merkle.verify_consistency(index + 1, size, reference.mth(ENTRIES[: index + 1]), root, grown)


@given(st.data())
def test_trees_of_any_size(data: st.DataObject) -> None:
    sizes = st.integers(1, merkle.MAX_SIZE) | st.integers(0, 62).map(lambda bit: 1 << bit)
    size = data.draw(sizes)
    index = data.draw(st.integers(0, size - 1))
    root = merkle.root(size, same_leaves)
    path = merkle.inclusion_proof(index, size, same_leaves)
    assert len(path) <= 63
    merkle.verify_inclusion(merkle.leaf_hash(b"same"), index, size, path, root)
    grown = merkle.consistency_proof(index, size, same_leaves)
    assert len(grown) <= 63 + (size > 2**62)  # tlog-witness allows 63: enough up to 2^62 entries
    merkle.verify_consistency(index, size, merkle.root(index, same_leaves), root, grown)


@pytest.mark.parametrize(("old", "new"), [(3, 7), (4, 7), (6, 7), (6, 8), (1, 2)])
def test_no_changed_proof_is_accepted(old: int, new: int) -> None:
    leaf = merkle.leaf_hash(ENTRIES[old - 1])
    old_root, new_root = reference.mth(ENTRIES[:old]), reference.mth(ENTRIES[:new])
    path = reference.path(old - 1, ENTRIES[:new])
    grown = reference.proof(old, ENTRIES[:new])

    merkle.verify_inclusion(leaf, old - 1, new, path, new_root)
    good = b"".join([leaf, new_root, *path])
    for bad in flips(good):
        changed = [bad[at : at + 32] for at in range(0, len(bad), 32)]
        with pytest.raises(NotGenuine):
            merkle.verify_inclusion(changed[0], old - 1, new, changed[2:], changed[1])

    merkle.verify_consistency(old, new, old_root, new_root, grown)
    good = b"".join([old_root, new_root, *grown])
    for bad in flips(good):
        changed = [bad[at : at + 32] for at in range(0, len(bad), 32)]
        with pytest.raises(NotGenuine):
            merkle.verify_consistency(old, new, changed[0], changed[1], changed[2:])

    for spoiled in ([*path, leaf], [leaf, *path], path[1:], path[:-1]):
        with pytest.raises(NotGenuine, match=f"has {len(spoiled)} hashes; entry {old - 1} of {new} needs {len(path)}"):
            merkle.verify_inclusion(leaf, old - 1, new, spoiled, new_root)
    for spoiled in ([*grown, leaf], [leaf, *grown], grown[1:], grown[:-1]):
        with pytest.raises(NotGenuine, match=f"has {len(spoiled)} hashes; from {old} to {new} it needs {len(grown)}"):
            merkle.verify_consistency(old, new, old_root, new_root, spoiled)


ROOT = bytes(32)


@pytest.mark.parametrize(
    ("leaf", "index", "size", "proof", "root", "says"),
    [
        (ROOT, 0, 0, [], ROOT, "size 0 includes nothing"),
        (ROOT, 0, -1, [], ROOT, "size -1 includes nothing"),
        (ROOT, 0, 2**63, [], ROOT, "1 to 2\\^63-1"),
        (ROOT, -1, 1, [], ROOT, "Entry -1 is not in a tree of size 1"),
        (ROOT, 1, 1, [], ROOT, "Entry 1 is not in a tree of size 1"),
        (ROOT[1:], 0, 1, [], ROOT[1:], "The leaf has 31 bytes"),
        (ROOT, 0, 1, [], b"", "The root has 0 bytes"),
        (ROOT, 0, 2, [ROOT + b"x"], ROOT, "Hash 1 of the inclusion proof has 33 bytes"),
        (ROOT, 0, 2**63 - 1, [ROOT] * 64, ROOT, "has 64 hashes"),
        (ROOT, 0, 1, [], b"x" * 32, "does not lead from this entry, as number 0, to the root"),
    ],
)
def test_an_inclusion_proof_says_what_is_wrong(
    leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes, says: str
) -> None:
    with pytest.raises(NotGenuine, match=says):
        merkle.verify_inclusion(leaf, index, size, proof, root)


EMPTY = merkle.EMPTY_ROOT


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root", "proof", "says"),
    [
        (2, 1, ROOT, ROOT, [], "size 1 cannot begin with one of size 2"),
        (-1, 1, ROOT, ROOT, [], "cannot begin with one of size -1"),
        (1, 2**63, ROOT, ROOT, [], "up to 2\\^63-1"),
        (0, 1, ROOT, ROOT, [], "root of size 0"),
        (0, 0, ROOT, ROOT, [], "root of size 0"),
        (0, 1, EMPTY, ROOT, [ROOT], "has 1 hashes; from 0 to 1 it needs 0"),
        (5, 5, ROOT, ROOT, [ROOT], "has 1 hashes; from 5 to 5 it needs 0"),
        (5, 5, ROOT, EMPTY, [], "Two different roots are given for one size, 5"),
        (1, 2, b"", ROOT, [ROOT], "old root has 0 bytes"),
        (1, 2, ROOT, b"", [ROOT], "new root has 0 bytes"),
        (1, 2, ROOT, ROOT, [b"x"], "Hash 1 of the consistency proof has 1 bytes"),
        (1, 2, ROOT, ROOT, [ROOT], "does not lead to the root of size 2"),
        (3, 4, ROOT, ROOT, [ROOT] * 3, "does not lead to the root of size 3"),
    ],
)
def test_a_consistency_proof_says_what_is_wrong(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes], says: str
) -> None:
    with pytest.raises(NotGenuine, match=says):
        merkle.verify_consistency(old, new, old_root, new_root, proof)


def test_nothing_is_proved_that_is_not_there() -> None:
    for index, size in ((0, 0), (1, 1), (-1, 1), (0, 2**63)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_proof(index, size, Reading())
    for old, new in ((1, 0), (-1, 1), (0, 2**63)):
        with pytest.raises(ValueError, match="no tree"):
            merkle.consistency_proof(old, new, Reading())
    with pytest.raises(ValueError, match="3 subtree hashes were asked for and 1 came"):
        merkle.root(7, lambda pairs: [ROOT])
