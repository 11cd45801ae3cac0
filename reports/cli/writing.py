"""Writing reports to disk: each file whole or not at all, an earlier report replaced, and never a ledger."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from ledger.errors import Refused

_SQLITE = b"SQLite format 3\x00"


class Written(NamedTuple):
    """A file that was written: how many bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


def _refuse_ledger(path: Path) -> None:
    # A hurried `-o transfers.db` must not cost the record.
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(_SQLITE)) == _SQLITE:
                raise Refused(f"{path} is a database, perhaps a ledger; a report is not written over it.")


def write(path: Path, pieces: Iterable[bytes]) -> Written:
    """Writes `pieces` to the file at `path`, over an earlier one. `Refused` where that is impossible."""
    try:
        if path.is_dir():
            raise Refused(f"{path} is a folder; name a file, or leave out --for and --format for all reports.")
        _refuse_ledger(path)
        if path.exists() and not path.is_file():  # a pipe, or a terminal
            with path.open("wb") as stream:
                return _written(stream.write, pieces)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False) as file:
            try:
                written = _written(file.write, pieces)
                file.flush()
                os.fsync(file.fileno())
                file.close()
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
        return written
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror or error}.") from None


def _written(write_: object, pieces: Iterable[bytes]) -> Written:
    assert callable(write_)
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        write_(piece)
        digest.update(piece)
        size += len(piece)
    return Written(size, digest.hexdigest())


def write_all(
    folder: Path, contents: Mapping[str, Iterable[bytes]], obsolete: Iterable[str] = ()
) -> dict[str, Written]:
    """Writes files by their names into `folder`, which is made where it is not there.

    Files of an earlier report with the names in `obsolete` that this one does not have are removed.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file; name a folder, or say with --for which report it is to be.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder} cannot be made: {error.strerror or error}.") from None
    written = {name: write(folder / name, pieces) for name, pieces in contents.items()}
    try:
        for name in obsolete:
            if name not in contents:
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{folder}: an earlier report cannot be removed: {error.strerror or error}.") from None
    return written
