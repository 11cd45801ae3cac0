"""What a check finds, as a table beside a ledger's own, so that plain SQL can count it."""

from __future__ import annotations

import sqlite3
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from reports.cli.check import check_ledger


@cache
def _rows(path: Path, as_of: date) -> list[tuple[object, ...]]:
    checked = check_ledger(path, as_of)
    return [
        (
            one.key,
            seq,
            one.check,
            one.outcome,
            one.severity,
            checked.result.state(one).state,
            checked.result.state(one).denied,
            None if place else msgspec.json.encode(one).decode(),
        )
        for one in checked.result.findings
        for place, seq in enumerate(one.entries)
    ]


def add_findings(db: sqlite3.Connection, path: Path, as_of: date, name: str = "findings") -> None:
    """Makes a temporary table of what a check of the ledger at `path` finds: a row for each entry of a finding.

    The first has the whole `finding`. The ledger is one that no test changes.
    """
    db.execute(f"CREATE TEMP TABLE {name} (key, seq, check_name, outcome, severity, state, denied, finding)")
    db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _rows(path, as_of))
