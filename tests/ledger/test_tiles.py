"""The Merkle tiles that an append keeps are those of the entries, however they were appended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import store
from ledger.errors import NotGenuine
from ledger.tlog import merkle, tiles
from tests.ledger.worlds import open_ledger, settled, small


def _tiles(path: Path) -> tuple[list[bytes], dict[tuple[int, int], bytes]]:
    db = store.open_for_writing(path)
    leaves = [bytes.fromhex(row[0]) for row in db.execute("SELECT hash FROM entries ORDER BY seq")]
    kept = {(level, n): hashes for level, n, hashes in db.execute("SELECT level, n, hashes FROM tiles")}
    db.close()
    return leaves, kept


def _expected(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    # Straight from tlog-tiles: each full tile of leaves, and above it the roots of the full tiles below.
    found: dict[tuple[int, int], bytes] = {}
    level, row = 0, leaves
    while len(row) >= tiles.WIDTH:
        full = [row[at : at + tiles.WIDTH] for at in range(0, len(row) - tiles.WIDTH + 1, tiles.WIDTH)]
        found |= {(level, n): b"".join(hashes) for n, hashes in enumerate(full)}
        level, row = level + 1, [tiles.tile_root(b"".join(hashes)) for hashes in full]
        if len(row) % tiles.WIDTH:
            found[level, len(row) // tiles.WIDTH] = b"".join(row[len(row) // tiles.WIDTH * tiles.WIDTH :])
    return found


def test_tiles_grow_with_single_appends_and_with_many(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", transfers=0)
    with open_ledger(path) as ledger:
        ledger.append_many([settled(ledger, f"many-{n}") for n in range(250)])
        for n in range(8):  # over the edge of the first tile, one by one
            ledger.append(settled(ledger, f"one-{n}"))
        ledger.append_many([settled(ledger, f"more-{n}") for n in range(900)])
    leaves, kept = _tiles(path)
    assert kept == _expected(leaves)
    assert set(kept) == {(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)}


def test_a_repeated_import_grows_no_tile_twice(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", transfers=0)
    with open_ledger(path) as ledger:
        contents = [settled(ledger, f"t-{n}") for n in range(300)]
        ledger.append_many(contents)
        receipts = ledger.append_many([*contents, settled(ledger, "new")])
    assert [receipt.new for receipt in receipts] == [False] * 300 + [True]
    leaves, kept = _tiles(path)
    assert kept == _expected(leaves)


def test_the_root_from_tiles_is_the_root_of_the_leaves(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", transfers=0)
    with open_ledger(path) as ledger:
        ledger.append_many([settled(ledger, f"t-{n}") for n in range(1500)])
    leaves, kept = _tiles(path)
    frontier = merkle.Frontier()
    for leaf in leaves:
        frontier.append(leaf)

    def tile(level: int, n: int) -> bytes:
        return kept.get((level, n)) or b"".join(leaves[n * tiles.WIDTH :])

    assert merkle.root(len(leaves), tiles.reader(tile, len(leaves))) == frontier.root()


def _reading(kept: dict[tuple[int, int], bytes], leaves: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda level, n: kept.get((level, n)) or b"".join(leaves[n * tiles.WIDTH :])


@pytest.mark.slow
def test_any_changed_bit_of_a_tile_gives_another_root_or_none(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", transfers=0)
    with open_ledger(path) as ledger:
        ledger.append_many([settled(ledger, f"t-{n}") for n in range(600)])
    leaves, kept = _tiles(path)
    size = len(leaves)

    def root(changed: dict[tuple[int, int], bytes]) -> bytes:
        return merkle.root(size, tiles.reader(_reading(changed, leaves), size))

    good = root(kept)
    # The root is made of the tile above; the leaves' own tiles are proved by the entries (a proof from them fails).
    for at in range(len(kept[1, 0])):
        data = bytearray(kept[1, 0])
        data[at] ^= 1 << at % 8
        assert root({**kept, (1, 0): bytes(data)}) != good
    for at in range(len(kept[0, 1])):
        data = bytearray(kept[0, 1])
        data[at] ^= 1 << at % 8
        changed = {**kept, (0, 1): bytes(data)}
        seq = 256 + (at // 32 ^ 1)  # its neighbour's proof holds the changed hash
        path_ = merkle.inclusion_proof(seq, size, tiles.reader(_reading(changed, leaves), size))
        with pytest.raises(NotGenuine):
            merkle.verify_inclusion(leaves[seq], seq, size, path_, good)
