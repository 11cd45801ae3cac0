"""The file before its content: opened as hostile, its schema compared, its indexes compared with the rows.

A redefined column or a forged index would show something other than what was sealed. So the schema's text is
compared with the DDL before anything else is asked, and only where it is exactly ours may SQLite run it
(`docs/decisions/0002-trusted-schema.md`). `integrity_check` then compares every index with its rows;
`quick_check` would miss a forged one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

from ledger.errors import Refused
from ledger.fileset import FileSet, Snapshot
from ledger.header import header_problem
from ledger.schema import MARKS, differs
from ledger.verify.record import Found

_MANY = 1000


def open_hostile(path: Path) -> tuple[FileSet, sqlite3.Connection]:
    """The files of the ledger at `path`, and a read-only connection to them in a read transaction.

    Raises `Refused` where it is no SQLite database, another application's, or of another format, and where its files
    must not be read together.
    """
    if (why := header_problem(path)) is not None:
        raise Refused(f"{path} {why}")
    files = FileSet(path)
    try:
        db = files.connect()
    except sqlite3.DatabaseError as error:
        raise Refused(f"{path} cannot be read by SQLite: {error}.") from None
    said = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in (*MARKS, "encoding")}
    if said != {**MARKS, "encoding": "UTF-8"}:
        db.close()
        raise Refused(f"{path} says {', '.join(f'{k} {v}' for k, v in said.items())}; no version ever wrote that.")
    return files, db


@contextmanager
def snapshot(path: Path) -> Iterator[Snapshot]:
    """The ledger at `path` as it is now, opened as hostile. Raises as `open_hostile` does."""
    files, db = open_hostile(path)
    with closing(db), closing(files.connect_with(db)) as other:
        yield Snapshot(files, db, other)


@contextmanager
def text_as(type_: type[str | bytes], db: sqlite3.Connection) -> Iterator[None]:
    """Text that `db` gives within is of this type; an attacker may have left bytes that are no text."""
    before = db.text_factory
    db.text_factory = type_
    try:
        yield
    finally:
        db.text_factory = before


def schema_problems(db: sqlite3.Connection) -> Iterator[Found]:
    """How the file's schema differs from what this version creates."""
    with text_as(str, db):
        found = differs(db)
    for how, type_, name in found:
        yield Found(None, "schema", f"The {type_} {name} is {how}: it is not as this version creates it.")


@contextmanager
def integrity_problems(db: sqlite3.Connection) -> Iterator[Callable[[], list[Found]]]:
    """What `PRAGMA integrity_check` finds, only for a file whose schema is ours: asked for when all else is done.

    It takes as long as reading the entries does, and nearly all of that inside SQLite, so it runs beside that, on `db`,
    a connection of its own to the same snapshot.
    """
    found: list[Found] = []
    db.text_factory = bytes
    work = Thread(target=lambda: found.extend(_integrity_problems(db)), daemon=True)
    work.start()

    def ended() -> list[Found]:
        work.join()
        return found

    try:
        yield ended
    finally:
        db.interrupt()  # where verification was given up; where it ended, nothing runs any more
        ended()


def _integrity_problems(db: sqlite3.Connection) -> Iterator[Found]:
    try:
        for (text,) in db.execute(f"PRAGMA integrity_check({_MANY})"):
            if text != b"ok":
                yield Found(
                    None, "integrity", f"SQLite finds the file inconsistent: {text.decode('utf-8', 'replace')}."
                )
    except sqlite3.DatabaseError as error:
        yield Found(None, "integrity", f"SQLite cannot read the whole file: {error}.")
