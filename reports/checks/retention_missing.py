"""The flow says how long the recipient may keep the data, and the transfer does not say until when it does.

Data kept for longer than it is needed is a risk without a use. Agree with the recipient on the day on which it
deletes the data, and correct the entry so that it says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "retention-missing"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """No day stated, where the flow counts months: cannot tell."""
    assert case.flow is not None
    limit = case.flow.retention
    if limit is not None and limit.months is not None and case.facts.retain_until is None:
        yield case.finding(
            ID,
            "cannot-tell",
            "not-stated",
            expected=(limit.months,),
            members=("retain_until",),
            limit="retention",
            cite=limit.cite,
        )


def compared(case: Case) -> Compared | str:
    """The months documented, and the day until which the data is kept."""
    assert case.flow is not None
    limit, until = case.flow.retention, case.facts.retain_until
    if limit is None or limit.months is None:
        return "no-limit"
    found = () if until is None else (until.isoformat(),)
    return case.compared((limit.months,), found, limit="retention", cite=limit.cite)
