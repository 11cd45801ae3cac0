"""Long work that a page starts: a verification, a check, a report. Each runs in a process of its own.

So no page waits for it, and it may take all of another processor. What it tells, line by line, is what a page shows of
it; how it ended is kept beside the ledger. `running` is the other end.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Literal, NamedTuple

from datasette_plugins.transfer_ledger.people.beside import Beside, Run
from ledger.errors import Busy, Refused
from ledger.london import day_of
from ledger.seal import Clock

Kind = Literal["verify", "check", "report", "bundle"]

MOST_AT_ONCE = 2
"""So many run at once: each may take a processor."""

MOST_KEPT = 50
"""So many runs of a kind are listed, and the files of as many reports are kept."""

BUSY = "Other work is running that takes the whole machine; try again when it has ended."
APP_ENDED = "It was stopped when the app ended; start it again."
NO_RESULT = "It ended before it had a result; start it again."

_QUIET_SECONDS = 2.0
"""How long nothing is to be recorded before what is new is checked, so that a run of posts is checked once."""

_LONGEST_SECONDS = 60.0
"""After so long it is checked while more is recorded."""


class Progress(NamedTuple):
    """How far a run is that has not ended: of `total` steps, 0 where nobody knows, so many are `done`, of `step`."""

    done: int
    total: int
    step: str = ""


class _Going(NamedTuple):
    kind: Kind
    process: subprocess.Popen[str]
    thread: threading.Thread


class Runs:
    """The runs of one app over the ledger at `path`."""

    def __init__(self, path: Path, verdicts: Path, beside: Beside, clock: Clock) -> None:
        """`verdicts` is the file into which checks put what they find."""
        self._path, self._verdicts, self._beside, self._clock = path, verdicts, beside, clock
        self.unchecked = ""  # why the last check had no result, "" where it had
        self._followed: tuple[int, date] | None = None
        self._lock = threading.Lock()
        self._going: dict[int, _Going] = {}
        self._progress: dict[int, Progress] = {}
        self._unwritten: dict[int, tuple[str, dict[str, Any]]] = {}
        self._quiet_at = 0.0
        self._watching = self._closed = False
        self._ended = threading.Event()
        beside.stop_runs(clock())  # what ran when the app ended runs no more

    @property
    def folder(self) -> Path:
        """Where files that runs make are kept, a folder for each; nobody reads it but whoever runs the app."""
        return self._path.with_name(f"{self._path.name}.app.files")

    def files(self, n: int) -> Path:
        """The folder of run `n`."""
        return self.folder / str(n)

    def start(self, kind: Kind, what: Mapping[str, Any], by: str) -> int:
        """Starts a run for the account `by` and gives its number; of all kinds but reports, only one at a time.

        `Busy` where too many run already, `Refused` where the machine starts no process.
        """
        with self._lock:
            if kind != "report" and (there := self._of(kind)) is not None:
                return there
            if len(self._going) >= MOST_AT_ONCE or self._closed:
                raise Busy(BUSY)
            wanted = json.dumps(dict(what))
            n = self._beside.start_run(kind, by, self._clock(), wanted)
            command = [sys.executable, "-P", "-m", f"{__package__}.running", kind, str(self._path), str(self.files(n))]
            try:
                with TemporaryFile("w+", encoding="utf-8") as told:  # among its arguments everybody would see it
                    told.write(wanted)
                    told.seek(0)
                    process = subprocess.Popen(command, stdin=told, stdout=subprocess.PIPE, text=True)
            except OSError as error:
                sentence = f"The machine starts no other process ({error.strerror}); try again later."
                self._beside.end_run(n, self._clock(), "failed", json.dumps({"sentence": sentence}))
                raise Refused(sentence) from None
            thread = threading.Thread(target=self._follow, args=(n, process), daemon=True)
            self._progress[n] = Progress(0, 0)
            self._going[n] = _Going(kind, process, thread)
            thread.start()
        return n

    def _of(self, kind: Kind) -> int | None:
        return next((n for n, one in self._going.items() if one.kind == kind), None)

    def going(self, kind: Kind) -> int | None:
        """The number of the first run of a kind that has not ended, or None."""
        with self._lock:
            return self._of(kind)

    def progress(self, n: int) -> Progress | None:
        """How far run `n` is; None where it has ended."""
        return self._progress.get(n)

    def one(self, n: int, kind: Kind) -> Run | None:
        """Run `n`, if it is one of this kind."""
        found = self._beside.run(n)
        return None if found is None or found.kind != kind else self._as_known(found)

    def newest(self, kind: Kind, most: int = MOST_KEPT) -> list[Run]:
        """The newest runs of a kind, at most so many, the newest first."""
        return [self._as_known(one) for one in self._beside.runs(kind, most)]

    def _as_known(self, run: Run) -> Run:
        # What could not be written down when it ended is known all the same, for as long as the app runs.
        state, result = self._unwritten.get(run.n, (run.state, run.result))
        return run._replace(state=state, result={"sentence": APP_ENDED} if result is None else result)

    def make_room(self) -> None:
        """Removes the files of old reports, and whatever a report that did not end well left behind."""
        for place, run in enumerate(self.newest("report", 20 * MOST_KEPT)):
            if self.progress(run.n) is None and (place >= MOST_KEPT or run.state != "done"):
                shutil.rmtree(self.files(run.n), ignore_errors=True)

    def _follow(self, n: int, process: subprocess.Popen[str]) -> None:
        ended: tuple[str, dict[str, Any]] | None = None
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with suppress(ValueError, KeyError, TypeError):  # half a line is all that one killed leaves
                    told = json.loads(line)
                    if "state" in told:
                        ended = told["state"], told["result"]
                    else:
                        self._progress[n] = Progress(told["done"], told["total"], told["step"])
        status = process.wait()
        state, result = ended or self._without_result(status)
        if state != "done":
            shutil.rmtree(self.files(n), ignore_errors=True)
        try:
            self._beside.end_run(n, self._clock(), state, json.dumps(result))
        except Refused:
            self._unwritten[n] = state, result
        if self._going[n].kind == "check":
            self.unchecked = "" if state == "done" else str(result["sentence"])
        with self._lock:
            self._progress.pop(n, None)
            self._going.pop(n, None)

    def _without_result(self, status: int) -> tuple[str, dict[str, Any]]:
        if self._closed:
            return "stopped", {"sentence": APP_ENDED}
        if status == -signal.SIGKILL:
            return "stopped", {
                "sentence": "The machine or its keeper stopped it, as happens where memory runs out. Nothing of it is "
                "kept; start it again."
            }
        return ("stopped" if status < 0 else "failed"), {"sentence": NO_RESULT}

    def check(self) -> int:
        """Starts a check of the whole ledger as of today, and gives its number. Raises as `start`."""
        return self.start("check", {"as_of": day_of(self._clock()).isoformat(), "verdicts": str(self._verdicts)}, "")

    def follow(self, size: int, today: date) -> None:
        """Has a ledger of `size` entries checked soon, whoever recorded them; once, even if that fails."""
        if self._followed != (size, today):
            self._followed = size, today
            self.check_soon()

    def check_soon(self) -> None:
        """Has what is new checked when nothing was recorded for a moment, or was for long. It costs next to nothing."""
        self._quiet_at = time.monotonic() + _QUIET_SECONDS
        if self._watching or self._closed:
            return
        with self._lock:
            if self._watching:
                return
            self._watching = True
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        last = time.monotonic() + _LONGEST_SECONDS
        while (left := min(self._quiet_at, last) - time.monotonic()) > 0:
            if self._ended.wait(left):
                return
        self._watching = False  # whatever is recorded from here on is checked the next time
        if self.going("check") is not None:  # it may have read the ledger before the newest was recorded
            self.check_soon()
            return
        try:
            self.check()
        except Busy:
            self.check_soon()
        except Refused as error:
            print(f"What is new was not checked: {error}", file=sys.stderr)

    def wait(self, n: int, seconds: float) -> None:
        """Waits for run `n` until it has ended and that is written down, at most so long."""
        if (going := self._going.get(n)) is not None:
            going.thread.join(seconds)

    def close(self) -> None:
        """Ends what runs."""
        with self._lock:
            self._closed = True
            self._ended.set()
            going = list(self._going.values())
            for one in going:
                one.process.terminate()
        for one in going:
            one.thread.join(5)
