"""Appending and verifying against bare SQLite, on the same rows in the same tables.

Each figure is the median of several paired runs, ours and the plain thing in turn, so that a busy machine slows
both. What is measured, and what it should be, stands beside each figure; `docs/PERFORMANCE.md` keeps a run.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import click

from bench import app, authority, checks, documents, evidence, processes
from bench.ledgers import ORIGIN, bare, clock, contents, filled, new
from ledger import store
from ledger.verify import database, record
from ledger.verify.evidence import Evidence
from ledger.verify.levels import NOTHING
from ledger.writer import Ledger


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


def appends(folder: Path, single: int = 300, many: int = 5000) -> None:
    """One durable append, and many in one transaction, against bare inserts of the same ready rows."""
    made = new(folder / "made.db")
    plain_db = bare(made)
    with Ledger(made, clock, os.urandom) as ledger:
        ledger.append_many(contents(ledger, single, "s"))
    entries, disclosures = _rows(made, 2)

    def insert(at: int) -> None:
        with store.writing(plain_db):
            plain_db.execute(_ENTRY, entries[at])
            plain_db.execute(_DISCLOSURE, disclosures[at])

    # In turn, one of ours and one bare: a busy disk then slows both.
    ours, plain = [], []
    with Ledger(new(folder / "single.db"), clock, os.urandom) as ledger:
        for at, content in enumerate(list(contents(ledger, single, "s"))):
            ours.append(_timed(partial(ledger.append, content)))
            plain.append(_timed(partial(insert, at)))
    _say("single durable append / bare INSERT + commit", statistics.median(ours), statistics.median(plain), "1.5")

    ours, plain = [], []
    for run in range(3):
        path = new(folder / f"many{run}.db")
        plain_db = bare(path)
        with Ledger(path, clock, os.urandom) as ledger:
            ready = list(contents(ledger, many, "m"))
            ours.append(_timed(partial(ledger.append_many, ready)))
        entries, disclosures = _rows(path, 2)
        plain.append(_timed(partial(_insert_many, plain_db, entries, disclosures)))
    _say(f"append_many of {many:,} / executemany", statistics.median(ours), statistics.median(plain), "2")


def _insert_many(
    db: sqlite3.Connection, entries: list[tuple[object, ...]], disclosures: list[tuple[object, ...]]
) -> None:
    with store.writing(db):
        db.executemany(_ENTRY, entries)
        db.executemany(_DISCLOSURE, disclosures)


def _drain(work: Callable[..., Iterable[object]], *arguments: object) -> None:
    for _ in work(*arguments):
        pass


def _select(db: sqlite3.Connection) -> None:
    for _ in db.execute("SELECT seq, entry, hash FROM entries"):
        pass
    for _ in db.execute("SELECT seq, digest, name, disclosure FROM disclosures"):
        pass


def verification(folder: Path, size: int = 20_000, runs: int = 5) -> None:
    """The whole walk of verification against a bare SELECT of the rows, the tree of the evidence with it and without;
    integrity_check's own time beside it.
    """
    path = filled(folder / "verify.db", size)
    walked, ours, plain, integrity = [], [], [], []
    for _ in range(runs):
        _, db = database.open_hostile(path)
        db.text_factory = bytes
        plain.append(_timed(partial(_select, db)))
        walked.append(_timed(partial(_drain, record.walk, db, size)))
        ours.append(_timed(partial(_with_tree, db, size)))
        integrity.append(_timed(partial(_integrity, db)))
        db.close()
    _say(f"verify {size:,} entries / bare SELECT", statistics.median(ours), statistics.median(plain), "6")
    click.echo(f"    without the Merkle tree and its tiles: {statistics.median(walked) / statistics.median(plain):.2f}")
    click.echo(f"    integrity_check beside it: {statistics.median(integrity) * 1000:.0f} ms")


def _integrity(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA integrity_check").fetchall()


def _with_tree(db: sqlite3.Connection, size: int) -> None:
    evidence = Evidence(db, ORIGIN, NOTHING)
    _drain(record.walk, db, size, lambda count: None, evidence.add)
    _drain(evidence.problems)


def _say(what: str, ours: float, plain: float, goal: str) -> None:
    click.echo(f"{what}: {ours / plain:.2f} (at most {goal}; {ours * 1000:.2f} ms against {plain * 1000:.2f} ms)")


def recording(folder: Path, runs: int = 7) -> None:
    """`record` as a whole process against `sqlite-utils insert` of the same row: processor time of each."""
    path = new(folder / "record.db")
    here = Path(sys.executable).parent
    ours, plain = [], []
    for run in range(runs):
        ours.append(_cpu([here / "transfer-ledger", "record", path, "--id", f"r{run}", "--transferred-at", "2010-05-04",
                          "--sender", "local-authority", "--recipient", "qca", "--purpose", "maintain-accuracy",
                          "--field", "forename", "--lawful-basis", "dpa1998-sch2-5", "--note", "sent"]))  # fmt: skip
        row = json.dumps({"id": f"r{run}", "transferred_at": "2010-05-04", "sender": "local-authority", "note": "sent"})
        plain.append(_cpu([here / "sqlite-utils", "insert", folder / "plain.db", "t", "-", "--pk", "id"], row))
    _say("record / sqlite-utils insert, processor time", statistics.median(ours), statistics.median(plain), "1.0")


def _cpu(command: list[str | Path], given: str = "") -> float:
    before = os.times()
    subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def checking(folder: Path) -> None:
    """How many checks run a second over the demonstration's year."""
    from ledger.source import Source
    from reports.checks import CHECKS
    from reports.demo.play import play
    from reports.evidence import evidence_of
    from reports.run import run

    (folder / "demo").mkdir()
    play(folder / "demo", lambda text: None)
    with Source(folder / "demo" / "transfers.db") as source:
        evidence = evidence_of(source)
        recorded = list(evidence.recorded)
        start = time.perf_counter()
        run(replace(evidence, recorded=recorded), date(2010, 10, 1))
        took = time.perf_counter() - start
    click.echo(f"checks a second: {len(recorded) * len(CHECKS) / took:,.0f} (at least 50,000)")


