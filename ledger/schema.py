"""The DDL of a ledger file: one SQLite database whose every browsable column is computed from what was sealed.

`entries` holds the sealed text and its hash; all its other columns are virtual, so that nothing can be browsed
that was not sealed. Triggers stop mistakes (an update, a delete, an entry in the wrong place, INSERT OR REPLACE,
which skips delete triggers); they do not stop an attacker, and verification does not rely on them: it compares
this DDL with the file's, and the indexes' contents with the rows.

`disclosures` and `documents` hold what entries seal by digest, and `checkpoints` the signed tree heads with their
cosignatures and timestamps. `tiles` and `names` are made from the rest, are compared with it and are never evidence. No
verdict is stored here: whoever can write the file could change it (docs/decisions/0011-no-verdict-is-stored.md).
"""

from __future__ import annotations

import re
import sqlite3

from ledger.members import FORMAT

APPLICATION_ID = 0x74666C67
"""`tflg`: what `PRAGMA application_id` says in a ledger file."""

USER_VERSION = FORMAT

MARKS = {"application_id": APPLICATION_ID, "user_version": USER_VERSION}
"""The pragmas by which a file says that it is a ledger of this format, with what they say."""

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with SQLite 3.37.0 (2021-11-27)."""

_COLUMNS = (
    ("kind", "TEXT", "$.kind"),
    ("id", "TEXT", "$.id"),
    ("recorded_at", "TEXT", "$.recorded_at"),
    ("transferred_at", "TEXT", "$.transferred_at"),
    ("transferred_on", "TEXT", "$.transferred_on"),
    ("transferred_until", "TEXT", "$.transferred_until"),
    ("sender", "TEXT", "$.sender"),
    ("recipient", "TEXT", "$.recipient"),
    ("purpose", "TEXT", "$.purpose"),
    ("fields", "TEXT", "$.fields"),
    ("lawful_basis", "TEXT", "$.lawful_basis"),
    ("subject_kind", "TEXT", "$.subjects.kind"),
    ("subject_count", "INTEGER", "$.subjects.count"),
    ("granularity", "TEXT", "$.granularity"),
    ("channel", "TEXT", "$.channel"),
    ("batch", "INTEGER", "$.batch.seq"),
    ("batch_row", "INTEGER", "$.batch.row"),
    ("corrects", "INTEGER", "$.corrects.seq"),
    ("withdrawn", "INTEGER", "$.withdrawn"),
    ("erased_digest", "TEXT", "$.digest"),
)


def _generated() -> str:
    return ",\n".join(
        f"    {name} {type_} GENERATED ALWAYS AS (json_extract(entry, '{path}')) VIRTUAL"
        for name, type_, path in _COLUMNS
    )


STATEMENTS: tuple[str, ...] = (
    f"""CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL,
{_generated()}
) STRICT""",
    "CREATE UNIQUE INDEX entries_id ON entries (id) WHERE kind = 'transfer'",
    "CREATE INDEX entries_other ON entries (kind, id) WHERE kind <> 'transfer'",
    "CREATE INDEX entries_corrects ON entries (corrects) WHERE corrects IS NOT NULL",
    "CREATE INDEX entries_erased ON entries (erased_digest) WHERE kind = 'erasure'",
    "CREATE INDEX entries_recipient ON entries (recipient, transferred_on) WHERE recipient IS NOT NULL",
    "CREATE INDEX entries_on ON entries (transferred_on) WHERE transferred_on IS NOT NULL",
    """CREATE TABLE disclosures (
    digest TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    disclosure TEXT NOT NULL
) STRICT""",
    "CREATE INDEX disclosures_seq ON disclosures (seq)",
    "CREATE INDEX disclosures_source ON disclosures (name) WHERE name = 'source_sha256'",
    """CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tiles (
    level INTEGER NOT NULL,
    n INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, n)
) STRICT""",
    """CREATE TABLE checkpoints (
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    timestamp BLOB
) STRICT""",
    "CREATE INDEX checkpoints_size ON checkpoints (size)",
    """CREATE TABLE names (
    kind TEXT NOT NULL,
    folded TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, folded)
) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER entries_in_order BEFORE INSERT ON entries BEGIN
    SELECT RAISE(ABORT, 'an entry is only ever appended after the last one')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM entries)
       OR json_extract(NEW.entry, '$.seq') IS NOT NEW.seq
       OR json_extract(NEW.entry, '$.prev') IS NOT
          coalesce((SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), printf('%064d', 0));
    SELECT RAISE(ABORT, 'this ledger is closed: the one that follows it goes on')
    WHERE json_extract(NEW.entry, '$.kind') <> 'erasure'
      AND EXISTS (SELECT 1 FROM entries WHERE kind <> 'transfer' AND kind = 'closing');
