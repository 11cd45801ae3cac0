"""The ledger's known names, looked up in its file one at a time: recording a transfer reads no YAML."""

from __future__ import annotations

import sqlite3

from ledger.register.names import fold, look


class Names:
    """A `settle.Lookup` in the table `names`, which `register.known` says how to fill."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._found: dict[tuple[str, str], str | None] = {}

    def find(self, kind: str, text: str) -> str | None:
        """The id that `text` means among the names of `kind`, or None."""
        key = (kind, text)
        if key not in self._found:
            row = self._db.execute("SELECT id FROM names WHERE kind = ? AND folded = ?", (kind, fold(text))).fetchone()
            if len(self._found) > 10_000:
                self._found.clear()
            self._found[key] = row[0] if row else None
        return self._found[key]

    def near(self, kind: str, text: str) -> list[str]:
        """Up to three ids of `kind` spelt most like `text`."""
        import difflib

        names = dict(self._db.execute("SELECT folded, id FROM names WHERE kind = ?", (kind,)))
        close = difflib.get_close_matches(fold(text), names, n=3, cutoff=0.6)
        return list(dict.fromkeys(names[name] for name in close))

    def alike(self, kind: str, text: str) -> list[str]:
        """The ids of `kind` that have a name which is easily taken for `text` (`names.look`), sorted."""
        names = self._db.execute("SELECT folded, id FROM names WHERE kind = ?", (kind,))
        looks = look(text)
        return sorted({id_ for folded, id_ in names if look(folded) == looks})
