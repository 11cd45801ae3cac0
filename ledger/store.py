"""The one module that writes entries: opening a ledger for writing, and the statements that append.

Every append happens inside `writing`, one `BEGIN IMMEDIATE` transaction: the head is read and the entry inserted
under the same lock, so two writers can never fork the chain, and the Merkle tiles that an append completes are kept
with it. What SQLite says goes out as a sentence.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Busy, Refused
from ledger.fileset import place_taken, refuse_cut_short, refuse_incomplete
from ledger.header import header_problem
from ledger.schema import APPLICATION_ID, OLDEST_SQLITE, STATEMENTS, USER_VERSION, differs
from ledger.seal import Head, Sealed
from ledger.tlog import tiles
from ledger.tlog.merkle import HASH_BYTES

WAIT_SECONDS = 10
"""How long a second writer waits for the first."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "fuse.rclone", "fuse.davfs"})
_SYNCHRONISED = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "nextcloud", "owncloud")


def sqlite_problem() -> str | None:
    """Why this machine's SQLite cannot hold a ledger, or None."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return (
            f"Python's SQLite here is {sqlite3.sqlite_version}; a ledger needs 3.37 or later. Install a newer Python."
        )
    return None


def _mount_type(path: Path) -> str:
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    best, found = -1, ""
    for line in lines:
        parts = line.split(" ")
        if len(parts) > 2:
            point = parts[1].replace("\\040", " ")
            if (str(path) + "/").startswith(point.rstrip("/") + "/") and len(point) >= best:
                best, found = len(point), parts[2]
    return found


def place_problem(path: Path, mount_type: str | None = None) -> str | None:
    """Why a ledger must not be written at `path`: WAL is unsafe where the file is shared or synchronised."""
    # Links are followed: what counts is where SQLite keeps the file, and its WAL beside it.
    folder = Path(os.path.realpath(path)).parent
    kind = _mount_type(folder) if mount_type is None else mount_type
    if kind in _NETWORK or str(folder).startswith(("//", "\\\\")):
        kind = kind or "UNC path"
        return f"{folder} is on a network drive ({kind}), where SQLite's WAL can lose entries; use a local disk."
    for part in folder.parts:
        if part.lower().startswith(_SYNCHRONISED):
            return f"{folder} is synchronised by {part}, which copies half-written files; keep the ledger outside it."
    return None


def altered(error: sqlite3.Error) -> str | None:
    """What `error` says where SQLite met what no writer of ours leaves, or None. The text itself is never repeated."""
    if "decode to UTF-8" in str(error):
        found = "holds text that is not UTF-8"
    elif "malformed JSON" in str(error):
        found = "holds an entry that is no JSON"
    else:
        return None
    return f"{found}, so it was altered or is damaged; `transfer-ledger verify` says more."


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turns what SQLite says of the ledger at `path` into a `Refused` sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if (why := altered(error)) is not None:
            raise Refused(f"{path} {why}") from None
        if "locked" in text or "busy" in text:
            raise Busy(
                f"{path}: another program has been writing to the ledger for {WAIT_SECONDS} seconds; try again later."
            ) from None
        if "full" in text or "disk I/O" in text:
            raise Refused(
                f"{path}: the disk is full or failing ({text}); nothing was recorded. Make room, try again."
            ) from None
        if "readonly" in text or "unable to open" in text:
            raise Refused(
                f"{path}: the ledger cannot be written to here ({text}); check the folder's permissions."
            ) from None
        raise Refused(f"{path}: SQLite cannot go on: {text}.") from None
    except sqlite3.DatabaseError as error:
        if "ledger is closed" in str(error):  # the trigger says so
            raise Refused(f"{path}: {error}; nothing was recorded.") from None
        raise Refused(f"{path}: this is not a usable ledger file ({error}).") from None


def _configure(db: sqlite3.Connection) -> None:
    for pragma in ("synchronous=FULL", "secure_delete=ON"):
        db.execute(f"PRAGMA {pragma}")


def _to_wal(db: sqlite3.Connection) -> None:
    # By way of the mode without a journal on disk: no ledger ever has a rollback journal beside it, even after a crash.
    # One page changes, and in it a few bytes of its first sector, so that it is written whole or not at all.
    db.execute("PRAGMA journal_mode=MEMORY")
    if (mode := db.execute("PRAGMA journal_mode=WAL").fetchone()[0]) != "wal":
        raise sqlite3.OperationalError(f"the file stays in the journal mode {mode}")


def create(path: Path) -> sqlite3.Connection:
    """An empty ledger file at `path`, open for writing; it has no genesis yet. `Refused` where one exists."""
    if (why := sqlite_problem() or place_problem(path) or place_taken(path)) is not None:
        raise Refused(why)
    try:
        # O_EXCL: never over an existing file, whatever happens between looking and making.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Refused(f"{path} exists already; a ledger is never overwritten.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be made: {error.strerror}.") from None
    try:
        with sentences(path):
            db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
            _to_wal(db)
            _configure(db)
            with writing(db):
                for statement in STATEMENTS:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                db.execute(f"PRAGMA user_version={USER_VERSION}")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except BaseException:
        for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            name.unlink(missing_ok=True)
        raise
    return db


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The ledger at `path`, open for appending. `Refused`, with a sentence, for anything that is not one."""
    if (why := header_problem(path)) is not None:
        raise Refused(f"{path} {why}")
    if (why := sqlite_problem() or place_problem(path)) is not None:
        raise Refused(why)
    with sentences(path):
        db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
        # Before any other query: docs/decisions/0002-trusted-schema.md.
        try:
            different = differs(db)
        except sqlite3.DatabaseError as error:
            refuse_cut_short(error, path)
            raise
        if different:
            raise Refused(
                f"{path}: the tables, views or triggers are not those that this version creates; nothing is "
                f"written to it. `transfer-ledger verify` says what differs."
            )
        with reading(db):
            refuse_incomplete(db, path)
        _configure(db)
        if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            _to_wal(db)
    return db


