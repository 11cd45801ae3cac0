"""The data shows more of a person than the flow allows: individual rows where only totals were announced.

The notice lets some recipients have figures about a year group or a Primary Care Trust, never about a child.
Ask the recipient to delete what it got, and send the aggregate instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "too-granular"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """Finer than the flow's limit: a breach. Not stated: cannot tell, unless nothing could be finer."""
    assert case.flow is not None
    limit, level = case.flow.granularity, case.facts.granularity
    if limit is None or limit == case.context.vocabularies.granularity[0].id:
        return
    finer = None if level is None else case.context.vocabularies.finer(level, limit)
    if finer is False:
        return
    yield case.finding(
        ID,
        "breach" if finer else "cannot-tell",
        "finer" if finer else "not-stated",
        expected=(limit,),
        found=() if level is None else (level,),
        members=("granularity",),
        limit="granularity",
    )


def compared(case: Case) -> Compared | str:
    """The finest level documented, and the one stated."""
    assert case.flow is not None
    limit, level = case.flow.granularity, case.facts.granularity
    if limit is None or limit == case.context.vocabularies.granularity[0].id:
        return "no-limit"
    return case.compared((limit,), () if level is None else (level,), limit="granularity")
