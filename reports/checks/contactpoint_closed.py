"""ContactPoint was used after it was switched off.

The database was switched off at noon on 6 August 2010, London time, and from then on nobody may send data to
it, take data from it, process data for the purpose of it, or pass on what came that way. This holds under
every register and with none. A name that is only nearly ContactPoint's cannot be told. Stop the feed, tell
the data protection officer, and find out where the data is now.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.contactpoint import citation, moment, uses
from reports.finding import Compared, Finding

ID = "contactpoint-closed"
NEEDS: Needs = "law"


def check(case: Case) -> Iterator[Finding]:
    """A transfer after the closing: critical where it uses ContactPoint, cannot tell where it may."""
    found = uses(case)
    if not found or moment(case) != "after":
        return
    closed_at = case.context.law.contactpoint.closed_at.isoformat()
    exact = tuple(use for use in found if use.exact)
    values = tuple(value for use in exact or found for value in (use.way, use.match))
    yield case.finding(
        ID,
        "breach" if exact else "cannot-tell",
        "used" if exact else "nearly",
        expected=(closed_at,),
        found=(case.facts.transferred_at or "", *values),
        members=("transferred_at", "sender", "recipient", "purpose"),
        law=(citation(case.context),),
        severity="critical" if exact else None,
    )


def compared(case: Case) -> Compared | str:
    """The closing and the date of a transfer that uses ContactPoint."""
    if not uses(case):
        return "no-use"
    if moment(case) == "unclear":
        return "closing-day"
    closed_at = case.context.law.contactpoint.closed_at.isoformat()
    return case.compared((closed_at,), (case.facts.transferred_at or "",), law=(citation(case.context),))
