"""The Merkle tree over a ledger's entries, out of its file: a handful of tiles, and the newest hashes for the rest.

Level 0 keeps complete tiles only, so the hashes after the last of them, at most 255, are read from `entries`; above
it the newest tile may be partial and lies in `tiles`. What is read is as true as the file: a root made of it is
compared with the entries by whoever verifies, and proofs are checked against a signed root by whoever receives them.
"""

from __future__ import annotations

import sqlite3

from ledger.errors import NotGenuine
from ledger.tlog import merkle, tiles
from ledger.tlog.merkle import HASH_BYTES


def reader(db: sqlite3.Connection, size: int) -> merkle.Reader:
    """A reader of the tree over the first `size` entries of the ledger in `db`."""

    return tiles.reader(lambda level, n: _tile(db, level, n, size), size)


def _tile(db: sqlite3.Connection, level: int, n: int, size: int) -> bytes:
    row = db.execute("SELECT hashes FROM tiles WHERE level = ? AND n = ?", (level, n)).fetchone()
    if row is not None:
        return bytes(row[0])
    if level == 0:
        return leaves(db, n * tiles.WIDTH, min((n + 1) * tiles.WIDTH, size))
    raise NotGenuine(f"The ledger's tile {n} of level {level} is missing; `transfer-ledger verify` says what else is.")


def content(db: sqlite3.Connection, place: tiles.Place) -> bytes:
    """What a publication holds at `place`, a tile or a bundle of entries that the ledger in `db` has so many of.

    As the file keeps it. Raises `NotGenuine` where it does not keep all of it.
    """
    first = place.n * tiles.WIDTH
    if place.level is None:
        return entries(db, first, first + place.width)
    found = _tile(db, place.level, place.n, first + place.width)[: place.width * HASH_BYTES]
    if len(found) != place.width * HASH_BYTES:
        path = tiles.tile_path(place.level, place.n, place.width)
        raise NotGenuine(f"The ledger's {path} is too short; `transfer-ledger verify` says what else is wrong.")
    return found


def entries(db: sqlite3.Connection, first: int, end: int) -> bytes:
    """The bundle of the entries `first` to `end` - 1, at most 256, which is how they are published."""
    rows = db.execute(
        "SELECT CAST(entry AS BLOB) FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq", (first, end)
    ).fetchall()
    if len(rows) != end - first:
        raise NotGenuine(f"Of the entries {first} to {end - 1} some are missing; `transfer-ledger verify` says more.")
    return tiles.bundle([row[0] for row in rows])


def leaves(db: sqlite3.Connection, first: int, end: int) -> bytes:
    """The concatenated hashes of the entries `first` to `end` - 1, as the file keeps them. Raises `NotGenuine`."""
    rows = db.execute("SELECT CAST(hash AS TEXT) FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq", (first, end))
    try:
        found = b"".join([bytes.fromhex(row[0]) for row in rows])
    except (ValueError, TypeError):
        found = b""
    if len(found) != (end - first) * HASH_BYTES:
        raise NotGenuine(f"The hashes of the entries {first} to {end - 1} are not all there, each of 32 bytes.")
    return found


def recomputed(db: sqlite3.Connection, first: int, end: int, so: str) -> bytes:
    """The concatenated hashes of the entries `first` to `end` - 1, from their bytes; each is to be the one kept for it.

    Raises `NotGenuine` where one is missing or has another hash; `so` ends its sentence: what was not done therefore.
    """
    rows = db.execute(
        "SELECT seq, CAST(entry AS BLOB), CAST(hash AS BLOB) FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq",
        (first, end),
    ).fetchall()
    if [row[0] for row in rows] != list(range(first, end)):
        raise NotGenuine(f"Of the entries {first} to {end - 1} some are missing; {so}.")
    found = []
    for seq, data, kept in rows:
        leaf = merkle.leaf_hash(data)
        if leaf.hex().encode() != kept:
            raise NotGenuine(f"Entry {seq} does not have the hash that is kept for it; {so}.")
        found.append(leaf)
    return b"".join(found)


def root(db: sqlite3.Connection, size: int) -> bytes:
    """The root of the tree over the first `size` entries."""
    return merkle.root(size, reader(db, size))
