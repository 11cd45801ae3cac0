"""How the tests of this folder wait, and have others wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from datasette_plugins.transfer_ledger.recording.queue import Recorder
from ledger.writer import Ledger

PATIENCE = 30
"""Seconds after which what should have come will not."""


@contextmanager
def held(recorder: Recorder) -> Iterator[None]:
    """The recorder at work on something, so that all that is submitted meanwhile waits together."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_: Ledger) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    future = recorder.submit(wait)
    assert begun.wait(PATIENCE)
    yield
    go_on.set()
    future.result(PATIENCE)
