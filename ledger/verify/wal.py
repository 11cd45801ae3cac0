"""Which part of the write-ahead log beside a ledger SQLite reads: the frames of the transactions that were committed.

A copy of a WAL database without its `-wal` shows a clean prefix of it, and one with another file's log, or a damaged
one, is read as far as the log is its own, without a word. So the log is looked at here by its format (SQLite file
format §4): the salts of each frame and the running checksum over all before it decide whether it counts.
"""

from __future__ import annotations

import os
import struct
import sys
from array import array
from pathlib import Path
from typing import NamedTuple

_MAGIC = (0x377F0682, 0x377F0683)
_HEADER, _FRAME = 32, 24


class Frames(NamedTuple):
    """`read` frames belong to committed transactions, out of `there`; `whole` is False where the header is damaged."""

    read: int
    there: int
    whole: bool


def frames(path: Path) -> Frames | None:
    """The frames of the write-ahead log at `path`; None where there is none, or an empty one. Raises `OSError`."""
    try:
        # Not waiting for a named pipe that was put there since its kind was looked at.
        file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")
    except FileNotFoundError:
        return None
    with file:
        size = path.stat().st_size
        header = file.read(_HEADER)
        if not header:
            return None
        magic, _, page = struct.unpack(">III", header[:12].ljust(12, b"\0"))
        there = max(0, size - _HEADER) // (_FRAME + page) if page else 0
        big = magic & 1 == 1
        if magic not in _MAGIC or len(header) < _HEADER or _checksum(header[:24], (0, 0), big) != _pair(header[24:]):
            return Frames(0, there, False)
        salts, sums, count, read = header[16:24], _pair(header[24:]), 0, 0
        while len(frame := file.read(_FRAME + page)) == _FRAME + page:
            sums = _checksum(frame[_FRAME:], _checksum(frame[:8], sums, big), big)
            if frame[8:16] != salts or _pair(frame[16:24]) != sums:
                break  # left over from before the log was begun anew, or damaged: SQLite stops here too
            count += 1
            if frame[4:8] != bytes(4):  # the size of the database after a commit
                read = count
        return Frames(read, there, True)


def _pair(data: bytes) -> tuple[int, int]:
    first, second = struct.unpack(">II", data)
    return first, second


def _checksum(data: bytes, start: tuple[int, int], big: bool) -> tuple[int, int]:
    # SQLite file format §4.2, over 32-bit words in the order that the header's magic number names.
    words = array("I", data)
    if big is not (sys.byteorder == "big"):
        words.byteswap()
    first, second = start
    pairs = iter(words)
    for one, other in zip(pairs, pairs, strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def sentence(path: Path) -> tuple[str | None, str | None]:
    """What was read of the write-ahead log at `path`, and what that leaves unchecked; either may be None."""
    try:
        found = frames(path)
    except OSError as error:
        return None, f"The write-ahead log beside the ledger: it cannot be read ({error.strerror})."
    if found is None:
        if path.exists():
            return None, None
        return None, (
            "Whether a write-ahead log belonged to this copy: none lies beside it, so its newest entries could be "
            "missing."
        )
    if not found.whole:
        return None, (
            "The write-ahead log beside the ledger: it is damaged and was passed over, so the newest entries could be "
            "missing."
        )
    read = f"With the ledger, {found.read} of the {found.there} frames of its write-ahead log were read."
    if found.read == found.there:
        return read, None
    return read, (
        f"The other {found.there - found.read} frames of the write-ahead log: they are older, of another file, "
        f"damaged, or of a transaction that was not committed."
    )
