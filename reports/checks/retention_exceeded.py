"""The recipient is to keep the data for longer than the flow allows.

Months are counted from the day of the transfer (of an interval: the last one) to the same day of a later month, or
that month's last. Have the recipient delete the data earlier, and correct the entry. That the stated day is in time
shows what was meant: no ledger can show that data was really destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case, months_after
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "retention-exceeded"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """Kept until later than the flow's months after the transfer: a breach; until that very day: none."""
    assert case.flow is not None
    limit, until, kept = case.flow.retention, case.facts.retain_until, case.kept_months
    if limit is None or limit.months is None or until is None or kept is None or kept <= limit.months:
        return
    yield case.finding(
        ID,
        "breach",
        "longer",
        expected=(months_after(case.last, limit.months).isoformat(),),
        found=(until.isoformat(),),
        members=("retain_until", "transferred_at"),
        limit="retention",
        cite=limit.cite,
    )


def compared(case: Case) -> Compared | str:
    """The last day on which the recipient may have the data, and the one until which it keeps it."""
    assert case.flow is not None
    limit, until = case.flow.retention, case.facts.retain_until
    if limit is None or limit.months is None:
        return "no-limit"
    if until is None:
        return "retention-not-stated"
    expected = (months_after(case.last, limit.months).isoformat(),)
    return case.compared(expected, (until.isoformat(),), limit="retention", cite=limit.cite)
