"""What was decided about findings, as it stands on a day: sealed reviews, the newest for each finding.

A decision closes its finding, and from the day after its due date no longer does (DESIGN §8). It belongs to a
finding's key, so that a later, different finding on the same entry is not hidden by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

Verdict: TypeAlias = Literal["accepted", "remedied", "false-alarm"]


class Decision(NamedTuple):
    """One sealed decision. `reason`, `decided_by` and `owner` are erasable: None where erased or never given."""

    seq: int
    hash: str
    finding: str
    check: str
    decision: Verdict
    due: date | None
    recorded_at: datetime
    reason: str | None
    decided_by: str | None
    owner: str | None

    def closes(self, as_of: date) -> bool:
        """Whether its finding is closed on `as_of`: its due day is included."""
        return self.due is None or as_of <= self.due


def newest(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The last sealed decision on each finding, by the finding's key."""
    found: dict[str, Decision] = {}
    for one in sorted(decisions, key=lambda one: one.seq):
        found[one.finding] = one
    return found


def closed(decisions: Mapping[str, Decision], as_of: date) -> frozenset[str]:
    """The keys of the findings that a decision closes on `as_of`."""
    return frozenset(key for key, one in decisions.items() if one.closes(as_of))
