"""What an auditor reads of a ledger besides its transfers: checkpoints, keys, erasures, reports, and how many of what.

All of it is of the ledger's first so many entries, and of the first so many rows of its checkpoints: these are in no
entry, and so what was signed later would otherwise change a report that is made again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar

import msgspec

from ledger import timestamp
from ledger.errors import Refused
from ledger.london import from_seconds
from ledger.members import AnyEntry, Attestation, Confirmation, Continued, Erasure, Genesis, Key, Person
from ledger.source import Source
from ledger.tlog import checkpoint, cosignature, note
from ledger.tlog.note import SignatureLine, parse_vkey
from reports.documents.findings import VERDICTS
from reports.documents.heartbeats import Heartbeat
from reports.documents.recount import Recount, recount

_LAST_YEAR = 2999
"""As in `ledger.london`: a cosignature may name a second beyond the calendar."""

_Kind = TypeVar("_Kind", bound=AnyEntry)


class Signer(NamedTuple):
    """Whose signature stands below a checkpoint: the key's name and id (hex), and the time that a cosignature states.

    `at` is None where it states none that the calendar has.
    """

    name: str
    key_id: str
    at: datetime | None = None

    def __str__(self) -> str:
        """As a table shows it."""
        return f"{self.name} (key {self.key_id})"


class Kept(NamedTuple):
    """One row of the ledger's checkpoints, the `number`th from 1, its signatures told apart and none of them verified.

    `signed` are the ledger's own keys for that size, `cosigned` those whose signature has the form of a witness's,
    `others` any other. `root` is base64, as in the note, and "" where the row is no checkpoint of this ledger: then
    `problem` says why. `stamped` is the time that its timestamp states, `stamp` whether it has one at all.
    """

    number: int
    size: int
    root: str
    signed: tuple[Signer, ...] = ()
    cosigned: tuple[Signer, ...] = ()
    others: tuple[Signer, ...] = ()
    stamp: bool = False
    stamped: datetime | None = None
    problem: str = ""


class Sealed(NamedTuple):
    """An entry's place and hash."""

    seq: int
    hash: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of the first `size` entries. `began` is when the first was recorded, by the ledger's own clock;
    `continues` is the ledger that this one follows, if it follows one.

    `checkpoints` are in the order in which they were kept; `heartbeats`, by their time, are what others say in them.
    `people` are the codes issued to them, the first person's too; `confirmations` what second persons confirmed.
    `counts` are those of entries and checkpoints, each with the statement that gives it.
    """

    size: int
    began: datetime
    continues: Continued | None
    checkpoints: tuple[Kept, ...]
    heartbeats: tuple[Heartbeat, ...]
    keys: tuple[tuple[Sealed, Key], ...]
    erasures: tuple[tuple[Sealed, Erasure], ...]
    people: tuple[tuple[Sealed, Genesis | Person], ...]
    confirmations: tuple[tuple[Sealed, Confirmation], ...]
    attestations: tuple[tuple[Sealed, Attestation], ...]
    counts: tuple[Recount, ...]


def kept_of(source: Source) -> tuple[tuple[Kept, ...], tuple[Heartbeat, ...]]:
    """The checkpoints that the ledger keeps now, and what others say in them, without the rest of the record."""
    found = _all_kept(source, source.genesis().origin, tuple(_entries(source, source.head.size, "key", Key)), None)
    return found, tuple(_heartbeats(source, source.head.size, found))


def _all_kept(
    source: Source, origin: str, keys: tuple[tuple[Sealed, Key], ...], checkpoints: int | None
) -> tuple[Kept, ...]:
    rows = source.db.execute(
        "SELECT size, CAST(note AS BLOB), timestamp FROM checkpoints ORDER BY rowid LIMIT ?",
        (-1 if checkpoints is None else checkpoints,),
    )
    return tuple(
        _kept(number, of, bytes(data), stamp, origin, keys) for number, (of, data, stamp) in enumerate(rows, start=1)
    )


def record(source: Source, size: int, checkpoints: int | None = None) -> Record:
    """The record of the first `size` entries of an open ledger, with its first `checkpoints` rows of them (None: all).

    `Refused` where one of these entries cannot be read.
    """
    genesis = source.genesis()
    keys = tuple(_entries(source, size, "key", Key))
    found = _all_kept(source, genesis.origin, keys, checkpoints)
    return Record(
        size=size,
        began=genesis.recorded_at,
        continues=genesis.continues,
        checkpoints=found,
        heartbeats=tuple(_heartbeats(source, size, found)),
        keys=keys,
        erasures=tuple(_entries(source, size, "erasure", Erasure)),
        people=(*_entries(source, size, "genesis", Genesis), *_entries(source, size, "person", Person)),
        confirmations=tuple(_entries(source, size, "confirmation", Confirmation)),
        attestations=tuple(_entries(source, size, "attestation", Attestation)),
        counts=tuple(_counts(source.db, size, len(found))),
    )


def _entries(source: Source, size: int, kind: str, of: type[_Kind]) -> Iterator[tuple[Sealed, _Kind]]:
    seqs = source.db.execute(
        "SELECT seq FROM entries WHERE kind <> 'transfer' AND kind = ? AND seq < ? ORDER BY seq", (kind, size)
    ).fetchall()
    for (seq,) in seqs:
        found = source.entry(seq)
        if found is None or not isinstance(found[0], of):
            raise Refused(
                f"{source.path}: entry {seq} is found as a {kind} and is none; `transfer-ledger verify` says more."
            )
        yield Sealed(seq, found[2]), found[0]


def _own(keys: Sequence[tuple[Sealed, Key]], size: int) -> frozenset[tuple[str, bytes]]:
    # A key signs from the size that includes its own entry up to the size before the next key's.
    return next((_named_by(one.keys) for at, one in reversed(keys) if at.seq < size), frozenset())


@lru_cache(maxsize=16)
def _named_by(vkeys: tuple[str, ...]) -> frozenset[tuple[str, bytes]]:
    found = set()
    for vkey in vkeys:
        try:
            key = parse_vkey(vkey)
        except Refused:
            continue  # verification says what is wrong with it
        found.add((key.name, key.key_id))
    return frozenset(found)


def _kept(
    number: int, size: int, data: bytes, stamp: bytes | None, origin: str, keys: Sequence[tuple[Sealed, Key]]
) -> Kept:
    try:
        parsed = note.parse(data)
        tree = checkpoint.parse(parsed.text)
        if (tree.origin, tree.size) != (origin, size):
            raise Refused(f"It is one of {tree.origin[:80]} at {tree.size:,} entries.")
        stamped = None if stamp is None else _named(timestamp.claimed(stamp))
    except Refused as error:
        return Kept(number, size, "", stamp=stamp is not None, problem=str(error))
    own = _own(keys, size)
    signed, cosigned, others = list[Signer](), list[Signer](), list[Signer]()
    for line in parsed.signatures:
        if (line.name, line.key_id) in own:
            signed.append(Signer(line.name, line.key_id.hex()))
            continue
        (cosigned if _is_cosignature(line) else others).append(_signer(line))
    return Kept(
        number=number,
        size=size,
        root=note.base64(tree.root),
        signed=tuple(signed),
        cosigned=tuple(cosigned),
        others=tuple(others),
        stamp=stamp is not None,
        stamped=stamped,
    )


def _is_cosignature(line: SignatureLine) -> bool:
    try:
        cosignature.timestamp(line.signature)
    except Refused:
        return False
    return True


def _signer(line: SignatureLine) -> Signer:
    seconds = cosignature.timestamp(line.signature) if _is_cosignature(line) else 0
    # A time of 0 says nothing about when.
    return Signer(line.name, line.key_id.hex(), _named(from_seconds(seconds)) if seconds else None)


def _named(moment: datetime) -> datetime | None:
    return moment.replace(microsecond=0) if moment.year <= _LAST_YEAR else None


def _heartbeats(source: Source, size: int, rows: Sequence[Kept]) -> list[Heartbeat]:
    # Who adds a timestamp to a row that was cosigned writes the cosignature down again: it is one heartbeat.
    found: dict[tuple[datetime, int, str, str], Heartbeat] = {}
    clocks: dict[int, datetime | None] = {}
    for row in rows:
        if row.problem:
            continue
        if row.size not in clocks:
            last = source.entry(row.size - 1) if row.size <= size else None
            clocks[row.size] = None if last is None else last[0].recorded_at
        clock = clocks[row.size]
        for one in row.cosigned:
            if one.at is not None:
                heartbeat = Heartbeat(one.at, row.size, "cosignature", one.name, clock)
                found.setdefault(heartbeat[:4], heartbeat)
        if row.stamped is not None:
            heartbeat = Heartbeat(row.stamped, row.size, "timestamp", "", clock)
            found.setdefault(heartbeat[:4], heartbeat)
    return sorted(found.values())


def _counts(db: sqlite3.Connection, size: int, checkpoints: int) -> Iterator[Recount]:
    def count(id_: str, label: str, where: str) -> Recount:
        return recount(db, id_, label, f"SELECT count(*) FROM entries WHERE {where} AND seq < {size}")

    def of(kind: str, more: str = "") -> str:
        # So put, the partial index on the kinds other than transfers serves it.
        return f"kind <> 'transfer' AND kind = '{kind}'" + (f" AND {more}" if more else "")

    yield recount(db, "entries", "entries", f"SELECT count(*) FROM entries WHERE seq < {size}")
    # With the id, of which every transfer has one, the index on it serves.
    yield count("transfers-recorded", "transfers recorded", "kind = 'transfer' AND id > ''")
    yield count("corrections", "corrections, withdrawals included", of("correction"))
    yield count("withdrawals", "withdrawals", of("correction", "withdrawn = 1"))
    yield count("imports", "imports", of("batch"))
    yield count("organisations", "entries on organisations", of("organisation"))
    yield count("registers", "adoptions of documented purposes", of("register"))
    yield count("refusals", "refusals recorded", of("refusal"))
    for outcome, label in (("refused", "requests refused"), ("met-in-part", "requests met in part")):
        yield count(f"refusals-{outcome}", label, of("refusal", f"json_extract(entry, '$.outcome') = '{outcome}'"))
    yield count("decisions", "decisions sealed", of("review"))
    for verdict, words in VERDICTS.items():
        yield count(
            f"decisions-{verdict}",
            f"decisions: {words}",
            of("review", f"json_extract(entry, '$.decision') = '{verdict}'"),
        )
    yield count(
        "decisions-replaced",
        "decisions that replace an earlier one",
        of("review", "json_extract(entry, '$.replaces.seq') IS NOT NULL"),
    )
    yield count(
        "advice", "of them advice of the data protection officer", of("review", "json_extract(entry, '$.advice')")
    )
    yield count("people", "entries on people", of("person"))
    yield count("confirmations", "confirmations by a second person", of("confirmation"))
    yield count("keys", "key entries", of("key"))
    for action, label in (
        ("new", "first keys"),
        ("rotation", "rotations of the key"),
        ("replacement", "keys replaced after a loss"),
    ):
        yield count(f"keys-{action}", label, of("key", f"json_extract(entry, '$.action') = '{action}'"))
    yield count("erasures", "values erased", of("erasure"))
    yield count("attestations", "reports attested", of("attestation"))
    yield count("closings", "closings", of("closing"))
    kept = f"FROM (SELECT size, timestamp FROM checkpoints ORDER BY rowid LIMIT {checkpoints})"
    yield recount(db, "checkpoints", "checkpoints kept in the file", f"SELECT count(*) {kept}")
    yield recount(db, "checkpoint-sizes", "different sizes among them", f"SELECT count(DISTINCT size) {kept}")
    yield recount(db, "timestamps", "timestamps kept with them", f"SELECT count(timestamp) {kept}")
    yield recount(
        db,
        "entries-after-checkpoint",
        "entries after the newest checkpoint",
        f"SELECT max(0, {size} - coalesce(max(size), 0)) {kept}",
    )
