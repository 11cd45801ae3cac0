"""What SQLite says where the file is at fault, or where it lies, and no statement of ours: in words for a page."""

from __future__ import annotations

import sqlite3

from ledger.store import altered

_WORDS = {
    sqlite3.SQLITE_CORRUPT: "is damaged, or was changed beside this program; `transfer-ledger verify` says more.",
    sqlite3.SQLITE_NOTADB: "is no database any more; `transfer-ledger verify` says more.",
    sqlite3.SQLITE_BUSY: "is held by another program; try again later.",
    sqlite3.SQLITE_LOCKED: "is held by another program; try again later.",
    sqlite3.SQLITE_IOERR: "cannot be read: the disk is failing, or a file beside the ledger was taken away.",
    sqlite3.SQLITE_FULL: "cannot be read: the disk is full.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: it was moved or deleted, or its folder cannot be written to.",
    sqlite3.SQLITE_READONLY: "cannot be opened: its folder cannot be written to.",
}


def sentence(error: sqlite3.Error) -> str | None:
    """What is wrong with the ledger's file, where `error` says that something is; None for a mistake of ours."""
    why = altered(error) or _WORDS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return None if why is None else f"The ledger {why}"
