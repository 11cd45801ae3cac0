"""Where a publication lies: whole files under a folder, or under a URL that fsspec knows.

A folder is written to by rename, so that a file is there whole or not at all, also after a power cut. An object store
does the same of its own: an object appears when its put is complete. On anything else that fsspec reaches (SFTP,
SMB) a put that is cut off can leave half a file; half a tile is written again by the next run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from ledger.errors import Refused


class Files(Protocol):
    """Files under relative paths with `/`. What the place says of trouble comes as a `Refused` sentence."""

    @property
    def where(self) -> str:
        """The place, for a sentence; without any password."""

    def read(self, path: str, most: int) -> bytes | None:
        """The file at `path`, or None. Of a longer one than `most` bytes its first `most` + 1."""

    def write(self, path: str, data: bytes) -> None:
        """Has `path` hold `data`, at once or not at all."""

    def has(self, path: str) -> bool:
        """Whether there is a file at `path`, or a folder."""

    def sync(self, paths: Iterable[str]) -> None:
        """Returns when the files at `paths` would survive a power cut, whichever run wrote them."""


def open_target(target: str) -> Files:
    """The place that `target` names: a URL of any scheme that fsspec knows, or else the path of a folder."""
    if "://" not in target:
        return Folder(Path(target))
    shown = re.sub(r"(?<=://)[^/@]*@", "", target)
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

    try:
        system, root = url_to_fs(target)
        # fsspec keeps one instance, and what it listed, for as long as the process lives.
        system.invalidate_cache()
    except Exception as error:  # each of fsspec's many back ends has exceptions of its own
        raise Refused(f"{shown} cannot be used: {_said(error)}") from None
    return Folder(Path(root)) if isinstance(system, LocalFileSystem) else Remote(system, root, shown)


class Folder:
    """A folder on a disk; made when something is first written to it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def where(self) -> str:
        """The folder's path."""
        return str(self._root)

    def read(self, path: str, most: int) -> bytes | None:
        """As `Files.read`."""
        file = self._root / path
        try:
            if not file.is_file():
                return None
            with file.open("rb") as data:
                return data.read(most + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Refused(f"{file} cannot be read: {error.strerror}.") from None

    def write(self, path: str, data: bytes) -> None:
        """As `Files.write`: beside, then renamed. Its name lasts only once `sync` was called."""
        file = self._root / path
        beside = file.with_name(f".{file.name}.{os.getpid()}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with beside.open("wb") as out:
                    out.write(data)
                    out.flush()
                    os.fsync(out.fileno())
                os.replace(beside, file)
            except BaseException:
                with suppress(OSError):
                    beside.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise Refused(f"{file} cannot be written: {error.strerror}.") from None

    def has(self, path: str) -> bool:
        """As `Files.has`."""
        return (self._root / path).exists()

    def sync(self, paths: Iterable[str]) -> None:
        """As `Files.sync`: of every folder on the way, since any of them may be new."""
        root = self._root.absolute()
        folders = {root, root.parent}
        for path in paths:
            folder = (root / path).parent
            while folder not in folders:
                folders.add(folder)
                folder = folder.parent
        try:
            for folder in folders:
                _sync_folder(folder)
        except OSError as error:
            raise Refused(f"{self.where} cannot be written: {error.strerror}.") from None


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows opens no folder as a file, and keeps a rename without being asked
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Remote:
    """A place behind an fsspec filesystem, `root` being its path there."""

    def __init__(self, system: Any, root: str, where: str) -> None:
        self._system = system
        self._root = root.rstrip("/")
        self._where = where.rstrip("/")

    @property
    def where(self) -> str:
        """The URL, without user and password."""
        return self._where

    def read(self, path: str, most: int) -> bytes | None:
        """As `Files.read`."""
        try:
            return bytes(self._system.cat_file(f"{self._root}/{path}", 0, most + 1))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise Refused(f"{self._where}/{path} cannot be read: {_said(error)}") from None

    def write(self, path: str, data: bytes) -> None:
        """As `Files.write`: one put of the whole."""
        place = f"{self._root}/{path}"
        try:
            try:
                self._system.pipe_file(place, data)
            except FileNotFoundError:  # not an object store: it wants the folder first
                self._system.makedirs(place.rpartition("/")[0], exist_ok=True)
                self._system.pipe_file(place, data)
        except Exception as error:
            raise Refused(f"{self._where}/{path} cannot be written: {_said(error)}") from None

    def has(self, path: str) -> bool:
        """As `Files.has`."""
        try:
            self._system.info(f"{self._root}/{path}")  # `exists` would say no to whatever goes wrong
            return True
        except FileNotFoundError:
            return False
        except Exception as error:
            raise Refused(f"{self._where}/{path} cannot be read: {_said(error)}") from None

    def sync(self, paths: Iterable[str]) -> None:
        """Nothing: a put that returned is kept."""


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())[:300] or type(error).__name__
    return text if text.endswith(".") else f"{text}."
