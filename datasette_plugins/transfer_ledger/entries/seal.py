"""The seal of an entry: what an auditor checks without this program."""

from __future__ import annotations

from typing import NamedTuple

from ledger.source import Source


class Seal(NamedTuple):
    """An entry's place in the chain, and its bytes. `prev` and `next` are the hashes beside it; None for none yet.

    `covered` is the size of the newest checkpoint, if that covers the entry; without it there is no proof yet.
    """

    hash: str
    prev: str
    next: str | None
    sealed: str
    size: int
    covered: int | None


def seal(source: Source, seq: int, hash_: str, prev: str, sealed: str) -> Seal:
    """The seal of entry `seq`."""
    row = source.db.execute("SELECT hash FROM entries WHERE seq = ?", (seq + 1,)).fetchone()
    newest = source.db.execute("SELECT max(size) FROM checkpoints").fetchone()[0]
    covered = newest if newest is not None and newest > seq else None
    return Seal(hash_, prev, row[0] if row else None, sealed, source.head.size, covered)
