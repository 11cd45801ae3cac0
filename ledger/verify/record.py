"""The chain, entry by entry: hash, link, form, disclosures, documents and what one entry says of another.

It streams: rows come in order from two cursors, entries and disclosures, and nothing is kept that grows with the
ledger. What an entry says of another (a correction, an erasure, a batch) is looked up by its place.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from ledger import disclosure, entry
from ledger.errors import Refused
from ledger.london import utc_text
from ledger.members import (
    ERASABLE,
    AnyEntry,
    Cited,
    Closing,
    Correction,
    Erasure,
    Genesis,
    Register,
    Review,
    Transfer,
)


class Found(NamedTuple):
    """One problem: the entry (None for the file), a code, a sentence, and whether it is only a warning."""

    seq: int | None
    problem: str
    message: str
    warning: bool = False


_MAY_CARRY = {(erasable.name, kind) for erasable in ERASABLE for kind in erasable.kinds}


class _Disclosures:
    """The disclosures in the order of their entries, one group at a time."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._rows = iter(
            db.execute("SELECT seq, digest, name, disclosure FROM disclosures INDEXED BY disclosures_seq ORDER BY seq")
        )
        self._next = next(self._rows, None)

    def of(self, seq: int) -> tuple[list[tuple[bytes, bytes, bytes]], list[int]]:
        """The rows (digest, name, text) of entry `seq`, and the seqs of rows that belong to no entry before it."""
        rows, stray = [], []
        while self._next is not None and self._next[0] <= seq:
            if self._next[0] == seq:
                rows.append(self._next[1:])
            else:
                stray.append(self._next[0])
            self._next = next(self._rows, None)
        return rows, stray


def _disclosure_problems(
    db: sqlite3.Connection, seq: int, kind: str, sealed: tuple[str, ...], rows: list[tuple[bytes, bytes, bytes]]
) -> Iterator[Found]:
    missing = set(sealed)
    for stored, name_bytes, text_bytes in rows:
        name = name_bytes.decode("utf-8", "replace")
        digest = disclosure.base64url(hashlib.sha256(text_bytes).digest())
        if digest not in missing or stored != digest.encode():
            yield Found(seq, "disclosure-altered", f"The value kept as {name} is not one that the entry sealed.")
            continue
        missing.discard(digest)
        try:
            value = disclosure.read(text_bytes.decode("ascii"))
        except (Refused, UnicodeDecodeError) as error:
            yield Found(seq, "disclosure-malformed", f"The value kept as {name} cannot be read: {error}")
            continue
        if value.name != name or (value.name, kind) not in _MAY_CARRY or entry.text_problem(name, value.value):
            yield Found(seq, "disclosure-malformed", f"The value kept as {name} is not a value that a {kind} carries.")
    for digest in sorted(missing):
        if not _erased(db, seq, digest):
            yield Found(
                seq,
                "disclosure-missing",
                f"The value sealed as {digest} is gone, and no erasure entry says that it was erased.",
            )


def _erased(db: sqlite3.Connection, seq: int, digest: str) -> bool:
    rows = db.execute(
        "SELECT entry FROM entries WHERE kind = 'erasure' AND erased_digest = CAST(? AS TEXT)", (digest,)
    ).fetchall()
    found = (entry.read(text)[0] for (text,) in rows)
    return any(isinstance(one, Erasure) and one.digest == digest and one.erases.seq == seq for one in found)


def _cited(db: sqlite3.Connection, what: str, seq: int, cited: Cited, kind: type[AnyEntry]) -> Iterator[Found]:
    row = db.execute("SELECT entry FROM entries WHERE seq = ?", (cited.seq,)).fetchone()
    there = entry.read(row[0])[0] if row and cited.seq < seq else None
    if row is None or there is None or entry.leaf_hash(row[0]) != cited.hash or (kind and not isinstance(there, kind)):
        yield Found(
            seq, "citation", f"It {what} entry {cited.seq} with the hash {cited.hash[:12]}…, which is not there."
        )


