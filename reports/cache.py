"""What a check found, kept in the ledger's file for browsing: a cache that can be made anew, never evidence.

One row of `findings` stands for one entry that a finding concerns, worst first, so that a page can show findings
beside their transfers; `checked` says of which state of the ledger, and of which day, they speak. Nothing else in
the file can be written through this module: SQLite itself is told to refuse it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ledger.errors import Refused
from ledger.seal import Head
from ledger.store import open_for_writing, sentences, writing
from reports.documents.findings import Rows
from reports.run import Result, rate

TABLES = frozenset(("findings", "checked"))
"""The only tables that are written to."""

_WRITES = frozenset(
    value
    for name, value in vars(sqlite3).items()
    if name.startswith(("SQLITE_CREATE_", "SQLITE_DROP_", "SQLITE_ALTER_"))
    or name in ("SQLITE_INSERT", "SQLITE_UPDATE", "SQLITE_DELETE", "SQLITE_ATTACH", "SQLITE_DETACH")
)


def _allowed(action: int, table: str | None, *_: str | None) -> int:
    return sqlite3.SQLITE_DENY if action in _WRITES and table not in TABLES else sqlite3.SQLITE_OK


def _rows(rows: Rows) -> Iterator[tuple[object, ...]]:
    for position, row in enumerate(rows.by_weight()):
        texts = (row.check, row.outcome, row.severity, row.expected, row.found, row.citation, row.next_step)
        of = row.decision
        decided = (None, None, 0) if of is None else (of.decision, of.due and of.due.isoformat(), int(of.closed))
        for seq in row.entries:
            yield row.key, position, seq, seq, *texts, *decided


def _state(result: Result, head: Head) -> dict[str, str]:
    checks = [{"check": one.id, "ran": one.ran, "reason": one.reason} for one in result.checks]
    return {
        "as_of": result.as_of.isoformat(),
        "size": str(head.size),
        "head": head.hash,
        "transfers": str(result.transfers),
        "covered": str(result.covered),
        "rating": rate(result).level,
        "counts": json.dumps(result.counts),
        "checks": json.dumps(checks),
    }


def keep(path: Path, result: Result, rows: Rows, head: Head) -> str | None:
    """Replaces what `findings` and `checked` of the ledger at `path` hold, in one transaction.

    `head` is the end of the chain that was checked. Returns None, or the sentence that says why nothing could be
    kept: a ledger that cannot be written to is checked all the same.
    """
    try:
        with sentences(path), closing(open_for_writing(path)) as db:
            db.set_authorizer(_allowed)
            with writing(db):
                db.execute("DELETE FROM findings")
                db.executemany(
                    "INSERT INTO findings (key, position, seq, id, check_name, outcome, severity, expected, found, "
                    "citation, next_step, decision, decision_due, closed) "
                    "VALUES (?, ?, ?, (SELECT id FROM entries WHERE seq = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    _rows(rows),
                )
                db.execute("DELETE FROM checked")
                db.executemany("INSERT INTO checked (name, value) VALUES (?, ?)", _state(result, head).items())
    except Refused as error:
        return str(error)
    return None
