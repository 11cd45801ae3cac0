"""What is read of a write-ahead log is what SQLite reads of it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.verify.wal import Frames, frames, sentence
from tests.ledger.worlds import open_ledger, settled, small


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A copy of a ledger with some commits in its log only."""
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        ledger.db.execute("PRAGMA wal_autocheckpoint=0")
        for number in range(6):
            ledger.append(settled(ledger, f"w{number}"))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", tmp_path / f"copy.db{suffix}")
    return tmp_path / "copy.db"


def _entries(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        count: int = db.execute("SELECT count(*) FROM entries").fetchone()[0]
    return count


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_all_frames_of_a_whole_log_are_read(logged: Path) -> None:
    found = frames(_wal(logged))
    assert found is not None
    assert found.read == found.there > 6
    assert sentence(_wal(logged))[1] is None


def test_a_log_is_read_up_to_its_last_commit_as_sqlite_reads_it(logged: Path) -> None:
    whole, wal = _wal(logged).read_bytes(), _wal(logged)
    there = frames(wal)
    assert there is not None
    page = (len(whole) - 32) // there.there
    seen = set()
    for cut in range(there.there + 1):
        wal.write_bytes(whole[: 32 + cut * page])
        found = frames(wal)
        assert found is not None
        assert found.there == cut
        # Everything committed up to there, and nothing else, is what SQLite shows.
        wal.write_bytes(whole[: 32 + found.read * page])
        short = _entries(_clean(logged))
        wal.write_bytes(whole[: 32 + cut * page])
        assert _entries(_clean(logged)) == short
        seen.add(short)
    assert len(seen) == 7


def _clean(path: Path) -> Path:
    # SQLite folds the log into the file when the last connection closes: each look gets a copy of its own.
    copy = path.with_name("look.db")
    for suffix in ("-wal", "-shm"):
        copy.with_name(f"look.db{suffix}").unlink(missing_ok=True)
    shutil.copy(path, copy)
    shutil.copy(_wal(path), _wal(copy))
    return copy


@pytest.mark.parametrize("at", [40, 100, 4000])
def test_a_damaged_frame_ends_what_is_read(logged: Path, at: int) -> None:
    data = bytearray(_wal(logged).read_bytes())
    data[at] ^= 1
    _wal(logged).write_bytes(data)
    found = frames(_wal(logged))
    assert found is not None
    assert (found.read, found.whole) == (0, True)
    assert "damaged" in str(sentence(_wal(logged))[1])
    assert _entries(_clean(logged)) == 8


def test_no_log_an_empty_one_and_no_log_at_all(tmp_path: Path) -> None:
    wal = tmp_path / "l.db-wal"
    assert frames(wal) is None
    assert "could be missing" in str(sentence(wal)[1])
    wal.touch()
    assert frames(wal) is None
    assert sentence(wal) == (None, None)
    wal.write_bytes(b"no log at all" * 9)
    assert frames(wal) == Frames(0, frames(wal).there, False)  # type: ignore[union-attr] # there is one
    assert "passed over" in str(sentence(wal)[1])
