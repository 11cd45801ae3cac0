"""Long work shows a bar to a person at a terminal, and nothing to a file or a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from ledger.cli.progress import LONG, lines

_WORK = f"""
from ledger.cli.progress import progress
with progress("Reading", {LONG + 1}) as done:
    for count in range(0, {LONG + 2}, 5000):
        done(count)
with progress("Short", {LONG}) as done:
    done({LONG})
with progress("Unknown", None) as done:
    done(7000)
"""


def _at_a_terminal() -> str:
    master, slave = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", _WORK], stdin=slave, stdout=slave, stderr=slave) as work:
        os.close(slave)
        shown = b""
        try:
            while part := os.read(master, 4096):
                shown += part
        except OSError:  # the other end was closed
            pass
        assert work.wait() == 0
    os.close(master)
    return shown.decode()


def test_a_person_sees_a_bar_and_how_far_it_is() -> None:
    shown = _at_a_terminal()
    assert "Reading" in shown
    assert "[####" in shown
    assert "74%" in shown
    assert "Unknown: 7,000" in shown
    assert "Short" not in shown


def test_a_pipe_gets_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", _WORK], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_lines_of_a_text_file_are_counted_and_a_workbooks_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("one\ntwo\nthree\n")
    assert lines(tmp_path / "a.csv") == 3
    assert lines(tmp_path / "a.xlsx") is None
