"""Writing reports to disk: whole or not at all, an earlier report replaced, and never a ledger or a private key."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from ledger.errors import Refused

_SQLITE = b"SQLite format 3\x00"
_KEY = re.compile(rb"(?:vkey [^\n]*\n)?-----BEGIN [A-Z ]*PRIVATE KEY-----")
_STREAMS = re.compile(r"/dev/(stdout|stderr|fd/\d+)|/proc/(self|\d+)/fd/\d+")
INDEX = "index.html"


class Written(NamedTuple):
    """A file that was written: how many bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


def is_stream(path: Path) -> bool:
    """Whether what is written to `path` goes on to somebody else: to a pipe, a terminal, or an open file."""
    return _STREAMS.fullmatch(str(path)) is not None or (path.exists() and not path.is_file() and not path.is_dir())


def _begins(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(4096)


def _refuse_kept(path: Path) -> None:
    # A hurried `-o transfers.db` must not cost the record. SQLite keeps its newest entries in the files beside it.
    beside = [path.with_name(path.name.removesuffix(end)) for end in ("-wal", "-shm", "-journal")]
    for one in (path, *(base for base in beside if base.name and base != path)):
        if _begins(one).startswith(_SQLITE):
            whose = "is" if one == path else f"belongs to {one.name}, which is"
            raise Refused(f"{path} {whose} a database, perhaps a ledger; a report is not written over it.")
    if _KEY.match(_begins(path)):
        raise Refused(f"{path} is a private key; a report is not written over it.")


class _Staged(NamedTuple):
    """A file that is whole on the disk, under another name until it takes the place of an earlier one."""

    name: str
    path: Path
    written: Written

    def put(self) -> None:
        os.replace(self.name, self.path)

    def drop(self) -> None:
        Path(self.name).unlink(missing_ok=True)


def _mode(path: Path) -> int:
    # An earlier report that only its owner may read is followed by such a one.
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def _stage(path: Path, pieces: Iterable[bytes]) -> _Staged:
    if path.is_dir():
        raise Refused(f"{path} is a folder; name a file, or leave out --for and --format for all reports.")
    path = path.resolve()  # a link to a report stays a link
    _refuse_kept(path)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False) as file:
        try:
            written = _written(file.write, pieces)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, _mode(path))
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return _Staged(file.name, path, written)


def write(path: Path, pieces: Iterable[bytes]) -> Written:
    """Writes `pieces` to the file at `path`, over an earlier one. `Refused` where that is impossible."""
    try:
        if is_stream(path):
            with path.open("ab") as stream:
                return _written(stream.write, pieces)
        staged = _stage(path, pieces)
        try:
            staged.put()
        except BaseException:
            staged.drop()
            raise
        return staged.written
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror or error}.") from None


def _written(write_: Callable[[bytes], object], pieces: Iterable[bytes]) -> Written:
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        write_(piece)
        digest.update(piece)
        size += len(piece)
    return Written(size, digest.hexdigest())


def write_all(
    folder: Path,
    contents: Mapping[str, Iterable[bytes]],
    obsolete: Iterable[str] = (),
    index: Callable[[Mapping[str, Written]], bytes] | None = None,
) -> dict[str, Written]:
    """Writes files by their names into `folder`, which is made where it is not there, and `index` of them, if given.

    None of them takes the place of an earlier one before all are whole on the disk. Files of an earlier report with the
    names in `obsolete` that this one does not have are removed.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file; name a folder, or say with --for which report it is to be.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder} cannot be made: {error.strerror or error}.") from None
    with ExitStack() as undone:
        staged: list[_Staged] = []

        def stage(name: str, pieces: Iterable[bytes]) -> Written:
            try:
                one = _stage(folder / name, pieces)
            except OSError as error:
                raise Refused(f"{folder / name} cannot be written: {error.strerror or error}.") from None
            undone.callback(one.drop)
            staged.append(one)
            return one.written

        written = {name: stage(name, pieces) for name, pieces in contents.items()}
        if index is not None:
            written = {INDEX: stage(INDEX, (index(written),)), **written}
        try:
            for one in staged:
                one.put()
            for name in obsolete:
                if name not in contents:
                    (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise Refused(f"{folder} cannot be written to: {error.strerror or error}.") from None
    return written
