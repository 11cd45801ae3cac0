"""Tiles and bundles have the names, widths and bytes of tlog-tiles, and give the same tree."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotGenuine, Refused
from ledger.tlog import merkle, tiles
from tests import reference

ENTRIES = [b"entry %d" % number for number in range(700)]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("tile/0/x001/x234/067", (0, 1234067, 256)),  # the example of tlog-tiles
        ("tile/0/x001/x234/067.p/12", (0, 1234067, 12)),
        ("tile/entries/000", (None, 0, 256)),
        ("tile/entries/x001/000.p/255", (None, 1000, 255)),
        ("tile/63/999.p/1", (63, 999, 1)),
    ],
)
def test_paths(path: str, place: tuple[int | None, int, int]) -> None:
    assert tiles.parse_path(path) == place
    level, n, width = place
    assert path == (tiles.entries_path(n, width) if level is None else tiles.tile_path(level, n, width))


@given(st.none() | st.integers(0, 63), st.integers(0, merkle.MAX_SIZE), st.integers(1, 256))
def test_every_path_is_read_back(level: int | None, n: int, width: int) -> None:
    path = tiles.entries_path(n, width) if level is None else tiles.tile_path(level, n, width)
    assert tiles.parse_path(path) == (level, n, width)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "is not the path of a tile"),
        ("tile/0/0", "is not the path"),
        ("tile/0/0000", "is not the path"),
        ("tile/0/001/234", "is not the path"),
        ("tile/0/x001/x234", "is not the path"),
        ("tile/0/000.p/", "is not the path"),
        ("tile/0/000.p/x", "is not the path"),
        ("tile/data/000", "is not the path"),
        ("tile/-1/000", "is not the path"),
        ("tile/0/000\n", "is not the path"),
        ("/tile/0/000", "is not the path"),
        ("tile/0/٠٠٠", "is not the path"),
        ("tile/0/" + "x000/" * 50 + "000", "is not the path"),
        ("tile/00/000", "'tile/0/000'"),
        ("tile/0/x000/001", "'tile/0/001'"),
        ("tile/0/000.p/01", "'tile/0/000.p/1'"),
        ("tile/0/000.p/256", "'tile/0/000'"),
        ("tile/0/000.p/0", "No tile is 0 wide"),
        ("tile/0/000.p/257", "No tile is 257 wide"),
        ("tile/64/000", "no tile level 64"),
        ("tile/0/x009/x223/x372/x036/x854/x775/808", "no tile 9223372036854775808"),
    ],
)
def test_a_path_has_one_form(path: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        tiles.parse_path(path)


def test_widths_of_the_examples_in_the_specification() -> None:
    found = list(tiles.widths(70_000))
    assert found[:273] == [(0, n, 256) for n in range(273)]
    assert found[273:] == [(0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]
    assert list(tiles.widths(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.widths(0)) == []
    assert list(tiles.widths(1)) == [(0, 0, 1)]


class Tiles:
    """The tiles of `size` entries by the reference, and which of them were read."""

    def __init__(self, size: int, wider: int = 0) -> None:
        self.size, self.wider = size, wider
        self.asked: list[tuple[int, int]] = []

    def __call__(self, level: int, n: int) -> bytes:
        self.asked.append((level, n))
        [width] = [width for at, number, width in tiles.widths(self.size + self.wider) if (at, number) == (level, n)]
        return reference.tile(ENTRIES, level, n, width)


@settings(max_examples=30)
@given(st.data())
def test_tiles_give_the_same_tree(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600) | st.sampled_from([255, 256, 257, 511, 512, 513]))
    index = data.draw(st.integers(0, size - 1))
    read_tile = Tiles(size, wider=data.draw(st.sampled_from([0, 0, 100])))
    read = tiles.reader(read_tile, size)
    assert merkle.root(size, read) == reference.mth(ENTRIES[:size])
    for make in (
        lambda: merkle.inclusion_proof(index, size, read) == reference.path(index, ENTRIES[:size]),
        lambda: merkle.consistency_proof(index + 1, size, read) == reference.proof(index + 1, ENTRIES[:size]),
    ):
        read_tile.asked.clear()
        assert make()
        assert len(read_tile.asked) == len(set(read_tile.asked))


def test_a_reader_reads_each_level_from_the_tile_that_has_it() -> None:
    read_tile = Tiles(600)
    read = tiles.reader(read_tile, 600)
    wanted = [(0, 599), (1, 299), (3, 0), (7, 1), (8, 0), (8, 1), (9, 0)]
    assert read(wanted) == [reference.mth(ENTRIES[index << level : (index + 1) << level]) for level, index in wanted]
    assert read_tile.asked == [(0, 2), (0, 0), (1, 0)]
    for level, index in ((0, 600), (9, 1), (63, 0), (0, -1), (-1, 0)):
        with pytest.raises(ValueError, match="no complete subtree"):
            read([(level, index)])


@pytest.mark.parametrize("length", [0, 31, 32 * 43, 32 * 44 - 1, 32 * 44 + 1, 32 * 257])
def test_a_tile_of_the_wrong_length_proves_nothing(length: int) -> None:
    read = tiles.reader(lambda level, n: bytes(length), 300)
    with pytest.raises(NotGenuine, match=f"tile/0/001.p/44 has {length} bytes; at size 300 it holds 44 hashes"):
        read([(0, 256)])


def test_the_root_of_a_full_tile() -> None:
    tile = reference.tile(ENTRIES, 0, 1, 256)
    assert tiles.tile_root(tile) == reference.mth(ENTRIES[256:512])
    for bad in (tile[:-32], tile + tile[:32], b""):
        with pytest.raises(Refused, match=f"this one has {len(bad)}"):
            tiles.tile_root(bad)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    data = tiles.bundle(entries)
    assert tiles.unbundle(data) == entries
    assert data[:2] == len(entries[0]).to_bytes(2, "big")
    assert data[2 : 2 + len(entries[0])] == entries[0]


def test_the_largest_bundle() -> None:
    entries = [b"x" * 65535] * 256
    assert tiles.unbundle(tiles.bundle(entries)) == entries
    with pytest.raises(Refused, match="Entry 1 of the bundle has 65536 bytes"):
        tiles.bundle([b"", b"x" * 65536])
    for count in (0, 257):
        with pytest.raises(Refused, match="holds 1 to 256 entries"):
            tiles.bundle([b""] * count)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "holds 1 to 256 entries, not 0"),
        (b"\x00", "ends within its entry 0, which begins at byte 0"),
        (b"\x00\x01", "ends within its entry 0"),
        (b"\x00\x01a\x00", "ends within its entry 1, which begins at byte 3"),
        (b"\x00\x01a\x00\x02b", "ends within its entry 1, which begins at byte 3"),
        (b"\x00\x00" * 257, "holds 1 to 256 entries, not 257"),
    ],
)
def test_a_broken_bundle_says_where(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        tiles.unbundle(data)


def test_the_root_of_a_large_tree_out_of_its_tiles() -> None:
    # Three levels of tiles, made as a log makes them: a full tile gives one hash to the level above.
    size = 70_000
    levels: list[list[bytes]] = [[merkle.leaf_hash(b"%d" % number) for number in range(size)]]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        full = [b"".join(below[at : at + 256]) for at in range(0, len(below) // 256 * 256, 256)]
        levels.append([tiles.tile_root(tile) for tile in full])
    frontier = merkle.Frontier()
    for leaf in levels[0]:
        frontier.append(leaf)
    read = tiles.reader(lambda level, n: b"".join(levels[level][n * 256 : (n + 1) * 256]), size)
    assert merkle.root(size, read) == frontier.root()
    proof = merkle.inclusion_proof(12_345, size, read)
    merkle.verify_inclusion(levels[0][12_345], 12_345, size, proof, frontier.root())


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 66_001])
def test_growing_gives_the_root_and_every_tile(size: int) -> None:
    leaves = [merkle.leaf_hash(str(at).encode()) for at in range(size)]
    growing, frontier, at = tiles.Growing(), merkle.Frontier(), 0
    found = {}
    for leaf in leaves:
        frontier.append(leaf)
    for step in itertools.cycle((1, 100, 7, 300)):
        found |= {(level, n): hashes for level, n, hashes in growing.add(leaves[at : at + step])}
        at += step
        if at >= size:
            break
    assert growing.root() == frontier.root()
    assert growing.size == size
    found |= {(level, n): hashes for level, n, hashes in growing.partial()}
    assert {(level, n): len(hashes) // 32 for (level, n), hashes in found.items()} == {
        (level, n): width for level, n, width in tiles.widths(size)
    }
    assert merkle.root(size, tiles.reader(lambda level, n: found[level, n], size)) == frontier.root()
