"""A publication, verified without the ledger: every tile and the root recomputed, and the chain, entry by entry.

Where entries are published, their bytes are what counts: the tiles and the signed root must be those of the bytes.
Where only hashes are, the tree above them is recomputed and nothing is known of the entries. What entries say of one
another, and what they seal by digest, is in the ledger's file, and so is not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger import entry
from ledger.errors import NotGenuine
from ledger.london import utc_text
from ledger.members import AnyEntry, Closing, Genesis, Key
from ledger.publish.files import Files
from ledger.publish.published import Published, width
from ledger.tlog import merkle, tiles
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import HASH_BYTES
from ledger.verify.record import Found, ahead

MOST_PROBLEMS = 10_000
"""After so many problems the rest is not read: a place that serves what it likes could go on for ever."""

ENTRIES_ALONE = "What entries say of one another, erasable values and documents: these are in the ledger's file alone."
HASHES_ONLY = "The entries themselves: only their hashes are published."


class Verified(NamedTuple):
    """What was found of a publication, and its checkpoint; who signed it is for the caller to verify.

    `roots` has the root at each size that was asked for, as recomputed, and `keys` the `key` entries as (seq, bytes,
    what they state). `head` is the hash of the last entry, as recomputed, or None where that was not reached.
    """

    tree: Checkpoint
    note: bytes
    problems: list[Found]
    warnings: list[Found]
    not_checked: list[str]
    roots: dict[int, bytes]
    keys: list[tuple[int, bytes, Key]]
    head: str | None


def verify_published(
    target: str | Files | Published,
    sizes: Iterable[int] = (),
    done: Callable[[int], None] = lambda count: None,
    now: datetime | None = None,
) -> Verified:
    """Everything that can be checked of the publication at `target` by itself, and the roots at `sizes` of its tree.

    `now` is the verifier's clock, as in `record.walk`. `Refused` where the place, or its checkpoint, cannot be read.
    """
    published = target if isinstance(target, Published) else Published(target)
    note = published.checkpoint_note()
    walk = _Walk(published, published.tree_of(note), sizes, now)
    walk.go(done)
    head = walk.prev if walk.growing.size == walk.tree.size > 0 else None
    problems = [one for one in walk.found if not one.warning]
    warnings = [one for one in walk.found if one.warning]
    return Verified(walk.tree, note, problems, warnings, walk.not_checked, walk.growing.roots, walk.keys, head)


class _Walk:
    def __init__(self, published: Published, tree: Checkpoint, sizes: Iterable[int], now: datetime | None) -> None:
        self.tree = tree
        self.found: list[Found] = []
        self.not_checked: list[str] = []
        self.keys: list[tuple[int, bytes, Key]] = []
        self.growing = tiles.Growing(sizes)
        self.prev = entry.NO_PREV
        self._published = published
        self._clock: datetime | None = None
        self._now = now
        self._said = {False: 0, True: 0}  # how many problems, and how many warnings

    def go(self, done: Callable[[int], None]) -> None:
        size = self.tree.size
        if size == 0:
            self._say(None, "empty", "The checkpoint covers no entries, not even a first; that is no record.")
        bundles = self._published.has_entries(size)
        for n in range(-(-size // tiles.WIDTH)):
            leaves = self._leaves(n, bundles)
            if leaves is None:
                self.not_checked.append(
                    f"All from entry {n * tiles.WIDTH:,} on, and the root: neither its bytes nor its hash can be had."
                )
                break
            self._compare(self.growing.add(leaves))
            self.prev = leaves[-1].hex()
            done(self.growing.size)
            if self._said[False] >= MOST_PROBLEMS:
                self.not_checked.append(
                    f"All from entry {self.growing.size:,} on, and the root: too much is wrong before."
                )
                break
        else:
            self._compare(self.growing.partial())
            if self.growing.root() != self.tree.root:
                of = "entries" if bundles else "hashes"
                self._say(None, "rewritten", f"The published {of} do not have the root that the checkpoint states.")
        self.not_checked.append(ENTRIES_ALONE if bundles else HASHES_ONLY)

    def _say(self, seq: int | None, problem: str, message: str, warning: bool = False) -> None:
        # Warnings without end must neither fill the memory nor keep the entries behind them from being looked at.
        self._said[warning] += 1
        if not warning or self._said[warning] <= MOST_PROBLEMS:
            self.found.append(Found(seq, problem, message, warning))

    # -- the tree --------------------------------------------------------------------------------------------------

    def _leaves(self, n: int, bundles: bool) -> list[bytes] | None:
        # Of the bundle where there is one, else of the tile; None where neither is of use.
        size, first = self.tree.size, n * tiles.WIDTH
        stated: list[bytes] | None = None
        try:
            tile = self._published.tile(0, n, size)
            stated = [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
        except NotGenuine as error:
            self._say(None, "tile", str(error))
        if not bundles:
            return stated
        try:
            texts = self._published.entries(n, size)
        except NotGenuine as error:
            self._say(None, "bundle", str(error))
            return stated
        made = [merkle.leaf_hash(text) for text in texts]
        for at, (leaf, other) in enumerate(zip(made, stated or made, strict=True)):
            if leaf != other:
                self._say(
                    first + at,
                    "hash",
                    f"Its bytes have the hash {leaf.hex()[:12]}…, but {other.hex()[:12]}… is in the tile.",
                )
        self._chain(first, texts, made)
        return made

    def _compare(self, made: Sequence[tuple[int, int, bytes]]) -> None:
        for level, n, hashes in made:
            if level == 0:
                continue  # each of its hashes was compared with the entry's already
            try:
                if self._published.tile(level, n, self.tree.size) != hashes:
                    path = tiles.tile_path(level, n, width(level, n, self.tree.size))
                    self._say(None, "tile", f"{self._published.where}/{path} is not made of the hashes below it.")
            except NotGenuine as error:
                self._say(None, "tile", str(error))

    # -- the chain -------------------------------------------------------------------------------------------------

    def _chain(self, first: int, texts: list[bytes], leaves: list[bytes]) -> None:
        entries: Sequence[AnyEntry | None] | None = entry.read_run(texts)
        if entries is None:
            entries = []
            for seq, text in enumerate(texts, first):
                one, problems = entry.read(text)
                entries.append(one)
                for problem in problems:
                    self._say(seq, problem.code, problem.message)
        prev = self.prev
        for seq, one in enumerate(entries, first):
            if one is not None:
                self._one(seq, one, prev)
                if isinstance(one, Key):
                    self.keys.append((seq, texts[seq - first], one))
            prev = leaves[seq - first].hex()

    def _one(self, seq: int, one: AnyEntry, prev: str) -> None:
        if one.seq != seq:
            self._say(seq, "seq", f"The entry says that it is number {one.seq}, but it lies at {seq}.")
        if one.prev != prev:
            self._say(
                seq,
                "link",
                f"It follows an entry with the hash {one.prev[:12]}…, but the one before has {prev[:12]}….",
            )
        clock, self._clock = self._clock, one.recorded_at
        if clock is not None and one.recorded_at < clock:
            at, before = utc_text(one.recorded_at), utc_text(clock)
            self._say(seq, "clock-backwards", f"It was recorded at {at}, before its predecessor ({before}).", True)
        if self._now is not None:
            for warning in ahead(one, seq, self._now, clock):
                self._say(*warning)
        if isinstance(one, Genesis):
            if seq != 0:
                self._say(seq, "kind-out-of-place", "A genesis stands after the first entry.")
            elif one.origin != self.tree.origin:
                self._say(
                    0, "origin", f"It begins the ledger {one.origin}, but the checkpoint is of {self.tree.origin[:80]}."
                )
        elif seq == 0:
            self._say(0, "no-genesis", "The first entry is no genesis, so nothing says whose ledger this is.")
        if isinstance(one, Closing) and seq != self.tree.size - 1:
            self._say(seq, "kind-out-of-place", "A closing stands before the last entry.")
