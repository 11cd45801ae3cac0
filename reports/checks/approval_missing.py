"""The flow needs somebody's approval beforehand, and there is none, another's, or a later one.

Data for other departments and for independent researchers is approved and controlled by the Department's
Chief Statistician, case by case. Get the approval on record, or have the data returned.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding, Outcome, Value

ID = "approval-missing"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """None, by another role, or after the transfer: a breach; without its date: cannot tell."""
    assert case.flow is not None
    needed, approval = case.flow.approval, case.facts.approval
    if needed is None:
        return
    outcome: Outcome = "breach"
    found: tuple[Value, ...] = ()
    if approval is None or approval.role is None:
        reason = "none"
    elif approval.role != needed.role:
        reason, found = "other-role", (approval.role,)
    elif approval.on is None:
        outcome, reason = "cannot-tell", "no-date"
    elif approval.on > case.on:
        reason, found = "afterwards", (approval.on.isoformat(), case.facts.transferred_at or "")
    else:
        return
    yield case.finding(
        ID,
        outcome,
        reason,
        expected=(needed.role,),
        found=found,
        members=("approval", "approval.role", "approval.date"),
        limit="approval",
        cite=needed.cite,
    )


def compared(case: Case) -> Compared | str:
    """The role that must approve, and who did and when."""
    assert case.flow is not None
    needed, approval = case.flow.approval, case.facts.approval
    if needed is None:
        return "no-limit"
    found = () if approval is None else (approval.role or "", "" if approval.on is None else approval.on.isoformat())
    return case.compared((needed.role,), found, limit="approval", cite=needed.cite)
