"""A verb as a whole process: how long it took, and the most memory that it held."""

from __future__ import annotations

import subprocess
import sys
import time
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


class Took(NamedTuple):
    """Seconds on the clock, and the largest resident size in MB."""

    seconds: float
    peak: float


def verb(*arguments: object) -> Took:
    """Runs `transfer-ledger` with `arguments`; it has to end with 0 or 1."""
    command = [sys.executable, "-c", _RUN, *map(str, arguments)]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return Took(time.perf_counter() - start, int(done.stderr.split()[-1]) / 1024)
