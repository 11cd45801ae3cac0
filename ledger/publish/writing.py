"""Bringing a publication up to a ledger's newest checkpoint: what is new, and `checkpoint` last.

First what is there is read and compared: a publication is only ever continued, never replaced by another history.
Then all that is newly to be published is recomputed from the entries' bytes up to the signed root, before the first
file is written. What the published checkpoint covers is there already and is not looked at again; what it does not
cover may have been left by a run that was interrupted, and is compared byte for byte: a file of the right length
could be of a history that was lost before anybody signed it.

Nothing is ever deleted, so a partial tile stays beside the full one that follows it: whoever holds an older
checkpoint goes on finding its files, and a store that lets nobody delete will do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ledger import checkpoints, tree
from ledger.errors import NotGenuine, Refused
from ledger.publish.files import Files
from ledger.publish.published import CHECKPOINT, ENTRIES, Published, width
from ledger.source import Source
from ledger.tlog import checkpoint, cosignature, merkle, note, tiles
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import HASH_BYTES
from ledger.tlog.note import VerifierKey
from ledger.tlog.tiles import HEIGHT, WIDTH

Tile = tuple[int, int, bytes]
"""(level, n, hashes)."""


class Done(NamedTuple):
    """What is published now, how many entries were before, and how many files this run wrote."""

    tree: Checkpoint
    before: int
    written: int


def publish(source: Source, files: Files, *, hashes_only: bool = False, keys: Sequence[VerifierKey] = ()) -> Done:
    """Publishes the newest checkpoint of `source` to `files`, with its tiles and, unless `hashes_only`, its entries.

    Raises `Refused`, having written nothing, where there is no checkpoint or what is published cannot be continued
    with it; `NotGenuine` where the ledger is not what was signed, or one of `keys` did not sign its checkpoint.
    """
    db = source.db
    signed, head = _newest(source, keys)
    there = files.read(CHECKPOINT, note.MAX_BYTES)
    before = 0 if there is None else _continued(db, head, Published(files).tree_of(there), files.where)
    _check_entries(files, hashes_only, before)
    upper = _recomputed(db, head, before)

    known = set(_newest_tiles(before))
    written, relied = 0, set[str]()
    for path, data in _files(db, head.size, before, upper, hashes_only, known):
        relied.add(path)
        if files.read(path, len(data)) != data:
            files.write(path, data)
            written += 1
    files.sync(relied)
    if signed != there:
        if files.read(CHECKPOINT, note.MAX_BYTES) != there:
            raise Refused(f"Meanwhile another run has published to {files.where}; publish again.")
        files.write(CHECKPOINT, signed)
        files.sync([CHECKPOINT])
        written += 1
    return Done(head, before, written)


def _newest(source: Source, keys: Sequence[VerifierKey]) -> tuple[bytes, Checkpoint]:
    stored = checkpoints.newest(source.db)
    if stored is None:
        raise Refused(
            f"{source.path} has no checkpoint, and only signed entries are published; `transfer-ledger checkpoint` "
            f"makes one."
        )
    try:
        parsed = note.parse(stored.note)
        head = checkpoint.parse(parsed.text)
    except Refused as error:
        raise NotGenuine(f"{source.path}: its newest checkpoint cannot be read: {error}") from None
    origin = source.genesis().origin
    if head.origin != origin or head.size != stored.size or head.extensions:
        raise NotGenuine(f"{source.path}: its newest checkpoint is not one of {origin} at {stored.size:,} entries.")
    if head.size > source.head.size:
        raise NotGenuine(
            f"{source.path} has {source.head.size:,} entries, but its newest checkpoint covers {head.size:,}: its end "
            f"was cut off."
        )
    lines = {(line.name, line.key_id) for line in note.verified(parsed, [cosignature.verifier(key) for key in keys])}
    for key in keys:
        if (key.name, key.key_id) not in lines:
            raise NotGenuine(f"{source.path}: its newest checkpoint is not signed by {key.text()[:100]}.")
    return stored.note, head


def _continued(db: sqlite3.Connection, head: Checkpoint, there: Checkpoint, where: str) -> int:
    # How many entries are published; `Refused` where `head` is not what follows them.
    still = "Nothing was written"
    if there.origin != head.origin:
        raise Refused(
            f"At {where} the ledger {there.origin[:80]} is published, and this one is {head.origin}. {still}; publish "
            f"each to a place of its own."
        )
    if there.extensions:
        raise Refused(f"{where}/{CHECKPOINT} has lines below the root, which no checkpoint of ours has. {still}.")
    if there.size > head.size:
        raise Refused(
            f"At {where} {there.size:,} entries are published, but the newest checkpoint of this ledger covers "
            f"{head.size:,}: this is an older copy, or entries were lost. {still}."
        )
    if (head.root if there.size == head.size else tree.root(db, there.size)) != there.root:
        raise Refused(
            f"The {there.size:,} entries that are published at {where} are not the first {there.size:,} of this "
            f"ledger: one of the two was altered, or is another history. {still}; `transfer-ledger verify` says more."
        )
    return there.size


def _check_entries(files: Files, hashes_only: bool, before: int) -> None:
    if hashes_only and files.has(ENTRIES):
        raise Refused(
            f"At {files.where} entries are published, so --hashes-only would hide nothing. Nothing was written; leave "
            f"it out, or publish the hashes to another place."
        )
    if not hashes_only and before and not files.has(ENTRIES):
        raise Refused(
            f"At {files.where} only hashes are published so far. Nothing was written; add --hashes-only, or publish "
            f"the entries to another place."
        )


def _newest_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    # The (level, n, width) of the partial tiles at `size`, at most one a level.
    level = 0
    while size >> HEIGHT * level:
        n = size >> HEIGHT * (level + 1)
        if (wide := width(level, n, size)) > 0:
            yield level, n, wide
        level += 1


def _spans(before: int, size: int) -> Iterator[tuple[int, int, int]]:
    # (n, first entry, end) of each level-0 tile that is not full at `before`.
    for n in range(before // WIDTH, -(-size // WIDTH)):
        yield n, n * WIDTH, min((n + 1) * WIDTH, size)


def _recomputed(db: sqlite3.Connection, head: Checkpoint, before: int) -> list[Tile]:
    """The tiles above level 0 that the entries after `before` change. `NotGenuine` unless all lead to the signed root.

    Level by level: the roots of the full tiles below are hashes in the tile above, after those that were there at
    `before`. Of these the file's own tiles are believed until the root is compared, which stands on every one.
    """
    size, read = head.size, tree.reader(db, head.size)
    last: dict[int, bytes] = {}
    roots: list[bytes] = []
    for _, first, end in _spans(before, size):
        last[0] = tree.recomputed(db, first, end, "nothing was published")
        if end - first == WIDTH:
            roots.append(tiles.tile_root(last[0]))
    upper: list[Tile] = []
    level = 1
    while size >> HEIGHT * level:
        count = before >> HEIGHT * level
        n = count // WIDTH
        hashes = b"".join([*read([(HEIGHT * level, i) for i in range(n * WIDTH, count)]), *roots])
        roots = []
        for at in range(0, len(hashes), WIDTH * HASH_BYTES):
            last[level] = hashes[at : at + WIDTH * HASH_BYTES]
            upper.append((level, n + at // (WIDTH * HASH_BYTES), last[level]))
            if len(last[level]) == WIDTH * HASH_BYTES:
                roots.append(tiles.tile_root(last[level]))
        level += 1
    # A root is made of the newest tiles alone, and of those only where they are partial.
    if merkle.root(size, tiles.reader(lambda level, n: last[level], size)) != head.root:
        raise NotGenuine(
            f"The first {size:,} entries of the ledger do not have the root that was signed; nothing was published. "
            f"`transfer-ledger verify` says more."
        )
    return upper


def _files(
    db: sqlite3.Connection,
    size: int,
    before: int,
    upper: Iterable[Tile],
    hashes_only: bool,
    known: set[tuple[int, int, int]],
) -> Iterator[tuple[str, bytes]]:
    # (path, content) of all that the published checkpoint does not cover: the tree first, then the entries.
    new = [(n, first, end) for n, first, end in _spans(before, size) if (0, n, end - first) not in known]
    for n, first, end in new:
        yield tiles.tile_path(0, n, end - first), tree.leaves(db, first, end)
    for level, n, hashes in upper:
        wide = len(hashes) // HASH_BYTES
        if (level, n, wide) not in known:
            yield tiles.tile_path(level, n, wide), hashes
    for n, first, end in () if hashes_only else new:
        yield tiles.entries_path(n, end - first), tree.entries(db, first, end)