END""",
    """CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN
    SELECT RAISE(ABORT, 'entries are append-only: record a correction instead');
END""",
    """CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries BEGIN
    SELECT RAISE(ABORT, 'entries are append-only: record a withdrawal instead');
END""",
    """CREATE TRIGGER disclosures_once BEFORE INSERT ON disclosures BEGIN
    SELECT RAISE(ABORT, 'a disclosure belongs to one entry for ever')
    WHERE EXISTS (SELECT 1 FROM disclosures WHERE digest = NEW.digest);
END""",
    """CREATE TRIGGER disclosures_no_update BEFORE UPDATE ON disclosures BEGIN
    SELECT RAISE(ABORT, 'a disclosure is kept as it was sealed, or erased');
END""",
    """CREATE TRIGGER disclosures_erased BEFORE DELETE ON disclosures BEGIN
    SELECT RAISE(ABORT, 'a disclosure is only deleted with the erasure entry that says so')
    WHERE NOT EXISTS (SELECT 1 FROM entries WHERE kind = 'erasure' AND erased_digest = OLD.digest);
END""",
    """CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is kept as it was signed');
END""",
    """CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is kept');
END""",
    """CREATE TRIGGER documents_no_update BEFORE UPDATE ON documents BEGIN
    SELECT RAISE(ABORT, 'a sealed document is kept as it is');
END""",
    """CREATE TRIGGER documents_no_delete BEFORE DELETE ON documents BEGIN
    SELECT RAISE(ABORT, 'a sealed document is kept');
END""",
    """CREATE VIEW transfers AS
SELECT e.seq, e.id, e.transferred_at, e.transferred_on, e.sender, e.recipient, e.purpose, e.fields, e.lawful_basis,
       e.subject_kind, e.subject_count, e.granularity, e.channel, e.recorded_at, e.kind = 'correction' AS corrected
FROM entries AS e
WHERE e.kind IN ('transfer', 'correction') AND e.withdrawn IS NULL
  AND NOT EXISTS (SELECT 1 FROM entries AS c
                  WHERE c.corrects = coalesce(e.corrects, e.seq) AND c.seq > e.seq)""",
)


_OBJECT = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX|VIEW|TRIGGER) (\w+)")


def objects() -> dict[tuple[str, str], str]:
    """(type, name) → SQL text of everything that this version creates, as `sqlite_schema` keeps it."""
    found = {}
    for statement in STATEMENTS:
        named = _OBJECT.match(statement)
        assert named is not None
        found[named[1].lower(), named[2]] = statement
    return found


_STATISTICS = {
    "sqlite_stat1": "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
    "sqlite_stat4": "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
}


def differs(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """How the schema in `db` differs from this one: (missing|changed|added, type, name), sorted; [] for none.

    The two tables of statistics that ANALYZE makes, and the indexes that SQLite makes for itself, differ from file to
    file, or have no text, and show nothing but what the tables hold. Whatever else has such a name was put there past
    SQLite, as a trigger can be.
    """
    wanted = objects()
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    there = {
        (str(type_), str(name)): sql
        for type_, name, sql in rows
        if _STATISTICS.get(str(name)) != sql or type_ != "table"
        if not (str(name).startswith("sqlite_autoindex_") and sql is None and type_ == "index")
    }
    found = [("missing", *key) for key in wanted.keys() - there.keys()]
    found += [("added", *key) for key in there.keys() - wanted.keys()]
    found += [("changed", *key) for key in wanted.keys() & there.keys() if wanted[key] != there[key]]
    return sorted(found)
