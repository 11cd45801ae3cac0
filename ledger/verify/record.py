"""The chain, entry by entry: hash, link, form, disclosures, documents and what one entry says of another.

It streams: entries come in order, a run of them at a time with the disclosures that are theirs, and nothing is kept
that grows with the ledger. A run in which all is well (`clean`) is not looked at closer. What an entry says of
another (a correction, an erasure, a batch) is looked up by its place.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import gt
from typing import NamedTuple

from ledger import disclosure, entry, forms
from ledger.errors import Refused
from ledger.london import utc_text
from ledger.members import (
    AnyEntry,
    Attestation,
    Batch,
    Cited,
    Closing,
    Confirmation,
    Correction,
    Erasure,
    Genesis,
    Register,
    Review,
    Transfer,
    kind_of,
)
from ledger.verify.clean import MAY_CARRY, Kept, Row, clean


class Found(NamedTuple):
    """One problem: the entry (None for the file), a code, a sentence, and whether it is only a warning."""

    seq: int | None
    problem: str
    message: str
    warning: bool = False


CLOCKS_DIFFER = timedelta(minutes=5)
"""So far two clocks may be apart and both be right enough."""

FAR = timedelta(days=366)
"""A transfer that is recorded further ahead than this was not planned, but mistyped."""


def ahead(one: AnyEntry, seq: int, now: datetime, before: datetime | None) -> Iterator[Found]:
    """A warning for each time in an entry that lies in the future of the verifier's clock, which says `now`.

    `before` is when the entry before it was recorded: of several in a row that a clock put into the future, the first
    is named.
    """
    here, latest = utc_text(now.replace(microsecond=0)), now + CLOCKS_DIFFER
    if one.recorded_at > latest and (before is None or before <= latest):
        at = utc_text(one.recorded_at)
        message = f"It was recorded at {at}, which is later than now ({here} by the clock of this computer)."
        yield Found(seq, "clock-ahead", message, True)
    day = one.transferred_on if isinstance(one, (Transfer, Correction)) else None
    if day is not None and day > (now + FAR).date():
        message = f"Its transfer is dated {day}, more than a year after now ({here} by the clock of this computer)."
        yield Found(seq, "dated-ahead", message, True)


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
        if value.name != name or (value.name, kind) not in MAY_CARRY or forms.text_problem(name, value.value):
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


def _cited(db: sqlite3.Connection, what: str, seq: int, cited: Cited, kind: type[AnyEntry] | None) -> Iterator[Found]:
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
        case Confirmation(confirms=confirmed, seen=seen):
            yield from _cited(db, "was made after", seq, seen, None)
            for place in confirmed:
                row = db.execute("SELECT entry FROM entries WHERE seq = ?", (place,)).fetchone()
                there = entry.read(row[0])[0] if row and place <= seen.seq else None
                if not isinstance(there, (Correction, Review)):
                    yield Found(seq, "citation", f"It confirms entry {place}, which is no correction or decision.")
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
        case Attestation(size=count, head=head):
            row = db.execute("SELECT entry FROM entries WHERE seq = ?", (count - 1,)).fetchone()
            if count > seq or row is None or entry.leaf_hash(row[0]) != head:
                yield Found(
                    seq,
                    "citation",
                    f"It attests {count} entries that end in the hash {head[:12]}…, which are not there.",
                )
        case Closing() if seq != size - 1:
            after = db.execute("SELECT entry FROM entries WHERE seq > ? ORDER BY seq", (seq,))
            if not all(isinstance(entry.read(data)[0], Erasure) for (data,) in after):
                yield Found(seq, "kind-out-of-place", "A closing stands before an entry that is no erasure.")


_RUN = 128
"""So many entries are looked at together: enough to pay for the calls, few enough to stay in the processor's cache."""

_ENTRIES = "SELECT seq, entry, hash FROM entries ORDER BY seq"
_KEPT = (
    "SELECT seq, digest, name, disclosure FROM disclosures INDEXED BY disclosures_seq "
    "WHERE seq BETWEEN ? AND ? ORDER BY seq, rowid"
)
_FIRST, _LAST = -(2**63), 2**63 - 1


def walk(
    db: sqlite3.Connection,
    size: int,
    done: Callable[[int], None] = lambda count: None,
    leaves: Callable[[list[bytes]], None] = lambda hashes: None,
    now: datetime | None = None,
) -> Iterator[Found]:
    """Every problem of the `size` entries in `db` (its `text_factory` is bytes), in their order; streams.

    `leaves` is given the entries' hashes, as recomputed, for the tree that is made of them. `now` is the verifier's
    clock; without one, no time is too late.
    """
    record = Record(db, size, leaves, now)
    rows = db.execute(_ENTRIES)
    after = _FIRST  # a disclosure of an entry before the first is a stray one too
    while run := rows.fetchmany(_RUN):
        yield from record.read(run, db.execute(_KEPT, (after, run[-1][0])).fetchall())
        after = record.last + 1
        done(after)
    for owner in sorted({row[0] for row in db.execute(_KEPT, (after, _LAST))}):
        yield _stray(owner)
    done(size)


