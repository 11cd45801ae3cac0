"""Another program that records while the app is measured: `python -m bench.appending LEDGER`, twenty a second."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from bench.ledgers import clock, contents
from ledger.writer import Ledger


def main(path: Path) -> None:
    """Appends until it is told to end. What it cannot append, it raises."""
    with Ledger(path, clock, os.urandom) as ledger:
        for content in contents(ledger, 1_000_000, f"w{os.getpid()}-"):
            ledger.append(content)
            time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
