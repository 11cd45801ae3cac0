"""The ledger that a server keeps open for writing for weeks, and whether it is still the file of that name.

A file that is replaced or deleted stays open where it was, and what is recorded in it is lost with the next restart.
So before anything is recorded, the name must lead to the file that is open, and the file must hold what it held. A
ledger that was put there instead is taken only if it is the same one: its first entry, and the last that is known.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from ledger.errors import Refused
from ledger.schema import MARKS, differs
from ledger.seal import Clock, Entropy, Head
from ledger.store import close, head, sentences
from ledger.writer import Ledger

_BOTH = "SELECT (SELECT hash FROM entries WHERE seq = 0), (SELECT hash FROM entries WHERE seq = ?)"
_LOG_GONE = "its -wal file, which holds what was recorded last, was taken away"


class Writable:
    """The ledger at `path`, opened when it is first needed. For one thread only, as SQLite's connections are."""

    def __init__(self, path: Path, clock: Clock, entropy: Entropy) -> None:
        self._path, self._clock, self._entropy = path, clock, entropy
        self._ledger: Ledger | None = None
        self._file: tuple[int, int] | None = None
        self._first: str | None = None
        self._last = Head(0, "")
        self._schema: int | None = None
        self._log: tuple[int, int] | None = None

    def _there(self) -> tuple[int, int] | None:
        return self._identity("")

    def _identity(self, ending: str) -> tuple[int, int] | None:
        try:
            found = os.stat(f"{self._path}{ending}")
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def opened(self) -> Ledger:
        """The ledger, opened again where its name leads to another file. Raises `Refused` where it cannot be."""
        there = self._there()
        if there is None and self._first:
            self.close()
            raise Refused(f"{self._path}: the ledger is no longer there; nothing was recorded. Put it back.")
        if self._ledger is not None and there != self._file:
            self.close()
        if self._ledger is None:
            self._ledger = Ledger(self._path, self._clock, self._entropy)
            self._file = there
        return self._ledger

    def same(self, ledger: Ledger) -> None:
        """`Refused` where the open `ledger` lacks what it held before. Ask within the transaction that appends."""
        with sentences(self._path):
            self._readable(ledger.db)
            if self._log is None:
                self._log = self._identity("-wal")
            elif self._log != self._identity("-wal"):
                raise Refused(f"{self._path}: {_LOG_GONE}; nothing was recorded. Start the server again.")
            first, last = ledger.db.execute(_BOTH, (self._last.size - 1,)).fetchone()
        if self._first and first != self._first:
            raise Refused(f"{self._path}: another ledger lies there now; nothing was recorded. Put the first one back.")
        self._first = first
        if self._last.size and last != self._last.hash:
            raise Refused(
                f"{self._path}: entry {self._last.size - 1} is not in it as it was, as if an older copy had been put "
                f"back; nothing was recorded. If that was meant, start the server again."
            )

    def _readable(self, db: sqlite3.Connection) -> None:
        """`Refused` where another program made a newer ledger of it, or other tables, while it was open."""
        schema, *marks = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("schema_version", *MARKS))
        if marks != [*MARKS.values()]:
            raise Refused(
                f"{self._path}: it is no ledger any more that this version of the program writes; nothing was recorded."
            )
        if schema != self._schema and differs(db):
            raise Refused(
                f"{self._path}: the tables, views or triggers are not those that this version creates; nothing was "
                f"recorded. `transfer-ledger verify` says what differs."
            )
        self._schema = schema

    def end(self, ledger: Ledger) -> Head:
        """Where the `ledger` ends, as the transaction that is open sees it."""
        with sentences(self._path):
            return head(ledger.db)

    def kept(self, end: Head) -> None:
        """Notes that the ledger was committed with this `end`. `Refused` where its name leads elsewhere by now."""
        if self._log != self._identity("-wal"):
            raise Refused(
                f"{self._path}: {_LOG_GONE} while this was recorded, so that it may be lost. Start the server again, "
                f"and look for this there before it is recorded again."
            )
        if self._there() != self._file:
            raise Refused(
                f"{self._path}: the ledger was replaced or taken away while this was recorded, so that it may be "
                f"lost. Put the ledger back, and look for this there before it is recorded again."
            )
        self._last = end

    def close(self) -> None:
        """Closes what is open; the next `opened` opens it again."""
        if self._ledger is not None:
            if self._log == self._identity("-wal") and self._there() == self._file:
                close(self._ledger.db)
            else:
                self._ledger.db.close()  # a log that was taken away is not folded into what lies there now
            self._ledger, self._schema, self._log = None, None, None
