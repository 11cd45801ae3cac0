"""What was decided about findings, as it stands on a day: sealed reviews, the newest for each finding.

A decision settles its finding until its due day. It belongs to a finding's key, so that a later, different finding on
the same entry is not hidden by it. The lead decides; of a data protection officer, only that a finding never was a
breach counts as a decision, and the lead then confirms it. Anything else of theirs is advice, shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from ledger.people import People

Verdict: TypeAlias = Literal["accepted", "remedied", "false-alarm", "recording-mistake"]

DENIALS: frozenset[Verdict] = frozenset(("false-alarm", "recording-mistake"))
"""The decisions that deny a breach: they wait for a second person."""


class Decision(NamedTuple):
    """One sealed decision. `reason`, `decided_by` and `owner` are erasable: None where erased or never given.

    `actor` is the code of who decided; `advice` is for what decides nothing.
    """

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
    actor: str | None = None
    advice: bool = False

    def closes(self, as_of: date) -> bool:
        """Whether its due day has not passed on `as_of`: the day itself is included."""
        return self.due is None or as_of <= self.due

    def counts(self, people: People) -> bool:
        """Whether whoever made it could decide so: the lead anything, the data protection officer a denial."""
        role = people.role(self.actor, self.seq)
        return not self.advice and (role == "lead" or (role == "dpo" and self.decision in DENIALS))


def newest(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The last sealed decision on each finding, by the finding's key."""
    found: dict[str, Decision] = {}
    for one in sorted(decisions, key=lambda one: one.seq):
        found[one.finding] = one
    return found
