"""The sealed decisions about findings, in memory: what was decided since the last check shows at once.

Findings are found anew by a process of its own, some seconds after a decision. Until then its decision is laid over
what the check found, so that nobody decides about what a colleague just decided about.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from ledger.members import Review
from ledger.source import Source
from reports.decisions import Decision

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.view import View


class Seen(NamedTuple):
    """What somebody saw as the newest about a finding: the entries of the decision and of the advice, None for none."""

    decision: int | None = None
    advice: int | None = None

    def value(self, key: str) -> str:
        """What a form says of the finding with this key."""
        decision = "" if self.decision is None else f".{self.decision}"
        return key + decision + ("" if self.advice is None else f"~{self.advice}")


def _decision(seq: int, hash_: str, one: Review) -> Decision:
    return Decision(
        seq, hash_, one.finding, one.check, one.decision, one.due, one.recorded_at, None, None, None, one.actor,
        bool(one.advice),
    )  # fmt: skip


class Decisions:
    """All decisions and all advice of one ledger, in the order in which they were sealed. Any thread may ask.

    Each is read once, since entries are only ever added; that the file is still the same ledger, `Columns` sees to.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._counting: list[Decision] = []
        self._seqs: list[int] = []
        self._of: dict[tuple[str, bool], list[Decision]] = {}
        self._laid: tuple[View, int, View] | None = None

    def take_in(self, source: Source) -> None:
        """Reads what was sealed since the last time."""
        with self._lock:
            if source.head.size <= self._size:
                return
            # All of them or none: what is read up to one that cannot be read would be taken in again the next time.
            new = [_decision(*one) for one in source.decisions(self._size)]
            people = source.people() if new else None
            for one in new:
                self._of.setdefault((one.finding, one.advice), []).append(one)
                if people is not None and one.counts(people):
                    self._counting.append(one)
                    self._seqs.append(one.seq)
            self._size = source.head.size

    def newest(self, finding: str, size: int, *, advice: bool = False) -> Decision | None:
        """The newest decision, or `advice`, about a finding when the ledger had so many entries; None for none."""
        with self._lock:
            return next((one for one in reversed(self._of.get((finding, advice), ())) if one.seq < size), None)

    def about(self, finding: str, size: int) -> list[int]:
        """The seqs of what was decided and advised about a finding up to entry `size`, the newest first."""
        with self._lock:
            both = (one.seq for advice in (False, True) for one in self._of.get((finding, advice), ()))
            return sorted((seq for seq in both if seq < size), reverse=True)

    def between(self, since: int, size: int) -> dict[str, Decision]:
        """The newest decisions that count, from entry `since` on and before entry `size`, by their findings."""
        with self._lock:
            run = self._counting[bisect_left(self._seqs, since) : bisect_left(self._seqs, size)]
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

    def seen(self, findings: Iterable[str], size: int) -> dict[str, Seen]:
        """Which decision and which advice about each finding were the newest when the ledger had so many entries."""
        return {key: Seen(_seq(self.newest(key, size)), _seq(self.newest(key, size, advice=True))) for key in findings}


def _seq(one: Decision | None) -> int | None:
    return None if one is None else one.seq


def checked_size(view: View) -> int:
    """How many entries the ledger had when its findings were found; 0 before the first check."""
    return int(view.checked.get("size", 0))


def as_decided(view: View, decisions: Decisions, source: Source) -> View:
    """`view` with every decision in `source`, also those that the last check did not see."""
    decisions.take_in(source)
    return decisions.over(view, checked_size(view), source.head.size)
