"""ContactPoint was used on the day that it was switched off, and nobody can tell whether before noon.

A transfer of 6 August 2010 without a time, or of an interval that spans noon of that day, was lawful before
noon and a critical breach after it. Find the time in the system that sent it, and correct the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.contactpoint import citation, moment, uses
from reports.finding import Compared, Finding

ID = "contactpoint-closing-day"
NEEDS: Needs = "law"


def check(case: Case) -> Iterator[Finding]:
    """A transfer that may be before the closing or after it."""
    found = uses(case)
    if not found or moment(case) != "unclear":
        return
    exact = tuple(use for use in found if use.exact)
    values = tuple(value for use in exact or found for value in (use.way, use.match))
    yield case.finding(
        ID,
        "cannot-tell",
        "no-time" if case.facts.transferred_until is None else "spans",
        expected=(case.context.law.contactpoint.closed_at.isoformat(),),
        found=(case.facts.transferred_at or "", *values),
        members=("transferred_at", "sender", "recipient", "purpose"),
        law=(citation(case.context),),
    )


def compared(case: Case) -> Compared | str:
    """The closing and the date of a transfer that uses ContactPoint."""
    if not uses(case):
        return "no-use"
    closed_at = case.context.law.contactpoint.closed_at.isoformat()
    return case.compared((closed_at,), (case.facts.transferred_at or "",), law=(citation(case.context),))
