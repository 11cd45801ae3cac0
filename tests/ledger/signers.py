"""Key files and signed ledgers for the tests."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ledger import checkpoints, keyfile
from ledger.checkpoints import Made
from ledger.keyfile import KeyFile
from ledger.tlog import checkpoint, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import ED25519
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small


def new_key(path: Path, name: str = ORIGIN, algorithms: Sequence[int] = (ED25519,)) -> KeyFile:
    """A new key file."""
    return keyfile.write(path, keyfile.make(name, algorithms, os.urandom))


def make(path: Path, keys: KeyFile, **other: Any) -> Made:
    """A checkpoint of the ledger at `path`."""
    with open_ledger(path) as ledger:
        return checkpoints.make(ledger, keys, time.sleep, **other)


def append(path: Path, *ids: str) -> None:
    """Appends a transfer with each of the `ids`."""
    with open_ledger(path) as ledger:
        ledger.append_many(settled(ledger, id_, {"note": f"note {id_}"}) for id_ in ids)


def signed_ledger(folder: Path, transfers: int = 5) -> tuple[Path, KeyFile, Made]:
    """A ledger, its key and its first checkpoint, in `folder`."""
    path, keys = small(folder / "l.db", transfers), new_key(folder / "k")
    return path, keys, make(path, keys)


def tree_of(signed: bytes) -> Checkpoint:
    """What a checkpoint's note says."""
    return checkpoint.parse(note.parse(signed).text)
