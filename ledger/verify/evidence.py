"""What the ledger's own tree says, and what checkpoints, kept or in the file, say of it.

While the record is walked, `Evidence` builds the Merkle tree of the entries' own bytes and compares with it whatever
else speaks of the tree: the tiles in the file, every checkpoint in the file, and those that the verifier brings. Only
what the verifier brings makes anything trusted (docs/FORMAT.md section 11); a checkpoint or a key in the file can
show that something is wrong, and never that all is well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ledger import entry, timestamp
from ledger.canonical import decode, encode
from ledger.errors import NotGenuine, Refused
from ledger.keyfile import verify_bytes
from ledger.members import Key
from ledger.tlog import checkpoint, cosignature, merkle, note, policy, tiles
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import Note, VerifierKey, parse_vkey
from ledger.verify.proofs import Trusted
from ledger.verify.record import Found

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_PART = 1024

LEVELS = ("signed", "anchored", "witnessed")
"""What `--require` can ask for; each needs a consistent ledger, and the last two are independent of each other."""


class Brought(NamedTuple):
    """What the verifier brings: keys and policies, kept checkpoints with a name for each, the root certificates of time
    stamping authorities, and how old, as of `now`, the newest cosignature or timestamp may be.
    """

    trusted: Trusted = Trusted()
    kept: tuple[tuple[str, bytes], ...] = ()
    authorities: tuple[Certificate, ...] = ()
    not_older_than: timedelta | None = None
    now: datetime | None = None


NOTHING = Brought()
"""A verifier who brings nothing can only find the ledger consistent with itself."""


class Reached(NamedTuple):
    """The levels that were reached, how many entries their checkpoints cover, when a witness or a time stamping
    authority that counts last saw it, and what remains open, a sentence each.
    """

    levels: tuple[str, ...]
    covered: int
    seen: datetime | None
    remarks: list[str]


class _Head(NamedTuple):
    # A checkpoint of this ledger's own history, whose root is that of the entries at its size.
    where: str
    kept: bool
    tree: Checkpoint
    note: Note
    timestamp: bytes | None = None


class _Judged(NamedTuple):
    # What the verifier's keys and policies say of a head: whose signatures count, whether and when the quorum saw it.
    head: _Head
    signers: frozenset[VerifierKey]
    quorum: bool
    seen: int


class _Range(NamedTuple):
    first: int
    last: int | None
    lost: bool


class Evidence:
    """What is compared with the tree while it grows; `add` takes the leaves, `finish` says what was found."""

    def __init__(self, db: sqlite3.Connection, origin: str | None, brought: Brought) -> None:
        self._db = db
        self._origin = origin
        self._brought = brought
        self._growing = tiles.Growing()
        self._roots: dict[int, bytes] = {0: merkle.EMPTY_ROOT}
        self._problems: list[Found] = []
        self._kept: list[tuple[str, Note, Checkpoint]] = []
        self._tiles = 0
        self._ranges: dict[str, _Range] = {}
        self._heads: list[_Head] = []
        self._judged: list[_Judged] = []
        for where, data in brought.kept:
            try:
                parsed = note.parse(data)
                self._kept.append((where, parsed, checkpoint.parse(parsed.text)))
            except Refused as error:
                raise error.at(where) from None
        sizes = {row[0] for row in db.execute("SELECT DISTINCT size FROM checkpoints")}
        sizes |= {tree.size for _, _, tree in self._kept}
        self._wanted = sorted((size for size in sizes if isinstance(size, int) and size > 0), reverse=True)

    # -- the tree --------------------------------------------------------------------------------------------------

    def add(self, leaves: Sequence[bytes]) -> None:
        """Takes the next leaves, and compares the tiles that they fill with those in the file."""
        while self._wanted and self._wanted[-1] <= self._growing.size + len(leaves):
            size = self._wanted.pop()
            part = size - self._growing.size
            self._compare(self._growing.add(leaves[:part]))
            leaves = leaves[part:]
            self._roots[size] = self._growing.root()
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
        """What the tiles and the file's own checkpoints and keys say against the entries, once all leaves are added."""
        self._compare([made for made in self._growing.partial() if made[0] > 0])
        yield from self._problems
        kept = self._db.execute("SELECT count(*) FROM tiles").fetchone()[0]
        if kept > self._tiles:
            yield Found(None, "tile", f"The file keeps {kept - self._tiles} tiles that its entries do not fill.")
        self._ranges = dict(self._key_ranges())
        yield from self._key_problems()
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
        problem = self._against_tree(where, tree)
        if problem is not None:
            yield problem
            return
        try:
            own = self._keys_at(tree.size)
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
        self._heads.append(_Head(where, False, tree, parsed, stamp))

    def _against_tree(self, where: str, tree: Checkpoint) -> Found | None:
        size = self._growing.size
        if tree.size > size:
            return Found(
                None,
                "cut-off",
                f"{where} covers {tree.size:,} entries, but the ledger has only {size:,}: its end was cut off.",
            )
        if self._roots[tree.size] != tree.root:
            return Found(None, "rewritten", f"{where} has another root than the entries: {self._which(tree)}")
        return None

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

    # -- the ledger's keys -----------------------------------------------------------------------------------------

    def _key_entries(self) -> list[tuple[int, bytes, Key]]:
        found = []
        for seq, data in self._db.execute(
            "SELECT seq, CAST(entry AS BLOB) FROM entries WHERE kind <> 'transfer' AND kind = 'key' ORDER BY seq"
        ):
            one = entry.read(data)[0]
            if isinstance(one, Key):
                found.append((seq, data, one))
        return found

    def _key_ranges(self) -> Iterator[tuple[str, _Range]]:
        entries = self._key_entries()
        for (seq, _, one), after in zip(entries, [*entries[1:], None], strict=False):
            for vkey in one.keys:
                last = None if after is None else after[0]
                yield vkey, _Range(seq + 1, last, after is not None and after[2].action == "replacement")

    def _keys_at(self, size: int) -> list[VerifierKey]:
        return [
            parse_vkey(vkey)
            for vkey, (first, last, _) in self._ranges.items()
            if first <= size and (last is None or size <= last)
        ]

    def _key_problems(self) -> Iterator[Found]:
        before: tuple[str, ...] = ()
        for seq, data, one in self._key_entries():
            yield from _key_entry_problems(seq, data, one, before, self._origin)
            before = one.keys

    # -- what the verifier brought ---------------------------------------------------------------------------------

    def brought_problems(self) -> Iterator[Found]:
        """What the checkpoints that the verifier kept say against the ledger."""
        for where, parsed, tree in self._kept:
            if tree.origin != self._origin:
                raise Refused(f"{where} is a checkpoint of {tree.origin}, and this ledger is {self._origin}.")
            if (problem := self._against_tree(f"The checkpoint that you kept ({where})", tree)) is not None:
                yield problem
                continue
            self._heads.append(_Head(where, True, tree, parsed))
        for head in self._heads:
            try:
                self._judged.append(self._judge(head))
            except NotGenuine as error:
                yield Found(None, "checkpoint", f"{head.where} at {head.tree.size:,} entries: {error}")
            yield from self._beyond_rotation(head)

    def _judge(self, head: _Head) -> _Judged:
        trusted = self._brought.trusted
        logs = [log.key for one in trusted.policies for log in one.logs]
        keys = [key for key in dict.fromkeys((*trusted.keys, *logs)) if key.name == self._origin]
        lines = note.verified(head.note, [cosignature.verifier(key) for key in keys])
        signed = {(line.name, line.key_id) for line in lines}
        # Whoever has a lost key could have put its signature into the file.
        counting = [
            key
            for key in keys
            if (key.name, key.key_id) in signed
            and (its := self._ranges.get(key.text())) is not None
            and its.first <= head.tree.size
            and (head.kept or not its.lost)
        ]
        accepted = [policy.accept(one, head.note) for one in trusted.policies]
        asked = [one for one, p in zip(accepted, trusted.policies, strict=True) if p.quorum != policy.NONE]
        quorum = (
            bool(asked)
            and all(one.quorum for one in asked)
            and all(one.logs for one, p in zip(accepted, trusted.policies, strict=True) if p.logs)
            and (bool(counting) or not keys)
        )
        seen = [time for one in asked for time in one.cosigned.values()] if quorum else []
        if head.timestamp is not None and self._brought.authorities:
            try:
                stamped = timestamp.verify(head.timestamp, head.tree.text().encode(), self._brought.authorities)
            except Refused as error:
                raise NotGenuine(str(error)) from None
            seen.append(int(stamped.timestamp()))
        return _Judged(head, frozenset(counting), quorum, max(seen, default=0))

    def _beyond_rotation(self, head: _Head) -> Iterator[Found]:
        for line in head.note.signatures:
            for key in self._brought.trusted.keys:
                its = self._ranges.get(key.text())
                if (line.name, line.key_id) != (key.name, key.key_id) or its is None or its.last is None:
                    continue
                if head.tree.size > its.last:
                    yield Found(
                        None,
                        "key-range",
                        f"{head.where} at {head.tree.size:,} entries is signed by a key given up at {its.last:,}.",
                    )

    def reached(self) -> Reached:
        """Which levels were reached; for a ledger in which nothing was found wrong."""
        trusted, kept = self._brought.trusted, self._kept
        levels, remarks = list[str](), list[str]()
        silent = [key for key in trusted.keys if not any(key in one.signers for one in self._judged)]
        for key in silent:
            remarks.append(f"The key {key.text()[:100]} signed no checkpoint of this ledger within its range.")
        if trusted.keys and not silent:
            levels.append("signed")
        # A kept checkpoint counts where a trusted key signed it; where no key was brought, its keeper's word is all.
        anchors = [one for one in self._judged if one.head.kept and (one.signers or trusted == Trusted())]
        if kept and len(anchors) == len(kept):
            levels.append("anchored")
            if trusted == Trusted():
                remarks.append("Who signed the checkpoint that you kept: no key or policy was given to check it by.")
        elif kept:
            remarks.append("A checkpoint that you gave is signed by no key or log that you trust; it does not count.")
        witnessed = [one for one in self._judged if one.quorum]
        seen = max((one.seen for one in self._judged), default=0)
        when = datetime.fromtimestamp(seen, UTC) if seen else None
        if not self._brought.authorities and (stamps := sum(head.timestamp is not None for head in self._heads)):
            remarks.append(f"The {stamps:,} timestamps in the file: no certificate of an authority was given.")
        if witnessed and self._fresh(when, remarks):
            levels.append("witnessed")
        elif trusted.policies and not witnessed:
            remarks.append("The quorum of the policy cosigned no checkpoint of this ledger.")
        counted = [one for one in self._judged if one.signers or one.quorum or one in anchors]
        covered = max((one.head.tree.size for one in counted), default=0)
        if beyond := self._growing.size - covered:
            those = f"entries after the first {covered:,}" if covered else "entries"
            remarks.append(f"The {beyond:,} {those} are not covered by any checkpoint that counts here.")
        return Reached(tuple(levels), covered, when, remarks)

    def _fresh(self, seen: datetime | None, remarks: list[str]) -> bool:
        limit, now = self._brought.not_older_than, self._brought.now
        if limit is None or now is None or (seen is not None and now - seen <= limit):
            return True
        remarks.append(
            "No cosignature or timestamp that counts gives a time."
            if seen is None
            else f"The newest cosignature or timestamp is of {seen:%Y-%m-%d %H:%M} UTC, older than was asked for."
        )
        return False


