"""What is erased is in none of the file's bytes, and everything that was proved stays proved."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import disclosure, store
from ledger.erase import erase, traces
from ledger.errors import Refused
from ledger.seal import Sealer
from ledger.settle import Content
from ledger.verify.assurance import verify
from tests.ledger.worlds import open_ledger, settled, small

SECRET = "EHCP for Jayden S, asked for by Mrs Patel"


def _disclosed(path: Path, seq: int) -> str:
    row = sqlite3.connect(path).execute("SELECT disclosure FROM disclosures WHERE seq = ?", (seq,)).fetchone()
    assert disclosure.read(row[0]).value
    return str(row[0])


def _bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.slow
def test_nothing_of_an_erased_value_is_left_in_a_large_ledger(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", transfers=0)
    with open_ledger(path) as ledger:
        ledger.append_many(settled(ledger, f"t{n}", {"note": f"note {n}"}) for n in range(10_000))
        long = "long " * 380 + "end"  # its disclosure is longer than a page
        receipt = ledger.append(settled(ledger, "secret", {"note": SECRET}))
        other = ledger.append(settled(ledger, "longer", {"note": long}))
        ledger.append_many(settled(ledger, f"u{n}", {"note": f"note {n}"}) for n in range(10_000))
        texts = [_disclosed(path, seq) for seq in (receipt.seq, other.seq)]
        assert all(text.encode()[:40] in _bytes(path) for text in texts)
        for seq in (receipt.seq, other.seq):
            done = erase(ledger, seq, "note", "request-of-person", {"note": "asked by letter"})
            assert done.purged
            assert done.receipt is not None
    whole = _bytes(path)
    for text in texts:
        for at in range(0, len(text) - 24, 24):
            assert text[at : at + 24].encode() not in whole
    assert verify(path).problems == []


@pytest.mark.slow
def test_a_reader_delays_the_purge_and_running_again_finishes_it(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        seq = ledger.append(settled(ledger, "secret", {"note": SECRET})).seq
    text = _disclosed(path, seq)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entries").fetchone()
    command = [sys.executable, "-m", "ledger.cli", "erase", str(path), "secret", "--value", "note",
               "--ground", "request-of-person", "--yes"]  # fmt: skip
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    assert first.returncode == 2
    assert "Sealed, not yet purged" in first.stderr
    assert text.encode()[:40] in _bytes(path)
    reader.close()
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert "is erased" in second.stdout
    assert text.encode()[:40] not in _bytes(path)
    report = verify(path)
    assert report.problems == []
    assert report.size == 8 + 1 + 1  # one erasure was sealed, not two


def test_what_was_never_sealed_cannot_be_erased(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        for seq, name in ((3, "operator"), (0, "note"), (3, "nonsense")):
            with pytest.raises(Refused, match="no erasable value"):
                erase(ledger, seq, name, "request-of-person", {})
        with pytest.raises(Refused, match="not a known erasure ground"):
            erase(ledger, 3, "note", "because", {})
    assert verify(path).size == 8


def test_erasing_asks_first(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    command = [sys.executable, "-m", "ledger.cli", "erase", str(path), "3", "--value", "note", "--ground", "order"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input="n\n")
    assert done.returncode == 2
    assert "cannot be brought back" in done.stderr
    assert "not confirmed; nothing was done" in done.stderr
    assert verify(path).size == 8


def test_a_closed_ledger_still_forgets_and_records_nothing_else(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        ledger.close("organisation-closed", None, {})
        for seq in (3, 4):
            with pytest.raises(Refused, match="closed"):
                ledger.append(settled(ledger, "late"))
            erase(ledger, seq, "note", "request-of-person", {})
    assert verify(path).problems == []
    db = sqlite3.connect(path, isolation_level=None)
    trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_in_order'").fetchone()[0]
    db.execute("DROP TRIGGER entries_in_order")
    db.close()
    with pytest.raises(Refused):
        open_ledger(path)
    db = sqlite3.connect(path, isolation_level=None)
    seal = Sealer(lambda: datetime(2010, 6, 1, tzinfo=UTC), os.urandom)
    head = store.head(db)
    store.insert(db, [seal.seal("batch", Content({"rows": 1}, {}), head)])
    db.execute(trigger)
    db.close()
    assert [(p.seq, p.problem) for p in verify(path).problems] == [(8, "kind-out-of-place")]


def test_a_value_that_others_have_too_is_erased_here_alone(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    words = "the same words, long enough to fill some pieces of a disclosure, in every one of these entries"
    with open_ledger(path) as ledger:
        receipts = ledger.append_many(settled(ledger, f"same{n}", {"note": words}) for n in range(40))
        text = _disclosed(path, receipts[7].seq)
        done = erase(ledger, receipts[7].seq, "note", "order", {})
        assert done.purged
        assert traces(ledger.db, path, text) is None
    assert text[:40].encode() not in _bytes(path)
    assert text[48:90].encode() in _bytes(path)  # the others'
    assert verify(path).problems == []


def test_what_sqlite_left_in_freed_pages_is_gone_too(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        seq = ledger.append(settled(ledger, "secret", {"note": SECRET})).seq
    text = _disclosed(path, seq)
    db = sqlite3.connect(path)
    db.execute("PRAGMA secure_delete=OFF")
    db.execute("CREATE TABLE scratch (t)")
    db.executemany("INSERT INTO scratch VALUES (?)", [(text,)] * 200)
    db.execute("DROP TABLE scratch")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert _bytes(path).count(text.encode()) > 100
    with open_ledger(path) as ledger:
        assert erase(ledger, seq, "note", "request-of-person", {}).purged
    assert text.encode()[:40] not in _bytes(path)
    assert verify(path).problems == []