def _stray(owner: int) -> Found:
    return Found(owner, "disclosure-stray", f"A value is kept for entry {owner}, which does not exist.")


class Record:
    """The chain so far: what the next entry must follow. `read` takes it a run of entries at a time."""

    def __init__(
        self, db: sqlite3.Connection, size: int, leaves: Callable[[list[bytes]], None], now: datetime | None
    ) -> None:
        self._db = db
        self._now = now
        self._leaves = leaves
        self._size = size
        self.last = -1
        self.prev = entry.NO_PREV
        self._clock: datetime | None = None
        self._batch = -1

    def read(self, rows: Sequence[Row], kept: Sequence[Kept]) -> Iterator[Found]:
        """Every problem of the next `rows`, whose disclosures are `kept`."""
        found = clean(rows, self.last + 1, self.prev, kept)
        if found is None:
            yield from self._closely(rows, kept)
            return
        entries, hashes = found
        self._leaves(hashes)
        times = [one.recorded_at for one in entries]
        batches = {one.batch.seq for one in entries if type(one) is Transfer and one.batch is not None}
        if (
            self.last < 0
            or batches - {self._batch}
            or any(map(gt, [self._clock or times[0], *times], times))
            or (self._now is not None and self._any_ahead(entries, times, self._now))
        ):
            for one in entries:
                yield from self._among_others(one)
        else:
            self._clock = times[-1]
            for one in entries:
                if type(one) is not Transfer:
                    yield from _relations(self._db, one, one.seq, self._size)
        self.last, self.prev = rows[-1][0], hashes[-1].hex()

    def _any_ahead(self, entries: Sequence[AnyEntry], times: list[datetime], now: datetime) -> bool:
        latest = (now + FAR).date()
        recorded = (self._clock is None or self._clock <= now + CLOCKS_DIFFER) and max(times) > now + CLOCKS_DIFFER
        return recorded or any(
            one.transferred_on is not None and one.transferred_on > latest
            for one in entries
            if isinstance(one, (Transfer, Correction))
        )

    def _closely(self, rows: Sequence[Row], kept: Sequence[Kept]) -> Iterator[Found]:
        of: dict[int, list[tuple[bytes, bytes, bytes]]] = {}
        for owner, digest, name, text in kept:
            of.setdefault(owner, []).append((digest, name, text))
        yield from map(_stray, sorted(of.keys() - {row[0] for row in rows}))
        for seq, data, stored in rows:
            if seq != self.last + 1:
                yield Found(
                    seq,
                    "gap",
                    f"Entry {seq} follows entry {self.last}: {abs(seq - self.last - 1)} are missing.",
                )
            self.last = seq
            if not isinstance(data, bytes) or not isinstance(stored, bytes):
                yield Found(seq, "not-text", "The entry or its hash is not text.")
                continue
            hash_ = entry.leaf_hash(data)
            self._leaves([bytes.fromhex(hash_)])
            if hash_.encode() != stored:
                yield Found(
                    seq,
                    "hash",
                    f"Its bytes have the hash {hash_[:12]}…, but {stored[:12].decode('ascii', 'replace')}… is kept.",
                )
            one, problems = entry.read(data)
            for problem in problems:
                yield Found(seq, problem.code, problem.message)
            prev, self.prev = self.prev, hash_
            if one is None:
                continue
            if one.seq != seq:
                yield Found(seq, "seq", f"The entry says that it is number {one.seq}, but it lies at {seq}.")
            if one.prev != prev:
                yield Found(
                    seq,
                    "link",
                    f"It follows an entry with the hash {one.prev[:12]}…, but the one before has {prev[:12]}….",
                )
            if one.sd or seq in of:
                kind = kind_of(one)
                yield from _disclosure_problems(self._db, seq, kind, one.sd, of.get(seq, []))
            yield from self._among_others(one, seq)

    def _among_others(self, one: AnyEntry, at: int | None = None) -> Iterator[Found]:
        """What is wrong with a readable entry beside the others; `at` is where it lies, if not where it says."""
        seq = one.seq if at is None else at
        clock, self._clock = self._clock, one.recorded_at
        if clock is not None and one.recorded_at < clock:
            yield Found(
                seq,
                "clock-backwards",
                f"It was recorded at {utc_text(one.recorded_at)}, before its predecessor ({utc_text(clock)}).",
                True,
            )
        if self._now is not None:
            yield from ahead(one, seq, self._now, clock)
        if type(one) is not Transfer:
            yield from _relations(self._db, one, seq, self._size)
        elif one.batch is not None and one.batch.seq != self._batch:
            row = self._db.execute("SELECT entry FROM entries WHERE seq = ?", (one.batch.seq,)).fetchone()
            there = entry.read(row[0])[0] if row else None
            if isinstance(there, Batch) and one.batch.seq < seq:
                self._batch = one.batch.seq
            else:
                yield Found(seq, "citation", f"It names entry {one.batch.seq} as its import, which is none.")
        if seq == 0 and type(one) is not Genesis:
            yield Found(0, "no-genesis", "The first entry is no genesis, so nothing says whose ledger this is.")
