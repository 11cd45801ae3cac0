"""The transfer is dated after the day on which it was recorded, or after the day that the report speaks of.

What has not happened cannot be recorded as a fact: a mistyped year, or a clock that was wrong. Correct the
date.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "dated-in-future"
NEEDS: Needs = "law"


def check(case: Case) -> Iterator[Finding]:
    """A last day after the recording (by the ledger's clock), or after the as-of date: cannot tell."""
    recorded = case.context.day_of(case.facts.recorded_at)
    at = case.facts.transferred_at or ""
    if case.last > recorded:
        yield case.finding(
            ID,
            "cannot-tell",
            "after-recording",
            expected=(recorded.isoformat(),),
            found=(at,),
            members=("transferred_at",),
            law=(),
        )
    elif case.last > case.context.as_of:
        # The as-of date stays out of the values: the finding's key must not change from day to day.
        yield case.finding(ID, "cannot-tell", "after-as-of", found=(at,), members=("transferred_at",), law=())


def compared(case: Case) -> Compared | str:
    """The day of the recording and the as-of date, and the date."""
    recorded = case.context.day_of(case.facts.recorded_at).isoformat()
    return case.compared((recorded, case.context.as_of.isoformat()), (case.facts.transferred_at or "",), law=())
