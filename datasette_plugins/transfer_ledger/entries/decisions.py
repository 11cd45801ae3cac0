"""Which decisions were sealed about a finding, over all time: an index in memory, since the ledger has none for it.

A ledger with thirty thousand findings may hold as many decisions, and to look for one's among them would mean parsing
them all for each page. So for each ledger that is read, what was looked through is remembered, and only what was sealed
since is looked through again. Nothing that is erasable is kept.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from datasette_plugins.transfer_ledger.entries.judged import Given
from ledger.members import Review
from ledger.source import Source
from reports.decisions import Decision

MOST = 50
"""So many decisions on one finding are shown, the newest; the others are counted."""

_SINCE = (
    "SELECT seq, json_extract(entry, '$.finding') FROM entries "
    "WHERE kind <> 'transfer' AND kind = 'review' AND id IS NULL AND seq >= ? ORDER BY seq"
)


class _Index:
    """The decisions of one ledger's first `size` entries, by the finding's key; `hash` is that of the last of them."""

    def __init__(self) -> None:
        self.size, self.hash = 0, ""
        self.seqs: defaultdict[str, list[int]] = defaultdict(list)

    def is_of(self, source: Source) -> bool:
        """Whether the ledger is the one that was looked through, and not put back or replaced since."""
        if self.size == 0:
            return True
        row = source.db.execute("SELECT hash FROM entries WHERE seq = ?", (self.size - 1,)).fetchone()
        return row is not None and row[0] == self.hash

    def grow(self, source: Source) -> None:
        """Looks through what was sealed since."""
        for seq, key in source.db.execute(_SINCE, (self.size,)):
            self.seqs[str(key)].append(seq)
        self.size, self.hash = source.head.size, source.head.hash


_KNOWN: dict[Path, _Index] = {}
_LOCK = threading.Lock()


def _seqs(source: Source, key: str) -> list[int]:
    with _LOCK:
        index = _KNOWN.get(source.path)
        if index is None or not index.is_of(source):
            index = _KNOWN[source.path] = _Index()
        if index.size < source.head.size:
            index.grow(source)
        # A page that reads an older moment than another page before it is shown that moment.
        return [seq for seq in index.seqs.get(key, ()) if seq < source.head.size]


def _text(given: Given, name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _read(source: Source, seqs: list[int], typed: bool) -> Iterator[Decision]:
    for seq in seqs:
        found = source.entry(seq)
        if found is not None and isinstance(found[0], Review):
            one, given = found[0], source.given(seq) if typed else {}
            yield Decision(
                seq=seq,
                hash=found[2],
                finding=one.finding,
                check=one.check,
                decision=one.decision,
                due=one.due,
                recorded_at=one.recorded_at,
                reason=_text(given, "reason"),
                decided_by=_text(given, "decided_by"),
                owner=_text(given, "owner"),
            )


def decisions_on(source: Source, key: str, *, typed: bool = False) -> tuple[tuple[Decision, ...], int]:
    """The decisions on the finding `key`, the newest first (at most `MOST`), and how many there are.

    With `typed`, over a connection that may, their erasable values too.
    """
    seqs = _seqs(source, key)
    return tuple(_read(source, seqs[: -MOST - 1 : -1], typed)), len(seqs)
