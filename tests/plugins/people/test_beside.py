"""The file beside the ledger: for its owner alone, refused where it is not ours, its log only added to."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.people.beside import Beside, Run
from ledger.errors import Busy, Refused
from tests.plugins.people.conftest import NOW, later


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "what?100%.db"


def file_of(ledger: Path) -> Path:
    return Path(f"{ledger}.app.db")


def test_its_owner_alone_can_read_it(ledger: Path) -> None:
    mask = os.umask(0)
    try:
        beside = Beside(ledger)
        beside.log(NOW, "ann", "dpo", "did", "it")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in ledger.parent.iterdir()}
    finally:
        os.umask(mask)
    assert modes == {0o600}
    assert len(list(ledger.parent.iterdir())) == 3  # with its -wal and -shm
    beside.close()
    beside.close()


def test_the_log_is_only_added_to(ledger: Path) -> None:
    beside = Beside(ledger)
    for n in range(3):
        beside.log(NOW, "ann", "dpo", "did", str(n))
    beside.close()
    db = sqlite3.connect(file_of(ledger))
    for statement in (
        "DELETE FROM log",
        "UPDATE log SET about = ''",
        "INSERT INTO log VALUES (2, '', '', '', '', '')",
        "INSERT OR REPLACE INTO log VALUES (2, '', '', '', '', '')",
        "INSERT OR REPLACE INTO log VALUES (3, '', '', '', '', '')",
        "INSERT INTO log VALUES (0, '', '', '', '', '')",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            db.execute(statement)
    db.close()


def made(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_what_is_not_ours_is_refused_and_stays(ledger: Path) -> None:
    path = file_of(ledger)
    path.write_bytes(b"no database at all, but long enough to be one" * 100)
    with pytest.raises(Refused, match="move the file away"):
        Beside(ledger)
    assert path.read_bytes().startswith(b"no database")
    path.unlink()
    made(path, "CREATE TABLE other (x)")
    with pytest.raises(Refused, match="is no file of this app"):
        Beside(ledger)
    path.unlink()
    Beside(ledger).close()
    made(path, "PRAGMA user_version=3")
    with pytest.raises(Refused, match="has the version 3"):
        Beside(ledger)


def test_a_trigger_that_somebody_added_never_runs(ledger: Path) -> None:
    Beside(ledger).close()
    made(file_of(ledger), "CREATE TRIGGER t AFTER INSERT ON sessions BEGIN SELECT 1; END")
    with pytest.raises(Refused, match="other tables or triggers"):
        Beside(ledger)
    made(file_of(ledger), "DROP TRIGGER t", "DROP TRIGGER log_stays")
    with pytest.raises(Refused, match="other tables or triggers"):
        Beside(ledger)


def test_a_damaged_one_is_refused(ledger: Path) -> None:
    beside = Beside(ledger)
    for n in range(300):
        beside.log(NOW, "ann", "dpo", "did", str(n) * 50)
    beside.close()
    data = bytearray(file_of(ledger).read_bytes())
    pages = len(data) // 4096
    for page in range(12, pages):
        data[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    file_of(ledger).write_bytes(data)
    with pytest.raises(Refused, match=r"is damaged.*move the file away"):
        Beside(ledger)


def test_one_that_was_cut_short_at_its_making_is_made(ledger: Path) -> None:
    file_of(ledger).touch()
    beside = Beside(ledger)
    assert beside.logged(5) == []
    beside.close()


def test_where_it_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be made.*a folder that it may write to"):
        Beside(tmp_path / "nowhere" / "ledger.db")
    Path(f"{tmp_path / 'folder.db'}.app.db").mkdir()
    with pytest.raises(Refused, match="who is signed in"):
        Beside(tmp_path / "folder.db")


def test_a_full_disk_is_told_and_nothing_is_kept(ledger: Path) -> None:
    beside = Beside(ledger)
    pages = beside._db.execute("PRAGMA page_count").fetchone()[0]
    beside._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Refused, match="the disk is full"):
        beside.log(NOW, "ann", "dpo", "did", "x" * 40_000)
    beside._db.execute("PRAGMA max_page_count=1000000")
    beside.log(NOW, "ann", "dpo", "did", "again")
    assert beside.logged(1)[0].about == "again"
    beside.close()


def test_one_that_somebody_else_holds_is_told(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside(ledger)
    beside._db.execute("PRAGMA busy_timeout=1")
    other = sqlite3.connect(file_of(ledger), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        beside.log(NOW, "ann", "dpo", "did", "it")
    other.execute("ROLLBACK")
    beside.log(NOW, "ann", "dpo", "did", "it")
    other.close()
    beside.close()


def test_many_threads_write_at_once(ledger: Path) -> None:
    beside = Beside(ledger)
    together = threading.Barrier(4)

    def write(name: int) -> None:
        together.wait(5)
        for n in range(10):
            beside.log(NOW, str(name), "dpo", "did", str(n))

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(write, name) for name in range(4)]:
            one.result()
    assert sorted(line.n for line in beside.logged(100)) == list(range(1, 41))
    beside.close()


def test_runs_are_kept_with_how_they_ended(ledger: Path) -> None:
    beside = Beside(ledger)
    first = beside.start_run("verify", "ann", NOW, json.dumps({"from": 0}))
    second = beside.start_run("verify", "", NOW, "{}")
    beside.start_run("report", "bob", NOW, "{}")
    beside.end_run(first, later(minutes=1), "done", json.dumps({"level": 3}))
    beside.stop_runs(later(minutes=2))
    assert beside.runs("verify", 5) == [
        Run(second, "verify", "", "2010-08-27T09:00:00Z", {}, "stopped", "2010-08-27T09:02:00Z", None),
        Run(first, "verify", "ann", "2010-08-27T09:00:00Z", {"from": 0}, "done", "2010-08-27T09:01:00Z", {"level": 3}),
    ]
    assert beside.run(first) == beside.runs("verify", 5)[1]
    assert beside.run(99) is None
    beside.close()
