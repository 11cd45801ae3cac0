"""What lies beside a ledger, and what happens to its files while they are read: named, and refused with status 2."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import Busy, Refused
from ledger.fileset import FileSet
from ledger.source import Source
from ledger.verify import record
from ledger.verify.assurance import verify
from reports.documents import governors
from tests.ledger.cli.called import Said, call
from tests.ledger.disks import mounted
from tests.ledger.signers import append, make, new_key
from tests.ledger.worlds import ids, small
from tests.needed import missing

RECORD = (
    "--transferred-at 2010-05-04 --sender oak-high --recipient Connexions --purpose connexions-service --field forename"
).split()

VERBS: dict[str, list[object]] = {
    "verify": [],
    "record": RECORD,
    "check": [],
    "report": ["--for", "governors", "-o", "r.html"],
    "findings": ["list"],
    "export": ["flows", "-o", "flows.csv"],
    "prove": ["4", "-o", "proof"],
    "publish": ["public"],
    "erase": ["4", "--value", "note", "--ground", "request-of-person", "--yes"],
    "backup": ["copy.db"],
    "review": ["4", "--decision", "remedied", "--reason", "done"],
    "confirm": ["--all"],
    "browse": ["--port", "0"],
}
"""Readers and writers of every kind: a verb, and what stands after the ledger."""


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return small(tmp_path / "transfers.db")


def said_of(ledger: Path, verb: str) -> Said:
    """What a verb says of the ledger, in a process of its own, which is ended where it waits for ever."""
    before = [verb, VERBS[verb][0]] if verb == "findings" else [verb]
    after = [] if verb == "findings" else VERBS[verb]
    run = subprocess.run(
        [sys.executable, "-m", "ledger.cli", *map(str, before), str(ledger), *map(str, after)],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Said(run.returncode, run.stdout, run.stderr)


def refused(ledger: Path, verb: str) -> str:
    """The sentence with which a verb refuses the ledger."""
    said = said_of(ledger, verb)
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1), said
    return said.err


# -- a journal -----------------------------------------------------------------------------------------------------


def forged_journal(path: Path) -> bytes:
    """A rollback journal whose pages, rolled into the ledger at `path`, make `connexions` another recipient."""
    other = path.with_name("other.db")
    shutil.copy(path, other)
    with closing(sqlite3.connect(other, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        # What lies in the journal is what was there before: so the forgery comes first, and is then undone.
        db.execute("UPDATE entries SET entry = replace(entry, 'connexions', 'elsewhere!')")
        db.execute("PRAGMA cache_size=1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE entries SET entry = replace(entry, 'elsewhere!', 'connexions')")
        journal = Path(f"{other}-journal").read_bytes()
        db.execute("ROLLBACK")
    other.unlink()
    return journal


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("what", ["forged", "empty", "noise"])
def test_a_journal_beside_the_ledger_is_named_and_left(ledger: Path, verb: str, what: str) -> None:
    journal = Path(f"{ledger}-journal")
    journal.write_bytes({"forged": forged_journal(ledger), "empty": b"", "noise": b"\xa5" * 5000}[what])
    before = {one.name: one.read_bytes() for one in ledger.parent.iterdir()}
    why = refused(ledger, verb)
    assert "a rollback journal, transfers.db-journal, lies beside it" in why
    assert "move it to another folder and keep it, then run `transfer-ledger verify`" in why
    assert {one.name: one.read_bytes() for one in ledger.parent.iterdir()} == before


def test_the_forged_journal_is_one_that_sqlite_rolls_in(ledger: Path) -> None:
    # Otherwise the test above would show nothing.
    Path(f"{ledger}-journal").write_bytes(forged_journal(ledger))
    with closing(sqlite3.connect(ledger)) as db:
        assert db.execute("SELECT count(*) FROM entries WHERE recipient = 'elsewhere!'").fetchone() == (5,)


def test_a_kept_checkpoint_does_not_let_a_forged_journal_pass(ledger: Path, tmp_path: Path) -> None:
    keys = new_key(tmp_path / "k")
    (tmp_path / "kept.txt").write_bytes(make(ledger, keys).note)
    required = ("--checkpoint", "kept.txt", "--require", "anchored")
    assert call("verify", ledger, *required).status == 0
    Path(f"{ledger}-journal").write_bytes(forged_journal(ledger))
    said = call("verify", ledger, *required)
    assert (said.status, "transfers.db-journal" in said.err) == (2, True), said


def test_a_ledger_never_has_a_journal_beside_it(tmp_path: Path) -> None:
    # Neither while it is made nor when a copy that is no WAL database is written to for the first time.
    path, log = tmp_path / "transfers.db", tmp_path / "log"
    command = [sys.executable, "-m", "ledger.cli"]
    if shutil.which("strace") is None:
        missing("without strace nobody sees which files are opened")
    traced = ["strace", "-f", "-qq", "-o", log, "-e", "trace=openat", *command]
    subprocess.run([*traced, "init", path, "--organisation", "X", "--origin", "x.example/t"], check=True)
    assert 'transfers.db-wal"' in log.read_text()
    assert "O_CREAT" not in "".join(line for line in log.read_text().splitlines() if "transfers.db-journal" in line)
    copy = tmp_path / "copy.db"
    assert call("backup", path, copy).status == 0
    assert copy.read_bytes()[18:20] == b"\x01\x01"
    (tmp_path / "schools.csv").write_text("id,name,role\noak,Oak,school\n")
    subprocess.run([*traced, "organisation", "add", copy, tmp_path / "schools.csv"], check=True)
    assert "O_CREAT" not in "".join(line for line in log.read_text().splitlines() if "copy.db-journal" in line)
    assert copy.read_bytes()[18:20] == b"\x02\x02"


# -- what is no ordinary file --------------------------------------------------------------------------------------


def _socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(path.name)  # a whole path may be too long for a socket's


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 3))
    except (AttributeError, OSError):
        missing("this machine lets nobody make a device")


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a FIFO": (os.mkfifo, "a named pipe (FIFO)"),
    "a socket": (_socket, "a socket"),
    "a device": (_device, "a device"),
    "a folder": (lambda path: path.mkdir(), "a folder"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "a symbolic link"),
    "a link to a file": (lambda path: path.symlink_to("real"), "a symbolic link"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "a symbolic link"),
}


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_file_is_named_and_nobody_waits_for_it(ledger: Path, name: str, ending: str) -> None:
    make_, kind = STRANGE[name]
    (ledger.parent / "real").write_bytes(b"")
    make_(Path(f"{ledger}{ending}"))
    before = ledger.read_bytes()
    for verb in ("verify", "record", "check"):
        why = refused(ledger, verb)
        assert f"transfers.db{ending} beside it is {kind}, and should be an ordinary file or not there" in why
    assert ledger.read_bytes() == before


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_waits_for_a_pipe(ledger: Path, verb: str) -> None:
    os.mkfifo(f"{ledger}-wal")
    assert "transfers.db-wal beside it is a named pipe (FIFO)" in refused(ledger, verb)


def test_what_lies_beside_a_link_to_the_ledger_is_not_meant(ledger: Path) -> None:
    link = ledger.with_name("link.db")
    link.symlink_to(ledger.name)
    Path(f"{link}-journal").write_bytes(b"x")  # SQLite keeps nothing there
    assert said_of(link, "verify").status == 0
    Path(f"{ledger}-journal").write_bytes(b"x")
    assert "transfers.db-journal" in refused(link, "verify")


@pytest.mark.parametrize("verb", ["verify", "check", "record"])
def test_a_loop_of_links_in_place_of_the_ledger_is_a_sentence(tmp_path: Path, verb: str) -> None:
    loop = tmp_path / "loop.db"
    loop.symlink_to(loop.name)
    assert "cannot be read: Too many levels of symbolic links" in refused(loop, verb)


@pytest.mark.parametrize("ending", ["-wal", "-journal", "-shm"])
def test_a_new_ledger_is_not_made_beside_what_another_left(tmp_path: Path, ending: str) -> None:
    left = tmp_path / f"transfers.db{ending}"
    left.write_bytes(b"what was recorded last")
    said = call("init", tmp_path / "transfers.db", "--organisation", "X", "--origin", "x.example/t")
    assert (said.status, f"{left.name} of another ledger lies there already" in said.err) == (2, True), said
    assert [one.name for one in tmp_path.iterdir()] == [left.name]
    assert left.read_bytes() == b"what was recorded last"


# -- what changes meanwhile ----------------------------------------------------------------------------------------


def _replaced(ledger: Path) -> None:
    shutil.copy(ledger, ledger.with_name("new"))
    os.replace(ledger.with_name("new"), ledger)


def _log_replaced(ledger: Path) -> None:
    wal = Path(f"{ledger}-wal")
    wal.unlink()
    wal.write_bytes(b"")


MEANWHILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "the ledger is replaced": (_replaced, "transfers.db was replaced or taken away while it was being read"),
    "the ledger is deleted": (lambda path: path.unlink(), "transfers.db was replaced or taken away while it was being"),
    "its log is replaced": (_log_replaced, "its write-ahead log was replaced or taken away while it was being read"),
    "its log is deleted": (lambda path: Path(f"{path}-wal").unlink(), "its write-ahead log was replaced or taken away"),
    "a journal is put there": (lambda path: Path(f"{path}-journal").touch(), "a rollback journal, transfers.db-jour"),
    "its memory becomes a pipe": (
        lambda path: (Path(f"{path}-shm").unlink(), os.mkfifo(f"{path}-shm")),
        "transfers.db-shm beside it is a named pipe",
    ),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_what_changes_while_it_is_verified_is_noticed(ledger: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, sentence = MEANWHILE[name]
    walk = record.walk

    def changed(*given: object) -> object:
        change(ledger)
        return walk(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("ledger.verify.assurance.walk", changed)
    said = call("verify", ledger)
    assert (said.status, sentence in said.err, said.out) == (2, True, ""), said


@pytest.mark.parametrize("name", MEANWHILE)
def test_what_changes_while_a_report_is_made_is_noticed_and_none_is_written(
    ledger: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, sentence = MEANWHILE[name]
    build = governors.governors

    def changed(*given: object) -> object:
        change(ledger)
        return build(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(governors, "governors", changed)
    said = call("report", ledger, "--for", "governors", "-o", "r.html")
    assert (said.status, sentence in said.err) == (2, True), said
    assert not Path("r.html").exists()


@pytest.mark.parametrize("name", MEANWHILE)
def test_what_changes_while_it_is_read_is_noticed_at_the_end(ledger: Path, name: str) -> None:
    change, sentence = MEANWHILE[name]
    source = Source(ledger)
    change(ledger)
    with pytest.raises(Refused) as refusal, source:
        pass
    assert sentence in str(refusal.value)


def test_what_others_record_meanwhile_is_no_change_and_is_not_read(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = record.walk

    def appended(*given: object) -> object:
        append(ledger, "meanwhile")  # which folds the log into the file when it ends, as far as it may
        return walk(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("ledger.verify.assurance.walk", appended)
    report = verify(ledger)
    assert (report.problems, report.size) == ([], 8)
    assert ids(ledger)[-1] == "meanwhile"


def test_two_connections_see_one_state_whatever_is_recorded_in_between(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = FileSet(ledger)
    with closing(files.connect()) as db:
        append(ledger, "between")  # after the first one's snapshot
        began: list[str] = []

        def disturbed(of: sqlite3.Connection) -> None:
            of.execute("BEGIN")
            of.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if len(began) < 5 and of is db:
                began.append(f"b{len(began)}")
                append(ledger, began[-1])

        monkeypatch.setattr("ledger.fileset._begin", disturbed)
        with closing(files.connect_with(db)) as other:
            counts = [one.execute("SELECT count(*) FROM entries").fetchone()[0] for one in (db, other)]
        assert counts == [14, 14]
        monkeypatch.setattr("ledger.fileset._ATTEMPTS", 0)
        with pytest.raises(Busy, match="writing to the ledger all the time"):
            files.connect_with(db)


# -- a read-only medium --------------------------------------------------------------------------------------------


def _read_only(tmp_path: Path, ledger: Path, endings: tuple[str, ...]) -> Path:
    # While it is in use, so that its last entries are in its log alone.
    folder = tmp_path / "medium"
    folder.mkdir(exist_ok=True)
    with Source(ledger):
        append(ledger, "in-the-log")
        for ending in endings:
            shutil.copy(f"{ledger}{ending}", folder / f"transfers.db{ending}")
    return folder


@pytest.mark.parametrize("endings", [("",), ("", "-wal", "-shm"), ("", "-wal")], ids=["alone", "all", "no -shm"])
def test_a_read_only_medium_is_read_or_says_why_not(ledger: Path, tmp_path: Path, endings: tuple[str, ...]) -> None:
    folder = _read_only(tmp_path, ledger, endings)
    with mounted(tmp_path / "disk", "size=4m") as disk:
        for one in folder.iterdir():
            shutil.copy(one, disk)
        if subprocess.run(["mount", "-o", "remount,ro", disk], check=False).returncode:
            missing("this machine lets nobody mount a disk read-only")
        there = disk / "transfers.db"
        for verb in ("verify", "check"):
            if endings == ("", "-wal"):
                why = refused(there, verb)
                assert "transfers.db-wal beside it must be read with it" in why
                assert "to a folder of your own" in why
                continue
            said = said_of(there, verb)
            assert said.status == 0, said
            if verb == "verify":
                assert f"Verified: {8 if endings == ('',) else 9} entries" in said.out
        assert said_of(there, "record").status == 2


def test_a_file_that_is_written_to_where_others_may_only_read_is_noticed(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As somebody who may not write to the folder reads it while its owner records.
    begun = FileSet._begun

    def denied(self: FileSet, uri: str, shared: bool) -> sqlite3.Connection:
        if "immutable" in uri:
            return begun(self, uri, shared)
        for ending in ("-wal", "-shm"):  # `header` looks with the rights that root has
            Path(f"{ledger}{ending}").unlink(missing_ok=True)
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN  # type: ignore[misc]
        raise error

    monkeypatch.setattr(FileSet, "_begun", denied)
    source = Source(ledger)
    monkeypatch.undo()
    append(ledger, "by-its-owner")
    with pytest.raises(Refused, match="was written to while it was being read"), source:
        pass
