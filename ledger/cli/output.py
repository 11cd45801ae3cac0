"""What a command prints, where it may not all be printed: a closed pipe, a full disk.

A command runs to its end whatever becomes of its words, so that its exit status says what it did: a record whose
receipt met a full disk is in the ledger, and `verify | head` is no evidence of alteration. `main` asks at the end.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import click

LOST = 2
"""The exit status of a command that recorded nothing and could not print all that it had to say."""

INTERRUPTED = 130
"""What shells give as the exit status of a command that Ctrl-C ended."""


class _Raw(io.RawIOBase):
    """A stream's bytes. The first error is kept in `error`; what follows it is dropped."""

    def __init__(self, raw: Any, error: OSError | None = None) -> None:
        self._raw = raw
        self.error = error

    def write(self, data: Any) -> int | None:
        """Writes `data`, or drops it."""
        if self.error is None:
            try:
                written: int | None = self._raw.write(data)
                return written
            except OSError as error:
                self.error = error
        return len(data)

    def writable(self) -> bool:
        """Whether anything can be written: always."""
        return True

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._raw is not None and bool(self._raw.isatty())

    def fileno(self) -> int:
        """The file descriptor of the stream."""
        if self._raw is None:
            raise io.UnsupportedOperation("the stream is closed")
        return int(self._raw.fileno())


def _wrapped(stream: Any) -> Any:
    if stream is None:  # the descriptor was closed before the program began
        closed = OSError("it is closed")
        return io.TextIOWrapper(io.BufferedWriter(_Raw(None, closed)), encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper) or isinstance(getattr(stream.buffer, "raw", None), _Raw):
        return stream
    stream.flush()
    # A Windows console, or a pipe there, may not know every character; a report is not to fail of an arrow.
    return io.TextIOWrapper(
        io.BufferedWriter(_Raw(getattr(stream.buffer, "raw", stream.buffer))),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def guard() -> None:
    """From now on, nothing that is printed raises an error because it cannot be written."""
    sys.stdout, sys.stderr = _wrapped(sys.stdout), _wrapped(sys.stderr)


def lost() -> OSError | None:
    """Why not all of standard output was written, or None."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.error if isinstance(raw, _Raw) else None


class Deed:
    """What the command has done so far: whether anything was `recorded`."""

    def __init__(self) -> None:
        self.recorded = False


def recorded() -> None:
    """Notes that the command has recorded what it was to record: that it cannot be printed is no failure any more."""
    context = click.get_current_context(silent=True)
    deed = None if context is None else context.find_object(Deed)
    if deed is not None:
        deed.recorded = True


def status(own: int, deed: Deed) -> int:
    """The exit status of a command whose `own` it is, once all that can be printed is printed."""
    return LOST if own == 0 and not deed.recorded and lost() is not None else own
