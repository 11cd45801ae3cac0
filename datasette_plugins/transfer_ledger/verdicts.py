"""The findings that this app made itself since it started, in a private SQLite file that only its own processes write.

The ledger's file holds no verdict, since whoever can write it could change it
(docs/decisions/0011-no-verdict-is-stored.md). A check, run beside the app, puts its findings here; every browsing
connection attaches the file as `verdicts`. One row of `findings` stands for one entry that a finding concerns;
`checked` says of which state of the ledger, and of which day, they speak. It is empty until the first check has ended.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from ledger.errors import Refused
from ledger.store import writing
from reports.checks import CHECKS
from reports.cli.check import Checked
from reports.confirming import unconfirmed
from reports.documents.contactpoint import uses
from reports.finding import SEVERITIES, Finding
from reports.run import answers, rate

VIEWS = {
    "transfers_with_findings": """CREATE TEMP VIEW transfers_with_findings AS
SELECT t.*, (SELECT count(*) FROM verdicts.findings AS f WHERE f.seq = t.seq) AS findings,
       (SELECT f.severity FROM verdicts.findings AS f WHERE f.seq = t.seq ORDER BY f.position LIMIT 1) AS severity
FROM main.transfers AS t""",
    "findings_with_transfers": """CREATE TEMP VIEW findings_with_transfers AS
SELECT f.check_name, f.outcome, f.severity, f.seq, t.id, t.transferred_on, t.sender, t.recipient, t.purpose,
       f.expected, f.found, f.citation, f.next_step, f.state, f.how, f.second_person, f.decision, f.decision_due,
       f.position
FROM verdicts.findings AS f LEFT JOIN main.entries AS t ON t.seq = f.seq""",
}
"""The views of both files that people browse; every connection makes them for itself."""

_TABLES = """
CREATE TABLE findings (
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    check_name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    severity TEXT NOT NULL,
    expected TEXT NOT NULL,
    found TEXT NOT NULL,
    citation TEXT NOT NULL,
    next_step TEXT NOT NULL,
    decision TEXT,
    decision_due TEXT,
    state TEXT NOT NULL,
    how TEXT,
    state_entry INTEGER,
    second_person INTEGER,
    event INTEGER,
    confirms INTEGER,
    finding TEXT,
    PRIMARY KEY (key, seq)
) STRICT;
CREATE INDEX findings_seq ON findings (seq);
CREATE INDEX findings_position ON findings (position, seq);
CREATE INDEX findings_confirms ON findings (confirms) WHERE confirms IS NOT NULL;
CREATE TABLE checked (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE erased (seq INTEGER NOT NULL) STRICT;
"""

_ORDER = {check.ID: place for place, check in enumerate(CHECKS)}
_encode = msgspec.json.Encoder().encode


class State(NamedTuple):
    """Of how many entries, and of which day, the findings speak."""

    size: int
    as_of: date


class Verdicts:
    """The private file of one app, from the app's start to its end."""

    def __init__(self) -> None:
        """Makes the file, empty. `Refused` where there is no room for it."""
        try:
            self._folder = TemporaryDirectory(prefix="transfer-ledger-")
            self.path = Path(self._folder.name) / "verdicts.db"
            # Its -wal and -shm files get the same mode from SQLite.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            # As long as this connection is open, readers find the -wal and -shm files that they need.
            self._db = _open(self.path)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise Refused(f"The app cannot make a temporary file for what its checks find ({error}).") from None

    def forget(self, seq: int) -> None:
        """Empties the file of a check that was made before entry `seq` erased a value, which a finding may quote.

        What a check that is still running found without that entry is not taken either.
        """
        with writing(self._db):
            self._db.execute("INSERT INTO erased VALUES (?)", (seq,))
            now = state(self._db, "main")
            if now is not None and now.size <= seq:
                self._db.execute("DELETE FROM findings")
                self._db.execute("DELETE FROM checked")

    def close(self) -> None:
        """Removes the file. Connections that are still open keep what they have."""
        self._db.close()
        self._folder.cleanup()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    db.execute("PRAGMA synchronous=OFF")  # nobody reads it after this process has ended
    db.execute("PRAGMA secure_delete=ON")
    return db


def attach(db: sqlite3.Connection, path: Path) -> None:
    """Makes the file at `path` readable over `db`, a connection to a ledger, as `verdicts`, with the views of both."""
    db.execute("ATTACH ? AS verdicts", (f"{path.as_uri()}?mode=ro",))
    for sql in VIEWS.values():
        db.execute(sql)


def replace(path: Path, checked: Checked) -> None:
    """Puts what a check found in the place of what is in the file, unless something was erased meanwhile."""
    with closing(_open(path)) as db, writing(db):
        if db.execute("SELECT 1 FROM erased WHERE seq >= ?", (checked.head.size,)).fetchone() is not None:
            return
        db.execute("DELETE FROM findings")
        db.executemany(f"INSERT INTO findings VALUES ({', '.join('?' * 19)})", _rows(checked))
        db.execute("DELETE FROM checked")
        db.executemany("INSERT INTO checked VALUES (?, ?)", _state(checked).items())


def _position(one: Finding) -> int:
    # The worst first and the corrected last, then by check.
    return ((one.corrected_by is not None) * len(SEVERITIES) + SEVERITIES.index(one.severity)) * 1000 + _ORDER[
        one.check
    ]


def _rows(checked: Checked) -> Iterator[tuple[object, ...]]:
    confirms = {finding.key: seq for finding, seq in unconfirmed(checked.result)}
    for one, row in checked.rows.told():
        texts = (row.check, row.outcome, row.severity, row.expected, row.found, row.citation, row.next_step)
        of = row.decision
        decided = (None, None) if of is None else (of.decision, of.due and of.due.isoformat())
        state = (*row.standing, confirms.get(row.key))
        whole = _encode(one).decode()
        for place, seq in enumerate(row.entries):
            yield row.key, _position(one), seq, *texts, *decided, *_as_columns(state), None if place else whole


def _as_columns(state: tuple[object, ...]) -> Iterator[object]:
    return (int(value) if isinstance(value, bool) else value for value in state)


def _state(checked: Checked) -> dict[str, str]:
    return {
        "as_of": checked.result.as_of.isoformat(),
        "size": str(checked.head.size),
        "rating": rate(checked.result).level,
        "answers": _encode(answers(checked.result)).decode(),
        "contactpoint": _encode(uses(checked.result)).decode(),
    }


def state(db: sqlite3.Connection, schema: str = "verdicts") -> State | None:
    """Of what the findings speak that `db` has as `schema`; None before the first check has ended."""
    found: dict[str, str] = dict(db.execute(f"SELECT name, value FROM {schema}.checked"))
    return State(int(found["size"]), date.fromisoformat(found["as_of"])) if found else None
