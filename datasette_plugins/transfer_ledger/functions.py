"""What saved queries may call besides SQLite's own: the day in London, by the zone's rules that every ledger keeps.

SQLite's `date('now')` is a day in UTC, and its `localtime` the machine's.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from ledger.london import day_of


def clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def london_day(moment: object) -> str | None:
    """The London day (`YYYY-MM-DD`) of `now`, or of a time with its offset such as a `recorded_at`; else None."""
    try:
        at = clock() if moment == "now" else datetime.fromisoformat(moment) if isinstance(moment, str) else None
        return None if at is None or at.tzinfo is None else day_of(at).isoformat()
    except (ValueError, OverflowError):
        return None


def register(db: sqlite3.Connection) -> None:
    """Makes the functions known to `db`."""
    db.create_function("london_day", 1, london_day)
