"""A finding still stands after the day by which its decision was to be looked at again.

A decision that names a day promises that somebody looks again. Past the day, nobody has: the finding is open once
more, and what was to be done may not have been. Look at the finding and decide anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reports.case import Case
from reports.checks.kinds import Needs
from reports.context import Context
from reports.decisions import Decision
from reports.finding import Compared, Finding, make
from reports.history import OPEN, State

ID = "unresolved-finding-overdue"
NEEDS: Needs = "law"


def check_decisions(
    context: Context, findings: Iterable[Finding], decisions: Mapping[str, Decision], states: Mapping[str, State]
) -> Iterator[Finding]:
    """One advisory finding, which is serious, for each decision whose day is over; the day itself still counts."""
    for finding in findings:
        if finding.corrected_by is not None or states.get(finding.key, OPEN).state == "settled":
            continue
        decision = decisions.get(finding.key)
        if decision is None or decision.due is None or decision.due >= context.as_of:
            continue
        yield make(
            ID,
            "advisory",
            "overdue",
            entries=[(decision.seq, decision.hash)],
            id_=None,
            found=(finding.key, decision.decision, decision.due.isoformat(), finding.check, finding.seq),
            severity="serious",
        )


def compared(case: Case) -> Compared | str:
    """Nothing: it judges decisions, and no transfer."""
    return "on-decisions"
