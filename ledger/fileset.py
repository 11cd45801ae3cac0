"""The files of one ledger: the database, and what SQLite keeps beside it (`-wal`, `-shm`, `-journal`).

SQLite believes whatever lies beside a database: it writes the pages of a rollback journal into it, and waits for ever
on a named pipe. So what lies there is looked at before SQLite opens anything, and only a set that this program could
have left is read. A `FileSet` is read through one connection, as one snapshot; `unchanged` says at the end whether the
names still lead to the files that were read (`docs/decisions/0010-one-frozen-set-of-files.md`).
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ledger.errors import Busy, Refused

_BESIDE = ("-wal", "-shm", "-journal")

_ATTEMPTS = 100

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


def _beside(path: Path, ending: str) -> Path:
    # SQLite keeps its files beside the database itself, not beside a link to it.
    return Path(f"{os.path.realpath(path)}{ending}")


def _begin(db: sqlite3.Connection) -> None:
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # only now does SQLite take the snapshot


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA data_version").fetchone()[0]
    return version


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def _log_empty(path: Path) -> bool:
    wal = _lstat(_beside(path, "-wal"))
    return wal is None or wal.st_size == 0


def _identity(found: os.stat_result | None) -> tuple[int, int] | None:
    return None if found is None else (found.st_dev, found.st_ino)


def beside_problem(path: Path) -> str | None:
    """Why what lies beside the ledger at `path` must not be read with it, or None. Opens nothing, so never waits."""
    for ending in _BESIDE:
        there = _beside(path, ending)
        try:
            found = _lstat(there)
        except OSError as error:
            return f"cannot be read: {there.name} beside it cannot be looked at ({error.strerror})."
        if found is None:
            continue
        kind = next((name for is_, name in _KINDS if is_(found.st_mode)), None)
        if kind is not None:
            return (
                f"cannot be used: {there.name} beside it is {kind}, and should be an ordinary file or not there. "
                f"Nothing was read or recorded. Move it to another folder, then run `transfer-ledger verify`."
            )
        if ending == "-journal":
            return (
                f"cannot be used: a rollback journal, {there.name}, lies beside it. SQLite would write the journal's "
                f"pages into the ledger, and this program never leaves a journal. Nothing was read or recorded. Close "
                f"every other program that has the ledger open. If the journal is still there, move it to another "
                f"folder and keep it, then run `transfer-ledger verify`."
            )
    return None


def place_taken(path: Path) -> str | None:
    """Why no ledger can be made at `path` because of what lies beside, though nothing lies there itself; or None."""
    if os.path.lexists(path):
        return None
    left = [there.name for ending in _BESIDE if _lstat(there := _beside(path, ending)) is not None]
    if not left:
        return None
    return (
        f"{path}: {' and '.join(left)} of another ledger {'lies' if len(left) == 1 else 'lie'} there already, which "
        f"SQLite would read or delete. Choose another name, or move {'it' if len(left) == 1 else 'them'} elsewhere."
    )


def incomplete(path: Path, why: str) -> Refused:
    """The refusal of a file that is a part of a ledger: `why` is what shows that."""
    wal = _beside(path, "-wal").name
    return Refused(
        f"{path} cannot be verified or used: {why} It is damaged, or an incomplete copy: copied while the ledger was "
        f"in use, without its write-ahead log ({wal}), or cut short. That alone is no evidence of alteration. Copy the "
        f"ledger and its -wal again, together, or make a whole copy with `transfer-ledger backup`."
    )


def refuse_incomplete(db: sqlite3.Connection, path: Path) -> None:
    """Refuses the ledger at `path` where it is an incomplete copy; `db` is open to it, in a read transaction.

    A WAL database at rest is as long as its header says. Only while the log is being folded in do the two differ, and
    then the log is needed: without it, some pages are newer than others. During a read transaction nobody can take the
    log away or change what is read below it.
    """
    if not _log_empty(path):
        return
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    there = os.stat(path).st_size
    if there != pages * size:
        raise incomplete(path, f"its header says that it has {pages:,} pages, and it has {there / size:,.0f}.")


def refuse_cut_short(error: sqlite3.DatabaseError, path: Path) -> None:
    """Refuses the ledger at `path`, which SQLite could not open for `error`, where it is shorter than its header says.

    It is read plainly, which would take the locks of another connection away: there is none that could be of use.
    """
    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT or not _log_empty(path):
        return
    with path.open("rb") as file:
        header = file.read(100)
        there = os.fstat(file.fileno()).st_size
    size = int.from_bytes(header[16:18], "big")
    size = 65536 if size == 1 else size
    pages = int.from_bytes(header[28:32], "big")
    if header[24:28] == header[92:96] and size and there < pages * size:
        raise incomplete(path, f"its header says that it has {pages:,} pages, and it has {there // size:,}.") from None


class Snapshot(NamedTuple):
    """One state of a ledger on two connections, so that two threads can read it at once."""

    files: FileSet
    db: sqlite3.Connection
    other: sqlite3.Connection


_Stamp: TypeAlias = tuple[int, int, int, int]
# What the system tells of a file by which it shows that it was written to.


class FileSet:
    """The files of the ledger at `path`, to be read as one snapshot. `Refused` where they must not be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if (why := beside_problem(path)) is not None:
            raise Refused(f"{path} {why}")
        self._file = os.stat(path)
        self._immutable = False
        self._log: tuple[int, int] | None = None
        self._begun_at: list[_Stamp | None] = []

    def connect(self, *, shared: bool = False) -> sqlite3.Connection:
        """A read-only connection in a read transaction; `shared` among threads, one at a time.

        Raises `Refused` where it is known why SQLite cannot read it, and otherwise what SQLite raises.
        """
        uri = f"{Path(os.path.realpath(self.path)).as_uri()}?mode=ro"
        try:
            db = self._begun(uri, shared)
        except sqlite3.DatabaseError as error:
            db = self._begun_otherwise(error, uri, shared)
        try:
            refuse_incomplete(db, self.path)
            if self._log is None:
                self._log = _identity(_lstat(_beside(self.path, "-wal")))
            self.unchanged()
        except BaseException:
            db.close()
            raise
        return db

    @property
    def log(self) -> Path:
        """Where its write-ahead log lies, if there is one."""
        return _beside(self.path, "-wal")

    def refuse_without_log(self, why: str) -> None:
        """Refuses an incomplete copy, which shows by `why`, unless there is a log that SQLite read with it."""
        if _log_empty(self.path):
            raise incomplete(self.path, why)

    def connect_with(self, db: sqlite3.Connection) -> sqlite3.Connection:
        """A second connection, for another thread, that sees what `db` sees: the transaction of `db` is begun anew.

        Raises as `connect` does, and `Busy` where others write all the time.
        """
        other = self.connect(shared=True)
        try:
            for _ in range(_ATTEMPTS):
                other.execute("ROLLBACK")
                before = _version(other)
                db.execute("ROLLBACK")
                self._begun_at = self._state()
                _begin(db)
                _begin(other)
                # The same number before and after: nothing was committed in between, so both see one state.
                if _version(other) == before:
                    return other
            raise Busy(f"{self.path}: other programs are writing to the ledger all the time; try again later.")
        except BaseException:
            other.close()
            raise

    def _begun(self, uri: str, shared: bool) -> sqlite3.Connection:
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10, check_same_thread=not shared)
        try:
            db.execute("PRAGMA cell_size_check=ON")
            self._begun_at = self._state()
            _begin(db)
        except BaseException:
            db.close()
            raise
        return db

    def _begun_otherwise(self, error: sqlite3.DatabaseError, uri: str, shared: bool) -> sqlite3.Connection:
        self.unchanged()
        refuse_cut_short(error, self.path)
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise error
        beside = [there.name for ending in _BESIDE if _lstat(there := _beside(self.path, ending)) is not None]
        if beside:
            raise Refused(
                f"{self.path} cannot be read where it lies: {' and '.join(beside)} beside it must be read with it, "
                f"and SQLite cannot do that in a folder where it may not write ({error}). Copy the ledger and what "
                f"lies beside it, together, to a folder of your own, and use that copy."
            ) from None
        # A WAL database needs its -shm file, which a read-only folder lets nobody make. With nothing beside it, the
        # file alone is the whole ledger, and is read as it stands; `unchanged` is then strict about it.
        self._immutable = True
        return self._begun(f"{uri}&immutable=1", shared)

    def _state(self) -> list[_Stamp | None]:
        return [_stamp(_lstat(path)) for path in (Path(os.path.realpath(self.path)), self.log)]

    def not_written_to(self) -> bool:
        """Whether nothing was written since just before the snapshot was taken.

        Whoever else took one meanwhile then has the same.
        """
        return self._state() == self._begun_at

    def unchanged(self) -> None:
        """`Refused` where the names no longer lead to the files that are read, or something was put beside them."""
        try:
            now = os.stat(self.path)
        except OSError:
            now = None
        if _identity(now) != _identity(self._file):
            raise Refused(
                f"{self.path} was replaced or taken away while it was being read, so the result would be of a file "
                f"that is no longer there. Find out who replaced it, then run the command again."
            )
        if (why := beside_problem(self.path)) is not None:
            raise Refused(f"{self.path} {why}")
        log = _identity(_lstat(_beside(self.path, "-wal")))
        if self._log is not None and log != self._log:
            raise Refused(
                f"{self.path}: its write-ahead log was replaced or taken away while it was being read. Find out who "
                f"did that, then run the command again."
            )
        if self._immutable and (log is not None or _stamp(now) != _stamp(self._file)):
            raise Refused(
                f"{self.path} was written to while it was being read, in a folder where you may only read, so the "
                f"result could be of two states of it. Run the command again."
            )


def _stamp(found: os.stat_result | None) -> _Stamp | None:
    # SQLite makes an empty log where there is none, and takes it away again: that says nothing.
    if found is None or not found.st_size:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
