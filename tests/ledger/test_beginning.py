"""The beginning of a ledger is a ledger: what it was when it had no more entries, and nothing that came later."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.beginning import beginning
from ledger.errors import Refused
from ledger.source import Source
from ledger.verify.assurance import verify
from tests.ledger.signers import append, make, signed_ledger
from tests.ledger.worlds import open_ledger


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


SEALED = (
    "SELECT seq, entry, hash FROM entries",
    "SELECT digest, seq, name, disclosure FROM disclosures",
    "SELECT size, note, timestamp FROM checkpoints ORDER BY rowid",
    "SELECT level, n, hashes FROM tiles ORDER BY level, n",
    "SELECT sha256, content FROM documents",
    "SELECT type, name, sql FROM sqlite_schema ORDER BY name",
)


def begun(path: Path, size: int, checkpoints: int, target: Path) -> Path:
    with Source(path) as source:
        beginning(source, size, checkpoints, target)
    return target


def test_it_is_the_ledger_as_it_was(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path, 300)
    then = tmp_path / "then.db"
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(then)) as copy:
        db.backup(copy)
    size = rows(then, "SELECT count(*) FROM entries")[0][0]
    append(path, *(f"later{n}" for n in range(300)))
    make(path, keys)
    again = begun(path, size, 1, tmp_path / "again.db")
    for sql in SEALED:
        assert rows(again, sql) == rows(then, sql), sql
    report = verify(again)
    assert report.problems == []
    assert (report.size, report.head) == (verify(then).size, verify(then).head)
    assert [one for one in report.warnings if one.problem != "names-stale"] == verify(then).warnings


def test_the_whole_of_it_is_the_ledger_and_can_be_gone_on_from(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path, 3)
    size = rows(path, "SELECT count(*) FROM entries")[0][0]
    again = begun(path, size, 1, tmp_path / "again.db")
    append(again, "next")
    assert verify(again).problems == []
    with closing(sqlite3.connect(again)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("DELETE FROM entries WHERE seq = 1")


def test_it_refuses_what_is_not_there(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path, 3)
    size = rows(path, "SELECT count(*) FROM entries")[0][0]
    with pytest.raises(Refused, match="are asked for"):
        begun(path, size + 1, 0, tmp_path / "a.db")
    with pytest.raises(Refused, match="are asked for"):
        begun(path, size, 2, tmp_path / "b.db")
    with pytest.raises(Refused, match="exists already"):
        begun(path, size, 1, path)


def test_what_was_erased_since_cannot_be_made_again(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path, 3)
    size = rows(path, "SELECT count(*) FROM entries")[0][0]
    with open_ledger(path) as ledger:
        ledger.erase(4, "note", "request-of-person", {})
    with pytest.raises(Refused, match="the first of them entry 4, were erased since"):
        begun(path, size, 1, tmp_path / "a.db")
    whole = rows(path, "SELECT count(*) FROM entries")[0][0]
    assert verify(begun(path, whole, 1, tmp_path / "b.db")).problems == []


def test_what_was_altered_is_altered_in_it_too(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path, 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET entry = replace(entry, 'connexions', 'contactpoint') WHERE seq = 4")
        sql = "CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries BEGIN\n    SELECT RAISE(ABORT, 'entries are "
        db.execute(sql + "append-only: record a correction instead');\nEND")
    size = rows(path, "SELECT count(*) FROM entries")[0][0]
    problems = {(one.seq, one.problem) for one in verify(begun(path, size, 1, tmp_path / "a.db")).problems}
    assert (4, "hash") in problems, problems
