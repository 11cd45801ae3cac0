"""More transfers went in one period than the documented flow allows.

A flow that is documented for once a term and goes every week builds up a running picture of pupils that nobody was
told about. Transfers from one sender to one recipient are counted by the period that their first day lies in; each
beyond the limit is found. Outside every term nothing can be counted by term. Stop sending more often, or have the
notice changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import periods
from reports.case import Case
from reports.checks.kinds import Member, Needs, Values
from reports.context import Context
from reports.finding import Compared, Finding, make
from reports.rule import rule

ID = "frequency-exceeded"
NEEDS: Needs = "flow"
LEAST = 1
OVER_TIME = True

_OUTSIDE = "outside-terms"


def takes(case: Case) -> bool:
    """Whether the flow limits how often data may go."""
    return case.flow is not None and case.flow.frequency is not None


def _start(case: Case) -> str:
    assert case.version is not None
    assert case.flow is not None
    assert case.flow.frequency is not None
    first = periods.start(case.on, case.flow.frequency.per, case.version.register)
    return _OUTSIDE if first is None else first.isoformat()


def key(case: Case) -> Values | None:
    """The version, the flow, the two parties and the period."""
    if case.sender is None or case.recipient is None:
        return None
    assert case.version is not None
    assert case.flow is not None
    parties = (case.context.current(case.sender), case.context.current(case.recipient))
    return case.version.seq, case.flow.id, *parties, _start(case)


def value(case: Case) -> Values:
    """The day."""
    return (case.on.isoformat(),)


def check_group(context: Context, group: Values, members: Sequence[Member]) -> Iterator[Finding]:
    """A breach for each transfer beyond the limit, in the order of their days; cannot tell outside every term."""
    version = context.adopted(int(group[0]))
    flow = version.register.flow(str(group[1]))
    assert flow is not None
    assert flow.frequency is not None
    frequency, first = flow.frequency, str(group[4])
    citations, assigned = rule(version, flow, "frequency", frequency.cite)
    outside = first == _OUTSIDE
    ordered = sorted(members, key=lambda member: (member.value, member.seq))
    for member in ordered if outside else ordered[frequency.at_most :]:
        yield make(
            ID,
            "cannot-tell" if outside else "breach",
            _OUTSIDE if outside else "beyond",
            entries=[(member.seq, member.hash)],
            id_=member.id,
            expected=context.one((frequency.at_most, frequency.per)),
            found=member.value if outside else context.one((first,)),
            citations=context.one(citations),
            assigned=assigned,
            register=version.entry.sha256,
        )


def compared(case: Case) -> Compared | str:
    """How many may go in each period, and the first day of the transfer's."""
    assert case.flow is not None
    frequency = case.flow.frequency
    if frequency is None:
        return "no-limit"
    if not case.recorded.current:
        return "corrected"
    expected = frequency.at_most, frequency.per
    return case.compared(expected, (_start(case),), limit="frequency", cite=frequency.cite)
