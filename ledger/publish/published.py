"""Reading a publication: its checkpoint, its tree and its entries, each as true as whoever serves it.

`NotGenuine` means that something is not there, or is not what its name says; `Refused` alone that the place cannot be
read at all. Nothing here is proved before a root made of it is compared with one that is trusted.
"""

from __future__ import annotations

from ledger.errors import NotGenuine, Refused
from ledger.publish.files import Files, open_target
from ledger.tlog import checkpoint, merkle, note, tiles
from ledger.tlog.checkpoint import Checkpoint

CHECKPOINT = "checkpoint"
ENTRIES = "tile/entries"

MOST_BUNDLE = tiles.WIDTH * (2 + tiles.MAX_ENTRY)
_FULL_TILE = tiles.WIDTH * merkle.HASH_BYTES


def width(level: int, n: int, size: int) -> int:
    """How many hashes tile `n` of `level` holds in a tree of `size` leaves; below 1 where there is no such tile."""
    return min(tiles.WIDTH, (size >> tiles.HEIGHT * level) - n * tiles.WIDTH)


class Published:
    """A publication at `target`: a folder, a URL that fsspec knows, or the files themselves."""

    def __init__(self, target: str | Files) -> None:
        self._files = open_target(target) if isinstance(target, str) else target

    @property
    def where(self) -> str:
        """The place, for a sentence."""
        return self._files.where

    def checkpoint_note(self) -> bytes:
        """The note of the checkpoint that is published, unread. `Refused` where there is none."""
        found = self._files.read(CHECKPOINT, note.MAX_BYTES)
        if found is None:
            raise Refused(f"{self.where} holds no checkpoint, so no ledger is published there.")
        return found

    def checkpoint(self) -> Checkpoint:
        """The tree head that is published, whoever signed it. `Refused` where there is none or it cannot be read."""
        return self.tree_of(self.checkpoint_note())

    def tree_of(self, signed: bytes) -> Checkpoint:
        """The tree head in the note `signed` that was read here. `Refused` where it is malformed."""
        try:
            return checkpoint.parse(note.parse(signed).text)
        except Refused as error:
            raise error.at(f"{self.where}/{CHECKPOINT}") from None

    def tile(self, level: int, n: int, size: int) -> bytes:
        """Tile `n` of `level` as it is at `size`: the partial one, or as much of the full one (tlog-tiles)."""
        wide = width(level, n, size)
        path = tiles.tile_path(level, n, wide)
        found = self._files.read(path, _FULL_TILE)
        whole = wide * merkle.HASH_BYTES
        if found is None and wide < tiles.WIDTH:
            path = tiles.tile_path(level, n, tiles.WIDTH)
            found, whole = self._files.read(path, _FULL_TILE), _FULL_TILE
        if found is None:
            raise NotGenuine(f"{self.where} lacks {tiles.tile_path(level, n, wide)}, which {size:,} entries need.")
        if len(found) != whole:
            raise NotGenuine(f"{self.where}/{path} is not {whole:,} bytes long, as its name says.")
        return found[: wide * merkle.HASH_BYTES]

    def reader(self, size: int) -> merkle.Reader:
        """A reader of the published tree of `size` leaves. Compare its root before anything made of it is believed."""
        return tiles.reader(lambda level, n: self.tile(level, n, size), size)

    def has_entries(self, size: int) -> bool:
        """Whether a publication of `size` entries holds any of them: by its first and last bundle."""
        last = (size - 1) // tiles.WIDTH
        return size > 0 and any(self._bundle(n, size) is not None for n in (last, 0))

    def entries(self, n: int, size: int) -> list[bytes]:
        """The bytes of the entries under tile `n` of level 0, as many as there are at `size`."""
        wide = width(0, n, size)
        found = self._bundle(n, size)
        if found is None:
            raise NotGenuine(f"{self.where} lacks {tiles.entries_path(n, wide)}, which {size:,} entries need.")
        path, data, count = found
        try:
            texts = tiles.unbundle(data)
        except Refused as error:
            raise NotGenuine(f"{self.where}/{path}: {error}") from None
        if len(texts) != count:
            raise NotGenuine(f"{self.where}/{path} holds {len(texts)} entries, where its name says {count}.")
        return texts[:wide]

    def _bundle(self, n: int, size: int) -> tuple[str, bytes, int] | None:
        wide = width(0, n, size)
        for count in dict.fromkeys((wide, tiles.WIDTH)):
            path = tiles.entries_path(n, count)
            data = self._files.read(path, MOST_BUNDLE)
            if data is not None:
                return path, data, count
        return None
