"""What a run tells while it works, on a pipe of its own: how far it is, and at its end what came of it."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Protocol, TextIO

_TELL_SECONDS = 0.2


class Tell(Protocol):
    """Is told how far the work is: `done` of `total` (0: nobody knows), and in a word or two with what."""

    def __call__(self, done: int, total: int, step: str = "") -> None:
        """Tells it."""


class Teller:
    """Tells how far the work is, a few times a second, and each new step at once."""

    def __init__(self, to: TextIO) -> None:
        self._to, self._last, self._step = to, 0.0, ""

    def __call__(self, done: int, total: int, step: str = "") -> None:
        """Tells it, unless something was told just before."""
        now = time.monotonic()
        if step != self._step or now - self._last >= _TELL_SECONDS:
            self._last, self._step = now, step
            self.line({"done": done, "total": total, "step": step})

    def progress(self, label: str, done: int, total: int | None) -> None:
        """The same, as `ledger.cli.progress` tells it."""
        self(done, total or 0, label)

    def line(self, value: dict[str, Any]) -> None:
        """One line of JSON. Where nobody listens any more, the app has ended, and so does this process."""
        try:
            print(json.dumps(value), file=self._to, flush=True)
        except BrokenPipeError:
            os._exit(1)


def own_pipe() -> TextIO:
    """Standard output, kept for what is told: whatever else would be printed there goes to standard error."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe
