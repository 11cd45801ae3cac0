"""The flow needs a sharing agreement, and the transfer names none.

An agreement says what the recipient may do with the data, and who answers for what. Find the agreement and correct
the entry, or make one before the next transfer.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "agreement-missing"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """Neither a reference nor a day of review: a breach. A reference that was erased was one."""
    assert case.flow is not None
    needed = case.flow.agreement
    if needed is not None and not case.names_agreement:
        yield case.finding(ID, "breach", "none", members=("agreement",), limit="agreement", cite=needed.cite)


def compared(case: Case) -> Compared | str:
    """That an agreement is needed, and named."""
    assert case.flow is not None
    needed = case.flow.agreement
    return "no-limit" if needed is None else case.compared(limit="agreement", cite=needed.cite)
