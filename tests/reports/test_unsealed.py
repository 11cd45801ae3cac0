"""Whoever can write the ledger's file changes what is not sealed in it: no answer changes, and no verdict is there."""

from __future__ import annotations

import difflib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.schema import objects
from tests.ledger.cli.called import Said, call
from tests.reports.audited import AS_OF, audited_with_tiles

SEALED = {"entries", "disclosures", "documents"}
"""What entries hold, or seal by digest."""

UNSEALED = sorted({name for kind, name in objects() if kind == "table"} - SEALED)

EDITS = {
    "names": "UPDATE names SET id = 'ofsted' WHERE kind <> ''",
    "tiles": "UPDATE tiles SET hashes = zeroblob(length(hashes))",
    "checkpoints": "UPDATE checkpoints SET size = 1, note = 'x', timestamp = NULL",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with findings, decisions, corrections and checkpoints, large enough to have tiles."""
    return audited_with_tiles(tmp_path_factory.mktemp("unsealed"))


def altered(kept: Path, path: Path, sql: str) -> Path:
    """A copy of the ledger at `kept` after `sql`, with its triggers out of the way for as long."""
    with closing(sqlite3.connect(kept)) as db, closing(sqlite3.connect(path)) as copy, copy:
        db.backup(copy)
        triggers = copy.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            copy.execute(f"DROP TRIGGER {name}")
        assert copy.execute(sql).rowcount > 0
        for _, text in triggers:
            copy.execute(text)
    return path


def answers(path: Path) -> dict[str, Said]:
    """What each verb says that judges."""
    asked = {
        "check": ("check", path, "--format", "json"),
        "findings": ("findings", "list", path, "--format", "json"),
        "explain": ("explain", path, "u"),
    }
    return {name: call(*arguments, "--as-of", AS_OF) for name, arguments in asked.items()}


def report(path: Path, kind: str) -> tuple[Said, list[str], dict[str, object]]:
    """What a report of the ledger at `path` says: on the terminal, line by line, and its numbers."""
    output, data = path.with_suffix(".md"), path.with_suffix(".json")
    about = ("--for", kind, "--year", "2009-10", "--as-of", AS_OF)
    call("report", path, *about, "-o", data)
    said = call("report", path, *about, "-o", output)
    numbers = json.loads(data.read_text(encoding="utf-8"))["numbers"]
    return said, output.read_text(encoding="utf-8").splitlines(), numbers


def test_the_unsealed_tables_are_known() -> None:
    assert sorted(EDITS) == UNSEALED


@pytest.mark.parametrize("table", UNSEALED)
@pytest.mark.parametrize("how", ["delete", "edit"])
def test_no_answer_changes_with_what_is_not_sealed(kept: Path, tmp_path: Path, table: str, how: str) -> None:
    before = answers(kept)
    assert {said.status for said in before.values()} == {0, 1}
    path = altered(kept, tmp_path / "altered.db", f"DELETE FROM {table}" if how == "delete" else EDITS[table])
    after = answers(path)
    for name, said in before.items():
        assert (after[name].status, after[name].out) == (said.status, said.out), name
    for kind in ("governors", "dpo"):
        (was, lines, numbers), (now, changed, other) = report(kept, kind), report(path, kind)
        assert now.status == was.status
        assert other == numbers
        if "does not verify" not in now.err:  # else the report begins with it
            differing = [line for line in difflib.ndiff(lines, changed) if line[:1] in "+-"]
            assert all("checkpoint" in line or "Options: " in line for line in differing), differing


@pytest.mark.parametrize("table", ["findings", "checked", "checked_places", "checked_tallies"])
def test_no_verdict_is_stored_that_could_be_deleted(kept: Path, tmp_path: Path, table: str) -> None:
    with closing(sqlite3.connect(kept)) as db, pytest.raises(sqlite3.OperationalError, match="no such table"):
        db.execute(f"DELETE FROM {table}")
    # A table of that name that somebody adds is refused, not read.
    path = tmp_path / "added.db"
    with closing(sqlite3.connect(kept)) as db, closing(sqlite3.connect(path)) as copy, copy:
        db.backup(copy)
        copy.execute(f"CREATE TABLE {table} (key TEXT, finding TEXT)")
    for arguments in (("check", path), ("findings", "list", path), ("explain", path, "u")):
        said = call(*arguments)
        assert said.status == 2
        assert "are not those that this version creates" in said.err
