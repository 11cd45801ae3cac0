"""The recorder: what waits together shares a commit, and what becomes of each is its own."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.recording.queue import Full, Recorder
from ledger import store
from ledger.errors import Busy, Conflict, Refused
from ledger.verify.assurance import verify
from ledger.writer import Ledger, Receipt
from tests.ledger.disks import filled, mounted
from tests.ledger.worlds import ids, open_ledger, settled, small, stepping
from tests.plugins.recording.waiting import PATIENCE, held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return small(tmp_path / "l.db", 1)


@pytest.fixture
def recorder(path: Path) -> Iterator[Recorder]:
    made = Recorder(path, stepping(), os.urandom, most=10)
    yield made
    made.close()


def transfer(id_: str, **other: object) -> Callable[[Ledger], Receipt]:
    return lambda ledger: ledger.append(settled(ledger, id_, **other))


def test_what_waits_together_is_committed_together(path: Path, recorder: Recorder) -> None:
    with held(recorder):
        first = recorder.submit(transfer("first"))
        seen = recorder.submit(lambda _: ids(path))
        last = recorder.submit(transfer("last"))
    assert seen.result(PATIENCE) == ["t0"]  # what somebody else sees in the midst of it
    assert last.result(PATIENCE).seq == first.result(PATIENCE).seq + 1
    assert ids(path) == ["t0", "first", "last"]


def test_a_receipt_is_given_when_it_is_kept(path: Path, recorder: Recorder) -> None:
    for number in range(20):
        recorder.submit(transfer(f"n{number}")).result(PATIENCE)
        assert ids(path)[-1] == f"n{number}"


def test_what_is_refused_spoils_no_other(path: Path, recorder: Recorder) -> None:
    def half(ledger: Ledger) -> None:
        ledger.append(settled(ledger, "half"))
        ledger.correct("nothing", "typed wrongly", None, {})

    def swallowed(ledger: Ledger) -> Receipt:
        with pytest.raises(Refused):
            ledger.correct("nothing", "typed wrongly", None, {})
        return ledger.append(settled(ledger, "swallowed"))

    with held(recorder):
        first = recorder.submit(transfer("first"))
        refused = recorder.submit(half)
        conflict = recorder.submit(transfer("t0", fields=["upn"]))
        defect = recorder.submit(lambda _: 1 // 0)
        again = recorder.submit(transfer("first"))
        caught = recorder.submit(swallowed)
    assert isinstance(conflict.exception(PATIENCE), Conflict)
    assert "no transfer has the id" in str(refused.exception(PATIENCE))
    assert isinstance(defect.exception(PATIENCE), ZeroDivisionError)
    assert again.result(PATIENCE) == first.result(PATIENCE)._replace(new=False)
    assert caught.result(PATIENCE).new
    assert ids(path) == ["t0", "first", "swallowed"]
    recorder.submit(transfer("afterwards")).result(PATIENCE)
    assert verify(path).problems == []


def test_those_alike_are_done_in_one_call_and_alone_when_it_fails(recorder: Recorder) -> None:
    calls: list[list[str]] = []

    def work(ledger: Ledger, items: list[str]) -> list[Receipt]:
        calls.append(list(items))
        if "bad" in items:
            raise Refused("It is bad.")
        return [ledger.append(settled(ledger, item)) for item in items]

    def submitted(*items: str) -> list[Future[Receipt]]:
        with held(recorder):
            return [recorder.submit_alike(work, item) for item in items]

    assert [one.result(PATIENCE).id for one in submitted("a", "b", "c")] == ["a", "b", "c"]
    one, bad, other = submitted("d", "bad", "e")
    assert (one.result(PATIENCE).id, str(bad.exception(PATIENCE)), other.result(PATIENCE).id) == (
        "d",
        "It is bad.",
        "e",
    )
    assert calls == [["a", "b", "c"], ["d", "bad", "e"], ["d"], ["bad"], ["e"]]
    short = recorder.submit_alike(lambda ledger, items: [], "x")
    assert isinstance(short.exception(PATIENCE), ValueError)


def test_a_full_queue_turns_away_at_once(path: Path, recorder: Recorder) -> None:
    with held(recorder):
        waiting = [recorder.submit(transfer("large"), 9), recorder.submit(transfer("one"), 4)]
        with pytest.raises(Full, match="13 transfers wait to be recorded") as full:
            recorder.submit(transfer("more"))
        assert full.value.retry_after == 1
    for one in waiting:
        one.result(PATIENCE)
    recorder.submit(transfer("more")).result(PATIENCE)
    assert ids(path) == ["t0", "large", "one", "more"]


def test_closing_records_what_waits(path: Path, recorder: Recorder) -> None:
    with held(recorder):
        waiting = [recorder.submit(transfer(f"n{number}")) for number in range(3)]
        closing = threading.Thread(target=recorder.close)
        closing.start()
    closing.join(PATIENCE)
    assert [one.result(0).id for one in waiting] == ["n0", "n1", "n2"]
    assert not Path(f"{path}-wal").exists()  # it is closed
    with pytest.raises(Full, match="stopping"):
        recorder.submit(transfer("late"))
    recorder.close()
    Recorder(path, stepping(), os.urandom).close()  # that was never used


def test_what_nobody_waits_for_any_more_is_not_recorded(path: Path, recorder: Recorder) -> None:
    with held(recorder):
        given_up = recorder.submit(transfer("given-up"))
        wanted = recorder.submit(transfer("wanted"))
        assert given_up.cancel()
    wanted.result(PATIENCE)
    assert ids(path) == ["t0", "wanted"]


def test_another_program_that_writes_for_long(path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WAIT_SECONDS", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    first, second = recorder.submit(transfer("first")), recorder.submit(transfer("second"))
    for one in (first, second):
        assert isinstance(one.exception(PATIENCE), Busy)
        assert "another program has been writing" in str(one.exception())
    other.execute("ROLLBACK")
    other.close()
    recorder.submit(transfer("third")).result(PATIENCE)
    assert ids(path) == ["t0", "third"]


def test_a_full_disk_records_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=3m") as disk:
        path = small(disk / "l.db", 1)
        recorder = Recorder(path, stepping(), os.urandom)
        recorder.submit(transfer("before")).result(PATIENCE)
        with filled(disk, 4096):
            with suppress(Refused), held(recorder):
                waiting = [recorder.submit(transfer(f"n{number}", schools=["x" * 900])) for number in range(9)]
            for one in waiting:
                assert "the disk is full" in str(one.exception(PATIENCE))
            assert len({id(one.exception()) for one in waiting}) == 9
        assert ids(path) == ["t0", "before"]
        recorder.submit(transfer("afterwards")).result(PATIENCE)
        recorder.close()
        assert ids(path) == ["t0", "before", "afterwards"]
        assert verify(path).problems == []


# -- the file that is no longer the one that was opened ------------------------------------------------------------


def copied(path: Path, to: Path) -> Path:
    """A whole copy, as a backup makes it."""
    db = sqlite3.connect(path)
    db.execute("VACUUM INTO ?", (str(to),))
    db.close()
    return to


def put(there: Path, path: Path) -> None:
    """Puts the ledger `there` in the place of the one at `path`, whose log goes with it."""
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    os.replace(there, path)


def said(recorder: Recorder, id_: str) -> str:
    return str(recorder.submit(transfer(id_)).exception(PATIENCE))


def test_a_copy_of_the_same_ledger_is_taken(path: Path, recorder: Recorder, tmp_path: Path) -> None:
    recorder.submit(transfer("first")).result(PATIENCE)
    put(copied(path, tmp_path / "copy.db"), path)
    recorder.submit(transfer("second")).result(PATIENCE)
    assert ids(path) == ["t0", "first", "second"]
    assert verify(path).problems == []


def test_an_older_copy_is_not(path: Path, recorder: Recorder, tmp_path: Path) -> None:
    older, newer = copied(path, tmp_path / "older.db"), tmp_path / "newer.db"
    recorder.submit(transfer("first")).result(PATIENCE)
    copied(path, newer)
    put(older, path)
    with open_ledger(path) as ledger:
        ledger.append(settled(ledger, "instead"))
    assert "entry 4 is not in it as it was" in said(recorder, "second")
    assert "entry 4 is not in it as it was" in said(recorder, "second")  # and will not be until it is mended
    assert ids(path) == ["t0", "instead"]
    put(newer, path)
    recorder.submit(transfer("second")).result(PATIENCE)
    assert ids(path) == ["t0", "first", "second"]


def test_another_ledger_is_not(path: Path, recorder: Recorder, tmp_path: Path) -> None:
    recorder.submit(transfer("first")).result(PATIENCE)
    kept = copied(path, tmp_path / "kept.db")
    put(small(tmp_path / "other.db", 5), path)
    assert "another ledger lies there now; nothing was recorded" in said(recorder, "second")
    assert "second" not in ids(path)
    path.unlink()
    assert "the ledger is no longer there; nothing was recorded" in said(recorder, "second")
    path.write_bytes(b"not a ledger" * 100)
    assert "is not an SQLite database" in said(recorder, "second")
    put(kept, path)
    recorder.submit(transfer("second")).result(PATIENCE)
    assert ids(path) == ["t0", "first", "second"]


def test_a_ledger_that_was_never_there(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "l.db", stepping(), os.urandom)
    assert "does not exist" in said(recorder, "first")
    small(tmp_path / "l.db", 1)
    recorder.submit(transfer("first")).result(PATIENCE)
    recorder.close()


def test_taken_away_while_it_is_recorded(path: Path, recorder: Recorder, tmp_path: Path) -> None:
    recorder.submit(transfer("first")).result(PATIENCE)
    copy = copied(path, tmp_path / "copy.db")

    def replaced(ledger: Ledger) -> Receipt:
        shutil.move(path, tmp_path / "moved.db")
        shutil.move(copy, path)
        return ledger.append(settled(ledger, "lost"))

    assert "so that it may be lost" in str(recorder.submit(replaced).exception(PATIENCE))
    recorder.submit(transfer("second")).result(PATIENCE)
    assert ids(path)[-1] == "second"


# -- a server that is killed ---------------------------------------------------------------------------------------

SERVER = """
import os, sys, threading
from pathlib import Path
from datasette_plugins.transfer_ledger.recording.queue import Recorder
from tests.ledger.worlds import settled, stepping

