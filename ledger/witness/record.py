"""The record of a witness, one SQLite file: which keys it trusts for a log, and the largest tree that it cosigned.

Losing the last write here would be as bad as forging: the witness would cosign a second history of the same log. So
the journal is deleted to commit, with `synchronous=EXTRA` (the folder is synced after that deletion too, without
which a power cut can bring the journal back and undo what was committed; sqlite.org/pragma.html#pragma_synchronous),
and comparing and storing is one `BEGIN IMMEDIATE`, whichever process or thread does it. There is no WAL beside the file
that a copy could leave behind. Triggers stop a record that would shrink, whatever the code above it does.

Never put an older copy of this file back: make a new witness with a new key instead.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from ledger.errors import Busy, Refused
from ledger.tlog import checkpoint, note
from ledger.tlog.note import VerifierKey, parse_vkey
from ledger.witness.decide import Evidence, Recorded

APPLICATION_ID = 0x74667774
"""`tfwt`: what `PRAGMA application_id` says in a witness's record."""

USER_VERSION = 1
WAIT_SECONDS = 10

MOST_EVIDENCE = 1000
"""Of each kind, for each log: one fork proves all, and a log that signs ever more must not fill the disk."""

_STATEMENTS = (
    "CREATE TABLE own (vkey TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    "CREATE TABLE logs (origin TEXT NOT NULL, vkey TEXT NOT NULL, PRIMARY KEY (origin, vkey)) STRICT, WITHOUT ROWID",
    """CREATE TABLE trees (
    origin TEXT PRIMARY KEY,
    origin_sha256 TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    signed BLOB NOT NULL,
    cosigned BLOB NOT NULL,
    time INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE evidence (
    origin TEXT NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    recorded BLOB NOT NULL,
    received BLOB NOT NULL,
    time INTEGER NOT NULL,
    UNIQUE (origin, kind, size, root)
) STRICT""",
    """CREATE TRIGGER trees_grow BEFORE UPDATE ON trees
WHEN NEW.origin IS NOT OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root IS NOT OLD.root)
BEGIN
    SELECT RAISE(ABORT, 'a tree that was cosigned never shrinks or changes');
END""",
    """CREATE TRIGGER trees_no_delete BEFORE DELETE ON trees BEGIN
    SELECT RAISE(ABORT, 'a tree that was cosigned is kept');
END""",
    """CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN
    SELECT RAISE(ABORT, 'evidence is kept as it was');
END""",
    """CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN
    SELECT RAISE(ABORT, 'evidence is kept');
END""",
)


class Kept(NamedTuple):
    """Evidence as it was kept, and when (seconds since 1970)."""

    evidence: Evidence
    time: int


def create(path: Path, own: Sequence[VerifierKey]) -> None:
    """Makes an empty record at `path`, mode 0600, for the witness with these keys. `Refused` where it exists."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise Refused(f"{path} cannot be made: {error.strerror}.") from None
    with _connected(path) as db, writing(db):
        for statement in _STATEMENTS:
            db.execute(statement)
        db.executemany("INSERT INTO own VALUES (?)", [(key.text(),) for key in own])
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {USER_VERSION}")


@contextmanager
def _connected(path: Path) -> Iterator[Connection]:
    # mode=rw: a record that is missing must never become an empty one.
    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT_SECONDS, isolation_level=None
        )
        try:
            db.execute("PRAGMA synchronous = EXTRA")
            yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(f"{path}: another program has been writing for {WAIT_SECONDS} seconds; try again.") from None
        raise Refused(f"{path} cannot be used as a witness's record: {error}.") from None


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """The record at `path`. `Refused` where it is none, or SQLite cannot go on; `Busy` where others hold it long."""
    with _connected(path) as db:
        marks = tuple(db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if marks != (APPLICATION_ID, USER_VERSION):
            raise Refused(f"{path} is not a witness's record of version {USER_VERSION}.")
        yield db


@contextmanager
def writing(db: Connection) -> Iterator[None]:
    """One transaction in which nobody else writes; committed, and on the disk, when it ends without an error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def own(db: Connection) -> set[str]:
    """The verifier keys of the witness whose record this is."""
    return {vkey for (vkey,) in db.execute("SELECT vkey FROM own")}


def keys(db: Connection, origin: str) -> list[VerifierKey]:
    """The keys that are trusted for the log `origin`, none where it is not known."""
    # In the order of their names and ids: which came first says nothing.
    return [
        parse_vkey(vkey) for (vkey,) in db.execute("SELECT vkey FROM logs WHERE origin = ? ORDER BY vkey", (origin,))
    ]


def origins(db: Connection) -> list[str]:
    """The logs that are known, sorted."""
    return [origin for (origin,) in db.execute("SELECT DISTINCT origin FROM logs ORDER BY origin")]


def trust(db: Connection, origin: str, key: VerifierKey) -> None:
    """Trusts `key` for the log `origin`, from now on."""
    db.execute("INSERT INTO logs VALUES (?, ?) ON CONFLICT DO NOTHING", (origin, key.text()))


def tree(db: Connection, origin: str) -> Recorded | None:
    """What was cosigned last of the log `origin`. `Refused` where the row contradicts itself."""
    row = db.execute("SELECT size, root, signed, cosigned, time FROM trees WHERE origin = ?", (origin,)).fetchone()
    if row is None:
        return None
    size, root, signed, cosigned, time = row
    found = checkpoint.parse(note.parse(signed).text)
    if (found.origin, found.size, found.root) != (origin, size, root):
        raise Refused(f"The record of {origin[:80]} is damaged; nothing is cosigned with it.")
    return Recorded(found, signed, cosigned, time)


def store(db: Connection, new: Recorded) -> None:
    """Records `new` as cosigned; inside `writing`, in which `tree` was read."""
    origin = new.tree.origin
    db.execute(
        "INSERT INTO trees VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET size = excluded.size, "
        "root = excluded.root, signed = excluded.signed, cosigned = excluded.cosigned, time = excluded.time",
        (origin, sha256(origin.encode()).hexdigest(), new.tree.size, new.tree.root, new.signed, new.cosigned, new.time),
    )


def cosigned(db: Connection, origin_sha256: str) -> bytes | None:
    """The newest cosigned checkpoint of the log whose origin has this SHA-256 in hex."""
    row = db.execute("SELECT cosigned FROM trees WHERE origin_sha256 = ?", (origin_sha256,)).fetchone()
    return row[0] if row else None


def keep(db: Connection, evidence: Evidence, time: int) -> None:
    """Keeps `evidence` for ever, once; inside `writing`. Beyond `MOST_EVIDENCE` of a kind, no more is kept."""
    found = checkpoint.parse(note.parse(evidence.received).text)
    row = (found.origin, evidence.kind, found.size, found.root, evidence.recorded, evidence.received, time)
    (count,) = db.execute("SELECT count(*) FROM evidence WHERE origin = ? AND kind = ?", row[:2]).fetchone()
    if count < MOST_EVIDENCE:
        db.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)


def kept(db: Connection, origin: str) -> list[Kept]:
    """The evidence against the log `origin`, the oldest first."""
    rows = db.execute("SELECT kind, recorded, received, time FROM evidence WHERE origin = ? ORDER BY rowid", (origin,))
    return [Kept(Evidence(kind, recorded, received), time) for kind, recorded, received, time in rows]