def _relations(db: sqlite3.Connection, one: AnyEntry, seq: int, size: int) -> Iterator[Found]:
    match one:
        case Genesis() if seq != 0:
            yield Found(seq, "kind-out-of-place", "A genesis stands after the first entry.")
        case Correction(corrects=cited, id=id_):
            yield from _cited(db, "corrects", seq, cited, Transfer)
            row = db.execute("SELECT entry FROM entries WHERE seq = ?", (cited.seq,)).fetchone()
            there = entry.read(row[0])[0] if row else None
            if isinstance(there, Transfer) and there.id != id_:
                yield Found(
                    seq, "citation", f"It corrects entry {cited.seq}, whose id is {there.id}, under the id {id_}."
                )
        case Review(replaces=Cited() as cited):
            yield from _cited(db, "replaces", seq, cited, Review)
        case Erasure(erases=cited, digest=digest):
            row = db.execute("SELECT entry FROM entries WHERE seq = ?", (cited.seq,)).fetchone()
            there = entry.read(row[0])[0] if row and cited.seq < seq else None
            if there is None or entry.leaf_hash(row[0]) != cited.hash or digest not in there.sd:
                yield Found(seq, "citation", f"It erases a value that entry {cited.seq} does not seal.")
            if db.execute("SELECT 1 FROM disclosures WHERE digest = CAST(? AS TEXT)", (digest,)).fetchone():
                yield Found(
                    seq, "not-erased", f"It says that a value of entry {cited.seq} was erased, but it is still there."
                )
        case Register(sha256=sha256):
            row = db.execute("SELECT content FROM documents WHERE sha256 = CAST(? AS TEXT)", (sha256,)).fetchone()
            if row is None:
                yield Found(seq, "document-missing", f"The document {sha256[:12]}… that it seals is not in the file.")
            elif hashlib.sha256(row[0]).hexdigest() != sha256:
                yield Found(
                    seq, "document-altered", f"The document kept as {sha256[:12]}… is not the one that it sealed."
                )
        case Closing() if seq != size - 1:
            yield Found(seq, "kind-out-of-place", "A closing stands before the last entry.")


def walk(db: sqlite3.Connection, size: int, done: Callable[[int], None] = lambda count: None) -> Iterator[Found]:
    """Every problem of the `size` entries in `db` (its `text_factory` is bytes), in their order; streams."""
    disclosures = _Disclosures(db)
    rows = db.execute("SELECT seq, entry, hash FROM entries ORDER BY seq")
    expected, prev, clock = 0, entry.NO_PREV, None
    batches: tuple[int, int] = (-1, 0)
    for seq, data, stored in rows:
        if seq != expected:
            yield Found(seq, "gap", f"Entry {seq} follows entry {expected - 1}: {abs(seq - expected)} are missing.")
        expected = seq + 1
        if not isinstance(data, bytes) or not isinstance(stored, bytes):
            yield Found(seq, "not-text", "The entry or its hash is not text.")
            continue
        hash_ = entry.leaf_hash(data)
        if hash_.encode() != stored:
            yield Found(
                seq,
                "hash",
                f"Its bytes have the hash {hash_[:12]}…, but {stored[:12].decode('ascii', 'replace')}… is kept.",
            )
        one, problems = entry.read(data)
        for problem in problems:
            yield Found(seq, problem.code, problem.message)
        own, stray = disclosures.of(seq)
        for owner in stray:
            yield Found(owner, "disclosure-stray", f"A value is kept for entry {owner}, which does not exist.")
        if one is None:
            prev = hash_
            continue
        if one.seq != seq:
            yield Found(seq, "seq", f"The entry says that it is number {one.seq}, but it lies at {seq}.")
        if one.prev != prev:
            yield Found(
                seq, "link", f"It follows an entry with the hash {one.prev[:12]}…, but the one before has {prev[:12]}…."
            )
        prev = hash_
        if seq == 0 and not isinstance(one, Genesis):
            yield Found(0, "no-genesis", "The first entry is no genesis, so nothing says whose ledger this is.")
        if isinstance(clock, datetime) and one.recorded_at < clock:
            yield Found(
                seq,
                "clock-backwards",
                f"It was recorded at {utc_text(one.recorded_at)}, before its predecessor ({utc_text(clock)}).",
                True,
            )
        clock = one.recorded_at
        if own or one.sd:
            yield from _disclosure_problems(db, seq, str(one.__struct_config__.tag), one.sd, own)
        if isinstance(one, Transfer):
            if one.batch is not None and one.batch.seq != batches[0]:
                row = db.execute("SELECT entry FROM entries WHERE seq = ?", (one.batch.seq,)).fetchone()
                there = entry.read(row[0])[0] if row else None
                if there is None or there.__struct_config__.tag != "batch" or one.batch.seq >= seq:
                    yield Found(seq, "citation", f"It names entry {one.batch.seq} as its import, which is none.")
                else:
                    batches = (one.batch.seq, 0)
        else:
            yield from _relations(db, one, seq, size)
        if seq % 5000 == 0:
            done(seq)
    for owner in disclosures.of(2**63 - 1)[1]:
        yield Found(owner, "disclosure-stray", f"A value is kept for entry {owner}, which does not exist.")
    done(size)
