"""A whole file or nothing, whatever happens on the way; and every verb of the ledger as a process."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.cli import VERBS, commands
from ledger.errors import Refused
from ledger.importer import bring_in, examine
from ledger.intake.set_aside import SetAside
from ledger.verify.assurance import verify
from tests.ledger.worlds import open_ledger, settled, small
from tests.needed import missing

HEADINGS = ["id", "transferred_at", "sender", "recipient", "purpose", "fields", "lawful_basis", "note"]


def rows(path: Path, *changes: dict[str, str], count: int = 3) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, HEADINGS)
        out.writeheader()
        for number in range(count):
            out.writerow({
                "id": f"c{number}", "transferred_at": "2010-05-04", "sender": "oak-high", "recipient": "Connexions",
                "purpose": "connexions-service", "fields": "forename; surname", "lawful_basis": "dpa1998-sch2-3",
                "note": "", **(changes[number] if number < len(changes) else {}),
            })  # fmt: skip
    return path


def test_a_file_comes_in_whole_and_only_once(tmp_path: Path) -> None:
    path, file = small(tmp_path / "l.db", 0), rows(tmp_path / "f.csv")
    with open_ledger(path) as ledger:
        examined = examine(ledger, file)
        receipts = bring_in(ledger, file, examined)
        assert [receipt.seq for receipt in receipts] == [4, 5, 6]
        assert ledger.imported_before(examined.sha256) == 3
    assert verify(path).assurance == "consistent"
    batch = sqlite3.connect(path).execute("SELECT batch, batch_row FROM entries WHERE id = 'c2'").fetchone()
    assert batch == (3, 3)


def test_all_bad_rows_are_told_and_nothing_is_recorded(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 1)
    file = rows(
        tmp_path / "f.csv", {"transferred_at": "2010-02-30"}, {"lawful_basis": "because"}, {"id": "t0"},
        {"note": "ring Mrs Patel"}, {"id": "twice"}, {"id": "twice", "recipient": "QCA"}, count=7,
    )  # fmt: skip
    with open_ledger(path) as ledger:
        examined = examine(ledger, file)
        assert (examined.good, examined.bad) == (2, frozenset({1, 2, 3, 4, 6}))
        text = "\n".join(examined.sentences)
        for says in ("line 2", "2010-02-30", "because", "t0", "title and a name", "line 6 too"):
            assert says in text
        aside = SetAside(tmp_path / "aside.csv")
        with aside:
            examine(ledger, file, aside=aside)
        bring_in(ledger, file, examined)
    assert aside.count == 5
    assert verify(path).size == 4 + 1 + 2


def test_what_could_not_be_sealed_is_a_bad_row_too(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db", 0)
    many = ";".join(f"oak-{number}-{'x' * 30}" for number in range(20))
    file = tmp_path / "f.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows_ = csv.writer(out)
        rows_.writerow(["transferred_at", "sender", "recipient", "purpose", "fields", "age_min", "age_max", "schools"])
        rows_.writerow(["2010-05-04", "oak-high", "qca", "SATs", "upn", "9", "7", ""])
        rows_.writerow(["2010-05-04", "oak-high", "qca", "SATs", "upn", "7", "9", many])
    with open_ledger(path) as ledger:
        examined = examine(ledger, file)
    assert (examined.good, examined.bad) == (1, frozenset({1}))
    assert examined.sentences[0].startswith("f.csv, line 2")
    assert "age_min is above" in examined.sentences[0]


def test_a_ledger_without_its_first_entry_takes_no_more(tmp_path: Path) -> None:
    for statement in ("DELETE FROM entries", "DELETE FROM entries WHERE seq = 0"):
        path = small(tmp_path / f"{len(statement)}.db", 1)
        db = sqlite3.connect(path)
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_delete'").fetchone()[0]
        db.execute("DROP TRIGGER entries_no_delete")
        db.execute(statement)
        db.execute(trigger)
        db.commit()
        with (
            pytest.raises(Refused, match=r"first entry is gone|begins with its one genesis"),
            open_ledger(path) as ledger,
        ):
            ledger.append(settled(ledger, "more"))


def test_a_file_that_changes_meanwhile_is_not_recorded(tmp_path: Path) -> None:
    path, file = small(tmp_path / "l.db", 0), rows(tmp_path / "f.csv")
    with open_ledger(path) as ledger:
        examined = examine(ledger, file)
        rows(file, {"recipient": "QCA"})
        with pytest.raises(Refused, match="changed while"):
            bring_in(ledger, file, examined)
    assert verify(path).size == 3


@pytest.mark.slow
def test_kill_9_during_an_import_leaves_nothing_half_recorded(tmp_path: Path) -> None:
    path, file = small(tmp_path / "l.db", 0), rows(tmp_path / "f.csv", count=20_000)
    for wait in (0.8, 1.6, 3.0):
        command = [sys.executable, "-m", "ledger.cli", "import", str(path), str(file)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        started = time.monotonic()
        while process.poll() is None and time.monotonic() < deadline:
            if time.monotonic() - started >= wait:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.01)
        process.wait()
        report = verify(path)
        assert report.problems == []
        assert report.size in (3, 20_004)
        if report.size > 3:
            break


def run(*arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ledger.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_commands_of_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    organisations = tmp_path / "o.csv"
    organisations.write_text("id,name,role,phase,public_authority\noak-high,Oak High School,school,secondary,yes\n")
    assert run("init", path, "--origin", "a.example/t", "--organisation", "A")[0] == 0
    assert run("init", path, "--origin", "a.example/t", "--organisation", "A") == (
        2, f"transfer-ledger: {path} exists already; a ledger is never overwritten.\n",
    )  # fmt: skip
    assert run("register", "adopt", path, "england-2010", "--from", "2009-09-01")[0] == 0
    assert run("organisation", "add", path, organisations)[0] == 0
    recorded = ("record", path, "--id", "t1", "--transferred-at", "2010-05-14", "--sender", "Oak High School",
                "--recipient", "QCA", "--purpose", "SATs", "--field", "surname", "--field", "forename")  # fmt: skip
    assert run(*recorded)[0] == 0
    assert "recorded before" in run(*recorded)[1]
    assert (
        run("refuse", path, "--refused-on", "2010-05-05", "--recipient", "Ofsted", "--ground", "no-lawful-basis")[0]
        == 0
    )
    assert run("correct", path, "t1", "--reason", "entered twice", "--withdraw")[0] == 0
    assert run("correct", path, "t9", "--reason", "x", "--withdraw")[0] == 2
    assert run("correct", path, "t1", "--reason", "x")[0] == 2
    people = ("--reason", "Mrs Patel asked")
    assert "title and a name" in run("correct", path, "t1", *people, "--withdraw")[1]
    asked = ("--refused-on", "2010-05-05", "--recipient", "Ofsted", "--ground", "no-lawful-basis")
    assert "title and a name" in run("refuse", path, *asked, *people)[1]
    assert "email" in run(*recorded, "--note", "mail jo@example.org")[1].replace("-", "")
    status, text = run("verify", path, "--format", "json")
    assert status == 0
    assert '"assurance":"consistent"' in text
    assert run("verify", tmp_path / "nothing.db")[0] == 2
    sqlite3.connect(path).execute("DROP TRIGGER entries_no_delete")
    assert run("verify", path)[0] == 1
    assert "`transfer-ledger verify` says what differs" in run(*recorded)[1]


def test_every_verb_loads_and_explains_itself() -> None:
    for verb in VERBS:
        result = CliRunner().invoke(commands, [verb, "--help"])
        assert (verb, result.exit_code) == (verb, 0), result.output


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_gets_a_sentence_and_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", disk], check=False).returncode:
        missing("this machine lets nobody mount a small disk")
    try:
        path = small(disk / "l.db", 0)
        status, text = run("import", path, rows(tmp_path / "f.csv", count=2000))
        assert status == 2
        assert "full" in text
        report = verify(path)
        assert (report.problems, report.size) == ([], 3)
    finally:
        subprocess.run(["umount", disk], check=True)
