"""What a browsing connection may do: read what was sealed and what was found, and nothing else.

The file is opened read-only by whoever opens it; here its schema is compared before anything of it
runs (docs/decisions/0002-trusted-schema.md), and an authoriser, which SQLite asks about every table, column, function
and pragma of every statement before it runs, refuses the tables that hold erasable values. So nothing that was
typed can reach a page through a query, a facet, a filter or a mistake in one of ours: only the entry's own page
shows it, over a connection of its own, to those who may see it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeAlias

from ledger.errors import Refused
from ledger.schema import APPLICATION_ID, differs

BROWSABLE = ("transfers", "transfers_with_findings", "findings_with_transfers")
"""The views that people browse; every other table and view has no page."""

HIDDEN = frozenset({"disclosures", "documents", "names", "sqlite_dbpage", "dbstat"})
"""What no browsing connection reads, in lower case: erasable values, what was typed, and SQLite's raw pages."""

ERASABLE = HIDDEN - {"documents", "names"}
"""What our own pages do not read either, but for the one that shows erasable values: not the adopted registers."""

_STATEMENTS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_TRANSACTION})

_PRAGMAS = frozenset(
    {
        "application_id",
        "database_list",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "schema_version",
        "table_info",
        "table_list",
        "table_xinfo",
        "user_version",
    }
)
"""The pragmas by which Datasette learns what there is."""


def is_ledger(db: sqlite3.Connection) -> bool:
    """Whether `db` says that it is a ledger file."""
    return int(db.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID


Authoriser: TypeAlias = Callable[[int, str | None, str | None, str | None, str | None], int]


def authorise(action: int, first: str | None, second: str | None, _schema: str | None, _by: str | None) -> int:
    """SQLite's question about one step of a browser's statement (sqlite3_set_authorizer): may it?"""
    return _may(HIDDEN, action, first, second)


def authorise_ours(action: int, first: str | None, second: str | None, _schema: str | None, _by: str | None) -> int:
    """The same about a statement of our own pages, which also read the adopted registers."""
    return _may(ERASABLE, action, first, second)


def _may(hidden: frozenset[str], action: int, first: str | None, second: str | None) -> int:
    if action == sqlite3.SQLITE_READ:
        # `count(*)` reads no column, and gives the table's name as it was typed.
        allowed = (first or "").lower() not in hidden
    elif action == sqlite3.SQLITE_FUNCTION:
        allowed = (second or "").lower() != "load_extension"
    elif action == sqlite3.SQLITE_PRAGMA:
        allowed = (first or "").lower() in _PRAGMAS
    else:
        allowed = action in _STATEMENTS
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def guard(db: sqlite3.Connection) -> None:
    """Makes `db`, a connection to a ledger, one for browsing. `Refused` where its schema is not ours."""
    if differs(db):
        raise Refused(
            "The ledger's tables, views or triggers are not those that this version creates; nothing of it is "
            "shown. `transfer-ledger verify` says what differs."
        )
    # What `json_each` looks like is declared with a CREATE TABLE when it is first used: now, while that is allowed.
    db.execute("SELECT count(*) FROM json_each('[]')").fetchone()
    db.execute("PRAGMA query_only=ON")
    db.set_authorizer(authorise)
