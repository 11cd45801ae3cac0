"""The exit status says what a command did, whatever becomes of its words; and Ctrl-C is no crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.source import Source
from tests.ledger.worlds import small
from tests.needed import missing

START = "from ledger.start import main; main()"
PROGRAM = (sys.executable, "-c", START)
RECORD = ("--transferred-at", "2010-05-04", "--sender", "elm", "--recipient", "qca", "--purpose", "x", "--field", "upn")
ROWS = "id,transferred_at,sender,recipient,purpose,fields\n" + "".join(
    f"i-{number},2010-05-04,elm,qca,x,upn\n" for number in range(10)
)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return small(tmp_path / "l.db")


def size(ledger: Path) -> int:
    with Source(ledger) as source:
        return source.head.size


@contextmanager
def closed_pipe() -> Iterator[int]:
    """A descriptor to which nobody listens any more, as of `| head` that has had enough."""
    read, write = os.pipe()
    os.close(read)
    try:
        yield write
    finally:
        os.close(write)


def full_disk() -> int:
    if not Path("/dev/full").exists():
        missing("there is no /dev/full here")
    return os.open("/dev/full", os.O_WRONLY)


def run(*arguments: object, out: int, err: int = subprocess.PIPE) -> tuple[int, str]:
    done = subprocess.run([*PROGRAM, *map(str, arguments)], stdout=out, stderr=err, text=True, check=False)
    return done.returncode, done.stderr or ""


VERBS = (
    ("verify", "LEDGER"),
    ("verify", "LEDGER", "--format", "json"),
    ("explain", "LEDGER", "4"),
    ("findings", "list", "LEDGER", "--severity", "critical"),
    ("register", "show", "england-2010"),
    ("witness", "--help"),
)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_a_closed_pipe_is_no_verdict(ledger: Path, verb: tuple[str, ...]) -> None:
    command = [str(ledger) if word == "LEDGER" else word for word in verb]
    assert run(*command, out=subprocess.DEVNULL)[0] == 0
    with closed_pipe() as pipe:
        status, said = run(*command, out=pipe)
    assert (status, "Traceback" in said, "Exception ignored" in said) == (2, False, False), said


@pytest.mark.parametrize("arguments", [["--help"], ["verify", "--help"]], ids=" ".join)
def test_help_into_a_closed_pipe_is_no_verdict_either(arguments: list[str]) -> None:
    with closed_pipe() as pipe:
        assert run(*arguments, out=pipe) == (2, "")


def test_evidence_of_alteration_stays_that(ledger: Path, tmp_path: Path) -> None:
    from tests.ledger.verify.tampered import administrator

    with administrator(ledger) as db:
        db.execute("UPDATE entries SET hash = '00' WHERE seq = 4")
    with closed_pipe() as pipe:
        assert run("verify", ledger, out=pipe)[0] == 1


def test_a_full_disk_is_no_verdict(ledger: Path) -> None:
    full = full_disk()
    assert run("verify", ledger, out=full)[0] == 2
    assert run("verify", ledger, out=full, err=full)[0] == 2
    assert run("verify", ledger.with_name("none.db"), out=full, err=full)[0] == 2
    assert run("no-such-verb", out=full, err=full)[0] == 2
    os.close(full)


def test_what_was_recorded_on_a_full_disk_of_words_exits_0(ledger: Path) -> None:
    full, before = full_disk(), size(ledger)
    file = ledger.with_name("rows.csv")
    file.write_text(ROWS, "utf-8")
    assert run("import", ledger, file, out=full, err=full)[0] == 0
    assert size(ledger) == before + 11
    assert run("import", ledger, file, out=full, err=full)[0] == 0  # they are there, as was asked
    assert size(ledger) == before + 11
    assert run("record", ledger, *RECORD, out=full, err=full)[0] == 0
    assert run("correct", ledger, "i-1", "--withdraw", "--reason", "r", out=full, err=full)[0] == 0
    assert size(ledger) == before + 13
    assert run("record", ledger, *RECORD, "--channel", "pigeon", out=full, err=full)[0] == 2
    assert run("import", ledger, file, "--dry-run", out=full, err=full)[0] == 0
    assert size(ledger) == before + 13
    new = ledger.with_name("new.db")
    assert run("init", new, "--origin", "a.example/b", "--organisation", "A", out=full, err=full)[0] == 0
    assert size(new) == 1
    os.close(full)


def test_a_receipt_that_cannot_be_printed_is_told_on_standard_error(ledger: Path) -> None:
    full, before = full_disk(), size(ledger)
    status, said = run("record", ledger, *RECORD, out=full)
    os.close(full)
    sentence = f"This is recorded, but its receipt cannot be printed (No space left on device): entry {before} "
    assert (status, sentence in said, size(ledger)) == (0, True, before + 1), said


def test_a_stream_that_was_never_open_is_lost_too(ledger: Path) -> None:
    command = f'exec "$0" -c "{START}" verify "$1" >&-'
    assert subprocess.run(["sh", "-c", command, sys.executable, str(ledger)], check=False).returncode == 2


LOADED = (
    "click",
    "sqlite3",
    "ledger.errors",
    "ledger.cli",
    "ledger.store",
    "ledger.cli.verify",
    "ledger.verify.levels",
)


@pytest.mark.parametrize("module", LOADED)
def test_ctrl_c_while_the_program_is_loaded_shows_no_traceback(ledger: Path, module: str) -> None:
    code = (
        "import os, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        f"{START}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "verify", str(ledger)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (-signal.SIGINT, 130), done
    assert (done.stdout, "Traceback" in done.stderr) == ("", False), done.stderr


def test_interrupting_an_import_records_nothing_and_exits_130(ledger: Path) -> None:
    before, fifo = size(ledger), ledger.with_name("rows.csv")
    fifo.write_text(ROWS, "utf-8")
    code = (
        "import os, signal\n"
        "from ledger import store\n"
        "insert = store.insert\n"
        "def interrupted(*given):\n"
        "    insert(*given)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "store.insert = interrupted\n"
        f"{START}\n"
    )
    command = [sys.executable, "-c", code, "import", str(ledger), str(fifo)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "interrupted before it was finished" in done.stderr) == (130, True), done
    assert "Traceback" not in done.stderr
    assert size(ledger) == before


def test_who_ignores_interrupts_goes_on(ledger: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{START}\n"
    done = subprocess.run([sys.executable, "-c", code, "verify", str(ledger)], capture_output=True, check=False)
    assert done.returncode == 0, done
