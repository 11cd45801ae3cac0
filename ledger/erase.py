"""Erasing a value for good: sealed that it was erased, and its bytes gone from the file.

The entry keeps the digest, so every hash and proof stays valid; the disclosure, which alone says what was meant, is
deleted in the transaction that seals the `erasure` entry. Deleting is not enough: the write-ahead log still has the
page, and SQLite may leave copies in pages that it freed or moved, `secure_delete` or not. So the log is emptied, the
file's bytes are searched, and the file is written anew where anything is still there. A reader that has the
ledger open keeps the log from being emptied; the command then says so, and is run again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ledger import store
from ledger.errors import Refused
from ledger.writer import Ledger, Receipt

_PIECE = 48
"""A disclosure longer than a page lies in several; so pieces of it are searched for, each of this many characters."""

_CHUNK = 1 << 20


class Erased(NamedTuple):
    """What was done: the receipt of the `erasure` entry (None where it was sealed before), and whether all is gone."""

    receipt: Receipt | None
    purged: bool


def erase(ledger: Ledger, seq: int, name: str, ground: str, texts: dict[str, str]) -> Erased:
    """Seals that the value `name` of entry `seq` was erased, and purges it from the file.

    Called again for a value that was erased, it only purges. Raises `Refused` where the entry never sealed it.
    """
    receipt, gone = ledger.erase(seq, name, ground, texts)
    with store.sentences(ledger.path):
        return Erased(receipt, _purge(ledger.db, ledger.path, gone))


def _purge(db: sqlite3.Connection, path: Path, gone: str | None) -> bool:
    # Without the text, since it was deleted before, nothing can be searched for: the file is written anew at once.
    if not _emptied(db):
        return False
    if gone is None or traces(db, path, gone):
        try:
            db.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                return False
            raise
        if not _emptied(db):
            return False
        if gone is not None and (left := traces(db, path, gone)):
            raise Refused(
                f"{path}: it is sealed that the value was erased, but {left} still holds some of it. Copies that "
                f"others made are not reached either; write the file anew on another disk."
            )
    return True


def _emptied(db: sqlite3.Connection) -> bool:
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def traces(db: sqlite3.Connection, path: Path, text: str) -> str | None:
    """The name of the file, the ledger's or its write-ahead log, that still holds a piece of `text`; or None.

    A piece that another disclosure has as well, one of the same words under another salt, is no trace of this one.
    """
    raw = text.encode("ascii")
    pieces = {raw[at : at + _PIECE] for at in range(0, max(1, len(raw) - _PIECE + 1), _PIECE)} | {raw[-_PIECE:]}
    for name in (path, path.with_name(path.name + "-wal")):
        left = set(pieces)
        for part in _parts(name, _PIECE):
            for piece in [one for one in left if one in part]:
                left.discard(piece)
                shared = "SELECT 1 FROM disclosures WHERE instr(disclosure, ?) > 0 LIMIT 1"
                if db.execute(shared, (piece.decode("ascii"),)).fetchone() is None:
                    return name.name
    return None


# To close a file drops every lock that this process has on it, those of SQLite's connections too, whereupon another
# program may take the write-ahead log for nobody's. So a file that was looked into stays open as long as the process.
_looked_into: dict[tuple[int, int], int] = {}


def _parts(path: Path, overlap: int) -> Iterator[bytes]:
    try:
        at = path.stat()
        file = _looked_into.get((at.st_dev, at.st_ino))
        if file is None:
            file = _looked_into[at.st_dev, at.st_ino] = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    os.lseek(file, 0, os.SEEK_SET)
    before = b""
    while chunk := os.read(file, _CHUNK):
        yield before + chunk
        before = chunk[-overlap:]
