"""Looking at a ledger that is open takes none of the locks away that keep another process from its write-ahead log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.erase import erase
from ledger.errors import Refused
from ledger.header import header_problem
from ledger.source import Source
from ledger.store import open_for_writing
from ledger.verify.assurance import verify
from ledger.verify.database import open_hostile
from tests.ledger.worlds import open_ledger, settled, small

APPEND = """
import sys
from pathlib import Path
from tests.ledger.signers import append
append(Path(sys.argv[1]), sys.argv[2])
"""


def appended_elsewhere(path: Path, id_: str) -> None:
    """Another process appends, and closes the ledger as the last one that has it open, as far as it can tell."""
    subprocess.run([sys.executable, "-c", APPEND, str(path), id_], check=True)


def log(path: Path) -> int | None:
    """Which file the write-ahead log is, or None where it was taken away."""
    wal = Path(f"{path}-wal")
    return wal.stat().st_ino if wal.exists() else None


def plainly_read(path: Path) -> None:
    with path.open("rb") as file:
        file.read(100)


def open_twice(path: Path) -> None:
    Source(path).db.close()
    open_for_writing(path).close()


@pytest.mark.parametrize(
    "look",
    [header_problem, verify, lambda path: open_hostile(path)[1].close(), open_twice],
    ids=lambda one: one.__name__,
)
def test_a_second_look_leaves_the_first_ones_locks(tmp_path: Path, look: Callable[[Path], object]) -> None:
    path = small(tmp_path / "l.db")
    with Source(path) as source:
        appended_elsewhere(path, "one")
        before = log(path)
        assert before is not None
        look(path)
        appended_elsewhere(path, "two")
        assert log(path) == before
        assert source.head.size == source.db.execute("SELECT count(*) FROM entries").fetchone()[0]
    assert verify(path).problems == []


def test_erasing_looks_for_traces_and_leaves_the_locks(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        appended_elsewhere(path, "one")
        assert erase(ledger, 4, "note", "request-of-person", {}).purged
        appended_elsewhere(path, "two")
        before = log(path)
        appended_elsewhere(path, "three")
        assert log(path) == before is not None
        ledger.append(settled(ledger, "four"))
    assert verify(path).problems == []


def test_a_file_that_is_read_plainly_loses_them(tmp_path: Path) -> None:
    # Why nothing here opens a ledger's file itself while a connection is open.
    path = small(tmp_path / "l.db")
    source = Source(path)
    appended_elsewhere(path, "one")
    plainly_read(path)
    appended_elsewhere(path, "two")
    assert log(path) is None
    with pytest.raises(Refused, match="write-ahead log was replaced or taken away while it was being read"), source:
        pass
