"""The file beside the ledger, in which the app keeps what is no part of the record.

Who is signed in, when somebody was last here, who did what to whom (the log), what ran, and which code each person
has in the ledger, which names nobody. It is an SQLite file of
our own, `<ledger>.app.db`, which nobody but its owner reads. It holds no pupil's data, no erasable value, and no
secret: of a session it has the SHA-256 of what the cookie holds. Without it the ledger is as whole as before.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ledger.errors import Busy, Refused
from ledger.london import utc_text
from ledger.store import writing

APPLICATION_ID = 0x544C4150
"""“TLAP” in ASCII."""
USER_VERSION = 2
WAIT_SECONDS = 5

_STATEMENTS = (
    "CREATE TABLE sessions (digest TEXT PRIMARY KEY, cookie TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, "
    "mark TEXT NOT NULL, created TEXT NOT NULL, expires TEXT NOT NULL) STRICT",
    "CREATE TABLE visits (person TEXT PRIMARY KEY, last TEXT NOT NULL, before TEXT) STRICT",
    "CREATE TABLE known (person TEXT PRIMARY KEY, role TEXT NOT NULL) STRICT",
    "CREATE TABLE log (n INTEGER PRIMARY KEY, at TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, "
    "what TEXT NOT NULL, about TEXT NOT NULL) STRICT",
    "CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN SELECT raise(ABORT, 'the log is only added to'); END",
    "CREATE TRIGGER log_is_as_written BEFORE UPDATE ON log BEGIN SELECT raise(ABORT, 'the log is only added to'); END",
    # In place of a line that is there (INSERT OR REPLACE deletes without asking triggers), and before the last one.
    "CREATE TRIGGER log_is_not_replaced BEFORE INSERT ON log WHEN new.n IN (SELECT n FROM log) "
    "BEGIN SELECT raise(ABORT, 'the log is only added to'); END",
    "CREATE TRIGGER log_grows AFTER INSERT ON log WHEN new.n < (SELECT max(n) FROM log) "
    "BEGIN SELECT raise(ABORT, 'the log is only added to'); END",
    "CREATE TABLE runs (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL, "
    "what TEXT NOT NULL, state TEXT NOT NULL, ended TEXT NOT NULL, result TEXT NOT NULL) STRICT",
    "CREATE INDEX runs_by_kind ON runs (kind, n)",
    "CREATE TABLE recorded (person TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL, "
    "PRIMARY KEY (person, seq)) STRICT, WITHOUT ROWID",
    "CREATE TABLE codes (person TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT",
)


class Kept(NamedTuple):
    """One session: the digest of what its cookie holds, whose it is, in which role, from when and until when.

    `mark` changes when the person's password does.
    """

    digest: str
    person: str
    role: str
    mark: str
    created: str
    expires: str


class Logged(NamedTuple):
    """One line of the log. `person` and `role` are "" where nobody is known; `about` is what it was done to."""

    n: int
    at: str
    person: str
    role: str
    what: str
    about: str


class Run(NamedTuple):
    """Something that runs or ran, asked for by `person` ("" where the app itself did) at `at`, with `what` to do.

    `state` is "running", or how it ended at `ended`, with its `result`; `what` and `result` are what JSON holds.
    """

    n: int
    kind: str
    person: str
    at: str
    what: Any
    state: str
    ended: str
    result: Any


class Beside:
    """The file beside the ledger at `ledger`, made where it is missing. Any thread may use it.

    `Refused`, with what to do, where it cannot be made or is not ours; whatever is asked of it later may raise that
    too, or `Busy`.
    """

    def __init__(self, ledger: Path) -> None:
        self.path = Path(f"{ledger}.app.db")
        self._lock = threading.RLock()
        with self._sentences():
            with suppress(FileExistsError):
                # Made here, not by SQLite, so that its owner alone can read it from the first.
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=WAIT_SECONDS,
                check_same_thread=False,
            )  # fmt: skip
            self._file = self._there()
            try:
                self._begin()
            except BaseException:
                self._db.close()
                raise

    def _begin(self) -> None:
        # The first question runs nothing of the file: docs/decisions/0002-trusted-schema.md.
        with writing(self._db):
            schema = self._db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
            marks = self._marks()
            if not schema and marks == (0, 0):
                for statement in _STATEMENTS:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version={USER_VERSION}")
            elif marks[0] != APPLICATION_ID:
                raise self._away("is no file of this app")
            elif marks[1] != USER_VERSION:
                raise self._away(f"has the version {marks[1]}, and this program knows {USER_VERSION}")
            elif tuple(row[0] for row in schema) != _STATEMENTS:
                raise self._away("has other tables or triggers than the app makes")
        if (found := self._db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise self._away(f"is damaged ({found.splitlines()[0][:100]})")
        self._db.execute("PRAGMA journal_mode=WAL")
        # Whoever signed out stays so, and what the log says stays said, also when the power fails.
        self._db.execute("PRAGMA synchronous=FULL")

    def _there(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _marks(self) -> tuple[int, int]:
        application, version = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        return application, version

    def _away(self, why: str) -> Refused:
        return Refused(
            f"{self.path} {why}. The app keeps there who is signed in, its log, what ran and whose code is which, and "
            f"nothing of the ledger: move the file away with those beside it that end in -wal and -shm, and start "
            f"again; a new one is made."
        )

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Refused(
                f"{self.path} cannot be made ({error.strerror}). The app keeps there who is signed in and its log: "
                f"give it a folder that it may write to."
            ) from None
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Busy(f"{self.path}: another program has been writing to it for {WAIT_SECONDS} seconds.") from None
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise self._away(f"is damaged, or no file of this app ({error})") from None
            if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise Refused(f"{self.path}: the disk is full or failing ({error}); nothing was kept.") from None
            raise Refused(
                f"{self.path} cannot be written to ({error}); the app keeps there who is signed in and its log."
            ) from None

    @contextmanager
    def _at_once(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._sentences(), writing(self._db):
            if self._there() != self._file:
                # What is written to a file that has no name any more is kept nowhere.
                raise Refused(
                    f"{self.path} was taken away or replaced while the app ran. The app keeps there who is signed in, "
                    f"its log and what ran: put it back, or start the app again, which makes a new one."
                )
            yield self._db

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._lock, self._sentences():
            return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        """Closes the file; a second time does nothing."""
        with self._lock:
            self._db.close()

    # -- who is signed in -----------------------------------------------------------------------------------------

    def sessions(self, cookie: str) -> list[Kept]:
        """The sessions of the app whose cookies have this name."""
        columns = ", ".join(Kept._fields)
        return [Kept(*row) for row in self._rows(f"SELECT {columns} FROM sessions WHERE cookie = ?", cookie)]

    def keep_session(self, cookie: str, one: Kept, line: Logged) -> None:
        """Keeps a session and writes the line in the log, both or nothing; drops those that expired before it began."""
        with self._at_once() as db:
            db.execute("DELETE FROM sessions WHERE expires <= ?", (one.created,))
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)", (one.digest, cookie, *one[1:]))
            _write(db, line)

    def end_sessions(self, digests: list[str], line: Logged | None = None) -> None:
        """Forgets sessions, those that are not there too."""
        with self._at_once() as db:
            db.executemany("DELETE FROM sessions WHERE digest = ?", [(one,) for one in digests])
            if line is not None:
                _write(db, line)

    # -- when somebody was here -----------------------------------------------------------------------------------

    def visits(self) -> dict[str, tuple[str, str | None]]:
        """For each person when they were last here, and when the visit before that ended."""
        return {
            person: (last, before) for person, last, before in self._rows("SELECT person, last, before FROM visits")
        }

    def keep_visits(self, visits: dict[str, tuple[str, str | None]]) -> None:
        """Keeps when these were here."""
        with self._at_once() as db:
            db.executemany(
                "INSERT INTO visits VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last, "
                "before = excluded.before",
                [(person, *both) for person, both in visits.items()],
            )

    # -- the log --------------------------------------------------------------------------------------------------

    def log(self, at: datetime, person: str, role: str, what: str, about: str) -> None:
        """Adds a line to the log; it is on the disk when this returns."""
        with self._at_once() as db:
            _write(db, Logged(0, utc_text(at), person, role, what, about))

    def logged(self, most: int, before: int | None = None) -> list[Logged]:
        """The newest lines, at most so many, of those before line `before`; newest first."""
        return [
            Logged(*row)
            for row in self._rows(
                "SELECT n, at, person, role, what, about FROM log WHERE n < ? ORDER BY n DESC LIMIT ?",
                before if before is not None else 2**62,
                most,
            )
        ]

    def known(self) -> dict[str, str]:
        """Whom the settings named when the app last started → the role."""
        return dict(self._rows("SELECT person, role FROM known"))

    def keep_known(self, known: dict[str, str], lines: list[Logged]) -> None:
        """Keeps whom the settings name now, and writes what changed in the log, both or nothing."""
        with self._at_once() as db:
            db.execute("DELETE FROM known")
            db.executemany("INSERT INTO known VALUES (?, ?)", known.items())
            for line in lines:
                _write(db, line)

    # -- what somebody recorded -----------------------------------------------------------------------------------

    def note_recorded(self, person: str, seq: int, hash_: str, at: datetime) -> None:
        """Notes that somebody recorded entry `seq` with this hash; what was noted of it before stays."""
        with self._at_once() as db:
            db.execute("INSERT OR IGNORE INTO recorded VALUES (?, ?, ?, ?)", (person, seq, hash_, utc_text(at)))

    def recorded(self, person: str, most: int, before: int | None = None) -> list[tuple[int, str]]:
        """The newest entries that somebody recorded here, as (seq, hash), of those before entry `before`."""
        return self._rows(
            "SELECT seq, hash FROM recorded WHERE person = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
            person,
            before if before is not None else 2**62,
            most,
        )

    # -- who is which code in the ledger --------------------------------------------------------------------------

    def codes(self, people: Iterable[str], new: Callable[[], str]) -> dict[str, str]:
        """The code of each person in this ledger: a `new` one at the first time, and the same from then on."""
        with self._at_once() as db:
            known = dict(db.execute("SELECT person, code FROM codes"))
            added = {person: new() for person in people if person not in known}
            db.executemany("INSERT INTO codes VALUES (?, ?)", added.items())
        return {**known, **added}

    # -- what ran -------------------------------------------------------------------------------------------------

    def start_run(self, kind: str, person: str, at: datetime, what: str) -> int:
        """Notes that something runs, with what it is to do as JSON text; its number."""
        with self._at_once() as db:
            statement = "INSERT INTO runs VALUES (NULL, ?, ?, ?, ?, 'running', '', 'null')"
            return db.execute(statement, (kind, person, utc_text(at), what)).lastrowid or 0

    def end_run(self, n: int, at: datetime, state: str, result: str) -> None:
        """Notes how it ended, with what came of it as JSON text."""
        with self._at_once() as db:
            db.execute("UPDATE runs SET state = ?, ended = ?, result = ? WHERE n = ?", (state, utc_text(at), result, n))

    def stop_runs(self, at: datetime) -> None:
        """Notes that what still ran has stopped: the app that ran it has ended."""
        with self._at_once() as db:
            db.execute("UPDATE runs SET state = 'stopped', ended = ? WHERE state = 'running'", (utc_text(at),))

    def runs(self, kind: str, most: int) -> list[Run]:
        """The newest of a kind, at most so many, newest first."""
        return [_run(row) for row in self._rows(f"{_RUNS} WHERE kind = ? ORDER BY n DESC LIMIT ?", kind, most)]

    def run(self, n: int) -> Run | None:
        """The run of this number."""
        rows = self._rows(f"{_RUNS} WHERE n = ?", n)
        return _run(rows[0]) if rows else None


_RUNS = "SELECT n, kind, person, at, what, state, ended, result FROM runs"


def _run(row: Any) -> Run:
    found = Run(*row)
    return found._replace(what=json.loads(found.what), result=json.loads(found.result))


def _write(db: sqlite3.Connection, line: Logged) -> None:
    db.execute("INSERT INTO log (at, person, role, what, about) VALUES (?, ?, ?, ?, ?)", line[1:])
