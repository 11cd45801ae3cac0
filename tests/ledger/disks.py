"""Disks that are full or cannot be written to: real ones, small, in memory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.needed import missing


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A disk of its own at `folder`, with tmpfs's `options` (`size=900k`)."""
    folder.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        missing("only root can mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False).returncode:
        missing("this machine lets nobody mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def filled(folder: Path, leave: int) -> Iterator[None]:
    """The disk of `folder` with `leave` bytes left."""
    free = os.statvfs(folder)
    (folder / "fill").write_bytes(b"x" * (free.f_bavail * free.f_bsize - leave))
    try:
        yield
    finally:
        (folder / "fill").unlink()
