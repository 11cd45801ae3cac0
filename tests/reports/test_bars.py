"""`check` and `report` show a bar for each long part of their work at a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reports.ledgers import GOOD, make_ledger

_SHORT = "from ledger.cli import main, progress; progress.LONG = 0; main()"


def shown(*arguments: object) -> str:
    """What `transfer-ledger` with these arguments writes to a terminal on standard error, all work being long."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", _SHORT, *map(str, arguments)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        assert process.stdout is not None
        assert b"[##" not in process.stdout.read()
        text = b""
        try:
            while part := os.read(ours, 4096):
                text += part
        except OSError:  # Linux says so when the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0, text
    return text.decode()


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "bars"), [("check", ["Checking"]), ("report", ["Verifying", "Checking"])])
def test_each_part_has_its_bar(tmp_path: Path, verb: str, bars: list[str]) -> None:
    path = make_ledger(tmp_path / "transfers.db", GOOD)
    output = ["-o", tmp_path / "out"] if verb == "report" else []
    text = shown(verb, path, *output, "--as-of", "2011-01-31")
    for bar in bars:
        assert f"{bar}  [####################################]  100%" in text
    assert text.count("100%") == len(bars)


def test_a_pipe_gets_no_bar(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", GOOD)
    command = [sys.executable, "-c", _SHORT, "check", path, "--as-of", "2011-01-31"]
    assert subprocess.run(command, capture_output=True, check=True).stderr == b""
