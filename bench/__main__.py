"""Appending and verifying against bare SQLite, on the same rows in the same tables.

Each figure is the median of several paired runs, ours and the plain thing in turn, so that a busy machine slows
both. What is measured, and what it should be, stands beside each figure; `docs/PERFORMANCE.md` keeps a run.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import click

from ledger import store
from ledger.entry import Content, when
from ledger.register.read import load_notice, notice_bytes
from ledger.verify import database, record
from ledger.writer import Ledger, create


def _clock() -> datetime:
    return datetime.now(UTC)


def _new(path: Path) -> Path:
    create(path, "bench.example/transfers", "Bench", _clock, os.urandom)
    with Ledger(path, _clock, os.urandom) as ledger:
        ledger.adopt(load_notice("england-2010"), notice_bytes("england-2010").decode(), (date(2009, 9, 1), None, True))
    return path


def _contents(ledger: Ledger, count: int, prefix: str) -> list[Content]:
    members = {
        "sender": "local-authority",
        "recipient": "qca",
        "purpose": "maintain-accuracy",
        "fields": ["forename", "surname"],
        "lawful_basis": ["dpa1998-sch2-5"],
        **when("2010-05-04T10:15"),
    }
    return [
        ledger.settle({**members, "id": f"{prefix}{n}", "subjects": {"kind": "pupil", "count": n}}, {"note": "sent"})
        for n in range(count)
    ]


def _rows(path: Path, first: int) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    db = sqlite3.connect(path)
    entries = db.execute("SELECT seq, entry, hash FROM entries WHERE seq >= ? ORDER BY seq", (first,)).fetchall()
    disclosures = db.execute(
        "SELECT digest, seq, name, disclosure FROM disclosures WHERE seq >= ?", (first,)
    ).fetchall()
    return entries, disclosures


_ENTRY = "INSERT INTO entries (seq, entry, hash) VALUES (?, ?, ?)"
_DISCLOSURE = "INSERT INTO disclosures (digest, seq, name, disclosure) VALUES (?, ?, ?, ?)"


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bare_copy(path: Path, first: int) -> sqlite3.Connection:
    """The ledger before entry `first`, as another file on the same disk, open for bare inserts."""
    other = path.with_name(f"bare-{path.name}")
    sqlite3.connect(path).execute("VACUUM INTO ?", (str(other),))
    db = store.open_for_writing(other)
    for trigger in ("entries_no_delete", "disclosures_erased"):
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute("DELETE FROM entries WHERE seq >= ?", (first,))
    db.execute("DELETE FROM disclosures WHERE seq >= ?", (first,))
    return db


def appends(folder: Path, single: int = 300, many: int = 5000) -> None:
    """One durable append, and many in one transaction, against bare inserts of the same ready rows."""
    path = _new(folder / "single.db")
    with Ledger(path, _clock, os.urandom) as ledger:
        ours = [_timed(lambda c=c: ledger.append(c)) for c in _contents(ledger, single, "s")]  # type: ignore[misc] # mypy cannot infer a lambda's default
    entries, disclosures = _rows(path, 2)
    bare = _bare_copy(path, 2)

    def insert(at: int) -> None:
        with store.writing(bare):
            bare.execute(_ENTRY, entries[at])
            bare.execute(_DISCLOSURE, disclosures[at])

    plain = [_timed(lambda at=at: insert(at)) for at in range(single)]  # type: ignore[misc]
    _say("single durable append / bare INSERT + commit", statistics.median(ours), statistics.median(plain), "1.5")

    path = _new(folder / "many.db")
    with Ledger(path, _clock, os.urandom) as ledger:
        contents = _contents(ledger, many, "m")
        took = _timed(lambda: ledger.append_many(contents))
    entries, disclosures = _rows(path, 2)
    bare = _bare_copy(path, 2)

    def insert_many() -> None:
        with store.writing(bare):
            bare.executemany(_ENTRY, entries)
            bare.executemany(_DISCLOSURE, disclosures)

    _say(f"append_many of {many:,} / executemany", took, _timed(insert_many), "2")


def _select(db: sqlite3.Connection) -> None:
    for _ in db.execute("SELECT seq, entry, hash FROM entries"):
        pass
    for _ in db.execute("SELECT seq, digest, name, disclosure FROM disclosures"):
        pass


def verification(folder: Path, size: int = 20_000, runs: int = 3) -> None:
    """The whole walk of verification against a bare SELECT of the rows; integrity_check's own time beside it."""
    path = _new(folder / "verify.db")
    with Ledger(path, _clock, os.urandom) as ledger:
        ledger.append_many(_contents(ledger, size, "v"))
    ours, plain, integrity = [], [], []
    for _ in range(runs):
        db = database.open_hostile(path)
        plain.append(_timed(lambda db=db: _select(db)))  # type: ignore[misc]
        ours.append(_timed(lambda db=db: list(record.walk(db, size))))  # type: ignore[misc]
        integrity.append(_timed(lambda db=db: list(database.integrity_problems(db))))  # type: ignore[misc]
        db.close()
    _say(f"verify {size:,} entries / bare SELECT", statistics.median(ours), statistics.median(plain), "6")
    click.echo(f"    integrity_check beside it: {statistics.median(integrity) * 1000:.0f} ms")


def _say(what: str, ours: float, plain: float, goal: str) -> None:
    click.echo(f"{what}: {ours / plain:.2f} (at most {goal}; {ours * 1000:.2f} ms against {plain * 1000:.2f} ms)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        appends(Path(name))
        verification(Path(name))
