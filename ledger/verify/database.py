"""The file before its content: opened as hostile, its schema compared, its indexes compared with the rows.

A redefined column or a forged index would show something other than what was sealed. So the schema's text is
compared with the DDL before anything else is asked, and only where it is exactly ours may SQLite run it
(`docs/decisions/0002-trusted-schema.md`). `integrity_check` then compares every index with its rows;
`quick_check` would miss a forged one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from ledger.errors import Refused
from ledger.header import FORMAT_1, header_problem
from ledger.schema import APPLICATION_ID, USER_VERSION, differs
from ledger.verify.record import Found

_MANY = 1000


def _refuse_other(path: Path) -> None:
    # Read by ourselves only where SQLite found no ledger there: see `header.header_problem`.
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if len(header) < 100 or not header.startswith(b"SQLite format 3\x00"):
        raise Refused(f"{path} is not an SQLite database, so it is no ledger.")


def open_hostile(path: Path, *, shared: bool = False) -> sqlite3.Connection:
    """The file at `path`, read-only with its WAL, all text as bytes; `shared` among threads, one at a time.

    Raises `Refused` where it is no SQLite database, another application's, or of a newer format.
    """
    try:
        if path.is_dir() or not path.exists():
            raise Refused(f"{path} {'is a folder, not a ledger file' if path.is_dir() else 'does not exist'}.")
        if not path.is_file():
            raise Refused(f"{path} is no file on a disk, so it is no ledger.")
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if header_problem(path) is not None:
        _refuse_other(path)
    real = path.resolve()  # SQLite keeps the WAL beside the file itself, not beside a link to it
    uri = f"{real.as_uri()}?mode=ro"
    for suffix in ("", "&immutable=1"):
        db = sqlite3.connect(uri + suffix, uri=True, isolation_level=None, timeout=10, check_same_thread=not shared)
        try:
            db.execute("PRAGMA cell_size_check=ON")
            application = db.execute("PRAGMA application_id").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
            encoding = db.execute("PRAGMA encoding").fetchone()[0]
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            db.close()
            wal = Path(f"{real}-wal")
            if suffix or (wal.exists() and wal.stat().st_size > 0):
                raise Refused(f"{path} cannot be read by SQLite: {error}.") from None
            continue  # a read-only folder lets no -shm be made; without a WAL the file alone is whole
        except sqlite3.DatabaseError as error:
            db.close()
            raise Refused(f"{path} cannot be read by SQLite: {error}.") from None
        break
    if application != APPLICATION_ID:
        db.close()
        raise Refused(f"{path} is an SQLite database of another application, not a ledger.")
    if version > USER_VERSION:
        db.close()
        raise Refused(f"{path} has the ledger format {version}; this version knows up to {USER_VERSION}.")
    if version == 1:
        db.close()
        raise Refused(f"{path} {FORMAT_1}")
    if version != USER_VERSION or encoding != "UTF-8":
        db.close()
        raise Refused(f"{path} says ledger format {version} and encoding {encoding}; no version ever wrote that.")
    db.text_factory = bytes
    return db


def schema_problems(db: sqlite3.Connection) -> Iterator[Found]:
    """How the file's schema differs from what this version creates."""
    db.text_factory = str
    try:
        found = differs(db)
    finally:
        db.text_factory = bytes
    for how, type_, name in found:
        yield Found(None, "schema", f"The {type_} {name} is {how}: it is not as this version creates it.")


@contextmanager
def integrity_problems(path: Path) -> Iterator[Callable[[], list[Found]]]:
    """What `PRAGMA integrity_check` finds, only for a file whose schema is ours: asked for when all else is done.

    It takes as long as reading the entries does, and nearly all of that inside SQLite, so it runs beside that.
    """
    db = open_hostile(path, shared=True)
    # What another program wrote in between is compared too, before SQLite is trusted with it.
    found = list(schema_problems(db))
    work = Thread(target=lambda: found.extend(_integrity_problems(db)), daemon=True)
    if not found:
        work.start()

    def ended() -> list[Found]:
        if work.ident is not None:
            work.join()
        return found

    try:
        yield ended
    finally:
        db.interrupt()  # where verification was given up; where it ended, nothing runs any more
        ended()
        db.close()


def _integrity_problems(db: sqlite3.Connection) -> Iterator[Found]:
    try:
        for (text,) in db.execute(f"PRAGMA integrity_check({_MANY})"):
            if text != b"ok":
                yield Found(
                    None, "integrity", f"SQLite finds the file inconsistent: {text.decode('utf-8', 'replace')}."
                )
    except sqlite3.DatabaseError as error:
        yield Found(None, "integrity", f"SQLite cannot read the whole file: {error}.")
