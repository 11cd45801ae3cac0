"""A whole copy of a ledger in one file, by SQLite's backup API.

`cp` of a ledger in use leaves the write-ahead log behind. The copy made here is of one snapshot, with what is still in
the log, and is no WAL database: nothing belongs beside it. It becomes one again when it is first written to.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ledger.errors import Refused
from ledger.fileset import place_taken
from ledger.keyfile import sync_folder
from ledger.source import Source

_PAGES = 2000


def copy(source: Source, target: Path, done: Callable[[int], None] = lambda pages: None) -> None:
    """Writes what `source` reads to the new file `target`; `done` is told how many pages are copied.

    Raises `Refused` where something lies there, or it cannot be written; then nothing is left there.
    """
    if (why := place_taken(target)) is not None:
        raise Refused(why)
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Refused(f"{target} exists already; a backup never overwrites a file. Name a new one.") from None
    except OSError as error:
        raise Refused(f"{target} cannot be made: {error.strerror}.") from None
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as into:
            into.execute("PRAGMA journal_mode=OFF")  # what fails is deleted, so nothing has to be rolled back
            source.db.backup(into, pages=_PAGES, progress=lambda _, left, total: done(total - left))
            into.execute("PRAGMA journal_mode=DELETE")
        sync_folder(target.parent)
    except BaseException as error:
        remove(target)
        if isinstance(error, (sqlite3.Error, OSError)):
            raise Refused(f"{target} cannot be written: {error}. Nothing is left there.") from None
        raise


def remove(target: Path) -> None:
    """Takes away a copy that cannot be relied on, with whatever SQLite made beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
