"""Long work that a page starts: a verification, a check, a report. Each runs in a process of its own.

So no page waits for it, and it may take all of another processor. What it tells, line by line, is what a page shows of
it; how it ended is kept beside the ledger. `running` is the other end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from datasette_plugins.transfer_ledger.people.beside import Beside
from ledger.errors import Busy
from ledger.seal import Clock

Kind = Literal["verify", "check", "report", "bundle"]

MOST_AT_ONCE = 2
"""So many run at once: each may take a processor."""

MOST_KEPT = 50
"""So many runs of a kind are listed, and the files of as many reports are kept."""

_QUIET_SECONDS = 2.0
"""How long nothing is to be recorded before what is new is checked, so that a run of posts is checked once."""

_LONGEST_SECONDS = 60.0
"""After so long it is checked while more is recorded."""


class Progress(NamedTuple):
    """How far a run is that has not ended: of `total` steps, 0 where nobody knows, so many are `done`."""

    done: int
    total: int


class Runs:
    """The runs of one app over the ledger at `path`."""

    def __init__(self, path: Path, beside: Beside, clock: Clock) -> None:
        self._path, self._beside, self._clock = path, beside, clock
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._kinds: dict[int, Kind] = {}
        self._progress: dict[int, Progress] = {}
        self._threads: list[threading.Thread] = []
        self._quiet_at = 0.0
        self._watching = self._closed = False
        self._ended = threading.Event()
        beside.stop_runs(clock())  # what ran when the app ended runs no more

    @property
    def folder(self) -> Path:
        """Where files that runs make are kept, a folder for each."""
        return self._path.with_name(f"{self._path.name}.app.files")

    def files(self, n: int) -> Path:
        """The folder of run `n`."""
        return self.folder / str(n)

    def start(self, kind: Kind, what: Mapping[str, Any], by: str) -> int:
        """Starts a run for the account `by` and gives its number; of verifications and checks, only one at a time.

        `Busy` where too many run already.
        """
        with self._lock:
            self._processes = {n: one for n, one in self._processes.items() if one.poll() is None}
            if kind in ("verify", "check"):
                for n in self._processes:
                    if self._kinds[n] == kind:
                        return n
            if len(self._processes) >= MOST_AT_ONCE or self._closed:
                raise Busy("Other work is running that takes the whole machine; try again when it has ended.")
            n = self._beside.start_run(kind, by, self._clock(), json.dumps(dict(what)))
            command = [sys.executable, "-m", f"{__package__}.running", kind, str(self._path), str(self.files(n))]
            process = subprocess.Popen(
                [*command, json.dumps(dict(what))], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
            )
            self._processes[n], self._kinds[n], self._progress[n] = process, kind, Progress(0, 0)
            thread = threading.Thread(target=self._follow, args=(n, process), daemon=True)
            self._threads.append(thread)
            thread.start()
        return n

    def progress(self, n: int) -> Progress | None:
        """How far run `n` is; None where it has ended."""
        return self._progress.get(n)

    def _follow(self, n: int, process: subprocess.Popen[str]) -> None:
        state, result = "failed", dict[str, Any](sentence="It ended before it had a result; start it again.")
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                told = json.loads(line)
                if "done" in told:
                    self._progress[n] = Progress(told["done"], told["total"])
                else:
                    state, result = told["state"], told["result"]
        process.wait()
        if process.returncode < 0:
            state = "stopped"
        self._beside.end_run(n, self._clock(), state, json.dumps(result))
        self._progress.pop(n, None)

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
        try:
            self.start("check", {}, "")
        except Busy:
            self.check_soon()

    def wait(self, n: int, seconds: float) -> None:
        """Waits for run `n`, at most so long."""
        if (process := self._processes.get(n)) is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)

    def close(self) -> None:
        """Ends what runs."""
        with self._lock:
            self._closed = True
            self._ended.set()
            for process in self._processes.values():
                process.terminate()
        for thread in self._threads:
            thread.join(5)
