"""The tree as files that never change: tlog-tiles, 256 hashes to a tile and 256 entries to a bundle.

A tile of level L holds consecutive hashes of complete subtrees of 256**L leaves, and so gives, by hashing, the
eight levels of the tree from 8*L up to 8*L+7; the root of a full tile is one hash in a tile of level L+1. A tile
that is not full yet has its width in its name, so that the name stands for one content only:

    tile/0/x001/x234/067        level 0, tile 1234067, full
    tile/0/x001/x234/068.p/12   the next one, 12 hashes wide
    tile/entries/x001/x234/067  the entries under the first one
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger.errors import NotGenuine, Refused
from ledger.tlog.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE, Reader, joined

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
MAX_ENTRY = 2**16 - 1
"""A bundle counts the bytes of an entry in 16 bits (tlog-tiles, Log entries)."""

_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<n>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?", re.ASCII
)


class Place(NamedTuple):
    """What the path of a tile says; the level is None for a bundle of entries."""

    level: int | None
    n: int
    width: int


def tile_path(level: int, n: int, width: int) -> str:
    """The path of tile `n` of `level` with `width` hashes (tlog-tiles, Merkle Tree)."""
    if not 0 <= level <= MAX_LEVEL:
        raise Refused(f"There is no tile level {level}; levels are 0 to {MAX_LEVEL}.")
    return f"tile/{level}/{_name(n, width)}"


def entries_path(n: int, width: int) -> str:
    """The path of the bundle with the `width` entries of level-0 tile `n` (tlog-tiles, Log entries)."""
    return f"tile/entries/{_name(n, width)}"


def _name(n: int, width: int) -> str:
    if not 0 <= n <= MAX_SIZE:
        raise Refused(f"There is no tile {n}; tiles are 0 to 2^63-1.")
    if not 1 <= width <= WIDTH:
        raise Refused(f"No tile is {width} wide; it holds 1 to {WIDTH}.")
    groups = f"{n:,}".split(",")
    groups[0] = groups[0].zfill(3)
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]]) + (f".p/{width}" if width < WIDTH else "")


def parse_path(text: str) -> Place:
    """What the path `text` stands for. `Refused` unless it is exactly what `tile_path` or `entries_path` writes."""
    found = _PATH.fullmatch(text)
    if found is None:
        raise Refused(f"{text[:80]!r} is not the path of a tile, such as tile/0/x001/234.p/5.")
    level = None if found["level"] == "entries" else int(found["level"])
    place = Place(level, int(re.sub("[x/]", "", found["n"])), int(found["width"] or WIDTH))
    written = entries_path(place.n, place.width) if level is None else tile_path(level, place.n, place.width)
    if written != text:
        raise Refused(f"The path {text!r} is not in its one form, which is {written!r}.")
    return place


def widths(size: int) -> Iterator[tuple[int, int, int]]:
    """The (level, n, width) of each tile of a tree of `size` leaves, level by level, the partial one last."""
    level, hashes = 0, size
    while hashes:
        full, rest = divmod(hashes, WIDTH)
        for n in range(full):
            yield level, n, WIDTH
        if rest:
            yield level, full, rest
        level, hashes = level + 1, full


def tile_root(hashes: bytes) -> bytes:
    """The root of a full tile, which is one hash in the level above."""
    if len(hashes) != WIDTH * HASH_BYTES:
        raise Refused(f"Only a full tile of {WIDTH * HASH_BYTES} bytes has a root; this one has {len(hashes)}.")
    return _folded(hashes)


def _folded(hashes: bytes) -> bytes:
    # The root over 2**k concatenated hashes.
    while len(hashes) > HASH_BYTES:
        step = 2 * HASH_BYTES
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + step]).digest() for at in range(0, len(hashes), step)])
    return hashes


class Growing:
    """The tiles and the root of a growing list, from its leaves in order; it holds the newest tile of each level.

    `roots` gets the root at each of the `sizes` that are asked for, when the list has grown so far.
    """

    __slots__ = ("_rows", "_wanted", "roots", "size")

    def __init__(self, sizes: Iterable[int] = ()) -> None:
        self.size = 0
        self.roots = {0: EMPTY_ROOT}
        self._rows: list[list[bytes]] = [[]]
        self._wanted = sorted({size for size in sizes if size > 0}, reverse=True)

    def add(self, leaves: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
        """Add leaves (hashes of 32 bytes) after all others; the tiles that they fill, as (level, n, hashes)."""
        full: list[tuple[int, int, bytes]] = []
        while self._wanted and self._wanted[-1] <= self.size + len(leaves):
            size = self._wanted.pop()
            part = size - self.size
            full += self._add(leaves[:part])
            leaves = leaves[part:]
            self.roots[size] = self.root()
        return full + self._add(leaves)

    def _add(self, leaves: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
        full: list[tuple[int, int, bytes]] = []
        rows, at = self._rows, 0
        while at < len(leaves):
            part = leaves[at : at + WIDTH - len(rows[0])]
            rows[0] += part
            at += len(part)
            self.size += len(part)
            level = 0
            while len(rows[level]) == WIDTH:
                hashes = b"".join(rows[level])
                full.append((level, (self.size >> HEIGHT * (level + 1)) - 1, hashes))
                rows[level] = []
                level += 1
                if level == len(rows):
                    rows.append([])
                rows[level].append(_folded(hashes))
        return full

    def partial(self) -> list[tuple[int, int, bytes]]:
        """The newest tile of each level, where it is not full, as (level, n, hashes)."""
        return [
            (level, self.size >> HEIGHT * (level + 1), b"".join(row)) for level, row in enumerate(self._rows) if row
        ]

    def root(self) -> bytes:
        """The root of all leaves so far."""
        row: list[bytes] = []
        for hashes in reversed(self._rows):
            at = 0
            for bit in reversed(range(HEIGHT)):
                if len(hashes) >> bit & 1:
                    row.append(_folded(b"".join(hashes[at : at + (1 << bit)])))
                    at += 1 << bit
        return joined(row) if row else EMPTY_ROOT


def reader(read_tile: Callable[[int, int], bytes], size: int) -> Reader:
    """A reader of subtrees out of the tiles of a tree of `size` leaves.

    `read_tile(level, n)` gives the bytes of a tile, partial or full: a tile may meanwhile have grown wider than it
    was at `size` (tlog-tiles, Partial Tiles), and the hashes beyond are left alone. Each tile is read once for each
    call of the reader. A tile that is too short is `NotGenuine`; whether its hashes are right shows only when the
    root made of them is compared with one that is trusted.
    """

    def read(pairs: Sequence[tuple[int, int]]) -> list[bytes]:
        tiles: dict[tuple[int, int], bytes] = {}
        found = []
        for level, index in pairs:
            if level < 0 or index < 0 or (index + 1) << level > size:
                raise ValueError(f"no complete subtree {level}, {index} in a tree of size {size}")
            row, height = divmod(level, HEIGHT)
            n, start = divmod(index << height, WIDTH)
            if (row, n) not in tiles:
                tiles[row, n] = _checked(read_tile(row, n), row, n, size)
            found.append(_folded(tiles[row, n][start * HASH_BYTES : (start + (1 << height)) * HASH_BYTES]))
        return found

    return read


def _checked(tile: bytes, level: int, n: int, size: int) -> bytes:
    width = min(WIDTH, (size >> HEIGHT * level) - n * WIDTH)
    if not width * HASH_BYTES <= len(tile) <= WIDTH * HASH_BYTES or len(tile) % HASH_BYTES:
        raise NotGenuine(
            f"Tile {tile_path(level, n, width)} has {len(tile)} bytes; at size {size} it holds {width} hashes "
            f"of {HASH_BYTES} bytes."
        )
    return tile


def bundle(entries: Iterable[bytes]) -> bytes:
    """The entries of one level-0 tile, each after its length (tlog-tiles, Log entries)."""
    parts = []
    for number, entry in enumerate(entries):
        if len(entry) > MAX_ENTRY:
            raise Refused(f"Entry {number} of the bundle has {len(entry)} bytes; it can have {MAX_ENTRY}.")
        parts.append(len(entry).to_bytes(2, "big") + entry)
    _check_count(len(parts))
    return b"".join(parts)


def unbundle(data: bytes) -> list[bytes]:
    """The 1 to 256 entries of a bundle. `Refused` where a length is wrong or anything is left over."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            raise Refused(f"The entry bundle ends within its entry {len(entries)}, which begins at byte {at}.")
        entries.append(data[start:end])
        at = end
    _check_count(len(entries))
    return entries


def _check_count(count: int) -> None:
    if not 1 <= count <= WIDTH:
        raise Refused(f"An entry bundle holds 1 to {WIDTH} entries, not {count}.")
