"""Data went after the day on which the sharing agreement was to be looked at again.

An agreement that nobody looks at no longer fits what is really sent. The day is the one that the transfer states, or
else the documented flow's. Review the agreement; where that was done in time, correct the entry so that it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "agreement-overdue"
NEEDS: Needs = "flow"


def _due(case: Case) -> tuple[date | None, str | None, tuple[str, ...]]:
    # The day, and where it is the flow's own, its attribute and the paragraphs to cite.
    assert case.flow is not None
    stated, needed = case.facts.agreement, case.flow.agreement
    if stated is not None and stated.review_on is not None:
        return stated.review_on, None, ()
    return (None, None, ()) if needed is None else (needed.review_on, "agreement", needed.cite)


def check(case: Case) -> Iterator[Finding]:
    """After the day: a breach; an interval that goes beyond it: cannot tell; on the day itself: none."""
    due, limit, cite = _due(case)
    if due is None or due >= case.last:
        return
    overdue = due < case.on
    yield case.finding(
        ID,
        "breach" if overdue else "cannot-tell",
        "overdue" if overdue else "spans",
        expected=(due.isoformat(),),
        found=(case.facts.transferred_at or "",),
        members=("agreement", "agreement.review_on", "transferred_at"),
        limit=limit,
        cite=cite,
    )


def compared(case: Case) -> Compared | str:
    """The day on which the agreement is to be looked at again, and the transfer's."""
    due, limit, cite = _due(case)
    if due is None:
        return "no-review"
    return case.compared((due.isoformat(),), (case.facts.transferred_at or "",), limit=limit, cite=cite)
