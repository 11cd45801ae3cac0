"""What verification reached, said plainly: the problems, what was not checked, and what remains possible."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ledger import entry
from ledger.members import Genesis
from ledger.verify import database
from ledger.verify.record import Found, walk

NOT_CHECKED = (
    "Whether a transfer took place that nobody recorded: no ledger can show that.",
    "Whether the whole ledger was rewritten: no checkpoint from outside was compared.",
    "Whether entries were cut off at the end: no checkpoint from outside was compared.",
    "The caches `names`, `findings` and `checked`: they can be rebuilt and are no evidence.",
)
"""What `consistent` leaves open (DESIGN section 4)."""

_TABLES = ("The table entries ", "The table disclosures ", "The table documents ")

MOST_PROBLEMS = 10_000
"""After so many problems of single entries the walk goes on counting, but keeps no more of their sentences."""


class Report(NamedTuple):
    """What `verify` found. `assurance` is `consistent`, or `none` where a problem was found.

    `head` is the hash of the last entry, as recomputed; `warnings` do not count against the ledger.
    """

    assurance: str
    size: int
    head: str | None
    origin: str | None
    problems: list[Found]
    warnings: list[Found]
    not_checked: list[str]


def _keep(found: Iterator[Found], problems: list[Found], warnings: list[Found]) -> int:
    beyond = 0
    for one in found:
        kept = warnings if one.warning else problems
        if len(kept) < MOST_PROBLEMS:
            kept.append(one)
        else:
            beyond += 1
    return beyond


def _wal_unread(wal: Path) -> str | None:
    # A WAL whose first bytes are not a WAL's (SQLite file format §4.1) is passed over by SQLite without a word.
    try:
        with wal.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError:
        return "Whether a WAL file belonged to this copy: none lies beside it, so its newest entries could be missing."
    except OSError as error:
        return f"The WAL file beside the ledger: it cannot be read ({error.strerror})."
    if magic and magic not in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
        return (
            "The WAL file beside the ledger: it is damaged and was passed over, so the newest entries could be missing."
        )
    return None


def verify(path: Path, done: Callable[[int], None] = lambda count: None) -> Report:
    """Everything that can be checked of the ledger at `path` by itself. `Refused` where it cannot be read."""
    problems: list[Found] = []
    warnings: list[Found] = []
    not_checked = list(NOT_CHECKED)
    db = database.open_hostile(path)
    if (wal := _wal_unread(Path(f"{path.resolve()}-wal"))) is not None:
        not_checked.append(wal)
    size, head, origin = 0, None, None
    try:
        problems += database.schema_problems(db)
        if problems:
            not_checked.append("The indexes' contents: with another schema SQLite is not trusted to compare them.")
            if any(found.message.startswith(_TABLES) for found in problems):
                not_checked.append("The entries themselves: their table is not as this version creates it.")
                return Report("none", 0, None, None, problems, warnings, not_checked)
        else:
            problems += database.integrity_problems(db)
        try:
            size = db.execute("SELECT count(*) FROM entries NOT INDEXED").fetchone()[0]
            if size == 0:
                problems.append(
                    Found(None, "empty", "The ledger has no entries, not even its first; an empty ledger is no record.")
                )
            if beyond := _keep(walk(db, size, done), problems, warnings):
                not_checked.append(f"{beyond:,} more problems were found and are not listed.")
            row = db.execute("SELECT entry FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
            head = entry.leaf_hash(row[0]) if row else None
            first = db.execute("SELECT entry FROM entries WHERE seq = 0").fetchone()
            genesis = entry.read(first[0])[0] if first else None
            origin = genesis.origin if isinstance(genesis, Genesis) else None
        except (sqlite3.DatabaseError, TypeError) as error:
            problems.append(Found(None, "unreadable", f"The file cannot be read to its end: {error}."))
    finally:
        db.close()
    return Report("none" if problems else "consistent", size, head, origin, problems, warnings, not_checked)
