"""The sealed decisions about findings, in memory: what was decided since the last check shows at once.

Findings are found anew by a process of its own, some seconds after a decision. Until then its decision is laid over
what the check found, so that nobody decides about what a colleague just decided about.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from ledger.source import Source
from reports.decisions import Verdict

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.view import View


class Sealed(NamedTuple):
    """One decision, without its erasable values; `seq` is its entry."""

    seq: int
    finding: str
    decision: Verdict
    due: date | None
    recorded_at: datetime


class Decisions:
    """All decisions of one ledger, in the order in which they were sealed. Any thread may ask.

    Each is read once, since entries are only ever added; that the file is still the same ledger, `Columns` sees to.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._all: list[Sealed] = []
        self._seqs: list[int] = []
        self._of: dict[str, list[Sealed]] = {}
        self._laid: tuple[View, int, View] | None = None

    def take_in(self, source: Source) -> None:
        """Reads what was sealed since the last time."""
        with self._lock:
            if source.head.size <= self._size:
                return
            # All of them or none: what is read up to one that cannot be read would be taken in again the next time.
            new = list(source.decisions(self._size))
            for seq, _, one in new:
                sealed = Sealed(seq, one.finding, one.decision, one.due, one.recorded_at)
                self._all.append(sealed)
                self._seqs.append(seq)
                self._of.setdefault(one.finding, []).append(sealed)
            self._size = source.head.size

    def newest(self, finding: str, size: int) -> Sealed | None:
        """The newest decision about a finding when the ledger had so many entries; None for none."""
        with self._lock:
            return next((one for one in reversed(self._of.get(finding, ())) if one.seq < size), None)

    def about(self, finding: str, size: int) -> list[int]:
        """The seqs of all decisions about a finding when the ledger had so many entries, the newest first."""
        with self._lock:
            return [one.seq for one in reversed(self._of.get(finding, ())) if one.seq < size]

    def between(self, since: int, size: int) -> dict[str, Sealed]:
        """The newest of the decisions from entry `since` on, when the ledger had `size` entries, by their findings."""
        with self._lock:
            run = self._all[bisect_left(self._seqs, since) : bisect_left(self._seqs, size)]
        return {one.finding: one for one in run}

    def over(self, view: View, since: int, size: int) -> View:
        """`view` with the decisions from entry `since` on, when the ledger had `size` entries. Kept for the next."""
        newest = self.between(since, size)
        if not newest:
            return view
        last = max(one.seq for one in newest.values())
        kept = self._laid
        if kept is not None and kept[0] is view and kept[1] == last:
            return kept[2]
        found = view.with_decisions(newest)
        self._laid = (view, last, found)
        return found

    def seen(self, findings: Iterable[str], size: int) -> dict[str, int | None]:
        """Which decision about each finding was the newest when the ledger had so many entries: its seq."""
        found = ((key, self.newest(key, size)) for key in findings)
        return {key: None if one is None else one.seq for key, one in found}


def checked_size(view: View) -> int:
    """How many entries the ledger had when its findings were found; 0 before the first check."""
    return int(view.checked.get("size", 0))


def as_decided(view: View, decisions: Decisions, source: Source) -> View:
    """`view` with every decision in `source`, also those that the last check did not see."""
    decisions.take_in(source)
    return decisions.over(view, checked_size(view), source.head.size)
