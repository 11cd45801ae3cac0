"""Counts that anybody makes again: each is the answer to one SQL statement, which is printed beside it.

The number in the document is what SQLite answered to the very statement, so that the two cannot drift apart. A
statement holds its values as literals, and names the ledger's size, so that what is recorded later changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from reports.scope import Scope

LEDGER = "LEDGER"
"""Stands for the ledger's file in every command: where it lies is the reader's business."""


class Recount(NamedTuple):
    """One count: its id, what it counts, the statement, and SQLite's answer."""

    id: str
    label: str
    sql: str
    value: int


def recount(db: sqlite3.Connection, id_: str, label: str, sql: str) -> Recount:
    """Counts by `sql`, which gives one row with one number."""
    return Recount(id_, label, sql, db.execute(sql).fetchone()[0])


def literal(sql: str, values: Sequence[str | int]) -> str:
    """`sql` with each `?` replaced by its value, written as a literal of SQL; it holds no other question mark."""
    parts = sql.split("?")
    assert len(parts) == len(values) + 1
    written = [str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'" for value in values]
    return "".join(part for pair in zip(parts, [*written, ""], strict=True) for part in pair)


def standing(scope: Scope, size: int, columns: str) -> str:
    """The statement that gives `columns` of the transfers in `scope` that stood when there were `size` entries.

    It is on `entries` itself, as `t`, since the view `transfers` shows those that stand now.
    """
    where, values = scope.where("t")
    return literal(
        f"SELECT {columns} FROM entries AS t WHERE t.kind IN ('transfer', 'correction') AND t.withdrawn IS NULL "
        f"AND t.seq < {size} AND NOT EXISTS (SELECT 1 FROM entries AS c WHERE c.corrects = coalesce(t.corrects, t.seq) "
        f"AND c.seq > t.seq AND c.seq < {size}) AND {where}",
        values,
    )


def command(sql: str, remark: str = "") -> str:
    """The line for a POSIX shell that puts `sql` to the ledger, with a remark after it."""
    for special in ("\\", '"', "$", "`"):
        sql = sql.replace(special, f"\\{special}")
    line = f'sqlite3 {LEDGER} "{sql}"'
    return f"{line}  # {remark}" if remark else line