def _is_hash(data: object) -> bool:
    return isinstance(data, bytes) and len(data) == 64 and not data.translate(None, b"0123456789abcdef")


def _key_entry_problems(
    seq: int, data: bytes, one: Key, before: tuple[str, ...], origin: str | None
) -> Iterator[Found]:
    members = decode(data)
    assert isinstance(members, dict)
    message = encode({name: value for name, value in members.items() if name != "signatures"})
    wanted = {*one.keys, *(before if one.action == "rotation" else ())}
    if (one.action == "new") is bool(before):
        yield Found(seq, "key", f"It is a {one.action} of the key where that has no place.")
    if {signature.key for signature in one.signatures} != wanted or len(one.signatures) != len(wanted):
        yield Found(seq, "key", "It is not signed by exactly the keys that must sign it.")
    try:
        keys = {vkey: parse_vkey(vkey) for vkey in wanted}
        signatures = [(one.key, note.decode_base64(one.signature)) for one in one.signatures]
    except Refused as error:
        yield Found(seq, "key", f"A key or signature in it cannot be read: {error}")
        return
    if any(key.name != origin for key in keys.values()):
        yield Found(seq, "key", f"It names a key that is not for {origin}.")
    for vkey, signature in signatures:
        if vkey in keys and not verify_bytes(keys[vkey], signature, message):
            yield Found(seq, "key", f"The signature by {vkey[:80]} is not over this entry.")
