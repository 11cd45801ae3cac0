"""Runs, with their real processes: what a page learns of one that goes on, ends well, ends badly, or never ends."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger import runs as runs_module
from datasette_plugins.transfer_ledger.people.beside import Beside
from datasette_plugins.transfer_ledger.runs import APP_ENDED, BUSY, MOST_KEPT, NO_RESULT, Runs
from datasette_plugins.transfer_ledger.web import MISTAKE
from ledger.errors import Busy
from tests.codes import LEAD
from tests.ledger.worlds import small

NOW = datetime(2010, 8, 27, 9, tzinfo=UTC)
GOVERNORS = {
    "kind": "governors", "period": "year=2009-10", "spoken": "the school year 2009-10", "school": "",
    "formats": ["md"], "as_of": "2010-08-27", "attest": None, "app": "",
}  # fmt: skip


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    made = Beside(small(tmp_path / "l.db"))
    yield made
    made.close()


@pytest.fixture
def runs(beside: Beside, tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path / "l.db", tmp_path / "verdicts.db", beside, lambda: NOW)
    yield made
    made.close()


def pid(runs: Runs, n: int) -> int:
    """The process of run `n`, which the machine's own list of children names too."""
    found: int = runs._going[n].process.pid
    return found


def ended(runs: Runs, n: int, kind: Any) -> tuple[str, Any]:
    """How run `n` ended, and with what."""
    runs.wait(n, 60)
    found = runs.one(n, kind)
    assert found is not None
    assert runs.progress(n) is None
    return found.state, found.result


@pytest.mark.slow
def test_a_report_is_whole_and_for_nobody_else_on_the_machine(runs: Runs) -> None:
    n = runs.start("report", GOVERNORS, "dpo")
    state, result = ended(runs, n, "report")
    assert state == "done", result
    assert [one["name"] for one in result["files"]] == ["governors-2009-10.md"]
    files = sorted(path.name for path in runs.files(n).iterdir())
    assert files == ["governors-2009-10.md", "summary.json"]
    for path in (runs.folder, runs.files(n), *runs.files(n).iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.slow
def test_one_that_is_killed_is_told_and_leaves_nothing(runs: Runs) -> None:
    n = runs.start("report", {**GOVERNORS, "formats": ["md", "pdf"]}, "dpo")
    runs.files(n).mkdir(parents=True)
    (runs.files(n) / ".half-made").write_text("half")
    os.kill(pid(runs, n), signal.SIGKILL)
    state, result = ended(runs, n, "report")
    assert state == "stopped"
    assert result["sentence"].startswith("The machine or its keeper stopped it")
    assert not runs.files(n).exists()


@pytest.mark.slow
def test_what_ran_when_the_app_ended_is_stopped_when_it_starts_again(runs: Runs, beside: Beside) -> None:
    n = runs.start("verify", {}, "dpo")
    child = pid(runs, n)
    again = Runs(runs._path, runs._verdicts, beside, lambda: NOW)
    assert ended(again, n, "verify") == ("stopped", {"sentence": APP_ENDED})
    runs.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert ended(runs, n, "verify") == ("stopped", {"sentence": APP_ENDED})
    with pytest.raises(Busy):
        runs.start("verify", {}, "dpo")


@pytest.mark.slow
def test_where_nobody_listens_any_more_the_process_ends_and_seals_nothing(runs: Runs, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "datasette_plugins.transfer_ledger.running", "report", str(tmp_path / "l.db")]
    before = sqlite3.connect(tmp_path / "l.db").execute("SELECT count(*) FROM entries").fetchone()
    process = subprocess.Popen([*command, str(tmp_path / "f")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.write(json.dumps({**GOVERNORS, "attest": [LEAD, "lead"]}).encode())
    process.stdin.close()
    assert process.wait(60) == 1
    assert sqlite3.connect(tmp_path / "l.db").execute("SELECT count(*) FROM entries").fetchone() == before


@pytest.mark.slow
def test_a_full_disk_is_a_sentence_and_nothing_half_made_stays(runs: Runs) -> None:
    n = runs.start("report", {**GOVERNORS, "kind": "dpo", "formats": ["md", "html"]}, "dpo")
    resource.prlimit(pid(runs, n), resource.RLIMIT_FSIZE, (33_000, 33_000))  # in bytes, for each file: room for -shm
    state, result = ended(runs, n, "report")
    assert (state, result) == ("refused", {"sentence": "dpo-2009-10.html cannot be written: File too large."})
    assert not runs.files(n).exists()


@pytest.mark.slow
def test_a_ledger_that_is_none_any_more_is_a_sentence_without_its_place(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "l.db").write_bytes(b"no ledger" * 1000)
    for kind in ("verify", "report"):
        state, result = ended(runs, runs.start(kind, GOVERNORS, "dpo"), kind)
        assert state == "refused"
        assert str(tmp_path) not in result["sentence"]
        assert result["sentence"].endswith(".")


@pytest.mark.slow
def test_a_mistake_of_the_program_is_told_as_one(runs: Runs) -> None:
    assert ended(runs, runs.start("report", {}, "dpo"), "report") == ("failed", {"sentence": MISTAKE})


@pytest.mark.slow
def test_how_one_ended_is_known_also_where_it_cannot_be_written_down(runs: Runs, beside: Beside) -> None:
    n = runs.start("verify", {}, "dpo")
    other = sqlite3.connect(beside.path)
    other.execute("CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT raise(ABORT, 'no'); END")
    other.close()
    state, result = ended(runs, n, "verify")
    assert (state, result["assurance"]) == ("done", "consistent")


@pytest.mark.slow
def test_too_many_at_once_are_told_so_and_a_second_verification_is_the_first(runs: Runs) -> None:
    first = runs.start("verify", {}, "dpo")
    assert runs.start("verify", {}, "auditor") == first
    assert runs.going("verify") == first
    assert runs.going("report") is None
    runs.start("report", GOVERNORS, "dpo")
    with pytest.raises(Busy, match=BUSY[:30]):
        runs.start("report", GOVERNORS, "dpo")


def test_a_machine_that_starts_no_process_is_told(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module.sys, "executable", "/nowhere/python")
    with pytest.raises(Exception, match="The machine starts no other process"):
        runs.start("verify", {}, "dpo")
    assert runs.one(1, "verify") is not None
    assert runs.going("verify") is None


def test_files_of_old_reports_and_of_bad_ends_are_removed(runs: Runs, beside: Beside) -> None:
    for n in range(1, MOST_KEPT + 4):
        assert beside.start_run("report", "dpo", NOW, "{}") == n
        beside.end_run(n, NOW, "done" if n != 20 else "failed", "{}")
        runs.files(n).mkdir(parents=True)
        (runs.files(n) / "a.html").write_text("a")
    bundle = beside.start_run("bundle", "dpo", NOW, "{}")
    runs.files(bundle).mkdir()
    runs.make_room()
    kept = {int(path.name) for path in runs.folder.iterdir()}
    assert kept == {*range(4, MOST_KEPT + 4), bundle} - {20}


@pytest.mark.slow
def test_progress_is_told_step_by_step(runs: Runs) -> None:
    n = runs.start("report", {**GOVERNORS, "kind": "dpo", "formats": ["pdf", "md"]}, "dpo")
    steps = set()
    while (progress := runs.progress(n)) is not None:
        steps.add(progress.step)
        time.sleep(0.002)
    assert {"Verifying", "Checking", "Writing dpo-2009-10.pdf"} <= steps
    assert NO_RESULT not in str(ended(runs, n, "report"))
