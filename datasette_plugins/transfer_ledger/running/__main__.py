"""One run, in a process of its own: `python -m … KIND LEDGER FOLDER WHAT`.

It writes a line of JSON for each step that it tells, `{"done": n, "total": m}`, and at its end one with its `state`,
`done` or `refused`, and its `result`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from ledger.errors import Refused

_KINDS = {"verify": "verifying", "check": "checking", "report": "reporting", "bundle": "packing"}
_TELL_SECONDS = 0.2


class _Teller:
    """Tells how far the work is, a few times a second."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        if (now := time.monotonic()) - self._last >= _TELL_SECONDS:
            self._last = now
            _line({"done": done, "total": total})


def _line(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


def main(kind: str, ledger: str, folder: str, what: str) -> None:
    """Does the work, and tells how it ended."""
    os.nice(5)  # pages come first
    work = import_module(f"{__package__}.{_KINDS[kind]}").work
    try:
        _line({"state": "done", "result": work(Path(ledger), Path(folder), json.loads(what), _Teller())})
    except Refused as error:
        _line({"state": "refused", "result": {"sentence": str(error)}})


if __name__ == "__main__":
    main(*sys.argv[1:])
