"""The Merkle tree of RFC 6962 §2.1: one root for all entries, and the proofs that need only a few hashes.

The leaves are the hashes of the entries. A tree of n leaves splits at the largest power of two below n: the left
side is complete and will never change, the right side is a smaller tree of the same kind. So a tree of any size
is a row of complete subtrees, one for each bit of its size, and these are all that a root or a proof is made of:

        size 7 = 4 + 2 + 1               root
                                   ______|______
                                  |             |
                              (2, 0)        ____|____
                              __|__        |         |
                             |     |    (1, 2)    (0, 6)
                             0..1  2..3   4..5       6

A complete subtree is named by (level, index): the hash over the 2**level leaves from index * 2**level on. Where
these hashes lie is the caller's business: a `Reader` gives them. Whoever makes a proof asks its reader once for
all hashes; whoever verifies one needs no reader, only the proof, and trusts neither its length nor its sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from ledger.errors import NotGenuine

HASH_BYTES = 32

MAX_SIZE = 2**63 - 1
"""What any tool can hold in a signed 64-bit number; tlog-cosignature asks the same of times."""

EMPTY_ROOT = sha256().digest()
"""RFC 6962 §2.1: the hash of an empty list is the hash of an empty string."""

Reader: TypeAlias = Callable[[Sequence[tuple[int, int]]], list[bytes]]
"""Gives, for (level, index) pairs, the root hashes of these complete subtrees, in the order asked."""


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry. The prefixes of leaf and node differ, so that neither can pose as the other."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The root of a growing list, from its leaves one by one: only the row of complete subtrees is kept.

    Its at most 63 hashes are the bits of `size`. An append costs one hash on average, however long the list is.
    """

    __slots__ = ("_row", "size")

    def __init__(self) -> None:
        self.size = 0
        self._row: list[bytes] = []

    @classmethod
    def at(cls, size: int, read: Reader) -> Frontier:
        """The frontier of a tree of `size` leaves that lies elsewhere, to append to."""
        frontier = cls()
        frontier.size = size
        frontier._row = read(_complete(0, size)) if size else []
        return frontier

    def append(self, leaf: bytes) -> None:
        """Add the leaf (its hash of 32 bytes, not the entry) after all others."""
        # Adding one to `size` carries through its low bits that are set; each carry joins two subtrees of one
        # size. `node_hash` is written out: verifying a million entries passes here two million times.
        row, carry = self._row, self.size
        while carry & 1:
            leaf = sha256(b"\x01" + row.pop() + leaf).digest()
            carry >>= 1
        row.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        return joined(self._row) if self._row else EMPTY_ROOT


def root(size: int, read: Reader) -> bytes:
    """The root of the first `size` leaves."""
    if size == 0:
        return EMPTY_ROOT
    return _roots([(0, size)], read)[0]


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves (RFC 6962 §2.1.1), the leaf's sibling first.

    `index` must be below `size`; anything else is a `ValueError`.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ValueError(f"no leaf {index} in a tree of size {size}")
    siblings = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _left_size(high - low)
        if index < middle:
            siblings.append((middle, high))
            high = middle
        else:
            siblings.append((low, middle))
            low = middle
    return _roots(siblings[::-1], read)


