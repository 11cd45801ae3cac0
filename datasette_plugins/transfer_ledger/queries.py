"""What the overview asks the ledger: plain SQL over a browsing connection, answers as values.

A finding stands while no correction replaced the entry that it is about, and is open while no decision closes it
either; one about several entries counts once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

_STANDS = """NOT EXISTS (SELECT 1 FROM entries AS e JOIN entries AS c ON c.corrects = coalesce(e.corrects, e.seq)
             AND c.seq > e.seq WHERE e.seq = f.seq)"""


class Flow(NamedTuple):
    """A recipient: how many transfers went there, the first and last day, how many have a finding."""

    recipient: str
    transfers: int
    first: str
    last: str
    flagged: int


class ContactPoint(NamedTuple):
    """Transfers to, from or for ContactPoint, the first and last day, and the findings of its checks that stand."""

    transfers: int
    first: str | None
    last: str | None
    breaches: int
    untold: int


class Overview(NamedTuple):
    """The front page's facts. `found` counts findings that stand by (severity, outcome), `closed` those closed."""

    organisation: str
    origin: str
    size: int
    head: str
    last_recorded: str
    transfers: int
    corrections: int
    refusals: int
    organisations: int
    registers: tuple[tuple[str, str], ...]
    found: dict[tuple[str, str], int]
    closed: dict[tuple[str, str], int]
    by_check: tuple[tuple[str, str, str, int], ...]
    contactpoint: ContactPoint
    flows: tuple[Flow, ...]
    checked: dict[str, str]

    def _open(self, wanted: str) -> int:
        return sum(n - self.closed.get(of, 0) for of, n in self.found.items() if of[1] == wanted)

    @property
    def breaches(self) -> int:
        """How many breaches are open."""
        return self._open("breach")

    @property
    def untold(self) -> int:
        """How many findings that no decision closes say that it cannot be told."""
        return self._open("cannot-tell")


def _contactpoint(db: sqlite3.Connection, party: str, purposes: Collection[str]) -> ContactPoint:
    marks = ", ".join("?" * len(purposes))
    uses = db.execute(
        "SELECT count(*), min(transferred_on), max(transferred_on) FROM transfers "
        f"WHERE recipient = ? OR sender = ? OR purpose IN ({marks})",
        (party, party, *purposes),
    ).fetchone()
    found = dict(
        db.execute(
            "SELECT outcome, count(DISTINCT key) FROM findings AS f "
            f"WHERE check_name IN ('contactpoint-closed', 'contactpoint-closing-day') AND {_STANDS} GROUP BY outcome"
        ).fetchall()
    )
    return ContactPoint(uses[0], uses[1], uses[2], found.get("breach", 0), found.get("cannot-tell", 0))


def overview(db: sqlite3.Connection, party: str, purposes: Collection[str]) -> Overview:
    """All of the front page in one read. `party` and `purposes` are ContactPoint's in the facts of law."""
    genesis = db.execute(
        "SELECT json_extract(entry, '$.organisation'), json_extract(entry, '$.origin') FROM entries WHERE seq = 0"
    ).fetchone()
    seq, head, recorded = db.execute("SELECT seq, hash, recorded_at FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    kinds = dict(db.execute("SELECT kind, count(*) FROM entries WHERE kind <> 'transfer' GROUP BY kind").fetchall())
    registers = db.execute(
        "SELECT json_extract(entry, '$.register'), json_extract(entry, '$.version') FROM entries "
        "WHERE kind <> 'transfer' AND kind = 'register' ORDER BY seq"
    )
    found, closed = (
        {
            (row[0], row[1]): row[2]
            for row in db.execute(
                "SELECT severity, outcome, count(DISTINCT key) FROM findings AS f "
                f"WHERE {_STANDS} {which} GROUP BY 1, 2"
            )
        }
        for which in ("", "AND closed")
    )
    by_check = db.execute(
        "SELECT check_name, severity, outcome, count(DISTINCT key) AS n FROM findings AS f "
        f"WHERE {_STANDS} GROUP BY 1, 2, 3 "
        "ORDER BY CASE outcome WHEN 'breach' THEN 0 WHEN 'cannot-tell' THEN 1 ELSE 2 END, "
        "CASE severity WHEN 'critical' THEN 0 WHEN 'serious' THEN 1 ELSE 2 END, n DESC, check_name"
    )
    flows = db.execute(
        "SELECT recipient, count(*), min(transferred_on), max(transferred_on), "
        "sum(EXISTS (SELECT 1 FROM findings AS f WHERE f.seq = t.seq)) "
        "FROM transfers AS t GROUP BY recipient ORDER BY count(*) DESC, recipient"
    ).fetchall()
    organisations = db.execute(
        "SELECT count(DISTINCT id) FROM entries WHERE kind <> 'transfer' AND kind = 'organisation'"
    ).fetchone()[0]
    return Overview(
        organisation=genesis[0],
        origin=genesis[1],
        size=seq + 1,
        head=head,
        last_recorded=recorded,
        transfers=sum(row[1] for row in flows),
        corrections=kinds.get("correction", 0),
        refusals=kinds.get("refusal", 0),
        organisations=organisations,
        registers=tuple((row[0], row[1]) for row in registers),
        found=found,
        closed=closed,
        by_check=tuple((row[0], row[1], row[2], row[3]) for row in by_check),
        contactpoint=_contactpoint(db, party, purposes),
        flows=tuple(Flow(*row) for row in flows),
        checked=dict(db.execute("SELECT name, value FROM checked").fetchall()),
    )