def memory(smaller: Path, larger: Path) -> None:
    """Peak memory of `verify` on a ledger and on one ten times as large: the same."""
    peaks = [processes.verb("verify", path).peak for path in (smaller, larger)]
    click.echo(
        f"peak memory of verify: {peaks[0]:.0f} MB at 100,000 entries, {peaks[1]:.0f} MB at 1,000,000 (the same)"
    )


def reporting(folder: Path, rows: int = 100_000) -> None:
    """Peak memory of importing, checking and reporting on a year in which nearly every transfer has two findings."""
    path, file = new(folder / "imported.db"), folder / "transfers.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write("id,transferred_at,sender,recipient,purpose,fields,note\n")
        for n in range(rows):
            day = f"2010-{n % 9 + 1:02}-{n % 28 + 1:02}"
            out.write(f"r{n},{day},local-authority,Somebody {n % 40},maintain-accuracy,forename;surname,sent {n}\n")
    peaks = {
        "import": processes.verb("import", path, file).peak,
        "check": processes.verb("check", path, "--as-of", "2011-01-31", "--format", "json").peak,
        "report": processes.verb("report", path, "-o", folder / "report", "--as-of", "2011-01-31").peak,
    }
    said = ", ".join(f"{verb} {peak:.0f} MB" for verb, peak in peaks.items())
    click.echo(f"peak memory at {rows:,} transfers, two findings on each: {said} (at most 300 MB)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        appends(folder)
        verification(folder)
        recording(folder)
        checking(folder)
        reporting(folder)
        large = filled(folder / "large.db", 1_000_000)
        small = filled(folder / "small.db", 100_000)
        memory(small, large)
        evidence.measure(large)
        for path in (small, large):
            path.unlink()
        checked = [checks.filled(folder / f"checked-{count}.db", count) for count in (100_000, 1_000_000)]
        peaks = [processes.verb("check", path, "--as-of", "2010-10-01").peak for path in checked]
        click.echo(
            f"peak memory of check: {peaks[0]:.0f} MB at 100,000 transfers, {peaks[1]:.0f} MB at 1,000,000 (the same)"
        )
        checks.checking(checked[1], 1_000_000, "three kinds of transfer")
        for path in checked:
            path.unlink()
        varied = authority.filled(folder / "varied.db", 1_000_000)
        checks.checking(varied, 1_000_000, "as varied as an authority's")
        took = processes.verb("check", varied, "--as-of", "2010-10-01", "--format", "csv")
        click.echo(f"peak memory of that check, all its processes together: {took.peak:.0f} MB (under 300 MB)")
        documents.governors(varied, folder, "as varied as an authority's")
        varied.unlink()
        documents.reporting(folder, folder / "demo" / "transfers.db")
        app.measure(folder)
