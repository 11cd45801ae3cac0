"""Bad files, bad arguments and a machine that refuses: a sentence, exit status 2, and the ledger as it was."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from ledger.source import Source
from ledger.verify.assurance import verify
from tests.ledger.worlds import small

HEADINGS = "id,transferred_at,sender,recipient,purpose,fields"
GOOD = "a-1,2010-05-04,oak-high,Connexions,connexions-service,forename"
JSON = (
    '{"id":"a-1","transferred_at":"2010-05-04","sender":"oak-high","recipient":"connexions",'
    '"purpose":"connexions-service","fields":["forename"]'
)
RECORD = (
    "--transferred-at 2010-05-04 --sender oak-high --recipient Connexions --purpose connexions-service --field forename"
).split()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("pristine") / "l.db", 2)


@pytest.fixture
def ledger(pristine: Path, tmp_path: Path) -> Path:
    path = tmp_path / "l.db"
    shutil.copy(pristine, path)
    return path


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, str]:
    """The console script in this process: its exit status and all that it said."""
    from ledger.cli import main

    monkeypatch.setattr(sys, "argv", ["transfer-ledger", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    return int(str(left.value.code)), said.out + said.err


def rows(ledger: Path) -> list[tuple[object, ...]]:
    db = sqlite3.connect(ledger)
    try:
        return db.execute("SELECT seq, entry, hash FROM entries ORDER BY seq").fetchall()
    finally:
        db.close()


FILES = {
    "empty.csv": (b"", "empty.csv is empty"),
    "twice.csv": (f"{HEADINGS},id\n{GOOD},x\n".encode(), "line 1: the heading “id” stands twice"),
    "unknown.csv": (f"{HEADINGS},colour\n{GOOD},x\n".encode(), "line 1: the heading “colour” is no column"),
    "ragged.csv": (f"{HEADINGS}\n{GOOD}\na-2,2010-05-04\n".encode(), "line 3: The row has 2 cells under 6"),
    "nul.csv": (f"{HEADINGS}\n\0{GOOD}\n".encode(), "line 2, “id”: The cell holds NUL"),
    "latin.csv": (f"{HEADINGS}\n{GOOD}\xe9\n".encode("latin-1"), "line 2, “fields”: The byte 0xE9"),
    "utf16.csv": (f"{HEADINGS}\n{GOOD}\n".encode("utf-16"), "is in UTF-16"),
    "open.csv": (f'{HEADINGS}\n"{GOOD}\n'.encode(), "line 2, “id”: a quotation mark opens"),
    "long.csv": (f"{HEADINGS}\n{GOOD}{'x' * 200_000}\n".encode(), "line 2, “fields”: the cell is longer"),
    "day.csv": (f"{HEADINGS}\n{GOOD}\n{GOOD.replace('05-04', '02-30')}\n".encode(), "line 3, “transferred_at”"),
    "october.csv": (f"{HEADINGS}\n{GOOD.replace('05-04', '10-31T01:30')}\n".encode(), "happened twice in London"),
    "negative.csv": (f"{HEADINGS},subject_count\n{GOOD},-1\n".encode(), "line 2, “subject_count”: '-1'"),
    "huge.csv": (f"{HEADINGS},subject_count\n{GOOD},{'9' * 400}\n".encode(), "line 2, “subject_count”"),
    "conflict.csv": (f"{HEADINGS}\n{GOOD.replace('a-1', 't0')}\n".encode(), "line 2, “id”: The id t0 is entry"),
    "garbage.xlsx": (b"PK\x03\x04garbage", "garbage.xlsx"),
    "duplicate.jsonl": (f'{JSON},"id":"b"}}\n'.encode(), "line 1"),
    "deep.jsonl": (f'{JSON},"note":{"[" * 9999}{"]" * 9999}}}\n'.encode(), "line 1"),
    "surrogate.jsonl": (f'{JSON},"note":"\\ud800"}}\n'.encode(), "line 1"),
    "integer.jsonl": (f'{JSON},"subjects":{{"count":{"9" * 5000}}}}}\n'.encode(), "line 1"),
    "cut.jsonl": (JSON.encode(), "line 1"),
    "old.xls": (b"\xd0\xcf\x11\xe0", "old.xls"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_with_its_place(
    name: str, ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, sentence = FILES[name]
    file = ledger.parent / name
    file.write_bytes(data)
    before = rows(ledger)
    status, said = run(capsys, monkeypatch, "import", ledger, file)
    assert (status, sentence in said, name in said) == (2, True, True), said
    assert rows(ledger) == before
    assert verify(ledger).assurance == "consistent"


HALF = os.fsdecode(b"\xff") if os.name == "posix" else "\udcff"
ARGUMENTS = [
    (["record", "LEDGER", *RECORD, "--transferred-at", "2010-02-30"], "2010-02-30 is not a date that exists"),
    (["record", "LEDGER", *RECORD, "--subject-count", "-1"], "'-1' is not a count"),
    (["record", "LEDGER", *RECORD, "--note", HALF], "half a character"),
    (["record", "LEDGER", *RECORD, "--note", "x" * 70_000], "note"),
    (["record", "LEDGER", *RECORD, "--channel", "joe@example.org"], "channel"),
    (["record", "LEDGER", *RECORD, "--id", "t0"], "The id t0 is entry 3 already"),
    (["correct", "LEDGER", HALF, "--reason", "r", "--withdraw"], "half a character"),
    (["correct", "LEDGER", "0", "--reason", "r", "--withdraw"], "no transfer has the id"),
    (["import", "LEDGER", "FOLDER"], "is no file on a disk"),
    (["verify", "x" * 5000], "File name too long"),
    (["check", "LEDGER", "--as-of", "2010-02-30"], "--as-of: 2010-02-30"),
    (["init", "LEDGER", "--origin", "a.example/b", "--organisation", "X"], "exists already"),
    (["init", "FOLDER/n.db", "--origin", "a b", "--organisation", "X"], "cannot name a ledger"),
    (["init", "FOLDER/n.db", "--origin", "x" * 256, "--organisation", "X"], "cannot name a ledger"),
    (["init", "FOLDER/OneDrive - Quillshire/n.db", "--origin", "a.example/b", "--organisation", "X"], "synchronised"),
]


@pytest.mark.parametrize("case", ARGUMENTS, ids=lambda case: case[1])
def test_bad_arguments_are_refused(
    case: tuple[list[str], str], ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, sentence = case
    before = rows(ledger)
    places = {"LEDGER": str(ledger), "FOLDER": str(ledger.parent)}
    filled = [arguments[0], *(re.sub("LEDGER|FOLDER", lambda m: places[m[0]], one) for one in arguments[1:])]
    status, said = run(capsys, monkeypatch, *filled)
    assert (status, sentence in said) == (2, True), said
    assert rows(ledger) == before
    assert not (ledger.parent / "n.db").exists()


def _other(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (a)")
    db.close()


def _newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DATABASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "garbage": (lambda path: path.write_bytes(b"hello"), "is not an SQLite database"),
    "empty": (lambda path: path.write_bytes(b""), "is not an SQLite database"),
    "another application's": (_other, "another application"),
    "newer": (_newer, "ledger format 99"),
    "cut off": (lambda path: os.truncate(path, 5000), "malformed"),
    "a pipe": (_pipe, "is no file on a disk"),
}


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("verb", [["verify"], ["check"], ["record", *RECORD]], ids=lambda verb: verb[0])
def test_what_is_no_ledger_is_refused(
    name: str, verb: list[str], ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil, sentence = DATABASES[name]
    spoil(ledger)
    status, said = run(capsys, monkeypatch, verb[0], ledger, *verb[1:])
    assert (status, sentence in said) == (2, True), said


def test_damaged_pages_are_a_sentence_to_check_and_alteration_to_verify(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    db = sqlite3.connect(ledger)
    page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'documents'").fetchone()[0]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with ledger.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    assert run(capsys, monkeypatch, "verify", ledger)[0] == 1
    status, said = run(capsys, monkeypatch, "check", ledger)
    assert (status, "malformed" in said) == (2, True), said


def test_a_damaged_wal_is_not_passed_over_in_silence(ledger: Path) -> None:
    Path(f"{ledger}-wal").write_bytes(b"\xa5" * 9000)
    assert any("it is damaged and was passed over" in one for one in verify(ledger).not_checked)


def test_a_link_into_a_synchronised_folder_is_followed(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ledger.parent / "OneDrive"
    folder.mkdir()
    shutil.move(ledger, folder / "l.db")
    ledger.symlink_to(folder / "l.db")
    before = rows(ledger)
    status, said = run(capsys, monkeypatch, "record", ledger, *RECORD)
    assert (status, "synchronised" in said) == (2, True), said
    assert rows(ledger) == before
    with Source(ledger) as source:
        assert source.head.size == len(before)


def test_a_receipt_that_cannot_be_printed_says_that_it_is_recorded(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = click.echo

    def full(message: str, err: bool = False) -> None:
        if not err:
            raise OSError(errno.ENOSPC, "No space left on device")
        echo(message, err=True)

    before = len(rows(ledger))
    monkeypatch.setattr(click, "echo", full)
    status, said = run(capsys, monkeypatch, "record", ledger, *RECORD)
    sentence = f"This is recorded, but its receipt cannot be printed (No space left on device): entry {before} "
    assert (status, sentence in said) == (2, True), said
    assert len(rows(ledger)) == before + 1


def test_a_narrow_console_costs_no_report(ledger: Path) -> None:
    narrow = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    program = [sys.executable, "-m", "ledger.cli"]
    breach = [*RECORD, "--recipient", "Nobody That We Know"]
    subprocess.run([*program, "record", str(ledger), *breach], capture_output=True, check=True)
    said = subprocess.run([*program, "check", str(ledger)], capture_output=True, check=False, env=narrow)
    assert (said.returncode, said.stderr) == (1, b"")
    assert b"\\u2192" in said.stdout


def test_a_second_writer_waits_and_then_says_so(
    ledger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.WAIT_SECONDS", 0.2)
    other = sqlite3.connect(ledger, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    status, said = run(capsys, monkeypatch, "record", ledger, *RECORD)
    assert (status, "another program has been writing" in said) == (2, True), said
    assert time.monotonic() - began >= 0.2
    other.execute("ROLLBACK")
    other.close()


def test_interrupting_an_import_records_nothing(ledger: Path) -> None:
    file = ledger.parent / "many.csv"
    lines = (GOOD.replace("a-1", f"b-{number}") for number in range(20_000))
    file.write_text("\n".join([HEADINGS, *lines]), encoding="utf-8")
    before = rows(ledger)
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "import", str(ledger), str(file)], stderr=subprocess.PIPE
    )
    time.sleep(0.8)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1].decode()
    assert (process.returncode, "interrupted; nothing was recorded" in said) == (2, True), said
    assert rows(ledger) == before
