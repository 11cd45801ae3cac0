"""The cache of known names against what it is made from.

It decides which id is sealed for what a clerk types, so a forged row would make honest records say something else.
Only a stale one, of an older state of the ledger or version of this project, is in order: the next writer makes it
anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ledger import entry
from ledger.errors import Refused
from ledger.register import known
from ledger.verify.record import Found


def problems(db: sqlite3.Connection) -> Iterator[Found]:
    """A warning where the names are stale, a problem where they are not those of the register and the law."""
    rows = db.execute(f"SELECT seq, CAST(entry AS BLOB) FROM entries WHERE {known.ENTRIES} ORDER BY seq").fetchall()
    kept = {tuple(map(_text, row)) for row in db.execute("SELECT folded, kind, id FROM names WHERE kind <> ''")}
    stamp = db.execute("SELECT id FROM names WHERE kind = '' AND folded = 'stamp'").fetchone()
    if stamp is None or _text(stamp[0]) != known.stamp(rows[-1][0] if rows else None):
        yield Found(
            None, "names-stale", "The cache of known names is of an older state; the next writer makes it anew.", True
        )
        return

    def document(sha256: str) -> str:
        row = db.execute("SELECT CAST(content AS BLOB) FROM documents WHERE sha256 = CAST(? AS TEXT)", (sha256,))
        return bytes(row.fetchone()[0]).decode("utf-8")

    try:
        entries = [one for _, data in rows if (one := entry.read(data)[0]) is not None]
        right = set(known.names(entries, document))
    except (Refused, TypeError, UnicodeDecodeError) as error:
        yield Found(None, "names", f"The known names cannot be made anew from the sealed registers: {error}")
        return
    if kept != right:
        some = sorted(kept ^ right)[0]
        yield Found(
            None,
            "names",
            f"{len(kept ^ right)} of the known names are not those of the registers, organisations and law: "
            f"what was typed as {some[0]!r} would be sealed as another {some[1]}. Adopt a register to make them anew.",
        )


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
