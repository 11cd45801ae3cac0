"""The tree that the ledger's own entries make, against whatever in its file speaks of it: tiles and checkpoints.

While the record is walked, `Evidence` builds the Merkle tree of the entries' own bytes. The tiles in the file are to
be those of this tree, and the checkpoints in it are to have its roots and the signatures of the keys that the ledger
names. What the verifier brings is judged by `levels`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ledger import entry, timestamp
from ledger.errors import NotGenuine, Refused
from ledger.members import Key
from ledger.tlog import checkpoint, cosignature, merkle, note, tiles
from ledger.tlog.checkpoint import Checkpoint
from ledger.verify.levels import Brought, Head, KeyEntry, Levels, kept
from ledger.verify.record import Found

_PART = 1024


class Evidence:
    """What is compared with the tree while it grows; `add` takes the leaves, `problems` says what was found."""

    def __init__(self, db: sqlite3.Connection, origin: str | None, brought: Brought) -> None:
        self._db = db
        self._origin = origin
        self._brought = brought
        self._problems: list[Found] = []
        self._tiles = 0
        sizes = {row[0] for row in db.execute("SELECT DISTINCT size FROM checkpoints")}
        sizes |= {tree.size for _, _, tree in kept(brought)}
        self._growing = tiles.Growing(size for size in sizes if isinstance(size, int))

    def add(self, leaves: Sequence[bytes]) -> None:
        """Takes the next leaves, and compares the tiles that they fill with those in the file."""
        self._compare(self._growing.add(leaves))

    def _compare(self, made: Sequence[tuple[int, int, bytes]]) -> None:
        for level, n, hashes in made:
            self._tiles += 1
            row = self._db.execute("SELECT hashes FROM tiles WHERE level = ? AND n = ?", (level, n)).fetchone()
            if row is None or row[0] != hashes:
                self._problems.append(self._tile_problem(level, n, hashes, row[0] if row else None))

    def _tile_problem(self, level: int, n: int, hashes: bytes, kept: object) -> Found:
        if level == 0 and isinstance(kept, bytes) and len(kept) == len(hashes):
            step = merkle.HASH_BYTES
            first = next(at for at in range(0, len(hashes), step) if hashes[at : at + step] != kept[at : at + step])
            seq = n * tiles.WIDTH + first // step
            return Found(
                seq, "tile", f"The tree's tile {n} holds another hash for it: the entry was altered, or the tile was."
            )
        what = "is missing" if kept is None else "is not that of the entries"
        return Found(None, "tile", f"The tree's tile {n} of level {level} {what}.")

    def problems(self) -> Iterator[Found]:
        """What the tiles and the file's own checkpoints and keys say against the entries, once all leaves are added.

        After it, `levels` judges what the verifier brought.
        """
        self._compare([made for made in self._growing.partial() if made[0] > 0])
        yield from self._problems
        count = self._db.execute("SELECT count(*) FROM tiles").fetchone()[0]
        if count > self._tiles:
            yield Found(None, "tile", f"The file keeps {count - self._tiles} tiles that its entries do not fill.")
        self.levels = Levels(
            self._brought, self._origin, self._growing.size, self._growing.roots, self._key_entries(), self._which
        )
        yield from self.levels.key_problems()
        rows = self._db.execute("SELECT size, CAST(note AS BLOB), timestamp FROM checkpoints ORDER BY size, rowid")
        for size, data, stamp in rows:
            yield from self._stored(size, bytes(data), stamp)

    def _stored(self, size: int, data: bytes, stamp: bytes | None) -> Iterator[Found]:
        where = f"The file's checkpoint at {size:,} entries"
        try:
            parsed = note.parse(data)
            tree = checkpoint.parse(parsed.text)
        except Refused as error:
            yield Found(None, "checkpoint", f"{where} cannot be read: {error}")
            return
        if tree.size != size or tree.origin != self._origin:
            yield Found(None, "checkpoint", f"{where} is one of {tree.origin[:80]} at {tree.size:,} entries.")
            return
        if tree.extensions:
            yield Found(None, "checkpoint", f"{where} has extension lines; no ledger writes any.")
            return
        problem = self.levels.against(where, tree)
        if problem is not None:
            yield problem
            return
        try:
            own = self.levels.keys_at(tree.size)
            if not note.verified(parsed, [cosignature.verifier(key) for key in own]):
                yield Found(
                    None, "checkpoint", f"{where} is not signed by the key that the ledger names for that size."
                )
                return
        except NotGenuine as error:
            yield Found(None, "checkpoint", f"{where}: {error}")
            return
        if stamp is not None:
            try:
                timestamp.check_message(stamp, tree.text().encode())
            except Refused as error:
                yield Found(None, "timestamp", f"The timestamp of {where[0].lower()}{where[1:]}: {error}")
                return
        self.levels.add(Head(where, False, tree, parsed, stamp))

    def _which(self, tree: Checkpoint) -> str:
        # The hashes or the tiles in the file may still be the old ones. Where they give the checkpoint's root, they
        # are what was signed, and the first entry that differs from them is known.
        for leaves in (self._kept_hashes, self._kept_tiles):
            growing = tiles.Growing()
            for part in leaves(tree.size):
                growing.add(part)
            if growing.size == tree.size and growing.root() == tree.root:
                return self._first_other(leaves(tree.size))
        return "they were rewritten, or this is another history. Which entry was the first, the file does not tell."

    def _kept_hashes(self, size: int) -> Iterator[list[bytes]]:
        rows = self._db.execute("SELECT CAST(hash AS BLOB) FROM entries WHERE seq < ? ORDER BY seq", (size,))
        while part := rows.fetchmany(_PART):
            yield [bytes.fromhex(row[0].decode()) if _is_hash(row[0]) else b"" for row in part]

    def _kept_tiles(self, size: int) -> Iterator[list[bytes]]:
        step, at = merkle.HASH_BYTES, 0
        for (hashes,) in self._db.execute("SELECT hashes FROM tiles WHERE level = 0 ORDER BY n"):
            part = [hashes[place : place + step] for place in range(0, len(hashes), step)][: max(0, size - at)]
            at += len(part)
            yield part
        rows = self._db.execute("SELECT CAST(hash AS BLOB) FROM entries WHERE seq BETWEEN ? AND ?", (at, size - 1))
        yield [bytes.fromhex(row[0].decode()) if _is_hash(row[0]) else b"" for row in rows]

    def _first_other(self, signed: Iterator[list[bytes]]) -> str:
        rows = self._db.execute("SELECT seq, CAST(entry AS BLOB) FROM entries ORDER BY seq")
        at = 0
        for part in signed:
            for leaf, row in zip(part, rows.fetchmany(len(part)), strict=False):
                if row[0] != at or merkle.leaf_hash(row[1]) != leaf:
                    return f"entry {at} is the first that is not the one that was signed."
                at += 1
        return f"entry {at} is the first that is not the one that was signed."

    def _key_entries(self) -> list[KeyEntry]:
        found = []
        for seq, data in self._db.execute(
            "SELECT seq, CAST(entry AS BLOB) FROM entries WHERE kind <> 'transfer' AND kind = 'key' ORDER BY seq"
        ):
            one = entry.read(data)[0]
            if isinstance(one, Key):
                found.append((seq, data, one))
        return found


def _is_hash(data: object) -> bool:
    return isinstance(data, bytes) and len(data) == 64 and not data.translate(None, b"0123456789abcdef")
