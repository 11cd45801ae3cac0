"""The beginning of a ledger as a file of its own: its first entries, as it was when it had no more.

A report is attested with the size of the ledger that it was made from. Whoever makes it again makes it from this, by
the same code as ever, so that nothing recorded later can reach it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger import store
from ledger.errors import Refused
from ledger.schema import objects
from ledger.source import Source
from ledger.tlog import tiles

_RUN = 1000


def erased_since(source: Source, size: int) -> list[int]:
    """The entries among the first `size` that lost an erasable value to an erasure sealed after them, in order."""
    rows = source.db.execute(
        "SELECT DISTINCT json_extract(entry, '$.erases.seq') FROM entries "
        "WHERE kind <> 'transfer' AND kind = 'erasure' AND seq >= ? ORDER BY 1",
        (size,),
    )
    return [int(seq) for (seq,) in rows if seq < size]


def beginning(source: Source, size: int, checkpoints: int, path: Path) -> None:
    """Writes the first `size` entries of an open ledger to a new ledger file at `path`, with all that belongs to them.

    Of the kept checkpoints it has the first `checkpoints` that were kept. Caches (known names, findings) are left
    empty. Raises `Refused` where the ledger has fewer entries or checkpoints, where a value was erased since (the file
    would lack it, and not say why), or where there is no room.
    """
    there = source.db.execute("SELECT count(*) FROM checkpoints").fetchone()[0]
    if size > source.head.size or checkpoints > there:
        raise Refused(
            f"{source.path} has {source.head.size:,} entries and {there:,} checkpoints, and {size:,} and "
            f"{checkpoints:,} are asked for."
        )
    if lost := erased_since(source, size):
        raise Refused(
            f"{source.path}: values of {len(lost):,} entries, the first of them entry {lost[0]}, were erased since; "
            f"the ledger as it was before cannot be made again."
        )
    with store.sentences(path), closing(store.create(path)) as db, store.writing(db):
        # The triggers ask of each entry whether it follows the last one; here verification does, of all together.
        triggers = [name for type_, name in objects() if type_ == "trigger"]
        for name in triggers:
            db.execute(f"DROP TRIGGER {name}")
        _copy(source.db, db, "entries", ("seq", "entry", "hash"), "seq < ? ORDER BY seq", size)
        _copy(source.db, db, "disclosures", ("digest", "seq", "name", "disclosure"), "seq < ? ORDER BY rowid", size)
        sealed = (
            "sha256 IN (SELECT json_extract(entry, '$.sha256') FROM entries "
            "WHERE kind <> 'transfer' AND kind = 'register' AND seq < ?)"
        )
        _copy(source.db, db, "documents", ("sha256", "media_type", "content"), sealed, size)
        first = "rowid IN (SELECT rowid FROM checkpoints ORDER BY rowid LIMIT ?) ORDER BY rowid"
        _copy(source.db, db, "checkpoints", ("size", "note", "timestamp"), first, checkpoints)
        for n in range(size // tiles.WIDTH):
            store.complete_tile(db, n)
        for name in triggers:
            db.execute(objects()["trigger", name])


def _copy(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, columns: tuple[str, ...], where: str, value: int
) -> None:
    # As bytes, whatever they are: what an attacker left that is no text is to be found in the copy too.
    texts = ", ".join(name if name in ("seq", "size", "timestamp") else f"CAST({name} AS BLOB)" for name in columns)
    places = ", ".join("?" if name in ("seq", "size", "timestamp") else "CAST(? AS TEXT)" for name in columns)
    rows = source.execute(f"SELECT {texts} FROM {table} WHERE {where}", (value,))
    while run := rows.fetchmany(_RUN):
        target.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", run)