def close(db: sqlite3.Connection) -> None:
    """Closes a ledger that was open for writing, with its log folded into the file where nobody is in the way.

    A copy of the file alone is then usually whole. Nobody is waited for: what is left in the log is as safe there.
    """
    try:
        if not db.in_transaction:
            db.execute("PRAGMA busy_timeout=0")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        pass  # everything is recorded already; a full disk stops the next append, with a sentence
    finally:
        db.close()


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """One write transaction, taken at once: all of it is kept, or nothing (also at Ctrl-C)."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def part(db: sqlite3.Connection) -> Iterator[None]:
    """A part of the transaction that `db` is in: undone alone where it fails, and otherwise kept with the whole."""
    db.execute("SAVEPOINT part")
    try:
        yield
        db.execute("RELEASE part")
    except BaseException:
        # Where SQLite has undone the whole already (a full disk), there is nothing left to go back to.
        if db.in_transaction:
            db.execute("ROLLBACK TO part")
            db.execute("RELEASE part")
        raise


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """One snapshot: whatever is read within is of one moment, and nobody's writing waits for it."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


def head(db: sqlite3.Connection) -> Head:
    """The chain's end as `db` sees it now."""
    row = db.execute("SELECT seq + 1, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, "0" * 64)


def insert(db: sqlite3.Connection, run: Sequence[Sealed]) -> None:
    """Appends sealed entries, their disclosures, and the tiles that they complete; the database refuses any place
    but the next. Raises `sqlite3.IntegrityError` where a transfer's id is there already.
    """
    db.executemany(
        "INSERT INTO entries (seq, entry, hash) VALUES (?, ?, ?)",
        [(one.seq, one.data.decode("utf-8"), one.hash) for one in run],
    )
    db.executemany(
        "INSERT INTO disclosures (digest, seq, name, disclosure) VALUES (?, ?, ?, ?)",
        [row for one in run for row in one.disclosures],
    )
    for n in range(run[0].seq // tiles.WIDTH, (run[-1].seq + 1) // tiles.WIDTH):
        complete_tile(db, n)


def complete_tile(db: sqlite3.Connection, n: int) -> None:
    """Keeps the full tile `n` of leaves; its root is one more hash in the tile above, and so on up."""
    first = n * tiles.WIDTH
    rows = db.execute(
        "SELECT hash FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, first + tiles.WIDTH - 1)
    )
    hashes, level = bytes.fromhex("".join([row[0] for row in rows])), 0
    while True:
        db.execute(
            "INSERT INTO tiles (level, n, hashes) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
            (level, n, hashes),
        )
        if len(hashes) < tiles.WIDTH * HASH_BYTES:
            return
        level, (n, place) = level + 1, divmod(n, tiles.WIDTH)
        row = db.execute("SELECT hashes FROM tiles WHERE level = ? AND n = ?", (level, n)).fetchone()
        hashes = (row[0] if row else b"")[: place * HASH_BYTES] + tiles.tile_root(hashes)


def insert_document(db: sqlite3.Connection, sha256: str, media_type: str, content: str) -> None:
    """Keeps a document under its digest, once."""
    db.execute("INSERT OR IGNORE INTO documents VALUES (?, ?, ?)", (sha256, media_type, content))


def delete_disclosure(db: sqlite3.Connection, digest: str) -> None:
    """Deletes a value whose `erasure` was sealed in this transaction."""
    db.execute("DELETE FROM disclosures WHERE digest = ?", (digest,))


def insert_checkpoint(db: sqlite3.Connection, size: int, note: bytes, timestamp: bytes | None) -> None:
    """Keeps a signed tree head, beside those that are there already."""
    db.execute(
        "INSERT INTO checkpoints (size, note, timestamp) VALUES (?, ?, ?)", (size, note.decode("utf-8"), timestamp)
    )


def replace_names(db: sqlite3.Connection, names: list[tuple[str, str, str]], stamp: str) -> None:
    """Rebuilds the cache of known names, (folded, kind, id), with the stamp of what it was made from."""
    db.execute("DELETE FROM names")
    db.executemany("INSERT INTO names (folded, kind, id) VALUES (?, ?, ?)", names)
    db.execute("INSERT INTO names (kind, folded, id) VALUES ('', 'stamp', ?)", (stamp,))