def consistency_proof(old: int, new: int, read: Reader) -> list[bytes]:
    """The hashes that show the tree of `new` leaves to begin with the one of `old` (RFC 6962 §2.1.2).

    None are needed from an empty tree, or to the same. `old` beyond `new` is a `ValueError`.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise ValueError(f"no tree of size {new} begins with one of size {old}")
    if old in (0, new):
        return []
    parts = []
    low, high = 0, new
    while high != old:
        middle = low + _left_size(high - low)
        if old <= middle:
            parts.append((middle, high))
            high = middle
        else:
            parts.append((low, middle))
            low = middle
    # The subtree that ends the old tree; where it is the whole old tree, the verifier has its hash already.
    if low:
        parts.append((low, high))
    return _roots(parts[::-1], read)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `NotGenuine` unless `proof` leads from `leaf`, as number `index` of `size`, to `root`."""
    if not 0 < size <= MAX_SIZE:
        raise NotGenuine(f"A tree of size {size} includes nothing: a size is 1 to 2^63-1.")
    if not 0 <= index < size:
        raise NotGenuine(f"Entry {index} is not in a tree of size {size}.")
    _check_lengths("inclusion", proof, leaf=leaf, root=root)
    # RFC 9162 §2.1.3.2, with the walk counted beforehand: where the paths to this leaf and to the last one run
    # apart, the sibling can stand on either side; above that the leaf is on the right edge, siblings only left.
    inner = (index ^ (size - 1)).bit_length()
    needed = inner + (index >> inner).bit_count()
    if len(proof) != needed:
        raise NotGenuine(f"The inclusion proof has {len(proof)} hashes; entry {index} of {size} needs {needed}.")
    if _climbed(leaf, proof, index, inner) != root:
        raise NotGenuine(f"The inclusion proof does not lead from this entry, as number {index}, to the root.")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `NotGenuine` unless `proof` shows that the `new` leaves under `new_root` begin with the `old` ones."""
    if not 0 <= old <= new <= MAX_SIZE:
        raise NotGenuine(f"A tree of size {new} cannot begin with one of size {old}: sizes grow, up to 2^63-1.")
    _check_lengths("consistency", proof, old_root=old_root, new_root=new_root)
    for size, given in ((old, old_root), (new, new_root)):
        if size == 0 and given != EMPTY_ROOT:
            raise NotGenuine("The root of size 0 is not the hash of an empty list.")
    if old == new and old_root != new_root:
        raise NotGenuine(f"Two different roots are given for one size, {old}.")

    # RFC 9162 §2.1.4.2: both roots are climbed to from the last complete subtree of the old tree, `level` high.
    # An old tree that is itself complete is that subtree, and its root is not repeated in the proof.
    if old in (0, new):
        needed = level = inner = whole = 0
    else:
        level = (old & -old).bit_length() - 1
        inner = ((old - 1) ^ (new - 1)).bit_length() - level
        whole = int(old == 1 << level)
        needed = 1 - whole + inner + ((old - 1) >> level >> inner).bit_count()
    if len(proof) != needed:
        raise NotGenuine(f"The consistency proof has {len(proof)} hashes; from {old} to {new} it needs {needed}.")
    if not needed:
        return
    seed, path = (old_root, proof) if whole else (proof[0], proof[1:])
    place = (old - 1) >> level
    # The old tree had no right siblings: of the hashes on the way, it is made of the left ones only.
    left = [sibling for i, sibling in enumerate(path) if i >= inner or place >> i & 1]
    if _climbed(seed, left, 0, 0) != old_root:
        raise NotGenuine(f"The consistency proof does not lead to the root of size {old}.")
    if _climbed(seed, path, place, inner) != new_root:
        raise NotGenuine(f"The consistency proof does not lead to the root of size {new}.")


def _climbed(node: bytes, path: Sequence[bytes], place: int, inner: int) -> bytes:
    # The bits of `place` say on which side the first `inner` siblings stand; all others stand on the left.
    for i, sibling in enumerate(path):
        on_left = i >= inner or place >> i & 1
        node = node_hash(sibling, node) if on_left else node_hash(node, sibling)
    return node


def _check_lengths(kind: str, proof: Sequence[bytes], **roots: bytes) -> None:
    # Concatenated without lengths, a hash that is too long could lend its end to its neighbour.
    for name, value in roots.items():
        if len(value) != HASH_BYTES:
            raise NotGenuine(f"The {name.replace('_', ' ')} has {len(value)} bytes; a hash has {HASH_BYTES}.")
    for number, value in enumerate(proof, 1):
        if len(value) != HASH_BYTES:
            raise NotGenuine(f"Hash {number} of the {kind} proof has {len(value)} bytes; a hash has {HASH_BYTES}.")


def _left_size(size: int) -> int:
    # RFC 6962 §2.1: "let k be the largest power of two smaller than n".
    return 1 << (size - 1).bit_length() - 1


def _complete(low: int, high: int) -> list[tuple[int, int]]:
    # The row of complete subtrees over the leaves from `low` to `high`, which are some node of a tree: `low` is
    # then a multiple of every power of two below high - low.
    row = []
    while low < high:
        level = (high - low).bit_length() - 1
        row.append((level, low >> level))
        low += 1 << level
    return row


def joined(row: Sequence[bytes]) -> bytes:
    """The root over a row of complete subtrees, at least one: the small ones on the right are joined first."""
    node = row[-1]
    for left in row[-2::-1]:
        node = node_hash(left, node)
    return node


def _roots(spans: Sequence[tuple[int, int]], read: Reader) -> list[bytes]:
    rows = [_complete(low, high) for low, high in spans]
    wanted = [pair for row in rows for pair in row]
    if not wanted:
        return []
    hashes = read(wanted)
    if len(hashes) != len(wanted):
        raise ValueError(f"{len(wanted)} subtree hashes were asked for and {len(hashes)} came")
    found = iter(hashes)
    return [joined([next(found) for _ in row]) for row in rows]
