"""What a check found, kept in the ledger's file for browsing and for the next check: a cache, never evidence.

One row of `findings` stands for one entry that a finding concerns, so that a page can show findings beside their
transfers; `checked` says of which state of the ledger, and of which day, they speak, and `checked_places` and
`checked_tallies` hold what `again` goes on from. Nothing else in the file can be written through this module: SQLite
itself is told to refuse it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from ledger.errors import Refused
from ledger.seal import Head
from ledger.store import open_for_writing, sentences, writing
from reports import kept
from reports.again import Changes, code
from reports.checks import CHECKS
from reports.documents.findings import Row
from reports.finding import SEVERITIES, Finding
from reports.many import Many
from reports.run import Result, rate

TABLES = frozenset(("findings", "checked", "checked_places", "checked_tallies"))
"""The only tables that are written to."""

_WRITES = frozenset(
    value
    for name, value in vars(sqlite3).items()
    if name.startswith(("SQLITE_CREATE_", "SQLITE_DROP_", "SQLITE_ALTER_"))
    or name in ("SQLITE_INSERT", "SQLITE_UPDATE", "SQLITE_DELETE", "SQLITE_ATTACH", "SQLITE_DETACH")
)
_ORDER = {check.ID: place for place, check in enumerate(CHECKS)}

_encode = msgspec.json.Encoder().encode


def _allowed(action: int, table: str | None, *_: str | None) -> int:
    return sqlite3.SQLITE_DENY if action in _WRITES and table not in TABLES else sqlite3.SQLITE_OK


def _position(one: Finding) -> int:
    # The worst first and the corrected last, then by check: a finding's own, so that others' coming moves none.
    return ((one.corrected_by is not None) * len(SEVERITIES) + SEVERITIES.index(one.severity)) * 1000 + _ORDER[
        one.check
    ]


def _rows(told: Iterable[tuple[Finding, Row]]) -> Iterator[tuple[object, ...]]:
    for one, row in told:
        texts = (row.check, row.outcome, row.severity, row.expected, row.found, row.citation, row.next_step)
        of = row.decision
        decided = (None, None, 0) if of is None else (of.decision, of.due and of.due.isoformat(), int(of.closed))
        whole = _encode(one).decode()
        for place, seq in enumerate(row.entries):
            yield row.key, _position(one), seq, seq, *texts, *decided, None if place else whole


def _state(result: Result, head: Head, how: Many | Changes | None) -> dict[str, str]:
    checks = [{"check": one.id, "ran": one.ran, "reason": one.reason} for one in result.checks]
    return {
        "as_of": result.as_of.isoformat(),
        "size": str(head.size),
        "head": head.hash,
        **({} if how is None else {"code": code()}),
        "transfers": str(result.transfers),
        "covered": str(result.covered),
        "rating": rate(result).level,
        "counts": json.dumps(result.counts),
        "checks": json.dumps(checks),
    }


def _insert_findings(db: sqlite3.Connection, told: Iterable[tuple[Finding, Row]]) -> None:
    db.executemany(
        "INSERT INTO findings (key, position, seq, id, check_name, outcome, severity, expected, found, "
        "citation, next_step, decision, decision_due, closed, finding) "
        "VALUES (?, ?, ?, (SELECT id FROM entries WHERE seq = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        _rows(told),
    )


_PLACE = "INSERT INTO checked_places (number, key, seq, value) VALUES (?, ?, ?, ?)"
_TALLY = "INSERT OR REPLACE INTO checked_tallies (number, mark, count) VALUES (?, ?, ?)"


def _all(db: sqlite3.Connection, many: Many | None) -> None:
    for table in ("findings", "checked_places", "checked_tallies"):
        db.execute(f"DELETE FROM {table}")
    if many is None:
        return
    db.executemany(_PLACE, many.places())
    counted = ((number, mark, count) for number, tally in many.tallies.items() for mark, count in tally.items())
    db.executemany(_TALLY, ((number, _encode(mark).decode(), count) for number, mark, count in counted))


def _changed(db: sqlite3.Connection, changes: Changes) -> None:
    if changes.reworded:
        db.execute("DELETE FROM findings")
    else:
        db.executemany("DELETE FROM findings WHERE key = ?", ((key,) for key in changes.gone))
    gone = "DELETE FROM checked_places WHERE number = ? AND key = ? AND seq = ?"
    db.executemany(gone, (place[:3] for place in changes.places_gone))
    db.executemany(_PLACE, sorted(changes.places_new))
    for (number, mark), count in changes.tallies.items():
        text = _encode(mark).decode()
        if count:
            db.execute(_TALLY, (number, text, count))
        else:
            db.execute("DELETE FROM checked_tallies WHERE number = ? AND mark = ?", (number, text))


def keep(
    path: Path, result: Result, told: Iterable[tuple[Finding, Row]], head: Head, how: Many | Changes | None
) -> str | None:
    """Keeps in the ledger at `path` what a check found, in one transaction.

    `head` is the end of the chain that was checked. `how` is what a check from scratch collected, and `told` then all
    of its findings; or the changes of one that went on, and `told` then those that are new (all, if reworded); or None
    where nothing was collected that a check could go on from, which then is written only where no such is there.
    Returns None, or the sentence that says why nothing could be kept: a ledger that cannot be written to is checked all
    the same. Where another check kept its findings meanwhile, or a value was erased, those hold and nothing is written.
    """
    try:
        with sentences(path), closing(open_for_writing(path)) as db:
            db.set_authorizer(_allowed)
            with writing(db):
                if _overtaken(db, result, head, how):
                    return None
                if isinstance(how, Changes):
                    _changed(db, how)
                else:
                    _all(db, how)
                _insert_findings(db, told)
                db.execute("DELETE FROM checked")
                db.executemany("INSERT INTO checked (name, value) VALUES (?, ?)", _state(result, head, how).items())
    except Refused as error:
        return str(error)
    return None


def _overtaken(db: sqlite3.Connection, result: Result, head: Head, how: Many | Changes | None) -> bool:
    erased = "SELECT 1 FROM entries WHERE kind <> 'transfer' AND kind = 'erasure' AND seq >= ? LIMIT 1"
    if db.execute(erased, (head.size,)).fetchone() is not None:
        return True
    there = kept.state(db)
    if how is None:
        made = head.size, head.hash, result.as_of, code()
        return there is not None and (there.size, there.head, there.as_of, there.code) == made
    return isinstance(how, Changes) and there != how.base
