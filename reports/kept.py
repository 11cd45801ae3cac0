"""What the last check left in the ledger's file for the next one: read only, and never evidence."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import date
from typing import Any, NamedTuple

import msgspec

from reports.checks.kinds import Values
from reports.finding import Finding
from reports.judge import TALLIES

_SHARED = ("check", "reason", "expected", "found", "citations", "assigned", "prefilled", "register")
_findings = msgspec.json.Decoder(Finding).decode
_values = msgspec.json.Decoder(tuple[str | int, ...]).decode


class Kept(NamedTuple):
    """What the last check was made of: how many entries, the hash of the last, as of which day, by which code."""

    size: int
    head: str
    as_of: date
    code: str
    transfers: int
    covered: int


def state(db: sqlite3.Connection) -> Kept | None:
    """What the last check was made of; None where none was, or what it left cannot be read."""
    found = dict(db.execute("SELECT name, value FROM checked"))
    try:
        return Kept(
            int(found["size"]),
            found["head"],
            date.fromisoformat(found["as_of"]),
            found["code"],
            int(found["transfers"]),
            int(found["covered"]),
        )
    except (KeyError, ValueError):
        return None


def members(db: sqlite3.Connection, number: int, key: bytes) -> dict[int, bytes]:
    """The seqs of a group's members, in order, and what is kept of each."""
    rows = db.execute("SELECT seq, value FROM checked_places WHERE number = ? AND key = ? ORDER BY seq", (number, key))
    return dict(rows.fetchall())


def tallies(db: sqlite3.Connection) -> dict[int, Counter[Values]]:
    """All tallies, by number."""
    found: dict[int, Counter[Values]] = {number: Counter() for number in range(len(TALLIES))}
    for number, mark, count in db.execute("SELECT number, mark, count FROM checked_tallies"):
        found[number][_values(mark)] = count
    return found


def findings(db: sqlite3.Connection) -> dict[str, Finding]:
    """All findings, by key."""
    rows = db.execute("SELECT finding FROM findings WHERE finding IS NOT NULL")
    same: dict[object, Any] = {}
    found = {}
    for (text,) in rows:
        one = _findings(text)
        # A hundred thousand findings share a few hundred values; each would else have its own.
        shared = {name: same.setdefault(value, value) for name in _SHARED if (value := getattr(one, name)) is not None}
        found[one.key] = msgspec.structs.replace(one, **shared)
    return found