recorder = Recorder(Path(sys.argv[1]), stepping(), os.urandom)

def client(name):
    for number in range(100_000):
        job = lambda ledger: [ledger.append(settled(ledger, f"{name}-{number}-{part}")) for part in "ab"]
        a, b = recorder.submit(job).result()
        os.write(1, f"{a.seq} {a.hash} {b.seq} {b.hash}\\n".encode())

for name in "opqr":
    threading.Thread(target=client, args=(name,)).start()
"""


def test_a_server_that_is_killed_leaves_whole_jobs(path: Path) -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(path)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    receipts = [server.stdout.readline() for _ in range(100)]
    server.send_signal(signal.SIGKILL)
    receipts += server.stdout.readlines()
    server.wait()
    server.stdout.close()
    assert verify(path).problems == []
    db = sqlite3.connect(path)
    kept = dict(db.execute("SELECT seq, hash FROM entries"))
    db.close()
    for line in receipts:
        a, hash_a, b, hash_b = line.split()
        assert (kept[int(a)], kept[int(b)]) == (hash_a, hash_b)
    names = [id_.rpartition("-")[::2] for id_ in ids(path)[1:]]
    assert len(names) % 2 == 0
    for (first, a), (second, b) in zip(names[::2], names[1::2], strict=True):
        assert (first, a, b) == (second, "a", "b")
