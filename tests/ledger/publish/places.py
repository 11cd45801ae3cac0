"""Ledgers with checkpoints, and places to publish them to that count, or fail at the operation that a test chooses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger import store, tree
from ledger.publish import Files
from ledger.publish.writing import Done, publish
from ledger.source import Source
from ledger.tlog import note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import Ed25519Signer
from tests.ledger.tlog.signed import signed
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small

KEY = Ed25519Signer(ORIGIN, b"\x05" * 32)


def ledger_of(path: Path, size: int) -> Path:
    """A ledger of `size` entries (a genesis, a register, an organisation and transfers), without a checkpoint."""
    grow(small(path, transfers=0), size)
    return path


def grow(path: Path, size: int) -> None:
    """Appends transfers until the ledger has `size` entries."""
    db = store.open_for_writing(path)
    first = store.head(db).size
    db.close()
    with open_ledger(path, str(datetime(2010, 6, 1, tzinfo=UTC) + timedelta(seconds=first))) as ledger:
        ledger.append_many([settled(ledger, f"g{seq}") for seq in range(first, size)])
        assert store.head(ledger.db).size == size


def sign(path: Path, size: int, root: bytes | None = None, origin: str = ORIGIN) -> bytes:
    """Keeps a signed checkpoint of the first `size` entries; of another `root` or `origin` where one is given."""
    db = store.open_for_writing(path)
    text = Checkpoint(origin, size, tree.root(db, size) if root is None else root).text()
    data = note.render(signed(text, KEY))
    with store.writing(db):
        store.insert_checkpoint(db, size, data, None)
    db.close()
    return data


def forge(path: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Changes a ledger's file as somebody would who can write to it; its triggers are put back."""
    db = sqlite3.connect(path, isolation_level=None)
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    for sql, values in statements:
        assert db.execute(sql, values).rowcount > 0
    for _, sql in triggers:
        db.execute(sql)
    db.close()


def put(path: Path, files: Files, *, hashes_only: bool = False) -> Done:
    with Source(path) as source:
        return publish(source, files, hashes_only=hashes_only)


class Interrupted(Exception):
    """The machine stopped."""


class Watched:
    """Files that remember what was asked of them, and stop at operation `fail` (from 0), before it or after it."""

    def __init__(self, files: Files, fail: int | None = None, after: bool = False) -> None:
        self.files = files
        self.fail = fail
        self.after = after
        self.asked: list[tuple[str, str]] = []

    @property
    def where(self) -> str:
        return self.files.where

    @property
    def written(self) -> list[str]:
        return [path for what, path in self.asked if what == "write"]

    @property
    def read_paths(self) -> list[str]:
        return [path for what, path in self.asked if what == "read"]

    def _ask(self, what: str, path: str) -> bool:
        at = len(self.asked) == self.fail
        if at and not self.after:
            raise Interrupted(path)
        self.asked.append((what, path))
        return at

    def read(self, path: str, most: int) -> bytes | None:
        stop = self._ask("read", path)
        data = self.files.read(path, most)
        if stop:
            raise Interrupted(path)
        return data

    def write(self, path: str, data: bytes) -> None:
        stop = self._ask("write", path)
        self.files.write(path, data)
        if stop:
            raise Interrupted(path)

    def has(self, path: str) -> bool:
        if self._ask("has", path):
            raise Interrupted(path)
        return self.files.has(path)

    def sync(self, paths: Iterable[str]) -> None:
        stop = self._ask("sync", "")
        self.files.sync(paths)
        if stop:
            raise Interrupted("sync")
