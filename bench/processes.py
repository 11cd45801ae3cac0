"""A verb as a whole process: how long it took, and the most memory that it and those that it started held."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_RUN = """
import sys
from ledger.cli import main
sys.argv[0] = "transfer-ledger"
try:
    main()
except SystemExit as left:
    assert left.code in (0, 1), left.code
sys.stdout.flush()
print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""

_EVERY = 0.05


class Took(NamedTuple):
    """Seconds on the clock, and the largest resident size in MB, that of all its processes together."""

    seconds: float
    peak: float


def verb(*arguments: object) -> Took:
    """Runs `transfer-ledger` with `arguments`; it has to end with 0 or 1."""
    command = [sys.executable, "-c", _RUN, *map(str, arguments)]
    start, together = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            others = _children(process.pid)
            if others:
                together = max(together, sum(map(_share, (process.pid, *others))))
            time.sleep(_EVERY)
        took = time.perf_counter() - start
        assert process.stderr is not None
        told = process.stderr.read()
    assert process.returncode == 0, told
    return Took(took, max(int(told.split()[-1]), together) / 1024)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _share(pid: int) -> int:
    # What several processes have in common counts once: each has its share of it.
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
