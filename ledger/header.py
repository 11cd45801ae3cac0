"""What the beginning of a file says: whether it is a ledger of this format, before anything else is asked of it."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from ledger.fileset import beside_problem
from ledger.schema import APPLICATION_ID, USER_VERSION

FORMAT_1 = (
    "has the ledger format 1, of a transfer-ledger from before December 2026, in which no entry says who caused it; "
    "this version reads format 2 only. Keep that program to read it, and start a new ledger."
)
"""What is said of a ledger from before entries carried the codes of people."""


def _says_ledger(path: Path) -> bool:
    # Asked through SQLite: whoever closes a file that they opened themselves drops all locks that this process has on
    # it, also those of a connection that is open. Another process may then take away what that one still reads
    # (https://sqlite.org/howtocorrupt.html, section 2.2).
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)) as db:
            says = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    except sqlite3.Error:
        return False
    return says == [APPLICATION_ID, USER_VERSION]


def header_problem(path: Path) -> str | None:
    """Why the file at `path`, with what lies beside it, is no ledger of this format that can be used, or None.

    The format is told by its first 100 bytes (SQLite file format §1.3).
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return "is a folder, not a ledger file."
        if not stat.S_ISREG(mode):
            return "is no file on a disk, so it is no ledger."
        if (why := beside_problem(path)) is not None:
            return why
        if _says_ledger(path):
            return None
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return "does not exist; `transfer-ledger init` makes a ledger."
    except OSError as error:
        return f"cannot be read: {error.strerror}."
    if len(header) < 100 or not header.startswith(b"SQLite format 3\x00"):
        return "is not an SQLite database, so it is no ledger."
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        return "is an SQLite database of another application, not a ledger."
    version = int.from_bytes(header[60:64], "big")
    if version > USER_VERSION:
        return f"has the ledger format {version}, beyond {USER_VERSION}, which this version knows; install a newer one."
    if version == 1:
        return FORMAT_1
    if version != USER_VERSION:
        return f"says ledger format {version}, which never existed."
    return None
