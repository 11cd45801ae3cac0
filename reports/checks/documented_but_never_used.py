"""A documented flow was not used in a whole school year.

A notice that tells people of transfers that nobody makes is no longer true, and a flow that is kept just in case is
one that can be misused; or the transfers were made and nobody recorded them. Only school years that have ended, that
a version covers wholly, and in which it judged some transfer are looked at. Find out which it is; take the flow out
of the notice if nobody needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from reports import periods
from reports.case import Case
from reports.checks.kinds import Needs, Values
from reports.context import Context, permitted_days
from reports.finding import Compared, Finding
from reports.rule import on_version

ID = "documented-but-never-used"
NEEDS: Needs = "register"


def takes(case: Case) -> bool:
    """Any case: one that has no flow shows that the version judged something."""
    return True


def mark(case: Case) -> Values | None:
    """The version, the flow ("" for none) and the school year of the first day."""
    assert case.version is not None
    flow = "" if case.flow is None else case.flow.id
    return case.version.seq, flow, periods.school_year(case.on).isoformat()


def check_tally(context: Context, tally: Mapping[Values, int]) -> Iterator[Finding]:
    """One advisory finding for each flow and school year, on the newest version that judged in it and has the flow.

    A flow that was used by another version's leave, and one that might not be used any more, are not found.
    """
    used = {(str(flow), str(year)) for _, flow, year in tally}
    judged = sorted({(-int(seq), str(year)) for seq, _, year in tally})
    for seq, year in judged:
        version, first = context.adopted(-seq), date.fromisoformat(year)
        last, until = periods.end_of_school_year(first), version.entry.effective_until
        if last >= context.as_of or version.entry.effective_from > first or (until is not None and until < last):
            continue
        for flow in version.register.flows:
            ended = flow.permitted_until is not None and permitted_days(flow.permitted_until) < first
            if (flow.id, year) not in used and not ended:
                used.add((flow.id, year))
                yield on_version(version, flow, ID, "advisory", "never", found=(flow.id, periods.named(first)))


def compared(case: Case) -> Compared | str:
    """The school year in which the transfer counts as a use of its flow."""
    if not case.recorded.current:
        return "corrected"
    return "no-flow" if case.flow is None else case.compared((), (periods.named(periods.school_year(case.on)),))
